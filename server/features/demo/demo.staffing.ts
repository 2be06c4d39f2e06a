import { daysOf } from '../people/index.ts';
import type { DemoShift } from './demo.needs.ts';
import type { DemoGround, DemoMembership, DemoPerson } from './demo.types.ts';

/** Who serves where in the demo place: eligible people only, never twice at once, never more than there are places. */
export interface DemoStaffing {
  readonly assignments: { tenant: string; shift: DemoShift; row: Record<string, unknown> }[];
  readonly offers: { tenant: string; row: object }[];
  /** Overlap-lock rows of everybody who is booked. */
  readonly personDays: { readonly _id: string }[];
}

interface Candidate {
  readonly person: DemoPerson;
  readonly membership: DemoMembership;
}

interface Staffing {
  readonly ground: DemoGround;
  readonly byTenant: ReadonlyMap<string, readonly Candidate[]>;
  readonly socialWorkers: ReadonlySet<string>;
  readonly able: Map<string, Map<DemoShift['activity'], readonly Able[]>>;
  readonly busy: Map<string, { startsAt: Date; endsAt: Date }[]>;
  readonly result: DemoStaffing;
  readonly days: Map<string, { _id: string; personId: string; version: number; bookings: object[] }>;
}

const DAY_MS = 86_400_000;

export function buildStaffing(
  ground: DemoGround,
  people: readonly DemoPerson[],
  memberships: readonly DemoMembership[],
  shifts: readonly DemoShift[],
  socialWorkers: ReadonlySet<string>,
): DemoStaffing {
  const byId = new Map(people.map((person) => [person.id, person]));
  const candidates = memberships
    .filter((membership) => membership.state === 'approved')
    .map((membership): Candidate => ({ membership, person: byId.get(membership.personId) as DemoPerson }));
  const staffing: Staffing = {
    ground,
    byTenant: Map.groupBy(candidates, (candidate) => candidate.membership.tenant),
    socialWorkers,
    able: new Map(),
    busy: new Map(),
    days: new Map(),
    result: { assignments: [], offers: [], personDays: [] },
  };
  const star = people[0] as DemoPerson;
  let upcoming = 0;
  [...shifts]
    .sort((a, b) => a.startsAt.getTime() - b.startsAt.getTime())
    .forEach((shift, index) => {
      const own = (staffing.byTenant.get(shift.tenant) ?? []).find((candidate) => candidate.person === star);
      const suits = own !== undefined && fits(staffing, own, shift);
      // The person whose sign-in is printed has served every other week for a year, and has something of each kind ahead.
      if (suits && shift.day < -1 && index % 2 === 0) seat(staffing, own, shift, 'accepted');
      for (const other of (staffing.byTenant.get(shift.tenant) ?? []).filter(servesByRota))
        if (index % 5 === 0 && shift.day < 12 && fits(staffing, other, shift))
          seat(staffing, other, shift, 'accepted');
      fill(staffing, shift, star);
      if (suits && shift.day >= 1 && upcoming < 4) {
        aheadOf(staffing, own, shift, upcoming);
        upcoming += 1;
      }
    });
  // Not spread into one call: at a city's size that is more arguments than the stack holds.
  for (const day of staffing.days.values()) staffing.result.personDays.push(day);
  return staffing.result;
}

/** Of the cast, beside the first volunteer: serves now and then, so that there is something to see. */
const servesByRota = ({ person }: Candidate): boolean => person.byRota;

function fits(staffing: Staffing, candidate: Candidate, shift: DemoShift): boolean {
  return isAble(staffing, candidate, shift.activity) && isFree(staffing, candidate, shift);
}

/** What does not depend on the day. */
function isAble(
  { socialWorkers }: Pick<Staffing, 'socialWorkers'>,
  { person }: Candidate,
  activity: DemoShift['activity'],
): boolean {
  if (
    activity.skill &&
    !person.skills.some((skill) => skill.code === activity.skill && skill.level >= activity.minLevel)
  )
    return false;
  if (activity.language && !person.languages.includes(activity.language)) return false;
  return !activity.needsSocialWorker || socialWorkers.has(person.id);
}

function isFree({ busy }: Staffing, { person }: Candidate, shift: DemoShift): boolean {
  const adultSince = `${Number(person.birthDate.slice(0, 4)) + 18}${person.birthDate.slice(4)}`;
  if (adultSince > shift.startsAt.toISOString().slice(0, 10)) return false;
  return !(busy.get(person.id) ?? []).some(
    (span) => span.startsAt < shift.endsAt && shift.startsAt < span.endsAt,
  );
}

/** Fills the shift with whoever fits, from a random place in the list on. */
function fill(staffing: Staffing, shift: DemoShift, star: DemoPerson): void {
  const { chance } = staffing.ground;
  const { size, able } = ableFor(staffing, shift, star);
  const wanted =
    shift.day < 0
      ? chance.between(shift.activity.required, Math.min(5, shift.activity.maximum))
      : chance.between(0, shift.activity.maximum);
  const from = chance.between(0, Math.max(0, size - 1));
  const first = firstFrom(able, from);
  for (let step = 0; step < able.length && shift.taken < wanted; step += 1) {
    const { candidate } = able[(first + step) % able.length] as Able;
    if (isFree(staffing, candidate, shift)) seat(staffing, candidate, shift, 'accepted');
  }
}

interface Able {
  /** Place in the list of all. */
  readonly at: number;
  readonly candidate: Candidate;
}

