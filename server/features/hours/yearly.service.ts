import type { Types } from 'mongoose';
import type { Model } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { reachOf } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Invalid } from '../../core/errors.ts';
import { localDate, startOfDay } from '../../core/time.ts';
import { tenantAggregate } from '../../db/builders.ts';
import { afterCursor, encodeCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { sideBySide } from '../../db/transaction.ts';
import type { MembershipRow, MembershipService } from '../memberships/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { HoursModel } from './hours.model.ts';
import type { HoursRow } from './hours.model.ts';
import { LedgerEntryModel } from './ledger.model.ts';
import { personAccount } from './ledger.rules.ts';
import { asksYearly, NOTHING_GIVEN, yearlyStanding, yearsToAsk } from './yearly.rules.ts';
import type { GivenInYear, YearlyService, YearlyStanding } from './yearly.rules.ts';

/**
 * A page looks at as many members as it shows, and where too few of these are below at twice as many, and so on: this many at
 * once and in all at most.
 */
const MOST_AT_ONCE = 400;
const MOST_LOOKED_AT = 2_000;

/** A member who gave less than is asked for. */
export interface Below {
  readonly member: MembershipRow;
  readonly standing: YearlyStanding;
  /** Local date of joining, where that was within the year. */
  readonly joinedOn: string | null;
}

export interface BelowPage extends Page<Below> {
  readonly year: number;
  /** The years that can be asked about. */
  readonly years: readonly number[];
  readonly asked: YearlyService;
  /** Members that this page looked at; where it is empty and goes on, nobody of these is below. */
  readonly looked: number;
}

/** How members stand to what the organisation asks of a volunteer in a year; reads only. */
export function createYearly({
  memberships,
  tenants,
}: {
  memberships: MembershipService;
  tenants: TenantService;
}) {
  return {
    /**
     * Where the person stands in the running year; null where nothing is asked of them: only volunteers are.
     * @param minutes that the ledger has of this year, which the caller has read
     */
    async own(actor: AccountActor, minutes: number): Promise<YearlyStanding | null> {
      const { settings, zone } = await tenants.current();
      if (!asksYearly(settings)) return null;
      const membership = await memberships.approvedOf(actor.personId);
      if (membership?.kind !== 'volunteer') return null;
      const [year = 0] = yearsToAsk(localDate(contextNow(), zone));
      const activities = await activitiesUpTo(settings.yearlyActivities, {
        personId: membership.personId,
        ...stretchOf(year, zone),
      });
      return yearlyStanding(year, settings, { minutes, activities });
    },

    /**
     * Volunteers within reach who gave less than is asked for, in the order in which they joined. A page looks at so many members
     * at most, and may go on after less than was asked for.
     * @param year null for the running one
     * @throws Invalid for a year that nobody asks about
     */
    async below(
      actor: AccountActor,
      query: { readonly year: number | null; readonly limit: number; readonly cursor: string | undefined },
    ): Promise<BelowPage> {
      const tenant = await tenants.current();
      const years = yearsToAsk(localDate(contextNow(), tenant.zone));
      const year = query.year ?? years[0] ?? 0;
      if (!years.includes(year)) throw Invalid.field('year', 'not-an-option');
      const { yearlyHours, yearlyActivities } = tenant.settings;
      const asked: YearlyService = { yearlyHours, yearlyActivities };
      const data: Below[] = [];
      const page = (nextCursor: string | null, looked: number): BelowPage => ({
        data,
        nextCursor,
        looked,
        year,
        years,
        asked,
      });
      if (!asksYearly(asked)) return page(null, 0);
      const { from, to } = stretchOf(year, tenant.zone);
      const reach = reachOf(actor, 'hours:see');
      let [cursor, looked] = [query.cursor, 0];
      for (let batch = query.limit; looked < MOST_LOOKED_AT; batch = Math.min(2 * batch, MOST_AT_ONCE)) {
        const members = await memberships.volunteers(reach, to, batch, cursor);
        const given = await givenIn(
          year,
          tenant.zone,
          members.data.map(({ personId }) => personId),
        );
        for (const [at, member] of members.data.entries()) {
          looked += 1;
          const standing = yearlyStanding(year, asked, given.get(String(member.personId)) ?? NOTHING_GIVEN);
          if (!standing || standing.met) continue;
          const joinedOn = member.createdAt >= from ? localDate(member.createdAt, tenant.zone) : null;
          data.push({ member, standing, joinedOn });
          if (data.length < query.limit) continue;
          const more = at + 1 < members.data.length || members.nextCursor !== null;
          return page(more ? encodeCursor([member._id]) : null, looked);
        }
        if (members.nextCursor === null) return page(null, looked);
        cursor = members.nextCursor;
      }
      return page(cursor ?? null, looked);
    },
  };
}

/** What the ledger holds of service in that year, less what was taken back, and in how many activities it was given. */
async function givenIn(
  year: number,
  zone: string,
  personIds: readonly Types.ObjectId[],
): Promise<Map<string, GivenInYear>> {
  if (personIds.length === 0) return new Map();
  const [minutes, activities] = await sideBySide([
    () => minutesIn(year, personIds),
    () => activitiesIn(year, zone, personIds),
  ]);
  return new Map(
    personIds.map((personId) => {
      const id = String(personId);
      return [id, { minutes: minutes.get(id) ?? 0, activities: activities.get(id) ?? 0 }];
    }),
  );
}

async function minutesIn(year: number, personIds: readonly Types.ObjectId[]): Promise<Map<string, number>> {
  const ids = new Map(personIds.map((personId) => [personAccount(String(personId)), String(personId)]));
  const rows = await tenantAggregate<{ _id: string; minutes: number }>(
    LedgerEntryModel as unknown as Model<never>,
    [
      {
        $match: {
          account: { $in: [...ids.keys()] },
          serviceDate: { $gte: `${year}-01-01`, $lte: `${year}-12-31` },
        },
      },
      { $group: { _id: '$account', minutes: { $sum: '$minutes' } } },
    ],
  );
  return new Map(rows.map(({ _id, minutes }) => [ids.get(_id) ?? '', minutes]));
}

/** However many shifts it has, an activity is one: as certificates count it, by its name and unit. */
async function activitiesIn(
  year: number,
  zone: string,
  personIds: readonly Types.ObjectId[],
): Promise<Map<string, number>> {
  const { from, to } = stretchOf(year, zone);
  const rows = await tenantAggregate<{ _id: Types.ObjectId; activities: number }>(
    HoursModel as unknown as Model<never>,
    [
      {
        $match: {
          personId: { $in: [...personIds] },
          'activity.startsAt': { $gte: from, $lt: to },
          state: 'posted',
        },
      },
      { $group: { _id: { person: '$personId', name: '$activity.name', unit: '$activity.unitName' } } },
      { $group: { _id: '$_id.person', activities: { $sum: 1 } } },
    ],
  );
  return new Map(rows.map(({ _id, activities }) => [String(_id), activities]));
}

const LATEST_FIRST: readonly SortKey[] = [
  ['activity.startsAt', -1],
  ['_id', -1],
];

/** The same of one person, read from the latest on until so many are found: their page reads no more of a long year than it needs. */
async function activitiesUpTo(
  most: number,
  { personId, from, to }: { personId: Types.ObjectId; from: Date; to: Date },
): Promise<number> {
  const found = new Set<string>();
  let cursor: string | null = null;
  for (let batch = 4 * most; found.size < most; batch *= 2) {
    const rows: HoursRow[] = await HoursModel.find({
      personId,
      'activity.startsAt': { $gte: from, $lt: to },
      ...afterCursor(LATEST_FIRST, cursor ?? undefined),
    } as never)
      .sort(sortOf(LATEST_FIRST))
      .limit(batch + 1)
      .lean();
    const page = pageOf(rows, batch, (row) => [row.activity.startsAt, row._id]);
    for (const { state, activity } of page.data)
      if (state === 'posted') found.add(JSON.stringify([activity.name, activity.unitName]));
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  return Math.min(found.size, most);
}

const stretchOf = (year: number, zone: string): { from: Date; to: Date } => ({
  from: startOfDay(`${year}-01-01`, zone),
  to: startOfDay(`${year + 1}-01-01`, zone),
});
