import { AsyncLocalStorage } from 'node:async_hooks';
import mongoose from 'mongoose';
import type { ClientSession } from 'mongoose';
import { AppError, Unavailable } from '../core/errors.ts';
import { logger } from '../core/logger.ts';
import { asNetworkError, isCutOff, outageOf, waitedInVain } from './outage.ts';

interface TransactionState {
  readonly session: ClientSession;
  afterCommit: (() => void | Promise<void>)[];
}

const storage = new AsyncLocalStorage<TransactionState>();

/** Longest a transaction may go on retrying write conflicts before the caller gets 503. */
const BUDGET_MS = 12_000;
/** Longest wait for a commit, and for another primary: without a majority the driver would go on for two minutes. */
const OUTAGE_MS = 3_500;

let ended = 0;
/** How many transactions of this process have come to an end: as long as it says the same, it has changed nothing. */
export const commitsSoFar = (): number => ended;

/**
 * Runs the work in one transaction; inside one already, joins it (a nested `connection.transaction()` would be a
 * second, independent one). The work may run several times on write conflicts, so anything outside the database goes
 * to `afterCommit`. Facts that decide must be read inside.
 * @throws Unavailable when conflicts do not end within the budget, when the database is away, or when it does not say in
 * time whether it committed (F-4, F-7): then asking again with the same idempotency key finds out
 */
export async function inTransaction<T>(work: () => Promise<T>): Promise<T> {
  if (storage.getStore()) return work();
  const caller = patientCaller();
  let hooks: TransactionState['afterCommit'] = [];
  const deadline = performance.now() + BUDGET_MS;
  let result: { value: T } | null = null;
  let attempts = 0;
  let conflict: unknown;
  const committed = mongoose.connection
    .transaction(
      async (session) => {
        caller.beginsAnew();
        // The driver itself retries conflicts for two minutes, whatever it is told.
        attempts += 1;
        if (attempts > 1 && performance.now() > deadline) throw new Unavailable('busy', conflict);
        // Each attempt starts with an empty list: what an aborted attempt planned never happened.
        const state: TransactionState = { session, afterCommit: (hooks = []) };
        try {
          result = { value: await storage.run(state, work) };
        } catch (err) {
          conflict = err;
          if (waitedInVain(err)) caller.sendAway(err);
          else if (outageOf(err) === 'away') caller.hurries();
          throw isCutOff(err) ? asNetworkError(err) : err;
        }
        caller.waitsForCommit();
      },
      {
        readConcern: { level: 'snapshot' },
        writeConcern: { w: 'majority', journal: true },
      },
    )
    .finally(() => {
      caller.done();
      // Also where it is not known: it may have come true.
      ended += 1;
    })
    .then(() => runHooks(hooks));
  try {
    await Promise.race([committed, caller.sentAway]);
  } catch (err) {
    throw caller.isCommitting() ? sureOf(err) : translated(err);
  }
  return (result as unknown as { value: T }).value;
}

/**
 * Whoever waits for a transaction. Aborting or committing may take the driver long when the database is away; the caller
 * is sent away before, and from then on no attempt begins anew: only a commit that was under way may still come true.
 */
function patientCaller() {
  let reason: unknown = null;
  let commit: NodeJS.Timeout | undefined;
  let outage: NodeJS.Timeout | undefined;
  const { promise: sentAway, reject } = Promise.withResolvers<never>();
  sentAway.catch(() => undefined);
  const sendAway = (err: unknown): void => {
    reason ??= err;
    reject(err as Error);
  };
  const soon = (): NodeJS.Timeout =>
    setTimeout(() => sendAway(new Unavailable('database-unavailable')), OUTAGE_MS).unref();
  return {
    sentAway,
    sendAway,
    beginsAnew() {
      clearTimeout(commit);
      commit = undefined;
      if (reason !== null) throw new Unavailable('busy', reason);
    },
    hurries() {
      outage ??= soon();
    },
    waitsForCommit() {
      commit = soon();
    },
    isCommitting: () => commit !== undefined,
    done() {
      clearTimeout(commit);
      clearTimeout(outage);
    },
  };
}

/** While committing, what is no error of the database or ours is the driver stumbling over a broken connection. */
const sureOf = (err: unknown): unknown =>
  err instanceof AppError || err instanceof mongoose.mongo.MongoError
    ? translated(err)
    : new Unavailable('database-unavailable', err);

const translated = (err: unknown): unknown => {
  const outage = outageOf(err);
  return outage === 'busy' ? new Unavailable('busy', err) : err;
};

/** The change is committed; what follows it is only a nudge and must not turn success into failure. */
async function runHooks(hooks: TransactionState['afterCommit']): Promise<void> {
  for (const hook of hooks) {
    try {
      await hook();
    } catch (err) {
      logger.warn({ err }, 'afterCommit hook failed');
    }
  }
}

/** Runs once the current transaction has committed; at once when there is none. */
export function afterCommit(hook: () => void | Promise<void>): void {
  const state = storage.getStore();
  if (state) state.afterCommit.push(hook);
  else void Promise.resolve(hook()).catch((err: unknown) => logger.warn({ err }, 'afterCommit hook failed'));
}

/**
 * What these read, side by side; inside a transaction one after the other, for a session does one thing at a time and what
 * comes of two at once is undefined in the driver. A failure is the first one's.
 */
export async function sideBySide<const T extends readonly (() => unknown)[]>(
  reads: T,
): Promise<{ -readonly [At in keyof T]: Awaited<ReturnType<T[At]>> }> {
  const found: unknown[] = [];
  if (isInTransaction()) for (const read of reads) found.push(await read());
  else found.push(...(await Promise.all(reads.map((read) => read()))));
  return found as { -readonly [At in keyof T]: Awaited<ReturnType<T[At]>> };
}

export const isInTransaction = (): boolean => storage.getStore() !== undefined;

/** The driver's session of the current transaction, for the few calls that go past Mongoose; null outside. */
export const currentSession = (): ClientSession | null => storage.getStore()?.session ?? null;

/** @throws Error (a bug) when called outside a transaction: the row must live or die with its cause. */
export function requireTransaction(what: string): void {
  if (!isInTransaction()) throw new Error(`${what} must be written inside a transaction`);
}

/** Whether the error is a duplicate key (E11000), optionally of the named index. */
export function isDuplicateKey(err: unknown, index?: string): boolean {
  if (!(err instanceof Error) || (err as { code?: unknown }).code !== 11000) return false;
  return index === undefined || err.message.includes(`index: ${index} `);
}
