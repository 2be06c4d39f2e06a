import { Worker } from 'node:worker_threads';
import { logger } from '../../../core/logger.ts';
import type { SearchAnswer, SearchQuery } from './query.ts';
import { wall } from './wall.ts';
import type { SearchNews, SearchState, SearchThread, SearchWarning } from './search.worker.ts';

export type SearchFound = SearchAnswer & SearchState;

export interface SearchOptions {
  /** Where the thread finds the database; asked when it starts. */
  readonly uri: () => string;
  readonly pollMs: number;
  readonly mostBytes: number;
  readonly stream?: boolean;
}

/** The search in a thread of its own. */
export interface SearchClient {
  /**
   * Who fits, from memory: no older than one interval of looking for changes, and while the tenant's people are still
   * read, among those who were, which the answer says. Null when the thread is not there, takes longer than somebody
   * waits, or cannot read the database.
   */
  ask(query: SearchQuery): Promise<SearchFound | null>;
  /** Has the people of a tenant read before anybody asks. */
  prepare(tenant: SearchQuery['tenant']): void;
  /** Whether the last answer for this tenant came from memory. */
  knows(tenantId: string): boolean;
  close(): Promise<void>;
}

/** Longer than this nobody waits for a quick answer. */
const PATIENCE_MS = 2_000;
/** Nor longer than this for the first answer: reading from the database what the thread begins with would take as long. */
const BEGINNING_MS = 10_000;
/** Faults after which the thread is left alone for a while. */
const PAUSE_MS = 60_000;
/** Rows are read and forgotten at once: little room is enough, and what does not fit is not kept. */
const YOUNG_MB = 12;

/** A client whose thread starts with the first question; after a fault it starts anew, not at once. */
export function createSearchClient(options: SearchOptions): SearchClient {
  return new ThreadClient(options);
}

class ThreadClient implements SearchClient {
  private readonly options: SearchOptions;
  private worker: Worker | null = null;
  private pausedUntil = 0;
  private asks = 0;
  private readonly answered = new Set<string>();
  private readonly waiting = new Map<number, (found: SearchFound | null) => void>();

  constructor(options: SearchOptions) {
    this.options = options;
  }

  ask(query: SearchQuery): Promise<SearchFound | null> {
    if (!this.worker && wall() < this.pausedUntil) return Promise.resolve(null);
    const worker = (this.worker ??= this.start());
    return new Promise((resolve) => {
      const ask = ++this.asks;
      const patience = this.answered.has(query.tenant.id) ? PATIENCE_MS : BEGINNING_MS;
      const timer = setTimeout(() => done(null), patience);
      const done = (found: SearchFound | null): void => {
        clearTimeout(timer);
        this.waiting.delete(ask);
        if (found) this.answered.add(query.tenant.id);
        else this.answered.delete(query.tenant.id);
        resolve(found);
      };
      this.waiting.set(ask, done);
      worker.postMessage({ ask, query });
    });
  }

  prepare({ id, zone, serviceCounties }: SearchQuery['tenant']): void {
    if (!this.worker && wall() < this.pausedUntil) return;
    const worker = (this.worker ??= this.start());
    worker.postMessage({ soon: { id, zone, serviceCounties } } satisfies SearchWarning);
  }

  knows(tenantId: string): boolean {
    return this.answered.has(tenantId);
  }

  async close(): Promise<void> {
    const { worker } = this;
    this.end();
    await worker?.terminate();
  }

  private start(): Worker {
    const { uri, pollMs, mostBytes, stream = true } = this.options;
    const worker = new Worker(new URL('./search.worker.ts', import.meta.url), {
      workerData: { uri: uri(), pollMs, mostBytes, stream } satisfies SearchThread,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    // It keeps no process alive.
    worker.unref();
    worker.on('message', ({ ask, answer }: SearchNews) => this.waiting.get(ask)?.(answer));
    const fail = (err: Error): void => {
      if (this.worker !== worker) return;
      logger.warn({ err }, 'search: the thread ended');
      this.pausedUntil = wall() + PAUSE_MS;
      this.end();
    };
    worker.on('error', fail);
    worker.on('exit', (code) => fail(new Error(`The search thread ended with ${code}`)));
    return worker;
  }

  private end(): void {
    this.worker = null;
    this.answered.clear();
    for (const done of this.waiting.values()) done(null);
  }
}
