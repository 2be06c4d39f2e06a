import { Types } from 'mongoose';
import type { Model } from 'mongoose';
import { isId } from '../../core/ids.ts';
import { tenantAggregate } from '../../db/builders.ts';
import { HoursModel } from './hours.model.ts';
import type { HoursRow } from './hours.model.ts';
import { emptyHead, headsOf } from './ledger.heads.ts';
import { personAccount } from './ledger.rules.ts';

/** What an account holds: minutes, and how many entries they sum. */
export interface Held {
  readonly minutes: number;
  readonly entries: number;
}

/** Who served in what: what certificates are issued for, by activity and for many people at once. */
export const activityQueries = {
  /** The person's service hours here, from the account's newest entry. */
  async balanceFor(personId: string): Promise<Held> {
    const account = personAccount(personId);
    const { minutes, entries } = (await headsOf({ $in: [account] })).get(account) ?? emptyHead(account);
    return { minutes, entries };
  },

  /** People with at least so many minutes, by account. */
  async peopleWithMinutes(least: number): Promise<string[]> {
    const heads = await headsOf({ $gte: 'person:', $lt: 'person;' });
    return [...heads.values()]
      .filter(({ minutes }) => minutes >= least)
      .map(({ account }) => account.slice('person:'.length))
      .sort();
  },

  /** Posted minutes of service for these units. */
  async minutesOfUnits(unitIds: readonly string[]): Promise<number> {
    const [sum] = await tenantAggregate<{ minutes: number }>(HoursModel as unknown as Model<never>, [
      { $match: { state: 'posted', unitId: { $in: unitIds.map((id) => new Types.ObjectId(id)) } } },
      { $group: { _id: null, minutes: { $sum: '$recordedMinutes' } } },
    ]);
    return sum?.minutes ?? 0;
  },

  /** Posted minutes by kind of service, of a person or for these units. */
  async minutesByArea(of: {
    readonly personId?: string;
    readonly unitIds?: readonly string[];
  }): Promise<Map<string, number>> {
    const rows = await tenantAggregate<{ _id: string; minutes: number }>(
      HoursModel as unknown as Model<never>,
      [
        {
          $match: {
            state: 'posted',
            ...(of.personId ? { personId: new Types.ObjectId(of.personId) } : {}),
            ...(of.unitIds ? { unitId: { $in: of.unitIds.map((id) => new Types.ObjectId(id)) } } : {}),
          },
        },
        { $group: { _id: '$category', minutes: { $sum: '$recordedMinutes' } } },
      ],
    );
    return new Map(rows.map(({ _id, minutes }) => [_id, minutes]));
  },

  /** Activities of the person whose hours are posted, the latest first: name, unit, and one record of each. */
  async activitiesOf(personId: string, limit: number): Promise<ServedActivity[]> {
    return servedActivities({ personId: new Types.ObjectId(personId) }, limit);
  },

  /** The same of everybody who served in these units, or in the whole tenant (null). */
  async activitiesIn(unitIds: readonly string[] | null, limit: number): Promise<ServedActivity[]> {
    return servedActivities(
      unitIds === null ? {} : { unitId: { $in: unitIds.map((id) => new Types.ObjectId(id)) } },
      limit,
    );
  },

  /** The activity that a record is of; null when there is no posted record with that id. */
  async activityOfRecord(id: string): Promise<{ name: string; unit: string } | null> {
    const row = isId(id)
      ? await HoursModel.findOne({ _id: id, state: 'posted' }).select({ activity: 1 }).lean()
      : null;
    return row ? { name: row.activity.name, unit: row.activity.unitName } : null;
  },

  /** A posted record as others may rest on it; null when there is none. */
  async postedRecord(id: string): Promise<PostedRecord | null> {
    const row = isId(id) ? await HoursModel.findOne({ _id: id, state: 'posted' } as never).lean() : null;
    return row ? toPostedRecord(row) : null;
  },

  /** Records of these units (null for all) that were posted, the latest service first. */
  async postedLately(unitIds: readonly string[] | null, limit: number): Promise<PostedRecord[]> {
    const rows = await HoursModel.find({
      state: 'posted',
      ...(unitIds ? { unitId: { $in: unitIds.map((id) => new Types.ObjectId(id)) } } : {}),
    } as never)
      .sort({ 'activity.startsAt': -1, _id: -1 })
      .limit(limit)
      .lean();
    return rows.map(toPostedRecord);
  },

  /**
   * People with posted hours that ended in the span, by name.
   * @param of units they served in, null for all; an activity, null for any
   */
  async peopleServing(of: {
    readonly from: Date | null;
    readonly to: Date | null;
    readonly unitIds: readonly string[] | null;
    readonly activity: { readonly name: string; readonly unit: string } | null;
    readonly limit: number;
  }): Promise<{ personId: string; name: string }[]> {
    const rows = await tenantAggregate<{ _id: Types.ObjectId; name: string }>(
      HoursModel as unknown as Model<never>,
      [
        {
          $match: {
            state: 'posted',
            ...(of.from && of.to ? { 'activity.startsAt': { $gte: of.from, $lt: of.to } } : {}),
            ...(of.unitIds ? { unitId: { $in: of.unitIds.map((id) => new Types.ObjectId(id)) } } : {}),
            ...(of.activity
              ? { 'activity.name': of.activity.name, 'activity.unitName': of.activity.unit }
              : {}),
          },
        },
        { $group: { _id: '$personId', name: { $last: '$personName' } } },
        { $sort: { name: 1, _id: 1 } },
        { $limit: of.limit },
      ],
    );
    return rows.map((row) => ({ personId: String(row._id), name: row.name }));
  },
};

/** What a posted record says of a service. */
export interface PostedRecord {
  readonly id: string;
  readonly personId: string;
  readonly personName: string;
  readonly unitId: string;
  readonly activity: string;
  readonly startsAt: Date;
  readonly minutes: number;
}

const toPostedRecord = (row: HoursRow): PostedRecord => ({
  id: String(row._id),
  personId: String(row.personId),
  personName: row.personName,
  unitId: String(row.unitId),
  activity: row.activity.name,
  startsAt: row.activity.startsAt,
  minutes: row.recordedMinutes,
});

/** An activity somebody gave hours to. */
export interface ServedActivity {
  readonly hoursId: string;
  readonly name: string;
  readonly unit: string;
  /** Local or UTC does not matter: when the latest began. */
  readonly lastAt: Date;
}

async function servedActivities(match: Record<string, unknown>, limit: number): Promise<ServedActivity[]> {
  const rows = await tenantAggregate<{
    _id: { name: string; unit: string };
    hoursId: Types.ObjectId;
    lastAt: Date;
  }>(HoursModel as unknown as Model<never>, [
    { $match: { ...match, state: 'posted' } },
    {
      $group: {
        _id: { name: '$activity.name', unit: '$activity.unitName' },
        hoursId: { $first: '$_id' },
        lastAt: { $max: '$activity.startsAt' },
      },
    },
    { $sort: { lastAt: -1, _id: 1 } },
    { $limit: limit },
  ]);
  return rows.map(({ _id, hoursId, lastAt }) => ({ hoursId: String(hoursId), ..._id, lastAt }));
}
