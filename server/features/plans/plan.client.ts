import { Worker } from 'node:worker_threads';
import { clockOffset } from '../../core/clock.ts';
import { databaseUri } from '../../db/connect.ts';
import type { PlanWorked } from './plan.work.ts';

/** One piece of work for the plans' thread. */
export interface PlanJob {
  readonly run: number;
  readonly planId: string;
  readonly tenantId: string;
  readonly attempt: number;
  readonly kind: 'solve' | 'mend';
  readonly uri: string;
  readonly clockOffset: number;
}

/** How it ended. */
export type PlanNews =
  | { readonly run: number; readonly result: PlanWorked }
  | { readonly run: number; readonly cancelled: true }
  | { readonly run: number; readonly impossible: string }
  | { readonly run: number; readonly fault: string };

/** The answer as the service wants it: a result, nothing because nobody wants it any more, or why there can be none. */
export type PlanEnd =
  { readonly result: PlanWorked } | { readonly cancelled: true } | { readonly impossible: string };

/** The thread in which plans are made. */
export interface PlanThread {
  /** Works on one plan; jobs go one after the other. @throws Error when the thread failed */
  work(job: Pick<PlanJob, 'planId' | 'tenantId' | 'attempt' | 'kind'>): Promise<PlanEnd>;
}

/** An idle thread, with its connection and what it holds in memory, is given up after this. */
const IDLE_MS = 20_000;
/** More than a run needs at the most that it takes. */
const HEAP_MB = 3_072;
/** Everybody's facts stay until the run ends: with little room for what is new they would be copied to and fro. */
const YOUNG_MB = 192;

/** A thread that starts with the first plan, and ends when there has been none for a while. */
export function createPlanThread(): PlanThread {
  let worker: Worker | null = null;
  let idle: NodeJS.Timeout | null = null;
  let runs = 0;
  let last: Promise<unknown> = Promise.resolve();

  const start = (): Worker => {
    const made = new Worker(new URL('./plan.thread.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: YOUNG_MB },
    });
    made.once('exit', () => {
      if (worker === made) worker = null;
    });
    return made;
  };

  const ask = (job: PlanJob): Promise<PlanNews> =>
    new Promise((resolve, reject) => {
      worker ??= start();
      const asked = worker;
      asked.ref();
      const done = (): void => {
        asked.off('message', hear).off('error', fail).off('exit', left);
      };
      const hear = (news: PlanNews): void => {
        if (news.run !== job.run) return;
        done();
        asked.unref();
        resolve(news);
      };
      const fail = (err: unknown): void => {
        done();
        if (worker === asked) worker = null;
        reject(err as Error);
      };
      const left = (code: number): void => fail(new Error(`The plans' thread ended with ${code}`));
      asked.on('message', hear).on('error', fail).on('exit', left);
      asked.postMessage(job);
    });

  const rest = (): void => {
    idle = setTimeout(() => {
      const resting = worker;
      worker = null;
      void resting?.terminate();
    }, IDLE_MS).unref();
  };

  const one = async (job: Parameters<PlanThread['work']>[0]): Promise<PlanEnd> => {
    if (idle) clearTimeout(idle);
    try {
      const { planId, tenantId, attempt, kind } = job;
      const ids = { planId, tenantId, attempt, kind };
      const news = await ask({ ...ids, run: ++runs, uri: databaseUri(), clockOffset: clockOffset() });
      if ('fault' in news) throw new Error(news.fault);
      return news;
    } finally {
      rest();
    }
  };

  return {
    work(job) {
      const own = last.then(() => one(job));
      last = own.catch(() => undefined);
      return own;
    },
  };
}
