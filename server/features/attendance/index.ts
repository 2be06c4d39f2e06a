export { attendanceRoutes } from './attendance.routes.ts';
export { createAttendanceService } from './attendance.service.ts';
export type { AttendanceService } from './attendance.service.ts';
export { CLOSE_AFTER_MINUTES } from './attendance.rules.ts';
export { kioskRoutes } from './kiosk.routes.ts';
export { createKioskService } from './kiosk.service.ts';
