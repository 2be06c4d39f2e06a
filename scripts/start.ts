import { join } from 'node:path';
import { configureLogger } from '../server/core/logger.ts';
import { loadConfig } from '../server/config.ts';
import type { Config } from '../server/config.ts';
import { disconnect } from '../server/db/connect.ts';
import { APPEND_ONLY } from '../server/db/append-only.ts';
import { assertWhole } from '../server/db/backup.ts';
import { openDatabase, unlessDead, withProgress } from '../server/db/embedded/index.ts';
import type { Database } from '../server/db/embedded/index.ts';
import { migrate } from '../server/db/migrate.ts';
import { loadOnce, printSignIns } from './first-start.ts';
import { measure } from './measure.ts';
import { assertPortFree, portProblem } from './port.ts';
import { beginStart } from './running.ts';
import type { Running } from './running.ts';
import { failWith, say, tell } from './terminal.ts';

const HELP = `npm start

Starts Linli on this machine: database, migrations, demo place (first start), web and jobs.
Settings come from the environment (.env.example); two copies need another PORT and LINLI_DATA each.
The last line when ready is "Linli is ready at …". Ctrl-C stops everything.`;

async function prepare(config: Config, running: Running): Promise<Database> {
  const database = await openDatabase({ dataDir: config.dataDir, env: process.env, report: say });
  running.add({ name: 'The database', stopMs: 70_000, stop: () => database.stop() });
  if (database.kind === 'embedded' && !database.supported) {
    say(
      `Database: the embedded MongoDB ${database.version} is for trying out and one small machine (README)`,
    );
  }
  void database.died.then(async (problem) => {
    if (running.isEnding()) return;
    tell(problem);
    say('Stopping. What was stored is safe; start again with: npm start');
    // Whatever still waits for that database waits in vain.
    await running.end(1, 2_000);
  });
  await unlessDead(migrateAll(database), database.died);
  return database;
}

async function migrateAll({ uris, limitApp }: Database): Promise<void> {
  await assertWhole(uris.migrate);
  const { applied } = await withProgress(say, 'migrating', migrate(uris.migrate, say));
  if (applied.length > 0) say(`Database: ${applied.length} migration(s) applied`);
  await limitApp({ appendOnly: APPEND_ONLY });
}

/** The very first start loads the demo place, unless LINLI_SEED says none; the sign-ins are told once. */
async function fillPlace(config: Config, uris: Database['uris']): Promise<void> {
  if (config.seed !== 'demo') return;
  const loaded = await loadOnce(uris.migrate, async () => {
    const { fillDemoPlace } = await import('./place.ts');
    await withProgress(say, 'loading the demo place', fillDemoPlace(config, uris.app));
  });
  if (loaded) printSignIns(config.dataDir);
}

async function serve(config: Config, uris: Database['uris'], running: Running): Promise<string> {
  // Loaded late: what can go wrong before is told at once.
  const [{ startWeb }, { startJobs }, { restoreIndexes }] = await Promise.all([
    import('../server/main.ts'),
    import('../jobs/main.ts'),
    import('../server/db/indexes.ts'),
  ]);
  await restoreIndexes(uris.migrate, say);
  const shared = { mongodbUri: uris.app, keepConnection: true };
  running.add({ name: 'The database connection', stop: disconnect });
  const jobs = await startJobs(config, shared);
  running.add({ name: 'Jobs', stop: () => jobs.stop() });
  const web = await startWeb(config, shared);
  running.add({ name: 'Web', stop: () => web.stop() });
  return web.url;
}

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const running = beginStart();
  try {
    await assertPortFree(config);
    const database = await prepare(config, running);
    await unlessDead(fillPlace(config, database.uris), database.died);
    configureLogger({ level: config.logLevel, file: join(config.dataDir, 'logs', 'linli.log') });
    const url = await withProgress(
      say,
      'web and jobs are starting',
      unlessDead(serve(config, database.uris, running), database.died),
    );
    await measure(config, running);
    say(`Linli is ready at ${url}`);
  } catch (err) {
    if (!running.isEnding()) tell(portProblem(err, config));
    await running.end(1);
  }
}

if (process.argv.includes('--help')) say(HELP);
else await main().catch(failWith);
