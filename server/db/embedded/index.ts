import { mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { MongoClient } from 'mongodb';
import { findMongod } from './binary.ts';
import { ensureCredentials, socketUri } from './credentials.ts';
import type { Credentials } from './credentials.ts';
import { hostsOf, inspectExternal } from './external.ts';
import { lockFolder } from './lock.ts';
import type { FolderLock } from './lock.ts';
import { FolderInUse, StartProblem, reasonOf } from './problem.ts';
import type { Report } from './problem.ts';
import { openSet } from './replica-set.ts';
import { socketPath } from './runtime-folder.ts';
import { SOCKET_FILE } from './attach.ts';
import { endOrphan, ensureKeyFile, startServer } from './server.ts';
import type { RunningServer, ServerPlace } from './server.ts';
import { ensureUsers, setAppRole } from './users.ts';
import type { AppScope } from './users.ts';
import { isSupported } from './version.ts';

export { StartProblem, reasonOf, withProgress } from './problem.ts';
export type { Report } from './problem.ts';
export { appPrivileges, changeableOf, setAppRole } from './users.ts';
export type { AppScope } from './users.ts';

/** A database that Linli may use. */
export interface Database {
  readonly kind: 'external' | 'embedded';
  readonly version: string;
  /** One address for each user: rows only, collections and indexes too, reading all. */
  readonly uris: { readonly app: string; readonly migrate: string; readonly backup: string };
  /** Whether the version has the security fixes that production needs. */
  readonly supported: boolean;
  /** Resolves when the embedded server ends by itself; never for an external one. */
  readonly died: Promise<StartProblem>;
  /** Narrows the application's user, after migrations; an operator's own database keeps the users it has. */
  limitApp(scope: AppScope): Promise<void>;
  stop(): Promise<void>;
}

export interface OpenOptions {
  /** Made when missing. */
  readonly dataDir: string;
  /** MONGODB_URI, MIGRATE_MONGODB_URI, BACKUP_MONGODB_URI, LINLI_MONGOD and what the downloads use (HOME, PATH, proxies). */
  readonly env: NodeJS.ProcessEnv;
  readonly report: Report;
  /** Test commands (fail points) and a small cache. */
  readonly tests?: boolean;
}

const DATABASE = 'linli';

/**
 * Opens the database of a data folder: the operator's own when MONGODB_URI names one, else the embedded server, which
 * is found or downloaded, started on a private socket and given its users.
 * @throws StartProblem with the way out, for everything that can be expected to go wrong
 */
export async function openDatabase(options: OpenOptions): Promise<Database> {
  try {
    makeFolder(options.dataDir);
    const uri = options.env['MONGODB_URI'];
    return uri ? await openExternal(uri, options) : await openEmbedded(options);
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException;
    if (code === undefined || !UNUSABLE.includes(code)) throw err;
    throw new StartProblem(
      `The data folder ${options.dataDir} cannot be used: ${reasonOf(err)}\nChoose another one: LINLI_DATA=FOLDER npm start`,
      { cause: err },
    );
  }
}

/** What a folder says that cannot hold data: full, read-only, somebody else's, no folder at all. */
const UNUSABLE = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG'];

/** Makes the folder and those above it. Node's own `recursive` never ends where a folder exists and takes no entry (/proc). */
function makeFolder(folder: string): void {
  const make = (): void => {
    mkdirSync(folder, { mode: 0o700 });
  };
  try {
    make();
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(folder).isDirectory()) return;
    if (code === 'EEXIST') throw Object.assign(new Error('it is no folder'), { code: 'ENOTDIR' });
    if (code !== 'ENOENT' || dirname(folder) === folder) throw err;
    makeFolder(dirname(folder));
    make();
  }
}

async function openExternal(uri: string, { env, report }: OpenOptions): Promise<Database> {
  report(`Database: ${hostsOf(uri)}, named by MONGODB_URI`);
  const version = await inspectExternal(uri, report);
  const supported = isSupported(version);
  if (!supported) {
    report(
      `Database: WARNING: MongoDB ${version} lacks published security fixes; use at least 7.0.32 or 8.0.21.`,
    );
  }
  return {
    kind: 'external',
    version,
    supported,
    uris: { app: uri, migrate: env['MIGRATE_MONGODB_URI'] ?? uri, backup: env['BACKUP_MONGODB_URI'] ?? uri },
    died: new Promise(() => undefined),
    limitApp: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };
}

