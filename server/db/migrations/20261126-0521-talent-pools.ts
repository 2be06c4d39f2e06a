import type { Db } from 'mongodb';

const LIVE = ['proposed', 'applied', 'first_pass', 'appealed', 'certified', 'expiring', 'suspended'];

/** Talent pools and the people in them; re-runnable. */
export async function up(db: Db): Promise<void> {
  const present = new Set(
    (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name),
  );
  for (const name of ['talentpools', 'poolmembers']) if (!present.has(name)) await db.createCollection(name);
  await db
    .collection('talentpools')
    .createIndexes([
      { key: { tenantId: 1, active: -1, _id: 1 } },
      { key: { proposeAt: 1 }, partialFilterExpression: { proposeAt: { $type: 'date' } } },
    ]);
  await db.collection('poolmembers').createIndexes([
    {
      key: { tenantId: 1, poolId: 1, personId: 1 },
      unique: true,
      partialFilterExpression: { state: { $in: LIVE } },
    },
    { key: { tenantId: 1, poolId: 1, state: 1, personName: 1, _id: 1 } },
    { key: { tenantId: 1, poolId: 1, personName: 1, _id: 1 } },
    { key: { tenantId: 1, personId: 1, state: 1 } },
    { key: { tenantId: 1, state: 1, createdAt: 1, _id: 1 } },
    { key: { dueOn: 1 }, partialFilterExpression: { dueOn: { $type: 'string' } } },
    { key: { shared: 1, _id: 1 }, partialFilterExpression: { shared: true } },
  ]);
}
