import { configureLogger } from '../server/core/logger.ts';
import { loadConfig } from '../server/config.ts';
import type { Config } from '../server/config.ts';
import { MongoClient } from 'mongodb';
import { APPEND_ONLY } from '../server/db/append-only.ts';
import { assertWhole } from '../server/db/backup.ts';
import { StartProblem, changeableOf, openDatabase, withProgress } from '../server/db/embedded/index.ts';
import { restoreIndexes } from '../server/db/indexes.ts';
import { migrate } from '../server/db/migrate.ts';
import { portProblem } from './port.ts';
import { measure } from './measure.ts';
import { beginStart } from './running.ts';
import type { Running } from './running.ts';
import { failWith, say, tell } from './terminal.ts';

/** Starts one process of a larger set-up on the operator's own database; whichever starts first applies migrations. */
export function startOne(
  serve: (config: Config, mongodbUri: string, running: Running) => Promise<string>,
): void {
  void start(serve).catch(failWith);
}

/** An operator's own database has the users that the operator gave it: too many rights are told, not taken. */
async function sayRights(uri: string): Promise<void> {
  const client = await new MongoClient(uri).connect();
  try {
    const changeable = await changeableOf(client.db(), APPEND_ONLY);
    if (changeable.length > 0)
      say(
        `Database: the user of MONGODB_URI may change or remove rows of ${changeable.join(', ')}; take that right away with: npm run database-rights -- --help`,
      );
  } finally {
    await client.close();
  }
}

async function start(serve: Parameters<typeof startOne>[0]): Promise<void> {
  const config = loadConfig(process.env);
  if (config.mongodbUri === null) {
    throw new StartProblem(
      'MONGODB_URI is not set. This command is one process of a larger set-up and needs a database of your own (a replica set); for everything on one machine use: npm start',
    );
  }
  configureLogger({ level: config.logLevel });
  const running = beginStart();
  try {
    const env = { ...process.env, MONGODB_URI: config.mongodbUri };
    const { uris } = await openDatabase({ dataDir: config.dataDir, env, report: say });
    await assertWhole(config.migrateUri ?? uris.migrate);
    await withProgress(say, 'migrating', migrate(config.migrateUri ?? uris.migrate, say));
    await sayRights(uris.app);
    await restoreIndexes(config.migrateUri ?? uris.migrate, say);
    const ready = await serve(config, uris.app, running);
    await measure(config, running);
    say(ready);
  } catch (err) {
    if (!running.isEnding()) tell(portProblem(err, config));
    await running.end(1);
  }
}
