import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { LivePlan } from '../../server/features/matching/solver/live-plan.ts';
import type { Market } from '../../server/features/matching/solver/market.ts';
import { checkBMatching } from '../../server/features/matching/solver/proof-check.ts';
import { solveMarket } from '../../server/features/matching/solver/solve-market.ts';
import { createSolverClient } from '../../server/features/matching/solver/solver.client.ts';
import { drawCity } from './city.ts';
import type { CityClass } from './city.ts';
import { firstCome, globalGreedy } from './greedy.ts';
import { readMarket, writeMarket } from './market-file.ts';

export type Referee = 'highs' | 'or-tools';

const PACKAGES: Record<Referee, string> = { highs: 'highs', 'or-tools': 'or-tools-wasm' };
const CHILD_TIMEOUT_MS = 480_000;

/** Whether `npm ci` was run in bench/matching. */
export const isInstalled = (referee: Referee): boolean =>
  existsSync(join(import.meta.dirname, 'node_modules', PACKAGES[referee]));

export interface ChildVerdict {
  readonly objective: number;
  readonly ms: number;
  readonly rssMb: number;
}

/** Runs solvers on one market, one after the other, each in its own process. */
export function sideBySide(market: Market, who: readonly ('own' | Referee)[]): Map<string, ChildVerdict> {
  const folder = mkdtempSync(join(tmpdir(), 'linli-bench-'));
  try {
    const path = join(folder, 'market');
    writeMarket(path, market);
    return new Map(who.map((one) => [one, inChild(one, path)]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function inChild(who: string, path: string): ChildVerdict {
  const child = spawnSync(process.execPath, [join(import.meta.dirname, 'child.ts'), who, path], {
    encoding: 'utf8',
    timeout: CHILD_TIMEOUT_MS,
    maxBuffer: 1 << 26,
  });
  const last = child.stdout.trim().split('\n').at(-1) ?? '';
  if (child.status !== 0) throw new Error(`${who} failed: ${child.stderr.slice(-500)}`);
  return JSON.parse(last) as ChildVerdict;
}

export interface Quality {
  readonly seed: number;
  readonly ms: number;
  readonly proved: boolean;
  readonly optimum: number;
  readonly slots: number;
  readonly filled: number;
  readonly fcfs: { readonly value: number; readonly filled: number };
  readonly greedy: { readonly value: number; readonly filled: number };
}

/** The optimum against what coordinators do today. */
export function quality(of: CityClass, seed: number): Quality {
  const market = drawCity(of, seed);
  const startedAt = performance.now();
  const solution = solveMarket(market);
  const ms = performance.now() - startedAt;
  const row = new Int32Array(market.col.length);
  for (let r = 0; r < market.rows; r++) row.fill(r, market.start[r], market.start[r + 1]);
  return {
    seed,
    ms,
    proved:
      solution.objective === solution.bound &&
      checkBMatching({ ...market, row }, solution.taken, solution) === null,
    optimum: Number(solution.objective),
    slots: total(market.demand),
    filled: solution.taken.reduce((sum, one) => sum + one, 0),
    fcfs: firstCome(market),
    greedy: globalGreedy(market),
  };
}

const total = (numbers: Int32Array): number => numbers.reduce((sum, one) => sum + one, 0);

const NEW_REQUESTS = 300;

/** Milliseconds that each of some new requests takes to be planned, exactly. */
export function newRequests(of: CityClass, seed: number): { cold: number; each: number[] } {
  const all = drawCity({ ...of, requests: of.requests + NEW_REQUESTS }, seed);
  const edges = all.start[of.requests]!;
  const base: Market = {
    ...all,
    rows: of.requests,
    start: all.start.slice(0, of.requests + 1),
    col: all.col.slice(0, edges),
    weight: all.weight.slice(0, edges),
    demand: all.demand.slice(0, of.requests),
  };
  let startedAt = performance.now();
  const live = new LivePlan(base);
  const cold = performance.now() - startedAt;
  const each: number[] = [];
  for (let r = of.requests; r < all.rows; r++) {
    const [from, to] = [all.start[r]!, all.start[r + 1]!];
    const [cols, weights] = [all.col.slice(from, to), all.weight.slice(from, to)];
    startedAt = performance.now();
    live.addRequest(cols, weights, all.demand[r]!);
    each.push(performance.now() - startedAt);
  }
  const same = live.solution().objective === solveMarket(all).objective;
  if (!same) throw new Error('the plan that grew is not the optimum');
  return { cold, each };
}

export interface Churn {
  readonly cold: number;
  readonly warm: number;
  /** Share of the assignments that could have stayed and did not. */
  readonly moved: number;
}

/** One volunteer in a hundred leaves, one request in a hundred asks for another number: warm against cold. */
export function churn(of: CityClass, seed: number): Churn {
  const market = drawCity(of, seed);
  const live = new LivePlan(market);
  const before = live.solution().taken;
  const changed: Market = { ...market, demand: market.demand.slice(), capacity: market.capacity.slice() };
  for (let v = seed % 100; v < market.cols; v += 100) changed.capacity[v] = 0;
  for (let r = seed % 100; r < market.rows; r += 100) changed.demand[r] = ((market.demand[r]! + 4) % 10) + 1;
  let startedAt = performance.now();
  const solution = solveMarket(changed);
  const cold = performance.now() - startedAt;
  startedAt = performance.now();
  for (let v = 0; v < market.cols; v++)
    if (changed.capacity[v] !== market.capacity[v]) live.setCapacity(v, 0);
  for (let r = 0; r < market.rows; r++) {
    if (changed.demand[r] !== market.demand[r]) live.setDemand(r, changed.demand[r]!);
  }
  live.rebalance();
  const warm = performance.now() - startedAt;
  const after = live.solution();
  if (after.objective !== solution.objective) throw new Error('the mended plan is not the optimum');
  let [stayed, could] = [0, 0];
  for (let r = 0; r < market.rows; r++) {
    if (changed.demand[r] !== market.demand[r]) continue;
    for (let e = market.start[r]!; e < market.start[r + 1]!; e++) {
      if (before[e] === 0 || changed.capacity[market.col[e]!] === 0) continue;
      could++;
      if (after.taken[e] === 1) stayed++;
    }
  }
  return { cold, warm, moved: (could - stayed) / could };
}

/** How late this thread's loop was, in milliseconds (99 of 100), while the solver's thread worked. */
export async function loopDelay(of: CityClass, seed: number): Promise<{ p99: number; most: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'linli-bench-'));
  writeMarket(join(folder, 'market'), drawCity(of, seed));
  const market = readMarket(join(folder, 'market'));
  rmSync(folder, { recursive: true });
  const client = createSolverClient();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  // The thread's start is not what is measured.
  const nobody = { rows: 0, start: new Int32Array(1), col: new Int32Array(0), weight: new Int32Array(0) };
  await client.solve('bench', { ...market, ...nobody, demand: new Int32Array(0) });
  delay.enable();
  await client.solve('bench', market);
  delay.disable();
  await client.close();
  return { p99: delay.percentile(99) / 1e6, most: delay.max / 1e6 };
}
