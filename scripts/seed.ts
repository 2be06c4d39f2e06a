import { parseArgs } from 'node:util';
import { seedPlace } from './place.ts';
import { printSignIns } from './first-start.ts';
import { withServices } from './connect.ts';
import { failWith } from './terminal.ts';

const HELP = `npm run seed -- demo
npm run seed -- scale --volunteers N --requests N [--seed S]

Loads generated people and work into an EMPTY database: the demo place (3,000 people, 40 requests), or a place of another
size. The same seed gives the same place; passwords are made anew and kept in first-sign-in.json in the data folder.`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      volunteers: { type: 'string' },
      requests: { type: 'string' },
      seed: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const [kind] = positionals;
  if (values.help || (kind !== 'demo' && kind !== 'scale')) {
    console.log(HELP);
    return values.help ? 0 : 2;
  }
  const size =
    kind === 'demo'
      ? {}
      : { people: whole('volunteers', values.volunteers), requests: whole('requests', values.requests) };
  const seed = values.seed === undefined ? {} : { seed: whole('seed', values.seed) };
  const { counts, dataDir } = await withServices('seed', async (session) => ({
    counts: await seedPlace(session, {
      ...size,
      ...seed,
      report: (line) => process.stderr.write(`${line}\n`),
    }),
    dataDir: session.config.dataDir,
  }));
  console.log(JSON.stringify(counts));
  printSignIns(dataDir);
  return 0;
}

function whole(name: string, text: string | undefined): number {
  if (text === undefined || !/^\d{1,8}$/.test(text)) throw new Error(`--${name} needs a whole number`);
  return Number(text);
}

process.exitCode = await main().catch(failWith);
