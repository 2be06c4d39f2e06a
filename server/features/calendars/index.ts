export { createCalendarService } from './calendar.service.ts';
export type { CalendarDay, CalendarService } from './calendar.service.ts';
export { addWorkingDays, isWeekday, workingDaysBetween } from './calendar.rules.ts';
export type { WorkCalendar } from './calendar.rules.ts';
export { calendarRoutes } from './calendar.routes.ts';
