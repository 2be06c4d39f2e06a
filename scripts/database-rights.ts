import { MongoClient } from 'mongodb';
import { APPEND_ONLY } from '../server/db/append-only.ts';
import { loadConfig } from '../server/config.ts';
import { StartProblem, appPrivileges, reasonOf, setAppRole } from '../server/db/embedded/index.ts';
import { failWith } from './terminal.ts';

const HELP = `npm run database-rights -- [--apply]

For a database of your own (MONGODB_URI): prints the role that the application's user should have, as a command for mongosh.
With it Linli can add to its ledger and audit trail and can neither change nor remove what is there.
--apply makes or updates that role (linliApp) as the user of MIGRATE_MONGODB_URI, who needs the right to (userAdmin).
Give the role, and no other, to the user of MONGODB_URI. Repeat after each release: the role names collections.`;

async function main(): Promise<void> {
  const { migrateUri } = loadConfig(process.env);
  if (migrateUri === null)
    throw new StartProblem('MONGODB_URI is not set; the embedded database is narrowed at every start.');
  const client = await new MongoClient(migrateUri).connect();
  try {
    const scope = { appendOnly: APPEND_ONLY };
    if (!process.argv.includes('--apply')) {
      const role = { createRole: 'linliApp', privileges: await appPrivileges(client.db(), scope), roles: [] };
      console.log(`db.runCommand(${JSON.stringify(role, null, 2)})`);
      return;
    }
    await setAppRole(client.db(), scope).catch((err: unknown) => {
      throw new StartProblem(`The role could not be set: ${reasonOf(err)}`);
    });
    console.log('The role linliApp is set.');
  } finally {
    await client.close();
  }
}

if (process.argv.includes('--help')) console.log(HELP);
else await main().catch(failWith);
