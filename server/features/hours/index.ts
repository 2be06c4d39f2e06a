export { createHoursTrust } from './hours.trust.ts';
export { createHoursService } from './hours.service.ts';
export type { ApprovalOutcome, HoursService } from './hours.service.ts';
export type { HoursRow } from './hours.model.ts';
export type { LedgerEntryRow } from './ledger.model.ts';
export { hoursMessages } from './hours.mail.ts';
export { hoursRoutes } from './hours.routes.ts';
export { ledgerSnapshotOf } from './hours.queries.ts';
export { hoursInvariants } from './hours.verify.ts';
