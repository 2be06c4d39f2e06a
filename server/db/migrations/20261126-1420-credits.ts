import type { Db } from 'mongodb';

/** Claims of credit hours, and a place's own versions of programmes; re-runnable. */
export async function up(db: Db): Promise<void> {
  const present = new Set(
    (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name),
  );
  for (const name of ['credits', 'programmeversions'])
    if (!present.has(name)) await db.createCollection(name);
  await db.collection('credits').createIndexes([
    { key: { tenantId: 1, personId: 1, date: -1 } },
    { key: { tenantId: 1, state: 1, createdAt: 1, _id: 1 } },
    {
      key: { tenantId: 1, personId: 1, date: 1, title: 1 },
      unique: true,
      partialFilterExpression: { state: { $in: ['submitted', 'needs_correction', 'posted'] } },
    },
  ]);
  await db
    .collection('programmeversions')
    .createIndexes([{ key: { tenantId: 1, name: 1, number: 1 }, unique: true }]);
}
