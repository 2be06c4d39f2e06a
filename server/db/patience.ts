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
 * Operations of requests on one collection that is stuck: whoever comes next is told at once, so that one slow collection
 * never takes all connections of the pool.
 */
const CROWD = 16;
/** So many old ones without an answer to any mean that the collection is stuck. */
const MANY_OLD = 8;

/** A request as the database layer knows it. */
interface Asker {
  /** Called when the request waits for a slow collection, together with others. */
  readonly onWait: () => void;
}

const askers = new AsyncLocalStorage<Asker>();
/** Operations of one kind on one collection. */
interface Line {
  /** When each that is under way began, in this order. */
  readonly began: Set<number>;
  /** When the last one got its answer. */
  answeredAt: number;
}

const lines = new Map<string, Line>();

/** Runs what follows (an Express chain) as one request, whose waits for the database are bounded. */
export function asRequest(onWait: () => void, next: () => void): void {
  askers.run({ onWait }, next);
}

/** Whether this is work of a request, whose waits are bounded. */
export const isOfRequest = (): boolean => askers.getStore() !== undefined;

/** Runs work that a request started but does not wait for. */
export const apartFromRequest = <T>(work: () => T): T => askers.exit(work);

/** Whether many wait and nobody gets an answer. A busy machine makes all wait, too, but goes on answering. */
function isStuck({ began, answeredAt }: Line): boolean {
  const latest = performance.now() - OLD_MS;
  if (answeredAt > latest) return false;
  let old = 0;
  for (const at of began) if (at <= latest) old += 1;
  return old >= MANY_OLD;
}

function lineOf(name: string): Line {
  const known = lines.get(name) ?? { began: new Set(), answeredAt: -Infinity };
  lines.set(name, known);
  return known;
}

/** The signal that ends an operation in time, and what to call when it has ended by itself. */
function watch(line: Line, asker: Asker): { signal: AbortSignal; done: () => void } {
  if (line.began.size >= CROWD && isStuck(line)) throw new Unavailable('database-slow');
  let at = performance.now();
  while (line.began.has(at)) at += 1e-6;
  line.began.add(at);
  const controller = new AbortController();
  const waiting = setTimeout(() => {
    if (isStuck(line)) asker.onWait();
  }, OLD_MS).unref();
  const leave = (): void => {
    clearTimeout(waiting);
    clearTimeout(late);
    line.began.delete(at);
  };
  const late = setTimeout(() => {
    leave();
    // A network error, because then the driver also lets go of the server's session, which may still be busy.
    controller.abort(new mongoose.mongo.MongoNetworkTimeoutError(`no answer in ${OPERATION_MS} ms`));
  }, OPERATION_MS).unref();
  return {
    signal: controller.signal,
    done() {
      leave();
      if (!controller.signal.aborted) line.answeredAt = performance.now();
    },
  };
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
      const reads = READS.includes(name);
      const { signal, done } = watch(lineOf(`${this.collectionName} ${reads ? 'read' : 'written'}`), asker);
      // The server gives up too, where it can: its work would be for nobody.
      args[at] = { ...given, signal, ...(reads ? { maxTimeMS: OPERATION_MS } : {}) };
      return ended(original.apply(this, args), done);
    };
  }
}

/** The same for a command that is sent past the collections. @param line as `ledgerentries written` */
export async function boundCommand<T>(
  line: string,
  run: (options: { signal?: AbortSignal }) => Promise<T>,
): Promise<T> {
  const asker = askers.getStore();
  if (!asker) return run({});
  const { signal, done } = watch(lineOf(line), asker);
  return run({ signal }).finally(done);
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
