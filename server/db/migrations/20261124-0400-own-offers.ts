import type { Db } from 'mongodb';

/**
 * A person sees their offers of every tenant at once, and whom a coordinator asks from elsewhere has no name before
 * accepting: names noted earlier go. Re-runnable.
 */
export async function up(db: Db): Promise<void> {
  const assignments = db.collection('assignments');
  await assignments.updateMany({ membershipId: null }, { $set: { personName: '' } });
  await assignments.createIndexes([
    {
      key: { personId: 1, endsAt: 1 },
      partialFilterExpression: { state: { $in: ['offered', 'accepted', 'confirmed', 'checked_in'] } },
    },
  ]);
  await db.collection('memberships').createIndexes([{ key: { tenantId: 1, personId: 1, _id: -1 } }]);
}
