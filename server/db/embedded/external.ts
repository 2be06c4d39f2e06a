import { MongoClient } from 'mongodb';
import { setTimeout as delay } from 'node:timers/promises';
import { StartProblem, reasonOf } from './problem.ts';
import type { Report } from './problem.ts';

const ATTEMPT_MS = 3_000;
const PATIENCE_MS = 120_000;

/**
 * Asks an operator's own database for its version, patiently: it may start later than Linli does (F-25).
 * @throws StartProblem when it never answers, refuses the login or is a lone server without transactions
 */
export async function inspectExternal(
  uri: string,
  report: Report,
  patienceMs = PATIENCE_MS,
): Promise<string> {
  const until = performance.now() + patienceMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await inspect(uri);
    } catch (err) {
      if (err instanceof StartProblem) throw err;
      const name = err instanceof Error ? err.name : '';
      if (/Authentication|MongoServerError|MongoParseError|MongoInvalidArgument/.test(name))
        throw unusable(uri, err);
      if (performance.now() > until) throw unusable(uri, err);
      report(`Database: ${hostsOf(uri)} does not answer yet (${reasonOf(err)}); trying again`);
      await delay(Math.min(500 * attempt, 3_000));
    }
  }
}

async function inspect(uri: string): Promise<string> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: ATTEMPT_MS, connectTimeoutMS: ATTEMPT_MS });
  try {
    const admin = client.db('admin');
    const hello = await admin.command({ hello: 1 });
    if (hello['setName'] === undefined && hello['msg'] !== 'isdbgrid') {
      throw new StartProblem(
        `The database at ${hostsOf(uri)} is a lone server. Linli needs transactions: make it a replica set (one member is enough: mongod --replSet NAME, then rs.initiate()).`,
      );
    }
    const { version } = (await admin.command({ buildInfo: 1 })) as { version: string };
    return version;
  } finally {
    await client.close();
  }
}

function unusable(uri: string, err: unknown): StartProblem {
  return new StartProblem(
    `The database named by MONGODB_URI (${hostsOf(uri)}) cannot be used: ${reasonOf(err)}\nCorrect MONGODB_URI, start that database, or unset the variable to use the embedded one.`,
  );
}

/** The part of an address that may be shown: hosts, without user and password. */
export function hostsOf(uri: string): string {
  return /^mongodb(?:\+srv)?:\/\/(?:[^@/]*@)?([^/?]*)/.exec(uri)?.[1] ?? 'the given address';
}
