import { MongoClient } from 'mongodb';
import { openDatabase } from '../../server/db/embedded/index.ts';

/** A process that opens the database of a data folder, stores one row and stays: `node hold-database.ts FOLDER`. */
const [dataDir] = process.argv.slice(2);
if (!dataDir) throw new Error('usage: hold-database.ts FOLDER');
const database = await openDatabase({
  dataDir,
  env: process.env,
  report: (line) => process.stdout.write(`${line}\n`),
  tests: true,
}).catch((err: unknown) => {
  process.stdout.write(`${(err as Error).message}\n`);
  process.exit(3);
});
const client = await new MongoClient(database.uris.app).connect();
await client.db().collection('people').insertOne({ from: process.pid });
process.stdout.write('holding\n');
process.on('SIGTERM', () => {
  void client
    .close()
    .then(() => database.stop())
    .then(() => process.exit(0));
});
