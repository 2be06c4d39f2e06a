import type { Db, IndexDescription, ObjectId } from 'mongodb';

const SAME = { tenantId: 1, personId: 1, periodFrom: 1, periodTo: 1, locale: 1, ledgerHead: 1 } as const;
const INDEXES: IndexDescription[] = [
  { key: SAME, unique: true, partialFilterExpression: { revokedAt: null } },
  { key: { tenantId: 1, issuedAt: -1, _id: -1 } },
];

/**
 * What a certificate states is kept beside its files, its holder's unit says whose desk it belongs to, and a revoked one
 * no longer stands in the way of another for the same hours. Older rows state what their signed JSON says; re-runnable.
 */
export async function up(db: Db): Promise<void> {
  const certificates = db.collection('certificates');
  for await (const row of certificates.find({ draft: { $exists: false } }).project({ signedJson: 1 })) {
    const { statement } = JSON.parse(String(row['signedJson'])) as { statement: Record<string, unknown> };
    const { pdf: _pdf, ...draft } = statement;
    await certificates.updateOne({ _id: row['_id'] }, { $set: { draft } });
  }
  for await (const row of certificates.find({ unitId: { $exists: false } }).project({ membershipId: 1 })) {
    const membership = await db.collection('memberships').findOne({ _id: row['membershipId'] as ObjectId });
    await certificates.updateOne({ _id: row['_id'] }, { $set: { unitId: membership?.['unitId'] } });
  }
  const present = await certificates.indexes();
  const former = present.find(
    ({ key, partialFilterExpression }) =>
      JSON.stringify(key) === JSON.stringify(SAME) && partialFilterExpression === undefined,
  );
  if (former?.name) await certificates.dropIndex(former.name);
  await certificates.createIndexes(INDEXES);
}
