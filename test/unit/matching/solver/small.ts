import { sortEdges } from '../../../../server/features/matching/solver/market.ts';
import type { Market } from '../../../../server/features/matching/solver/market.ts';

/** Small instances a property is tried on: few by default, `LINLI_SOLVER_SEEDS=1000` for all. */
export const MANY = Number(process.env['LINLI_SOLVER_SEEDS'] ?? 100);

/** Repeatable draws (mulberry32). */
export function drawsOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return Math.floor((((x ^ (x >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Weights of rows × columns, null where there is no edge. */
export interface Small {
  readonly weights: readonly (readonly (number | null)[])[];
  readonly demand: readonly number[];
  readonly capacity: readonly number[];
}

export interface SmallLimits {
  readonly rows: number;
  readonly cols: number;
  readonly demand: number;
  readonly capacity: number;
  /** Weights from `least`, so many different ones. */
  readonly least: number;
  readonly weights: number;
}

export function drawSmall(seed: number, limits: SmallLimits): Small {
  const below = drawsOf(seed);
  const rows = below(limits.rows + 1);
  const cols = below(limits.cols + 1);
  return {
    weights: Array.from({ length: rows }, () =>
      Array.from({ length: cols }, () => (below(3) === 0 ? null : limits.least + below(limits.weights))),
    ),
    demand: Array.from({ length: rows }, () => below(limits.demand + 1)),
    capacity: Array.from({ length: cols }, () => below(limits.capacity + 1)),
  };
}

/** The edges in list form, row by row. */
export function listOf({ weights, demand, capacity }: Small) {
  const edges = weights.flatMap((row, r) =>
    row.flatMap((weight, v) => (weight === null ? [] : [{ r, v, weight }])),
  );
  return {
    rows: demand.length,
    cols: capacity.length,
    row: Int32Array.from(edges, ({ r }) => r),
    col: Int32Array.from(edges, ({ v }) => v),
    weight: Int32Array.from(edges, ({ weight }) => weight),
    demand: Int32Array.from(demand),
    capacity: Int32Array.from(capacity),
  };
}

export function marketOf(small: Small): Market & { readonly origin: Int32Array } {
  const list = listOf(small);
  return {
    rows: list.rows,
    cols: list.cols,
    demand: list.demand,
    capacity: list.capacity,
    ...sortEdges(list),
  };
}

/** Greatest weight of a b-matching, by trying every set of edges of every row. */
export function bruteForce({ weights, demand, capacity }: Small): number {
  const known = new Map<string, number>();
  const best = (r: number, room: readonly number[]): number => {
    const row = weights[r];
    if (!row) return 0;
    const key = `${r}:${room.join()}`;
    const seen = known.get(key);
    if (seen !== undefined) return seen;
    let most = -Infinity;
    for (let set = 0; set < 1 << room.length; set++) {
      const chosen = [...room.keys()].filter((v) => (set >> v) & 1);
      if (chosen.length > demand[r]! || chosen.some((v) => row[v] === null || room[v] === 0)) continue;
      const gain = chosen.reduce((sum, v) => sum + row[v]!, 0);
      most = Math.max(
        most,
        gain +
          best(
            r + 1,
            room.map((c, v) => c - ((set >> v) & 1)),
          ),
      );
    }
    known.set(key, most);
    return most;
  };
  return best(0, capacity);
}

/** Least cost of a perfect assignment, null where there is none. */
export function bruteForceAssignment(weights: Small['weights']): number | null {
  const best = (r: number, used: number): number => {
    if (r === weights.length) return 0;
    return Math.min(
      Infinity,
      ...weights[r]!.map((cost, v) =>
        cost === null || (used >> v) & 1 ? Infinity : cost + best(r + 1, used | (1 << v)),
      ),
    );
  };
  const least = best(0, 0);
  return least === Infinity ? null : least;
}
