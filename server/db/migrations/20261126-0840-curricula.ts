import type { Db } from 'mongodb';

/** What each part is to learn, and who says which part they play. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db
    .collection('curriculumversions')
    .createIndexes([{ key: { tenantId: 1, role: 1, number: 1 }, unique: true }]);
  await db
    .collection('learners')
    .createIndexes([{ key: { tenantId: 1, personId: 1 }, unique: true }, { key: { tenantId: 1, roles: 1 } }]);
  // Who has learned something of a course.
  await db.collection('enrolments').createIndexes([{ key: { tenantId: 1, courseId: 1, state: 1 } }]);
}
