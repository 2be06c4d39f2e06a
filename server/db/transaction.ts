import { AsyncLocalStorage } from 'node:async_hooks';
import mongoose from 'mongoose';
import { Unavailable } from '../core/errors.ts';
import { logger } from '../core/logger.ts';

interface TransactionState {
  afterCommit: (() => void | Promise<void>)[];
}

const storage = new AsyncLocalStorage<TransactionState>();

/** Longest a transaction may go on retrying write conflicts before the caller gets 503. */
const BUDGET_MS = 12_000;

/**
 * Runs the work in one transaction; inside one already, joins it (a nested `connection.transaction()` would be a
 * second, independent one). The work may run several times on write conflicts, so anything outside the database goes
 * to `afterCommit`. Facts that decide must be read inside.
 * @throws Unavailable when conflicts do not end within the budget
 */
export async function inTransaction<T>(work: () => Promise<T>): Promise<T> {
  if (storage.getStore()) return work();
  const state: TransactionState = { afterCommit: [] };
  let result: { value: T } | null = null;
  const deadline = performance.now() + BUDGET_MS;
  let attempts = 0;
  try {
    await mongoose.connection.transaction(
      async () => {
        // The driver itself retries conflicts for two minutes, whatever it is told.
        attempts += 1;
        if (attempts > 1 && performance.now() > deadline) throw new Unavailable('busy');
        // Each attempt starts with an empty list: what an aborted attempt planned never happened.
        state.afterCommit = [];
        result = { value: await storage.run(state, work) };
      },
      {
        readConcern: { level: 'snapshot' },
        writeConcern: { w: 'majority', journal: true },
      },
    );
  } catch (err) {
    if (hasLabel(err, 'TransientTransactionError') || isTimeout(err)) throw new Unavailable('busy', err);
    throw err;
  }
  for (const hook of state.afterCommit) {
    try {
      await hook();
    } catch (err) {
      // The change is committed; what follows it is only a nudge and must not turn success into failure.
      logger.warn({ err }, 'afterCommit hook failed');
    }
  }
  return (result as unknown as { value: T }).value;
}

/** Runs once the current transaction has committed; at once when there is none. */
export function afterCommit(hook: () => void | Promise<void>): void {
  const state = storage.getStore();
  if (state) state.afterCommit.push(hook);
  else void Promise.resolve(hook()).catch((err: unknown) => logger.warn({ err }, 'afterCommit hook failed'));
}

export const isInTransaction = (): boolean => storage.getStore() !== undefined;

/** @throws Error (a bug) when called outside a transaction: the row must live or die with its cause. */
export function requireTransaction(what: string): void {
  if (!isInTransaction()) throw new Error(`${what} must be written inside a transaction`);
}

export const hasLabel = (err: unknown, label: string): boolean =>
  err instanceof mongoose.mongo.MongoError && err.hasErrorLabel(label);

const isTimeout = (err: unknown): boolean => err instanceof mongoose.mongo.MongoOperationTimeoutError;

/** Whether the error is a duplicate key (E11000), optionally of the named index. */
export function isDuplicateKey(err: unknown, index?: string): boolean {
  if (!(err instanceof Error) || (err as { code?: unknown }).code !== 11000) return false;
  return index === undefined || err.message.includes(`index: ${index} `);
}
