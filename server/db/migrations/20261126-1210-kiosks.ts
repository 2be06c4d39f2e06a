import type { Db } from 'mongodb';

/** Devices at the place of a shift; the rows go by themselves a week after they end. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db
    .collection('kiosks')
    .createIndexes([
      { key: { tokenHash: 1 }, unique: true },
      { key: { tenantId: 1, shiftId: 1 } },
      { key: { expiresAt: 1 }, expireAfterSeconds: 7 * 24 * 3600 },
    ]);
}
