import type { Db } from 'mongodb';

/** What an organisation asks of a volunteer in a year; nothing until it decides so. Re-runnable. */
export async function up(db: Db): Promise<void> {
  for (const name of ['yearlyHours', 'yearlyActivities'])
    await db
      .collection('tenants')
      .updateMany({ [`settings.${name}`]: { $exists: false } }, { $set: { [`settings.${name}`]: 0 } });
}
