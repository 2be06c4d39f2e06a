import type { Db, ObjectId } from 'mongodb';
import { invariantTally } from '../core/invariant.ts';
import type { InvariantCheck } from '../core/invariant.ts';

const ENROLLED = ['enrolled', 'attended', 'absent', 'assessed', 'passed', 'failed', 'credited'];
const SEATED = ['accepted', 'confirmed', 'checked_in', 'checked_out', 'no_show', 'excused'];

/** Invariant 3: seats taken are what the counter says, and never more than there are. A held waitlist offer counts as taken. */
export const capacityHolds = (db: Db): InvariantCheck => ({
  name: 'shifts/capacity',
  async run() {
    const tally = invariantTally();
    const counts = new Map<string, number>();
    const seated = db
      .collection('assignments')
      .aggregate<{ _id: ObjectId; count: number }>([
        { $match: { state: { $in: SEATED } } },
        { $group: { _id: '$positionId', count: { $sum: 1 } } },
      ]);
    for await (const row of seated) counts.set(String(row._id), row.count);
    const held = db
      .collection('offers')
      .aggregate<{ _id: ObjectId; count: number }>([
        { $match: { state: 'open', holdsSeat: true, subjectType: 'position' } },
        { $group: { _id: '$subjectId', count: { $sum: 1 } } },
      ]);
    for await (const row of held) counts.set(String(row._id), (counts.get(String(row._id)) ?? 0) + row.count);
    const positions = db.collection('positions').find({}, { projection: { taken: 1, maximum: 1 } });
    for await (const position of positions) {
      tally.examine();
      const actual = counts.get(String(position._id)) ?? 0;
      if (actual !== position['taken'])
        tally.violate(
          `position ${String(position._id)}: counter ${String(position['taken'])}, seats ${actual}`,
        );
      if (actual > Number(position['maximum']))
        tally.violate(`position ${String(position._id)}: ${actual} of ${String(position['maximum'])} seats`);
    }
    return tally.result();
  },
});

interface Booking {
  assignmentId: ObjectId;
  startsAt: Date;
  endsAt: Date;
}

const DAY_MS = 86_400_000;

/** A booking has to stand in every day (UTC) that it touches, or whoever books in another of them meets nobody. */
const daysTouched = ({ startsAt, endsAt }: Booking): number =>
  Math.floor(Math.max(startsAt.getTime(), endsAt.getTime() - 1) / DAY_MS) -
  Math.floor(startsAt.getTime() / DAY_MS) +
  1;

/** Invariant 3: nobody is in two places at once, and the overlap lock knows of every seat, on every day. */
export const bookingsHold = (db: Db): InvariantCheck => ({
  name: 'people/no-overlap',
  async run() {
    const tally = invariantTally();
    const booked = new Map<string, Set<string>>();
    const overnight = new Map<string, { readonly booking: Booking; days: number }>();
    for await (const day of db
      .collection<{ _id: string; personId: ObjectId; bookings: Booking[] }>('persondays')
      .find()) {
      tally.examine();
      const sorted = [...day.bookings].sort((a, b) => a.startsAt.getTime() - b.startsAt.getTime());
      sorted.slice(1).forEach((booking, index) => {
        const before = sorted[index];
        if (before && before.endsAt > booking.startsAt)
          tally.violate(
            `${day._id}: ${String(before.assignmentId)} overlaps ${String(booking.assignmentId)}`,
          );
      });
      const own = booked.get(String(day.personId)) ?? new Set<string>();
      for (const booking of day.bookings) {
        own.add(String(booking.assignmentId));
        if (daysTouched(booking) === 1) continue;
        const key = `${String(day.personId)} ${String(booking.assignmentId)}`;
        const found = overnight.get(key) ?? { booking, days: 0 };
        found.days += 1;
        overnight.set(key, found);
      }
      booked.set(String(day.personId), own);
    }
    for (const [key, { booking, days }] of overnight)
      if (days !== daysTouched(booking))
        tally.violate(`${key}: booked on ${days} of ${daysTouched(booking)} days`);
    const seated = db
      .collection('assignments')
      .find({ state: { $in: SEATED } }, { projection: { personId: 1 } });
    for await (const assignment of seated) {
      tally.examine();
      if (!booked.get(String(assignment['personId']))?.has(String(assignment._id)))
        tally.violate(`assignment ${String(assignment._id)} is not booked`);
    }
    const enrolled = db
      .collection('enrolments')
      .find({ state: { $in: ENROLLED } }, { projection: { personId: 1 } });
    for await (const enrolment of enrolled) {
      tally.examine();
      if (!booked.get(String(enrolment['personId']))?.has(String(enrolment._id)))
        tally.violate(`enrolment ${String(enrolment._id)} is not booked`);
    }
    return tally.result();
  },
});

/** Invariant 2: nobody was assigned without having accepted, asked or confirmed it themselves. */
export const acceptancesHold = (db: Db): InvariantCheck => ({
  name: 'assignments/own-will',
  async run() {
    const tally = invariantTally();
    const rows = db
      .collection<{ personId: ObjectId; history: { to: string; accountId: ObjectId | null }[] }>(
        'assignments',
      )
      .aggregate<{
        _id: ObjectId;
        history: { to: string; accountId: ObjectId | null }[];
        account: { _id: ObjectId }[];
      }>([
        { $match: { state: { $in: SEATED } } },
        {
          $lookup: {
            from: 'accounts',
            localField: 'personId',
            foreignField: 'personId',
            as: 'account',
            pipeline: [{ $project: { _id: 1 } }],
          },
        },
        { $project: { history: 1, account: 1 } },
      ]);
    for await (const row of rows) {
      tally.examine();
      const own = row.account.map((account) => String(account._id));
      const willing = row.history.some(
        ({ to, accountId }) =>
          ['accepted', 'requested', 'waitlisted'].includes(to) && own.includes(String(accountId)),
      );
      if (!willing) tally.violate(`assignment ${String(row._id)} was never accepted by its person`);
    }
    return tally.result();
  },
});
