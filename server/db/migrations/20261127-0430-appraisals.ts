import type { Db } from 'mongodb';

/** What is said of services after they were given, due from now on. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db
    .collection('appraisals')
    .createIndexes([
      { key: { tenantId: 1, assignmentId: 1 }, unique: true },
      { key: { tenantId: 1, shiftId: 1, _id: 1 } },
      { key: { tenantId: 1, personId: 1, startsAt: -1, _id: -1 } },
      { key: { tenantId: 1, state: 1, dueOn: 1, shiftId: 1, _id: 1 } },
      { key: { remindAt: 1, _id: 1 }, partialFilterExpression: { remindAt: { $type: 'date' } } },
    ]);
}
