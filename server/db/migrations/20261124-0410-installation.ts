import type { Db } from 'mongodb';

/** Which keys the processes of this installation share is noted by the first that starts; re-runnable. */
export async function up(db: Db): Promise<void> {
  if ((await db.listCollections({ name: 'installations' }).toArray()).length === 0)
    await db.createCollection('installations');
}
