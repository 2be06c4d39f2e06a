import { Types } from 'mongoose';
import { contextNow } from '../../core/context.ts';
import { AlikeRows } from '../../db/alike-rows.ts';
import { globalFind } from '../../db/builders.ts';
import { PersonDayModel, PersonModel } from './person.model.ts';
import type { Booking, PersonRow } from './person.model.ts';
import { findableFilter, FIT_FIELDS } from './fitting.rules.ts';
import type { NamedToFit, PersonToFit } from './fitting.rules.ts';

/** People read in one query. */
const AT_ONCE = 2_000;
/** What fitting reads of a person; names and addresses stay where they are. */
const FIELDS = {
  name: 0,
  phone: 0,
  homeLabel: 0,
  emergencyContact: 0,
  guardian: 0,
  documentType: 0,
} as const;

/** What fitting asks of these people, whom the caller may see; nothing else of theirs is read. */
export const peopleToFit = async (personIds: readonly (string | Types.ObjectId)[]): Promise<NamedToFit[]> =>
  globalFind<PersonRow>(
    PersonModel,
    { _id: { $in: personIds.map((id) => new Types.ObjectId(String(id))) } },
    { name: 1, ...FIT_FIELDS },
    personIds.length + 1,
  );

/** The same of people of these counties who agreed to be asked by others, at most so many, in order of id. */
export const findableToFit = async (counties: readonly string[], limit: number): Promise<NamedToFit[]> =>
  PersonModel.find(findableFilter(counties, contextNow()) as never)
    .sort({ _id: 1 })
    .limit(limit)
    .select({ name: 1, ...FIT_FIELDS })
    .batchSize(AT_ONCE)
    .lean();

const parts = function* (ids: readonly string[]): Generator<Types.ObjectId[]> {
  for (let at = 0; at < ids.length; at += AT_ONCE)
    yield ids.slice(at, at + AT_ONCE).map((id) => new Types.ObjectId(id));
};

/** Facts of these people for fitting, a part at a time. */
export async function* peopleToPlan(ids: readonly string[]): AsyncGenerator<PersonRow[]> {
  for (const some of parts(ids))
    yield await PersonModel.find({ _id: { $in: some } })
      .select(FIELDS)
      .batchSize(AT_ONCE)
      .lean();
}

/** What plans over very many people need to know of each. */
export type PersonToPlan = PersonToFit & Pick<PersonRow, 'version'>;

const PLAN_FIELDS = { ...FIT_FIELDS, version: 1 } as const;

/**
 * Reads the same of very many people, a part at a time, in one query each past Mongoose: only what the rules ask for. What many
 * of them have alike (languages, interests, a skill, a stretch of a week) is one object for all of them.
 */
export function readerOfPeopleToPlan(): (ids: readonly string[]) => Promise<PersonToPlan[]> {
  const rows = new AlikeRows<PersonToPlan>({
    whole: ['languages', 'interests', 'consents', 'county'],
    entries: ['skills', 'availability'],
  });
  return async (ids) => {
    const sent = await PersonModel.collection
      .find<Uint8Array>(
        { _id: { $in: ids.map((id) => new Types.ObjectId(id)) } },
        { projection: PLAN_FIELDS, batchSize: Math.max(1, ids.length), raw: true },
      )
      .toArray();
    return sent.map((one) => rows.of(one));
  };
}

/** The ids of people of these counties who once agreed to be asked by others; whether they still do, their facts say. */
export async function idsOfCounties(counties: readonly string[], limit: number): Promise<string[]> {
  if (counties.length === 0) return [];
  const rows = await PersonModel.find({
    county: { $in: [...counties] },
    'consents.purpose': 'asked-by-others',
  })
    .select({ _id: 1 })
    .limit(limit)
    .batchSize(20_000)
    .lean();
  return rows.map(({ _id }) => String(_id));
}

/** What is booked for these people from an instant on, in whatever tenants; people without bookings are left out. */
export async function bookingsAfter(ids: readonly string[], from: Date): Promise<Map<string, Booking[]>> {
  const found = new Map<string, Map<string, Booking>>();
  for (const some of parts(ids)) {
    const rows = await PersonDayModel.find({ personId: { $in: some }, 'bookings.endsAt': { $gt: from } })
      .select({ personId: 1, bookings: 1 })
      .batchSize(AT_ONCE)
      .lean();
    for (const { personId, bookings } of rows) {
      const own = found.get(String(personId)) ?? new Map<string, Booking>();
      for (const booking of bookings)
        if (booking.endsAt > from) own.set(String(booking.assignmentId), booking);
      found.set(String(personId), own);
    }
  }
  return new Map([...found].map(([id, own]) => [id, [...own.values()]]));
}
