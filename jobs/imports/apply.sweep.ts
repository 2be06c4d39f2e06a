import type { ImportService } from '../../server/features/imports/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Short turns, so that a small file does not wait for a large one of somebody else (F-38); far less than the lease. */
export const TURN_MS = 3_000;

/** Started imports are applied batch by batch; each turn goes on where the last one stopped. */
export const applyImports = (imports: ImportService): Sweep =>
  defineSweep({
    name: 'imports/apply',
    everyMs: 5_000,
    leaseMs: 90_000,
    batch: 10,
    due: (query) => imports.due(query),
    run: ({ id }) => imports.applyFor(id, TURN_MS),
    onDead: ({ id }) => imports.giveUp(id),
  });
