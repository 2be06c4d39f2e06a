import { Types } from 'mongoose';
import type { Model } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { acrossTenants, asTenant, contextNow, requireTenantId } from '../../core/context.ts';
import { NotFound } from '../../core/errors.ts';
import { tenantAggregate } from '../../db/builders.ts';
import { containing } from '../../db/fields.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import type { Finding } from '../matching/index.ts';
import type { Booking } from '../people/index.ts';
import { givesHours } from '../shifts/index.ts';
import type { ShiftRow, ShiftService } from '../shifts/index.ts';
import { readAhead } from './ahead.ts';
import type { Ahead } from './ahead.ts';
import { AssignmentModel, ELSEWHERE_STATES, SEATED_STATES } from './assignment.model.ts';
import type { AssignmentRow } from './assignment.model.ts';
import { heldAround, warningsFor } from './neighbours.ts';

const OWN_SORT: readonly SortKey[] = [
  ['startsAt', -1],
  ['_id', -1],
];

export const OWN_EVERYWHERE = 'assignments: what a person is asked for, in whatever tenant';
/** Signing up and answering change the position's counters: one name, so that both stand in one line. */
export const queueOfPosition = (positionId: string): string => `position:${positionId}`;

const SEATED_SORT: readonly SortKey[] = [
  ['personName', 1],
  ['_id', 1],
];
/** Of a place that nobody gave up: whoever had it was there, or says so. */
const KEPT_STATES = ['accepted', 'confirmed', 'checked_in', 'checked_out', 'no_show'] as const;
const EVERYWHERE_SORT: readonly SortKey[] = [
  ['endsAt', 1],
  ['_id', 1],
];

/** What the list of a shift's people is narrowed to. */
export interface SeatedFilter {
  /** A part of the name. */
  readonly q?: string | undefined;
  readonly state?: (typeof SEATED_STATES)[number] | undefined;
}
export type Seated = Pick<AssignmentRow, '_id' | 'personName' | 'state' | 'checkIn' | 'checkOut'>;

/** Those of one state at a shift: how many, and the first of them by name. */
export interface HeadsOfState {
  readonly state: (typeof SEATED_STATES)[number];
  readonly count: number;
  readonly people: readonly {
    readonly _id: Types.ObjectId;
    readonly personName: string;
    readonly cameAt?: Date;
    readonly leftAt?: Date;
  }[];
}

