import type { ImportService } from '../../server/features/imports/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Less than the lease, so that nobody else takes an import that is still being worked on. */
const TURN_MS = 30_000;

/** Started imports are applied batch by batch; each turn goes on where the last one stopped. */
export const applyImports = (imports: ImportService): Sweep =>
  defineSweep({
    name: 'imports/apply',
    everyMs: 5_000,
    leaseMs: 90_000,
    batch: 5,
    due: (query) => imports.due(query),
    run: ({ id }) => imports.applyFor(id, TURN_MS),
    onDead: ({ id }) => imports.giveUp(id),
  });
