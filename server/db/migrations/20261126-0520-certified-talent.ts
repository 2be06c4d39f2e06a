import type { Db } from 'mongodb';

/** States in which a number is somebody's. */
const NUMBER_HELD = [
  'claimed',
  'under_review',
  'needs_correction',
  'first_pass',
  'valid',
  'expiring',
  'suspended',
  'expired',
  'renewed',
  'appealed',
];
const LEVELS = ['assistant', 'intermediate', 'senior'];

/**
 * Certificates of every type: what each stands for, when time changes it next, what it renews; a place's own types; what
 * service for children asks for. Re-runnable.
 */
export async function up(db: Db, report: (line: string) => void): Promise<void> {
  const present = new Set(
    (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name),
  );
  if (!present.has('credentialtypes')) await db.createCollection('credentialtypes');
  await db.collection('credentialtypes').createIndexes([{ key: { tenantId: 1, code: 1 }, unique: true }]);

  const credentials = db.collection('credentials');
  for (const old of await credentials.indexes()) {
    const key = JSON.stringify(old.key);
    if (key === '{"tenantId":1,"type":1,"number":1}' || key === '{"validTo":1}')
      await credentials.dropIndex(old.name ?? '');
  }
  await credentials.createIndexes([
    { key: { tenantId: 1, type: 1, state: 1, personId: 1 } },
    {
      key: { tenantId: 1, type: 1, number: 1, renewsId: 1 },
      unique: true,
      partialFilterExpression: { state: { $in: NUMBER_HELD }, number: { $gt: '' } },
    },
    {
      key: { tenantId: 1, renewsId: 1 },
      unique: true,
      partialFilterExpression: { state: { $in: NUMBER_HELD }, renewsId: { $type: 'objectId' } },
    },
    { key: { dueOn: 1 }, partialFilterExpression: { dueOn: { $type: 'string' } } },
  ]);
  report(`Certificates: ${await fill(db)} brought up to date`);
  await db
    .collection('tenants')
    .updateMany(
      { credentialNeeds: { $exists: false } },
      { $set: { credentialNeeds: [{ area: 'children', type: 'background-check', name: null }] } },
    );
}

/** What a social worker's certificate of before the catalogue stands for and gives; the catalogue of that day. */
async function fill(db: Db): Promise<number> {
  let count = 0;
  const credentials = db.collection('credentials');
  for await (const row of credentials.find({ windowMonths: { $exists: false } })) {
    const validTo = String(row['validTo']);
    const next = dayAfter(validTo);
    const opens = monthsBefore(next, 3);
    const at = LEVELS.indexOf(String(row['level']));
    const dueOn = row['state'] === 'valid' ? opens : row['state'] === 'expiring' ? next : null;
    await credentials.updateOne(
      { _id: row._id },
      {
        $set: {
          covers: LEVELS.slice(0, at + 1),
          gives: givenAt(at),
          windowMonths: 3,
          dueOn,
          refusedBy: [],
          appeal: null,
          register: null,
          renewsId: null,
          renewedById: null,
          renewalUnderWay: false,
        },
      },
    );
    count += 1;
  }
  return count;
}

const givenAt = (at: number): { code: string; level: number }[] => [
  { code: 'casework', level: at + 1 },
  { code: 'group-work', level: Math.min(at + 1, 2) },
  ...(at > 0 ? [{ code: 'community-organising', level: at + 1 }] : []),
];

const dayAfter = (date: string): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);

/** The last day of a shorter month stands for a day it lacks. */
function monthsBefore(date: string, months: number): string {
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number);
  const last = new Date(Date.UTC(year, month - months, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 - months, Math.min(day, last))).toISOString().slice(0, 10);
}
