import type { Db } from 'mongodb';

/** Courses of before say that every instructor may teach them. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db
    .collection('courses')
    .updateMany({ instructors: { $exists: false } }, { $set: { instructors: [] } });
}
