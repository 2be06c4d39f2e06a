import { acrossTenants } from '../server/core/context.ts';
import { database } from '../server/db/connect.ts';
import { allChecks, runChecks } from '../server/verify/index.ts';
import { withServices } from './connect.ts';
import { failWith } from './terminal.ts';

const HELP = `npm run verify -- [--json]

Checks every invariant over the whole database, read-only, and exits 1 when one does not hold.
--json prints {ok, checks: [{name, examined, violations, samples}]}.`;

async function main(): Promise<number> {
  const { ok, checks } = await withServices('verify', ({ composed }) =>
    acrossTenants('verify: every invariant', () => runChecks(allChecks(database(), composed.invariants))),
  );
  if (process.argv.includes('--json')) console.log(JSON.stringify({ ok, checks }, null, 2));
  else {
    for (const { name, examined, violations, samples } of checks) {
      console.log(
        `${violations === 0 ? 'holds ' : 'BROKEN'}  ${name.padEnd(34)} ${String(examined).padStart(8)} examined  ${violations} violations`,
      );
      for (const sample of samples) console.log(`          ${sample}`);
    }
    console.log(ok ? 'All invariants hold.' : 'Some invariants do not hold.');
  }
  return ok ? 0 : 1;
}

if (process.argv.includes('--help')) console.log(HELP);
else process.exitCode = await main().catch(failWith);
