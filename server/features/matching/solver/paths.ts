import { NodeHeap } from './heap.ts';
import type { Plan } from './plan.ts';

/** The plan cannot be balanced: every slot must be filled and some cannot. */
export class NoPath extends Error {
  override name = 'NoPath';
}

/**
 * Exact repair of a plan by shortest paths in its residual network. Nodes are columns, then rows; lengths are what a step
 * loses at the present prices, so never negative. Each step ends with prices at which the changed plan is again best.
 */
export class Paths {
  private readonly plan: Plan;
  private readonly heap: NodeHeap;
  private readonly dist: Float64Array;
  /** Column: the edge by which it is reached. Row: the slot given up (forward), the edge taken (backward). */
  private readonly via: Int32Array;
  private readonly surplus: Float64Array;
  private readonly touched: Int32Array;
  private touchedCount = 0;
  /** Columns whose distance is final. */
  private readonly settled: Int32Array;
  private settledCount = 0;
  /** The shortest way out found so far, and where it leaves: a column with room, or a row (by an open slot). */
  private best = 0;
  private bestNode = -1;
  // The rows of each column, as lists over edges; made when first needed.
  private readonly firstEdge: Int32Array;
  private nextEdge = new Int32Array(0);
  private rowOf = new Int32Array(0);
  private listedRows = 0;

  constructor(plan: Plan) {
    const nodes = plan.cols + plan.count.length;
    this.plan = plan;
    this.heap = new NodeHeap(nodes);
    this.dist = new Float64Array(nodes).fill(Infinity);
    this.via = new Int32Array(nodes);
    this.surplus = new Float64Array(plan.count.length);
    this.touched = new Int32Array(nodes);
    this.settled = new Int32Array(plan.cols);
    this.firstEdge = new Int32Array(plan.cols).fill(-1);
  }

  /** Whether there is room for all rows of the plan. */
  get fits(): boolean {
    return this.surplus.length >= this.plan.rows;
  }

  /** Sends one unit away from a column that holds more than it can. @throws NoPath where no other column can be had */
  relieve(from: number): void {
    this.best = Infinity;
    this.bestNode = -1;
    this.searchForward(from);
    if (this.bestNode < 0) throw new NoPath();
    this.shiftPrices(1);
    this.giveAlong(from);
    this.reset();
  }

  /** Finds a unit for a column with room that costs something, or lowers its price to 0. */
  fill(to: number): void {
    this.listEdges();
    this.best = this.plan.price[to]!;
    this.bestNode = -1;
    this.searchBackward(to);
    this.shiftPrices(-1);
    if (this.bestNode >= 0) this.takeAlong(to);
    this.reset();
  }

  private searchForward(from: number): void {
    const { plan, heap, dist } = this;
    const { cols, load, capacity } = plan;
    this.reach(from, 0, -1);
    while (heap.size > 0 && heap.topKey() < this.best) {
      const node = heap.pop();
      const d = dist[node]!;
      if (node >= cols) {
        this.leaveRow(node - cols, d);
        continue;
      }
      this.settled[this.settledCount++] = node;
      if (load[node]! < capacity[node]!) {
        this.best = d;
        this.bestNode = node;
      } else this.leaveColumn(node, d);
    }
  }

  /** A row that holds the column may give it up for the next best of its own. */
  private leaveColumn(v: number, d: number): void {
    const { plan, dist } = this;
    const { cols, price, weight, slotEdge, slotRow, after } = plan;
    const p = price[v]!;
    for (let slot = plan.first[v]!; slot >= 0; slot = after[slot]!) {
      const r = slotRow[slot]!;
      if (dist[cols + r] === Infinity) this.surplus[r] = plan.surplus(r);
      this.reach(cols + r, d + weight[slotEdge[slot]!]! - p - this.surplus[r]!, slot);
    }
  }

