import type { Db } from 'mongodb';

const AHEAD = ['applied', 'invited', 'approved', 'waitlisted', 'enrolled'];
const LIVE = [...AHEAD, 'attended', 'absent', 'assessed', 'passed', 'failed', 'credited'];

/** Courses, their sessions, who is in them; offers of sessions beside those of positions. Re-runnable. */
export async function up(db: Db): Promise<void> {
  const present = new Set(
    (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name),
  );
  for (const name of ['courses', 'trainingsessions', 'enrolments'])
    if (!present.has(name)) await db.createCollection(name);
  await db.collection('courses').createIndexes([
    { key: { tenantId: 1, state: 1, title: 1, _id: 1 } },
    { key: { tenantId: 1, title: 1, _id: 1 } },
    {
      key: { tenantId: 1, title: 1 },
      unique: true,
      partialFilterExpression: { state: { $in: ['draft', 'open'] } },
    },
  ]);
  await db
    .collection('trainingsessions')
    .createIndexes([
      { key: { tenantId: 1, state: 1, startsAt: 1, _id: 1 } },
      { key: { tenantId: 1, startsAt: 1, _id: 1 } },
      { key: { tenantId: 1, state: 1, dimension: 1, startsAt: 1, _id: 1 } },
      { key: { tenantId: 1, courseId: 1, startsAt: 1, _id: 1 } },
      { key: { tenantId: 1, 'instructors.personId': 1, startsAt: 1, _id: 1 } },
      { key: { endsAt: 1 }, partialFilterExpression: { state: 'published' } },
    ]);
  await db.collection('enrolments').createIndexes([
    {
      key: { tenantId: 1, sessionId: 1, personId: 1 },
      unique: true,
      partialFilterExpression: { state: { $in: LIVE } },
    },
    { key: { tenantId: 1, sessionId: 1, state: 1, waitSeq: 1 } },
    { key: { tenantId: 1, personId: 1, startsAt: -1, _id: -1 } },
    { key: { tenantId: 1, personId: 1, courseId: 1, state: 1 } },
    { key: { personId: 1, endsAt: 1 }, partialFilterExpression: { state: { $in: AHEAD } } },
  ]);
  await offersOfBoth(db);
  await db.collection('credits').createIndexes([
    {
      key: { tenantId: 1, enrolmentId: 1 },
      unique: true,
      partialFilterExpression: { state: 'posted', enrolmentId: { $type: 'objectId' } },
    },
  ]);
}

/** The index of one open offer each is made anew beside the old one before that goes: it is never missing. */
async function offersOfBoth(db: Db): Promise<void> {
  const offers = db.collection('offers');
  const open = { $in: ['queued', 'open'] };
  await offers.createIndexes(
    ['assignmentId', 'enrolmentId'].map((field) => ({
      key: { tenantId: 1, [field]: 1 },
      name: `open_${field}`,
      unique: true,
      partialFilterExpression: { state: open, [field]: { $type: 'objectId' } },
    })),
  );
  const old = (await offers.indexes()).find(({ name }) => name === 'tenantId_1_assignmentId_1');
  if (old) await offers.dropIndex('tenantId_1_assignmentId_1');
}
