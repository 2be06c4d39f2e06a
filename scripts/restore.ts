import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig } from '../server/config.ts';
import { restore } from '../server/db/backup.ts';
import { findRunning } from '../server/db/embedded/attach.ts';
import { StartProblem, withProgress } from '../server/db/embedded/index.ts';
import { loadMigrations, migrate } from '../server/db/migrate.ts';
import { withAddresses } from './connect.ts';
import { assertKeysFit, restoreKeys } from './key-copy.ts';
import { failWith } from './terminal.ts';

const HELP = `npm run restore -- DIR [--keys DIR | --without-keys]

Puts a copy made by npm run backup into an empty database (a new LINLI_DATA, or MONGODB_URI) and its keys, from DIR.keys or
the folder named by --keys, into LINLI_DATA/keys. Every file is checked first; a run that was cut off is simply run again.
Prints the counts and the checksum.`;

const report = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { keys: { type: 'string' }, 'without-keys': { type: 'boolean', default: false } },
  });
  const [dir] = positionals;
  if (dir === undefined || positionals.length > 1) throw new StartProblem(HELP);
  const folder = resolve(dir);
  const config = loadConfig(process.env);
  const keys = values['without-keys'] ? null : resolve(values.keys ?? `${folder}.keys`);
  const own = join(config.dataDir, 'keys');
  if (keys !== null) {
    if (!existsSync(keys))
      throw new StartProblem(
        `There are no keys in ${keys}: name their folder with --keys, or say --without-keys.`,
      );
    assertKeysFit(keys, own);
  }
  if (config.mongodbUri === null && (await findRunning(config.dataDir, process.env)))
    throw new StartProblem(`Linli runs on ${config.dataDir}: stop it, or name another LINLI_DATA.`);
  const known = (await loadMigrations()).map(({ name }) => name);
  const result = await withAddresses(config, async ({ migrate: uri }) => {
    const restored = await withProgress(report, 'restoring', restore(uri, folder, known, report));
    await migrate(uri, report);
    return restored;
  });
  const files = keys === null ? 0 : restoreKeys(keys, own);
  report(`Restored ${result.documents} rows and ${files} key file(s). Check it with: npm run verify`);
  console.log(JSON.stringify({ ...result, keys: files }));
}

if (process.argv.includes('--help')) console.log(HELP);
else await main().catch(failWith);
