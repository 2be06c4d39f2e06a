import type { WatchService } from '../../server/features/re-registration/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Reminds holders of registrations on the days that the programme names, each once. */
export const remindOfRegistrations = (watches: WatchService): Sweep =>
  defineSweep({
    name: 're-registration/remind',
    everyMs: 600_000,
    leaseMs: 60_000,
    batch: 1_000,
    due: (query) => watches.due(query),
    run: ({ id }) => watches.remind(id),
  });
