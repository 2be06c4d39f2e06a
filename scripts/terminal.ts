import { ConfigError } from '../server/config.ts';
import { StartProblem } from '../server/db/embedded/index.ts';

/** One line for the person at the terminal. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Tells what stands in the way and the way out, without a stack where the cause is known. */
export function tell(err: unknown): void {
  process.stderr.write(`\n${explain(err)}\n`);
}

/** Tells it and ends the process with code 1. */
export function failWith(err: unknown): never {
  tell(err);
  process.exit(1);
}

function explain(err: unknown): string {
  if (err instanceof ConfigError || err instanceof StartProblem) return err.message;
  const { code } = err as NodeJS.ErrnoException;
  if (code === 'ENOSPC') return 'The disk is full: free some space and start again.';
  return err instanceof Error ? (err.stack ?? err.message) : String(err);
}

/** npm, the wrapper and the terminal may each pass on the same Ctrl-C: what comes this soon is the first one again. */
const SAME_SIGNAL_MS = 500;

/**
 * Calls `stop` on the first wish to end: a signal, or the end of the process that started this one. A second wish ends
 * the process at once; what the embedded database needs then, its watchdog does.
 */
export function onStop(stop: (why: string) => void): void {
  let firstAt: number | null = null;
  const wish = (why: string): void => {
    if (firstAt === null) {
      firstAt = performance.now();
      stop(why);
    } else if (performance.now() - firstAt > SAME_SIGNAL_MS) {
      process.stderr.write('Ended at once.\n');
      process.exit(130);
    }
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => wish(name));
  if (process.connected) {
    process.once('disconnect', () => wish('the starting command has ended'));
    // Listening must not keep the process alive.
    process.channel?.unref();
  }
}
