import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { say } from './terminal.ts';

/** One account of each role, as `first-sign-in.json` in the data folder holds them. */
export interface SignIn {
  readonly role: string;
  readonly tenant: string;
  readonly email: string;
  readonly password: string;
}

/** Whether nothing has been stored in this database yet: no tenant exists. */
export async function isFirstStart(uri: string): Promise<boolean> {
  const client = await new MongoClient(uri).connect();
  try {
    return (
      (await client
        .db()
        .collection('tenants')
        .findOne({}, { projection: { _id: 1 } })) === null
    );
  } finally {
    await client.close();
  }
}

/** The sign-ins of the first start; empty when none were made. */
export function readSignIns(dataDir: string): SignIn[] {
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
