import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine } from '../../server/db/embedded/processes.ts';

/** The processes whose arguments name the database of a data folder: our mongod and its watchdog. */
export function databaseProcesses(dataDir: string): { mongod: number[]; watchdog: number[] } {
  const found = { mongod: [] as number[], watchdog: [] as number[] };
  for (const entry of readdirSync('/proc')) {
    const args = /^\d+$/.test(entry) ? commandLine(Number(entry)) : [];
    if (!args.includes(join(dataDir, 'database'))) continue;
    (args.includes('linli-watchdog') ? found.watchdog : found.mongod).push(Number(entry));
  }
  return found;
}

/**
 * Seconds of processor time that running processes have used so far: how long something takes on a machine of its own,
 * however busy this one is with other tests.
 */
export function secondsOf(...pids: readonly (number | undefined)[]): number {
  const ticks = pids.map((pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name may hold spaces and brackets; the fields after the last bracket are safe to split.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, own) => sum + own, 0) / TICKS_A_SECOND;
}

/** The unit of Linux's /proc on every machine that Node runs on. */
const TICKS_A_SECOND = 100;
