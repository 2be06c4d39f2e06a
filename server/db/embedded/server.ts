import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createConnection } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { randomBytes } from 'node:crypto';
import type { Mongod } from './binary.ts';
import { FolderInUse, StartProblem, withProgress } from './problem.ts';
import type { Report } from './problem.ts';
import { commandLine, end, identityOf, signal } from './processes.ts';
import { watchOver } from './watchdog.ts';

/** Where everything of one embedded server lies. */
export interface ServerPlace {
  /** mongod's own folder; real path. */
  readonly dbPath: string;
  readonly socket: string;
  readonly keyFile: string;
  readonly logFile: string;
  /** Folders that go with the server when its owner is killed: a test run's. */
  readonly disposable?: readonly string[];
}

export interface RunningServer {
  readonly pid: number;
  /** Resolves with an explanation when the server ends although nobody asked it to. */
  readonly died: Promise<StartProblem>;
  stop(): Promise<void>;
}

const READY_MS = 60_000;
const STOP_MS = 60_000;

/** The server speaks over its socket only; the number is part of its names, no port is opened. */
const PORT = '27017';

/** Makes the secret that members of the set would share; mongod refuses one that others may read. */
export function ensureKeyFile(keyFile: string): void {
  if (existsSync(keyFile)) {
    chmodSync(keyFile, 0o600);
    return;
  }
  mkdirSync(dirname(keyFile), { recursive: true, mode: 0o700 });
  writeFileSync(keyFile, randomBytes(48).toString('base64'), { mode: 0o600, flag: 'wx' });
}

/**
 * Ends a server that a killed Linli left behind on these files. mongod keeps its own process number in `mongod.lock`;
 * it is believed only when that process works in our folder and is a mongod started on it.
 */
export async function endOrphan(dbPath: string, report: Report): Promise<void> {
  const pid = pidInLock(dbPath);
  if (pid === null || !isOurs(pid, dbPath)) return;
  const identity = identityOf(pid);
  if (identity === null) return;
  report(`Database: ending the server that an interrupted start left behind (process ${pid})`);
  await withProgress(report, 'waiting for it to end', end(identity, STOP_MS));
}

function pidInLock(dbPath: string): number | null {
  try {
    const pid = Number(readFileSync(join(dbPath, 'mongod.lock'), 'utf8').trim());
    return Number.isSafeInteger(pid) && pid > 1 ? pid : null;
  } catch {
    return null;
  }
}

function isOurs(pid: number, dbPath: string): boolean {
  const args = commandLine(pid);
  const at = args.indexOf('--dbpath');
  if (at === -1 || !args.includes('--keyFile')) return false;
  // The server works inside its folder, which proves it also after the folder was moved.
  return args[at + 1] === dbPath || workingFolder(pid) === dbPath;
}

function workingFolder(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}

/**
 * Starts mongod in a session of its own (a Ctrl-C at the terminal is for Linli, which then ends it in order) and waits
 * until it takes connections.
 * @throws StartProblem with mongod's own reason
 */
