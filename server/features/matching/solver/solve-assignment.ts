import { runScaledAuction } from './assignment-auction.ts';
import { UNLIMITED } from './budget.ts';
import type { Budget } from './budget.ts';
import { blockingSet, pairMost } from './cardinality.ts';
import type { Market } from './market.ts';
import { Paths } from './paths.ts';
import { Plan } from './plan.ts';
import { balance } from './solve-market.ts';
import { ExactSum } from './sum.ts';

/** Every row with a column of its own, at the greatest weight, and the numbers that prove it. */
export interface AssignmentSolution {
  readonly status: 'optimal' | 'feasible';
  readonly objective: bigint;
  /** No assignment weighs more. */
  readonly bound: bigint;
  readonly edgeOf: Int32Array;
  /** surplus[row] + price[column] is at least the weight of every edge; together they sum to the bound. */
  readonly surplus: Float64Array;
  readonly price: Float64Array;
}

/** Rows that have, all together, fewer columns than they are; empty where rows and columns differ in number. */
export interface NoAssignment {
  readonly status: 'infeasible';
  readonly rows: readonly number[];
  readonly cols: readonly number[];
}

/**
 * Pairs every row with one column so that the weights sum to most; capacities and slots are taken to be 1. Where the
 * budget ends first, a whole assignment all the same, with a bound.
 */
export function solveAssignment(
  market: Market,
  budget: Budget = UNLIMITED,
): AssignmentSolution | NoAssignment {
  if (market.rows !== market.cols) return { status: 'infeasible', rows: [], cols: [] };
  const pairs = pairMost(market);
  const blocking = blockingSet(market, pairs);
  if (blocking) return { status: 'infeasible', ...blocking };
  const { edgeOf, price, finished } = runScaledAuction(market, budget);
  fromZero(price);
  if (!finished) return conclude(market, pairMost(market, edgeOf).edgeOf, price);
  if (tighten(market, edgeOf, price)) return conclude(market, edgeOf, price);
  return repaired(market, edgeOf, price, budget);
}

function fromZero(price: Float64Array): void {
  let least = Infinity;
  for (const p of price) least = Math.min(least, p);
  for (let v = 0; v < price.length; v++) price[v]! -= least;
}

const SCANS_A_EDGE = 30;

/**
 * Raises prices until nobody prefers another column to their own: possible exactly where the pairs are the best ones.
 * @returns false where that took too long to be likely
 */
function tighten({ rows, start, col, weight }: Market, edgeOf: Int32Array, price: Float64Array): boolean {
  const rowOf = new Int32Array(rows);
  for (let r = 0; r < rows; r++) rowOf[col[edgeOf[r]!]!] = r;
  const queue = Int32Array.from(rowOf.keys());
  const waiting = new Uint8Array(rows).fill(1);
  let head = 0;
  let size = rows;
  let work = SCANS_A_EDGE * (col.length + rows);
  while (size > 0) {
    const r = queue[head]!;
    head = head + 1 === rows ? 0 : head + 1;
    size--;
    waiting[r] = 0;
    const own = edgeOf[r]!;
    const surplus = weight[own]! - price[col[own]!]!;
    const end = start[r + 1]!;
    let e = start[r]!;
    for (; e < end && weight[e]! > surplus; e++) {
      const v = col[e]!;
      if (weight[e]! - surplus <= price[v]!) continue;
      // The heavier of two edges to the own column: these are not the best pairs.
      if (rowOf[v] === r) return false;
      price[v] = weight[e]! - surplus;
      const other = rowOf[v]!;
      if (waiting[other] === 1) continue;
      waiting[other] = 1;
      const tail = head + size++;
      queue[tail >= rows ? tail - rows : tail] = other;
    }
    work -= e - start[r]! + 1;
    if (work < 0) return false;
  }
  return true;
}

/** Exact shortest paths from wherever rows prefer another column. */
function repaired(
  market: Market,
  edgeOf: Int32Array,
  price: Float64Array,
  budget: Budget,
): AssignmentSolution {
  const plan = new Plan(market, false);
  plan.price.set(price);
  for (let r = 0; r < market.rows; r++) plan.take(r, edgeOf[r]!);
  for (let r = 0; r < market.rows; r++) plan.settle(r);
  const finished = balance(plan, new Paths(plan), budget);
  const held = finished ? Int32Array.from(edgeOf, (_, r) => plan.slotEdge[r]!) : edgeOf;
  return conclude(market, held, plan.price);
}

function conclude(market: Market, edgeOf: Int32Array, price: Float64Array): AssignmentSolution {
  const { rows, start, col, weight } = market;
  const surplus = new Float64Array(rows);
  const [objective, bound] = [new ExactSum(), new ExactSum()];
  for (let r = 0; r < rows; r++) {
    let most = -Infinity;
    for (let e = start[r]!; e < start[r + 1]!; e++) most = Math.max(most, weight[e]! - price[col[e]!]!);
    surplus[r] = most;
    objective.add(weight[edgeOf[r]!]!);
    bound.add(most);
    bound.add(price[r]!);
  }
  const optimal = objective.value === bound.value;
  return {
    status: optimal ? 'optimal' : 'feasible',
    objective: objective.value,
    bound: bound.value,
    edgeOf,
    surplus,
    price,
  };
}
