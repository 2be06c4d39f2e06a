import { mkdtempSync, realpathSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made: string[] = [];

/** Memory that a whole test database may take; a smaller one (containers often have 64 MB) is left alone. */
const ROOM = 4 * 1024 ** 3;

/** Whether the system offers a file system in memory with room for a whole test database. */
export function roomInMemory(): boolean {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm');
    return bavail * bsize >= ROOM;
  } catch {
    return false;
  }
}

/**
 * Where databases of tests live: in memory where the system offers a file system there, because each acknowledged write
 * waits for its journal. What is killed finds its files again, as on a disk.
 */
export const databaseRoot = (): string => (roomInMemory() ? '/dev/shm' : tmpdir());

/** A new, empty folder that is removed when the process of the tests ends. */
export function temporaryFolder(): string {
  if (made.length === 0) {
    process.once('exit', () => {
      for (const folder of made) rmSync(folder, { recursive: true, force: true });
    });
  }
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'linli-test-')));
  made.push(folder);
  return folder;
}

/** Waits until something is so, looking every few milliseconds. @throws Error naming what did not happen in time */
export async function eventually(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  withinMs = 15_000,
): Promise<void> {
  const until = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > until) throw new Error(`${what}: not within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
