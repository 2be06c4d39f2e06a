import type { Db } from 'mongodb';

/**
 * Mobile numbers beside addresses: accounts without an address need an index that skips them. Consents say how they came;
 * what was given before was given by the person's own press. Re-runnable.
 */
export async function up(db: Db): Promise<void> {
  const accounts = db.collection('accounts');
  const indexes = await accounts.indexes();
  const whole = indexes.find(
    ({ name, partialFilterExpression }) => name === 'emailKey_1' && !partialFilterExpression,
  );
  if (whole) await accounts.dropIndex('emailKey_1');
  await accounts.createIndexes([
    {
      key: { emailKey: 1 },
      unique: true,
      partialFilterExpression: { emailKey: { $type: 'string' } },
    },
    { key: { phone: 1 }, unique: true, partialFilterExpression: { phone: { $type: 'string' } } },
  ]);
  await db
    .collection('people')
    .updateMany(
      { consents: { $elemMatch: { how: { $exists: false } } } },
      { $set: { 'consents.$[old].how': 'self', 'consents.$[old].recordedBy': null } },
      { arrayFilters: [{ 'old.how': { $exists: false } }] },
    );
}
