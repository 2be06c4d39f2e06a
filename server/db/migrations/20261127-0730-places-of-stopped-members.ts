import type { Db, ObjectId } from 'mongodb';

const AHEAD = ['offered', 'requested', 'waitlisted', 'accepted', 'confirmed'];
const ENROLLED_AHEAD = ['applied', 'invited', 'approved', 'waitlisted', 'enrolled'];
const STOPPED = ['suspended', 'ended'];

interface Membership {
  _id: ObjectId;
  state: string;
}

/**
 * Members who were suspended or left before that freed their places may still have some ahead of them. Their memberships are
 * marked here, and a sweep frees the places as the service does it: those in line come up, and everybody is told. Open offers
 * of other organisations to people who took that consent back run out now. Re-runnable.
 */
export async function up(db: Db): Promise<void> {
  const memberships = db.collection<Membership & { tenantId: ObjectId; personId: ObjectId }>('memberships');
  await memberships.createIndexes([
    { key: { releaseAt: 1 }, partialFilterExpression: { releaseAt: { $type: 'date' } } },
  ]);
  const at = new Date();
  const seen = new Map<string, Membership[]>();

  /** What the person has and had of memberships there, the latest first. */
  async function of({
    tenantId,
    personId,
  }: {
    tenantId: ObjectId;
    personId: ObjectId;
  }): Promise<Membership[]> {
    const key = `${String(tenantId)} ${String(personId)}`;
    const known =
      seen.get(key) ??
      (await memberships
        .find({ tenantId, personId }, { projection: { state: 1 } })
        .sort({ _id: -1 })
        .toArray());
    seen.set(key, known);
    return known;
  }
  /** @returns whether there was somebody to mark */
  async function mark(rows: readonly Membership[]): Promise<boolean> {
    const stopped = rows.find(({ state }) => STOPPED.includes(state));
    if (stopped) await memberships.updateOne({ _id: stopped._id }, { $set: { releaseAt: at } });
    return stopped !== undefined;
  }

  for await (const row of db
    .collection<{ tenantId: ObjectId; personId: ObjectId; state: string; offerId: ObjectId | null }>(
      'assignments',
    )
    .find(
      { state: { $in: AHEAD }, startsAt: { $gt: at } },
      { projection: { tenantId: 1, personId: 1, state: 1, offerId: 1 } },
    )) {
    const rows = await of(row);
    if (rows.some(({ state }) => state === 'approved') || (await mark(rows)) || row.state !== 'offered')
      continue;
    const willing = await db.collection('people').findOne(
      {
        _id: row.personId,
        consents: { $elemMatch: { purpose: 'asked-by-others', withdrawnAt: null } },
      },
      { projection: { _id: 1 } },
    );
    if (!willing && row.offerId)
      await db.collection('offers').updateOne({ _id: row.offerId, state: 'open' }, { $set: { dueAt: at } });
  }
  for await (const row of db
    .collection<{ tenantId: ObjectId; personId: ObjectId }>('enrolments')
    .find(
      { state: { $in: ENROLLED_AHEAD }, endsAt: { $gt: at } },
      { projection: { tenantId: 1, personId: 1 } },
    )) {
    const rows = await of(row);
    // Whoever is only suspended may be back before the training.
    if (!rows.some(({ state }) => state === 'approved' || state === 'suspended')) await mark(rows);
  }
}