/** Where the first at or behind a place of the whole list stands; past the end where none does. */
function firstFrom(able: readonly Able[], from: number): number {
  let [low, high] = [0, able.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((able[middle] as Able).at < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Who of the tenant could do such a thing on some day, told apart once: in a city most people cannot. */
function ableFor(
  staffing: Staffing,
  { tenant, activity }: DemoShift,
  star: DemoPerson,
): { size: number; able: readonly Able[] } {
  const pool = staffing.byTenant.get(tenant) ?? [];
  const known = staffing.able.get(tenant) ?? new Map<DemoShift['activity'], readonly Able[]>();
  staffing.able.set(tenant, known);
  let able = known.get(activity);
  if (!able) {
    able = pool.flatMap((candidate, at) =>
      // The cast runs the place; it does not fill shifts by chance.
      candidate.person !== star &&
      candidate.person.email.startsWith('v') &&
      isAble(staffing, candidate, activity)
        ? [{ at, candidate }]
        : [],
    );
    known.set(activity, able);
  }
  return { size: pool.length, able };
}

function baseRow(
  staffing: Staffing,
  { person, membership }: Candidate,
  shift: DemoShift,
  state: string,
  way: readonly string[],
): Record<string, unknown> {
  const createdAt = new Date(
    Math.min(shift.startsAt.getTime() - 3 * DAY_MS, staffing.ground.today.getTime() - 3_600_000),
  );
  return {
    _id: staffing.ground.id('assignment', `${shift.positionId}:${person.id}`, createdAt),
    state,
    version: way.length,
    history: way.map((to, index) => ({
      at: createdAt,
      from: way[index - 1] ?? null,
      to,
      actor: `account:${person.accountId}`,
      accountId: person.accountId,
      reason: null,
    })),
    requestId: shift.requestId,
    shiftId: shift.id,
    positionId: shift.positionId,
    unitId: shift.unitId,
    personId: person.id,
    membershipId: membership.id,
    personName: person.name,
    startsAt: shift.startsAt,
    endsAt: shift.endsAt,
    createdAt,
  };
}

/** Gives the person a place: served and checked out when the shift is over, accepted when it is ahead. */
function seat(
  staffing: Staffing,
  candidate: Candidate,
  shift: DemoShift,
  ahead: 'accepted' | 'confirmed',
): void {
  const { ground, busy, result } = staffing;
  const { chance } = ground;
  const over = shift.endsAt <= ground.today;
  const absent = over && candidate.person.email.startsWith('v') && chance.happens(0.04);
  const way = over ? (absent ? ['accepted', 'no_show'] : ['accepted', 'checked_in', 'checked_out']) : [ahead];
  const mark = (at: Date, minutes: number): object => ({
    at: new Date(at.getTime() + minutes * 60_000),
    method: chance.happens(0.8) ? 'code' : 'coordinator',
    by: candidate.person.accountId,
  });
  const row = {
    ...baseRow(staffing, candidate, shift, way.at(-1) as string, way),
    ...(over && !absent
      ? {
          checkIn: mark(shift.startsAt, chance.between(-12, 6)),
          checkOut: mark(shift.endsAt, chance.between(-8, 14)),
        }
      : {}),
  };
  shift.taken += 1;
  result.assignments.push({ tenant: shift.tenant, shift, row });
  busy.set(candidate.person.id, [
    ...(busy.get(candidate.person.id) ?? []),
    { startsAt: shift.startsAt, endsAt: shift.endsAt },
  ]);
  for (const day of daysOf({ startsAt: shift.startsAt, endsAt: shift.endsAt })) {
    const key = `${candidate.person.id}:${day}`;
    const known = staffing.days.get(key) ?? {
      _id: key,
      personId: candidate.person.id,
      version: 1,
      bookings: [],
    };
    known.bookings.push({
      assignmentId: row['_id' as keyof typeof row],
      tenantId: ground.id('tenant', shift.tenant),
      startsAt: shift.startsAt,
      endsAt: shift.endsAt,
    });
    staffing.days.set(key, known);
  }
}

/** One of each for the printed volunteer: accepted, offered, in the waitlist, offered again. */
function aheadOf(staffing: Staffing, own: Candidate, shift: DemoShift, turn: number): void {
  const { ground, result } = staffing;
  if (turn === 0 || turn === 3) {
    if (shift.taken < shift.activity.maximum) seat(staffing, own, shift, 'accepted');
    return;
  }
  if (shift.taken >= shift.activity.maximum) {
    shift.waiting += 1;
    result.assignments.push({
      tenant: shift.tenant,
      shift,
      row: { ...baseRow(staffing, own, shift, 'waitlisted', ['waitlisted']), waitSeq: shift.waiting },
    });
    return;
  }
  const offerId = ground.id('offer', shift.positionId, ground.today);
  const row = { ...baseRow(staffing, own, shift, 'offered', ['offered']), offerId };
  const dueAt = new Date(Math.min(ground.today.getTime() + DAY_MS, shift.startsAt.getTime() - 7_200_000));
  result.assignments.push({ tenant: shift.tenant, shift, row });
  result.offers.push({
    tenant: shift.tenant,
    row: {
      _id: offerId,
      state: 'open',
      version: 1,
      history: [{ at: ground.today, from: null, to: 'open', actor: 'operator:seed', reason: null }],
      subjectType: 'position',
      subjectId: shift.positionId,
      unitId: shift.unitId,
      assignmentId: (row as { _id?: unknown })._id,
      personId: own.person.id,
      origin: 'coordinator',
      holdsSeat: false,
      wave: 1,
      openedAt: ground.today,
      dueAt,
    },
  });
}
