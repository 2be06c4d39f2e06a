import { Best } from './best.ts';
import type { Plan } from './plan.ts';

/** Edges of a row that are remembered: so many beside two for each slot. */
const BESIDE = 16;

/**
 * The best edges of each row when last seen. While prices only rise, whatever was below `floor` then is so still: who looks for
 * the next best edge need not look at all of them. Only for plans in which slots may stay open: a margin of 0 or less is never
 * wanted there.
 */
export class Near {
  /** The remembered edges of row r: `edge[start[r]] … edge[start[r] + count[r] - 1]`. */
  readonly start: Int32Array;
  readonly count: Int32Array;
  readonly edge: Int32Array;
  /** No edge that is not remembered has a greater margin. */
  readonly floor: Float64Array;
  private readonly plan: Plan;
  private readonly best: Best;
  /** Which fall of prices each row was last looked at after; rows that come later were never looked at. */
  private readonly seen: Int32Array;
  private falls = 1;

  constructor(plan: Plan) {
    const rows = plan.count.length;
    this.plan = plan;
    this.start = new Int32Array(rows + 1);
    let widest = 0;
    for (let r = 0; r < rows; r++) {
      const degree = r < plan.rows ? plan.start[r + 1]! - plan.start[r]! : 0;
      const width = Math.min(degree, 2 * plan.demand[r]! + BESIDE);
      widest = Math.max(widest, width);
      this.start[r + 1] = this.start[r]! + width;
    }
    this.count = new Int32Array(rows);
    this.edge = new Int32Array(this.start[rows]!);
    this.floor = new Float64Array(rows).fill(Infinity);
    this.seen = new Int32Array(rows);
    this.best = new Best(widest + 1);
  }

  /** Prices fell: what was remembered is of no use any more. */
  forget(): void {
    this.falls++;
  }

  /** Makes sure that something true is remembered of the row. */
  recall(r: number): void {
    if (this.seen[r] !== this.falls) this.look(r);
  }

  /** Remembers the row's best edges at the present prices. */
  look(r: number): void {
    const { plan, best } = this;
    const { col, weight, price } = plan;
    const base = this.start[r]!;
    const width = this.start[r + 1]! - base;
    this.seen[r] = this.falls;
    const [begin, end] = [plan.start[r]!, plan.start[r + 1]!];
    if (width === 0) {
      // A row that came later: anything may be there.
      this.count[r] = 0;
      this.floor[r] = end > begin ? Infinity : 0;
      return;
    }
    best.begin(width);
    for (let e = begin; e < end; e++) {
      const w = weight[e]!;
      if (w <= best.floor) break;
      const margin = w - price[col[e]!]!;
      if (margin > best.floor) best.offer(margin, e);
    }
    const count = best.finish();
    for (let i = 0; i < count; i++) this.edge[base + i] = best.items[i]!;
    this.count[r] = count;
    // Where there is room for all, all above 0 are remembered.
    this.floor[r] = width === end - begin ? 0 : best.floor;
  }
}
