import type { Db, Document } from 'mongodb';

const DAYS = [180, 90, 30, 7];
const DAY_MS = 86_400_000;

/** Registrations that are looked after, and evaluations of everybody; re-runnable. */
export async function up(db: Db, report: (line: string) => void): Promise<void> {
  const present = new Set(
    (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name),
  );
  for (const name of ['registrationwatches', 'evaluationruns'])
    if (!present.has(name)) await db.createCollection(name);
  await db
    .collection('registrationwatches')
    .createIndexes([
      { key: { tenantId: 1, credentialId: 1 }, unique: true },
      { key: { tenantId: 1, _id: 1 } },
      { key: { tenantId: 1, validTo: 1, _id: 1 } },
      { key: { tenantId: 1, personId: 1, validFrom: -1 } },
      { key: { remindOn: 1 }, partialFilterExpression: { remindOn: { $type: 'string' } } },
    ]);
  await db
    .collection('evaluationruns')
    .createIndexes([
      { key: { tenantId: 1, state: 1 }, unique: true, partialFilterExpression: { state: 'running' } },
      { key: { tenantId: 1, startedAt: -1 } },
      { key: { state: 1 }, partialFilterExpression: { state: 'running' } },
    ]);
  report(`Registrations: ${await watchAll(db)} looked after`);
}

/** Those that were verified before: their reminders to come, none that lies behind. */
async function watchAll(db: Db): Promise<number> {
  const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
  let count = 0;
  const verified = db.collection('credentials').find({
    type: 'social-worker',
    state: { $in: ['valid', 'expiring'] },
    validTo: { $type: 'string' },
  });
  for await (const row of verified) {
    const membership = await db.collection('memberships').findOne({ _id: row['membershipId'] });
    if (!membership) continue;
    await db
      .collection('registrationwatches')
      .updateOne(
        { tenantId: row['tenantId'], credentialId: row._id },
        { $setOnInsert: watchOf(row, membership['unitId'], today) },
        { upsert: true },
      );
    count += 1;
  }
  return count;
}

function watchOf(row: Document, unitId: unknown, today: string): Document {
  const { personId, membershipId, personName, level, validFrom, validTo } = row;
  const dates = DAYS.map((days) =>
    new Date(Date.parse(`${String(validTo)}T00:00:00Z`) - days * DAY_MS).toISOString().slice(0, 10),
  );
  return {
    personId,
    membershipId,
    unitId,
    personName,
    level,
    validFrom,
    validTo,
    remindOn: dates.find((on) => on > today) ?? null,
    reminded: [],
    evaluatedOn: null,
    totalMinutes: null,
    requiredMinutes: null,
    missingMinutes: null,
    eligibleFrom: null,
    canApply: false,
    createdAt: new Date(),
  };
}
