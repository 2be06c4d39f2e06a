import { parentPort } from 'node:worker_threads';
import { budgetOf } from './budget.ts';
import type { Market } from './market.ts';
import { checkBMatching } from './proof-check.ts';
import { solveMarket } from './solve-market.ts';
import type { Solution } from './solve-market.ts';
import { checkStaffing } from './staffing-check.ts';
import { forceOptions } from './staffing-forcing.ts';
import type { Forced } from './staffing-forcing.ts';
import { loadProgramme } from './programme.ts';
import { keeps, solveSided } from './sides.ts';
import type { Side, SidedPlan, SolveProgramme } from './sides.ts';
import { solveStaffing } from './solve-staffing.ts';
import type { Earlier, Staffing } from './staffing.ts';

/** What may be asked of the worker; arrays on shared buffers are not copied. */
export type SolverWork =
  | { readonly kind: 'market'; readonly market: Market; readonly prices: Float64Array | null }
  | {
      readonly kind: 'staffing';
      readonly staffing: Staffing;
      readonly earlier: Earlier | null;
      readonly sides: readonly Side[];
    }
  | {
      readonly kind: 'force';
      readonly staffing: Staffing;
      readonly plan: Earlier;
      readonly options: readonly number[];
    };

/** What each kind of work answers with. */
export interface SolverAnswers {
  readonly market: Solution;
  readonly staffing: SidedPlan;
  readonly force: readonly Forced[];
}

/** One run, sent to the worker. */
export interface SolverTask {
  readonly run: number;
  readonly work: SolverWork;
  readonly milliseconds: number;
  /** Not 0 once the run is no longer wanted. */
  readonly cancel: Int32Array;
}

export type SolverPhase = 'auction' | 'repair' | 'proof';

/** What the worker says: how far it is, then how it ended. */
export type SolverNews =
  | { readonly run: number; readonly phase: SolverPhase }
  | { readonly run: number; readonly answer: SolverAnswers[keyof SolverAnswers]; readonly solveMs: number }
  | { readonly run: number; readonly fault: string };

class ProofFault extends Error {}

let programme: Promise<SolveProgramme> | null = null;

async function answer({
  run,
  work,
  milliseconds,
  cancel,
}: SolverTask): Promise<SolverAnswers[keyof SolverAnswers]> {
  const options = {
    budget: budgetOf(milliseconds, cancel),
    onPhase: (phase: SolverPhase) => parentPort?.postMessage({ run, phase } satisfies SolverNews),
  };
  if (work.kind === 'force') return forceOptions(work.staffing, work.plan, work.options);
  const proved = (fault: string | null): void => {
    if (fault) throw new ProofFault(`The proof does not hold: ${fault}`);
  };
  if (work.kind === 'staffing') {
    const { staffing, sides, earlier } = work;
    const more = { ...options, earlier };
    const plan =
      sides.length === 0
        ? { ...solveStaffing(staffing, more), blockBound: null }
        : solveSided(staffing, sides, await (programme ??= loadProgramme()), {
            ...more,
            milliseconds,
            cancel,
          });
    proved(checkStaffing(staffing, plan));
    if (!sides.every((side) => keeps(side, plan.used))) throw new Error('A side rule is broken');
    return plan;
  }
  const { market, prices } = work;
  const solution = solveMarket(market, { ...options, prices });
  const row = new Int32Array(market.col.length);
  for (let r = 0; r < market.rows; r++) row.fill(r, market.start[r], market.start[r + 1]);
  proved(checkBMatching({ ...market, row }, solution.taken, solution));
  return solution;
}

parentPort?.on('message', (task: SolverTask) => {
  void tell(task);
});

async function tell(task: SolverTask): Promise<void> {
  const startedAt = performance.now();
  let news: SolverNews;
  try {
    const given = await answer(task);
    news = { run: task.run, answer: given, solveMs: Math.round(performance.now() - startedAt) };
  } catch (err) {
    news = { run: task.run, fault: (err as Error).stack ?? String(err) };
  }
  parentPort?.postMessage(news);
}
