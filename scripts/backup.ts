import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig } from '../server/config.ts';
import { backup } from '../server/db/backup.ts';
import { StartProblem, withProgress } from '../server/db/embedded/index.ts';
import { withAddresses } from './connect.ts';
import { copyKeys } from './key-copy.ts';
import { failWith } from './terminal.ts';

const HELP = `npm run backup -- DIR [--keys DIR]

Copies the whole database, as of one instant, into the new folder DIR; Linli may go on running meanwhile. The keys are
copied apart, into DIR.keys or the folder named by --keys: keep them in another place, for whoever has both can sign.
Prints the counts and a checksum.`;

const report = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { keys: { type: 'string' } },
  });
  const [dir] = positionals;
  if (dir === undefined || positionals.length > 1) throw new StartProblem(HELP);
  const folder = resolve(dir);
  const keys = resolve(values.keys ?? `${folder}.keys`);
  if (existsSync(keys) && readdirSync(keys).length > 0)
    throw new StartProblem(`${keys} is not empty: name a new folder for the keys with --keys.`);
  const config = loadConfig(process.env);
  const result = await withAddresses(config, ({ backup: uri }) =>
    withProgress(report, 'copying', backup(uri, folder, report)),
  );
  const files = copyKeys(join(config.dataDir, 'keys'), keys);
  report(`Copied to ${folder}; ${files} key file(s) to ${keys}. Keep the keys in another place.`);
  console.log(JSON.stringify({ ...result, keys: files }));
}

if (process.argv.includes('--help')) console.log(HELP);
else await main().catch(failWith);
