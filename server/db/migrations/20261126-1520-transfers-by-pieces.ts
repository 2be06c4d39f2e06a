import type { Db } from 'mongodb';

/**
 * Hours that somebody takes along may be under way for a while: then nothing else of the person may go along, and the sweep finds
 * what is under way. Re-runnable.
 */
export async function up(db: Db): Promise<void> {
  const transfers = db.collection('hourstransfers');
  const one = 'tenantId_1_personId_1';
  const old = (await transfers.indexes()).find(({ name }) => name === one);
  const states: string[] | undefined = old?.['partialFilterExpression']?.state?.$in;
  if (old && !states?.includes('moving')) await transfers.dropIndex(one);
  await transfers.createIndexes([
    {
      key: { tenantId: 1, personId: 1 },
      unique: true,
      partialFilterExpression: { state: { $in: ['requested', 'confirmed', 'offered', 'moving'] } },
    },
    { key: { createdAt: 1 }, partialFilterExpression: { state: 'moving' } },
    {
      key: { tenantId: 1, 'into.personId': 1 },
      partialFilterExpression: { direction: 'merge' },
    },
  ]);
}
