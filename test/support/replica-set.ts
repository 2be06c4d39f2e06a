import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { findMongod } from '../../server/db/embedded/binary.ts';
import { newCredentials } from '../../server/db/embedded/credentials.ts';
import { ensureKeyFile } from '../../server/db/embedded/server.ts';
import { watchOver } from '../../server/db/embedded/watchdog.ts';
import { databaseRoot, eventually } from './temporary.ts';

/**
 * A replica set of several members on loopback, for tests of what happens when members die, hang or lose the primary's
 * role. Test commands are on: fail points, forced elections. Nothing is left behind, as with the one-member server.
 */
export interface TestReplicaSet {
  /** All members, as the operator who may do everything. */
  readonly uri: string;
  /** `127.0.0.1:PORT` of each member, in order. */
  readonly hosts: readonly string[];
  /** Index of the member that takes writes; waits for an election. */
  primary(): Promise<number>;
  /** A client on one member alone, for fail points; the caller closes it. */
  member(index: number): Promise<MongoClient>;
  /** Ends a member without warning, as a power failure does. */
  kill(index: number): Promise<void>;
  /** Freezes a member, or lets it go on: it neither answers nor refuses. */
  freeze(index: number, frozen: boolean): void;
  /** Starts a killed member again, on its own data. */
  restart(index: number): Promise<void>;
  /**
   * Makes commands fail, or wait, on the member that takes writes now.
   * @param data which commands and how (`failCommands`, `errorCode`, `blockConnection`, `namespace`, …)
   * @returns a function that ends it and says how often it struck
   */
  failPoint(
    data: object,
    mode?: 'alwaysOn' | { times: number } | { skip: number },
  ): Promise<() => Promise<number>>;
  /** Asks the primary to hand over, as before maintenance; another one takes writes a moment later. */
  stepDown(): Promise<void>;
  /** How long members wait for a silent primary before they elect another; a second at first. */
  electAfter(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

interface Member {
  readonly host: string;
  readonly port: number;
  readonly dbPath: string;
  child: ChildProcess | null;
}

const SET = 'linli-test';

/** Starts the set and waits for its primary; about five seconds for three members. */
export async function startReplicaSet({ members: count = 3 } = {}): Promise<TestReplicaSet> {
  const folder = realpathSync(mkdtempSync(join(databaseRoot(), 'linli-test-')));
  const keyFile = join(folder, 'mongod.key');
  ensureKeyFile(keyFile);
  const mongod = await findMongod({
    env: process.env,
    dataDir: folder,
    writtenBy: null,
    report: () => undefined,
  });
  const members: Member[] = [];
  for (let index = 0; index < count; index += 1) {
    const port = await freePort();
    members.push({ host: `127.0.0.1:${port}`, port, dbPath: join(folder, String(index)), child: null });
  }
  const start = (member: Member): Promise<void> => startMember(mongod.path, member, keyFile, folder);
  await Promise.all(members.map(start));
  const password = newCredentials().operator;
  await initiate(members, password);
  const login = `operator:${password}`;
  const hosts = members.map(({ host }) => host);
  const uri = `mongodb://${login}@${hosts.join(',')}/?replicaSet=${SET}&authSource=admin`;
  const at = (index: number): Member => {
    const member = members[index];
    if (!member) throw new Error(`The set has no member ${index}`);
    return member;
  };
  const primary = async (): Promise<number> => {
    let found = -1;
    await eventually('a primary is elected', async () => (found = await primaryOf(members)) !== -1, 60_000);
    return found;
  };
  const onPrimary = async (): Promise<MongoClient> => directClient(at(await primary()).host, login).connect();
  return {
    uri,
    hosts,
    primary,
    member: (index) => directClient(at(index).host, login).connect(),
    kill: (index) => endMember(at(index)),
    freeze(index, frozen) {
      at(index).child?.kill(frozen ? 'SIGSTOP' : 'SIGCONT');
    },
    restart: (index) => start(at(index)),
    failPoint: async (data, mode = 'alwaysOn') => setFailPoint(await onPrimary(), data, mode),
    async stepDown() {
      const client = await onPrimary();
      await client.db('admin').command({ replSetStepDown: 30, secondaryCatchUpPeriodSecs: 10 });
      await client.close();
    },
    electAfter: async (milliseconds) => setElectionTimeout(await onPrimary(), milliseconds),
    async stop() {
      for (const { child } of members) child?.kill('SIGCONT');
      await Promise.all(members.map(endMember));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function setFailPoint(client: MongoClient, data: object, mode: object | string) {
  const set = (to: object | string, more = {}) =>
    client.db('admin').command({ configureFailPoint: 'failCommand', mode: to, ...more });
  await set(mode, { data });
  return async (): Promise<number> => {
    const { count } = await set('off');
    await client.close();
    return Number(count);
  };
}

async function setElectionTimeout(client: MongoClient, electionTimeoutMillis: number): Promise<void> {
  const admin = client.db('admin');
  const { config } = (await admin.command({ replSetGetConfig: 1 })) as {
    config: { version: number; settings: object };
  };
  const settings = { ...config.settings, electionTimeoutMillis };
  await admin.command({ replSetReconfig: { ...config, version: config.version + 1, settings } });
  await client.close();
}

const directClient = (host: string, login?: string): MongoClient =>
  new MongoClient(`mongodb://${login ? `${login}@` : ''}${host}/?directConnection=true`, {
    serverSelectionTimeoutMS: 5_000,
  });

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

async function startMember(mongod: string, member: Member, keyFile: string, folder: string): Promise<void> {
  mkdirSync(member.dbPath, { recursive: true, mode: 0o700 });
  const child = spawn(
    mongod,
    [
      ...['--dbpath', member.dbPath, '--replSet', SET, '--keyFile', keyFile],
      ...['--bind_ip', '127.0.0.1', '--port', String(member.port), '--nounixsocket'],
      ...['--networkMessageCompressors', 'snappy,zstd', '--noscripting'],
      ...['--wiredTigerCacheSizeGB', '0.25', '--oplogSize', '128', '--logpath', `${member.dbPath}.log`],
      ...['--logappend', '--setParameter', 'enableTestCommands=1'],
      ...['--setParameter', 'diagnosticDataCollectionEnabled=false'],
    ],
    { detached: true, stdio: 'ignore' },
  );
  child.unref();
  member.child = child;
  const dismiss = watchOver(child.pid ?? 0, member.dbPath, [folder]);
  child.once('exit', () => {
    void dismiss();
    member.child = null;
  });
  await eventually(
    `member ${member.host} answers`,
    async () => {
      if (child.exitCode !== null) throw new Error(`mongod ended; its log: ${member.dbPath}.log`);
      return (await hello(member)) !== null;
    },
    30_000,
  );
}

async function endMember(member: Member): Promise<void> {
  const { child } = member;
  if (child === null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

async function hello(member: Member): Promise<Record<string, unknown> | null> {
  const client = new MongoClient(`mongodb://${member.host}/?directConnection=true`, {
    serverSelectionTimeoutMS: 500,
  });
  try {
    return await client.db('admin').command({ hello: 1 });
  } catch {
    return null;
  } finally {
    await client.close();
  }
}

async function primaryOf(members: readonly Member[]): Promise<number> {
  const answers = await Promise.all(members.map(async (member) => (member.child ? hello(member) : null)));
  return answers.findIndex((answer) => answer?.['isWritablePrimary'] === true);
}

/** Elections within a second: tests wait for them. */
async function initiate(members: readonly Member[], password: string): Promise<void> {
  const [first] = members;
  if (!first) throw new Error('A set has at least one member');
  const client = directClient(first.host);
  try {
    const admin = client.db('admin');
    await admin.command({
      replSetInitiate: {
        _id: SET,
        // The first member starts as primary: only through it does the localhost exception make the operator.
        members: members.map(({ host }, _id) => ({ _id, host, priority: _id === 0 ? 2 : 1 })),
        settings: { electionTimeoutMillis: 1_000, heartbeatIntervalMillis: 200 },
      },
    });
    await eventually('the first member is primary', async () => (await primaryOf(members)) === 0, 30_000);
    await admin.command({
      createUser: 'operator',
      pwd: password,
      roles: ['root'],
      writeConcern: { w: members.length },
    });
  } finally {
    await client.close();
  }
}
