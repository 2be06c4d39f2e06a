import { can } from './core/actor.ts';
import type { AccountActor } from './core/actor.ts';
import { contextNow } from './core/context.ts';
import { countEach } from './db/builders.ts';
import type { Counting } from './db/builders.ts';
import { sideBySide } from './db/transaction.ts';
import type { Ahead, AssignmentService } from './features/assignments/index.ts';
import type { CredentialService } from './features/credentials/index.ts';
import type { ComingUp, DeskTask, HomeSources, ShortShift } from './features/home/index.ts';
import type { HoursService } from './features/hours/index.ts';
import type { MatchingService } from './features/matching/index.ts';
import type { MembershipService } from './features/memberships/index.ts';
import type { RequestService } from './features/requests/index.ts';
import { registeredUntil } from './features/re-registration/index.ts';
import { countOpenShifts, shiftsToday, soonestOpen, sumSeats } from './features/shifts/index.ts';
import type { OpenShift } from './features/shifts/index.ts';
import type { SessionService } from './features/training/index.ts';
import type { TenantService } from './features/tenants/index.ts';

/** Few enough that what suits me begins on a phone's first screen. */
const NEXT_SHOWN = 3;
const SUGGESTED = 4;
/** Shifts that the home page's suggestions are picked from. */
const LOOKED_AT = 80;
/** Of those that lack people, how many are shown. */
const SHORT_SHOWN = 5;
const CHECK_IN_AHEAD_MS = 3_600_000;

export interface HomeParts {
  readonly assignments: AssignmentService;
  readonly matching: MatchingService;
  readonly memberships: MembershipService;
  readonly hours: HoursService;
  readonly tenants: TenantService;
  readonly requests: Pick<RequestService, 'waiting'>;
  readonly credentials: Pick<CredentialService, 'waiting'>;
  readonly sessions: Pick<SessionService, 'taughtAhead'>;
}

/** The home page's parts, each from the feature that knows; a fixed number of queries. */
export function createHomeSources(parts: HomeParts): HomeSources {
  const { assignments, matching, hours, tenants } = parts;
  return {
    async comingUp(actor) {
      const now = contextNow();
      return (await assignments.ahead(actor.personId))
        .filter(
          (row) =>
            row.endsAt > now &&
            row.state !== 'excused' &&
            (isHere(row, actor) || !['requested', 'waitlisted'].includes(row.state)),
        )
        .slice(0, NEXT_SHOWN)
        .map((row) => comingUpOf(row, isHere(row, actor), now));
    },
    offersWait: async (actor) => (await assignments.everywhere(actor, 1, undefined)).data.length > 0,
    async suggestions(actor) {
      const [open, ahead] = await Promise.all([openOnes(), assignments.ahead(actor.personId)]);
      const { suited } = await matching.suits(actor, open);
      const taken = new Set(ahead.map((row) => String(row.positionId)));
      return suited
        .filter((one) => !taken.has(String(one.position._id)))
        .slice(0, SUGGESTED)
        .map(({ position, shift, fit }) => ({
          href: '/opportunities',
          title: shift.title,
          startsAt: shift.startsAt.toISOString(),
          endsAt: shift.endsAt.toISOString(),
          place: shift.place.label,
          distanceMetres: fit.distanceMetres,
          signUpAction: `/positions/${String(position._id)}/assignments`,
        }));
    },
    given: (actor) => hours.given(actor.personId),
    registeredUntil: async (actor) =>
      actor.membership?.kind === 'social-worker' ? registeredUntil(actor.personId) : null,
    desk: async (actor) => deskOf(actor, (await tenants.current()).zone, parts),
    short: async (actor) => (can(actor, 'shifts:publish') ? shortOf(await openOnes(), actor) : []),
    openCounts: (tenantIds) => countOpenShifts(tenantIds),
  };
}

