import type { Db } from 'mongodb';

/** Service that was posted before, too, waits to be entered in the national system; what another organisation recorded does not. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db.collection('externalrecords').createIndexes([
    { key: { tenantId: 1, hoursId: 1 }, unique: true },
    {
      key: { tenantId: 1, externalId: 1 },
      unique: true,
      partialFilterExpression: { externalId: { $type: 'string' } },
    },
    { key: { tenantId: 1, state: 1, date: 1, _id: 1 } },
    { key: { tenantId: 1, unitId: 1, state: 1, date: 1, _id: 1 } },
    { key: { tenantId: 1, exportId: 1, date: 1, _id: 1 } },
  ]);
  const at = { $ifNull: ['$postedAt', '$createdAt'] };
  const none = { $literal: null };
  const born = { at, from: none, to: 'waiting', actor: 'operator:migrate', accountId: none, reason: none };
  for await (const { _id: tenantId, zone } of db.collection('tenants').find().project({ zone: 1 }))
    await db
      .collection('hoursrecords')
      .aggregate([
        // What somebody took along was recorded here all the same.
        { $match: { tenantId, state: { $in: ['posted', 'moved'] }, 'origin.hoursId': { $exists: false } } },
        {
          $project: {
            _id: '$_id',
            tenantId: 1,
            hoursId: '$_id',
            personId: 1,
            personName: 1,
            unitId: 1,
            date: {
              $dateToString: { date: '$activity.startsAt', format: '%Y-%m-%d', timezone: zone as string },
            },
            activity: '$activity.name',
            minutes: '$recordedMinutes',
            state: 'waiting',
            version: { $literal: 1 },
            history: [born],
            externalId: none,
            reason: '',
            exportId: none,
            createdAt: at,
          },
        },
        {
          $merge: {
            into: 'externalrecords',
            on: ['tenantId', 'hoursId'],
            whenMatched: 'keepExisting',
            whenNotMatched: 'insert',
          },
        },
      ])
      .toArray();
}
