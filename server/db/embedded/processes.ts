import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * A process as it can be recognised later: numbers are used again, a number with its start time is not.
 * `space` names the boot and the pid namespace in which the number means anything.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startedAt: string;
  readonly space: string;
}

/**
 * When the process with this number started, in the system's own unit; null when there is none. A zombie counts as
 * none: it holds nothing any more, it only waits for its parent.
 */
export function startOf(pid: number): string | null {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The command name may hold spaces and brackets; the fields after the last bracket are safe to split.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
    } catch {
      return null;
    }
  }
  return posix(['-o', 'lstart=', '-p', String(pid)]);
}

/** The arguments of a running process; empty when it is gone or not ours to read. */
export function commandLine(pid: number): string[] {
  if (process.platform === 'linux') {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
    } catch {
      return [];
    }
  }
  return posix(['-o', 'command=', '-p', String(pid)])?.split(' ') ?? [];
}

function posix(args: string[]): string | null {
  try {
    return execFileSync('ps', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() || null;
  } catch {
    return null;
  }
}

/** Where process numbers of this process are valid: boot and pid namespace. */
function processSpace(): string {
  if (process.platform !== 'linux') return process.platform;
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return `${boot}/${readlinkSync('/proc/self/ns/pid')}`;
}

export function identityOf(pid: number): ProcessIdentity | null {
  const startedAt = startOf(pid);
  return startedAt === null ? null : { pid, startedAt, space: processSpace() };
}

/** Whether exactly this process still runs; false for one of another boot or another container. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identity.space === processSpace() && startOf(identity.pid) === identity.startedAt;
}

/** Sends a signal; a process that is already gone is what was wanted. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ESRCH') throw err;
  }
}

/** Waits until the process is gone; false when it still runs after the time. */
export async function hasEnded(identity: ProcessIdentity, withinMs: number): Promise<boolean> {
  const until = performance.now() + withinMs;
  while (isRunning(identity)) {
    if (performance.now() > until) return false;
    await delay(20);
  }
  return true;
}

/** Ends a process in order, and by force when it does not follow within the time. */
export async function end(identity: ProcessIdentity, graceMs: number): Promise<void> {
  if (!isRunning(identity)) return;
  signal(identity.pid, 'SIGTERM');
  if (await hasEnded(identity, graceMs)) return;
  signal(identity.pid, 'SIGKILL');
  await hasEnded(identity, 5_000);
}
