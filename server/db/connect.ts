import mongoose from 'mongoose';
import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import { logger } from '../core/logger.ts';
import { OPTIONS } from './options.ts';
import { outageOf } from './outage.ts';
import { boundOperations } from './patience.ts';

mongoose.set('transactionAsyncLocalStorage', true);
mongoose.set('strictQuery', 'throw');
mongoose.set('sanitizeProjection', true);
mongoose.set('autoIndex', false);
mongoose.set('autoCreate', false);
mongoose.set('bufferCommands', false);

/** @throws Error when two copies of the driver are loaded: sessions of one do not work in the other. */
function assertOneDriver(): void {
  const own = createRequire(import.meta.url).resolve('mongodb');
  const mongoosePath = createRequire(import.meta.url).resolve('mongoose');
  if (createRequire(mongoosePath).resolve('mongodb') !== own) {
    throw new Error('Two copies of the mongodb driver are installed; install from the lockfile');
  }
}

let opened: Promise<typeof mongoose> | null = null;
let openedUri = '';

/**
 * Opens the one connection of this process, shared by web and jobs. Tries until the database answers (F-25) or the
 * signal aborts.
 */
export async function connect(
  uri: string,
  options: { poolSize?: number; signal?: AbortSignal } = {},
): Promise<void> {
  assertOneDriver();
  boundOperations();
  opened ??= connectPatiently(uri, options);
  openedUri = uri;
  await opened;
}

async function connectPatiently(
  uri: string,
  { poolSize = 40, signal }: { poolSize?: number; signal?: AbortSignal },
): Promise<typeof mongoose> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await mongoose.connect(uri, { ...OPTIONS, maxPoolSize: poolSize });
    } catch (err) {
      if (signal?.aborted) throw err;
      if (outageOf(err) === null) throw err;
      if (attempt === 1) logger.warn({ err }, 'waiting for the database');
      await delay(Math.min(500 * attempt, 3_000));
    }
  }
}

export async function disconnect(): Promise<void> {
  opened = null;
  await mongoose.disconnect();
}

/** Where this process is connected to, for threads that need a connection of their own. */
export const databaseUri = (): string => openedUri;

/** The driver's client, for the session store and agenda, which bring none of their own. */
export const mongoClient = (): mongoose.mongo.MongoClient =>
  mongoose.connection.getClient() as mongoose.mongo.MongoClient;

export const database = (): mongoose.mongo.Db => {
  const { db } = mongoose.connection;
  if (!db) throw new Error('Not connected');
  return db;
};

/** Whether a primary answers within a second; for readiness. */
export async function isReachable(): Promise<boolean> {
  try {
    const hello = await database().command({ hello: 1 }, { signal: AbortSignal.timeout(1_000) });
    return hello['isWritablePrimary'] === true || hello['msg'] === 'isdbgrid';
  } catch {
    return false;
  }
}
