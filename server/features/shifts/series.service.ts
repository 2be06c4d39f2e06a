import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can, reachOf } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Invalid } from '../../core/errors.ts';
import { addDays, localDate, startOfDay, weekdayOf } from '../../core/time.ts';
import { inTransaction } from '../../db/transaction.ts';
import { editRow } from '../../db/transition.ts';
import { isEditable } from '../requests/request.rules.ts';
import type { RequestService } from '../requests/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { makeCopies, planCopies, toCopyView } from './copies.ts';
import type { PlannedCopy } from './copies.ts';
import type { CopyView, DayCopyInput, RepetitionInput, SeriesView } from './copies.schema.ts';
import { repeatedDates, repetitionIssues } from './series.rules.ts';
import type { Repetition } from './series.rules.ts';
import { SeriesModel } from './series.model.ts';
import { accessShift } from './shift.facts.ts';
import { ShiftModel } from './shift.model.ts';
import type { ShiftRow } from './shift.model.ts';

/** Most shifts of one day that are copied at once. */
const MOST_OF_A_DAY = 200;
/** What a first look at the form shows: this shift and three more. */
const FIRST_LOOK = 4;
const oid = (id: string): Types.ObjectId => new Types.ObjectId(id);

export interface Copied {
  readonly count: number;
  readonly shiftIds: string[];
  readonly left: CopyView[];
}

export interface SeriesParts {
  readonly requests: RequestService;
  readonly tenants: TenantService;
  readonly units: UnitService;
  /** Publishes one shift inside the transaction. @throws Invalid with a code per gap */
  readonly publish: (actor: AccountActor, id: string) => Promise<unknown>;
}

