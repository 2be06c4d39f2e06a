import { sideBySide } from '../../db/transaction.ts';
import type { Types } from 'mongoose';
import { factsOf as credentialFacts, GOOD_CREDENTIALS } from '../credentials/index.ts';
import type { CredentialFact } from '../credentials/index.ts';
import { approvedToFit, LIVING_MEMBERSHIP, membersToFit } from '../memberships/index.ts';
import type { MemberToPlan, MembershipService } from '../memberships/index.ts';
import { bookingsIn, bookingsOf, daysBeside, findableToFit, peopleToFit } from '../people/index.ts';
import type { Booking, NamedToFit, PeopleService } from '../people/index.ts';
import { GOOD_POOLS, poolsOf } from '../talent-pools/index.ts';
import type { PoolFact } from '../talent-pools/index.ts';
import type { Tenant } from '../tenants/index.ts';
import { excludedFrom } from './exclusion.facts.ts';
import { EXCLUSIONS_BESIDE, PAST_PLACES } from './matching.beside.ts';
import type { MembershipPart, PersonSources, PlaceRow, TrainedSource } from './matching.facts.ts';
import type { PositionFacts } from './matching.types.ts';

/** What features above matching know of people of the current tenant. */
export interface SourceReaders {
  /** Places that are over, by person. */
  readonly placesOf: (personIds: readonly string[]) => Promise<Map<string, PlaceRow[]>>;
  /** Courses passed, by person. */
  readonly trainedOf: (personIds: readonly string[]) => Promise<Map<string, TrainedSource[]>>;
}

/** Somebody's rows, with the name for whoever may be told it and the membership of the current tenant. */
export interface KnownSources extends PersonSources {
  readonly person: NamedToFit;
  readonly membership: MemberToPlan | null;
}

/** A stretch of time around which bookings count. */
interface Window {
  readonly startsAt: Date;
  readonly endsAt: Date;
}

/** What the one position asks for for which they are judged: of what it does not ask for nothing need be read. */
type Asked = Pick<PositionFacts, 'trainings' | 'pools'>;

/** What the rules need to know of these people, read side by side: one wait, however many things there are to know. */
export async function sourcesOf(
  ids: readonly string[],
  window: Window,
  asked: Asked,
  readers: SourceReaders,
  known: { people?: readonly NamedToFit[]; members?: readonly MemberToPlan[] } = {},
): Promise<KnownSources[]> {
  const [people, members, credentials, pools, bookings, places, exclusions, trained] = await sideBySide([
    () => known.people ?? peopleToFit(ids),
    () => known.members ?? membersToFit(ids),
    () => credentialsOf(ids),
    () => (asked.pools.length > 0 ? poolsOf(ids) : new Map<string, PoolFact[]>()),
    () => bookingsOf(ids, window),
    () => readers.placesOf(ids),
    () => excludedFrom(ids),
    () => (asked.trainings.length > 0 ? readers.trainedOf(ids) : new Map<string, TrainedSource[]>()),
  ]);
  const approved = new Map(
    members.filter(({ state }) => state === 'approved').map((one) => [String(one.personId), one]),
  );
  return people.map((person) => {
    const id = String(person._id);
    return {
      person,
      membership: approved.get(id) ?? null,
      notToBeAsked: false,
      credentials: credentials.get(id) ?? [],
      pools: pools.get(id) ?? [],
      bookings: bookings.get(id) ?? [],
      places: places.get(id) ?? [],
      exclusions: exclusions.get(id) ?? [],
      trained: trained.get(id) ?? [],
    };
  });
}

/**
 * The same of all whom the tenant may find: its members, and people of its counties who agreed; at most so many of either,
 * `complete` where that is all of them.
 */
export async function poolSources(
  tenant: Tenant,
  window: Window,
  most: number,
  asked: Asked,
  readers: SourceReaders & { readonly memberships: Pick<MembershipService, 'notToBeAsked'> },
): Promise<{ sources: KnownSources[]; complete: boolean }> {
  const members = await approvedToFit(most);
  const byPerson = new Set(members.map(({ personId }) => String(personId)));
  const [known, findable, notToBeAsked] = await sideBySide([
    () => peopleToFit([...byPerson]),
    () => findableToFit(tenant.serviceCounties, most),
    () => readers.memberships.notToBeAsked(),
  ]);
  const outside = (id: string): boolean => !byPerson.has(id) && !notToBeAsked.has(id);
  const people = [...known, ...findable.filter((person) => outside(String(person._id)))];
  const ids = people.map((person) => String(person._id));
  return {
    sources: await sourcesOf(ids, window, asked, readers, { people, members }),
    complete: members.length < most && findable.length < most,
  };
}

/** Everything the rules need to know of one person of the current tenant, booked in the window or not, in one read. */
export async function ownSources(
  people: PeopleService,
  personId: string,
  window: { readonly startsAt: Date; readonly endsAt: Date },
): Promise<PersonSources> {
  const { memberships, credentials, days, places, exclusions, pools, ...person } = await people.rowBeside<{
    memberships: MembershipPart[];
    credentials: CredentialFact[];
    days: { bookings: Booking[] }[];
    places: PlaceRow[];
    exclusions: { requestId: Types.ObjectId | null }[];
    pools: { poolId: Types.ObjectId; validTo: string | null }[];
  }>(personId, [
    LIVING_MEMBERSHIP,
    GOOD_CREDENTIALS,
    daysBeside(personId, window),
    PAST_PLACES,
    EXCLUSIONS_BESIDE,
    GOOD_POOLS,
  ]);
  return {
    person,
    membership: memberships[0] ?? null,
    notToBeAsked: false,
    credentials,
    bookings: bookingsIn(days),
    pools: pools.map(({ poolId, validTo }) => ({ poolId: String(poolId), validTo })),
    places,
    exclusions: exclusions.map(({ requestId }) => (requestId === null ? null : String(requestId))),
  };
}

/** Credentials of many people, as `personFacts` takes them; null for everybody of the tenant. */
export const credentialsOf = (
  personIds: readonly (string | Types.ObjectId)[] | null,
): Promise<Map<string, CredentialFact[]>> => credentialFacts(personIds);
