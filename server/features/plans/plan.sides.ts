import type { Side } from '../matching/index.ts';
import type { DraftPair } from './plan.pairs.ts';
import type { SideWish } from './plan.types.ts';

/** Where a position stands, as wishes speak of it. */
export interface SidePosition {
  readonly shiftId: string;
  readonly seriesId: string | null;
  readonly name: string;
}

/**
 * Wishes as rules over the options of a plan. Those who cannot serve on every shift of a series that wants the same people are
 * left out of it altogether.
 * @param personAt number of a person among those of the plan; undefined for somebody else
 */
export function sidesOf(
  wishes: readonly SideWish[],
  positions: readonly SidePosition[],
  pairs: readonly DraftPair[],
  personAt: (id: string) => number | undefined,
): Side[] {
  return wishes.flatMap((wish) => {
    if (wish.kind === 'same') return samePeople(wish.seriesId, positions, pairs);
    const [one, other] = wish.personIds.map(personAt);
    if (one === undefined || other === undefined) return [];
    return wish.kind === 'together'
      ? byShift(positions, pairs, [one, other], (own, others) => ({
          options: [...own, ...others],
          factors: [...own.map(() => 1), ...others.map(() => -1)],
          least: 0,
          most: 0,
        }))
      : byShift(positions, pairs, [one, other], (own, others) => ({
          options: [...own, ...others],
          factors: [...own, ...others].map(() => 1),
          least: -Infinity,
          most: 1,
        }));
  });
}

function byShift(
  positions: readonly SidePosition[],
  pairs: readonly DraftPair[],
  [one, other]: readonly [number, number] | readonly number[],
  make: (own: number[], others: number[]) => Side,
): Side[] {
  const concerned = [...pairs.keys()].filter((k) => pairs[k]?.person === one || pairs[k]?.person === other);
  const shifts = Map.groupBy(concerned, (k) => positions[pairs[k]?.position ?? 0]?.shiftId);
  return [...shifts.values()].map((options) =>
    make(
      options.filter((k) => pairs[k]?.person === one),
      options.filter((k) => pairs[k]?.person === other),
    ),
  );
}

/** Positions of one name on the shifts of a series take the same people; where a place is missing on one, nobody is forced. */
function samePeople(
  seriesId: string,
  positions: readonly SidePosition[],
  pairs: readonly DraftPair[],
): Side[] {
  const inSeries = [...positions.keys()].filter((r) => positions[r]?.seriesId === seriesId);
  const sides: Side[] = [];
  for (const places of Map.groupBy(inSeries, (r) => positions[r]?.name).values()) {
    if (places.length < 2) continue;
    const concerned = [...pairs.keys()].filter((k) => places.includes(pairs[k]?.position ?? -1));
    for (const options of Map.groupBy(concerned, (k) => pairs[k]?.person).values()) {
      const [first, ...rest] = options;
      if (first === undefined) continue;
      if (options.length < places.length) {
        for (const k of options) sides.push({ options: [k], factors: [1], least: 0, most: 0 });
        continue;
      }
      for (const k of rest) sides.push({ options: [first, k], factors: [1, -1], least: 0, most: 0 });
    }
  }
  return sides;
}
