import { Worker } from 'node:worker_threads';
import { logger } from '../../../core/logger.ts';
import type { FitSettings } from '../matching.types.ts';
import { pack } from './packed.ts';
import type { PairsAsked, PairsFound, PairsNews, PairsTask } from './pair.thread.ts';
import type { PoolColumns } from './pool.columns.ts';

/** A second thread that looks through the same pools. */
export interface PairsBeside {
  /** Everybody who fits these positions; null once the thread has failed: then who asks looks for them. */
  find(positions: readonly PairsAsked[]): Promise<PairsFound | null>;
  close(): Promise<void>;
}

/**
 * Starts a thread that looks for pairs beside this one, at other positions of the same pools.
 * @param pools in the order in which positions name them
 * @returns null where the pools cannot be sent
 */
export function pairsBeside(
  pools: readonly { readonly pool: PoolColumns; readonly settings: FitSettings }[],
): PairsBeside | null {
  const packed: { pool: NonNullable<ReturnType<typeof pack>>; settings: FitSettings }[] = [];
  for (const { pool, settings } of pools) {
    const one = pack(pool);
    if (!one) return null;
    packed.push({ pool: one, settings });
  }
  const beside = new ThreadBeside();
  beside.send({ pools: packed });
  return beside;
}

class ThreadBeside implements PairsBeside {
  private readonly worker = new Worker(new URL('./pair.thread.ts', import.meta.url));
  private readonly waiting = new Map<number, (found: PairsFound | null) => void>();
  private runs = 0;
  private failed = false;

  constructor() {
    this.worker.on('message', (news: PairsNews) => this.hear(news));
    this.worker.on('error', (err) => this.fail(err));
    this.worker.on('exit', (code) =>
      this.fail(new Error(`The thread that looks for pairs ended with ${code}`)),
    );
  }

  send(task: PairsTask): void {
    this.worker.postMessage(task);
  }

  find(positions: readonly PairsAsked[]): Promise<PairsFound | null> {
    if (this.failed) return Promise.resolve(null);
    return new Promise((resolve) => {
      const run = ++this.runs;
      this.waiting.set(run, resolve);
      this.send({ run, positions });
    });
  }

  async close(): Promise<void> {
    this.failed = true;
    await this.worker.terminate();
  }

  private hear(news: PairsNews): void {
    if ('fault' in news) {
      this.fail(new Error(news.fault));
      return;
    }
    this.waiting.get(news.run)?.(news);
    this.waiting.delete(news.run);
  }

  private fail(err: unknown): void {
    if (!this.failed) logger.warn({ err }, 'one thread looks for pairs alone');
    this.failed = true;
    for (const resolve of this.waiting.values()) resolve(null);
    this.waiting.clear();
  }
}
