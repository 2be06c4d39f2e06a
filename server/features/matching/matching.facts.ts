import type { Types } from 'mongoose';
import { latLngOf } from '../../core/geo.ts';
import { localDate, localWeekdayAndMinute, minutesBetween } from '../../core/time.ts';
import { factsOf as credentialFacts } from '../credentials/index.ts';
import type { CredentialFact } from '../credentials/index.ts';
import type { MembershipRow } from '../memberships/index.ts';
import { GOOD_CREDENTIALS } from '../credentials/index.ts';
import { LIVING_MEMBERSHIP } from '../memberships/index.ts';
import { bookingsIn, daysBeside, hasConsent } from '../people/index.ts';
import type { Booking, PeopleService, PersonRow } from '../people/index.ts';
import type { PlannedShift, PositionRow } from '../shifts/index.ts';
import type { Tenant } from '../tenants/index.ts';
import type { PersonFacts, PositionFacts } from './matching.types.ts';

/** Stored rows as the rules want to hear of them. */
export function positionFacts(position: PositionRow, shift: PlannedShift, zone: string): PositionFacts {
  const { weekday, minute } = localWeekdayAndMinute(shift.startsAt, zone);
  return {
    startsAt: shift.startsAt,
    endsAt: shift.endsAt,
    startDate: localDate(shift.startsAt, zone),
    endDate: localDate(new Date(shift.endsAt.getTime() - 1), zone),
    weekday,
    startMinute: minute,
    lengthMinutes: minutesBetween(shift.startsAt, shift.endsAt),
    shiftState: shift.state,
    point: shift.place.point ? latLngOf(shift.place.point) : null,
    bodilyRisk: shift.riskLevel === 'bodily',
    skills: position.skills,
    credentials: position.credentials,
    languages: position.languages,
    minAge: position.minAge,
    maxAge: position.maxAge,
  };
}

/** Everything the rules need to know of one person of the current tenant, booked in the window or not, in one read. */
export async function ownSources(
  people: PeopleService,
  personId: string,
  window: { readonly startsAt: Date; readonly endsAt: Date },
): Promise<PersonSources> {
  const { memberships, credentials, days, ...person } = await people.rowBeside<{
    memberships: Pick<MembershipRow, 'state' | 'verifiedSkills'>[];
    credentials: CredentialFact[];
    days: { bookings: Booking[] }[];
  }>(personId, [LIVING_MEMBERSHIP, GOOD_CREDENTIALS, daysBeside(personId, window)]);
  return {
    person,
    membership: memberships[0] ?? null,
    notToBeAsked: false,
    credentials,
    bookings: bookingsIn(days),
  };
}

const DAY_MS = 86_400_000;

export interface PersonSources {
  readonly person: PersonRow;
  readonly membership: Pick<MembershipRow, 'state' | 'verifiedSkills'> | null;
  /** The posting tenant decides or decided about them otherwise than yes. */
  readonly notToBeAsked: boolean;
  readonly credentials: readonly CredentialFact[];
  /** Everything booked around the shift; the one assignment in question left out by the caller. */
  readonly bookings: readonly Booking[];
}

export function personFacts(
  { person, membership, notToBeAsked, credentials, bookings }: PersonSources,
  position: PositionFacts,
  tenant: Tenant,
): PersonFacts {
  const verified = new Map((membership?.verifiedSkills ?? []).map((skill) => [skill.code, skill.level]));
  const sameDay = bookings.filter(
    (booking) => localDate(booking.startsAt, tenant.zone) === position.startDate,
  );
  const recent = bookings.filter(
    (booking) => Math.abs(booking.startsAt.getTime() - position.startsAt.getTime()) < 14 * DAY_MS,
  );
  const sum = (list: readonly Booking[]): number =>
    list.reduce((total, booking) => total + minutesBetween(booking.startsAt, booking.endsAt), 0);
  return {
    personId: String(person._id),
    standing: standingOf(person, { membership, notToBeAsked }, tenant),
    birthDate: person.birthDate,
    guardianConsent: hasConsent(person, 'guardian'),
    languages: person.languages,
    skills: person.skills.map(({ code, level }) => ({
      code,
      level: Math.max(level, verified.get(code) ?? 0),
      verified: verified.has(code),
    })),
    credentials,
    availability: person.availability,
    home: person.home ? latLngOf(person.home) : null,
    booked: bookings,
    bookedMinutesThatDay: sum(sameDay),
    recentMinutes: sum(recent),
  };
}

function standingOf(
  person: PersonRow,
  { membership, notToBeAsked }: Pick<PersonSources, 'membership' | 'notToBeAsked'>,
  tenant: Tenant,
): PersonFacts['standing'] {
  if (membership?.state === 'approved') return 'member';
  if (membership?.state === 'suspended') return 'suspended';
  if (notToBeAsked) return 'stranger';
  const near = person.county !== null && tenant.serviceCounties.includes(person.county);
  return near && hasConsent(person, 'asked-by-others') ? 'findable' : 'stranger';
}

/** Credentials of many people, as `personFacts` takes them. */
export const credentialsOf = (
  personIds: readonly (string | Types.ObjectId)[],
): Promise<Map<string, CredentialFact[]>> => credentialFacts(personIds);
