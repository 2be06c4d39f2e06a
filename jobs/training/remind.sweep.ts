import type { EnrolmentService, SessionService } from '../../server/features/training/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** A day before a session whoever has a place is reminded, each once. */
export const remindOfSessions = (sessions: SessionService, enrolments: EnrolmentService): Sweep =>
  defineSweep({
    name: 'training/remind',
    everyMs: 60_000,
    leaseMs: 60_000,
    batch: 100,
    due: (query) => sessions.dueToRemind(query),
    run: ({ id }) => enrolments.remind(id),
  });
