import type { Db } from 'mongodb';

/** The mark of a check-in from which an old record came, by its grade: who noted it was kept with the assignment only. */
const METHODS = { device: 'code', supervisor: 'coordinator', roster: 'code' } as const;

/** How each record's presence was noted, and the index for quotas. Re-runnable. */
export async function up(db: Db): Promise<void> {
  const hours = db.collection('hoursrecords');
  await hours.createIndexes([{ key: { tenantId: 1, confirmedByPersonId: 1, postedAt: -1 } }]);
  for (const [grade, method] of Object.entries(METHODS))
    await hours.updateMany(
      { grade, assignmentId: { $type: 'objectId' }, presence: { $exists: false } },
      { $set: { presence: { method, byAccountId: null } } },
    );
  await hours.updateMany({ presence: { $exists: false } }, { $set: { presence: null } });
  await hours.updateMany(
    { anomalies: { $exists: false } },
    { $set: { anomalies: [], at: null, enteredBy: null, entryReason: '' } },
  );
  await db
    .collection('tenants')
    .updateMany(
      { 'settings.backEntryQuota': { $exists: false } },
      { $set: { 'settings.backEntryQuota': 20 } },
    );
}
