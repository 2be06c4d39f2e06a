/** How people with a place stand to a shift at an instant: what a coordinator wants to see of a whole day at a glance. */
export const PRESENCES = ['late', 'here', 'expected', 'left', 'not-come', 'excused'] as const;
export type Presence = (typeof PRESENCES)[number];

/** States of a place that still wait for the person. */
const WAITING = new Set(['accepted', 'confirmed']);
const SETTLED: Readonly<Record<string, Presence>> = {
  checked_in: 'here',
  checked_out: 'left',
  no_show: 'not-come',
  excused: 'excused',
};

/**
 * Whoever has not come is expected until the shift begins and late from then on, until somebody or the clock says that they did not
 * come.
 * @throws Error for a state in which nobody has a seat
 */
export function presenceOf(state: string, { startsAt, now }: { startsAt: Date; now: Date }): Presence {
  if (WAITING.has(state)) return now < startsAt ? 'expected' : 'late';
  const presence = SETTLED[state];
  if (presence === undefined) throw new Error(`Nobody has a seat in state ${state}`);
  return presence;
}

export type Heads = Readonly<Record<Presence, number>>;

/** How many stand how, over all parts. */
export function sumHeads(parts: readonly Heads[]): Heads {
  const sum = { late: 0, here: 0, expected: 0, left: 0, 'not-come': 0, excused: 0 };
  for (const part of parts) for (const presence of PRESENCES) sum[presence] += part[presence];
  return sum;
}
