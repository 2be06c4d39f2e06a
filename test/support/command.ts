import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './temporary.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** A command of ours, run as a process of its own. */
export interface Command {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Exit code, or the signal's name. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  /** Waits for a piece of text on stdout, a minute unless told. @throws Error with all output when the command ends or takes too long */
  says(text: string, patienceMs?: number): Promise<void>;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Ends all that still runs, without asking, and waits until it is gone. */
export async function endCommands(): Promise<void> {
  for (const child of running) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
}

/** The process that scripts/with-node.mjs started, as `npm run` does: the one that works (Linux). */
export const childOf = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);

/** Starts `node ARGS…` in the checkout; the environment is this one's with changes (undefined removes). */
export function startCommand(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  node = process.execPath,
): Command {
  const merged = { ...process.env, ...env };
  const child = spawn(node, args, { cwd: ROOT, env: merged, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  let over = false;
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('close', (code, signal) => {
      over = true;
      running.delete(child);
      resolve(code ?? signal);
    });
  });
  const all = (): string => `${output.stdout}${output.stderr}`;
  return {
    child,
    ended,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    async says(text, patienceMs = 60_000) {
      await eventually(
        `the command says "${text}"`,
        () => over || output.stdout.includes(text),
        patienceMs,
      ).catch((err: unknown) => {
        throw new Error(`${(err as Error).message}; it said:\n${all()}`, { cause: err });
      });
      if (!output.stdout.includes(text))
        throw new Error(`The command ended without "${text}"; it said:\n${all()}`);
    },
  };
}
