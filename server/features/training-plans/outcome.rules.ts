import { URGENT_WEIGHT } from './planner/urgency.rules.ts';
import type { GapSums, NeedFact, PlanOutcome, ServedNeed } from './training-plan.types.ts';

/** What a proposal comes to, added up from its invitations alone: so it is right again after every edit. */

export interface InvitationFact {
  readonly personId: string;
  /** Minutes that the person's programme counts of the session. */
  readonly minutes: number;
  /** The needs it serves, each as it was before the plan. */
  readonly needs: readonly ServedNeed[];
}
export interface SessionFact {
  readonly costCents: number;
  readonly invitations: readonly InvitationFact[];
}

const NOTHING: GapSums = { weighted: 0, urgent: 0, all: 0, people: 0 };

/** Sums of needs; `people` is told, for one person may have several. */
export function sumsOf(
  needs: readonly { readonly minutes: number; readonly weight: number }[],
  people: number,
): GapSums {
  return needs.reduce<GapSums>(
    (sum, { minutes, weight }) => ({
      weighted: sum.weighted + minutes * weight,
      urgent: sum.urgent + (weight >= URGENT_WEIGHT ? minutes : 0),
      all: sum.all + minutes,
      people,
    }),
    { ...NOTHING, people },
  );
}

/**
 * What these sessions close of what is missing: of each need never more than there is. Where a programme caps training, what each
 * invitation closes is told beside the person's earlier ones (`promise.rules.ts`), so the sum is the engine's own.
 */
export function outcomeOf(before: GapSums, sessions: readonly SessionFact[]): PlanOutcome {
  const needs = new Map<string, { need: NeedFact; minutes: number }>();
  const rooms = new Map<string, number>();
  const helped = new Set<string>();
  let invitations = 0;
  for (const session of sessions)
    for (const { personId, minutes, needs: served } of session.invitations) {
      invitations += 1;
      if (served.length > 0) helped.add(personId);
      for (const need of served) {
        const key = `${personId} ${need.code} ${need.what}`;
        const had = needs.get(key)?.minutes ?? 0;
        let closes = need.closes ?? minutes;
        if (need.room) {
          const left = rooms.get(need.room.key) ?? need.room.minutes;
          closes = Math.min(closes, left);
          rooms.set(need.room.key, left - closes);
        }
        needs.set(key, { need, minutes: Math.min(need.minutes, had + closes) });
      }
    }
  return {
    before,
    closed: sumsOf(
      [...needs.values()].map(({ need, minutes }) => ({ minutes, weight: need.weight })),
      helped.size,
    ),
    sessions: sessions.length,
    invitations,
    costCents: sessions.reduce((sum, { costCents }) => sum + costCents, 0),
  };
}

/** Why somebody is asked to come, in the order in which one would say it. */
export interface Reason {
  readonly code: `lacks-${NeedFact['code']}` | 'counts' | 'free-then' | 'near';
  readonly params: Readonly<Record<string, string | number>>;
}

/** The reasons of one invitation: what is missing by when, what this closes of it, and why then and there. */
export function reasonsOf(facts: {
  readonly needs: readonly (NeedFact & Pick<ServedNeed, 'closes'>)[];
  readonly minutes: number;
  readonly statedFree: boolean;
  readonly metres: number | null;
}): Reason[] {
  return [
    ...facts.needs
      .filter(({ closes }) => closes === undefined || closes > 0)
      .map(({ code, what, minutes, dueOn, pieces }): Reason => ({
        code: `lacks-${code}`,
        params: { what, minutes, dueOn, ...(pieces === undefined ? {} : { pieces }) },
      })),
    // A piece counts without hours.
    ...(facts.minutes > 0 ? [{ code: 'counts', params: { minutes: facts.minutes } } as const] : []),
    ...(facts.statedFree ? [{ code: 'free-then', params: {} } as const] : []),
    ...(facts.metres === null ? [] : [{ code: 'near', params: { metres: facts.metres } } as const]),
  ];
}
