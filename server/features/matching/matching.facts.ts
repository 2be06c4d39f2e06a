import type { Types } from 'mongoose';
import { latLngOf } from '../../core/geo.ts';
import { localDate, localWeekdayAndMinute, minutesBetween } from '../../core/time.ts';
import type { CredentialFact } from '../credentials/index.ts';
import type { MembershipRow } from '../memberships/index.ts';
import type { PoolFact } from '../talent-pools/index.ts';
// Not through the features' own doors: threads that only reckon load this file and nothing of the database.
import { hasConsent } from '../people/fitting.rules.ts';
import type { Booking, PersonToFit } from '../people/index.ts';
import type { PlannedPosition, PlannedShift } from '../shifts/index.ts';
import type { Tenant } from '../tenants/index.ts';
import { isOutside } from './distance.rules.ts';
import type { PersonFacts, PositionFacts, ServiceRecord } from './matching.types.ts';

/** A shift that nobody has a place of. */
export const NOBODY: PositionFacts['team'] = { certified: 0, semiProfessional: 0 };

/** Stored rows as the rules want to hear of them. */
export function positionFacts(
  position: PlannedPosition,
  shift: PlannedShift,
  { zone, credentialNeeds }: Pick<Tenant, 'zone' | 'credentialNeeds'>,
  team: PositionFacts['team'] = NOBODY,
): PositionFacts {
  const { weekday, minute } = localWeekdayAndMinute(shift.startsAt, zone);
  return {
    requestId: String(shift.requestId),
    startsAt: shift.startsAt,
    endsAt: shift.endsAt,
    startDate: localDate(shift.startsAt, zone),
    endDate: localDate(new Date(shift.endsAt.getTime() - 1), zone),
    weekday,
    startMinute: minute,
    lengthMinutes: minutesBetween(shift.startsAt, shift.endsAt),
    shiftState: shift.state,
    point: shift.place.point ? latLngOf(shift.place.point) : null,
    county: shift.county,
    category: shift.category,
    bodilyRisk: shift.riskLevel === 'bodily',
    insured: shift.policyNumber !== '',
    skills: position.skills,
    credentials: [
      ...position.credentials,
      // What the kind of service asks for, unless the position asks for it itself.
      ...credentialNeeds
        .filter(
          ({ area, type }) =>
            area === shift.category && !position.credentials.some((own) => own.type === type),
        )
        .map(({ type, name }) => ({ type, level: '', name })),
    ],
    pools: position.pools ?? [],
    trainings: (position.trainings ?? []).map(({ courseId }) => courseId),
    trainingNames: Object.fromEntries(
      (position.trainings ?? []).map(({ courseId, title }) => [courseId, title]),
    ),
    languages: position.languages,
    minAge: position.minAge,
    maxAge: position.maxAge,
    taken: position.taken,
    required: position.required,
    team,
  };
}

const DAY_MS = 86_400_000;
/** So far to both sides of a shift its week reaches, whatever the zone. */
export const WEEK_AROUND_MS = 8 * DAY_MS;
/** So far to both sides service counts as recent. */
export const RECENT_MS = 14 * DAY_MS;

export type MembershipPart = Pick<MembershipRow, 'state' | 'verifiedSkills' | 'kind'>;

/** A place of a person that is over: kept, or missed without a word. */
export interface PlaceRow {
  readonly requestId: Types.ObjectId;
  readonly state: 'checked_out' | 'no_show';
  readonly endsAt: Date;
}

export interface PersonSources {
  readonly person: PersonToFit;
  readonly membership: MembershipPart | null;
  /** The posting tenant decides or decided about them otherwise than yes. */
  readonly notToBeAsked: boolean;
  /** Who looks is of another organisation than the posting one, and they are no member of it. */
  readonly elsewhere?: boolean;
  readonly credentials: readonly CredentialFact[];
  /** Talent pools that the person is certified in. */
  readonly pools?: readonly PoolFact[];
  /** Everything booked around the shift; the one assignment in question left out by the caller. */
  readonly bookings: readonly Booking[];
  /** Places that are over, in the posting tenant. */
  readonly places?: readonly PlaceRow[];
  /** Requests that the person is kept from; null stands for all of the tenant. */
  readonly exclusions?: readonly (string | null)[];
  /** Courses passed, and until when each counts. */
  readonly trained?: readonly TrainedSource[];
  /** The skills, where who judges many positions has found that they are the same on all days. */
  readonly skills?: PersonFacts['skills'];
  /** The places summed up, by who judges many positions for one person. */
  readonly record?: ServiceRecord;
}

