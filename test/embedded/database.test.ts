import { expect } from 'chai';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MongoClient, MongoNetworkError } from 'mongodb';
import { openDatabase, StartProblem, unlessDead } from '../../server/db/embedded/index.ts';
import type { Database } from '../../server/db/embedded/index.ts';
import { identityOf, isRunning, signal } from '../../server/db/embedded/processes.ts';
import type { ProcessIdentity } from '../../server/db/embedded/processes.ts';
import { databaseProcesses, secondsOf } from '../support/database-processes.ts';
import { eventually, temporaryFolder } from '../support/temporary.ts';

const HOLDER = fileURLToPath(new URL('../support/hold-database.ts', import.meta.url));

/** Inodes of the listening TCP sockets of this network namespace, IPv4 and IPv6. */
function listeningInodes(): Set<string> {
  const rows = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) =>
    readFileSync(file, 'utf8').split('\n').slice(1),
  );
  const fields = rows.map((row) => row.trim().split(/\s+/));
  return new Set(fields.filter((field) => field[3] === '0A').map((field) => field[9] ?? ''));
}

function openSockets(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    } catch {
      return [];
    }
  });
}

interface Holder {
  child: ChildProcess;
  output: () => string;
  ended: Promise<number | null>;
}

function hold(folder: string): Holder {
  const child = spawn(process.execPath, [HOLDER, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  return {
    child,
    output: () => output,
    ended: new Promise((resolve) => child.once('exit', (code) => resolve(code))),
  };
}

async function held(folder: string): Promise<Holder> {
  const holder = hold(folder);
  await eventually('the database is held', () => holder.output().includes('holding'));
  return holder;
}

function identified(pid: number | undefined): ProcessIdentity {
  const identity = identityOf(pid ?? 0);
  if (!identity) throw new Error(`process ${pid} does not run`);
  return identity;
}

describe('The embedded database', function () {
  this.timeout(60_000);
  let opened: Database | null = null;
  const open = async (folder: string, lines: string[] = []): Promise<Database> => {
    opened = await openDatabase({
      dataDir: folder,
      env: process.env,
      tests: true,
      report: (line) => lines.push(line),
    });
    return opened;
  };
  const rows = async (database: Database): Promise<number> => {
    const client = await new MongoClient(database.uris.app).connect();
    const count = await client.db().collection('people').countDocuments();
    await client.close();
    return count;
  };
  afterEach(async () => {
    await opened?.stop();
    opened = null;
  });

  it('listens on a private socket and on no port, keeps its secrets, and ends with its owner', async () => {
    const folder = temporaryFolder();
    const database = await open(folder);
    const [pid = 0] = databaseProcesses(folder).mongod;
    const listening = listeningInodes();
    expect(openSockets(pid).filter((inode) => listening.has(inode))).to.deep.equal([]);
    const socket = decodeURIComponent(/@([^/]+)\//.exec(database.uris.app)?.[1] ?? '');
    expect(statSync(socket).mode & 0o777).to.equal(0o600);
    expect(statSync(dirname(socket)).mode & 0o777).to.equal(0o700);
    for (const name of ['keys/mongod.key', 'keys/database.json', 'logs/mongod.log']) {
      expect(statSync(join(folder, name)).mode & 0o077, name).to.equal(0);
    }
    const stranger = new MongoClient(
      database.uris.app.replace(/\/\/[^@]*@/, '//').replace(/&authSource=.*/, ''),
    );
    const refusal = await stranger
      .db()
      .collection('people')
      .findOne({})
      .catch((err: unknown) => (err as { codeName: string }).codeName);
    await stranger.close();
    expect(refusal).to.equal('Unauthorized');
    await database.stop();
    opened = null;
    expect(databaseProcesses(folder)).to.deep.equal({ mongod: [], watchdog: [] });
    expect(readdirSync(folder)).not.to.include('in-use.json');
  });

  it('starts again in a few lines and in well under five seconds, with everything that was stored', async () => {
    const folder = temporaryFolder();
    const holder = await held(folder);
    holder.child.kill('SIGTERM');
    expect(await holder.ended).to.equal(0);
    const lines: string[] = [];
    const startedAt = performance.now();
    const before = secondsOf(process.pid);
    const database = await open(folder, lines);
    // Work, not the wall clock: the machine may be busy with other tests.
    expect(secondsOf(process.pid) - before + secondsOf(databaseProcesses(folder).mongod[0])).to.be.lessThan(
      5,
    );
    expect(performance.now() - startedAt).to.be.lessThan(30_000);
    expect(lines).to.have.length(1);
    expect(await rows(database)).to.equal(1);
  });

  it('follows its data folder to another place', async () => {
    const base = temporaryFolder();
    const holder = await held(join(base, 'before'));
    holder.child.kill('SIGTERM');
    await holder.ended;
    renameSync(join(base, 'before'), join(base, 'after'));
    expect(await rows(await open(join(base, 'after')))).to.equal(1);
  });

  it('refuses a second owner and names the first', async () => {
    const folder = temporaryFolder();
    const holder = await held(folder);
    const second = hold(folder);
    expect(await second.ended).to.equal(3);
    expect(second.output()).to.include(`in use by a running Linli (process ${holder.child.pid})`);
    expect(databaseProcesses(folder).mongod).to.have.length(1);
    holder.child.kill('SIGTERM');
    expect(await holder.ended).to.equal(0);
  });

  it('ends by itself when its owner is killed, and loses nothing', async () => {
    const folder = temporaryFolder();
    const holder = await held(folder);
    const server = identified(databaseProcesses(folder).mongod[0]);
    holder.child.kill('SIGKILL');
    await eventually('the server ends', () => !isRunning(server));
    expect(await rows(await open(folder))).to.equal(1);
  });

  it('is ended by the next start when owner and watchdog were killed, and loses nothing', async () => {
    const folder = temporaryFolder();
    const holder = await held(folder);
    const before = databaseProcesses(folder);
    const orphan = identified(before.mongod[0]);
    // The watchdog first, or it would do its work.
    for (const pid of before.watchdog) signal(pid, 'SIGKILL');
    holder.child.kill('SIGKILL');
    await holder.ended;
    expect(isRunning(orphan)).to.equal(true);
    const lines: string[] = [];
    const database = await open(folder, lines);
    expect(lines.join('\n')).to.include(`left behind (process ${orphan.pid})`);
    expect(isRunning(orphan)).to.equal(false);
    expect(databaseProcesses(folder).mongod).to.have.length(1);
    expect(await rows(database)).to.equal(1);
  });

  it('outlasts the server of a start that was killed before the server had noted who it is', async () => {
    const folder = temporaryFolder();
    const holder = await held(folder);
    const orphan = identified(databaseProcesses(folder).mongod[0]);
    writeFileSync(join(folder, 'database', 'mongod.lock'), '');
    // Held still, it keeps the folder for a moment longer than its watchdog wants.
    signal(orphan.pid, 'SIGSTOP');
    holder.child.kill('SIGKILL');
    await holder.ended;
    const going = setTimeout(() => signal(orphan.pid, 'SIGCONT'), 900);
    const lines: string[] = [];
    const database = await open(folder, lines);
    clearTimeout(going);
    expect(lines.join('\n')).to.include('another server holds the folder');
    expect(isRunning(orphan)).to.equal(false);
    expect(await rows(database)).to.equal(1);
  });

  it('loses nothing when everything is killed at once', async () => {
    const folder = temporaryFolder();
    const holder = await held(folder);
    const all = databaseProcesses(folder);
    for (const pid of [...all.watchdog, ...all.mongod]) signal(pid, 'SIGKILL');
    holder.child.kill('SIGKILL');
    await holder.ended;
    expect(await rows(await open(folder))).to.equal(1);
  });

  it('says what the server died of to whoever was talking to it', async () => {
    const told = (work: Promise<unknown>, died: Promise<StartProblem>): Promise<unknown> =>
      unlessDead(work, died).catch((err: unknown) => err);
    const full = new StartProblem('The disk is full');
    const lost = new MongoNetworkError('connection closed');
    const later = new Promise<StartProblem>((resolve) => setTimeout(() => resolve(full), 50));
    const never = new Promise<never>(() => undefined);
    expect(await told(Promise.reject(lost), later)).to.equal(full);
    expect(await told(never, later)).to.equal(full);
    expect(await told(Promise.reject(new RangeError('ours')), later)).to.be.instanceOf(RangeError);
    expect(await told(Promise.resolve('done'), never)).to.equal('done');
  });

  it('tells when the server ends while it is running, and why', async () => {
    const folder = temporaryFolder();
    const database = await open(folder);
    signal(databaseProcesses(folder).mongod[0] ?? 0, 'SIGKILL');
    const problem = await database.died;
    expect(problem.message).to.include('ended unexpectedly (signal SIGKILL)');
    expect(problem.message).to.include(join(folder, 'logs', 'mongod.log'));
  });

  it('leaves nothing running when the server cannot open its files, and names its log', async () => {
    const folder = temporaryFolder();
    await (await open(folder)).stop();
    opened = null;
    writeFileSync(join(folder, 'database', 'WiredTiger.turtle'), 'not a turtle');
    const problem = await open(folder).catch((err: unknown) => err as Error);
    expect(problem).to.be.instanceOf(Error);
    expect((problem as Error).message).to.include('ended unexpectedly');
    expect(databaseProcesses(folder).mongod).to.deep.equal([]);
  });
});
