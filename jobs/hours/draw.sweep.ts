import type { LedgerClosingService } from '../../server/features/hours/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Closed months get their statement once nothing can be posted into them any more. */
export const drawStatements = (closings: LedgerClosingService): Sweep =>
  defineSweep({
    name: 'hours/draw-statements',
    everyMs: 30_000,
    leaseMs: 600_000,
    batch: 20,
    due: (query) => closings.due(query),
    run: ({ id }) => closings.draw(id),
  });
