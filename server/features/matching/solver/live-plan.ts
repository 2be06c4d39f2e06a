import { UNLIMITED } from './budget.ts';
import type { Budget } from './budget.ts';
import { costOfForcing } from './forcing.ts';
import type { Market } from './market.ts';
import { Paths } from './paths.ts';
import type { Plan, Spare } from './plan.ts';
import { balance, conclude, openingPlan } from './solve-market.ts';
import type { Solution, SolveOptions } from './solve-market.ts';

/** Room for what comes while the plan lives; beyond it arrays are made anew, larger. */
const SPARE: Spare = { rows: 256, edges: 1 << 17, slots: 2_048 };

/**
 * An optimal plan that stays optimal while requests and people come and go: prices are kept, and each change is mended
 * by a few shortest paths.
 */
export class LivePlan {
  private readonly plan: Plan;
  private paths: Paths;

  /** Solves the market, from kept prices where given. */
  constructor(market: Market, options: SolveOptions = {}) {
    this.plan = openingPlan(market, options, SPARE);
    this.paths = new Paths(this.plan);
    balance(this.plan, this.paths, options.budget ?? UNLIMITED);
  }

  /** Adds a request and mends the plan. Edges in any order, each column once. @returns its row */
  addRequest(cols: Int32Array, weights: Int32Array, demand: number): number {
    const order = Array.from(cols.keys()).sort((a, b) => weights[b]! - weights[a]! || cols[a]! - cols[b]!);
    const r = this.plan.addRow(
      Int32Array.from(order, (i) => cols[i]!),
      Int32Array.from(order, (i) => weights[i]!),
      demand,
    );
    if (!this.paths.fits) this.paths = new Paths(this.plan);
    this.plan.settle(r);
    this.paths.changed();
    // Only what the row took can be over-full: nobody gave anything up yet.
    const from = this.plan.slotStart[r]!;
    const taken = Array.from(
      this.plan.slotEdge.subarray(from, from + this.plan.count[r]!),
      (e) => this.plan.col[e]!,
    );
    for (const v of taken) {
      while (this.plan.load[v]! > this.plan.capacity[v]!) this.paths.relieve(v);
    }
    return r;
  }

  /** Says how many slots a request has from now on; `rebalance` mends the plan after any number of such changes. */
  setDemand(r: number, demand: number): void {
    this.plan.setDemand(r, demand);
    this.plan.settle(r);
  }

  /** Says how much a volunteer can take from now on, 0 for somebody who left. */
  setCapacity(v: number, capacity: number): void {
    this.plan.capacity[v] = capacity;
  }

  /** Makes the plan optimal again. @returns false where the budget ended first */
  rebalance(budget: Budget = UNLIMITED): boolean {
    return balance(this.plan, this.paths, budget);
  }

  /** The plan with its proof, as arrays of the caller's own. */
  solution(): Solution {
    return conclude(this.plan, true);
  }

  /** What the whole plan loses where one unit of the volunteer is taken elsewhere. */
  price(v: number): number {
    return this.plan.price[v]!;
  }

  /** What one more slot of the request would bring. */
  surplus(r: number): number {
    return this.plan.surplus(r);
  }

  /** What forcing the pair would lose, exactly: 0 where planned, Infinity where impossible, null where they do not fit. */
  costOfForcing(r: number, v: number): number | null {
    for (let e = this.plan.start[r]!; e < this.plan.start[r + 1]!; e++) {
      if (this.plan.col[e] === v) return costOfForcing(this.plan, r, e);
    }
    return null;
  }
}
