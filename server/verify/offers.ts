import type { Db, ObjectId } from 'mongodb';
import { invariantTally } from '../core/invariant.ts';
import type { InvariantCheck } from '../core/invariant.ts';

const SEATED = ['accepted', 'confirmed', 'checked_in', 'checked_out', 'no_show', 'excused'];

/** What answers to an offer: where it is stored, and its state while it is asked. */
const ANSWERING = [
  ['assignment', 'assignments', 'offered'],
  ['enrolment', 'enrolments', 'invited'],
] as const;

/** An open offer is what its assignment or enrolment waits for, and the other way round: nobody is asked twice or for nothing. */
export const offersHold = (db: Db): InvariantCheck => ({
  name: 'offers/match-assignments',
  async run() {
    const tally = invariantTally();
    const open = new Map<string, string>();
    for await (const offer of db
      .collection<{ assignmentId: ObjectId | null; enrolmentId?: ObjectId | null }>('offers')
      .find({ state: 'open' }, { projection: { assignmentId: 1, enrolmentId: 1 } })) {
      tally.examine();
      open.set(String(offer._id), String(offer.assignmentId ?? offer.enrolmentId));
    }
    for (const [kind, collection, state] of ANSWERING)
      for await (const row of db
        .collection<{ offerId: ObjectId | null }>(collection)
        .find({ state }, { projection: { offerId: 1 } })) {
        tally.examine();
        if (open.get(String(row.offerId)) === String(row._id)) open.delete(String(row.offerId));
        else tally.violate(`${kind} ${String(row._id)} waits for an answer to no open offer`);
      }
    for (const [id, answering] of open)
      tally.violate(`offer ${id} is open, ${answering} does not wait for it`);
    return tally.result();
  },
});

/** Whoever has a seat is a member there, with a name; whoever is only asked from elsewhere has neither (product.md 3). */
export const seatsHaveMembers = (db: Db): InvariantCheck => ({
  name: 'assignments/seats-have-members',
  async run() {
    const tally = invariantTally();
    for await (const row of db
      .collection<{ state: string; membershipId: ObjectId | null; personName: string }>('assignments')
      .find({}, { projection: { state: 1, membershipId: 1, personName: 1 } })) {
      tally.examine();
      if (SEATED.includes(row.state) && row.membershipId === null)
        tally.violate(`assignment ${String(row._id)} is ${row.state} without a membership`);
      if (row.membershipId === null && row.personName !== '')
        tally.violate(`assignment ${String(row._id)} names somebody who is no member`);
    }
    return tally.result();
  },
});

/** Every picture has its bytes, and what each owner has stored is what the quota says. */
export const attachmentsHold = (db: Db): InvariantCheck => ({
  name: 'attachments/content-and-quota',
  async run() {
    const tally = invariantTally();
    const used = new Map<string, { files: number; bytes: number }>();
    const rows = db.collection('attachments').aggregate<{
      _id: ObjectId;
      tenantId: ObjectId;
      ownerId: ObjectId;
      bytes: number;
      content: { _id: ObjectId; tenantId: ObjectId }[];
    }>([
      { $match: { removedAt: null } },
      {
        $lookup: {
          from: 'attachmentcontents',
          localField: '_id',
          foreignField: 'attachmentId',
          as: 'content',
          pipeline: [{ $project: { tenantId: 1 } }],
        },
      },
    ]);
    for await (const row of rows) {
      tally.examine();
      if (row.content.length !== 1 || String(row.content[0]?.tenantId) !== String(row.tenantId))
        tally.violate(`attachment ${String(row._id)} has no content of its own`);
      const key = `${String(row.tenantId)} ${String(row.ownerId)}`;
      const sum = used.get(key) ?? { files: 0, bytes: 0 };
      used.set(key, { files: sum.files + 1, bytes: sum.bytes + row.bytes });
    }
    for await (const quota of db
      .collection<{ tenantId: ObjectId; ownerId: ObjectId; files: number; bytes: number }>('attachmentquotas')
      .find()) {
      tally.examine();
      const key = `${String(quota.tenantId)} ${String(quota.ownerId)}`;
      const sum = used.get(key) ?? { files: 0, bytes: 0 };
      if (sum.files !== quota.files || sum.bytes !== quota.bytes)
        tally.violate(`${key}: quota says ${quota.files} files, there are ${sum.files}`);
      used.delete(key);
    }
    for (const key of used.keys()) tally.violate(`${key}: pictures without a quota`);
    return tally.result();
  },
});
