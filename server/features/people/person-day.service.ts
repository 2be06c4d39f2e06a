import { Types } from 'mongoose';
import type { Beside } from '../../db/builders.ts';
import { requireTransaction } from '../../db/transaction.ts';
import { PersonDayModel } from './person.model.ts';
import type { Booking } from './person.model.ts';

/** A stretch of time; half-open, so one booking may start the minute another ends. */
export interface Span {
  readonly startsAt: Date;
  readonly endsAt: Date;
}

const DAY_MS = 86_400_000;

/** UTC days that the span touches, `YYYY-MM-DD`. */
export function daysOf(span: Span): string[] {
  const days: string[] = [];
  const last = Math.max(span.startsAt.getTime(), span.endsAt.getTime() - 1);
  for (let at = Math.floor(span.startsAt.getTime() / DAY_MS) * DAY_MS; at <= last; at += DAY_MS)
    days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}

const keyOf = (personId: string, day: string): string => `${personId}:${day}`;

/**
 * Takes the overlap lock of every day around the span and returns what is booked there, in whatever tenants (F-11).
 * A rival transaction that wants the same day conflicts here and retries after us. The days before and after are
 * locked too, since caps are counted per local day, which no zone moves further than that.
 */
export async function lockPersonDays(personId: string, span: Span): Promise<Booking[]> {
  requireTransaction('A person-day lock');
  const wide = {
    startsAt: new Date(span.startsAt.getTime() - DAY_MS),
    endsAt: new Date(span.endsAt.getTime() + DAY_MS),
  };
  const bookings = new Map<string, Booking>();
  for (const day of daysOf(wide)) {
    const row = await PersonDayModel.findOneAndUpdate(
      { _id: keyOf(personId, day) },
      { $inc: { version: 1 }, $setOnInsert: { personId: new Types.ObjectId(personId) } },
      { upsert: true, returnDocument: 'after' },
    ).lean();
    for (const booking of row.bookings) bookings.set(String(booking.assignmentId), booking);
  }
  return [...bookings.values()];
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

/** Each booking once, however many days it touches. */
export const bookingsIn = (days: readonly { readonly bookings: readonly Booking[] }[]): Booking[] => [
  ...new Map(
    days.flatMap(({ bookings }) => bookings.map((one) => [String(one.assignmentId), one] as const)),
  ).values(),
];

/** What is booked for many people within the window; for ranking, where a stale answer does no harm. */
export async function bookingsOf(
  personIds: readonly string[],
  window: Span,
): Promise<Map<string, Booking[]>> {
  const days = daysOf({
    startsAt: new Date(window.startsAt.getTime() - DAY_MS),
    endsAt: new Date(window.endsAt.getTime() + DAY_MS),
  });
  const keys = personIds.flatMap((personId) => days.map((day) => keyOf(personId, day)));
  const rows = await PersonDayModel.find({ _id: { $in: keys } })
    .select({ personId: 1, bookings: 1 })
    .lean();
  const found = new Map<string, Map<string, Booking>>();
  for (const row of rows) {
    const own = found.get(String(row.personId)) ?? new Map<string, Booking>();
    for (const booking of row.bookings) own.set(String(booking.assignmentId), booking);
    found.set(String(row.personId), own);
  }
  return new Map([...found].map(([personId, own]) => [personId, [...own.values()]]));
}
