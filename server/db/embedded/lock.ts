import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { StartProblem } from './problem.ts';
import { identityOf, isRunning } from './processes.ts';
import type { ProcessIdentity } from './processes.ts';

const LOCK = 'in-use.json';

/** Holds the data folder for one running Linli. */
export interface FolderLock {
  release(): void;
}

/**
 * Takes the data folder for this process. A lock whose holder is gone (another boot, another container, kill -9) is
 * taken over; mongod's own lock on its files stays the second wall.
 * @throws StartProblem naming the process that holds it
 */
export function lockFolder(dataDir: string): FolderLock {
  const path = join(dataDir, LOCK);
  const own = identityOf(process.pid);
  const draft = join(dataDir, `.${LOCK}.${randomUUID()}`);
  writeFileSync(draft, JSON.stringify(own), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      if (linked(draft, path)) return { release: () => release(path, own) };
      const holder = readHolder(path);
      if (holder && isRunning(holder)) throw new StartProblem(inUse(dataDir, holder.pid));
      setAside(path, holder);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  throw new StartProblem(`The data folder ${dataDir} is being taken by other processes; try again.`);
}

const inUse = (dataDir: string, pid: number): string =>
  [
    `The data folder ${dataDir} is in use by a running Linli (process ${pid}).`,
    `Stop that one first (kill ${pid}), or start this one with another folder and port:`,
    '  LINLI_DATA=./data-2 PORT=3001 npm start',
  ].join('\n');

/** A link appears with its content or not at all, and never replaces another. */
function linked(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw err;
  }
}

function readHolder(path: string): ProcessIdentity | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity;
  } catch {
    return null;
  }
}

/** Moves a dead holder's lock away; when a living process took it in between, its lock is put back. */
function setAside(path: string, seen: ProcessIdentity | null): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw err;
  }
  const moved = readHolder(aside);
  if (moved && JSON.stringify(moved) !== JSON.stringify(seen)) linked(aside, path);
  rmSync(aside, { force: true });
}

function release(path: string, own: ProcessIdentity | null): void {
  if (JSON.stringify(readHolder(path)) === JSON.stringify(own)) rmSync(path, { force: true });
}
