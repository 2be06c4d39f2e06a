import type { PersonOutlook, PlannedLearning } from '../credits/index.ts';
import { weighed } from './needs.rules.ts';
import type { Beside, NeedFact, ServedNeed } from './training-plan.types.ts';

/**
 * What sessions of a plan close for one person, as the credit engine counts them: each beside the person's earlier ones. Added
 * up they are what `evaluate` says when all of them have been learned, to the minute.
 */

/** What one session is for its person. */
export interface Promised {
  readonly needs: readonly ServedNeed[];
  readonly minutes: number;
  readonly beside: Beside;
}

interface State {
  readonly left: ReadonlyMap<string, number>;
  readonly total: number;
}

const keyOf = ({ code, what }: Pick<NeedFact, 'code' | 'what'>): string => `${code} ${what}`;

/** The engine's word on every selection of these sessions, asked once each; bit n of a selection stands for the n-th. */
function statesOf(outlook: PersonOutlook, sessions: readonly PlannedLearning[]): (mask: number) => State {
  const known = new Map<number, State>();
  return (mask) => {
    const found = known.get(mask);
    if (found) return found;
    const { shortfalls, totalMinutes } = outlook.having(sessions.filter((_one, at) => mask & (1 << at)));
    const left = new Map(
      shortfalls.map((gap) => [keyOf({ code: gap.code, what: gap.category }), weighed(gap)]),
    );
    const state = { left, total: totalMinutes };
    known.set(mask, state);
    return state;
  };
}

/** Everything that is left, each minute as often as its programme weighs. */
function weightLeft({ left }: State, needs: readonly NeedFact[]): number {
  const weights = new Map(needs.map((need) => [keyOf(need), need.weight]));
  const usual = needs[0]?.weight ?? 1;
  return [...left].reduce((sum, [key, minutes]) => sum + minutes * (weights.get(key) ?? usual), 0);
}

/**
 * Which of somebody's sessions are of no use beside the others, because the programme counts no more of them: those that a
 * plan does without. `kept` are of use for something else.
 */
export function needless(
  outlook: PersonOutlook,
  needs: readonly NeedFact[],
  sessions: readonly PlannedLearning[],
  kept: ReadonlySet<number>,
): ReadonlySet<number> {
  const state = statesOf(outlook, sessions);
  let mask = (1 << sessions.length) - 1;
  // One that goes may make another one needless; the later ones go first.
  for (let before = -1; before !== mask;) {
    before = mask;
    for (let at = sessions.length - 1; at >= 0; at -= 1) {
      const without = mask & ~(1 << at);
      if (without === mask || kept.has(at)) continue;
      if (weightLeft(state(without), needs) <= weightLeft(state(mask), needs)) mask = without;
    }
  }
  return new Set([...sessions.keys()].filter((at) => !(mask & (1 << at))));
}

/**
 * What some selection of the sessions would leave missing that was not: where training keeps something else from counting, a
 * minimum that was met may be met no more.
 */
function brokenBy(state: (mask: number) => State, needs: readonly NeedFact[], masks: number): NeedFact[] {
  const [first] = needs;
  const known = new Set(needs.map(keyOf));
  const broken = new Map<string, NeedFact>();
  for (let mask = 0; first && mask < masks; mask += 1)
    for (const key of state(mask).left.keys()) {
      if (known.has(key)) continue;
      const [code = '', what = ''] = key.split(/ (.*)/s);
      broken.set(key, { ...first, code: code as NeedFact['code'], what, minutes: 0 });
    }
  return [...broken.values()];
}

/** What each of somebody's sessions, earliest first, adds to those before it, for every selection of those. */
export function promisesOf(
  outlook: PersonOutlook,
  needs: readonly NeedFact[],
  sessions: readonly PlannedLearning[],
): Promised[] {
  const state = statesOf(outlook, sessions);
  const all = [...needs, ...brokenBy(state, needs, 1 << sessions.length)];
  return sessions.map((_one, at) => {
    const bit = 1 << at;
    const masks = Array.from({ length: bit }, (_unused, mask) => mask);
    const last = bit - 1;
    const counts = masks.map((mask) => state(mask | bit).total - state(mask).total);
    const served = all.flatMap((need): ServedNeed[] => {
      const key = keyOf(need);
      const steps = masks.map(
        (mask) => (state(mask).left.get(key) ?? 0) - (state(mask | bit).left.get(key) ?? 0),
      );
      return steps.some((one) => one !== 0) ? [{ ...need, closes: steps[last] ?? 0, steps }] : [];
    });
    const beside = { earlier: sessions.slice(0, at).map(({ id }) => id), counts };
    return { needs: served, minutes: counts[last] ?? 0, beside };
  });
}

/** An invitation as it is beside those of the person's earlier sessions that are still in the plan. */
export function besideThese<
  T extends { needs: readonly ServedNeed[]; minutes: number; beside?: Beside | null },
>(invitation: T, present: ReadonlySet<string>): T {
  const { beside } = invitation;
  if (!beside) return invitation;
  const mask = beside.earlier.reduce((sum, id, at) => (present.has(id) ? sum | (1 << at) : sum), 0);
  return {
    ...invitation,
    minutes: beside.counts[mask] ?? 0,
    needs: invitation.needs.map((need) => (need.steps ? { ...need, closes: need.steps[mask] ?? 0 } : need)),
  };
}
