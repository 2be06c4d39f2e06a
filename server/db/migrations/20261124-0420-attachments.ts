import type { Db } from 'mongodb';

/** Pictures on things, their bytes, and what each person has stored; re-runnable. */
export async function up(db: Db): Promise<void> {
  const present = new Set(
    (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name),
  );
  for (const name of ['attachments', 'attachmentcontents', 'attachmentquotas'])
    if (!present.has(name)) await db.createCollection(name);
  await db
    .collection('attachments')
    .createIndexes([{ key: { tenantId: 1, subjectType: 1, subjectId: 1, _id: 1 } }]);
  await db
    .collection('attachmentcontents')
    .createIndexes([{ key: { tenantId: 1, attachmentId: 1 }, unique: true }]);
  await db
    .collection('attachmentquotas')
    .createIndexes([{ key: { tenantId: 1, personId: 1 }, unique: true }]);
}
