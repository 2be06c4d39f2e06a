import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { startReplicaSet } from '../support/replica-set.ts';
import type { TestReplicaSet } from '../support/replica-set.ts';

describe('The replica set for fault tests', function () {
  this.timeout(90_000);
  let set: TestReplicaSet;
  before(async () => {
    set = await startReplicaSet({ members: 3 });
  });
  after(() => set.stop());

  it('keeps what a majority has when its primary dies, and takes it back', async () => {
    const client = new MongoClient(set.uri, { writeConcern: { w: 'majority' } });
    const rows = client.db('linli_test_faults').collection('rows');
    await rows.insertOne({ n: 1 });
    const first = await set.primary();
    await set.kill(first);
    const second = await set.primary();
    expect(second).not.to.equal(first);
    await rows.insertOne({ n: 2 });
    await set.restart(first);
    expect(await rows.countDocuments()).to.equal(2);
    await client.close();
  });

  it('obeys fail points on a single member', async () => {
    const member = await set.member(await set.primary());
    const failPoint = { failCommands: ['find'], errorCode: 11600, namespace: 'linli_test_faults.rows' };
    await member
      .db('admin')
      .command({ configureFailPoint: 'failCommand', mode: { times: 5 }, data: failPoint });
    const code = await member
      .db('linli_test_faults')
      .collection('rows')
      .findOne({})
      .catch((err: unknown) => (err as { code: number }).code);
    await member.db('admin').command({ configureFailPoint: 'failCommand', mode: 'off' });
    await member.close();
    expect(code).to.equal(11600);
  });
});
