export { attendanceRoutes } from './attendance.routes.ts';
export { createAttendanceService } from './attendance.service.ts';
export type { AttendanceService } from './attendance.service.ts';
export {
  acceptedSteps,
  CLOSE_AFTER_MINUTES,
  CODE_STEP_SECONDS,
  codeFrom,
  codeStep,
  normaliseCheckInCode,
} from './attendance.rules.ts';
export { dayRoutes } from './day.routes.ts';
export { createDayBoards } from './day.service.ts';
export { kioskRoutes } from './kiosk.routes.ts';
export { createKioskService } from './kiosk.service.ts';
