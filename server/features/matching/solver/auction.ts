import { Best } from './best.ts';
import type { Budget } from './budget.ts';
import type { Market } from './market.ts';

/** What an auction ends with: prices within epsilon a slot of the best ones, and who holds what. */
export interface AuctionResult {
  readonly price: Float64Array;
  /** 1 for each edge that is held. */
  readonly taken: Uint8Array;
  readonly bids: number;
  /** False where the budget ended first: the prices still bound the optimum. */
  readonly finished: boolean;
}

const BIDS_BETWEEN_CHECKS = 256;

/**
 * Rows bid for their best columns until nobody is outbid; a slot stays open rather than pay more than the edge is worth.
 * The optimum is at most epsilon above the result for each slot (Bertsekas; similar persons bid at once), unless bidding
 * began from prices above 0: then columns without a taker may keep theirs.
 */
export function runAuction(
  market: Market,
  epsilon: number,
  budget: Budget,
  from: Float64Array | null = null,
): AuctionResult {
  const auction = new Auction(market, epsilon);
  if (from) auction.price.set(from);
  const finished = auction.run(budget);
  return { price: auction.price, taken: auction.taken, bids: auction.bids, finished };
}

class Auction {
  readonly price: Float64Array;
  readonly taken: Uint8Array;
  bids = 0;
  private readonly market: Market;
  private readonly epsilon: number;
  private readonly count: Int32Array;
  private readonly queue: Int32Array;
  private readonly waiting: Uint8Array;
  private queueHead = 0;
  private queueSize = 0;
  // What each column holds: a heap of bids, the lowest first.
  private readonly bidStart: Int32Array;
  private readonly fill: Int32Array;
  private readonly bid: Float64Array;
  private readonly bidEdge: Int32Array;
  private readonly bidRow: Int32Array;
  // The best edges of each row when last seen. Prices only rise, so what was below `floor` then is so still.
  private readonly nearStart: Int32Array;
  private readonly nearCount: Int32Array;
  private readonly near: Int32Array;
  private readonly floor: Float64Array;
  private readonly best: Best;
  private next = 0;
  private readonly chosen: Int32Array;
  private readonly chosenMargin: Float64Array;

  constructor(market: Market, epsilon: number) {
    const { rows, cols, start, col, demand } = market;
    this.market = market;
    this.epsilon = epsilon;
    this.price = new Float64Array(cols);
    this.taken = new Uint8Array(col.length);
    this.count = new Int32Array(rows);
    this.queue = new Int32Array(rows);
    this.waiting = new Uint8Array(rows);
    this.bidStart = placesOfColumns(market);
    this.fill = new Int32Array(cols);
    const places = this.bidStart[cols]!;
    this.bid = new Float64Array(places);
    this.bidEdge = new Int32Array(places);
    this.bidRow = new Int32Array(places);
    this.nearStart = new Int32Array(rows + 1);
    let widest = 0;
    for (let r = 0; r < rows; r++) {
      const width = Math.min(start[r + 1]! - start[r]!, 2 * demand[r]! + 8);
      widest = Math.max(widest, width);
      this.nearStart[r + 1] = this.nearStart[r]! + width;
    }
    this.near = new Int32Array(this.nearStart[rows]!);
    this.nearCount = new Int32Array(rows).fill(-1);
    this.floor = new Float64Array(rows);
    this.best = new Best(widest + 1);
    this.chosen = new Int32Array(widest + 1);
    this.chosenMargin = new Float64Array(widest + 1);
    for (let r = 0; r < rows; r++) if (demand[r]! > 0) this.enqueue(r);
  }

  run(budget: Budget): boolean {
    let untilCheck = BIDS_BETWEEN_CHECKS;
    while (this.queueSize > 0) {
      if (--untilCheck === 0) {
        if (budget.isOver()) return false;
        untilCheck = BIDS_BETWEEN_CHECKS;
      }
      const r = this.queue[this.queueHead]!;
      this.queueHead = this.queueHead + 1 === this.market.rows ? 0 : this.queueHead + 1;
      this.queueSize--;
      this.waiting[r] = 0;
      this.bidFor(r);
    }
    return true;
  }

  private enqueue(r: number): void {
    if (this.waiting[r] === 1) return;
    this.waiting[r] = 1;
    const at = this.queueHead + this.queueSize++;
    this.queue[at >= this.market.rows ? at - this.market.rows : at] = r;
  }