async function openEmbedded({ dataDir, env, report, tests = false }: OpenOptions): Promise<Database> {
  const folder = realpathSync(dataDir);
  const lock = lockFolder(folder);
  let server: RunningServer | null = null;
  try {
    const place = placeOf(folder, env);
    await endOrphan(place.dbPath, report);
    const mongod = await findMongod({ env, dataDir: folder, writtenBy: writtenBy(folder), report });
    const credentials = ensureCredentials(join(folder, 'keys', 'database.json'));
    server = await startUnlessHeld(mongod, place, { tests, report });
    await unlessDead(
      asOperator(place.socket, credentials, (client) => ensureUsers(client, DATABASE, credentials)),
      server.died,
    );
    writeFileSync(join(folder, VERSION_FILE), `${mongod.version}\n`);
    writeFileSync(join(folder, SOCKET_FILE), `${place.socket}\n`);
    return embedded({ version: mongod.version, server, lock, socket: place.socket, credentials });
  } catch (err) {
    await server?.stop();
    lock.release();
    throw err;
  }
}

/** A start that was killed before its server had noted who it is leaves one that only the second look finds. */
async function startUnlessHeld(...start: Parameters<typeof startServer>): Promise<RunningServer> {
  const [, place, { report }] = start;
  for (let looked = 1; ; looked += 1)
    try {
      return await startServer(...start);
    } catch (err) {
      if (!(err instanceof FolderInUse) || looked === LOOKS) throw err;
      if (looked === 1) report('Database: another server holds the folder; waiting for it to end');
      await endOrphan(place.dbPath, report);
      await delay(LOOK_AGAIN_MS);
    }
}

function placeOf(folder: string, env: NodeJS.ProcessEnv): ServerPlace {
  const place = {
    dbPath: join(folder, 'database'),
    socket: socketPath(folder, env),
    keyFile: join(folder, 'keys', 'mongod.key'),
    logFile: join(folder, 'logs', 'mongod.log'),
  };
  ensureKeyFile(place.keyFile);
  return place;
}

/** How long the watchdog of a killed start may take to end its server. */
const LOOKS = 6;
const LOOK_AGAIN_MS = 1_000;
/** How long a server that closed its connections may take to be gone. */
const DYING_MS = 3_000;

/**
 * What the work on the database comes to. When the server dies over it (a full disk), the client only says that nobody
 * answers: then it is what the server died of.
 */
export async function unlessDead<T>(work: Promise<T>, died: Promise<StartProblem>): Promise<T> {
  try {
    return await Promise.race([work, died.then((problem) => Promise.reject<T>(problem))]);
  } catch (err) {
    if (err instanceof Error && err.name.startsWith('Mongo'))
      throw await Promise.race([died, delay(DYING_MS, err)]);
    throw err;
  }
}

/** Beside mongod's folder: which version wrote it last. */
const VERSION_FILE = 'database.version';

function writtenBy(folder: string): string | null {
  try {
    return readFileSync(join(folder, VERSION_FILE), 'utf8').trim();
  } catch {
    return null;
  }
}

function urisOf(socket: string, passwords: Credentials): Database['uris'] {
  const uri = (user: 'app' | 'migrate' | 'backup'): string =>
    socketUri(socket, { database: DATABASE, user, password: passwords[user], authSource: DATABASE });
  return { app: uri('app'), migrate: uri('migrate'), backup: uri('backup') };
}

/** No connection of the operator outlives its work. */
async function asOperator(
  socket: string,
  credentials: Credentials,
  work: (client: MongoClient) => Promise<void>,
): Promise<void> {
  const client = await openSet(socket, credentials.operator);
  try {
    await work(client);
  } finally {
    await client.close();
  }
}

function embedded(parts: {
  version: string;
  server: RunningServer;
  lock: FolderLock;
  socket: string;
  credentials: Credentials;
}): Database {
  const { version, server, lock, socket, credentials } = parts;
  return {
    kind: 'embedded',
    version,
    uris: urisOf(socket, credentials),
    supported: isSupported(version),
    died: server.died,
    limitApp: (scope) => asOperator(socket, credentials, (client) => setAppRole(client.db(DATABASE), scope)),
    async stop() {
      await server.stop();
      lock.release();
    },
  };
}
