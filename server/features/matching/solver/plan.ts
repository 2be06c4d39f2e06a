import type { Market } from './market.ts';

/** Room for rows that come later. */
export interface Spare {
  readonly rows: number;
  readonly edges: number;
  readonly slots: number;
}

/** Rows of more slots are settled by sorting. */
const FEW_SLOTS = 12;

const NO_SPARE: Spare = { rows: 0, edges: 0, slots: 0 };

/**
 * Who is planned where, with the price of every column. Between calls each row holds its best edges at the prices; what
 * may be wrong is only that a column holds more than it can, or fewer than its price tells (`paths.ts` mends both).
 */
export class Plan {
  rows: number;
  readonly cols: number;
  /** Whether a slot may stay open; otherwise every slot must be filled. */
  readonly open: boolean;
  start: Int32Array;
  col: Int32Array;
  weight: Int32Array;
  demand: Int32Array;
  readonly capacity: Int32Array;
  readonly price: Float64Array;
  readonly load: Int32Array;
  /** 1 for each edge in the plan. */
  taken: Uint8Array;
  /** How many edges each row holds: slots `slotStart[r] … slotStart[r] + count[r] - 1`, each naming its edge. */
  count: Int32Array;
  slotStart: Int32Array;
  slotEdge: Int32Array;
  slotRow: Int32Array;
  /** The slots that hold a column, as a list: first[v], then after[slot]; -1 ends it. */
  readonly first: Int32Array;
  after: Int32Array;
  private before: Int32Array;
  /** Slots that each row has room for, and where the next row's begin. */
  private room: Int32Array;
  private slotsEnd = 0;

  constructor(market: Market, open: boolean, spare: Spare = NO_SPARE) {
    const { rows, cols, start, demand } = market;
    this.rows = rows;
    this.cols = cols;
    this.open = open;
    this.start = grown(start, rows + 1 + spare.rows);
    this.col = spare.edges > 0 ? grown(market.col, market.col.length + spare.edges) : market.col;
    this.weight = spare.edges > 0 ? grown(market.weight, this.col.length) : market.weight;
    this.demand = grown(demand, rows + spare.rows);
    this.capacity = market.capacity.slice();
    this.price = new Float64Array(cols);
    this.load = new Int32Array(cols);
    this.taken = new Uint8Array(this.col.length);
    this.count = new Int32Array(rows + spare.rows);
    this.slotStart = new Int32Array(rows + 1 + spare.rows);
    for (let r = 0; r < rows; r++) {
      // One more than there are edges keeps a slot open, so that such a row has no surplus.
      if (open) this.demand[r] = Math.min(demand[r]!, start[r + 1]! - start[r]! + 1);
      this.slotStart[r + 1] = this.slotStart[r]! + this.demand[r]!;
    }
    this.slotsEnd = this.slotStart[rows]!;
    this.room = this.demand.slice();
    const slots = this.slotsEnd + spare.slots;
    this.slotEdge = new Int32Array(slots);
    this.slotRow = new Int32Array(slots);
    for (let r = 0; r < rows; r++) this.slotRow.fill(r, this.slotStart[r], this.slotStart[r + 1]);
    this.first = new Int32Array(cols).fill(-1);
    this.after = new Int32Array(slots);
    this.before = new Int32Array(slots);
  }

  /** Adds a row after all others; its edges must be heaviest first, ties by column. @returns its number */
  addRow(cols: Int32Array, weights: Int32Array, demand: number): number {
    const r = this.rows++;
    const from = this.start[r]!;
    const slots = Math.min(demand, cols.length + 1);
    this.makeRoom(from + cols.length, this.slotsEnd + slots);
    this.col.set(cols, from);
    this.weight.set(weights, from);
    this.start[r + 1] = from + cols.length;
    this.demand[r] = slots;
    this.reserve(r, slots);
    return r;
  }

  /** Changes how many slots a row has; `settle` then makes it hold what it should. */
  setDemand(r: number, demand: number): void {
    const slots = this.open ? Math.min(demand, this.start[r + 1]! - this.start[r]! + 1) : demand;
    if (slots > this.room[r]!) {
      this.makeRoom(0, this.slotsEnd + slots);
      const old = this.slotStart[r]!;
      const edges = this.slotEdge.slice(old, old + this.count[r]!);
      while (this.count[r]! > 0) this.drop(old + this.count[r]! - 1);
      this.reserve(r, slots);
      for (const e of edges) this.take(r, e);
    }
    this.demand[r] = slots;
  }

  private reserve(r: number, slots: number): void {
    this.slotStart[r] = this.slotsEnd;
    this.room[r] = slots;
    this.slotsEnd += slots;
    this.slotRow.fill(r, this.slotStart[r], this.slotsEnd);
  }

  take(r: number, e: number): void {
    const slot = this.slotStart[r]! + this.count[r]!++;
    this.taken[e] = 1;
    this.slotEdge[slot] = e;
    this.link(slot, this.col[e]!);
  }

  /** Gives an edge up. The row's last slot moves to its place. */
  drop(slot: number): void {
    const r = this.slotRow[slot]!;
    this.taken[this.slotEdge[slot]!] = 0;
    this.unlink(slot);
    const last = this.slotStart[r]! + --this.count[r]!;
    if (last === slot) return;
    const e = this.slotEdge[last]!;
    this.unlink(last);
    this.slotEdge[slot] = e;
    this.link(slot, this.col[e]!);
  }