/** What is read of assignments: one's own here and everywhere, a shift's people, the line in which one waits. */
export function createAssignmentReading({ shifts }: { shifts: ShiftService }) {
  return {
    /** One's own, newest first. */
    async own(actor: AccountActor, limit: number, cursor: string | undefined): Promise<Page<AssignmentRow>> {
      const rows = await AssignmentModel.find({
        personId: new Types.ObjectId(actor.personId),
        ...afterCursor(OWN_SORT, cursor),
      } as never)
        .sort(sortOf(OWN_SORT))
        .limit(limit + 1)
        .lean();
      return pageOf(rows, limit, (row) => [row.startsAt, row._id]);
    },

    /**
     * One's own open offers in every tenant, and the places one has in others than that of the acting membership,
     * soonest over first. Rows carry their tenant; words about them are read inside it.
     */
    async everywhere(
      actor: AccountActor,
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<AssignmentRow>> {
      const here = actor.membership?.tenantId;
      const elsewhere = here ? [{ state: 'offered' }, { tenantId: { $ne: new Types.ObjectId(here) } }] : [];
      const rows = await acrossTenants(OWN_EVERYWHERE, () =>
        AssignmentModel.find({
          personId: new Types.ObjectId(actor.personId),
          state: { $in: [...ELSEWHERE_STATES] },
          endsAt: { $gt: contextNow() },
          ...afterCursor(EVERYWHERE_SORT, cursor),
          ...(here ? { $or: elsewhere } : {}),
        } as never)
          .sort(sortOf(EVERYWHERE_SORT))
          .limit(limit + 1)
          .hint('ahead')
          .lean(),
      );
      return pageOf(rows, limit, (row) => [row.endsAt, row._id]);
    },

    /** One's own, in whatever tenant. @throws NotFound */
    async ownAnywhere(actor: AccountActor, id: string): Promise<AssignmentRow> {
      const row = await acrossTenants(OWN_EVERYWHERE, () =>
        AssignmentModel.findOne({
          _id: new Types.ObjectId(id),
          personId: new Types.ObjectId(actor.personId),
        }).lean(),
      );
      if (!row) throw new NotFound();
      return row;
    },

    /** What the person should know of their other places around each of these shifts; by the shift's id. */
    async warningsAround(
      personId: string,
      around: readonly ShiftRow[],
      except: string | null = null,
    ): Promise<Map<string, Finding[]>> {
      const held = await heldAround(personId, around, shifts);
      return new Map(around.map((shift) => [String(shift._id), warningsFor(shift, held, except)]));
    },

    /** What is ahead of the person in the current tenant and still alive, soonest first. */
    async upcoming(personId: string, limit: number): Promise<Ahead[]> {
      const tenantId = requireTenantId();
      const now = contextNow();
      return (await readAhead(personId))
        .filter((row) => String(row.tenantId) === tenantId && row.state !== 'excused' && row.endsAt > now)
        .slice(0, limit);
    },

    ahead: readAhead,

    /** Whether the person has a place here of which nobody has said yet how it ended, however long ago it was. */
    async hasUnsettled(personId: string): Promise<boolean> {
      const found = await AssignmentModel.exists({
        personId: new Types.ObjectId(personId),
        state: { $in: ['accepted', 'confirmed', 'checked_in'] },
      } as never);
      return found !== null;
    },

    /**
     * Of these booked stretches of a person those on shifts that give no volunteer hours, in whatever tenants. Who was
     * excused was not there.
     */
    async withoutHours(booked: readonly Booking[]): Promise<Booking[]> {
      const found = new Set<string>();
      for (const [tenantId, own] of Map.groupBy(booked, (one) => String(one.tenantId)))
        await asTenant(tenantId, async () => {
          const rows = await AssignmentModel.find({
            _id: { $in: own.map(({ assignmentId }) => assignmentId) },
            state: { $ne: 'excused' },
          } as never)
            .select({ shiftId: 1 })
            .lean();
          const on = await shifts.rows(rows.map(({ shiftId }) => shiftId));
          const without = new Set(on.filter((shift) => !givesHours(shift)).map(({ _id }) => String(_id)));
          for (const row of rows) if (without.has(String(row.shiftId))) found.add(String(row._id));
        });
      return booked.filter(({ assignmentId }) => found.has(String(assignmentId)));
    },

    /**
     * The shift, and who has or had a seat of it, by name, both without their past: as many as it has seats, and those who were missing.
     * Whoever asked, waits or declined is not among them.
     */
    async seatedOf(
      actor: Actor,
      shiftId: string,
      { q, state }: SeatedFilter,
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<Seated> & { shift: Omit<ShiftRow, 'history'> }> {
      const { shift, rows } = await shifts.accessWith<Seated>(actor, shiftId, 'assignments:see', {
        from: AssignmentModel.collection.name,
        stages: [
          {
            $match: {
              state: state ?? { $in: [...SEATED_STATES] },
              ...(q ? { personName: containing(q) } : {}),
              ...afterCursor(SEATED_SORT, cursor),
            },
          },
          { $sort: sortOf(SEATED_SORT) },
          { $limit: limit + 1 },
          { $project: { personName: 1, state: 1, checkIn: 1, checkOut: 1 } },
        ],
      });
      return { shift, ...pageOf(rows, limit, (row) => [row.personName, row._id]) };
    },

    /**
     * How many of each state have or had a seat at each of these shifts, and the first of them by name: one read, however many
     * shifts and people. Whoever asks was let in before.
     */
    async headsAt(shiftIds: readonly Types.ObjectId[], named: number): Promise<Map<string, HeadsOfState[]>> {
      if (shiftIds.length === 0) return new Map();
      const rows = await tenantAggregate<HeadsOfState & { _id: { shiftId: Types.ObjectId } }>(
        AssignmentModel as unknown as Model<never>,
        [
          { $match: { shiftId: { $in: [...shiftIds] }, state: { $in: [...SEATED_STATES] } } },
          {
            $group: {
              _id: { shiftId: '$shiftId', state: '$state' },
              state: { $first: '$state' },
              count: { $sum: 1 },
              people: {
                $topN: {
                  n: named,
                  sortBy: sortOf(SEATED_SORT),
                  output: {
                    _id: '$_id',
                    personName: '$personName',
                    cameAt: '$checkIn.at',
                    leftAt: '$checkOut.at',
                  },
                },
              },
            },
          },
        ],
      );
      return Map.groupBy(rows, ({ _id }) => String(_id.shiftId));
    },

    /** How far down the line those are who wait in one: 1 is next. By the row's id, in one read. */
    async placesInLine(
      rows: readonly Pick<AssignmentRow, '_id' | 'state' | 'positionId' | 'waitSeq'>[],
    ): Promise<Map<string, number>> {
      const waiting = rows.filter((row) => row.state === 'waitlisted' && row.waitSeq !== null);
      if (waiting.length === 0) return new Map();
      const line = await AssignmentModel.find({
        positionId: { $in: waiting.map((row) => row.positionId) },
        state: 'waitlisted',
      })
        .select({ positionId: 1, waitSeq: 1 })
        .lean();
      const byPosition = Map.groupBy(line, (row) => String(row.positionId));
      return new Map(
        waiting.map((row) => [
          String(row._id),
          (byPosition.get(String(row.positionId)) ?? []).filter(
            (other) => (other.waitSeq ?? 0) <= (row.waitSeq ?? 0),
          ).length,
        ]),
      );
    },

    /** The line in which answers to this assignment wait for each other: its position's. Says nothing of who may answer. */
    async queueOf(id: string): Promise<string | null> {
      const row = await acrossTenants('assignments: the line an answer waits in', () =>
        AssignmentModel.findById(id).select({ positionId: 1 }).lean(),
      );
      return row && queueOfPosition(String(row.positionId));
    },

    /** Everybody who has a place at the shift, for what runs its day; whoever asks was let in before. */
    atShift: (shiftId: Types.ObjectId): Promise<AssignmentRow[]> =>
      AssignmentModel.find({ shiftId, state: { $in: [...SEATED_STATES] } })
        .limit(2_000)
        .lean(),

    /** Places here at which the person is now. */
    insideOf: (personId: string): Promise<AssignmentRow[]> =>
      AssignmentModel.find({ personId: new Types.ObjectId(personId), state: 'checked_in' }).lean(),

    /** What ended within the last hours and was not closed: somebody may still check out, or `expected` have come. */
    async recentlyOver(personId: string, expected = false): Promise<AssignmentRow[]> {
      const at = contextNow();
      return AssignmentModel.find({
        personId: new Types.ObjectId(personId),
        state: { $in: expected ? ['checked_in', 'accepted', 'confirmed'] : ['checked_in'] },
        endsAt: { $lte: at, $gt: new Date(at.getTime() - 6 * 3_600_000) },
      }).lean();
    },

    /** Places here of these people that are over and that they kept, the latest first, back to that time. */
    async over(personIds: readonly string[], since: Date, limit: number): Promise<AssignmentRow[]> {
      return AssignmentModel.find({
        personId: { $in: personIds.map((id) => new Types.ObjectId(id)) },
        state: { $in: [...KEPT_STATES] },
        startsAt: { $gte: since, $lt: contextNow() },
        endsAt: { $lte: contextNow() },
      } as never)
        .sort({ startsAt: -1, _id: -1 })
        .limit(limit)
        .lean();
    },

    /** For the sweep: rows of any tenant that nobody closed so long after the end. */
    async dueToClose({
      now,
      limit,
      except,
      afterMinutes,
    }: {
      now: Date;
      limit: number;
      except: readonly string[];
      afterMinutes: number;
    }): Promise<{ tenantId: string; id: string }[]> {
      const rows = await AssignmentModel.find({
        state: { $in: ['accepted', 'confirmed', 'checked_in'] },
        endsAt: { $lte: new Date(now.getTime() - afterMinutes * 60_000) },
        _id: { $nin: except.map((id) => new Types.ObjectId(id)) },
      })
        .sort({ endsAt: 1 })
        .limit(limit)
        .select({ tenantId: 1 })
        .lean();
      return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
    },

    row: async (id: string | Types.ObjectId): Promise<AssignmentRow | null> =>
      AssignmentModel.findById(id).lean(),

    rows: async (ids: readonly string[]): Promise<AssignmentRow[]> =>
      AssignmentModel.find({ _id: { $in: ids } }).lean(),
  };
}
