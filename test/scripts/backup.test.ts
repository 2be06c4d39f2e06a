import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { assertWhole, backup, readBackup, restore } from '../../server/db/backup.ts';
import { loadMigrations } from '../../server/db/migrate.ts';
import { createServed } from '../factories/hours.ts';
import { createMember, createTenant } from '../factories/people.ts';
import { startCommand } from '../support/command.ts';
import { freshDatabase, testDatabase } from '../support/mongod.ts';
import { temporaryFolder } from '../support/temporary.ts';

const known = async (): Promise<string[]> => (await loadMigrations()).map(({ name }) => name);
interface Told {
  readonly violations: number;
  readonly samples: readonly string[];
}
const messageOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (err: unknown) => String(err),
  );

describe('npm run backup and restore', function () {
  this.timeout(120_000);

  /** A place with posted hours, and a data folder with keys. */
  async function used() {
    const tenant = await createTenant();
    const volunteer = await createMember(tenant);
    const id = await createServed(tenant, volunteer);
    await (await (await createMember(tenant, { roles: ['coordinator'] })).api()).post(`/hours/${id}/approve`);
    const folder = temporaryFolder();
    const data = join(folder, 'data');
    mkdirSync(join(data, 'keys', 'certificates'), { recursive: true });
    writeFileSync(join(data, 'keys', 'master.secret'), 'a secret');
    writeFileSync(join(data, 'keys', 'database.json'), 'of the server');
    writeFileSync(join(data, 'keys', 'certificates', '0001.key.json'), 'a key');
    return { folder, data, database: await testDatabase(), tenant, volunteer };
  }
  const run = (script: string, args: string[], uri: string, data: string) =>
    startCommand([`scripts/${script}.ts`, ...args], { NODE_ENV: 'test', LINLI_DATA: data, MONGODB_URI: uri });

  it('bring everything back: rows, indexes, invariants, keys apart', async () => {
    const { folder, data, database, volunteer } = await used();
    const copy = join(folder, 'copy');
    const made = run('backup', [copy], database.uri, data);
    expect(await made.ended, made.stderr()).to.equal(0);
    const told = JSON.parse(made.stdout()) as { documents: number; checksum: string; keys: number };
    expect(told.keys).to.equal(2);
    expect((await readBackup(copy)).checksum).to.equal(told.checksum);
    expect(readFileSync(join(`${copy}.keys`, 'certificates', '0001.key.json'), 'utf8')).to.equal('a key');
    const empty = await freshDatabase();
    const other = join(folder, 'other');
    const back = run('restore', [copy], empty.uri, other);
    expect(await back.ended, back.stderr()).to.equal(0);
    expect(JSON.parse(back.stdout())).to.include({
      documents: told.documents,
      checksum: told.checksum,
      keys: 2,
    });
    expect(readFileSync(join(other, 'keys', 'master.secret'), 'utf8')).to.equal('a secret');
    const client = await new MongoClient(empty.uri).connect();
    const original = await new MongoClient(database.uri).connect();
    try {
      const person = await client.db().collection('people').findOne({ name: volunteer.name });
      expect(person).to.not.equal(null);
      for (const { name } of await original.db().listCollections({ type: 'collection' }).toArray()) {
        if (name.startsWith('system.') || ['migration_locks', 'restores'].includes(name)) continue;
        const indexes = async (db: MongoClient) =>
          (await db.db().collection(name).indexes()).map((index) => JSON.stringify(index)).sort();
        expect(await indexes(client), name).to.deep.equal(await indexes(original));
      }
    } finally {
      await Promise.all([client.close(), original.close()]);
    }
    // Byte for byte the same rows: types, order of fields, nothing added.
    const second = await backup(empty.uri, join(folder, 'again'));
    expect(second.checksum).to.equal(told.checksum);
    // What `npm run verify` finds is the same on both; factories do not keep every invariant.
    const checks = async (uri: string, name: string): Promise<unknown> => {
      const verify = run('verify', ['--json'], uri, join(folder, name));
      await verify.ended;
      const { checks: told } = JSON.parse(verify.stdout()) as { checks: Told[] };
      // The rows come in another order here and there: of many violations, others are the first few.
      return told.map(({ samples, ...check }) => ({
        ...check,
        samples: check.violations > samples.length ? null : [...samples].sort(),
      }));
    };
    expect(await checks(empty.uri, 'verify')).to.deep.equal(await checks(database.uri, 'verify-original'));
  });

  it('refuse a folder or database in use, other keys, and a running Linli’s half', async () => {
    const { folder, data, database } = await used();
    const copy = join(folder, 'copy');
    await backup(database.uri, copy);
    expect(await messageOf(backup(database.uri, copy))).to.include('is not empty');
    expect(await messageOf(restore(database.uri, copy, await known()))).to.include('holds data already');
    const keys = join(folder, 'keys');
    mkdirSync(keys);
    writeFileSync(join(keys, 'master.secret'), 'another secret');
    const empty = await freshDatabase();
    const clash = run('restore', [copy, '--keys', keys], empty.uri, data);
    expect(await clash.ended).to.equal(1);
    expect(clash.stderr()).to.include('is another key than the copy');
    const none = run('restore', [copy], empty.uri, data);
    expect(await none.ended).to.equal(1);
    expect(none.stderr()).to.include('There are no keys');
    expect(await messageOf(restore(empty.uri, copy, []))).to.include('newer release');
  });

  it('find every damage before anything is written, and begin a cut-off restore anew', async () => {
    const { folder, database } = await used();
    const copy = join(folder, 'copy');
    await backup(database.uri, copy);
    const empty = await freshDatabase();
    const damage = async (file: string, change: (bytes: Buffer) => Buffer): Promise<string> => {
      const path = join(copy, file);
      copyFileSync(path, `${path}.whole`);
      writeFileSync(path, change(readFileSync(path)));
      const said = await messageOf(restore(empty.uri, copy, await known()));
      copyFileSync(`${path}.whole`, path);
      return said;
    };
    expect(await damage('people.bson.gz', (bytes) => bytes.subarray(0, bytes.length - 20))).to.include(
      'damaged',
    );
    expect(await damage('people.bson.gz', () => readFileSync(join(copy, 'units.bson.gz')))).to.include(
      'not what was copied',
    );
    expect(
      await damage('manifest.json', (bytes) =>
        Buffer.from(bytes.toString().replace(/"sha256": "./, '"sha256": "x')),
      ),
    ).to.include('checksum');
    const client = await new MongoClient(empty.uri).connect();
    try {
      expect(await client.db().listCollections({ name: 'people' }).toArray()).to.deep.equal([]);
      // What a kill half-way leaves behind.
      await client.db().collection('people').insertOne({ name: 'half' });
      await client
        .db()
        .collection<{ _id: string; state: string }>('restores')
        .insertOne({ _id: 'restore', state: 'running' });
      expect(await messageOf(assertWhole(empty.uri))).to.include('did not arrive whole');
      await restore(empty.uri, copy, await known());
      expect(await messageOf(assertWhole(empty.uri))).to.equal('done');
      expect(await client.db().collection('people').findOne({ name: 'half' })).to.equal(null);
    } finally {
      await client.close();
    }
  });
});
