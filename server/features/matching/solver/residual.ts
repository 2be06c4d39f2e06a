import { NodeHeap } from './heap.ts';
import { Near } from './near.ts';
import type { Plan } from './plan.ts';

/**
 * The residual network of a plan, searched by shortest paths. Nodes are columns, then rows, then rows once more for the edges that
 * are not remembered as their best; lengths are what a step loses at the present prices, so never negative.
 */
export class Residual {
  readonly plan: Plan;
  readonly dist: Float64Array;
  /** Column: the edge by which it is reached. Row: the slot given up (forward), the edge taken (backward). */
  readonly via: Int32Array;
  readonly heap: NodeHeap;
  /** The shortest way out found so far, and where it leaves: a column with room, or a row (by an open slot). */
  best = 0;
  bestNode = -1;
  /** What is remembered of rows; null where slots must not stay open, or before anything is searched for. */
  near: Near | null = null;
  /** The first of the nodes that stand for rows once more. */
  readonly far: number;
  /** What each row gains from one more slot, true while `known` says so. */
  readonly surplus: Float64Array;
  private readonly known: Int32Array;
  private changes = 1;
  /** Rows whose surplus may have changed since all were known. */
  private readonly stale: Int32Array;
  private readonly isStale: Uint8Array;
  private staleCount = 0;
  private allKnownIn = 0;
  private readonly touched: Int32Array;
  private touchedCount = 0;
  /** Columns whose distance is final. */
  private readonly settled: Int32Array;
  private settledCount = 0;

  constructor(plan: Plan) {
    const nodes = plan.cols + 2 * plan.count.length;
    this.plan = plan;
    this.far = plan.cols + plan.count.length;
    this.heap = new NodeHeap(nodes);
    this.dist = new Float64Array(nodes).fill(Infinity);
    this.via = new Int32Array(nodes);
    this.surplus = new Float64Array(plan.count.length);
    this.known = new Int32Array(plan.count.length);
    this.stale = new Int32Array(plan.count.length);
    this.isStale = new Uint8Array(plan.count.length);
    this.touched = new Int32Array(nodes);
    this.settled = new Int32Array(plan.cols);
  }

  /** Whether there is room for all rows of the plan. */
  get fits(): boolean {
    return this.surplus.length >= this.plan.rows;
  }

  /** Says that the plan was changed by somebody else. */
  changed(): void {
    this.changes++;
  }

  /** Says that what a row holds is changed. */
  touch(r: number): void {
    this.known[r] = 0;
    if (this.isStale[r] === 1) return;
    this.isStale[r] = 1;
    this.stale[this.staleCount++] = r;
  }

  /** Makes `surplus` true for all rows; of one without a slot it is Infinity, since it takes nothing whatever the price. */
  knowAll(): void {
    const { plan, changes } = this;
    const know = (r: number): void => {
      this.surplus[r] = plan.demand[r]! > 0 ? plan.surplus(r) : Infinity;
      this.known[r] = changes;
    };
    if (this.allKnownIn === changes) for (let i = 0; i < this.staleCount; i++) know(this.stale[i]!);
    else for (let r = 0; r < plan.rows; r++) know(r);
    this.allKnownIn = changes;
    while (this.staleCount > 0) this.isStale[this.stale[--this.staleCount]!] = 0;
  }

  surplusOf(r: number): number {
    if (this.known[r] !== this.changes) {
      this.surplus[r] = this.plan.surplus(r);
      // Without a slot it hangs on the prices of all edges.
      if (this.plan.demand[r]! > 0) this.known[r] = this.changes;
      else this.touch(r);
    }
    return this.surplus[r]!;
  }

  /** Looks for the shortest way by which columns give units up. */
  searchForward(from: readonly number[]): void {
    const { plan, heap, dist } = this;
    const { cols, load, capacity } = plan;
    this.best = Infinity;
    this.bestNode = -1;
    if (plan.open) this.near ??= new Near(plan);
    for (const v of from) this.reach(v, 0, -1);
    while (heap.size > 0 && heap.topKey() < this.best) {
      const node = heap.pop();
      const d = dist[node]!;
      if (node >= this.far) this.leaveFar(node - this.far);
      else if (node >= cols) this.leaveRow(node - cols, d);
      else {
        this.settled[this.settledCount++] = node;
        if (load[node]! < capacity[node]!) {
          this.best = d;
          this.bestNode = node;
        } else this.leaveColumn(node, d);
      }
    }
  }

