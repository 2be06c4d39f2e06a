import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import type { Collection, Db } from 'mongodb';

/**
 * Timestamped migrations, run once under a lock by a user who may create indexes; the application's own user may not.
 * Each is re-runnable (F-35): a run that was killed half-way starts it again.
 */
export interface Migration {
  readonly name: string;
  up(db: Db, report: (line: string) => void): Promise<void>;
}

interface LockRow {
  _id: string;
  owner: string;
  until: Date;
}
interface DoneRow {
  _id: string;
  at: Date;
}

const LOCK_MS = 60_000;

const FOLDER = new URL('./migrations/', import.meta.url);

/** Names of the migrations of this release, in order, as they are when the program starts. None is loaded before it is missed. */
const NAMES: readonly string[] = readdirSync(FOLDER)
  .filter((name) => /^\d{8}-\d{4}-[a-z0-9-]+\.ts$/.test(name))
  .sort()
  .map((file) => file.replace(/\.ts$/, ''));

/** Every migration of this release, in order of their names. */
export async function loadMigrations(): Promise<Migration[]> {
  return Promise.all(
    NAMES.map(async (name): Promise<Migration> => {
      const module = (await import(new URL(`${name}.ts`, FOLDER).href)) as { up: Migration['up'] };
      return { name, up: module.up };
    }),
  );
}

/**
 * Applies what is missing.
 * @returns the names applied by this call; empty when there was nothing to do or another process did it
 */
export async function migrate(
  uri: string,
  report: (line: string) => void = () => undefined,
  migrations?: readonly Migration[],
): Promise<{ applied: string[] }> {
  const names = migrations?.map(({ name }) => name) ?? NAMES;
  const client = await new MongoClient(uri, {
    writeConcern: { w: 'majority' },
    serverSelectionTimeoutMS: 10_000,
  }).connect();
  try {
    const db = client.db();
    const done = db.collection<DoneRow>('migrations');
    if ((await pending(done, names)).length === 0) return { applied: [] };
    const all = migrations ?? (await loadMigrations());
    return await underLock(db, () => applyAll(db, done, all, report));
  } finally {
    await client.close();
  }
}

/** Names of the migrations that this release has and the database has not; for readiness. */
export async function pendingMigrations(db: Db): Promise<string[]> {
  return pending(db.collection<DoneRow>('migrations'), NAMES);
}

async function pending(done: Collection<DoneRow>, all: readonly string[]): Promise<string[]> {
  const known = new Set((await done.find({}, { projection: { _id: 1 } }).toArray()).map((row) => row._id));
  return all.filter((name) => !known.has(name));
}

async function applyAll(
  db: Db,
  done: Collection<DoneRow>,
  all: readonly Migration[],
  report: (line: string) => void,
): Promise<{ applied: string[] }> {
  const applied: string[] = [];
  const names = all.map(({ name }) => name);
  const missing = new Set(await pending(done, names));
  for (const migration of all) {
    if (!missing.has(migration.name)) continue;
    report(`Migrating: ${migration.name}`);
    await migration.up(db, report);
    await done.insertOne({ _id: migration.name, at: new Date(Date.now()) });
    applied.push(migration.name);
  }
  return { applied };
}

/** One process migrates, the others wait; a killed holder's lock runs out. */
async function underLock<T>(db: Db, work: () => Promise<T>): Promise<T> {
  const locks = db.collection<LockRow>('migration_locks');
  const owner = randomUUID();
  while (!(await take(locks, owner))) await delay(250);
  const renewal = setInterval(() => {
    void locks
      .updateOne({ _id: 'migrate', owner }, { $set: { until: new Date(Date.now() + LOCK_MS) } })
      .catch(() => undefined);
  }, LOCK_MS / 3);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    await locks.deleteOne({ _id: 'migrate', owner });
  }
}

async function take(locks: Collection<LockRow>, owner: string): Promise<boolean> {
  const at = Date.now();
  try {
    await locks.updateOne(
      { _id: 'migrate', until: { $lt: new Date(at) } },
      { $set: { owner, until: new Date(at + LOCK_MS) } },
      { upsert: true },
    );
  } catch (err) {
    if ((err as { code?: unknown }).code !== 11000) throw err;
    return false;
  }
  return (await locks.findOne({ _id: 'migrate' }))?.owner === owner;
}
