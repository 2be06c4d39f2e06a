export { createAttendanceService } from './attendance.service.ts';
export type { AttendanceService } from './attendance.service.ts';
export { CLOSE_AFTER_MINUTES } from './attendance.rules.ts';
export { attendanceRoutes } from './attendance.routes.ts';