  /** Bids for as many edges as the row has open slots; each bid leaves the next best edge just less attractive. */
  private bidFor(r: number): void {
    const open = this.market.demand[r]! - this.count[r]!;
    let found = this.nearCount[r]! < 0 ? -1 : this.choose(r, open);
    if (found < 0) {
      this.lookAround(r);
      found = this.choose(r, open);
    }
    const { next } = this;
    for (let i = 0; i < found; i++) {
      const e = this.chosen[i]!;
      this.place(r, e, this.price[this.market.col[e]!]! + this.chosenMargin[i]! - next + this.epsilon);
    }
  }

  /** Remembers the row's best edges at the present prices. */
  private lookAround(r: number): void {
    const { start, col, weight } = this.market;
    const { price, near, best } = this;
    const base = this.nearStart[r]!;
    const width = this.nearStart[r + 1]! - base;
    const end = start[r + 1]!;
    best.begin(width);
    // A row that remembers all its edges needs no second look.
    const all = width === end - start[r]!;
    for (let e = start[r]!; e < end; e++) {
      const floor = all ? 0 : best.floor;
      const w = weight[e]!;
      if (w <= floor) break;
      const margin = w - price[col[e]!]!;
      if (margin > floor) best.offer(margin, e);
    }
    const count = best.finish();
    for (let i = 0; i < count; i++) near[base + i] = best.items[i]!;
    this.nearCount[r] = count;
    this.floor[r] = all ? 0 : best.floor;
  }

  /**
   * The best `open` free edges among those remembered, into `chosen`; `next` is then what the best of the others brings.
   * @returns how many there are, or -1 where a forgotten edge may be better
   */
  private choose(r: number, open: number): number {
    const { col, weight } = this.market;
    const { price, near, taken, chosen, chosenMargin, best } = this;
    const base = this.nearStart[r]!;
    const end = base + this.nearCount[r]!;
    best.begin(open + 1);
    for (let i = base; i < end; i++) {
      const e = near[i]!;
      if (taken[e] === 1) continue;
      const margin = weight[e]! - price[col[e]!]!;
      if (margin > best.floor) best.offer(margin, e);
    }
    let count = best.finish();
    const floor = this.floor[r]!;
    if (floor > 0 && (count <= open || best.floor < floor)) return -1;
    this.next = 0;
    if (count > open) {
      this.next = best.values[open]!;
      count = open;
    }
    for (let i = 0; i < count; i++) {
      chosen[i] = best.items[i]!;
      chosenMargin[i] = best.values[i]!;
    }
    return count;
  }

  private place(r: number, e: number, amount: number): void {
    const v = this.market.col[e]!;
    const base = this.bidStart[v]!;
    const places = this.bidStart[v + 1]! - base;
    if (places === 0) {
      // Nobody can have this column: a price above every weight keeps bids away.
      this.price[v] = this.market.weight[e]! + this.price[v]!;
      this.enqueue(r);
      return;
    }
    this.bids++;
    this.taken[e] = 1;
    this.count[r]!++;
    if (this.fill[v]! < places) {
      this.raise(base, this.fill[v]!++, amount, e, r);
    } else {
      const loser = this.bidRow[base]!;
      this.taken[this.bidEdge[base]!] = 0;
      this.count[loser]!--;
      this.enqueue(loser);
      this.sink(base, places, amount, e, r);
    }
    if (this.fill[v] === places) this.price[v] = this.bid[base]!;
  }

  private raise(base: number, from: number, amount: number, e: number, r: number): void {
    let at = from;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (this.bid[base + up]! <= amount) break;
      this.copy(base + up, base + at);
      at = up;
    }
    this.set(base + at, amount, e, r);
  }

  private sink(base: number, size: number, amount: number, e: number, r: number): void {
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      if (down >= size) break;
      if (down + 1 < size && this.bid[base + down + 1]! < this.bid[base + down]!) down++;
      if (this.bid[base + down]! >= amount) break;
      this.copy(base + down, base + at);
      at = down;
    }
    this.set(base + at, amount, e, r);
  }

  private copy(from: number, to: number): void {
    this.set(to, this.bid[from]!, this.bidEdge[from]!, this.bidRow[from]!);
  }

  private set(at: number, amount: number, e: number, r: number): void {
    this.bid[at] = amount;
    this.bidEdge[at] = e;
    this.bidRow[at] = r;
  }
}

/** Where each column's bids begin: as many as it can hold, or one more than it has edges, so that it is never full. */
function placesOfColumns({ cols, col, capacity }: Market): Int32Array {
  const start = new Int32Array(cols + 1);
  const degree = new Int32Array(cols);
  for (const v of col) degree[v]!++;
  for (let v = 0; v < cols; v++) start[v + 1] = start[v]! + Math.min(degree[v]! + 1, capacity[v]!);
  return start;
}
