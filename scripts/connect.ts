import { runInContext } from '../server/core/context.ts';
import { setClockOffset } from '../server/core/clock.ts';
import { randomToken } from '../server/core/ids.ts';
import { configureLogger } from '../server/core/logger.ts';
import { compose } from '../server/compose.ts';
import type { Composed } from '../server/compose.ts';
import { loadConfig } from '../server/config.ts';
import type { Config } from '../server/config.ts';
import { APPEND_ONLY } from '../server/db/append-only.ts';
import { connect, disconnect } from '../server/db/connect.ts';
import { findRunning } from '../server/db/embedded/attach.ts';
import { openDatabase } from '../server/db/embedded/index.ts';
import { migrate } from '../server/db/migrate.ts';

export interface Session {
  readonly config: Config;
  readonly composed: Composed;
  readonly services: Composed['services'];
}

interface Addresses {
  readonly app: string;
  readonly migrate: string;
  readonly backup: string;
  /** Nothing else of Linli runs on it. */
  readonly alone: boolean;
  /** Narrows the application's user after migrations. */
  readonly limitApp: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** What a command says of its own doing; standard output is for results. */
const report = (line: string): void => void process.stderr.write(`${line}\n`);

/** The operator's database, else that of the Linli that runs on this data folder, else the folder's own, started for the command. */
async function addressesOf(config: Config): Promise<Addresses> {
  if (config.mongodbUri !== null) {
    return {
      app: config.mongodbUri,
      migrate: config.migrateUri ?? config.mongodbUri,
      backup: config.backupUri ?? config.mongodbUri,
      alone: false,
      limitApp: () => Promise.resolve(),
      stop: () => Promise.resolve(),
    };
  }
  const running = await findRunning(config.dataDir, process.env);
  if (running)
    return { ...running, alone: false, limitApp: () => Promise.resolve(), stop: () => Promise.resolve() };
  const database = await openDatabase({ dataDir: config.dataDir, env: process.env, report });
  return {
    ...database.uris,
    alone: true,
    limitApp: () => database.limitApp({ appendOnly: APPEND_ONLY }),
    stop: () => database.stop(),
  };
}

/** Runs work that needs the database's addresses and nothing else of Linli. */
export async function withAddresses<T>(
  config: Config,
  work: (addresses: Omit<Addresses, 'stop'>) => Promise<T>,
): Promise<T> {
  const { stop, ...addresses } = await addressesOf(config);
  try {
    return await work(addresses);
  } finally {
    await stop();
  }
}

/**
 * Runs an operator's command with every service, on whichever database the configuration means, and closes it all
 * again. The work starts outside any tenant: it must choose `asTenant` or `acrossTenants`.
 * @returns what the work returns
 */
export async function withServices<T>(command: string, work: (session: Session) => Promise<T>): Promise<T> {
  const config = loadConfig(process.env);
  configureLogger({ level: config.logLevel === 'info' ? 'warn' : config.logLevel });
  setClockOffset(config.clockOffsetMs);
  const addresses = await addressesOf(config);
  try {
    await migrate(addresses.migrate, report);
    await addresses.limitApp();
    await connect(addresses.app, { poolSize: 20 });
    const composed = compose(config, { alone: addresses.alone });
    return await runInContext(
      {
        requestId: `${command}-${randomToken(6)}`,
        actor: { kind: 'operator', command },
        tenantId: null,
        crossTenant: null,
      },
      async () => {
        const result = await work({ config, composed, services: composed.services });
        // No sweep follows a command on a database that stops with it; verify itself only looks.
        if (command !== 'verify') await composed.services.seals.sealAll();
        return result;
      },
    );
  } finally {
    await disconnect();
    await addresses.stop();
  }
}
