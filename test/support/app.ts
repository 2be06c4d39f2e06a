import type { Sweep } from '../../jobs/sweep.ts';
import { drainSweep } from '../../jobs/sweep.ts';
import { allSweeps } from '../../jobs/registry.ts';
import { compose } from '../../server/compose.ts';
import type { Composed } from '../../server/compose.ts';
import { loadConfig } from '../../server/config.ts';
import type { Config } from '../../server/config.ts';
import { connect, disconnect } from '../../server/db/connect.ts';
import { migrate } from '../../server/db/migrate.ts';
import { setClockOffset } from '../../server/core/clock.ts';
import { startWeb } from '../../server/main.ts';
import { freshDatabase, testDatabase } from './mongod.ts';
import type { TestDatabase } from './mongod.ts';
import { temporaryFolder } from './temporary.ts';

/**
 * The real application on a real database: one per test process, shared by all its specs. A test owns a tenant instead
 * of a database, so what leaks between tenants shows up.
 */
export interface TestApp {
  readonly url: string;
  /** Where it runs: for more processes on the same database, with the same keys. */
  readonly mongodbUri: string;
  /** The same database as the user who makes its indexes and may look at how it works. */
  readonly migrateUri: string;
  readonly dataDir: string;
  /** The services of the job side, for arranging things and for looking at them. */
  readonly composed: Composed;
  /** Runs the sweep until nothing is due; what the worker process would do. */
  sweep(name: string): Promise<void>;
}

/** One folder, and so one set of keys, for the whole process: an application that starts again on a database has the same. */
const dataDir = temporaryFolder();

let running: Promise<TestApp> | null = null;
let stopRunning: (() => Promise<void>) | null = null;

/** Starts the application on first use. Root hooks stop it. */
export function testApp(): Promise<TestApp> {
  running ??= testDatabase().then((database) => start(database));
  return running;
}

/**
 * Starts the application anew on an empty database of its own, for tests that judge a whole database or run it from
 * several processes. `stopTestApp` when done: the next test starts on the shared one again.
 * @param serverUri the operator's address of another server than the run's, whose data end with it: members that were
 *   just killed and elected may not agree on dropping eighty collections in time
 */
export async function freshTestApp(serverUri?: string): Promise<TestApp> {
  await stopTestApp();
  running = freshDatabase(serverUri).then((database) =>
    start(database, serverUri ? undefined : () => database.drop()),
  );
  return running;
}

/** The configuration of the test's application, or of one beside it that differs in what is given. */
export const testConfig = (more: Record<string, string> = {}): Config =>
  loadConfig({
    NODE_ENV: 'test',
    PORT: '0',
    LINLI_DATA: dataDir,
    LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'silent',
    ...more,
  });

async function start(database: TestDatabase, after?: () => Promise<void>): Promise<TestApp> {
  await migrate(database.migrateUri);
  const config = testConfig();
  const mongodbUri = await database.appUri();
  await connect(mongodbUri);
  const web = await startWeb(config, { mongodbUri, keepConnection: true });
  const composed = compose(config, { publicUrl: web.url });
  const sweeps = new Map<string, Sweep>(allSweeps(composed.services).map((sweep) => [sweep.name, sweep]));
  stopRunning = async () => {
    await web.stop();
    await disconnect();
    await after?.();
  };
  return {
    url: web.url,
    mongodbUri,
    migrateUri: database.migrateUri,
    dataDir,
    composed,
    async sweep(name) {
      const sweep = sweeps.get(name);
      if (!sweep) throw new Error(`No sweep ${name}`);
      await drainSweep(sweep);
    },
  };
}

/** Stops the application, if any spec started it. */
export async function stopTestApp(): Promise<void> {
  await stopRunning?.();
  running = null;
  stopRunning = null;
}

/** Moves the process's clock for the length of the work. */
export async function atOffset<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  setClockOffset(milliseconds);
  try {
    return await work();
  } finally {
    setClockOffset(0);
  }
}
