import type { Budget } from './budget.ts';
import type { Market } from './market.ts';

/** Pairs and prices near the best ones. */
export interface ScaledResult {
  /** Edge of each row, -1 where the budget ended before it had one. */
  readonly edgeOf: Int32Array;
  /** In units of the weights; rounded down, so off by less than 1 from what the auction ended with. */
  readonly price: Float64Array;
  readonly finished: boolean;
}

const BIDS_BETWEEN_CHECKS = 256;
/** Each phase bids in steps this many times smaller than the one before. */
const REFINEMENT = 6;
const REMEMBERED = 12;

/**
 * Auction with ever finer bids (Bertsekas) for as many columns as rows, all of which can be paired. Weights are multiplied
 * by up to rows + 1, so that the last phase ends with the best pairs; where numbers would leave 2^53, by less.
 */
export function runScaledAuction(market: Market, budget: Budget): ScaledResult {
  const auction = new ScaledAuction(market);
  const finished = auction.run(budget);
  const { edgeOf, scale } = auction;
  return { edgeOf, price: auction.price.map((p) => Math.floor(p / scale)), finished };
}

/** The largest difference of weights within a row, or over all where rows have one edge only. */
function spread({ rows, start, weight }: Market): number {
  let most = 1;
  for (let r = 0; r < rows; r++) {
    if (start[r + 1]! > start[r]!) most = Math.max(most, weight[start[r]!]! - weight[start[r + 1]! - 1]!);
  }
  return most;
}

class ScaledAuction {
  readonly price: Float64Array;
  readonly edgeOf: Int32Array;
  readonly scale: number;
  private readonly market: Market;
  private readonly span: number;
  private readonly rowOf: Int32Array;
  private readonly queue: Int32Array;
  private head = 0;
  private size = 0;
  private readonly near: Int32Array;
  private readonly nearCount: Int8Array;
  /** At the time of the last look nothing else was worth more than this. */
  private readonly floor: Float64Array;
  private readonly margins = new Float64Array(REMEMBERED);

  constructor(market: Market) {
    const { rows, cols } = market;
    this.market = market;
    const span = spread(market);
    this.scale = Math.max(1, Math.min(rows + 1, Math.floor(2 ** 50 / (span * (rows + 1)))));
    this.span = span * this.scale;
    this.price = new Float64Array(cols);
    this.edgeOf = new Int32Array(rows).fill(-1);
    this.rowOf = new Int32Array(cols).fill(-1);
    this.queue = new Int32Array(rows);
    this.near = new Int32Array(rows * REMEMBERED);
    this.nearCount = new Int8Array(rows);
    this.floor = new Float64Array(rows).fill(Infinity);
  }

  run(budget: Budget): boolean {
    for (let epsilon = Math.ceil(this.span / REFINEMENT); ; epsilon = Math.ceil(epsilon / REFINEMENT)) {
      this.release(epsilon);
      if (!this.settle(epsilon, budget)) return false;
      if (epsilon === 1) return true;
    }
  }

  /** Rows whose pair is no longer good enough bid anew. */
  private release(epsilon: number): void {
    const { rows, col } = this.market;
    this.head = 0;
    this.size = 0;
    for (let r = 0; r < rows; r++) {
      const e = this.edgeOf[r]!;
      if (e >= 0) {
        this.choose(r);
        if (this.margin(e) >= this.first - epsilon) continue;
        this.rowOf[col[e]!] = -1;
        this.edgeOf[r] = -1;
      }
      this.queue[this.size++] = r;
    }
  }

  private settle(epsilon: number, budget: Budget): boolean {
    const { rows, col } = this.market;
    let untilCheck = 1;
    while (this.size > 0) {
      if (--untilCheck === 0) {
        if (budget.isOver()) return false;
        untilCheck = BIDS_BETWEEN_CHECKS;
      }
      const r = this.queue[this.head]!;
      this.head = this.head + 1 === rows ? 0 : this.head + 1;
      this.size--;
      const e = this.choose(r);
      const v = col[e]!;
      const loser = this.rowOf[v]!;
      this.price[v]! += this.first - this.second + epsilon;
      this.rowOf[v] = r;
      this.edgeOf[r] = e;
      if (loser < 0) continue;
      this.edgeOf[loser] = -1;
      const tail = this.head + this.size++;
      this.queue[tail >= rows ? tail - rows : tail] = loser;
    }
    return true;
  }

  private first = 0;
  private second = 0;

  private margin(e: number): number {
    return this.market.weight[e]! * this.scale - this.price[this.market.col[e]!]!;
  }

  /** The row's best edge; `first` and `second` are then the two best margins. */
  private choose(r: number): number {
    let best = this.chooseNear(r);
    if (best < 0) {
      this.lookAround(r);
      best = this.chooseNear(r);
    }
    return best;
  }

  /** @returns -1 where a forgotten edge may be among the two best */
  private chooseNear(r: number): number {
    const { col, weight } = this.market;
    const { price, near, scale } = this;
    const base = r * REMEMBERED;
    const end = base + this.nearCount[r]!;
    let best = -1;
    let first = -Infinity;
    let second = -Infinity;
    for (let i = base; i < end; i++) {
      const e = near[i]!;
      const v = col[e]!;
      const margin = weight[e]! * scale - price[v]!;
      if (margin > first) {
        // A second edge to the same column is no other choice.
        if (best < 0 || col[best] !== v) second = first;
        first = margin;
        best = e;
      } else if (margin > second && col[best] !== v) second = margin;
    }
    if (second < this.floor[r]!) return -1;
    // A row without a choice outbids whoever has one.
    this.second = second === -Infinity ? first - this.span : second;
    this.first = first;
    return best;
  }

  private lookAround(r: number): void {
    const { start, col, weight } = this.market;
    const { price, near, margins, scale } = this;
    const base = r * REMEMBERED;
    const end = start[r + 1]!;
    let count = 0;
    let floor = -Infinity;
    for (let e = start[r]!; e < end; e++) {
      const most = weight[e]! * scale;
      if (most <= floor) break;
      const margin = most - price[col[e]!]!;
      if (margin <= floor) continue;
      let at = count < REMEMBERED ? count++ : count - 1;
      while (at > 0 && margins[at - 1]! < margin) {
        margins[at] = margins[at - 1]!;
        near[base + at] = near[base + at - 1]!;
        at--;
      }
      margins[at] = margin;
      near[base + at] = e;
      if (count === REMEMBERED) floor = margins[REMEMBERED - 1]!;
    }
    this.nearCount[r] = count;
    this.floor[r] = end - start[r]! <= REMEMBERED ? -Infinity : floor;
  }
}
