export { createShiftService } from './shift.service.ts';
export { spanOf, wallTimesOf } from './wall.ts';
export type { Digest, ShiftAbilities, ShiftService } from './shift.service.ts';
export type { ShiftCancelled, ShiftChanged } from './shift.listeners.ts';
export { toPositionView, toShiftView } from './shift.facts.ts';
export type { OpenShiftsQuery, PositionWithShift } from './shift.facts.ts';
export {
  neededCredential,
  neededPool,
  positionBody,
  positionView,
  shiftBody,
  shiftView,
} from './shift.schema.ts';
export type { PositionInput, PositionView, ShiftInput, ShiftView } from './shift.schema.ts';
export type { NeededCredential, NeededPool, PositionRow, ShiftRow } from './shift.model.ts';
export { PLACE_METRES } from './shift.model.ts';
export { givesHours, natureFaults, natureIsFixed, natureOf, NATURES } from './nature.rules.ts';
export type { Nature } from './nature.rules.ts';
export { coverage, mayStart, sumSeats } from './shift.rules.ts';
export {
  listNearShifts,
  listOpenShifts,
  listShiftsBetween,
  openShiftsInShort,
  shiftsWithoutHours,
  soonestOpen,
} from './shift.queries.ts';
export type {
  Nearby,
  NearShift,
  OpenFilter,
  OpenShift,
  PlannedPosition,
  PlannedShift,
  ShiftInShort,
  ShiftOfDay,
} from './shift.queries.ts';
export { natureChoices, positionFields, shiftFields } from './shift.form.view.ts';
export { coverageBadge, needsOf, noHoursText, shiftBadge, shiftRow } from './shift.view.ts';
export { planImported } from './shift.import.ts';
export type { ImportedShift, ImportedShiftOf } from './shift.import.ts';
export { plannedOf, restoreShift, takeBackShift } from './shift.imported.ts';
export type { Planned, ShiftBefore, ShiftTrace } from './shift.imported.ts';
export { shiftRoutes } from './shift.routes.ts';
export { countOpenShifts, shiftsToday } from './shift.counts.ts';
export { shiftsToStaff } from './shift.planning.ts';
export type { ShiftToStaff } from './shift.planning.ts';
