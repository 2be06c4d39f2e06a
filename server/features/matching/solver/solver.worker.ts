import { parentPort } from 'node:worker_threads';
import { budgetOf } from './budget.ts';
import type { Market } from './market.ts';
import { checkBMatching } from './proof-check.ts';
import { solveMarket } from './solve-market.ts';
import type { Solution } from './solve-market.ts';

/** One run, sent to the worker; arrays on shared buffers are not copied. */
export interface SolverTask {
  readonly run: number;
  readonly market: Market;
  readonly prices: Float64Array | null;
  readonly milliseconds: number;
  /** Not 0 once the run is no longer wanted. */
  readonly cancel: Int32Array;
}

export type SolverPhase = 'auction' | 'repair' | 'proof';

/** What the worker says: how far it is, then how it ended. */
export type SolverNews =
  | { readonly run: number; readonly phase: SolverPhase }
  | { readonly run: number; readonly solution: Solution; readonly solveMs: number }
  | { readonly run: number; readonly fault: string };

function work({ run, market, prices, milliseconds, cancel }: SolverTask): SolverNews {
  const say = (news: SolverNews): void => parentPort?.postMessage(news);
  const startedAt = performance.now();
  const solution = solveMarket(market, {
    prices,
    budget: budgetOf(milliseconds, cancel),
    onPhase: (phase) => say({ run, phase }),
  });
  const row = new Int32Array(market.col.length);
  for (let r = 0; r < market.rows; r++) row.fill(r, market.start[r], market.start[r + 1]);
  const fault = checkBMatching({ ...market, row }, solution.taken, solution);
  if (fault) return { run, fault: `The proof does not hold: ${fault}` };
  return { run, solution, solveMs: Math.round(performance.now() - startedAt) };
}

parentPort?.on('message', (task: SolverTask) => {
  let news: SolverNews;
  try {
    news = work(task);
  } catch (err) {
    news = { run: task.run, fault: (err as Error).stack ?? String(err) };
  }
  if ('solution' in news) {
    const { taken, surplus, price } = news.solution;
    parentPort?.postMessage(news, [taken.buffer, surplus.buffer, price.buffer] as ArrayBuffer[]);
  } else parentPort?.postMessage(news);
});
