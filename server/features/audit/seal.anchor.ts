import { mkdirSync, readdirSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The head of a tenant's chain as it was noted outside the database (S-53). */
export interface Anchor {
  readonly tenantId: string;
  readonly batch: number;
  /** Number of the last entry of that batch. */
  readonly sequence: number;
  readonly hash: string;
  readonly sealedAt: string;
}

export interface AnchorFile {
  /** Every anchor ever noted, oldest first. */
  read(): Promise<Anchor[]>;
  /** Appends them and returns when they are on the disk. */
  append(anchors: readonly Anchor[]): Promise<void>;
}

const NAME = /^audit-\d{4}-\d{2}\.jsonl$/;

/**
 * Heads of the audit chains in a folder of the machine, one file a month, a line each, only ever appended to. Whoever can
 * change the whole database cannot change these: copy them away regularly.
 */
export function createAnchorFile(folder: () => string): AnchorFile {
  return {
    async read() {
      const anchors: Anchor[] = [];
      for (const name of filesIn(folder())) {
        const text = await readFile(join(folder(), name), 'utf8');
        for (const line of text.split('\n')) {
          const anchor = parse(line);
          if (anchor) anchors.push(anchor);
        }
      }
      return anchors;
    },
    async append(anchors) {
      if (anchors.length === 0) return;
      mkdirSync(folder(), { recursive: true, mode: 0o700 });
      const month = (anchors[0]?.sealedAt ?? '').slice(0, 7);
      const file = await open(join(folder(), `audit-${month}.jsonl`), 'a', 0o600);
      try {
        // The first line break ends a line that a power cut left half; several processes append whole blocks.
        await file.appendFile(`\n${anchors.map((anchor) => JSON.stringify(anchor)).join('\n')}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      // Or a new month's file could be lost with its name.
      const entry = await open(folder(), 'r');
      try {
        await entry.sync();
      } finally {
        await entry.close();
      }
    },
  };
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => NAME.test(name))
      .sort();
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw err;
  }
}

/** Null for blank lines and for what a power cut left of one. */
function parse(line: string): Anchor | null {
  if (line.trim() === '') return null;
  try {
    const value = JSON.parse(line) as Anchor;
    return typeof value.hash === 'string' && typeof value.batch === 'number' ? value : null;
  } catch (err) {
    if (err instanceof SyntaxError) return null;
    throw err;
  }
}