/** The soonest open shifts, read once for all parts of the page. */
const openOnes = (): Promise<OpenShift[]> => soonestOpen({ after: contextNow() }, LOOKED_AT);

const isHere = (row: Ahead, actor: AccountActor): boolean =>
  String(row.tenantId) === actor.membership?.tenantId;

/** What another tenant asks or expects is answered on the page of all offers. */
function comingUpOf(row: Ahead, here: boolean, now: Date): ComingUp {
  const id = String(row._id);
  const offered = row.state === 'offered';
  const soon =
    here &&
    ['accepted', 'confirmed', 'checked_in'].includes(row.state) &&
    row.startsAt.getTime() - now.getTime() < CHECK_IN_AHEAD_MS;
  const answers = here ? `/assignments/${id}` : `/offers/${id}`;
  return {
    href: here ? answers : '/offers',
    title: row.shift?.title ?? '',
    startsAt: row.startsAt.toISOString(),
    endsAt: row.endsAt.toISOString(),
    place: row.shift?.place.label ?? '',
    state: row.state,
    answerBy: row.answerBy?.toISOString() ?? null,
    acceptAction: offered ? `${answers}/accept` : null,
    declineAction: offered ? `${answers}/decline` : null,
    checkInHref: soon ? '/check-in' : null,
  };
}

/** Those of the open shifts that lack people, within the reach of whoever fills them. */
function shortOf(open: readonly OpenShift[], actor: AccountActor): ShortShift[] {
  return open
    .filter((shift) => can(actor, 'requests:see', String(shift.unitId)))
    .map((shift) => ({ shift, missing: sumSeats(shift.positions).missing }))
    .filter(({ missing }) => missing > 0)
    .slice(0, SHORT_SHOWN)
    .map(({ shift, missing }) => ({
      href: `/shifts/${String(shift._id)}`,
      title: shift.title,
      startsAt: shift.startsAt.toISOString(),
      endsAt: shift.endsAt.toISOString(),
      place: shift.place.label,
      missing,
    }));
}

/** What waits at the actor's desk, by the rights they have: counted by each feature, most of it in one read. */
async function deskOf(actor: AccountActor, zone: string, parts: HomeParts): Promise<DeskTask[]> {
  const { credentials, hours, memberships, requests, sessions } = parts;
  const tasks: readonly (readonly [boolean, DeskTask['key'], string, () => Counting])[] = [
    [can(actor, 'shifts:publish'), 'today', '/attendance', () => shiftsToday(actor, zone)],
    [can(actor, 'requests:screen'), 'requests', '/requests?state=submitted', () => requests.waiting(actor)],
    [
      can(actor, 'memberships:review') || can(actor, 'memberships:decide'),
      'memberships',
      `/memberships?state=${memberships.waitingStates(actor)[0] ?? 'submitted'}`,
      () => memberships.waiting(actor),
    ],
    [
      can(actor, 'credentials:review') || can(actor, 'credentials:decide'),
      'credentials',
      '/credentials/reviews',
      () => credentials.waiting(actor),
    ],
    [teaches(actor), 'teaching', '/training', () => sessions.taughtAhead(actor.personId, contextNow())],
  ];
  const counted = tasks.filter(([may]) => may);
  const [counts, confirm] = await sideBySide([
    () => countEach(counted.map(([, , , counting]) => counting())),
    () => (can(actor, 'hours:confirm') ? hours.waitingCount(actor) : null),
  ]);
  const found = counted.map(([, key, href], at): DeskTask => ({ key, href, count: counts[at] ?? 0 }));
  if (confirm === null) return found;
  const at = found[0]?.key === 'today' ? 1 : 0;
  return [...found.slice(0, at), { key: 'hours', href: '/hours/queue', count: confirm }, ...found.slice(at)];
}

/** Officers may teach, and seldom do; an instructor does nothing else. */
const teaches = (actor: AccountActor): boolean => actor.membership?.roles.includes('instructor') ?? false;