  /** Gives an edge up for another of the same row. */
  exchange(slot: number, e: number): void {
    this.taken[this.slotEdge[slot]!] = 0;
    this.unlink(slot);
    this.taken[e] = 1;
    this.slotEdge[slot] = e;
    this.link(slot, this.col[e]!);
  }

  margin(e: number): number {
    return this.weight[e]! - this.price[this.col[e]!]!;
  }

  /** What the row gains from one more slot: its least good edge, or nothing while a slot is open. */
  surplus(r: number): number {
    if (this.demand[r] === 0) {
      // No slot at all: one would bring the best edge.
      const best = this.bestFree(r);
      return best < 0 ? 0 : Math.max(0, this.margin(best));
    }
    if (this.open && this.count[r]! < this.demand[r]!) return 0;
    const worst = this.worstSlot(r);
    return worst < 0 ? 0 : this.margin(this.slotEdge[worst]!);
  }

  /** Slot of the row's least good edge, -1 where it holds none. */
  worstSlot(r: number): number {
    let worst = -1;
    let least = Infinity;
    const from = this.slotStart[r]!;
    for (let slot = from; slot < from + this.count[r]!; slot++) {
      const margin = this.margin(this.slotEdge[slot]!);
      if (margin > least) continue;
      least = margin;
      worst = slot;
    }
    return worst;
  }

  /** Makes the row hold its best edges at the present prices; what is as good as another stays. */
  settle(r: number): void {
    if (this.demand[r]! > FEW_SLOTS) {
      this.settleMany(r);
      return;
    }
    while (this.count[r]! > this.demand[r]!) this.drop(this.worstSlot(r));
    for (;;) {
      const best = this.bestFree(r);
      const gain = best < 0 ? -Infinity : this.margin(best);
      if (this.count[r]! < this.demand[r]!) {
        if (best < 0 || (this.open && gain <= 0)) break;
        this.take(r, best);
        continue;
      }
      const worst = this.worstSlot(r);
      if (worst < 0 || gain <= this.margin(this.slotEdge[worst]!)) break;
      this.exchange(worst, best);
    }
    if (!this.open) return;
    for (let worst = this.worstSlot(r); worst >= 0; worst = this.worstSlot(r)) {
      if (this.margin(this.slotEdge[worst]!) >= 0) break;
      this.drop(worst);
    }
  }

  /** The same for rows of many slots, by sorting once. */
  private settleMany(r: number): void {
    const from = this.start[r]!;
    const degree = this.start[r + 1]! - from;
    const demand = this.demand[r]!;
    const margins = new Float64Array(degree);
    for (let i = 0; i < degree; i++) margins[i] = this.margin(from + i);
    let least = demand <= degree ? margins.slice().sort()[degree - demand]! : -Infinity;
    if (this.open) least = Math.max(least, 0);
    let equal = demand;
    for (const margin of margins) if (margin > least) equal--;
    for (let slot = this.slotStart[r]! + this.count[r]! - 1; slot >= this.slotStart[r]!; slot--) {
      const margin = margins[this.slotEdge[slot]! - from]!;
      if (margin < least || (margin === least && equal-- <= 0)) this.drop(slot);
    }
    for (let i = 0; i < degree; i++) {
      if (this.taken[from + i] === 1) continue;
      const margin = margins[i]!;
      if (margin > least) this.take(r, from + i);
      else if (margin === least && !(this.open && least === 0) && equal-- > 0) this.take(r, from + i);
    }
  }

  private bestFree(r: number): number {
    const { col, weight, price, taken } = this;
    let best = -1;
    let most = -Infinity;
    const end = this.start[r + 1]!;
    for (let e = this.start[r]!; e < end; e++) {
      const w = weight[e]!;
      if (w <= most) break;
      const margin = w - price[col[e]!]!;
      if (margin <= most || taken[e] === 1) continue;
      most = margin;
      best = e;
    }
    return best;
  }

  private link(slot: number, v: number): void {
    const next = this.first[v]!;
    this.first[v] = slot;
    this.after[slot] = next;
    this.before[slot] = -1;
    if (next >= 0) this.before[next] = slot;
    this.load[v]!++;
  }

  private unlink(slot: number): void {
    const v = this.col[this.slotEdge[slot]!]!;
    const [next, before] = [this.after[slot]!, this.before[slot]!];
    if (before < 0) this.first[v] = next;
    else this.after[before] = next;
    if (next >= 0) this.before[next] = before;
    this.load[v]!--;
  }

  private makeRoom(edges: number, slots: number): void {
    if (this.rows + 1 > this.start.length) {
      const length = wider(this.rows);
      this.start = grown(this.start, length + 1);
      this.slotStart = grown(this.slotStart, length + 1);
      this.demand = grown(this.demand, length);
      this.room = grown(this.room, length);
      this.count = grown(this.count, length);
    }
    if (edges > this.col.length) {
      const length = wider(edges);
      this.col = grown(this.col, length);
      this.weight = grown(this.weight, length);
      const taken = new Uint8Array(length);
      taken.set(this.taken);
      this.taken = taken;
    }
    if (slots > this.slotEdge.length) {
      const length = wider(slots);
      this.slotEdge = grown(this.slotEdge, length);
      this.slotRow = grown(this.slotRow, length);
      this.after = grown(this.after, length);
      this.before = grown(this.before, length);
    }
  }
}

const wider = (length: number): number => length + (length >> 3) + 16;

function grown(array: Int32Array, length: number): Int32Array {
  const result = new Int32Array(length);
  result.set(array);
  return result;
}
