import type { PlanSettings } from './training-plan.types.ts';

/** What is looked at of a proposed session; ids as they print. */
export interface ProposedSession {
  readonly courseId: unknown;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly room: number;
  readonly instructor: { readonly personId: unknown } | null;
  readonly seats: number;
  readonly costCents: number;
  readonly invitations: readonly { readonly personId: unknown }[];
}

const overlap = (a: ProposedSession, b: ProposedSession): boolean =>
  a.startsAt < b.endsAt && b.startsAt < a.endsAt;

/**
 * Everything for which the sessions of a proposal could not be held as they are, by the dates themselves rather than by what
 * the planner believed; empty when they can.
 */
export function proposalFaults(
  settings: Pick<PlanSettings, 'budgetCents' | 'mostEach' | 'rooms'>,
  sessions: readonly ProposedSession[],
): string[] {
  const faults: string[] = [];
  const cost = sessions.reduce((sum, { costCents }) => sum + costCents, 0);
  if (cost > settings.budgetCents) faults.push(`costs ${cost} of ${settings.budgetCents}`);
  const asked = new Map<string, ProposedSession[]>();
  sessions.forEach((one, at) => {
    if (one.seats > (settings.rooms[one.room]?.seats ?? 0)) faults.push(`${at} has more seats than its room`);
    if (one.invitations.length > one.seats) faults.push(`${at} invites more than it seats`);
    for (const { personId } of one.invitations) {
      const own = asked.get(String(personId)) ?? [];
      asked.set(String(personId), own);
      if (own.some((other) => overlap(one, other) || String(other.courseId) === String(one.courseId)))
        faults.push(`${at} invites somebody who is asked elsewhere`);
      own.push(one);
    }
    for (const other of sessions.slice(0, at)) {
      if (!overlap(one, other)) continue;
      if (one.room === other.room) faults.push(`${at} shares its room`);
      const taught = one.instructor && other.instructor;
      if (taught && String(one.instructor?.personId) === String(other.instructor?.personId))
        faults.push(`${at} shares its instructor`);
    }
  });
  for (const own of asked.values())
    if (own.length > settings.mostEach) faults.push(`somebody is asked ${own.length} times`);
  return faults;
}
