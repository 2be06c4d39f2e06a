import type { Db } from 'mongodb';

const MINUTE = 60_000;
/** The grace at the end of a plan when these rows were computed. */
const GRACE_MINUTES = 15;

/**
 * Hours keep which stretch of the attended time is counted, so that two of them never overlap, in whatever tenants.
 * Older rows get theirs from the same facts; re-runnable.
 */
export async function up(db: Db): Promise<void> {
  const hours = db.collection('hoursrecords');
  const plannedEnd = { $add: ['$activity.endsAt', GRACE_MINUTES * MINUTE] };
  await hours.updateMany({ servedFrom: { $exists: false } }, [
    { $set: { servedFrom: { $max: ['$activity.startsAt', '$attendedFrom'] } } },
    {
      $set: {
        servedTo: {
          $max: ['$servedFrom', { $min: [plannedEnd, { $ifNull: ['$attendedTo', '$activity.endsAt'] }] }],
        },
      },
    },
  ]);
  await hours.createIndexes([{ key: { personId: 1, servedFrom: 1 } }]);
}
