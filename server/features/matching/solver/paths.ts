import type { Plan } from './plan.ts';
import { Relief } from './relief.ts';
import { Residual } from './residual.ts';

/** The plan cannot be balanced: every slot must be filled and some cannot. */
export class NoPath extends Error {
  override name = 'NoPath';
}

/** From so many over-full columns on, units are sent away many at once. */
const MANY = 24;

/**
 * Exact repair of a plan by shortest paths in its residual network. Each step ends with prices at which the changed plan is again
 * best.
 */
export class Paths {
  private readonly plan: Plan;
  private readonly residual: Residual;
  private relief: Relief | null = null;
  // The rows and edges of each column, made when first needed; of rows that came later, as lists over edges.
  private byCol: ColumnEdges | null = null;
  private readonly firstEdge: Int32Array;
  private nextEdge = new Int32Array(0);
  private rowOf = new Int32Array(0);
  private listedRows = 0;

  constructor(plan: Plan) {
    this.plan = plan;
    this.residual = new Residual(plan);
    this.firstEdge = new Int32Array(plan.cols).fill(-1);
  }

  /** Whether there is room for all rows of the plan. */
  get fits(): boolean {
    return this.residual.fits;
  }

  /** Says that the plan was changed by somebody else. */
  changed(): void {
    this.residual.changed();
  }

  /**
   * Sends away what columns hold beyond what they can.
   * @returns false where it is over before
   * @throws NoPath where no other column can be had
   */
  relieveAll(isOver: () => boolean): boolean {
    const { plan, residual } = this;
    const { load, capacity } = plan;
    for (let over = this.overFull(); over.length > 0; over = this.overFull()) {
      if (over.length < MANY || !plan.open) {
        for (const v of over)
          while (load[v]! > capacity[v]!) {
            if (isOver()) return false;
            this.relieve(v);
          }
        continue;
      }
      if (isOver()) return false;
      residual.searchForward(over);
      if (residual.bestNode < 0) throw new NoPath();
      residual.shiftPrices(1);
      residual.reset();
      this.relief ??= new Relief(residual);
      // More edges that are as good as each other than are remembered may hide the way.
      if (this.relief.send(over) === 0) this.relieve(over[0]!);
    }
    return true;
  }

  private overFull(): number[] {
    const { load, capacity, cols } = this.plan;
    const over: number[] = [];
    for (let v = 0; v < cols; v++) if (load[v]! > capacity[v]!) over.push(v);
    return over;
  }

  /** Sends one unit away from a column that holds more than it can. @throws NoPath where no other column can be had */
  relieve(from: number): void {
    const { residual } = this;
    residual.searchForward([from]);
    if (residual.bestNode < 0) throw new NoPath();
    residual.shiftPrices(1);
    this.giveAlong(from);
    residual.reset();
  }

  /** Finds a unit for a column with room that costs something, or lowers its price to 0. */
  fill(to: number): void {
    const { residual } = this;
    this.listEdges();
    residual.knowAll();
    residual.best = this.plan.price[to]!;
    residual.bestNode = -1;
    this.searchBackward(to);
    residual.shiftPrices(-1);
    if (residual.bestNode >= 0) this.takeAlong(to);
    residual.reset();
  }

  private searchBackward(to: number): void {
    const { residual, rowOf, nextEdge, byCol } = this;
    const { heap, dist } = residual;
    const { cols } = this.plan;
    residual.reach(to, 0, -1);
    while (heap.size > 0 && heap.topKey() < residual.best) {
      const node = heap.pop();
      const d = dist[node]!;
      if (node >= cols) {
        this.enterRow(node - cols, d);
        continue;
      }
      residual.settle(node);
      const base = d + this.plan.price[node]!;
      if (byCol) this.enterByAll(byCol, node, base);
      for (let e = this.firstEdge[node]!; e >= 0; e = nextEdge[e]!) this.enterBy(rowOf[e]!, e, base);
    }
  }

