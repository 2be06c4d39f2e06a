import type { RunService } from '../../server/features/re-registration/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Works through evaluations of all social workers that somebody asked for. */
export const evaluateRegistrations = (runs: RunService): Sweep =>
  defineSweep({
    name: 're-registration/evaluate',
    everyMs: 10_000,
    leaseMs: 600_000,
    batch: 5,
    due: (query) => runs.due(query),
    run: ({ id }) => runs.work(id),
  });
