import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { loadOnce } from '../../scripts/first-start.ts';
import { freshDatabase } from '../support/mongod.ts';
import type { TestDatabase } from '../support/mongod.ts';

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

  it('never comes into a database that somebody uses already', async () => {
    await client.db().collection<{ _id: string }>('tenants').insertOne({ _id: 'own' });
    expect(await loadOnce(database.migrateUri, load)).to.equal(false);
    expect(await tenants()).to.equal(1);
  });
});
