import { AsyncLocalStorage } from 'node:async_hooks';
import mongoose from 'mongoose';
import { Unavailable } from '../core/errors.ts';

/**
 * How long people wait for the database (F-9). The driver bounds selecting a server and getting a connection, but not the
 * answer itself (its `timeoutMS` does nothing), and its socket timeout is one for everybody, also for work that may take
 * long. So each operation of a request gets a signal that ends it, connection included. Work outside a request (sweeps,
 * commands) is bounded by the socket timeout only.
 */

/** Longest wait for one operation of a request. */
export const OPERATION_MS = 4_000;
/** An operation this old waits for something unusual. */
const OLD_MS = 800;
/**
 * Operations of requests on one collection, many of them old: whoever comes next is told at once, so that one slow
 * collection never takes all connections of the pool.
 */
const CROWD = 16;
/** So many old ones on one collection mean that it is slow, and not merely this machine. */
const MANY_OLD = 8;

/** A request as the database layer knows it. */
interface Asker {
  /** Called when the request waits for a slow collection, together with others. */
  readonly onWait: () => void;
}

const askers = new AsyncLocalStorage<Asker>();
/** When each operation under way began, by collection; in order of beginning. */
const underWay = new Map<string, Set<number>>();

/** Runs what follows (an Express chain) as one request, whose waits for the database are bounded. */
export function asRequest(onWait: () => void, next: () => void): void {
  askers.run({ onWait }, next);
}

/** Runs work that a request started but does not wait for. */
export const apartFromRequest = <T>(work: () => T): T => askers.exit(work);

function oldOnes(began: ReadonlySet<number>): number {
  const latest = performance.now() - OLD_MS;
  let count = 0;
  for (const at of began) if (at <= latest) count += 1;
  return count;
}

/** Whether more operations on the collection would only pile up. */
function isCrowded(began: ReadonlySet<number>): boolean {
  return began.size >= CROWD && oldOnes(began) >= MANY_OLD;
}

/** The signal that ends an operation on the collection in time, and what to call when it has ended by itself. */
function watch(name: string, asker: Asker): { signal: AbortSignal; done: () => void } {
  const began = underWay.get(name) ?? new Set<number>();
  underWay.set(name, began);
  if (isCrowded(began)) throw new Unavailable('database-slow');
  let at = performance.now();
  while (began.has(at)) at += 1e-6;
  began.add(at);
  const controller = new AbortController();
  const waiting = setTimeout(() => {
    if (oldOnes(began) >= MANY_OLD) asker.onWait();
  }, OLD_MS).unref();
  const late = setTimeout(() => {
    done();
    // A network error, because then the driver also lets go of the server's session, which may still be busy.
    controller.abort(new mongoose.mongo.MongoNetworkTimeoutError(`no answer in ${OPERATION_MS} ms`));
  }, OPERATION_MS).unref();
  const done = (): void => {
    clearTimeout(waiting);
    clearTimeout(late);
    began.delete(at);
  };
  return { signal: controller.signal, done };
}

type Call = (this: { collectionName: string }, ...args: unknown[]) => unknown;
type Options = Record<string, unknown>;
type Cursor = { once(event: 'close', listener: () => void): unknown };

/** Where each operation takes its options. The others of the driver are made of these. */
const OPTIONS_AT = {
  find: 1,
  aggregate: 1,
  distinct: 2,
  insertOne: 1,
  insertMany: 1,
  updateOne: 2,
  updateMany: 2,
  deleteOne: 1,
  deleteMany: 1,
  findOneAndUpdate: 2,
  findOneAndDelete: 1,
  bulkWrite: 1,
} as const;
const READS: readonly string[] = ['find', 'aggregate', 'distinct'];

/** Bounds every operation of every collection of the driver, whoever uses it: models, sessions, throttles. Once is enough. */
export function boundOperations(): void {
  const prototype = mongoose.mongo.Collection.prototype as unknown as Record<string, Call>;
  for (const [name, at] of Object.entries(OPTIONS_AT)) {
    const original = prototype[name];
    if (!original || original.name === 'bounded') continue;
    prototype[name] = function bounded(...args) {
      const asker = askers.getStore();
      const given = (args[at] ?? {}) as Options;
      if (!asker || given['signal']) return original.apply(this, args);
      const { signal, done } = watch(this.collectionName, asker);
      // The server gives up too, where it can: its work would be for nobody.
      args[at] = { ...given, signal, ...(READS.includes(name) ? { maxTimeMS: OPERATION_MS } : {}) };
      return ended(original.apply(this, args), done);
    };
  }
}

function ended(result: unknown, done: () => void): unknown {
  if (result instanceof Promise) return result.finally(done);
  (result as Cursor).once('close', done);
  return result;
}

/** What the work comes to, or null when it takes longer; it goes on by itself then. */
export async function within<T>(milliseconds: number, work: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}