  /** A row that holds the column may give it up for the next best of its own. */
  private leaveColumn(v: number, d: number): void {
    const { plan } = this;
    const { cols, price, weight, slotEdge, slotRow, after } = plan;
    const p = price[v]!;
    for (let slot = plan.first[v]!; slot >= 0; slot = after[slot]!) {
      const r = slotRow[slot]!;
      this.reach(cols + r, d + weight[slotEdge[slot]!]! - p - this.surplusOf(r), slot);
    }
  }

  private leaveRow(r: number, d: number): void {
    const { plan, near } = this;
    const base = d + this.surplusOf(r);
    if (plan.open && base < this.best) {
      this.best = base;
      this.bestNode = plan.cols + r;
    }
    if (!near) {
      this.leaveByAll(r, d);
      return;
    }
    near.recall(r);
    const from = near.start[r]!;
    this.leaveBy(near.edge, from, from + near.count[r]!, base);
    // No other edge is nearer than that.
    const far = base - near.floor[r]!;
    if (near.floor[r]! > 0 && far < this.best) this.reach(this.far + r, Math.max(d, far), r);
  }

  /** The edges of a row that were not remembered may be the nearest now. */
  private leaveFar(r: number): void {
    this.near?.look(r);
    this.leaveByAll(r, this.dist[this.plan.cols + r]!);
  }

  private leaveBy(edges: Int32Array, from: number, to: number, base: number): void {
    const { plan, dist } = this;
    const { col, weight, price, taken, load, capacity } = plan;
    for (let i = from; i < to; i++) {
      const e = edges[i]!;
      const v = col[e]!;
      const next = base - weight[e]! + price[v]!;
      if (next >= this.best || next >= dist[v]! || taken[e] === 1) continue;
      this.reach(v, next, e);
      if (load[v]! < capacity[v]!) {
        this.best = next;
        this.bestNode = v;
      }
    }
  }

  private leaveByAll(r: number, d: number): void {
    const { plan, dist } = this;
    const { col, weight, price, taken, load, capacity } = plan;
    const base = d + this.surplusOf(r);
    const end = plan.start[r + 1]!;
    for (let e = plan.start[r]!; e < end; e++) {
      const least = base - weight[e]!;
      // The heaviest come first and no price is below 0: nothing further on can be nearer.
      if (least >= this.best || this.best <= d) break;
      const v = col[e]!;
      const next = least + price[v]!;
      if (next >= this.best || next >= dist[v]! || taken[e] === 1) continue;
      this.reach(v, next, e);
      if (load[v]! < capacity[v]!) {
        this.best = next;
        this.bestNode = v;
      }
    }
  }

  reach(node: number, d: number, via: number): void {
    const known = this.dist[node]!;
    if (d >= known) return;
    if (known === Infinity) this.touched[this.touchedCount++] = node;
    this.dist[node] = d;
    this.via[node] = via;
    this.heap.push(node, d);
  }

  /** Says that the distance of a column is final. */
  settle(v: number): void {
    this.settled[this.settledCount++] = v;
  }

  /** Moves prices so that the shortest way costs nothing: up (1) from what is over-full, down (-1) to what is empty. */
  shiftPrices(sign: 1 | -1): void {
    const { price, first, after, slotRow } = this.plan;
    for (let i = 0; i < this.settledCount; i++) {
      const v = this.settled[i]!;
      const gap = this.best - this.dist[v]!;
      if (gap <= 0) continue;
      price[v]! += sign * gap;
      for (let slot = first[v]!; slot >= 0; slot = after[slot]!) this.touch(slotRow[slot]!);
    }
    if (sign < 0) this.near?.forget();
  }

  /** Forgets the search. */
  reset(): void {
    for (let i = 0; i < this.touchedCount; i++) this.dist[this.touched[i]!] = Infinity;
    this.touchedCount = 0;
    this.settledCount = 0;
    this.heap.clear();
  }
}
