import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TestResult } from './results.ts';
import type { FromWorker, ToWorker } from './worker.ts';

export interface FileOutcome {
  readonly file: string;
  readonly ms: number;
  /** Of the test's own process alone; null when that did not live to tell. */
  readonly processorMs: number | null;
  readonly results: readonly TestResult[];
}

export interface RunOptions {
  readonly workers: number;
  readonly grep: string | null;
  readonly env: NodeJS.ProcessEnv;
  /** A file that tells nothing for this long is ended and counted as failed. */
  readonly silenceMs: number;
  readonly onFile: (outcome: FileOutcome) => void;
}

/** A run of spec files over a few processes. */
export interface FileRun {
  readonly done: Promise<void>;
  /** Files being run at the moment, with their age in milliseconds. */
  running(): { file: string; ms: number }[];
  /** Ends all processes; `done` then resolves. */
  abort(): void;
}

interface Slot {
  child: ChildProcess | null;
  file: string | null;
  startedAt: number;
}

/** A process of tests that was told to end has this long to end what its tests started. */
const END_MS = 2_000;

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));

/**
 * Runs the files, each in the next free process: the first takes them from the front, the others from the end. A process that dies or stands still costs the file
 * it was at, which fails with the reason; a fresh process goes on with the next.
 */
export function runFiles(files: readonly string[], options: RunOptions): FileRun {
  const queue = [...files];
  const slots: Slot[] = Array.from({ length: options.workers }, () => ({
    child: null,
    file: null,
    startedAt: 0,
  }));
  let aborted = false;
  const work = async (slot: Slot, number: number): Promise<void> => {
    const next = (): string | undefined => (number === 0 ? queue.shift() : queue.pop());
    for (let file = next(); file !== undefined && !aborted; file = next()) {
      slot.child ??= fork(WORKER, [], {
        env: { ...options.env, LINLI_TEST_WORKER: String(number) },
        execArgv: process.execArgv,
      });
      slot.file = file;
      slot.startedAt = performance.now();
      const outcome = await runOne(slot, file, options);
      slot.file = null;
      if (!aborted) options.onFile(outcome);
    }
    slot.child?.disconnect();
  };
  return {
    done: Promise.all(slots.map(work)).then(() => undefined),
    running: () =>
      slots.flatMap(({ file, startedAt }) =>
        file === null ? [] : [{ file, ms: performance.now() - startedAt }],
      ),
    abort() {
      aborted = true;
      for (const { child } of slots) if (child) end(child);
    },
  };
}

/** Without its channel a process ends by itself, and ends the processes that its tests started; killed, it leaves them behind. */
function end(child: ChildProcess): void {
  if (child.connected) child.disconnect();
  const force = setTimeout(() => child.kill('SIGKILL'), END_MS);
  child.once('exit', () => clearTimeout(force));
}

function runOne(slot: Slot, file: string, { grep, silenceMs }: RunOptions): Promise<FileOutcome> {
  const child = slot.child;
  if (!child) throw new Error('No process for the file');
  const results: TestResult[] = [];
  return new Promise((resolve) => {
    let reason = '';
    const expire = (): void => {
      reason = `It told nothing for ${Math.round(silenceMs / 1000)} s and was ended.`;
      end(child);
    };
    let silence = setTimeout(expire, silenceMs);
    const finish = (fault: TestResult | null, processorMs: number | null = null): void => {
      clearTimeout(silence);
      child.off('message', onMessage).off('exit', onExit);
      if (fault) results.push(fault);
      resolve({ file, ms: Math.round(performance.now() - slot.startedAt), processorMs, results });
    };
    const onExit = (code: number | null, signal: string | null): void => {
      slot.child = null;
      finish(died(reason || `Its process ended (${signal ?? `code ${code}`}) before the file was done.`));
    };
    const onMessage = (message: FromWorker): void => {
      clearTimeout(silence);
      silence = setTimeout(expire, silenceMs);
      if (message.kind === 'done') finish(null, message.processorMs);
      else results.push(message.result);
    };
    child.on('message', onMessage).on('exit', onExit);
    child.send({ file, grep } satisfies ToWorker);
  });
}

const died = (message: string): TestResult => ({
  path: [],
  title: 'the file runs to its end',
  state: 'failed',
  ms: 0,
  failure: { message, diff: null, stack: '' },
});