/** A course that somebody passed; local dates, the last one inclusive, null for ever. */
export interface TrainedSource {
  readonly courseId: string;
  readonly passedOn: string;
  readonly validTo: string | null;
}

/** First trained, then serving: courses passed by the first day and in force to the last. */
export const trainedOn = (
  trained: readonly TrainedSource[],
  { startDate, endDate }: Pick<PositionFacts, 'startDate' | 'endDate'>,
): string[] =>
  trained
    .filter(({ passedOn, validTo }) => passedOn <= startDate && (validTo === null || endDate <= validTo))
    .map(({ courseId }) => courseId);

/** What the rules may know of a person for one position: everything else of the sources stays out of their sight. */
export function personFacts(
  { person, membership, notToBeAsked, credentials, bookings, ...more }: PersonSources,
  position: PositionFacts,
  tenant: Tenant,
): PersonFacts {
  const { places = [], exclusions = [], trained = [], elsewhere = false } = more;
  const standing = standingOf(person, { membership, notToBeAsked }, tenant);
  return {
    personId: String(person._id),
    standing,
    banded: elsewhere || isOutside(standing),
    excluded: exclusions.some((one) => one === null || one === position.requestId),
    birthDate: person.birthDate,
    guardianConsent: hasConsent(person, 'guardian'),
    languages: person.languages,
    skills: more.skills ?? skillsOn(person, membership, credentials, position),
    credentials,
    pools: more.pools ?? [],
    trained: trainedOn(trained, position),
    availability: person.availability,
    home: person.home ? latLngOf(person.home) : null,
    county: person.county,
    radiusMetres: person.radiusMetres ?? null,
    interests: person.interests ?? [],
    track: trackOf(membership?.kind ?? null),
    booked: bookings,
    ...minutesBooked(bookings, position, tenant),
    record: more.record ?? recordOf(places, tenant.zone),
  };
}

/** Claimed and seen skills together: what was seen holds at least at its level. */
export function skillsOn(
  person: Pick<PersonToFit, 'skills'>,
  membership: Pick<MembershipRow, 'verifiedSkills'> | null,
  credentials: readonly Pick<CredentialFact, 'gives' | 'validFrom' | 'validTo'>[],
  /** Null: on any days, for whoever looks who might have them. */
  position: Pick<PositionFacts, 'startDate' | 'endDate'> | null,
): PersonFacts['skills'] {
  if (areClaimsAlone(person, membership, credentials))
    return person.skills.map(({ code, level }) => ({ code, level, verified: false }));
  const seen = membership?.verifiedSkills ?? [];
  const verified = new Map(seen.map((skill) => [skill.code, skill.level]));
  // A certificate gives its skills on the days on which it is valid; nobody need claim them besides.
  for (const own of credentials)
    if (
      position === null ||
      (own.validFrom <= position.startDate && (own.validTo === null || position.endDate <= own.validTo))
    )
      for (const { code, level } of own.gives) verified.set(code, Math.max(level, verified.get(code) ?? 0));
  const claimed = new Map(person.skills.map(({ code, level }) => [code, level]));
  return [...new Set([...claimed.keys(), ...verified.keys()])].map((code) => ({
    code,
    level: Math.max(claimed.get(code) ?? 0, verified.get(code) ?? 0),
    verified: verified.has(code),
  }));
}

/** Whether somebody's skills are what they claim, each once. So it is of most people, who are asked about by the hundred thousand. */
export const areClaimsAlone = (
  person: Pick<PersonToFit, 'skills'>,
  membership: Pick<MembershipRow, 'verifiedSkills'> | null,
  credentials: readonly unknown[],
): boolean =>
  (membership?.verifiedSkills ?? []).length === 0 && credentials.length === 0 && areApart(person.skills);

