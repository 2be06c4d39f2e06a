import { readFileSync, writeFileSync } from 'node:fs';
import type { Market } from '../../server/features/matching/solver/market.ts';

/** Writes a market so that another process can read it at once: five lengths and arrays of 32-bit integers. */
export function writeMarket(path: string, market: Market): void {
  const { rows, cols, start, col, weight, demand, capacity } = market;
  const head = Int32Array.of(rows, cols, col.length);
  const parts = [head, start, col, weight, demand, capacity];
  writeFileSync(
    path,
    Buffer.concat(
      parts.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)),
    ),
  );
}

/** Reads it back, onto memory that threads can share. */
export function readMarket(path: string): Market {
  const bytes = readFileSync(path);
  const memory = new SharedArrayBuffer(bytes.length);
  new Uint8Array(memory).set(bytes);
  const [rows, cols, edges] = new Int32Array(memory, 0, 3) as unknown as [number, number, number];
  let at = 12;
  const next = (length: number): Int32Array => {
    const array = new Int32Array(memory, at, length);
    at += 4 * length;
    return array;
  };
  return {
    rows,
    cols,
    start: next(rows + 1),
    col: next(edges),
    weight: next(edges),
    demand: next(rows),
    capacity: next(cols),
  };
}
