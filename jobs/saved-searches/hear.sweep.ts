import type { SearchWatch } from '../../server/features/saved-searches/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Holds what opened against the searches that want to hear at once. */
export const hearForSearches = (watch: SearchWatch): Sweep =>
  defineSweep({
    name: 'saved-searches/hear',
    everyMs: 30_000,
    leaseMs: 60_000,
    batch: 200,
    due: (query) => watch.dueNews(query),
    run: ({ id }) => watch.hear(id),
  });
