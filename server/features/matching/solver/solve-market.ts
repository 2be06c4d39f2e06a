import { runAuction } from './auction.ts';
import type { AuctionResult } from './auction.ts';
import { UNLIMITED } from './budget.ts';
import type { Budget } from './budget.ts';
import type { Market } from './market.ts';
import { Paths } from './paths.ts';
import { Plan } from './plan.ts';
import type { Spare } from './plan.ts';
import { ExactSum } from './sum.ts';

/** A b-matching with the numbers that prove how good it is; arrays are those of the market. */
export interface Solution {
  readonly status: 'optimal' | 'feasible';
  readonly objective: bigint;
  /** No b-matching is worth more; equal to the objective where optimal. */
  readonly bound: bigint;
  /** 1 for each edge used. */
  readonly taken: Uint8Array;
  readonly surplus: Float64Array;
  readonly price: Float64Array;
}

/** How to solve: until when, and from which prices (those of an earlier run; else an auction finds some). */
export interface SolveOptions {
  readonly budget?: Budget;
  readonly prices?: Float64Array | null;
  /** With `prices`: 1 for each edge that the earlier plan used. What is as good as anything else then stays as it was. */
  readonly held?: Uint8Array | null;
  /** Where many want the same: coarse auctions first, also where there are more people than slots. */
  readonly coarse?: boolean;
  readonly onPhase?: (phase: 'auction' | 'repair' | 'proof') => void;
}

/** Prices of the auction end within this part of the heaviest weight; the repair does the rest exactly. */
const STEPS = 3000;
/** Where people are scarce: coarse auctions first, each so many times coarser than the next. */
const COARSER = [64, 8];
/** How much of a coarse price is taken back, in its steps, so that the finer auction rarely begins too high. */
const TAKEN_BACK = 2;
const PATHS_BETWEEN_CHECKS = 16;

/** The b-matching of the greatest weight, proved; where the budget ends first, the best so far with its bound. */
export function solveMarket(market: Market, options: SolveOptions = {}): Solution {
  const plan = openingPlan(market, options);
  const finished = balance(plan, new Paths(plan), options.budget ?? UNLIMITED);
  options.onPhase?.('proof');
  return conclude(plan, finished);
}

/** A plan in which every row holds its best edges at prices that are near the best. */
export function openingPlan(market: Market, options: SolveOptions = {}, spare?: Spare): Plan {
  const plan = new Plan(market, true, spare);
  if (options.prices) {
    plan.price.set(options.prices);
    if (options.held) takeAll(plan, options.held);
  } else {
    options.onPhase?.('auction');
    const { price, taken } = auctionFor(market, options.budget ?? UNLIMITED, options.coarse ?? false);
    plan.price.set(price);
    takeAll(plan, taken);
  }
  options.onPhase?.('repair');
  for (let r = 0; r < plan.rows; r++) plan.settle(r);
  return plan;
}

function takeAll(plan: Plan, taken: Uint8Array): void {
  for (let r = 0; r < plan.rows; r++) {
    for (let e = plan.start[r]!; e < plan.start[r + 1]!; e++) {
      if (taken[e] === 1 && plan.count[r]! < plan.demand[r]!) plan.take(r, e);
    }
  }
}

/** One auction; where there are more slots than people, price wars are long, and coarse ones first halve the time. */
function auctionFor(market: Market, budget: Budget, coarse: boolean): AuctionResult {
  const epsilon = epsilonFor(market);
  let [slots, room] = [0, 0];
  for (const d of market.demand) slots += d;
  for (const c of market.capacity) room += c;
  let from: Float64Array | null = null;
  for (const coarser of coarse || room < slots ? COARSER : []) {
    const step = coarser * epsilon;
    from = runAuction(market, step, budget, from).price.map((p) => Math.max(0, p - TAKEN_BACK * step));
  }
  return runAuction(market, epsilon, budget, from);
}