export async function startServer(
  mongod: Mongod,
  place: ServerPlace,
  options: { tests: boolean; report: Report },
): Promise<RunningServer> {
  mkdirSync(place.dbPath, { recursive: true, mode: 0o700 });
  mkdirSync(dirname(place.logFile), { recursive: true, mode: 0o700 });
  mkdirSync(dirname(place.socket), { recursive: true, mode: 0o700 });
  rmSync(place.socket, { force: true });
  const output = openSync(`${place.logFile}.start`, 'w', 0o600);
  const child = spawn(mongod.path, serverArguments(place, options.tests), {
    cwd: place.dbPath,
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  child.unref();
  const running = supervise(child, place);
  const readiness = untilReachable(place.socket);
  const outcome = await withProgress(
    options.report,
    'the database is starting',
    Promise.race([readiness.done, running.died]),
  );
  readiness.cancel();
  if (outcome === true) return running;
  await running.stop();
  throw outcome instanceof StartProblem
    ? outcome
    : new StartProblem(
        `The database did not get ready within ${READY_MS / 1000} s; its log: ${place.logFile}`,
      );
}

function serverArguments(place: ServerPlace, tests: boolean): string[] {
  const parameters = [
    'diagnosticDataCollectionEnabled=false',
    // A single member has nobody to hand over to: no waiting for a quiet period at shutdown.
    'shutdownTimeoutMillisForSignaledShutdown=100',
    // What a killed process left open holds its rows until the server gives it up: no transaction of ours takes half as long. Tests kill often and wait for it.
    `transactionLifetimeLimitSeconds=${tests ? 8 : 20}`,
    ...(tests ? ['enableTestCommands=1'] : []),
  ];
  return [
    ...['--dbpath', place.dbPath, '--replSet', REPLICA_SET, '--keyFile', place.keyFile],
    ...['--bind_ip', place.socket, '--port', PORT, '--nounixsocket', '--filePermissions', '0600'],
    ...['--networkMessageCompressors', 'snappy,zstd', '--noscripting'],
    ...[
      '--storageEngine',
      'wiredTiger',
      '--wiredTigerCacheSizeGB',
      // Changes of the last five minutes are kept. Where they fill a fortieth of this, the server looks through hundreds of files for what it may put away, in vain and without a pause: tests write that much.
      tests ? '1' : '0.5',
      '--oplogSize',
      '256',
    ],
    ...['--logpath', place.logFile, '--logappend'],
    ...parameters.flatMap((parameter) => ['--setParameter', parameter]),
  ];
}

export const REPLICA_SET = 'linli';

function supervise(child: ChildProcess, place: ServerPlace): RunningServer {
  const { pid } = child;
  let stopping = false;
  const dismiss =
    pid === undefined ? () => Promise.resolve() : watchOver(pid, place.dbPath, place.disposable);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (err) => resolve(err.message));
    child.once('exit', (code, name) => {
      // Whoever waits for the end finds nothing of ours running any more, the watchdog included.
      void dismiss().then(() => resolve(name ? `signal ${name}` : `code ${code}`));
    });
  });
  const died = ended.then((how) =>
    stopping ? new Promise<StartProblem>(() => undefined) : explain(how, place),
  );
  return {
    pid: pid ?? -1,
    died,
    async stop() {
      stopping = true;
      if (pid === undefined) return;
      if (child.exitCode === null && child.signalCode === null) signal(pid, 'SIGTERM');
      // The child was unreferenced; a timer keeps this process alive until it is gone.
      const force = setTimeout(() => signal(pid, 'SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(force);
      rmSync(dirname(place.socket), { recursive: true, force: true });
    },
  };
}

/** Polls for the socket; `done` is false after the time or when cancelled. */
function untilReachable(socket: string): { done: Promise<boolean>; cancel: () => void } {
  const until = performance.now() + READY_MS;
  let cancelled = false;
  const poll = async (): Promise<boolean> => {
    while (!cancelled && performance.now() < until) {
      if (await accepts(socket)) return true;
      await delay(10);
    }
    return false;
  };
  return { done: poll(), cancel: () => (cancelled = true) };
}

function accepts(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = createConnection(socket);
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', () => resolve(false));
  });
}

const IN_USE = /DBPathInUse|Unable to lock the lock file/;

const KNOWN_FAULTS: readonly (readonly [RegExp, (dbPath: string) => string])[] = [
  [
    /No space left on device|ENOSPC|Writing to log file failed/i,
    () => 'The disk is full: free some space and start again.',
  ],
  [IN_USE, (dbPath) => `Another mongod, which this process cannot see, uses ${dbPath}: stop it first.`],
  [
    /featureCompatibilityVersion|unsupported WiredTiger file version/i,
    (dbPath) => `${dbPath} was written by another series of MongoDB: start with that one (LINLI_MONGOD).`,
  ],
  [/Permission denied|not permitted/i, (dbPath) => `${dbPath} or a file in it belongs to another user.`],
  [/error while loading shared libraries/i, () => 'A library that mongod needs is missing on this system.'],
  [/Too many open files/i, () => 'Too many files are open: raise the limit (ulimit -n 64000).'],
];

/** Turns the end of mongod's log into a message with a way out. */
function explain(how: string, place: ServerPlace): StartProblem {
  const tail = logTail(place);
  const known = KNOWN_FAULTS.find(([pattern]) => pattern.test(tail))?.[1](place.dbPath);
  const last = lastFault(tail);
  const Problem = IN_USE.test(tail) ? FolderInUse : StartProblem;
  return new Problem(
    [
      `The database server ended unexpectedly (${how}).`,
      ...(known ? [known] : []),
      ...(last && !known ? [`It said: ${last}`] : []),
      `Its log: ${place.logFile}`,
    ].join('\n'),
  );
}

function logTail(place: ServerPlace): string {
  return [place.logFile, `${place.logFile}.start`]
    .map((file) => {
      try {
        return readFileSync(file, 'utf8').split('\n').slice(-60).join('\n');
      } catch {
        return '';
      }
    })
    .join('\n');
}

function lastFault(tail: string): string | null {
  const fault = tail.split('\n').findLast((line) => /"s":"[EF]"/.test(line));
  if (!fault) return tail.trim().split('\n').at(-1) ?? null;
  try {
    const { msg, attr } = JSON.parse(fault) as { msg: string; attr?: { error?: unknown } };
    const detail = attr?.error === undefined ? '' : ` (${JSON.stringify(attr.error).slice(0, 300)})`;
    return `${msg}${detail}`;
  } catch {
    return fault.slice(0, 300);
  }
}
