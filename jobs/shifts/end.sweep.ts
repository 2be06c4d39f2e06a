import type { ShiftService } from '../../server/features/shifts/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Running shifts end by the clock; hours are settled afterwards by their own sweep. */
export const endShifts = (shifts: ShiftService): Sweep =>
  defineSweep({
    name: 'shifts/end',
    everyMs: 15_000,
    leaseMs: 60_000,
    batch: 100,
    due: (query) => shifts.dueToEnd(query),
    run: ({ id }) => shifts.end(id),
  });
