import type { Market } from '../../server/features/matching/solver/market.ts';

/** What a way of filling slots achieves. */
export interface Achieved {
  readonly value: number;
  readonly filled: number;
}

/** First come, first served: each request, in the order it came, takes the best people still free. */
export function firstCome(market: Market): Achieved {
  const order = Int32Array.from({ length: market.col.length }, (_, e) => e);
  return fillInOrder(market, order);
}

/** The heaviest pair of all first, then the next. */
export function globalGreedy(market: Market): Achieved {
  const keys = Float64Array.from(market.weight, (w, e) => (8192 - w) * 2 ** 32 + e).sort();
  return fillInOrder(
    market,
    Int32Array.from(keys, (key) => key % 2 ** 32),
  );
}

function fillInOrder(market: Market, order: Int32Array): Achieved {
  const { rows, start, col, weight } = market;
  const row = new Int32Array(col.length);
  for (let r = 0; r < rows; r++) row.fill(r, start[r], start[r + 1]);
  const [open, room] = [market.demand.slice(), market.capacity.slice()];
  let value = 0;
  let filled = 0;
  for (const e of order) {
    const [r, v] = [row[e]!, col[e]!];
    if (open[r] === 0 || room[v] === 0) continue;
    open[r]!--;
    room[v]!--;
    value += weight[e]!;
    filled++;
  }
  return { value, filled };
}
