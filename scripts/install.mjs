// @ts-check
// Plain JavaScript for Node 18 and newer: it runs before anything is installed.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The checkout; another folder in tests. */
export const ROOT = process.env.LINLI_ROOT ?? fileURLToPath(new URL('..', import.meta.url));

const PROGRESS_MS = 2_000;
/** The holder touches its lock far more often than this; a number alone may long belong to another process. */
const STALE_LOCK_MS = 30_000;
const production = process.env.NODE_ENV === 'production';

/** The way out of what usually stops an installation, by what npm says. */
const FAULTS = /** @type {const} */ ([
  [/ENOSPC|no space left/i, 'The disk is full. Free about 1 GB and run the command again.'],
  [/EDQUOT/i, 'Your disk quota is used up. Free about 1 GB and run the command again.'],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|ECONNABORTED/,
    'The package registry cannot be reached. Check the network or the registry and proxy that npm is set to (npm config get registry), and run the command again.',
  ],
  [
    /EUSAGE|in sync/i,
    'package.json and package-lock.json do not agree. Run npm install once and commit the lockfile.',
  ],
  [
    /EACCES|EPERM|EROFS/,
    'The checkout or the npm cache is not writable for you. Correct its owner (ls -ld . ~/.npm).',
  ],
  [
    /EINTEGRITY/,
    'A package is not the one that the lockfile names. Clear the cache (npm cache clean --force) and run the command again.',
  ],
]);

/** @param {string} line Notices never go to stdout: that belongs to the command. */
export const notice = (line) => process.stderr.write(`${line}\n`);

/** An expected fault: its message is all that is shown. */
export class InstallFault extends Error {}

/** Installs what the lockfile names, unless it is there already. One command of a checkout installs, others wait. */
export async function ensureInstalled() {
  const lockfile = join(ROOT, 'package-lock.json');
  if (!existsSync(lockfile))
    throw new InstallFault('package-lock.json is missing: this is not a whole checkout of Linli.');
  if (isInstalled(lockfile)) return;
  const release = await takeLock();
  try {
    if (isInstalled(lockfile)) return;
    await install();
    writeFileSync(stampFile(), hashOf(lockfile));
  } catch (err) {
    throw asFault(err);
  } finally {
    release();
  }
}

const stampFile = () => join(ROOT, 'node_modules', '.linli-lock');

/** @param {string} file */
const hashOf = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** @param {string} file */
function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** @param {string} lockfile */
function isInstalled(lockfile) {
  const hash = hashOf(lockfile);
  if (readText(stampFile()) === hash) return true;
  if (!matchesTree(lockfile)) return false;
  // Installed by npm itself, as after adding a package: nothing to do but to remember it.
  try {
    writeFileSync(stampFile(), hash);
  } catch {
    // A read-only installation is compared again next time.
  }
  return true;
}

/**
 * Whether npm's own record of node_modules holds each package of the lockfile; those for other platforms may be absent.
 * @param {string} lockfile
 */
function matchesTree(lockfile) {
  const record = readText(join(ROOT, 'node_modules', '.package-lock.json'));
  if (record === null) return false;
  /** @type {Record<string, any>} */
  const wanted = JSON.parse(readFileSync(lockfile, 'utf8')).packages;
  /** @type {Record<string, any>} */
  const present = JSON.parse(record).packages;
  return Object.entries(wanted).every(([path, { version, integrity, optional, dev }]) => {
    if (path === '') return true;
    const found = present[path];
    if (!found) return optional === true || (production && dev === true);
    return found.version === version && found.integrity === integrity;
  });
}

const lockFile = () => join(ROOT, 'tmp', 'install.lock');

/** @returns {Promise<() => void>} */
async function takeLock() {
  const path = lockFile();
  const startedAt = Date.now();
  let told = startedAt;
  mkdirSync(dirname(path), { recursive: true });
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (err) {
      if (/** @type {NodeJS.ErrnoException} */ (err).code !== 'EEXIST') throw asFault(err);
    }
    const holder = Number(readText(path));
    if (isAbandoned(path, holder)) {
      rmSync(path, { force: true });
      continue;
    }
    if (Date.now() - told > PROGRESS_MS) {
      told = Date.now();
      notice(`Another command (process ${holder}) is installing the packages … ${seconds(startedAt)} s`);
    }
    await delay(200);
  }
}

/**
 * @param {string} path
 * @param {number} holder
 */
function isAbandoned(path, holder) {
  const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  // Just created: its number may not be written yet.
  if (!holder) return age > 5_000;
  try {
    process.kill(holder, 0);
    return age > STALE_LOCK_MS;
  } catch (err) {
    return /** @type {NodeJS.ErrnoException} */ (err).code !== 'EPERM' || age > STALE_LOCK_MS;
  }
}

/** @param {number} since */
const seconds = (since) => Math.round((Date.now() - since) / 1000);

async function install() {
  const startedAt = Date.now();
  notice('Installing Node 24 and the packages of the lockfile (about 700 MB, once) …');
  const progress = setInterval(() => {
    notice(`  installing … ${seconds(startedAt)} s`);
    touch(lockFile());
  }, PROGRESS_MS * 2);
  try {
    await npmCi();
    notice(`Installed in ${seconds(startedAt)} s.`);
  } finally {
    clearInterval(progress);
  }
}

/** @param {string} path */
function touch(path) {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // Without the lock a second installation may begin; npm ci itself is not harmed by the missing file.
  }
}

function npmCi() {
  const cli = process.env.npm_execpath;
  const [command, first] = cli && /\.c?js$/.test(cli) ? [process.execPath, [cli]] : ['npm', []];
  const args = [...first, 'ci', '--no-audit', '--no-fund', '--loglevel=error', '--include=optional'];
  const child = spawn(command, [...args, production ? '--omit=dev' : '--include=dev'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      said = (said + text).slice(-20_000);
    });
  }
  /** @param {NodeJS.Signals} name */
  const forward = (name) => child.kill(name);
  process.on('SIGINT', forward).on('SIGTERM', forward).on('SIGHUP', forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      process.off('SIGINT', forward).off('SIGTERM', forward).off('SIGHUP', forward);
      if (code === 0) resolve(undefined);
      else if (signal) reject(new InstallFault('The installation was interrupted. Run the command again.'));
      else reject(new Error(said.trim() || `npm ci ended with code ${code}`));
    });
  });
}

/** @param {unknown} err */
function asFault(err) {
  if (err instanceof InstallFault) return err;
  const text = err instanceof Error ? err.message : String(err);
  if (/spawn npm ENOENT/.test(text))
    return new InstallFault('npm is not on the PATH: install Node.js with npm.');
  const way = FAULTS.find(([pattern]) => pattern.test(text))?.[1];
  const said = text
    .split('\n')
    .filter((line) => line.trim() !== '' && !/A complete log of this run|EBADENGINE/.test(line))
    .slice(0, 6)
    .map((line) => `  ${line}`);
  return new InstallFault(
    ['The packages could not be installed.', ...(way ? [way] : []), 'npm said:', ...said].join('\n'),
  );
}
