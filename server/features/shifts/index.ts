export { createShiftService, spanOf, wallTimesOf } from './shift.service.ts';
export type { Digest, ShiftAbilities, ShiftCancelled, ShiftChanged, ShiftService } from './shift.service.ts';
export { toPositionView, toShiftView } from './shift.facts.ts';
export type { OpenShiftsQuery, PositionWithShift } from './shift.facts.ts';
export { positionBody, positionView, shiftBody, shiftView } from './shift.schema.ts';
export type { PositionInput, PositionView, ShiftInput, ShiftView } from './shift.schema.ts';
export type { PositionRow, ShiftRow } from './shift.model.ts';
export { coverage, mayStart, sumSeats } from './shift.rules.ts';
