import { allSweeps } from '../jobs/registry.ts';
import { drainSweep } from '../jobs/sweep.ts';
import { ClaimModel, retryClaim } from '../server/db/claims.ts';
import { withServices } from './connect.ts';
import type { Session } from './connect.ts';
import { failWith } from './terminal.ts';

const HELP = `npm run jobs -- list | run NAME | dead | retry ID   [--json]

list         every sweep and how often it is woken
run NAME     runs one sweep until nothing is due
dead         rows that were given up, with the last error
retry ID     brings such a row back (ID as \`dead\` prints it)`;

const json = process.argv.includes('--json');
const show = (rows: readonly object[]): void => {
  if (json) console.log(JSON.stringify(rows, null, 2));
  else console.table(rows);
};

async function act(words: readonly string[], { services }: Session): Promise<number> {
  const sweeps = allSweeps(services);
  switch (words[0] ?? '') {
    case 'list':
      show(sweeps.map(({ name, everyMs, leaseMs, batch }) => ({ name, everyMs, leaseMs, batch })));
      return 0;
    case 'run': {
      const sweep = sweeps.find(({ name }) => name === words[1]);
      if (!sweep)
        throw new Error(`No sweep ${words[1] ?? ''}; there are ${sweeps.map(({ name }) => name).join(', ')}`);
      const result = await drainSweep(sweep);
      show([{ name: sweep.name, ...result }]);
      return result.failed + result.dead === 0 ? 0 : 1;
    }
    case 'dead': {
      const rows = await ClaimModel.find({ dead: true }).sort({ nextAt: -1 }).limit(200).lean();
      show(rows.map((row) => ({ id: row._id, attempts: row.attempts, lastError: row.lastError })));
      return 0;
    }
    case 'retry': {
      const found = await retryClaim(words[1] ?? '');
      console.log(found ? `${words[1] ?? ''} will be tried again` : `No such row: ${words[1] ?? ''}`);
      return found ? 0 : 1;
    }
    default:
      console.error(HELP);
      return 2;
  }
}

const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
if (process.argv.includes('--help')) console.log(HELP);
else process.exitCode = await withServices('jobs', (session) => act(words, session)).catch(failWith);
