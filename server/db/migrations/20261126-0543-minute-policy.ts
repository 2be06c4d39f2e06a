import type { Db } from 'mongodb';

const SETTINGS = { minimumMinutes: 0, lateGraceMinutes: 15, recordedCapMinutes: 0 };

/** How minutes are counted is each tenant's own; what was counted keeps its inputs. Re-runnable. */
export async function up(db: Db): Promise<void> {
  for (const [name, value] of Object.entries(SETTINGS))
    await db
      .collection('tenants')
      .updateMany({ [`settings.${name}`]: { $exists: false } }, { $set: { [`settings.${name}`]: value } });
}
