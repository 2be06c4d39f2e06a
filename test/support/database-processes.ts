import { readdirSync } from 'node:fs';
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
