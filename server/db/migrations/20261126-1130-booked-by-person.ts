import type { Db } from 'mongodb';

/** What many people have booked around a shift is asked for with every ranking: a stretch of keys for each. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db.collection('persondays').createIndexes([{ key: { personId: 1, 'bookings.startsAt': 1 } }]);
}
