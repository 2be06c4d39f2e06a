import { Worker } from 'node:worker_threads';
import type { Market } from './market.ts';
import type { Solution } from './solve-market.ts';
import type { SolverAnswers, SolverNews, SolverPhase, SolverTask, SolverWork } from './solver.worker.ts';
import type { Forced } from './staffing-forcing.ts';
import type { Side, SidedPlan } from './sides.ts';
import type { Earlier, Staffing } from './staffing.ts';

/** The run was no longer wanted. */
export class SolveCancelled extends Error {
  override name = 'SolveCancelled';
}

/** How to run: until when, from which prices, who hears of progress, and a signal that ends it. */
export interface RunOptions {
  readonly milliseconds?: number;
  readonly prices?: Float64Array | null;
  readonly onPhase?: (phase: SolverPhase) => void;
  readonly signal?: AbortSignal;
}

export interface Run extends Solution {
  readonly solveMs: number;
}

/** The options of a run of a staffing: `earlier` is the plan to go on from. */
export interface StaffingRunOptions extends Omit<RunOptions, 'prices'> {
  readonly earlier?: Earlier | null;
  /** Rules that are no flow: the blocks they concern are solved as integer programmes. */
  readonly sides?: readonly Side[];
}

export interface StaffingRun extends SidedPlan {
  readonly solveMs: number;
}

type Answer = SolverAnswers[keyof SolverAnswers];

interface Waiting {
  readonly task: SolverTask;
  readonly tenant: string;
  readonly options: Omit<RunOptions, 'prices'>;
  readonly resolve: (answer: Answer, solveMs: number) => void;
  readonly reject: (err: Error) => void;
}

/** Ten years: no run lasts so long. */
const FOREVER_MS = 315_360_000_000;

/** The solver in a thread of its own: the caller's thread only sends and receives. */
export interface SolverClient {
  /**
   * Solves a market; those of one tenant one after the other, and nobody twice while somebody else waits. Arrays on
   * SharedArrayBuffers are read where they are and must not change meanwhile. The proof is checked before it is given.
   * @throws SolveCancelled when the signal says so; Error when the thread failed
   */
  solve(tenant: string, market: Market, options?: RunOptions): Promise<Run>;
  /** The same for a staffing: caps inside caps, certified minimum, falling values of slots. */
  solveStaffing(tenant: string, staffing: Staffing, options?: StaffingRunOptions): Promise<StaffingRun>;
  /** What the plan loses where each of these options must be used; it must be optimal for the answer to be exact. */
  force(
    tenant: string,
    staffing: Staffing,
    plan: Earlier,
    options: readonly number[],
  ): Promise<readonly Forced[]>;
  /** Ends the thread; what waits is cancelled. */
  close(): Promise<void>;
}

/** A client whose thread starts with the first run and starts anew after a fault. */
export function createSolverClient(): SolverClient {
  return new ThreadClient();
}

class ThreadClient implements SolverClient {
  private worker: Worker | null = null;
  private waiting: Waiting[] = [];
  private running: Waiting | null = null;
  private lastTenant = '';
  private runs = 0;

  async solve(tenant: string, market: Market, { prices = null, ...options }: RunOptions = {}): Promise<Run> {
    const { answer, solveMs } = await this.ask(tenant, { kind: 'market', market, prices }, options);
    return { ...(answer as Solution), solveMs };
  }

  async solveStaffing(
    tenant: string,
    staffing: Staffing,
    { earlier = null, sides = [], ...options }: StaffingRunOptions = {},
  ): Promise<StaffingRun> {
    const { answer, solveMs } = await this.ask(
      tenant,
      { kind: 'staffing', staffing, earlier, sides },
      options,
    );
    return { ...(answer as SidedPlan), solveMs };
  }

  async force(
    tenant: string,
    staffing: Staffing,
    plan: Earlier,
    options: readonly number[],
  ): Promise<readonly Forced[]> {
    const { used, proof } = plan;
    const { answer } = await this.ask(
      tenant,
      { kind: 'force', staffing, plan: { used, proof }, options },
      {},
    );
    return answer as readonly Forced[];
  }

  private ask(
    tenant: string,
    work: SolverWork,
    options: Omit<RunOptions, 'prices'>,
  ): Promise<{ answer: Answer; solveMs: number }> {
    return new Promise((resolve, reject) => {
      if (options.signal?.aborted) {
        reject(new SolveCancelled());
        return;
      }
      const task: SolverTask = {
        run: ++this.runs,
        work,
        milliseconds: options.milliseconds ?? FOREVER_MS,
        cancel: new Int32Array(new SharedArrayBuffer(4)),
      };
      const entry: Waiting = {
        task,
        tenant,
        options,
        resolve: (answer, solveMs) => resolve({ answer, solveMs }),
        reject,
      };
      options.signal?.addEventListener('abort', () => this.cancel(entry), { once: true });
      this.waiting.push(entry);
      this.next();
    });
  }

  async close(): Promise<void> {
    for (const entry of this.waiting.splice(0)) entry.reject(new SolveCancelled());
    const { worker } = this;
    this.end(new SolveCancelled());
    await worker?.terminate();
  }

  private cancel(entry: Waiting): void {
    Atomics.store(entry.task.cancel, 0, 1);
    const at = this.waiting.indexOf(entry);
    if (at >= 0) this.waiting.splice(at, 1);
    // A running one ends by itself within moments; its thread is not free before.
    if (at >= 0 || this.running === entry) entry.reject(new SolveCancelled());
  }

  private next(): void {
    if (this.running || this.waiting.length === 0) return;
    const other = this.waiting.findIndex(({ tenant }) => tenant !== this.lastTenant);
    const [entry] = this.waiting.splice(Math.max(0, other), 1);
    if (!entry) return;
    this.running = entry;
    this.lastTenant = entry.tenant;
    this.worker ??= this.start();
    this.worker.ref();
    this.worker.postMessage(entry.task);
  }

  private start(): Worker {
    const worker = new Worker(new URL('./solver.worker.ts', import.meta.url));
    worker.on('message', (news: SolverNews) => this.hear(news));
    const fail = (err: Error): void => {
      if (this.worker !== worker) return;
      this.end(err);
      this.next();
    };
    worker.on('error', fail);
    worker.on('exit', (code) => fail(new Error(`The solver's thread ended with ${code}`)));
    return worker;
  }

  private end(err: Error): void {
    const entry = this.running;
    this.worker = null;
    this.running = null;
    entry?.reject(err);
  }

  private hear(news: SolverNews): void {
    const entry = this.running;
    if (entry?.task.run !== news.run) return;
    if ('phase' in news) {
      if (Atomics.load(entry.task.cancel, 0) === 0) entry.options.onPhase?.(news.phase);
      return;
    }
    this.running = null;
    // An idle thread keeps no process alive.
    this.worker?.unref();
    if ('fault' in news) entry.reject(new Error(news.fault));
    else entry.resolve(news.answer, news.solveMs);
    this.next();
  }
}
