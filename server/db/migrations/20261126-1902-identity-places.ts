import type { AnyBulkWriteOperation, Db } from 'mongodb';

const BATCH = 1_000;

/**
 * Accounts of one number get places, from zero in the order in which they stated it, so that numbers with several accounts are found
 * without looking at everybody. Re-runnable: whoever has a place keeps it.
 */
export async function up(db: Db): Promise<void> {
  const documents = db.collection('identitydocuments');
  await documents.createIndexes([{ key: { blind: 1 } }]);
  const without = documents.find({ place: { $exists: false } }).sort({ blind: 1, statedAt: 1, _id: 1 });
  let [blind, next] = ['', 0];
  let writes: AnyBulkWriteOperation[] = [];
  for await (const row of without) {
    if (row['blind'] !== blind) {
      blind = row['blind'] as string;
      const [last] = await documents
        .find({ blind, place: { $exists: true } })
        .sort({ place: -1 })
        .limit(1)
        .toArray();
      next = last ? (last['place'] as number) + 1 : 0;
    }
    writes.push({ updateOne: { filter: { _id: row._id }, update: { $set: { place: next } } } });
    next += 1;
    if (writes.length < BATCH) continue;
    await documents.bulkWrite(writes);
    writes = [];
  }
  if (writes.length > 0) await documents.bulkWrite(writes);
  await documents.createIndexes([
    { key: { blind: 1, place: 1 }, unique: true },
    { key: { blind: 1, personId: 1 }, partialFilterExpression: { place: { $gt: 0 } } },
  ]);
  const old = await documents.indexes();
  if (old.some(({ name }) => name === 'blind_1')) await documents.dropIndex('blind_1');
}
