import type { Db } from 'mongodb';

/** Devices whose address was their secret end: they are set up anew by a link that works once. Re-runnable. */
export async function up(db: Db): Promise<void> {
  const now = new Date();
  await db
    .collection('kiosks')
    .updateMany({ pairBy: { $exists: false } }, { $set: { pairBy: now, pairedAt: null, endedAt: now } });
}
