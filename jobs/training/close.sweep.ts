import type { DeskService, SessionService } from '../../server/features/training/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Two weeks after its end a session closes: whoever was never noted did not come. */
export const closeSessions = (sessions: SessionService, desk: DeskService): Sweep =>
  defineSweep({
    name: 'training/close',
    everyMs: 3_600_000,
    leaseMs: 120_000,
    batch: 100,
    due: (query) => sessions.due(query),
    run: ({ id }) => desk.close(id),
  });
