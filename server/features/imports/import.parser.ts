import { fork } from 'node:child_process';
import { Invalid } from '../../core/errors.ts';
import type { FieldIssue } from '../../core/errors.ts';
import { logger } from '../../core/logger.ts';
import type { SavedChoice } from './import.saved.rules.ts';
import type { ImportDefaults, ImportMapping, JudgedLine, Table, TableRow } from './import.types.ts';

interface Common {
  readonly defaults: ImportDefaults;
  /** What a person decided; the rest is guessed from the header. */
  readonly mapping: Partial<ImportMapping>;
  /** Mappings kept under a name: the one that fits the header best stands in for the guess. */
  readonly saved?: readonly SavedChoice[];
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
  /** The saved mapping that was taken, if one fitted. */
  readonly savedId: string | null;
  readonly lines: readonly JudgedLine[];
}
export type ParseResult =
  ({ readonly ok: true } & ParsedFile) | { readonly ok: false; readonly issues: readonly FieldIssue[] };

/** Enough for the largest file we take, several times over; a file that wants more is not what it says it is. */
const MEMORY_MB = 192;
const TIMEOUT_MS = 20_000;

/**
 * Reads a file in a process of its own with capped memory and time (S-42), so that no file can stop this process or
 * slow its answers. Not a thread: V8 drops a thread's caps when whoever runs Linli sets NODE_OPTIONS=--max-old-space-size.
 * @throws Invalid with what is wrong with the file, or that it needs too much
 */
export async function parseApart(
  job: ParseJob,
  caps: { memoryMb?: number; timeoutMs?: number } = {},
): Promise<ParsedFile> {
  const result = await runApart(job, caps.memoryMb ?? MEMORY_MB, caps.timeoutMs ?? TIMEOUT_MS);
  if (!result.ok) throw new Invalid(result.issues);
  return result;
}

function runApart(job: ParseJob, memoryMb: number, timeoutMs: number): Promise<ParseResult> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL('./import.process.ts', import.meta.url), {
      execArgv: [
        `--max-old-space-size=${memoryMb}`,
        `--max-semi-space-size=${Math.max(1, Math.min(16, memoryMb >> 2))}`,
        '--stack-size=4000',
      ],
      // Nothing of ours goes along: neither secrets nor options that would lift the caps.
      env: {},
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
    });
    let complaint = '';
    child.stderr
      ?.setEncoding('utf8')
      .on('data', (text: string) => (complaint = (complaint + text).slice(-4_000)));
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      act();
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => {
      logger.warn({ timeoutMs }, 'import file took too long and was given up');
      settle(() => reject(Invalid.field('file', 'file-too-slow')));
    }, timeoutMs);
    child.once('message', (result) => settle(() => resolve(result as ParseResult)));
    child.once('error', (err) => settle(() => reject(err)));
    child.once('close', (code, signal) => {
      const tooMuch = complaint.includes('heap out of memory');
      if (tooMuch) logger.warn({ memoryMb }, 'import file needed too much memory and was given up');
      const reason = tooMuch
        ? Invalid.field('file', 'file-too-heavy')
        : new Error(`Reading a file apart ended with ${signal ?? code}: ${complaint}`);
      settle(() => reject(reason));
    });
    // A child that is gone already says so by its end; a broken pipe must not add an uncaught error.
    child.send(job, (err) => {
      if (err) logger.debug({ err }, 'import file could not be handed over');
    });
  });
}
