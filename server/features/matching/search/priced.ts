import type { Prices } from '../prices.ts';
import { ID_BYTES } from './codes.ts';
import { rowOf } from './columns.ts';
import type { Columns } from './columns.ts';

/** Prices of a plan by the row of whom they are of, and the highest of them. */
export interface PricedRows {
  readonly byRow: ReadonlyMap<number, number>;
  readonly most: number;
}

const NOBODY: PricedRows = { byRow: new Map(), most: 0 };
/** Days that somebody asks about at the same time. */
const KEPT = 4;
const known = new WeakMap<Columns, Map<string, PricedRows>>();

/** Whom of these columns a plan needs: looked up once for all who ask about the same day. */
export function pricedRows(columns: Columns, prices: Prices | null | undefined): PricedRows {
  if (!prices || prices.price.length === 0) return NOBODY;
  const kept = known.get(columns) ?? new Map<string, PricedRows>();
  known.set(columns, kept);
  const found = kept.get(prices.key) ?? lookUp(columns, prices);
  kept.delete(prices.key);
  kept.set(prices.key, found);
  for (const old of [...kept.keys()].slice(0, -KEPT)) kept.delete(old);
  return found;
}

function lookUp(columns: Columns, { ids, price }: Prices): PricedRows {
  const byRow = new Map<number, number>();
  let most = 0;
  price.forEach((points, i) => {
    const row = rowOf(columns, ids.subarray(i * ID_BYTES, (i + 1) * ID_BYTES));
    if (row < 0) return;
    byRow.set(row, points);
    most = Math.max(most, points);
  });
  return { byRow, most };
}
