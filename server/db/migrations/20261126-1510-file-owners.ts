import type { Db, ObjectId } from 'mongodb';

const INDEX = { tenantId: 1, ownerId: 1 } as const;

/**
 * Files count against an owner: a person's evidence against the person, as before, and what is handed out with a course against
 * the course rather than whoever added it. What each owner has stored is counted anew. Re-runnable.
 */
export async function up(db: Db): Promise<void> {
  const files = db.collection('attachments');
  await files.updateMany({ ownerId: { $exists: false } }, [
    {
      $set: {
        ownerId: { $cond: [{ $eq: ['$subjectType', 'course'] }, '$subjectId', '$personId'] },
      },
    },
  ]);
  const quotas = db.collection('attachmentquotas');
  const old = await quotas.indexes();
  for (const { name, key } of old) if (name !== undefined && 'personId' in key) await quotas.dropIndex(name);
  await quotas.deleteMany({ ownerId: { $exists: false } });
  await quotas.createIndexes([{ key: INDEX, unique: true }]);
  const sums = files.aggregate<{
    _id: { tenantId: ObjectId; ownerId: ObjectId };
    files: number;
    bytes: number;
  }>([
    { $match: { removedAt: null } },
    {
      $group: {
        _id: { tenantId: '$tenantId', ownerId: '$ownerId' },
        files: { $sum: 1 },
        bytes: { $sum: '$bytes' },
      },
    },
  ]);
  for await (const { _id, ...stored } of sums)
    await quotas.updateOne(
      { tenantId: _id.tenantId, ownerId: _id.ownerId },
      { $set: stored },
      { upsert: true },
    );
}
