import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { changeableOf } from '../../server/db/embedded/index.ts';
import { freshDatabase } from '../support/mongod.ts';
import type { TestDatabase } from '../support/mongod.ts';

const refusal = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'allowed',
    (err: unknown) => (err as { codeName?: string }).codeName ?? String(err),
  );

describe("The application's user of the embedded database", () => {
  let database: TestDatabase;
  let app: MongoClient;
  before(async () => {
    database = await freshDatabase();
    const migrate = await new MongoClient(database.migrateUri).connect();
    await migrate.db().createCollection('people');
    await migrate.db().createCollection('ledger');
    await migrate
      .db()
      .collection('people')
      .createIndexes([{ key: { name: 1 } }]);
    await migrate.close();
    app = await new MongoClient(await database.appUri({ appendOnly: ['ledger'] })).connect();
  });
  after(async () => {
    await app.close();
    await database.drop();
  });

  it('reads, adds, changes and removes rows, in transactions too', async () => {
    const people = app.db().collection('people');
    await app.withSession((session) =>
      session.withTransaction(async () => {
        await people.insertOne({ name: 'a' }, { session });
        await people.updateOne({ name: 'a' }, { $set: { name: 'b' } }, { session });
      }),
    );
    expect(await people.countDocuments({ name: 'b' })).to.equal(1);
    expect((await people.deleteOne({ name: 'b' })).deletedCount).to.equal(1);
  });

  it('may not drop or create collections, indexes or users', async () => {
    const db = app.db();
    expect(await refusal(db.collection('people').drop())).to.equal('Unauthorized');
    expect(await refusal(db.dropDatabase())).to.equal('Unauthorized');
    expect(await refusal(db.collection('people').createIndexes([{ key: { x: 1 } }]))).to.equal(
      'Unauthorized',
    );
    expect(await refusal(db.collection('people').dropIndex('name_1'))).to.equal('Unauthorized');
    expect(await refusal(db.command({ createUser: 'x', pwd: 'x', roles: [] }))).to.equal('Unauthorized');
    expect(await refusal(db.command({ collMod: 'people', validator: {} }))).to.equal('Unauthorized');
  });

  it('adds to the ledger and can neither change nor remove what is there', async () => {
    const ledger = app.db().collection('ledger');
    await ledger.insertOne({ minutes: 60 });
    expect(await refusal(ledger.updateOne({}, { $set: { minutes: 61 } }))).to.equal('Unauthorized');
    expect(await refusal(ledger.deleteMany({}))).to.equal('Unauthorized');
    expect(await refusal(ledger.findOneAndReplace({}, { minutes: 1 }))).to.equal('Unauthorized');
    expect(await ledger.countDocuments({ minutes: 60 })).to.equal(1);
  });

  it('is found out when it may change what may only be added to', async () => {
    const appendOnly = ['ledger', 'people'];
    expect(await changeableOf(app.db(), appendOnly)).to.deep.equal(['people']);
    const operator = await new MongoClient(database.uri).connect();
    expect(await changeableOf(operator.db(), appendOnly)).to.deep.equal(appendOnly);
    await operator.close();
  });

  it('reaches no other database', async () => {
    expect(await refusal(app.db('admin').collection('x').findOne({}))).to.equal('Unauthorized');
    expect(await refusal(app.db('other').collection('x').insertOne({}))).to.equal('Unauthorized');
  });

  it('follows change streams, which wake the sweeps', async () => {
    const stream = app.db().collection('people').watch();
    const next = stream.next();
    await app.db().collection('people').insertOne({ name: 'seen' });
    expect((await next).operationType).to.equal('insert');
    await stream.close();
  });
});
