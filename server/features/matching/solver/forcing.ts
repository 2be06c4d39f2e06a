import { NodeHeap } from './heap.ts';
import type { Plan } from './plan.ts';

/**
 * What the plan loses at least if the pair of edge `edge` (of row `row`) must be in it: one shortest path, exact. 0 where
 * it is in the plan; Infinity where it cannot be. The plan must be optimal and is not changed.
 */
export function costOfForcing(plan: Plan, row: number, edge: number): number {
  if (plan.taken[edge] === 1) return 0;
  const v = plan.col[edge]!;
  if (plan.demand[row] === 0 || plan.capacity[v] === 0) return Infinity;
  return new Forcing(plan).cost(row, v, plan.surplus(row) - plan.margin(edge));
}

/** The residual network with its open end: columns, rows, then the end itself, through which units come and go. */
class Forcing {
  private readonly plan: Plan;
  private readonly dist: Float64Array;
  private readonly heap: NodeHeap;
  private readonly end: number;

  constructor(plan: Plan) {
    this.plan = plan;
    this.end = plan.cols + plan.rows;
    this.dist = new Float64Array(this.end + 1).fill(Infinity);
    this.heap = new NodeHeap(this.end + 1);
  }

  /** Length of the cheapest circle: the row takes the column, the column's unit finds its way back to the row. */
  cost(row: number, from: number, first: number): number {
    const { plan, heap, dist, end } = this;
    const goal = plan.cols + row;
    this.reach(from, 0);
    while (heap.size > 0) {
      const node = heap.pop();
      const d = dist[node]!;
      if (node === goal) return first + d;
      if (node === end) this.leaveEnd(d, goal);
      else if (node >= plan.cols) this.leaveRow(node - plan.cols, d);
      else this.leaveColumn(node, d);
    }
    return Infinity;
  }

  private leaveColumn(v: number, d: number): void {
    const { plan } = this;
    // Room means a price of 0: nobody else need move.
    if (plan.load[v]! < plan.capacity[v]!) this.reach(this.end, d);
    for (let slot = plan.first[v]!; slot >= 0; slot = plan.after[slot]!) {
      const r = plan.slotRow[slot]!;
      this.reach(plan.cols + r, d + plan.margin(plan.slotEdge[slot]!) - plan.surplus(r));
    }
  }

  private leaveRow(r: number, d: number): void {
    const { plan } = this;
    const base = d + plan.surplus(r);
    if (plan.open) this.reach(this.end, base);
    for (let e = plan.start[r]!; e < plan.start[r + 1]!; e++) {
      if (plan.taken[e] === 0) this.reach(plan.col[e]!, base - plan.margin(e));
    }
  }

  /** From the end: an open slot of the row costs nothing, another's column its price. */
  private leaveEnd(d: number, goal: number): void {
    const { plan, dist } = this;
    for (let r = 0; r < plan.rows; r++) {
      if (plan.count[r]! < plan.demand[r]!) this.reach(plan.cols + r, d);
    }
    for (let v = 0; v < plan.cols; v++) {
      if (plan.load[v]! > 0 && d + plan.price[v]! < dist[goal]!) this.reach(v, d + plan.price[v]!);
    }
  }

  private reach(node: number, d: number): void {
    if (d >= this.dist[node]!) return;
    this.dist[node] = d;
    this.heap.push(node, d);
  }
}
