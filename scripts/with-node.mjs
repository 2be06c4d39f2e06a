// @ts-check
// Runs one of our scripts with Node 24 from the lockfile, whatever Node the host has (18 or newer is enough for this file):
//   node scripts/with-node.mjs [--node-option …] SCRIPT [ARGUMENT …]
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { InstallFault, ROOT, ensureInstalled, notice } from './install.mjs';

const WANTED_MAJOR = 24;
const MEMORY_MB = 2048;
const PARENT_CHECK_MS = 1_000;
/**
 * Processes that live long and share a machine: on a large one V8 would let each thread keep a hundred megabytes of garbage.
 * A smaller young half than 16 MB saves little memory, and a tenth of a page's time is spent on moving what would have died.
 */
const SERVERS = /(?:^|\/)scripts\/start(?:-web|-jobs)?\.ts$/;
const LEAN = [
  '--max-semi-space-size=16',
  '--heap-growing-percent=40',
  // V8 would sweep the young half of each thread with four helpers; on two cores they mostly wait for one another, and that
  // waiting was an eighth of what a page costs.
  '--v8-pool-size=1',
];
/**
 * The C library gives large pieces of memory back as soon as they are free, instead of keeping pools of them for every thread. What
 * a page takes is smaller: given back after each answer, it cost a tenth of a page's time to get it again.
 */
const ALLOCATOR = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '1048576',
  MALLOC_TRIM_THRESHOLD_: '8388608',
};
/** @type {NodeJS.Signals[]} */
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'];

/** The lockfile's Node, else the host's when it is new enough. */
function findNode() {
  const own = join(ROOT, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  if (process.platform === 'linux' && existsSync(own)) return own;
  return hostNode();
}

function hostNode() {
  if (Number(process.versions.node.split('.')[0]) >= WANTED_MAJOR) return process.execPath;
  throw new InstallFault(
    `Linli runs on Node ${WANTED_MAJOR}. The lockfile brings it for Linux on x64 and arm64 with glibc; on this system (${process.platform} ${process.arch}, Node ${process.versions.node}) install Node ${WANTED_MAJOR} from https://nodejs.org and run the command again.`,
  );
}

/** @param {string[]} args */
const isServer = (args) => args.some((arg) => SERVERS.test(arg));
/** @param {string} flag */
const nameOf = (flag) => flag.split('=', 1)[0] ?? flag;

/** @param {string[]} args */
function nodeOptions(args) {
  const set = `${process.env.NODE_OPTIONS ?? ''} ${args.join(' ')}`;
  return [
    // A planted __proto__ key must not reach a prototype.
    '--disable-proto=delete',
    ...(set.includes('--max-old-space-size') ? [] : [`--max-old-space-size=${MEMORY_MB}`]),
    ...(isServer(args) ? LEAN.filter((flag) => !set.includes(nameOf(flag))) : []),
  ];
}

/**
 * @param {string} node
 * @param {string[]} args
 */
function run(node, args) {
  // The channel tells the script when this process is killed; Node's own watcher has no use for it.
  const watching = args.some((arg) => arg.startsWith('--watch'));
  const child = spawn(node, [...nodeOptions(args), ...args], {
    cwd: ROOT,
    stdio: watching ? 'inherit' : ['inherit', 'inherit', 'inherit', 'ipc'],
    env: {
      ...(isServer(args) ? ALLOCATOR : {}),
      ...process.env,
      TZ: 'UTC',
      // A quarter of a start is compiling; Node keeps the result here and does without where it may not write.
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(ROOT, 'node_modules', '.cache', 'compiled'),
      PATH: [join(ROOT, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter),
    },
  });
  for (const name of FORWARDED) process.on(name, () => child.kill(name));
  endWithNpm(child);
  return child;
}

/**
 * npm passes on every signal but the one that cannot be caught: when npm itself, or the shell between, was killed, the
 * script ends in order.
 * @param {import('node:child_process').ChildProcess} child
 */
function endWithNpm(child) {
  if (!process.env.npm_lifecycle_event) return;
  const family = () => `${process.ppid} ${parentOf(process.ppid)}`;
  const born = family();
  setInterval(() => {
    if (family() !== born) child.kill('SIGTERM');
  }, PARENT_CHECK_MS).unref();
}

/**
 * @param {number} pid
 * @returns {string} empty where the system does not tell
 */
function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? '';
  } catch {
    return '';
  }
}

/** @param {import('node:child_process').ChildProcess} child */
function follow(child) {
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const name of FORWARDED) process.removeAllListeners(name);
    // Die of the same signal, so that the shell sees the truth; where it does not kill, its exit code says it.
    process.kill(process.pid, signal);
    setTimeout(() => process.exit(128 + (constants.signals[signal] ?? 0)), 100);
  });
}

/** @param {string[]} args */
async function main(args) {
  if (!args.some((arg) => !arg.startsWith('-'))) {
    throw new InstallFault('usage: node scripts/with-node.mjs SCRIPT [ARGUMENT …]');
  }
  await ensureInstalled();
  const node = findNode();
  const child = run(node, args);
  child.once('error', () => {
    // Present but not runnable here (another libc): the host's own may do.
    try {
      if (node === process.execPath) throw new InstallFault(`${node} cannot be started.`);
      const second = run(hostNode(), args);
      follow(second);
    } catch (err) {
      fail(err);
    }
  });
  follow(child);
}

/** @param {unknown} err */
function fail(err) {
  notice(err instanceof InstallFault ? err.message : String(/** @type {Error} */ (err).stack));
  process.exit(1);
}

main(process.argv.slice(2)).catch(fail);