/** Repetition of a shift and duplication of a day: the same shifts on other dates, previewed before they are made. */
export function createSeriesService({ requests, tenants, units, publish }: SeriesParts) {
  /** Copies that are made, or why not; a plan with the dates the person left out. */
  async function planSeries(
    shift: ShiftRow,
    input: RepetitionInput,
  ): Promise<{ rule: Repetition; copies: PlannedCopy[] }> {
    const { zone } = await tenants.current();
    const first = localDate(shift.startsAt, zone);
    const rule: Repetition = {
      everyWeeks: input.everyWeeks ?? 1,
      weekdays: input.weekdays && input.weekdays.length > 0 ? input.weekdays : [weekdayOf(first)],
      until: input.until ?? null,
      times: input.times ?? null,
      except: input.except ?? [],
    };
    const issues = repetitionIssues(first, rule);
    if (issues.length > 0) throw new Invalid(issues);
    const there = shift.seriesId
      ? await ShiftModel.find({ seriesId: shift.seriesId }).select({ seriesDate: 1 }).lean()
      : [];
    const taken = new Set(there.map(({ seriesDate }) => seriesDate));
    const wanted = repeatedDates(first, rule).map((date) => ({
      source: shift,
      date,
      obstacle: taken.has(date) ? ('exists' as const) : null,
    }));
    return { rule, copies: await planCopies(wanted, zone) };
  }

  /** The day's shifts as they would be on another day. */
  async function planDay(actor: Actor, input: DayCopyInput): Promise<PlannedCopy[]> {
    if (input.to === input.from) throw Invalid.field('to', 'same-day');
    const { zone } = await tenants.current();
    const sources = await ofDay(actor, input, zone);
    const left = new Set(input.except ?? []);
    const wanted = sources.map((source) => ({
      source,
      date: input.to,
      obstacle: left.has(String(source._id)) ? ('left-out' as const) : null,
    }));
    return planCopies(wanted, zone);
  }

  /** Shifts that begin on the date, of the request or of the unit and those below it, soonest first. */
  async function ofDay(actor: Actor, input: DayCopyInput, zone: string): Promise<ShiftRow[]> {
    if ((input.requestId === undefined) === (input.unitId === undefined))
      throw Invalid.field('unitId', 'request-or-unit');
    const day = {
      state: { $ne: 'cancelled' },
      startsAt: { $gte: startOfDay(input.from, zone), $lt: startOfDay(addDays(input.from, 1), zone) },
    };
    if (input.requestId !== undefined) {
      const request = await requests.accessRequest(actor, input.requestId, 'requests:edit');
      if (!isEditable(request.state)) throw new Conflict('wrong-state', { state: request.state });
      return find({ ...day, requestId: request._id });
    }
    const below = await units.expand([String(input.unitId)]);
    const reach = reachOf(actor, 'requests:edit');
    const allowed = reach === 'tenant' ? below : below.intersection(reach);
    const rows = await find({ ...day, unitId: { $in: [...allowed].map(oid) } });
    const open = new Set<string>();
    for (const id of new Set(rows.map(({ requestId }) => String(requestId))))
      if (isEditable((await requests.row(id)).state)) open.add(id);
    return rows.filter(({ requestId }) => open.has(String(requestId)));
  }

  async function find(filter: object): Promise<ShiftRow[]> {
    const rows = await ShiftModel.find(filter as never)
      .sort({ startsAt: 1, _id: 1 })
      .limit(MOST_OF_A_DAY + 1)
      .lean();
    if (rows.length > MOST_OF_A_DAY) throw Invalid.field('from', 'too-many-shifts', { max: MOST_OF_A_DAY });
    return rows;
  }

  async function finish(
    actor: AccountActor,
    copies: readonly PlannedCopy[],
    made: readonly ShiftRow[],
    published: boolean,
  ): Promise<Copied> {
    if (published) for (const { _id } of made) await publish(actor, String(_id));
    return {
      count: made.length,
      shiftIds: made.map(({ _id }) => String(_id)),
      left: copies.filter(({ obstacle }) => obstacle !== null).map(toCopyView),
    };
  }

  return {
    /** What a repetition would make; changes nothing. @throws Invalid beside the fields of the rule */
    async previewSeries(actor: Actor, id: string, input: RepetitionInput): Promise<PlannedCopy[]> {
      const shift = await accessShift(actor, id, 'requests:edit');
      const end = input.until === undefined && input.times === undefined ? { times: FIRST_LOOK } : {};
      const weekdays = input.weekdays?.length ? input.weekdays.length : 1;
      return (
        await planSeries(shift, { ...input, ...('times' in end ? { times: FIRST_LOOK * weekdays } : {}) })
      ).copies;
    },

    /**
     * Repeats a shift: all of it in one transaction, as one series. Dates the series has already are passed over, so a
     * second time with the same rule makes nothing.
     */
    async repeat(
      actor: AccountActor,
      id: string,
      input: RepetitionInput,
    ): Promise<Copied & { seriesId: string }> {
      return inTransaction(async () => {
        const shift = await accessShift(actor, id, 'requests:edit');
        const request = await requests.row(shift.requestId);
        if (!isEditable(request.state) || shift.state === 'cancelled')
          throw new Conflict('wrong-state', { state: shift.state });
        const { rule, copies } = await planSeries(shift, input);
        const seriesId = shift.seriesId ?? new Types.ObjectId();
        const { zone } = await tenants.current();
        const fields = {
          ...rule,
          weekdays: [...rule.weekdays].sort((a, b) => a - b),
          except: [...rule.except],
        };
        if (shift.seriesId) await SeriesModel.updateOne({ _id: seriesId }, { $set: fields });
        else {
          await SeriesModel.create([
            {
              _id: seriesId,
              ...fields,
              requestId: shift.requestId,
              unitId: shift.unitId,
              createdBy: oid(actor.accountId),
              createdAt: contextNow(),
            } as never,
          ]);
          await editRow(ShiftModel, id, {
            version: null,
            set: { seriesId, seriesDate: localDate(shift.startsAt, zone) },
            action: 'shifts/repeat',
          });
        }
        const made = await makeCopies(actor, copies, { action: 'shifts/create-repeated', seriesId });
        return { ...(await finish(actor, copies, made, input.publish ?? false)), seriesId: String(seriesId) };
      });
    },

    /** What the copy of a day would make; changes nothing. */
    previewDay: planDay,

    /** Copies a whole day to another date, all of it in one transaction. What is there already is not made twice. */
    async copyDay(actor: AccountActor, input: DayCopyInput): Promise<Copied> {
      return inTransaction(async () => {
        const copies = await planDay(actor, input);
        const made = await makeCopies(actor, copies, { action: 'shifts/copy' });
        return finish(actor, copies, made, input.publish ?? false);
      });
    },

    /** The rule of the shift's series and how many of it follow; null when it is not repeated. */
    async seriesOf(shift: { seriesId: string | null; startsAt: string }): Promise<SeriesView | null> {
      if (!shift.seriesId) return null;
      const row = await SeriesModel.findById(shift.seriesId).lean();
      if (!row) return null;
      const following = await ShiftModel.countDocuments({
        seriesId: row._id,
        startsAt: { $gt: new Date(shift.startsAt) },
        state: { $in: ['draft', 'published', 'locked'] },
      });
      const { everyWeeks, weekdays, until, times } = row;
      return { id: String(row._id), everyWeeks, weekdays: [...weekdays], until, times, following };
    },

    /** Whether the actor may repeat it, for pages. */
    mayRepeat: (actor: Actor, shift: { unitId: string; state: string }): boolean =>
      can(actor, 'requests:edit', shift.unitId) && shift.state !== 'cancelled',
  };
}

export type SeriesService = ReturnType<typeof createSeriesService>;
