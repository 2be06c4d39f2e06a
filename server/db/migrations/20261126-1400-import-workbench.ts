import type { Db } from 'mongodb';

/**
 * Rows of imports are looked at by what they come to, by fault and by id; started work is taken in turns. Rows from before
 * know what they came to by their outcome. Re-runnable.
 */
export async function up(db: Db): Promise<void> {
  const lines = db.collection('importlines');
  await lines.updateMany({ expected: { $exists: false } }, [
    {
      $set: {
        expected: { $cond: [{ $eq: ['$outcome', 'pending'] }, 'created', '$outcome'] },
        key: { $ifNull: ['$parsed.sourceId', ''] },
        version: 1,
        ragged: { $in: ['row-ragged', { $ifNull: ['$problems.code', []] }] },
        fixes: { $literal: {} },
        skipped: false,
      },
    },
  ]);
  await lines.createIndexes([
    { key: { tenantId: 1, importId: 1, expected: 1, line: 1 } },
    { key: { tenantId: 1, importId: 1, key: 1 } },
  ]);
  const imports = db.collection('imports');
  await imports.createIndexes([
    {
      key: { turnAt: 1 },
      partialFilterExpression: { state: { $in: ['applying', 'undoing'] } },
    },
  ]);
  const old = await imports.indexes();
  if (old.some(({ name }) => name === 'state_1_createdAt_1')) await imports.dropIndex('state_1_createdAt_1');
  await db
    .collection('importmappings')
    .createIndexes([
      { key: { tenantId: 1, kind: 1, nameKey: 1 }, unique: true },
      { key: { tenantId: 1, kind: 1, usedAt: -1 } },
    ]);
}
