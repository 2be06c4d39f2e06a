import { can } from './core/actor.ts';
import type { AccountActor } from './core/actor.ts';
import { contextNow } from './core/context.ts';
import { localDate } from './core/time.ts';
import type { AssignmentService, OwnOffer } from './features/assignments/index.ts';
import type { ComingUp, DeskTask, HomeSources, ShortShift } from './features/home/index.ts';
import type { HoursService } from './features/hours/index.ts';
import type { MatchingService } from './features/matching/index.ts';
import type { MembershipService } from './features/memberships/index.ts';
import { countOpenShifts, countShiftsToday, listOpenShifts } from './features/shifts/index.ts';
import type { ShiftService } from './features/shifts/index.ts';
import type { TenantService } from './features/tenants/index.ts';

/** Few enough that what suits me begins on a phone's first screen. */
const NEXT_SHOWN = 3;
const SUGGESTED = 4;
/** Shifts that the home page's suggestions are picked from. */
const LOOKED_AT = 80;
/** Published shifts looked through for those that lack people, and how many of these are shown. */
const SCANNED = 40;
const SHORT_SHOWN = 5;
const CHECK_IN_AHEAD_MS = 3_600_000;

export interface HomeParts {
  readonly assignments: AssignmentService;
  readonly shifts: ShiftService;
  readonly matching: MatchingService;
  readonly memberships: MembershipService;
  readonly hours: HoursService;
  readonly tenants: TenantService;
  /** Offers of all tenants, and places in others. */
  readonly elsewhere: (actor: AccountActor) => Promise<OwnOffer[]>;
  readonly dueOf: (offerIds: readonly unknown[]) => Promise<Map<string, Date>>;
}

/** The home page's parts, each from the feature that knows; a fixed number of queries. */
export function createHomeSources(parts: HomeParts): HomeSources {
  const { assignments, shifts, matching, memberships, hours, tenants, elsewhere, dueOf } = parts;
  return {
    async comingUp(actor) {
      const [rows, others] = await Promise.all([
        assignments.upcoming(actor.personId, NEXT_SHOWN),
        elsewhere(actor),
      ]);
      const [shiftRows, due] = await Promise.all([
        shifts.rows(rows.map((row) => row.shiftId)),
        dueOf(rows.flatMap((row) => (row.offerId ? [row.offerId] : []))),
      ]);
      const byId = new Map(shiftRows.map((shift) => [String(shift._id), shift]));
      const now = contextNow().getTime();
      const here = rows.map((row): ComingUp => {
        const href = `/assignments/${String(row._id)}`;
        const shift = byId.get(String(row.shiftId));
        const soon =
          ['accepted', 'confirmed', 'checked_in'].includes(row.state) &&
          row.startsAt.getTime() - now < CHECK_IN_AHEAD_MS;
        return {
          href,
          title: shift?.title ?? '',
          startsAt: row.startsAt.toISOString(),
          endsAt: row.endsAt.toISOString(),
          place: shift?.place.label ?? '',
          state: row.state,
          answerBy: due.get(String(row.offerId))?.toISOString() ?? null,
          acceptAction: row.state === 'offered' ? `${href}/accept` : null,
          declineAction: row.state === 'offered' ? `${href}/decline` : null,
          checkInHref: soon ? '/check-in' : null,
        };
      });
      return [
        ...here,
        ...others.filter((one) => one.tenant.id !== actor.membership?.tenantId).map(fromElsewhere),
      ]
        .sort((a, b) => a.startsAt.localeCompare(b.startsAt))
        .slice(0, NEXT_SHOWN);
    },
    offersWait: async (actor) => (await elsewhere(actor)).length > 0,
    async suggestions(actor) {
      const { data: open } = await listOpenShifts(
        { after: contextNow(), before: null, skill: null, category: null },
        LOOKED_AT,
        undefined,
      );
      const { suited } = await matching.suits(actor, open);
      const taken = new Set(
        (
          await assignments.liveOn(
            actor.personId,
            suited.map((one) => one.position._id),
          )
        ).map((row) => String(row.positionId)),
      );
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
    desk: async (actor) => deskOf(actor, (await tenants.current()).zone, { hours, memberships }),
    short: async (actor) => shortOf(actor, (await tenants.current()).zone, shifts),
    openCount: () => countOpenShifts(),
  };
}

/** What another tenant asks or expects is answered on the page of all offers. */
const fromElsewhere = (one: OwnOffer): ComingUp => ({
  href: '/offers',
  title: one.title,
  startsAt: one.startsAt,
  endsAt: one.endsAt,
  place: one.place,
  state: one.state,
  answerBy: one.answerBy,
  acceptAction: one.state === 'offered' ? `/offers/${one.id}/accept` : null,
  declineAction: one.state === 'offered' ? `/offers/${one.id}/decline` : null,
  checkInHref: null,
});

async function shortOf(actor: AccountActor, zone: string, shifts: ShiftService): Promise<ShortShift[]> {
  if (!can(actor, 'shifts:publish')) return [];
  const from = localDate(contextNow(), zone);
  const { data } = await shifts.list(actor, { state: 'published', from }, SCANNED, undefined);
  return data
    .filter((shift) => shift.missing > 0)
    .slice(0, SHORT_SHOWN)
    .map((shift) => ({
      href: `/shifts/${shift.id}`,
      title: shift.title,
      startsAt: shift.startsAt,
      endsAt: shift.endsAt,
      place: shift.place.label,
      missing: shift.missing,
    }));
}

async function deskOf(
  actor: AccountActor,
  zone: string,
  { hours, memberships }: Pick<HomeParts, 'hours' | 'memberships'>,
): Promise<DeskTask[]> {
  const tasks: DeskTask[] = [];
  if (can(actor, 'shifts:publish'))
    tasks.push({ key: 'today', count: await countShiftsToday(actor, zone), href: '/shifts' });
  if (can(actor, 'hours:confirm'))
    tasks.push({ key: 'hours', count: await hours.waitingCount(actor), href: '/hours/queue' });
  if (can(actor, 'memberships:review') || can(actor, 'memberships:decide')) {
    tasks.push({
      key: 'memberships',
      count: await memberships.waitingCount(actor),
      href: '/memberships?state=submitted',
    });
  }
  return tasks;
}
