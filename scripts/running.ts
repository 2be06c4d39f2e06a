import { logger } from '../server/core/logger.ts';
import { onStop, say, tell } from './terminal.ts';

/** Something that was started and must be stopped. */
export interface Part {
  readonly name: string;
  /** How long it may take; 20 seconds unless told otherwise. */
  readonly stopMs?: number;
  stop(): Promise<void>;
}

/** A part that takes longer is left to itself; the next one must still be stopped in order. */
const PART_MS = 20_000;
const STOP_MS = 90_000;

/**
 * The parts of a start, in the order in which they were added; they are stopped in the opposite order. A signal that
 * comes while the start is still under way stops what there is by then.
 */
export interface Running {
  add(part: Part): void;
  /** Whether a stop is under way; what fails from then on fails because of it. */
  isEnding(): boolean;
  /** Stops everything and ends the process. Each part has its time, or the given milliseconds when less is worth waiting. */
  end(code: number, partMs?: number): Promise<never>;
}

async function inTime(part: Part, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('not in time')), ms);
  });
  await Promise.race([part.stop(), late]).finally(() => clearTimeout(timer));
}

/** After an error that nobody caught nothing is certain: requests under way may finish, more is not waited for. */
const AFTER_ERROR_MS = 12_000;

/** Begins a start: from here on a signal ends it in order, and so does an error that nobody caught, with code 1 (F-28). */
export function beginStart(): Running {
  const parts: Part[] = [];
  let ending: Promise<never> | null = null;
  let outcome = 0;
  const endInOrder = async (partMs?: number): Promise<never> => {
    setTimeout(() => {
      process.stderr.write(`Not everything ended within ${STOP_MS / 1000} s; giving up.\n`);
      process.exit(1);
    }, STOP_MS).unref();
    for (const part of parts.reverse()) {
      await inTime(part, partMs ?? part.stopMs ?? PART_MS).catch((err: unknown) => {
        outcome = 1;
        process.stderr.write(`${part.name} did not stop cleanly: ${String(err)}\n`);
      });
    }
    process.exit(outcome);
  };
  const end: Running['end'] = (code, partMs) => {
    outcome = Math.max(outcome, code);
    return (ending ??= endInOrder(partMs));
  };
  process.on('uncaughtException', (err) => {
    logger.fatal({ err }, 'an error that nobody caught; the process ends');
    tell(err);
    void end(1, AFTER_ERROR_MS);
  });
  onStop((why) => {
    say(`Stopping (${why}) …`);
    void end(0);
  });
  return {
    add(part) {
      // The stop had begun before this part was ready: it is stopped as soon as it is.
      if (ending) void part.stop();
      else parts.push(part);
    },
    isEnding: () => ending !== null,
    end,
  };
}
