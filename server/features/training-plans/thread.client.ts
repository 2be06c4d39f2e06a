import { Worker } from 'node:worker_threads';
import { clockOffset } from '../../core/clock.ts';
import { databaseUri } from '../../db/connect.ts';
import type { Made, NothingToPlan } from './run.ts';

/** One plan to make. */
export interface PlannerJob {
  readonly planId: string;
  readonly tenantId: string;
  readonly attempt: number;
  readonly uri: string;
  readonly clockOffset: number;
}

/** What came of it; sessions are stored under the job's attempt. */
export type PlannerEnd =
  | { readonly made: Omit<Made, 'sessions'> }
  | { readonly impossible: NothingToPlan['code'] }
  | { readonly cancelled: true };
export type PlannerNews = PlannerEnd | { readonly fault: string };

export type PlannerThread = (
  job: Pick<PlannerJob, 'planId' | 'tenantId' | 'attempt'>,
  wanted: () => Promise<boolean>,
) => Promise<PlannerEnd>;

const LOOK_EVERY_MS = 1_000;
const HEAP_MB = 1_536;

/**
 * Makes a plan in a thread of its own, away from the one that answers people. Nobody wants it any more: the thread is ended,
 * in the middle of a program if it must be. @throws Error when the thread failed
 */
export const makeInThread: PlannerThread = async (job, wanted) => {
  const worker = new Worker(new URL('./thread.ts', import.meta.url), {
    workerData: { ...job, uri: databaseUri(), clockOffset: clockOffset() } satisfies PlannerJob,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  let look: NodeJS.Timeout | undefined;
  try {
    const news = await new Promise<PlannerNews>((resolve, reject) => {
      worker.once('message', resolve).once('error', reject);
      worker.once('exit', (code) => reject(new Error(`The planner's thread ended with ${code}`)));
      look = setInterval(() => {
        wanted().then(
          (still) => {
            if (!still) resolve({ cancelled: true });
          },
          // The next look asks again; a run is not given up because the database was away for a moment.
          () => undefined,
        );
      }, LOOK_EVERY_MS);
    });
    if ('fault' in news) throw new Error(news.fault);
    return news;
  } finally {
    clearInterval(look);
    await worker.terminate();
  }
};
