import { createHash } from 'node:crypto';

/** A seeded source of chance (mulberry32): the same seed gives the same place, every time. */
export interface Chance {
  /** 0 ≤ x < 1 */
  fraction(): number;
  /** Whole number, both ends included. */
  between(low: number, high: number): number;
  pick<T>(items: readonly T[]): T;
  /** `count` different items, in random order. */
  sample<T>(items: readonly T[], count: number): T[];
  happens(probability: number): boolean;
}

export function createChance(seed: number): Chance {
  let state = seed >>> 0;
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (low: number, high: number): number => low + Math.floor(fraction() * (high - low + 1));
  return {
    fraction,
    between,
    pick: (items) => items[between(0, items.length - 1)] as never,
    sample(items, count) {
      const rest = [...items];
      const taken: (typeof rest)[number][] = [];
      while (taken.length < count && rest.length > 0)
        taken.push(...rest.splice(between(0, rest.length - 1), 1));
      return taken;
    },
    happens: (probability) => fraction() < probability,
  };
}

/** A stable id for the n-th thing of a kind: 24 hexadecimal digits that begin, like any ObjectId, with its time. */
export function stableId(seed: number, kind: string, n: number | string, at: Date): string {
  const time = Math.floor(at.getTime() / 1000)
    .toString(16)
    .padStart(8, '0');
  return time + createHash('sha256').update(`${seed}:${kind}:${n}`).digest('hex').slice(0, 16);
}
