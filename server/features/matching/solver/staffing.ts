import { solveFlow } from './flow.ts';
import type { Network } from './flow.ts';
import { sortEdges } from './market.ts';
import { solveMarket } from './solve-market.ts';

/** What a position asks for. */
export interface Position {
  readonly slots: number;
  /** At least so many of those who come hold the credential wanted: the other slots are the only ones open to all. */
  readonly certified: number;
  /** What filling the first slot, the second, … is worth beside the people's own weight: never more than the one before. */
  readonly bonus: readonly number[];
}

/** A cap on what somebody takes on: a day inside a week, a week inside a month; -1 is inside nothing. */
export interface Cap {
  readonly most: number;
  readonly inside: number;
}

/** Somebody, by the innermost cap, may take a position. One edge a person and position. */
export interface Option {
  readonly position: number;
  readonly cap: number;
  readonly weight: number;
  readonly certified: boolean;
}

export interface Staffing {
  readonly positions: readonly Position[];
  readonly caps: readonly Cap[];
  readonly options: readonly Option[];
}

/** Who is planned (1 for each option used), what it is worth, and the proven bound, equal to it. */
export interface StaffingPlan {
  readonly used: Uint8Array;
  readonly objective: bigint;
  readonly bound: bigint;
}

/**
 * The best plan with slots of decreasing value, caps inside caps and a minimum of certified people: all of them are flows,
 * so it is exact. Plans with the first alone take the fast way of the b-matching.
 * @throws RangeError where a bonus rises; Error where a cap is inside itself
 */
export function solveStaffing(staffing: Staffing): StaffingPlan {
  for (const { bonus } of staffing.positions) {
    if (bonus.some((value, i) => i > 0 && value > (bonus[i - 1] ?? 0))) throw new RangeError('a bonus rises');
  }
  const plain =
    staffing.caps.every(({ inside }) => inside < 0) &&
    staffing.positions.every(({ certified }) => certified === 0);
  return plain ? solvePlain(staffing) : solveNested(staffing);
}

const bonusOf = ({ bonus }: Position, slot: number): number => bonus[slot] ?? bonus.at(-1) ?? 0;

/**
 * Decreasing values in a plain b-matching: everybody gets the first slot's bonus, and each further slot may instead be
 * filled by a nobody of its own, worth what it lacks; a constant is taken off again.
 */
function solvePlain({ positions, caps, options }: Staffing): StaffingPlan {
  const row = options.map(({ position }) => position);
  const col = options.map(({ cap }) => cap);
  const weight = options.map(({ position, weight: own }) => own + bonusOf(positions[position]!, 0));
  const capacity = caps.map(({ most }) => most);
  let constant = 0n;
  positions.forEach((position, r) => {
    for (let slot = 1; slot < position.slots; slot++) {
      const lack = bonusOf(position, 0) - bonusOf(position, slot);
      if (lack === 0) continue;
      row.push(r);
      col.push(capacity.length);
      weight.push(lack);
      capacity.push(1);
      constant += BigInt(lack);
    }
  });
  const list = {
    rows: positions.length,
    cols: capacity.length,
    row: Int32Array.from(row),
    col: Int32Array.from(col),
    weight: Int32Array.from(weight),
  };
  const sorted = sortEdges(list);
  const solution = solveMarket({
    rows: list.rows,
    cols: list.cols,
    ...sorted,
    demand: Int32Array.from(positions, ({ slots }) => slots),
    capacity: Int32Array.from(capacity),
  });
  const used = new Uint8Array(options.length);
  solution.taken.forEach((taken, e) => {
    if (sorted.origin[e]! < used.length) used[sorted.origin[e]!] = taken;
  });
  return { used, objective: solution.objective - constant, bound: solution.bound - constant };
}

/** Source, positions, the open parts of positions, caps, sink; an option is an arc of capacity 1. */
function solveNested({ positions, caps, options }: Staffing): StaffingPlan {
  const arcs: (readonly [tail: number, head: number, capacity: number, gain: number])[] = [];
  const firstCap = 1 + 2 * positions.length;
  const sink = firstCap + caps.length;
  for (const { position, cap, weight, certified } of options) {
    arcs.push([1 + 2 * position + (certified ? 0 : 1), firstCap + cap, 1, weight]);
  }
  positions.forEach((position, r) => {
    const node = 1 + 2 * r;
    arcs.push([node, node + 1, Math.max(0, position.slots - position.certified), 0]);
    for (let slot = 0; slot < position.slots;) {
      const value = bonusOf(position, slot);
      const from = slot;
      while (slot < position.slots && bonusOf(position, slot) === value) {
        slot = slot >= position.bonus.length - 1 ? position.slots : slot + 1;
      }
      arcs.push([0, node, slot - from, value]);
    }
  });
  caps.forEach(({ most, inside }, i) =>
    arcs.push([firstCap + i, inside < 0 ? sink : firstCap + inside, most, 0]),
  );
  const part = (place: 0 | 1 | 2 | 3): Int32Array => Int32Array.from(arcs, (arc) => arc[place]);
  const network: Network = {
    nodes: sink + 1,
    source: 0,
    sink,
    tail: part(0),
    head: part(1),
    capacity: part(2),
    gain: part(3),
  };
  const { flow, objective, bound } = solveFlow(network);
  return { used: Uint8Array.from(flow.subarray(0, options.length)), objective, bound };
}
