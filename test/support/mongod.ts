import { randomBytes } from 'node:crypto';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MongoClient } from 'mongodb';
import { findMongod } from '../../server/db/embedded/binary.ts';
import { newCredentials, socketUri } from '../../server/db/embedded/credentials.ts';
import type { Report } from '../../server/db/embedded/index.ts';
import { openSet } from '../../server/db/embedded/replica-set.ts';
import { socketPath } from '../../server/db/embedded/runtime-folder.ts';
import { ensureKeyFile, startServer } from '../../server/db/embedded/server.ts';
import { ensureUsers, setAppRole } from '../../server/db/embedded/users.ts';
import type { AppScope } from '../../server/db/embedded/users.ts';
import { databaseRoot } from './temporary.ts';

/**
 * The mongod of a test run: a genuine one in a temporary folder, on a private socket, with authentication and fail
 * points. `npm test` starts one for all its processes and names it in LINLI_TEST_MONGODB_URI; a spec run by itself
 * starts its own on first use. It ends with the process that started it, however that ends.
 */
export interface TestServer {
  /** The operator's address, who may do everything, on database `admin`. */
  readonly uri: string;
  stop(): Promise<void>;
}

/** A database of one process or of one test. */
export interface TestDatabase {
  readonly name: string;
  /** Everything is allowed: fixtures, fail points. */
  readonly uri: string;
  /** As the migrations' user: collections and indexes of this database. */
  readonly migrateUri: string;
  /** As the application's user of the embedded start: rows only, narrowed to a scope when one is given. */
  appUri(scope?: AppScope): Promise<string>;
  drop(): Promise<void>;
}

const toStderr: Report = (line) => {
  process.stderr.write(`${line}\n`);
};

/** Starts a server of its own; `npm test` and tests of the server itself call this, others want `testDatabase`. */
export async function startTestServer(report: Report = toStderr): Promise<TestServer> {
  const folder = realpathSync(mkdtempSync(join(databaseRoot(), 'linli-test-')));
  const socket = socketPath(folder, {});
  const place = {
    dbPath: join(folder, 'database'),
    socket,
    keyFile: join(folder, 'mongod.key'),
    logFile: join(folder, 'mongod.log'),
    disposable: [folder, dirname(socket)],
  };
  ensureKeyFile(place.keyFile);
  const mongod = await findMongod({ env: process.env, dataDir: folder, writtenBy: null, report });
  const server = await startServer(mongod, place, { tests: true, report });
  const password = newCredentials().operator;
  await (await openSet(socket, password)).close();
  return {
    uri: socketUri(socket, { database: 'admin', user: 'operator', password }),
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

let server: Promise<string> | null = null;

/** The operator's address of the run's server, which is started when nobody has yet. */
export function testServerUri(): Promise<string> {
  const given = process.env['LINLI_TEST_MONGODB_URI'];
  server ??= given ? Promise.resolve(given) : startTestServer(quietUnlessSlow()).then(({ uri }) => uri);
  return server;
}

/** A spec run by itself says nothing of the server unless something has to be downloaded. */
function quietUnlessSlow(): Report {
  return (line) => {
    if (!/: mongod |not set|no mongod there/.test(line)) toStderr(line);
  };
}

let shared: Promise<TestDatabase> | null = null;

/** The one database of this process; tests in it keep apart by owning a tenant each. */
export function testDatabase(): Promise<TestDatabase> {
  shared ??= freshDatabase();
  return shared;
}

let made = 0;

/**
 * A new, empty database of its own, for tests of what concerns a whole database.
 * @param admin the operator's address of another server than the run's
 */
export async function freshDatabase(admin?: string): Promise<TestDatabase> {
  return databaseOn(admin ?? (await testServerUri()));
}

async function databaseOn(admin: string): Promise<TestDatabase> {
  made += 1;
  const name = `linli_test_${process.env['LINLI_TEST_WORKER'] ?? process.pid}_${made}_${randomBytes(4).toString('hex')}`;
  const credentials = newCredentials();
  const asOperator = async <T>(work: (client: MongoClient) => Promise<T>): Promise<T> => {
    const client = new MongoClient(admin, { maxPoolSize: 1 });
    try {
      return await work(client);
    } finally {
      await client.close();
    }
  };
  await asOperator((client) => ensureUsers(client, name, credentials));
  const as = (user: 'app' | 'migrate'): string =>
    onDatabase(admin, name, { user, password: credentials[user] });
  return {
    name,
    uri: onDatabase(admin, name),
    migrateUri: as('migrate'),
    async appUri(scope) {
      await asOperator((client) => setAppRole(client.db(name), scope ?? null));
      return as('app');
    },
    drop: () => asOperator((client) => client.db(name).dropDatabase()).then(() => undefined),
  };
}

/** The same server, another database, as the same user or as one who lives in that database. */
function onDatabase(uri: string, name: string, login?: { user: string; password: string }): string {
  // Several members stand between @ and /, which no URL can hold.
  const [, hosts = ''] = /@([^/]+)\//.exec(uri) ?? [];
  const url = new URL(uri.replace(`@${hosts}/`, '@members/'));
  url.pathname = `/${name}`;
  url.searchParams.set('authSource', login ? name : (url.searchParams.get('authSource') ?? 'admin'));
  if (login) {
    url.username = login.user;
    url.password = login.password;
  }
  return url.href.replace('@members/', `@${hosts}/`);
}
