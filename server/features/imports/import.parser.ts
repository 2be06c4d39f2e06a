import { Worker } from 'node:worker_threads';
import { Invalid } from '../../core/errors.ts';
import type { FieldIssue } from '../../core/errors.ts';
import { logger } from '../../core/logger.ts';
import type { ImportDefaults, ImportMapping, JudgedLine, Table, TableRow } from './import.types.ts';

interface Common {
  readonly defaults: ImportDefaults;
  /** What a person decided; the rest is guessed from the header. */
  readonly mapping: Partial<ImportMapping>;
  readonly today: string;
}
/** Reads a file, or judges the rows of one read before by another mapping. */
export type ParseJob = Common &
  (
    | { readonly kind: 'file'; readonly bytes: Uint8Array }
    | {
        readonly kind: 'rows';
        readonly table: { readonly columns: readonly string[]; readonly rows: readonly TableRow[] };
      }
  );

export interface ParsedFile {
  readonly encoding: Table['encoding'];
  readonly delimiter: string;
  readonly columns: readonly string[];
  readonly mapping: ImportMapping;
  readonly lines: readonly JudgedLine[];
}
export type ParseResult =
  ({ readonly ok: true } & ParsedFile) | { readonly ok: false; readonly issues: readonly FieldIssue[] };

/** Enough for the largest file we take, several times over; a file that wants more is not what it says it is. */
const MEMORY_MB = 192;
const TIMEOUT_MS = 20_000;

/**
 * Reads a file in a thread of its own with capped memory and time (S-42), so that no file can stop the process or slow
 * its answers. @throws Invalid with what is wrong with the file, or that it needs too much
 */
export async function parseApart(
  job: ParseJob,
  caps: { memoryMb?: number; timeoutMs?: number } = {},
): Promise<ParsedFile> {
  const result = await runWorker(job, caps.memoryMb ?? MEMORY_MB, caps.timeoutMs ?? TIMEOUT_MS);
  if (!result.ok) throw new Invalid(result.issues);
  return result;
}

function runWorker(job: ParseJob, memoryMb: number, timeoutMs: number): Promise<ParseResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./import.worker.ts', import.meta.url), {
      workerData: job,
      resourceLimits: {
        maxOldGenerationSizeMb: memoryMb,
        maxYoungGenerationSizeMb: Math.min(32, memoryMb),
        stackSizeMb: 4,
      },
      env: {},
      execArgv: [],
      stdin: false,
    });
    const timer = setTimeout(() => {
      logger.warn({ timeoutMs }, 'import file took too long and was given up');
      settle(() => reject(Invalid.field('file', 'file-too-slow')));
    }, timeoutMs);
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      act();
      void worker.terminate();
    };
    worker.once('message', (result: ParseResult) => settle(() => resolve(result)));
    worker.once('error', (err: NodeJS.ErrnoException) => {
      const tooMuch = err.code === 'ERR_WORKER_OUT_OF_MEMORY';
      if (tooMuch) logger.warn({ memoryMb }, 'import file needed too much memory and was given up');
      settle(() => reject(tooMuch ? Invalid.field('file', 'file-too-heavy') : err));
    });
    worker.once('exit', (code) => settle(() => reject(new Error(`The import thread ended with ${code}`))));
  });
}
