import type { Db } from 'mongodb';

/** Days of an organisation's own calendar, and the day by which each record of hours is due. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db.collection('calendardays').createIndexes([{ key: { tenantId: 1, date: 1 }, unique: true }]);
  const hours = db.collection('hoursrecords');
  await hours.createIndexes([
    { key: { remindAt: 1, _id: 1 }, partialFilterExpression: { remindAt: { $type: 'date' } } },
  ]);
  // Who may confirm over a unit.
  await db.collection('memberships').createIndexes([
    {
      key: { tenantId: 1, 'grants.unitId': 1, _id: 1 },
      partialFilterExpression: { 'grants.unitId': { $type: 'objectId' } },
    },
  ]);
  await hours.updateMany(
    { dueOn: { $exists: false } },
    { $set: { dueOn: null, late: false, remindAt: null, appealDueOn: null } },
  );
}
