import { LRUCache } from 'lru-cache';
import type { Prices } from '../prices.ts';
import { ID_BYTES } from './codes.ts';
import { rowOf } from './columns.ts';
import type { Columns } from './columns.ts';

/** Prices of a plan by the row of whom they are of. */
export interface PricedRows {
  /** Ascending, each once. */
  readonly rows: Uint32Array;
  /** In points of the score, more than 0. */
  readonly price: Int32Array;
  /** The highest of them. */
  readonly most: number;
}

const NOBODY: PricedRows = { rows: new Uint32Array(0), price: new Int32Array(0), most: 0 };
/**
 * Bytes of what was looked up in one organisation's columns: half a million people on their days. Kept by size, since a week
 * of few days and one of many are asked about alike, and looking a day up takes longer than the search.
 */
const KEPT_BYTES = 4_000_000;
/** Prices fit below this, and rows above it in the 53 bits of a number. */
const ABOVE_PRICES = 2 ** 31;
const known = new WeakMap<Columns, LRUCache<string, PricedRows>>();

/** Whom of these columns a plan needs: looked up once for all who ask about the same day. */
export function pricedRows(columns: Columns, prices: Prices | null | undefined): PricedRows {
  if (!prices || prices.price.length === 0) return NOBODY;
  const kept = known.get(columns) ?? new LRUCache({ maxSize: KEPT_BYTES, sizeCalculation: bytesOf });
  known.set(columns, kept);
  const found = kept.get(prices.key) ?? lookUp(columns, prices);
  kept.set(prices.key, found);
  return found;
}

/** Points that the plan gives up by losing whoever is in the row; 0 for nobody it needs. */
export function priceInRow({ rows, price }: PricedRows, row: number): number {
  let [low, high] = [0, rows.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const one = rows[middle] ?? 0;
    if (one === row) return price[middle] ?? 0;
    if (one < row) low = middle + 1;
    else high = middle - 1;
  }
  return 0;
}

const bytesOf = ({ rows, price }: PricedRows): number => 1 + rows.byteLength + price.byteLength;

function lookUp(columns: Columns, { ids, price }: Prices): PricedRows {
  const found = new Float64Array(price.length);
  let size = 0;
  price.forEach((points, i) => {
    const row = rowOf(columns, ids.subarray(i * ID_BYTES, (i + 1) * ID_BYTES));
    if (row >= 0) found[size++] = row * ABOVE_PRICES + points;
  });
  const sorted = found.subarray(0, size).sort();
  const points = Int32Array.from(sorted, (one) => one % ABOVE_PRICES);
  return {
    rows: Uint32Array.from(sorted, (one) => Math.floor(one / ABOVE_PRICES)),
    price: points,
    most: points.reduce((most, one) => Math.max(most, one), 0),
  };
}
