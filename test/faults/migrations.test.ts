import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import type { Db, Document } from 'mongodb';
import { loadMigrations, migrate } from '../../server/db/migrate.ts';
import { freshTestApp, stopTestApp, testApp } from '../support/app.ts';
import { startCommand } from '../support/command.ts';
import { freshDatabase } from '../support/mongod.ts';
import type { TestDatabase } from '../support/mongod.ts';
import { environment } from '../support/processes.ts';
import { createPlace } from '../feature/walls/place.ts';

/** Rows of a place as the present release stores them, by collection. */
type Rows = Map<string, Document[]>;

/** What later migrations fill in: an old row lacks it. */
const FILLED: Readonly<Record<string, (row: Document) => Document>> = {
  hoursrecords: ({ servedFrom: _from, servedTo: _to, ...row }) => row,
  certificates: ({ draft: _draft, unitId: _unit, ...row }) => row,
  people: ({ consents, ...row }) => ({
    ...row,
    consents: (consents as Document[]).map(({ how: _how, recordedBy: _by, ...consent }) => consent),
  }),
};

/** Migrations are killed at any point and run again until they are done: the end is the same as if nothing had happened (F-35). */
describe('a migration killed half-way', function () {
  this.timeout(240_000);
  let client: MongoClient;
  let rows: Rows;
  const databases: TestDatabase[] = [];

  before(async () => {
    const app = await freshTestApp();
    await createPlace('旧');
    client = await new MongoClient(app.mongodbUri).connect();
    rows = await rowsOf(client.db());
    await client.close();
  });
  after(async () => {
    await Promise.all(databases.map((database) => database.drop()));
    await stopTestApp();
  });

  /** A database as an old release left it: its collections and indexes, and rows without what came later. */
  async function oldDatabase(): Promise<TestDatabase> {
    const database = await freshDatabase();
    databases.push(database);
    await migrate(database.migrateUri, () => undefined, (await loadMigrations()).slice(0, 1));
    await on(database, async (db) => {
      const present = new Set(
        (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name),
      );
      for (const [name, all] of rows)
        if (present.has(name) && all.length > 0)
          await db.collection(name).insertMany(all.map((row) => FILLED[name]?.(row) ?? row));
    });
    return database;
  }

  async function on<T>({ uri, name }: TestDatabase, work: (db: Db) => Promise<T>): Promise<T> {
    const own = await new MongoClient(uri).connect();
    try {
      return await work(own.db(name));
    } finally {
      await own.close();
    }
  }

  /** Migrates in a process of its own, which is killed after so many packets; says whether it got to its end. */
  async function migrateUntil(
    database: TestDatabase,
    packets: number,
  ): Promise<{ done: boolean; sent: number }> {
    const child = startCommand(['--import', './test/support/die-after.ts', 'test/support/migrate-alone.ts'], {
      ...(await environment()),
      MIGRATE_MONGODB_URI: database.migrateUri,
      LINLI_DIE_AFTER: String(packets),
    });
    const code = await child.ended;
    expect(code, child.stderr()).to.be.oneOf([0, 'SIGKILL']);
    // The lock of a killed one runs out by itself within a minute; that is not waited for here.
    await on(database, (db) => db.collection('migration_locks').deleteMany({}));
    return { done: code === 0, sent: Number(/sent (\d+)/.exec(child.stderr())?.[1] ?? 0) };
  }

  it('is run again until it is done, on a database full of old rows, and ends as if nothing had happened', async () => {
    const whole = await oldDatabase();
    const { sent } = await migrateUntil(whole, Infinity);
    const expected = await on(whole, everything);
    expect(sent).to.be.above(30);
    const broken = await oldDatabase();
    let kills = 0;
    // What every process sends before it migrates anything.
    const greeting = (await migrateUntil(whole, Infinity)).sent;
    for (let packets = greeting; ; packets += 2) {
      if ((await migrateUntil(broken, packets)).done) break;
      kills += 1;
    }
    expect(kills).to.be.at.least(10);
    expect(await on(broken, everything)).to.deep.equal(expected);
    const old = await on(broken, (db) => db.collection('hoursrecords').findOne({}));
    expect(old).to.have.property('servedFrom');
  });

  it('is the very first one too, on an empty database', async () => {
    const whole = await freshDatabase();
    const broken = await freshDatabase();
    databases.push(whole, broken);
    await migrateUntil(whole, Infinity);
    const greeting = (await migrateUntil(whole, Infinity)).sent;
    for (const more of [2, 9, 20, 40])
      expect((await migrateUntil(broken, greeting + more)).done, `after ${more} packets`).to.equal(false);
    expect((await migrateUntil(broken, Infinity)).done).to.equal(true);
    expect(await on(broken, everything)).to.deep.equal(await on(whole, everything));
  });

  it('leaves a database on which the application starts', async () => {
    expect((await fetch(`${(await testApp()).url}/readyz`)).status).to.equal(200);
  });
});

async function rowsOf(db: Db): Promise<Rows> {
  const found: Rows = new Map();
  for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray())
    if (!/^(migrations|migration_locks|sessions|rate_limits|agenda_|system\.)/.test(name))
      found.set(name, await db.collection(name).find({}).toArray());
  return found;
}

/** Collections, their indexes and rows; the order in which indexes were made does not matter. */
async function everything(db: Db): Promise<Record<string, unknown>> {
  const rows = await rowsOf(db);
  const result: Record<string, unknown> = {};
  for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray()) {
    if (/^(migration_locks|system\.)/.test(name)) continue;
    const indexes = await db.collection(name).indexes();
    result[name] = {
      indexes: indexes.map((index) => JSON.stringify(index)).sort(),
      rows: (rows.get(name) ?? []).map((row) => JSON.stringify(row)).sort(),
    };
  }
  return result;
}