function epsilonFor({ weight }: Market): number {
  let most = 0;
  for (const w of weight) if (w > most) most = w;
  return Math.max(1, Math.floor(most / STEPS));
}

/** Mends a settled plan until it is optimal. @returns false where the budget ended first */
export function balance(plan: Plan, paths: Paths, budget: Budget = UNLIMITED): boolean {
  const { load, capacity, price, cols } = plan;
  let steps = 0;
  const isOver = (): boolean => ++steps % PATHS_BETWEEN_CHECKS === 0 && budget.isOver();
  if (budget.isOver()) return false;
  paths.changed();
  if (!paths.relieveAll(isOver)) return false;
  for (let v = 0; v < cols && plan.open; v++) {
    while (load[v]! < capacity[v]! && price[v]! > 0) {
      if (isOver()) return false;
      paths.fill(v);
    }
  }
  return true;
}

/** Reads the solution off a settled plan; one that is not balanced is made feasible first, its prices kept as the bound. */
export function conclude(plan: Plan, finished: boolean): Solution {
  const surplus = new Float64Array(plan.rows);
  for (let r = 0; r < plan.rows; r++) surplus[r] = plan.surplus(r);
  const price = plan.price.slice();
  const bound = dualValue(plan, surplus);
  if (!finished) makeFeasible(plan);
  const objective = primalValue(plan);
  const optimal = objective === bound;
  if (finished && !optimal) throw new Error('The plan is balanced and yet not proved: a fault of the solver');
  const edges = plan.start[plan.rows]!;
  return {
    status: optimal ? 'optimal' : 'feasible',
    objective,
    bound,
    taken: plan.taken.slice(0, edges),
    surplus,
    price,
  };
}

function dualValue(plan: Plan, surplus: Float64Array): bigint {
  const sum = new ExactSum();
  for (let v = 0; v < plan.cols; v++)
    if (plan.price[v] !== 0) sum.addProduct(plan.capacity[v]!, plan.price[v]!);
  for (let r = 0; r < plan.rows; r++) {
    const u = surplus[r]!;
    if (u > 0) sum.addProduct(plan.demand[r]!, u);
    const end = plan.start[r + 1]!;
    for (let e = plan.start[r]!; e < end && plan.weight[e]! > u; e++) {
      const gain = plan.margin(e) - u;
      if (gain > 0) sum.add(gain);
    }
  }
  return sum.value;
}

function primalValue(plan: Plan): bigint {
  const sum = new ExactSum();
  for (let r = 0; r < plan.rows; r++) {
    const from = plan.slotStart[r]!;
    for (let slot = from; slot < from + plan.count[r]!; slot++) sum.add(plan.weight[plan.slotEdge[slot]!]!);
  }
  return sum.value;
}

/** Takes from over-full columns what is least worth, then lets open slots take what is left, the heaviest first. */
function makeFeasible(plan: Plan): void {
  for (let v = 0; v < plan.cols; v++) {
    const surplus = plan.load[v]! - plan.capacity[v]!;
    if (surplus <= 0) continue;
    const slots: number[] = [];
    for (let slot = plan.first[v]!; slot >= 0; slot = plan.after[slot]!) slots.push(slot);
    const weightOf = (slot: number): number => plan.weight[plan.slotEdge[slot]!]!;
    slots.sort((a, b) => weightOf(a) - weightOf(b) || b - a);
    // Giving a slot up moves another of its row, never another of this column.
    for (const slot of slots.slice(0, surplus)) plan.drop(slot);
  }
  for (let r = 0; r < plan.rows; r++) {
    for (let e = plan.start[r]!; e < plan.start[r + 1]! && plan.count[r]! < plan.demand[r]!; e++) {
      const v = plan.col[e]!;
      if (plan.weight[e]! <= 0) break;
      if (plan.taken[e] === 0 && plan.load[v]! < plan.capacity[v]!) plan.take(r, e);
    }
  }
}
