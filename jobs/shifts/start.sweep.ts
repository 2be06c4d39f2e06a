import type { ShiftService } from '../../server/features/shifts/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Shifts begin by the clock; one whose people would not be insured is cancelled instead. */
export const startShifts = (shifts: ShiftService): Sweep =>
  defineSweep({
    name: 'shifts/start',
    everyMs: 15_000,
    leaseMs: 60_000,
    batch: 100,
    due: (query) => shifts.dueToStart(query),
    run: ({ id }) => shifts.start(id),
  });
