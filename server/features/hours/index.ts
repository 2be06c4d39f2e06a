export { createHoursTrust } from './hours.trust.ts';
export { createHoursService } from './hours.service.ts';
export type { ApprovalOutcome } from './hours.approval.ts';
export type { ServedActivity } from './hours.activities.ts';
export type { HoursService } from './hours.service.ts';
export { isOwnHand, markOwnHand } from './hours.own-hand.ts';
export { postedDaysOf } from './hours.days.ts';
export { recordedIn } from './hours.year.ts';
export { EVIDENCE_GRADES } from './evidence.rules.ts';
export type { EvidenceGrade } from './evidence.rules.ts';
export type { HoursRow } from './hours.model.ts';
export { inspectedClosings, inspectedHours, instantsOf } from './hours.inspection.ts';
export type { InspectedHours, InspectedPeriod } from './hours.inspection.ts';
export type { LedgerEntryRow } from './ledger.model.ts';
export { hoursMessages } from './hours.mail.ts';
export { hoursRoutes } from './hours.routes.ts';
export { ledgerSnapshotOf, minutesOfFirst } from './hours.queries.ts';
export { creditPostings, hoursInvariants } from './hours.verify.ts';
export {
  applyAllToLedger,
  applyToLedger,
  balancesOf,
  linesOfKeys,
  postAllToLedger,
} from './ledger.service.ts';
export { bankBalances, recordsBehind } from './hours.verify.ts';
export { moveKey } from './ledger.rules.ts';
export { entriesOfAccount, linesOfAccount } from './ledger.reading.ts';
export type { PostedRecord } from './hours.activities.ts';
export type { PostedFacts } from './ledger.service.ts';
export { createLedgerClosings } from './ledger.closing.service.ts';
export type { LedgerClosingService } from './ledger.closing.service.ts';
export { createTransferService } from './transfer.service.ts';
export type { TransferService } from './transfer.service.ts';
export { formerPersonsOf, personSince, personsNow } from './merge.moves.ts';
export { wasRecordedElsewhere } from './transfer.moves.ts';
export { mergeRoutes } from './merge.routes.ts';
export { createMergeService } from './merge.service.ts';
export type { MergeService } from './merge.service.ts';
export { transferRoutes } from './transfer.routes.ts';
export { ledgerRoutes } from './ledger.closing.routes.ts';
export { compareBalances, comparisonsDue } from './ledger.compare.ts';
export { createDuty, DUTY_DAYS } from './duty.ts';
export type { Duty, DutyParts } from './duty.ts';
