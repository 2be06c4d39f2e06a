export { createOwnRegistrationService } from './own.service.ts';
export { registeredUntil, runningRegistrations } from './watch.reading.ts';
export { createRunService } from './run.service.ts';
export type { RunService } from './run.service.ts';
export { createWatchService } from './watch.service.ts';
export type { WatchService } from './watch.service.ts';
export { nextReminder, REMIND_DAYS, remindersOf } from './re-registration.rules.ts';
export { reRegistrationMessages } from './re-registration.mail.ts';
export { reRegistrationRoutes } from './re-registration.routes.ts';
