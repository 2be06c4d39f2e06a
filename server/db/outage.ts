import mongoose from 'mongoose';

/**
 * What an operation fails with when the database cannot now and may soon: no primary, an election, a server that stops
 * or is cut off, an answer that takes too long. Everything here is worth trying again; nothing here is a bug of ours.
 */

const { mongo } = mongoose;

/**
 * Server codes: a member that stops, steps down, has no majority, lost a cursor or the plan of a query to an election or a change
 * of the catalogue, closed a connection, or has no room at the moment.
 */
const AWAY = [
  6, 7, 43, 64, 89, 91, 100, 133, 134, 145, 175, 189, 206, 216, 237, 239, 246, 279, 303, 355, 365, 384, 402,
  433, 449, 9001, 10058, 10107, 11600, 11602, 13435, 13436,
];
/** Of a sharded cluster: a router that knows an older place of the data, shards that move it or end a transaction of theirs. */
const MOVING = [149, 150, 249, 250, 272, 281, 282, 343, 406, 13388];
/** Server codes of work that took longer than it may. */
const SLOW = [24, 50, 202, 262, 290, 407, 11601];

/** By name, too: not all of them are exported. */
const AWAY_NAMES = [
  'MongoServerSelectionError',
  'MongooseServerSelectionError',
  'MongoNetworkError',
  'MongoPoolClearedError',
  'MongoPoolClearedOnNetworkError',
  'MongoPoolClosedError',
  'MongoTopologyClosedError',
  'MongoServerClosedError',
  'MongoNotConnectedError',
  'MongoExpiredSessionError',
  'MongoClientClosedError',
];
const SLOW_NAMES = ['MongoNetworkTimeoutError', 'MongoOperationTimeoutError', 'MongoWaitQueueTimeoutError'];

export const hasLabel = (err: unknown, label: string): boolean =>
  err instanceof mongo.MongoError && err.hasErrorLabel(label);

/** A socket whose other end has gone: the driver (7.8) passes on what node says of it as it is when it waits to write. */
const BROKEN_CODES = ['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END'];

/** Whether the connection to the database broke in a way that the driver does not know for a network error. */
const isBrokenSocket = (err: unknown): boolean =>
  err instanceof Error &&
  !(err instanceof mongo.MongoError) &&
  BROKEN_CODES.includes(String((err as { code?: unknown }).code)) &&
  /[\\/]mongodb[\\/]/.test(err.stack ?? '');

/**
 * What stopped a write of several documents: the driver (7.8) makes of it an error of its own, which has neither the name nor,
 * without one from the server, a code.
 */
const beneath = (err: unknown): unknown =>
  err instanceof mongo.MongoBulkWriteError && (err.errorResponse as unknown) instanceof Error
    ? err.errorResponse
    : err;

/**
 * Whether the connection broke before the database answered and the driver does not take it for a reason to try the transaction
 * anew: it does not where its pool had given the connection up already, as it does when a primary goes.
 */
export function isCutOff(err: unknown): err is Error {
  const cause = beneath(err);
  if (isBrokenSocket(cause)) return true;
  return (
    cause instanceof Error &&
    cause.name === 'MongoNetworkError' &&
    !hasLabel(cause, 'TransientTransactionError')
  );
}

/** The same as the network error it is, so that the driver tries the transaction anew. */
export function asNetworkError(err: Error): mongoose.mongo.MongoNetworkError {
  const known = new mongo.MongoNetworkError(err.message, { cause: err });
  known.addErrorLabel('TransientTransactionError');
  return known;
}

/**
 * Why the database could not: `away` when nobody takes the operation, `slow` when it takes too long, `busy` when others
 * were in the way; null for everything else.
 */
export function outageOf(failure: unknown): 'away' | 'slow' | 'busy' | null {
  const err = beneath(failure);
  if (!(err instanceof Error)) return null;
  if (SLOW_NAMES.includes(err.name)) return 'slow';
  if (AWAY_NAMES.includes(err.name) || isBrokenSocket(err)) return 'away';
  if (!(err instanceof mongo.MongoError)) return null;
  const code = Number(err.code);
  if (SLOW.includes(code)) return 'slow';
  if (AWAY.includes(code) || MOVING.includes(code)) return 'away';
  if (code === 112 || hasLabel(err, 'TransientTransactionError')) return 'busy';
  const unsure = ['UnknownTransactionCommitResult', 'RetryableWriteError', 'SystemOverloadedError'];
  return unsure.some((label) => hasLabel(err, label)) ? 'away' : null;
}

/** Whether waiting was already in vain: doing the same once more would only wait as long again. */
export const waitedInVain = (err: unknown): boolean =>
  err instanceof Error && (err.name.endsWith('ServerSelectionError') || SLOW_NAMES.includes(err.name));
