import type { Db } from 'mongodb';

const DAY_MS = 86_400_000;

/** Whoever has a place in a session is reminded a day before it. Re-runnable: what was reminded lies in the past. */
export async function up(db: Db): Promise<void> {
  const sessions = db.collection('trainingsessions');
  await sessions.updateMany(
    { state: 'published', startsAt: { $gt: new Date(Date.now() + DAY_MS) }, remindAt: { $exists: false } },
    [{ $set: { remindAt: { $subtract: ['$startsAt', DAY_MS] } } }],
  );
  await sessions.createIndexes([
    { key: { remindAt: 1 }, partialFilterExpression: { remindAt: { $type: 'date' } } },
  ]);
}