  private leaveRow(r: number, d: number): void {
    const { plan, dist } = this;
    const { col, weight, price, taken, load, capacity } = plan;
    const base = d + this.surplus[r]!;
    if (plan.open && base < this.best) {
      this.best = base;
      this.bestNode = plan.cols + r;
    }
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

  private searchBackward(to: number): void {
    const { plan, heap, dist, rowOf, nextEdge } = this;
    const { cols, taken } = plan;
    this.reach(to, 0, -1);
    while (heap.size > 0 && heap.topKey() < this.best) {
      const node = heap.pop();
      const d = dist[node]!;
      if (node >= cols) {
        this.enterRow(node - cols, d);
        continue;
      }
      this.settled[this.settledCount++] = node;
      for (let e = this.firstEdge[node]!; e >= 0; e = nextEdge[e]!) {
        if (taken[e] === 1) continue;
        const r = rowOf[e]!;
        if (dist[cols + r] === Infinity) this.surplus[r] = plan.surplus(r);
        const next = d + this.surplus[r]! - plan.margin(e);
        if (next < this.best) this.reach(cols + r, next, e);
      }
    }
  }

  /** The row would take the column reached: in an open slot, or in place of one that it holds. */
  private enterRow(r: number, d: number): void {
    const { plan, dist } = this;
    const { price, col, slotEdge } = plan;
    if (plan.open && plan.count[r]! < plan.demand[r]!) {
      this.best = d;
      this.bestNode = plan.cols + r;
      return;
    }
    const from = plan.slotStart[r]!;
    for (let slot = from; slot < from + plan.count[r]!; slot++) {
      const e = slotEdge[slot]!;
      const v = col[e]!;
      const next = d + plan.margin(e) - this.surplus[r]!;
      if (next >= this.best || next >= dist[v]!) continue;
      this.reach(v, next, slot);
      // Somebody over-full can do without; anybody else at the loss of the price.
      const alone = plan.load[v]! > plan.capacity[v]! ? next : next + price[v]!;
      if (alone >= this.best) continue;
      this.best = alone;
      this.bestNode = v;
    }
  }

  /** Moves prices so that the shortest way costs nothing: up (1) from what is over-full, down (-1) to what is empty. */
  private shiftPrices(sign: 1 | -1): void {
    const { price } = this.plan;
    for (let i = 0; i < this.settledCount; i++) {
      const v = this.settled[i]!;
      const gap = this.best - this.dist[v]!;
      if (gap > 0) price[v]! += sign * gap;
    }
  }

  private giveAlong(from: number): void {
    const { plan } = this;
    let v = this.bestNode;
    if (v >= plan.cols) {
      const slot = this.via[v]!;
      v = plan.col[plan.slotEdge[slot]!]!;
      plan.drop(slot);
    }
    while (v !== from) {
      const e = this.via[v]!;
      const slot = this.via[plan.cols + this.rowHolding(e)]!;
      v = plan.col[plan.slotEdge[slot]!]!;
      plan.exchange(slot, e);
    }
  }

  private takeAlong(to: number): void {
    const { plan } = this;
    let node = this.bestNode;
    if (node >= plan.cols) {
      const e = this.via[node]!;
      plan.take(node - plan.cols, e);
      node = plan.col[e]!;
    }
    while (node !== to) {
      const slot = this.via[node]!;
      const e = this.via[plan.cols + plan.slotRow[slot]!]!;
      plan.exchange(slot, e);
      node = plan.col[e]!;
    }
  }

  /** The row of an edge: rows are in order of their edges. */
  private rowHolding(e: number): number {
    const { start } = this.plan;
    let low = 0;
    let high = this.plan.rows;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (start[middle]! <= e) low = middle;
      else high = middle;
    }
    return low;
  }

  private reach(node: number, d: number, via: number): void {
    const known = this.dist[node]!;
    if (d >= known) return;
    if (known === Infinity) this.touched[this.touchedCount++] = node;
    this.dist[node] = d;
    this.via[node] = via;
    this.heap.push(node, d);
  }

  private reset(): void {
    for (let i = 0; i < this.touchedCount; i++) this.dist[this.touched[i]!] = Infinity;
    this.touchedCount = 0;
    this.settledCount = 0;
    this.heap.clear();
  }

  private listEdges(): void {
    const { plan } = this;
    if (this.listedRows === plan.rows) return;
    if (this.rowOf.length < plan.col.length) {
      const [rowOf, nextEdge] = [new Int32Array(plan.col.length), new Int32Array(plan.col.length)];
      rowOf.set(this.rowOf);
      nextEdge.set(this.nextEdge);
      this.rowOf = rowOf;
      this.nextEdge = nextEdge;
    }
    for (let r = this.listedRows; r < plan.rows; r++) {
      for (let e = plan.start[r]!; e < plan.start[r + 1]!; e++) {
        const v = plan.col[e]!;
        this.rowOf[e] = r;
        this.nextEdge[e] = this.firstEdge[v]!;
        this.firstEdge[v] = e;
      }
    }
    this.listedRows = plan.rows;
  }
}
