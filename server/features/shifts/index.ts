export { createShiftService, toPositionView, toShiftView } from './shift.service.ts';
export type { PositionInput, ShiftInput, ShiftService } from './shift.service.ts';
export type { PositionView, ShiftView } from './shift.schema.ts';
export type { PositionRow, ShiftRow } from './shift.model.ts';
export { coverage, mayStart } from './shift.rules.ts';