  /** Rows may take the column reached: most edges of a plan are looked at here, one after the other in memory. */
  private enterByAll({ start, row, weight, edge }: ColumnEdges, v: number, base: number): void {
    const { residual } = this;
    const { surplus, dist } = residual;
    const { cols, taken } = this.plan;
    const { best } = residual;
    const end = start[v + 1]!;
    for (let i = start[v]!; i < end; i++) {
      const r = row[i]!;
      const next = base - weight[i]! + surplus[r]!;
      if (next >= best || next >= dist[cols + r]!) continue;
      const e = edge[i]!;
      if (taken[e] === 0) residual.reach(cols + r, next, e);
    }
  }

  private enterBy(r: number, e: number, base: number): void {
    const { plan, residual } = this;
    const next = base - plan.weight[e]! + residual.surplus[r]!;
    if (next < residual.best && plan.taken[e] === 0) residual.reach(plan.cols + r, next, e);
  }

  /** The row would take the column reached: in an open slot, or in place of one that it holds. */
  private enterRow(r: number, d: number): void {
    const { plan, residual } = this;
    const { price, col, slotEdge } = plan;
    if (plan.open && plan.count[r]! < plan.demand[r]!) {
      residual.best = d;
      residual.bestNode = plan.cols + r;
      return;
    }
    const surplus = residual.surplus[r]!;
    const from = plan.slotStart[r]!;
    for (let slot = from; slot < from + plan.count[r]!; slot++) {
      const e = slotEdge[slot]!;
      const v = col[e]!;
      const next = d + plan.margin(e) - surplus;
      if (next >= residual.best || next >= residual.dist[v]!) continue;
      residual.reach(v, next, slot);
      // Somebody over-full can do without; anybody else at the loss of the price.
      const alone = plan.load[v]! > plan.capacity[v]! ? next : next + price[v]!;
      if (alone >= residual.best) continue;
      residual.best = alone;
      residual.bestNode = v;
    }
  }

  private giveAlong(from: number): void {
    const { plan, residual } = this;
    const { via } = residual;
    let v = residual.bestNode;
    if (v >= plan.cols) {
      const slot = via[v]!;
      residual.touch(v - plan.cols);
      v = plan.col[plan.slotEdge[slot]!]!;
      plan.drop(slot);
    }
    while (v !== from) {
      const e = via[v]!;
      const r = this.rowHolding(e);
      const slot = via[plan.cols + r]!;
      residual.touch(r);
      v = plan.col[plan.slotEdge[slot]!]!;
      plan.exchange(slot, e);
    }
  }

  private takeAlong(to: number): void {
    const { plan, residual } = this;
    const { via } = residual;
    let node = residual.bestNode;
    if (node >= plan.cols) {
      const e = via[node]!;
      residual.touch(node - plan.cols);
      plan.take(node - plan.cols, e);
      node = plan.col[e]!;
    }
    while (node !== to) {
      const slot = via[node]!;
      const r = plan.slotRow[slot]!;
      const e = via[plan.cols + r]!;
      residual.touch(r);
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

  private listEdges(): void {
    const { plan } = this;
    if (this.listedRows === plan.rows) return;
    if (this.listedRows === 0) {
      this.byCol = edgesByColumn(plan);
      this.listedRows = plan.rows;
      return;
    }
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

/** The edges of column v are in places `start[v] … start[v + 1] - 1`. */
interface ColumnEdges {
  readonly start: Int32Array;
  readonly row: Int32Array;
  readonly weight: Int32Array;
  readonly edge: Int32Array;
}

function edgesByColumn({ rows, cols, start, col, weight: weights }: Plan): ColumnEdges {
  const edges = start[rows]!;
  const first = new Int32Array(cols + 1);
  for (let e = 0; e < edges; e++) first[col[e]! + 1]!++;
  for (let v = 0; v < cols; v++) first[v + 1]! += first[v]!;
  const at = first.slice();
  const [row, edge, weight] = [new Int32Array(edges), new Int32Array(edges), new Int32Array(edges)];
  for (let r = 0; r < rows; r++)
    for (let e = start[r]!; e < start[r + 1]!; e++) {
      const place = at[col[e]!]!++;
      row[place] = r;
      edge[place] = e;
      weight[place] = weights[e]!;
    }
  return { start: first, row, weight, edge };
}
