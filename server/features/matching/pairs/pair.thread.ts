import { parentPort } from 'node:worker_threads';
import type { FitSettings, PositionFacts } from '../matching.types.ts';
import { PairSearch } from './pair.search.ts';
import { unpack } from './packed.ts';
import type { PackedPool } from './packed.ts';
import type { PoolColumns } from './pool.columns.ts';

/*
 * Looks through the same pools as the thread that started it, at other positions: it has no models and no connection, only
 * columns and rules.
 */

/** A position to look at: the place of its pool among those sent, and what the rules are told of it. */
export interface PairsAsked {
  readonly pool: number;
  readonly facts: PositionFacts;
}

/** What the thread is sent: first pools, each with how its tenant weighs, then positions. */
export type PairsTask =
  | { readonly pools: readonly { readonly pool: PackedPool; readonly settings: FitSettings }[] }
  | { readonly run: number; readonly positions: readonly PairsAsked[] };

/** Rows that fit some positions, one position after the other: those of the nth stand from `start[n]` to `start[n + 1]`. */
export interface PairsFound {
  readonly start: Int32Array;
  readonly rows: Int32Array;
  readonly scores: Int32Array;
  /** Whole metres, or the far end of a band; −1 when unknown. */
  readonly metres: Int32Array;
}

/** What it answers. */
export type PairsNews = { readonly run: number } & (PairsFound | { readonly fault: string });

interface Pool {
  readonly columns: PoolColumns;
  readonly settings: FitSettings;
}

let pools: readonly Pool[] = [];

/** Rows found for one position. */
let room = new Int32Array(0);

/** Everybody who fits these positions. */
function find(positions: readonly PairsAsked[]): PairsFound {
  const start = new Int32Array(positions.length + 1);
  const some = positions.map(({ pool, facts }, n) => {
    const { columns, settings } = pools[pool] as Pool;
    if (room.length < columns.size) room = new Int32Array(columns.size);
    const search = new PairSearch(columns, facts, settings);
    const size = search.find(room);
    const rows = room.slice(0, size);
    const scores = new Int32Array(size);
    search.score(rows, size, scores);
    start[n + 1] = (start[n] ?? 0) + size;
    return { rows, scores, metres: rows.map((row) => search.metres(row)) };
  });
  const all = (of: 'rows' | 'scores' | 'metres'): Int32Array => {
    const joined = new Int32Array(start.at(-1) ?? 0);
    some.forEach((one, n) => joined.set(one[of], start[n]));
    return joined;
  };
  return { start, rows: all('rows'), scores: all('scores'), metres: all('metres') };
}

parentPort?.on('message', (task: PairsTask) => {
  if ('pools' in task) {
    pools = task.pools.map(({ pool, settings }) => ({ columns: unpack(pool), settings }));
    return;
  }
  const { run } = task;
  try {
    const found = find(task.positions);
    const arrays = [found.start, found.rows, found.scores, found.metres];
    parentPort?.postMessage(
      { run, ...found } satisfies PairsNews,
      arrays.map(({ buffer }) => buffer as ArrayBuffer),
    );
  } catch (err) {
    parentPort?.postMessage({ run, fault: (err as Error).stack ?? String(err) } satisfies PairsNews);
  }
});
