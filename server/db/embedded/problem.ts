/**
 * Something outside the program stands in the way of starting. The message is meant for the person at the terminal:
 * what happened and the way out; it is printed without a stack.
 */
export class StartProblem extends Error {
  override name = 'StartProblem';
}

/** Another mongod holds the folder: one that a killed start has only just left behind ends by itself. */
export class FolderInUse extends StartProblem {}

/** Receives one finished line at a time, without a line break. */
export type Report = (line: string) => void;

const PROGRESS_MS = 2_000;

/** Runs a step and says that it is still running, and for how long, once it takes more than two seconds. */
export async function withProgress<T>(report: Report, what: string, step: Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const timer = setInterval(() => {
    report(`  ${what} … ${Math.round((performance.now() - startedAt) / 1000)} s`);
  }, PROGRESS_MS);
  try {
    return await step;
  } finally {
    clearInterval(timer);
  }
}

/** The reason in one line, with the way out where the system's code names one. */
export function reasonOf(err: unknown): string {
  const { code, message } = err as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || /no space left on device/i.test(message ?? '')) {
    return 'the disk is full: free some space and start again';
  }
  if (code === 'EDQUOT') return 'your disk quota is used up: free some space and start again';
  if (code === 'EROFS') return 'the file system is read-only';
  const text = err instanceof Error ? err.message : String(err);
  return text.split('\n')[0] ?? 'unknown reason';
}
