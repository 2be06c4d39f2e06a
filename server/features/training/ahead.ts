import type { Types } from 'mongoose';
import { contextNow } from '../../core/context.ts';
import { sideBySide } from '../../db/transaction.ts';
import { EnrolmentModel } from './enrolment.model.ts';
import { SessionModel } from './session.model.ts';
import { AHEAD_STATES } from './training.catalogue.ts';

/** A session ahead that somebody has a place in, or was asked to, or waits for. */
export interface AheadFact {
  readonly enrolmentId: string;
  readonly sessionId: string;
  readonly courseId: string;
  readonly endsAt: Date;
  readonly minutes: number;
  readonly category: string;
  readonly mode: string;
  readonly passMark: number | null;
}

/** What everybody in the current tenant has ahead of them, by person. */
export async function aheadOf(): Promise<Map<string, AheadFact[]>> {
  const sessions = await SessionModel.find({ state: 'published', startsAt: { $gt: contextNow() } })
    .select({ courseId: 1, endsAt: 1, minutes: 1, category: 1, mode: 1, passMark: 1 })
    .limit(10_000)
    .lean();
  const known = new Map(sessions.map((row) => [String(row._id), row]));
  const rows = await EnrolmentModel.find({
    sessionId: { $in: sessions.map((row) => row._id) },
    state: { $in: [...AHEAD_STATES] },
  })
    .select({ personId: 1, sessionId: 1 })
    .batchSize(10_000)
    .lean();
  const found = new Map<string, AheadFact[]>();
  for (const row of rows) {
    const session = known.get(String(row.sessionId));
    if (!session) continue;
    const { courseId, endsAt, minutes, category, mode, passMark } = session;
    const ids = { enrolmentId: String(row._id), sessionId: String(row.sessionId) };
    const fact = { ...ids, courseId: String(courseId), endsAt, minutes, category, mode, passMark };
    const own = found.get(String(row.personId));
    if (own) own.push(fact);
    else found.set(String(row.personId), [fact]);
  }
  return found;
}

/** For the check of plans: which of these sessions there are, and of these seats by id whose they are, as `session:person`. */
export async function plannedSeats(
  sessionIds: readonly Types.ObjectId[],
  enrolmentIds: readonly Types.ObjectId[],
): Promise<{ sessions: Set<string>; people: Map<string, string> }> {
  const [sessions, seats] = await sideBySide([
    () =>
      SessionModel.find({ _id: { $in: [...sessionIds] } })
        .select({ _id: 1 })
        .lean(),
    () =>
      EnrolmentModel.find({ _id: { $in: [...enrolmentIds] } })
        .select({ sessionId: 1, personId: 1 })
        .lean(),
  ]);
  return {
    sessions: new Set(sessions.map(({ _id }) => String(_id))),
    people: new Map(
      seats.map((row) => [String(row._id), `${String(row.sessionId)}:${String(row.personId)}`]),
    ),
  };
}
