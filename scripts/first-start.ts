import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import type { Db } from 'mongodb';
import { say } from './terminal.ts';

/** One account of each role and of a social worker, as `first-sign-in.json` in the data folder holds them. */
interface SignIn {
  readonly role: string;
  readonly tenant: string;
  readonly email: string;
  readonly password: string;
}

interface MarkRow {
  _id: string;
  state: 'loading' | 'done';
}

/**
 * Loads the demo place into a database in which nothing has been stored yet; a load that was killed half-way is cleared
 * away and begun again, so that a place is whole or not there.
 * @param uri as a user who may change every collection
 * @returns whether the place was loaded by this call
 */
export async function loadOnce(uri: string, load: () => Promise<void>): Promise<boolean> {
  const client = await new MongoClient(uri).connect();
  try {
    const db = client.db();
    const marks = db.collection<MarkRow>('first_start');
    const mark = await marks.findOne({ _id: 'place' });
    if (mark?.state === 'done') return false;
    if (mark) {
      say('The demo place was not loaded to its end; beginning again');
      await clear(db);
    } else if ((await db.collection('tenants').findOne({}, { projection: { _id: 1 } })) !== null)
      return false;
    await marks.updateOne({ _id: 'place' }, { $set: { state: 'loading' } }, { upsert: true });
    await load();
    await marks.updateOne({ _id: 'place' }, { $set: { state: 'done' } });
    return true;
  } finally {
    await client.close();
  }
}

/** Nobody has used it: the ready line comes only after the load. */
async function clear(db: Db): Promise<void> {
  const kept = ['first_start', 'migrations', 'migration_locks'];
  for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray()) {
    if (!kept.includes(name) && !name.startsWith('system.')) await db.collection(name).deleteMany({});
  }
}

/** The sign-ins of the first start; empty when none were made. */
function readSignIns(dataDir: string): SignIn[] {
  try {
    return JSON.parse(readFileSync(join(dataDir, 'first-sign-in.json'), 'utf8')) as SignIn[];
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw err;
  }
}

/** Prints the sign-ins, once: the file keeps them. */
export function printSignIns(dataDir: string): void {
  const signIns = readSignIns(dataDir);
  if (signIns.length === 0) return;
  const width = Math.max(...signIns.map(({ role }) => role.length));
  const mail = Math.max(...signIns.map(({ email }) => email.length));
  say('');
  say(`Sign in as (kept in ${join(dataDir, 'first-sign-in.json')}):`);
  for (const { role, email, password, tenant } of signIns) {
    say(`  ${role.padEnd(width)}  ${email.padEnd(mail)}  ${password}  (${tenant})`);
  }
  say('');
}
