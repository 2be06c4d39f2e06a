import { Types } from 'mongoose';
import { globalFind } from '../../db/builders.ts';
import type { Beside } from '../../db/builders.ts';
import { requireTransaction } from '../../db/transaction.ts';
import { bookingsIn } from './fitting.rules.ts';
import { PersonDayModel } from './person.model.ts';
import type { Booking, PersonDayRow } from './person.model.ts';

/** A stretch of time; half-open, so one booking may start the minute another ends. */
export interface Span {
  readonly startsAt: Date;
  readonly endsAt: Date;
}

const DAY_MS = 86_400_000;
const WEEK_AROUND_MS = 8 * DAY_MS;
/** More keys than this are not named one by one, more people are asked for by time alone. */
const FEW = 300;

/** UTC days that the span touches, `YYYY-MM-DD`. */
export function daysOf(span: Span): string[] {
  const days: string[] = [];
  const last = Math.max(span.startsAt.getTime(), span.endsAt.getTime() - 1);
  for (let at = Math.floor(span.startsAt.getTime() / DAY_MS) * DAY_MS; at <= last; at += DAY_MS)
    days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}

const keyOf = (personId: string, day: string): string => `${personId}:${day}`;
/** Beside the days of a person, counted up with each of them; sorts after every day. */
const wholeKey = (personId: string): string => `${personId}:whole`;

/**
 * Takes the overlap lock of every day around the span and returns what is booked there, in whatever tenants (F-11).
 * A rival transaction of the same person conflicts here and retries after us. The days before and after are
 * locked too, since caps are counted per local day, which no zone moves further than that.
 */
export async function lockPersonDays(personId: string, span: Span): Promise<Booking[]> {
  requireTransaction('A person-day lock');
  const wide = {
    startsAt: new Date(span.startsAt.getTime() - DAY_MS),
    endsAt: new Date(span.endsAt.getTime() + DAY_MS),
  };
  const days = daysOf(wide).map((day) => keyOf(personId, day));
  await bump(personId, [...days, wholeKey(personId)]);
  const rows = await PersonDayModel.find({ _id: { $in: days } })
    .select({ bookings: 1 })
    .lean();
  return bookingsIn(rows);
}

/** Counts these rows up in one write, making those that are missing: whoever wants one of them at the same time conflicts. */
async function bump(personId: string, keys: readonly string[]): Promise<void> {
  await PersonDayModel.bulkWrite(
    keys.map((_id) => ({
      updateOne: {
        filter: { _id },
        update: { $inc: { version: 1 }, $setOnInsert: { personId: new Types.ObjectId(personId) } },
        upsert: true,
      },
    })),
  );
}

/**
 * Locks all days of a person, also those of which nothing is known yet: who gives the person's record up meets here whoever
 * books, logs or checks out anything for them at that moment.
 */
export async function lockPerson(personId: string): Promise<void> {
  requireTransaction('A lock of a person');
  await bump(personId, [wholeKey(personId)]);
}

/**
 * The same for the weeks around the span, for caps by the week: a rival that books another day of the same week conflicts
 * too. Returns what is booked eight days to both sides, in whatever tenants. The days themselves are locked as well.
 */
export async function lockPersonWeeks(personId: string, span: Span): Promise<Booking[]> {
  await lockPersonDays(personId, span);
  const weekOf = (at: number): string =>
    new Date((Math.floor((at / DAY_MS + 3) / 7) * 7 - 3) * DAY_MS).toISOString().slice(0, 10);
  // A day to both sides: no zone moves the end of a week further than that.
  const around = [span.startsAt.getTime() - DAY_MS, span.endsAt.getTime() + DAY_MS];
  for (const week of new Set(around.map(weekOf)))
    await PersonDayModel.updateOne(
      { _id: `${personId}:week-${week}` },
      { $inc: { version: 1 }, $setOnInsert: { personId: new Types.ObjectId(personId) } },
      { upsert: true },
    );
  const dayAt = (at: number): string => keyOf(personId, new Date(at).toISOString().slice(0, 10));
  const rows = await PersonDayModel.find({
    personId: new Types.ObjectId(personId),
    _id: {
      $gte: dayAt(span.startsAt.getTime() - WEEK_AROUND_MS),
      $lte: dayAt(span.endsAt.getTime() + WEEK_AROUND_MS),
    },
  })
    .select({ bookings: 1 })
    .lean();
  return bookingsIn(rows);
}

/** Books the span for the assignment; inside the transaction that holds the lock. */
export async function bookPersonDays(personId: string, booking: Booking): Promise<void> {
  requireTransaction('A booking');
  for (const day of daysOf(booking)) {
    await PersonDayModel.updateOne(
      { _id: keyOf(personId, day) },
      {
        $inc: { version: 1 },
        $push: { bookings: booking },
        $setOnInsert: { personId: new Types.ObjectId(personId) },
      },
      { upsert: true },
    );
  }
}

/** Frees the span again. */
export async function unbookPersonDays(
  personId: string,
  assignmentId: string | Types.ObjectId,
  span: Span,
): Promise<void> {
  requireTransaction('A booking');
  for (const day of daysOf(span)) {
    await PersonDayModel.updateOne(
      { _id: keyOf(personId, day) },
      {
        $inc: { version: 1 },
        $pull: { bookings: { assignmentId: new Types.ObjectId(String(assignmentId)) } },
      },
    );
  }
}

/** The person's days around the window, to be read beside the person. */
export function daysBeside(personId: string, window: Span): Beside {
  const from = new Date(window.startsAt.getTime() - DAY_MS).toISOString().slice(0, 10);
  const to = new Date(window.endsAt.getTime() + DAY_MS).toISOString().slice(0, 10);
  return {
    from: 'persondays',
    foreignField: 'personId',
    as: 'days',
    match: { _id: { $gte: keyOf(personId, from), $lte: keyOf(personId, to) } },
    fields: { bookings: 1 },
  };
}

/** What is booked for many people within the window; for ranking, where a stale answer does no harm. */
export async function bookingsOf(
  personIds: readonly string[],
  window: Span,
): Promise<Map<string, Booking[]>> {
  const wanted = new Set(personIds);
  const rows = await globalFind<PersonDayRow>(PersonDayModel, daysFilter(personIds, window), {
    personId: 1,
    bookings: 1,
  });
  const days = Map.groupBy(
    rows.filter(({ personId }) => wanted.has(String(personId))),
    ({ personId }) => String(personId),
  );
  return new Map([...days].map(([personId, own]) => [personId, bookingsIn(own)]));
}

/** Days of so few keys are named one by one; of more people by person, of very many by time alone. */
function daysFilter(personIds: readonly string[], window: Span): Record<string, unknown> {
  const days = daysOf(window);
  if (personIds.length * days.length <= FEW)
    return { _id: { $in: personIds.flatMap((personId) => days.map((day) => keyOf(personId, day))) } };
  // Within one booking, so that the index bounds both ends; what began a day before may still go on.
  const from = new Date(window.startsAt.getTime() - DAY_MS);
  const during = { bookings: { $elemMatch: { startsAt: { $gte: from, $lt: window.endsAt } } } };
  return personIds.length <= FEW
    ? { personId: { $in: personIds.map((id) => new Types.ObjectId(id)) }, ...during }
    : during;
}
