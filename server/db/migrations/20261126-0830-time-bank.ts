import type { Db } from 'mongodb';

const SETTINGS = {
  timeBank: false,
  bankCapHours: 0,
  bankExpiryMonths: 0,
  bankRedeemFromAge: 60,
  bankGifts: true,
  bankAreas: [],
};

/** The time bank, and the kind of service that a record of hours states. Re-runnable. */
export async function up(db: Db): Promise<void> {
  for (const [name, value] of Object.entries(SETTINGS))
    await db
      .collection('tenants')
      .updateMany({ [`settings.${name}`]: { $exists: false } }, { $set: { [`settings.${name}`]: value } });
  await nameAreas(db);
  await db.collection('timebankaccounts').createIndexes([
    { key: { tenantId: 1, personId: 1 }, unique: true },
    { key: { tenantId: 1, number: 1 }, unique: true },
    { key: { expireAt: 1 }, partialFilterExpression: { expireAt: { $type: 'date' } } },
  ]);
  await db.collection('timebankkinships').createIndexes([
    {
      key: { tenantId: 1, pair: 1 },
      unique: true,
      partialFilterExpression: { state: { $in: ['declared', 'confirmed'] } },
    },
    { key: { tenantId: 1, personId: 1, createdAt: -1 } },
    { key: { tenantId: 1, relativeId: 1, createdAt: -1 } },
    { key: { tenantId: 1, state: 1, createdAt: 1 } },
  ]);
  await db
    .collection('timebankgifts')
    .createIndexes([{ key: { tenantId: 1, personId: 1, createdAt: -1, _id: -1 } }]);
  await db
    .collection('timebankredemptions')
    .createIndexes([
      { key: { tenantId: 1, personId: 1, createdAt: -1, _id: -1 } },
      { key: { tenantId: 1, createdAt: -1, _id: -1 } },
      { key: { tenantId: 1, state: 1, createdAt: -1, _id: -1 } },
      { key: { tenantId: 1, hoursId: 1 } },
    ]);
}

/** Records of before say the service area of the request whose shift they are of; logged ones say none. */
async function nameAreas(db: Db): Promise<void> {
  const hours = db.collection('hoursrecords');
  const missing = { category: { $exists: false } };
  const shifts = await hours.distinct('shiftId', { ...missing, shiftId: { $type: 'objectId' } });
  for (let at = 0; at < shifts.length; at += 500) {
    const rows = await db
      .collection('shifts')
      .aggregate<{ _id: unknown; category: string }>([
        { $match: { _id: { $in: shifts.slice(at, at + 500) } } },
        { $lookup: { from: 'requests', localField: 'requestId', foreignField: '_id', as: 'request' } },
        { $project: { category: { $ifNull: [{ $first: '$request.category' }, ''] } } },
      ])
      .toArray();
    if (rows.length > 0)
      await hours.bulkWrite(
        rows.map(({ _id, category }) => ({
          updateMany: { filter: { ...missing, shiftId: _id as never }, update: { $set: { category } } },
        })),
      );
  }
  await hours.updateMany(missing, { $set: { category: '' } });
}
