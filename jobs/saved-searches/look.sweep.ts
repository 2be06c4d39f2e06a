import type { SearchWatch } from '../../server/features/saved-searches/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Looks whether saved searches have something new, and mails it. */
export const lookForSearches = (watch: SearchWatch): Sweep =>
  defineSweep({
    name: 'saved-searches/look',
    everyMs: 60_000,
    leaseMs: 60_000,
    batch: 200,
    due: (query) => watch.dueSearches(query),
    run: ({ id }) => watch.look(id),
  });