const areApart = (skills: readonly { readonly code: string }[]): boolean =>
  skills.every(({ code }, at) => skills.findIndex((other) => other.code === code) === at);

/** The two tracks that a good team mixes; other members belong to neither. */
export function trackOf(kind: string | null): PersonFacts['track'] {
  if (kind === 'social-worker') return 'certified';
  return kind === 'community-worker' ? 'semi-professional' : null;
}

/** Who of the two tracks is among these kinds of members. */
export function teamOf(members: readonly { readonly kind: string }[]): PositionFacts['team'] {
  const count = (track: PersonFacts['track']): number =>
    members.filter(({ kind }) => trackOf(kind) === track).length;
  return { certified: count('certified'), semiProfessional: count('semi-professional') };
}

/** Caps count what any tenant booked; recent service only what this one did: another's is none of its business. */
export function minutesBooked(
  bookings: readonly Booking[],
  position: PositionFacts,
  tenant: Tenant,
): Pick<PersonFacts, 'bookedMinutesThatDay' | 'bookedMinutesThatWeek' | 'recentMinutes'> {
  const monday = mondayOf(position.startDate);
  let [day, week, recent] = [0, 0, 0];
  for (const { startsAt, endsAt, tenantId } of bookings) {
    const minutes = minutesBetween(startsAt, endsAt);
    const away = Math.abs(startsAt.getTime() - position.startsAt.getTime());
    if (away < RECENT_MS && String(tenantId) === tenant.id) recent += minutes;
    if (away > WEEK_AROUND_MS) continue;
    const date = localDate(startsAt, tenant.zone);
    if (date === position.startDate) day += minutes;
    if (mondayOf(date) === monday) week += minutes;
  }
  return { bookedMinutesThatDay: day, bookedMinutesThatWeek: week, recentMinutes: recent };
}

const mondays = new Map<string, string>();
/** Dates of some years; the same few weeks are asked for again and again. */
const MOST_MONDAYS = 4_000;

/** The Monday of a date's week, both `YYYY-MM-DD`. */
export function mondayOf(date: string): string {
  const known = mondays.get(date);
  if (known !== undefined) return known;
  const day = Date.parse(`${date}T00:00:00Z`) / DAY_MS;
  // The first of January 1970 was a Thursday.
  const monday = new Date((day - ((day + 3) % 7)) * DAY_MS).toISOString().slice(0, 10);
  if (mondays.size >= MOST_MONDAYS) mondays.clear();
  mondays.set(date, monday);
  return monday;
}

/** What somebody kept and missed, summed up. */
export function recordOf(places: readonly PlaceRow[], zone: string): ServiceRecord {
  const served = new Map<string, number>();
  let [missed, last] = [0, 0];
  for (const { requestId, state, endsAt } of places) {
    if (state === 'no_show') {
      missed += 1;
      continue;
    }
    served.set(String(requestId), (served.get(String(requestId)) ?? 0) + 1);
    last = Math.max(last, endsAt.getTime());
  }
  return {
    kept: places.length - missed,
    missed,
    lastOn: last === 0 ? null : localDate(new Date(last), zone),
    served,
  };
}

export function standingOf(
  person: PersonToFit,
  { membership, notToBeAsked }: Pick<PersonSources, 'membership' | 'notToBeAsked'>,
  tenant: Pick<Tenant, 'serviceCounties'>,
): PersonFacts['standing'] {
  if (membership?.state === 'approved') return 'member';
  if (membership?.state === 'suspended') return 'suspended';
  if (notToBeAsked) return 'stranger';
  if (person.county === null || !tenant.serviceCounties.includes(person.county)) return 'stranger';
  return hasConsent(person, 'asked-by-others') ? 'findable' : 'unasked';
}

/** Whether somebody who is no member lives in the tenant's counties and agreed to be asked. */
export const mayBeAsked = (person: PersonToFit, tenant: Pick<Tenant, 'serviceCounties'>): boolean =>
  standingOf(person, { membership: null, notToBeAsked: false }, tenant) === 'findable';
