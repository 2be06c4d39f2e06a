import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { loadOnce } from '../../scripts/first-start.ts';
import { startCommand } from '../support/command.ts';
import { freshDatabase } from '../support/mongod.ts';
import type { TestDatabase } from '../support/mongod.ts';
import { temporaryFolder } from '../support/temporary.ts';

describe('The demo place of the first start', () => {
  let database: TestDatabase;
  let client: MongoClient;
  const tenants = (): Promise<number> => client.db().collection('tenants').countDocuments();
  const load = async (): Promise<void> => {
    await client
      .db()
      .collection<{ _id: string }>('tenants')
      .insertMany([{ _id: 'a' }, { _id: 'b' }]);
  };
  beforeEach(async () => {
    database = await freshDatabase();
    client = await new MongoClient(database.uri).connect();
  });
  afterEach(async () => {
    await client.close();
    await database.drop();
  });

  it('is loaded once', async () => {
    expect(await loadOnce(database.migrateUri, load)).to.equal(true);
    expect(await loadOnce(database.migrateUri, load)).to.equal(false);
    expect(await tenants()).to.equal(2);
  });

  it('is begun again, from nothing, when loading it was interrupted', async () => {
    const interrupted = async (): Promise<void> => {
      await client.db().collection<{ _id: string }>('tenants').insertOne({ _id: 'a' });
      throw new Error('killed');
    };
    const failure = await loadOnce(database.migrateUri, interrupted).catch((err: unknown) => String(err));
    expect(failure).to.include('killed');
    expect(await loadOnce(database.migrateUri, load)).to.equal(true);
    expect(await tenants()).to.equal(2);
  });

  it('of another size holds every invariant, and is not put on top of anything', async () => {
    const env = { LINLI_DATA: temporaryFolder(), MONGODB_URI: database.uri };
    const seed = ['scripts/seed.ts', 'scale', '--volunteers', '150', '--requests', '20'];
    const first = startCommand(seed, env);
    expect(await first.ended, first.stderr()).to.equal(0);
    expect(JSON.parse(first.stdout().split('\n')[0]!)).to.include({ people: 150, requests: 20 });
    expect(await client.db().collection('ledgerentries').countDocuments()).to.be.above(20);
    expect(await client.db().collection('outboxmessages').countDocuments()).to.equal(0);
    const again = startCommand(seed, env);
    const verify = startCommand(['scripts/verify.ts', '--json'], env);
    expect(await again.ended).to.equal(1);
    expect(again.stderr()).to.include('This database is not empty');
    expect(await verify.ended, verify.stdout()).to.equal(0);
  }).timeout(60_000);

  it('never comes into a database that somebody uses already', async () => {
    await client.db().collection<{ _id: string }>('tenants').insertOne({ _id: 'own' });
    expect(await loadOnce(database.migrateUri, load)).to.equal(false);
    expect(await tenants()).to.equal(1);
  });
});
