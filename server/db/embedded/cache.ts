import { createHash, randomUUID } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { compareVersions, versionOf } from './version.ts';

/** A mongod that Linli obtained and keeps outside the checkout, so that a second clone needs no download. */
export interface CachedMongod {
  readonly path: string;
  readonly version: string;
}

interface Stamp {
  readonly version: string;
  readonly sha256: string;
  readonly size: number;
  readonly mtimeMs: number;
}

const WORK_PREFIX = 'work-';
const DAY_MS = 86_400_000;

/** The cache's folder: XDG_CACHE_HOME, else ~/.cache, else (nothing writable there) inside the data folder. */
export function cacheFolder(env: NodeJS.ProcessEnv, dataDir: string): string {
  const xdg = env['XDG_CACHE_HOME'];
  const home = env['HOME'] ?? homedir();
  const bases = [
    ...(xdg && isAbsolute(xdg) ? [xdg] : []),
    ...(isAbsolute(home) ? [join(home, '.cache')] : []),
  ];
  for (const base of bases) {
    const folder = join(base, 'linli', 'mongod');
    if (isWritable(folder)) return folder;
  }
  const fallback = join(dataDir, 'cache', 'mongod');
  mkdirSync(fallback, { recursive: true, mode: 0o700 });
  return fallback;
}

function isWritable(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Every usable mongod of the cache, newest version first. A file that changed since it was stored is hashed again;
 * what is not the file that was stored is removed and reported.
 */
export async function listCached(folder: string, report: (line: string) => void): Promise<CachedMongod[]> {
  const found: CachedMongod[] = [];
  for (const entry of existsSync(folder) ? readdirSync(folder) : []) {
    if (entry.startsWith(WORK_PREFIX) || entry.startsWith('.')) continue;
    const home = join(folder, entry);
    const stamp = readStamp(home);
    if (stamp && (await isIntact(home, stamp)))
      found.push({ path: join(home, 'mongod'), version: stamp.version });
    else {
      report(`  The cached ${entry} is damaged: removed.`);
      rmSync(home, { recursive: true, force: true });
    }
  }
  return found.sort((a, b) => compareVersions(b.version, a.version));
}

/** An empty folder on the cache's own file system, so that what is made there can be moved in at one stroke. */
export function workFolder(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  sweepWork(folder);
  return mkdtempSync(join(folder, WORK_PREFIX));
}

/** Downloads that were killed leave their folder; after a day nobody is still at it. */
function sweepWork(folder: string): void {
  for (const entry of readdirSync(folder)) {
    if (!entry.startsWith(WORK_PREFIX)) continue;
    const path = join(folder, entry);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (age > DAY_MS) rmSync(path, { recursive: true, force: true });
  }
}

/**
 * Moves a mongod out of a work folder into the cache. Two processes may do so at once: the first one's stays.
 * @throws Error when the file does not run on this machine
 */
export async function store(folder: string, work: string, file: string): Promise<CachedMongod> {
  chmodSync(file, 0o755);
  const version = await versionOf(file);
  const home = join(work, 'entry');
  mkdirSync(home, { mode: 0o755 });
  const path = join(home, 'mongod');
  renameSync(file, path);
  const { size, mtimeMs } = statSync(path);
  const stamp: Stamp = { version, sha256: await sha256Of(path), size, mtimeMs };
  writeFileSync(join(home, 'stamp.json'), JSON.stringify(stamp));
  const target = join(folder, `${version}-${stamp.sha256.slice(0, 12)}`);
  try {
    renameSync(home, target);
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw err;
    const theirs = readStamp(target);
    if (!theirs || !(await isIntact(target, theirs))) replace(home, target);
  }
  return { path: join(target, 'mongod'), version };
}

/** A running server keeps its open file: the damaged entry is moved aside first, then removed. */
function replace(home: string, target: string): void {
  const aside = `${target}.${randomUUID()}`;
  renameSync(target, aside);
  renameSync(home, target);
  rmSync(aside, { recursive: true, force: true });
}

function readStamp(home: string): Stamp | null {
  try {
    return JSON.parse(readFileSync(join(home, 'stamp.json'), 'utf8')) as Stamp;
  } catch {
    return null;
  }
}

async function isIntact(home: string, stamp: Stamp): Promise<boolean> {
  const path = join(home, 'mongod');
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.size !== stamp.size) return false;
  if (stat.mtimeMs === stamp.mtimeMs) return true;
  return (await sha256Of(path)) === stamp.sha256;
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
