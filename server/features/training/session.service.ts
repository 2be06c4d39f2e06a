import { Types } from 'mongoose';
import { can } from '../../core/actor.ts';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { sessionLifecycle } from '../../core/states.ts';
import { addDays, startOfDay, wallToInstant } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import type { Counting } from '../../db/builders.ts';
import { afterCursor, MOST_COUNTED, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction, requireTransaction } from '../../db/transaction.ts';
import { born, editRow, transition, wayAlong } from '../../db/transition.ts';
import { holdersAmong } from '../memberships/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import { bookPersonDays, lockPersonDays, unbookPersonDays } from '../people/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import type { CourseService } from './course.service.ts';
import type { CourseRow } from './course.model.ts';
import { SessionModel } from './session.model.ts';
import type { Instructor, SessionRow } from './session.model.ts';
import { CLOSE_AFTER_DAYS, creditMinutes, remindAtOf } from './training.rules.ts';
import type { NewSession, SessionInput } from './training.schema.ts';

/** A session ends before the same time of the next day, on a day of twenty-five hours, too. */
const LONGEST_MS = 25 * 3_600_000;

const SORT: readonly SortKey[] = [
  ['startsAt', 1],
  ['_id', 1],
];
const oid = (id: string): Types.ObjectId => new Types.ObjectId(id);

export interface SessionFilter {
  readonly after: Date | null;
  readonly dimension?: string | undefined;
  readonly track?: string | undefined;
  readonly courseId?: string | undefined;
  readonly state?: string | undefined;
}

/** Told in the transaction of the change. */
export type SessionListener = (session: SessionRow, reason: string) => Promise<void>;

/** A session as a plan proposes it. */
export interface PlannedSession {
  readonly _id: Types.ObjectId;
  readonly courseId: Types.ObjectId;
  readonly unitId: Types.ObjectId;
  readonly label: string;
  readonly address: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly seats: number;
  readonly instructors: Instructor[];
  readonly createdBy: Types.ObjectId;
}

export interface SessionParts {
  readonly courses: CourseService;
  readonly memberships: MembershipService;
  readonly tenants: TenantService;
  readonly units: UnitService;
}

export type SessionService = ReturnType<typeof createSessionService>;

/** Dates of courses: planned by officers, taught by instructors who are nowhere else at that time. */
export function createSessionService({ courses, memberships, tenants, units }: SessionParts) {
  const onCancelled: SessionListener[] = [];
  const onMoved: SessionListener[] = [];

  const teaches = (row: SessionRow, actor: Actor): boolean =>
    actor.kind === 'account' && row.instructors.some(({ personId }) => String(personId) === actor.personId);
  const plans = (row: SessionRow, actor: Actor): boolean => can(actor, 'training:plan', String(row.unitId));

  /** Members see what is announced; drafts are for whoever plans or teaches them. @throws NotFound */
  async function access(actor: Actor, id: string): Promise<SessionRow> {
    const row = isId(id) ? await SessionModel.findById(id).lean() : null;
    if (!row || (row.state === 'draft' && !plans(row, actor) && !teaches(row, actor))) throw new NotFound();
    return row;
  }
  async function accessToPlan(actor: Actor, id: string): Promise<SessionRow> {
    const row = await access(actor, id);
    if (!plans(row, actor)) throw new Forbidden('not-permitted');
    return row;
  }
  /** For the list, the code and the results: who teaches it, or plans there. */
  async function accessToRun(actor: Actor, id: string): Promise<SessionRow> {
    const row = await access(actor, id);
    const may =
      plans(row, actor) || (teaches(row, actor) && can(actor, 'training:teach-own', String(row.unitId)));
    if (!may) throw new Forbidden('not-permitted');
    return row;
  }

  /** Whoever teaches is an instructor there, and one of those who may teach the course where the officer named some. */
  async function instructorsOf(
    ids: readonly string[],
    { course, unitId, already = [] }: { course: CourseRow; unitId: string; already?: readonly Instructor[] },
  ): Promise<Instructor[]> {
    const wanted = [...new Set(ids)];
    if (wanted.length === 0) return [];
    // Whoever was to teach before the course named its teachers still may.
    const old = new Set(already.map(({ personId }) => String(personId)));
    checkTeachers(
      course,
      wanted.filter((one) => !old.has(one)),
    );
    const may = await holdersAmong(wanted, 'training:teach-own', await units.pathOf(unitId));
    if (may.length < wanted.length) throw Invalid.field('instructors', 'not-an-instructor');
    const rows = await memberships.ofPeople(wanted);
    return wanted.map((id) => ({
      personId: oid(id),
      name: rows.find((row) => String(row.personId) === id)?.personName ?? '',
    }));
  }

  function checkTeachers({ instructors }: CourseRow, ids: readonly string[]): void {
    const named = new Set(instructors.map(({ personId }) => String(personId)));
    if (named.size > 0 && ids.some((id) => !named.has(id)))
      throw Invalid.field('instructors', 'not-this-course');
  }

  /** When it is on the given date; the session's own clock times, wherever the date falls. */
  async function timesOf(input: SessionInput, date: string) {
    const { zone } = await tenants.current();
    const at = (clock: string, on: string): Date => {
      const [hours = 0, minutes = 0] = clock.split(':').map(Number);
      return wallToInstant({ date: on, minutes: hours * 60 + minutes, zone });
    };
    const startsAt = at(input.startTime, date);
    const endsAt = at(input.endTime, input.endTime > input.startTime ? date : addDays(date, 1));
    const until = input.enrolUntil ? startOfDay(addDays(input.enrolUntil, 1), zone) : startsAt;
    return { startsAt, endsAt, enrolUntil: until < startsAt ? until : startsAt };
  }

  const termsOf = (course: CourseRow) => ({
    title: course.title,
    dimension: course.dimension,
    tracks: course.tracks,
    category: course.category,
    mode: course.mode,
    minutes: course.minutes,
    passMark: course.passMark,
  });

  /** An instructor is in one place at a time: the day's lock is that of shifts and of learning. */
  async function bookInstructors(row: SessionRow): Promise<void> {
    for (const { personId } of row.instructors) {
      const bookings = await lockPersonDays(String(personId), row);
      if (bookings.some((other) => other.startsAt < row.endsAt && row.startsAt < other.endsAt))
        throw Invalid.field('instructors', 'instructor-busy');
      await bookPersonDays(String(personId), {
        assignmentId: row._id,
        tenantId: row.tenantId,
        startsAt: row.startsAt,
        endsAt: row.endsAt,
      });
    }
  }
  async function freeInstructors(row: SessionRow): Promise<void> {
    for (const { personId } of row.instructors) await unbookPersonDays(String(personId), row._id, row);
  }

  async function planUnit(actor: Actor, unitId: string | undefined): Promise<string> {
    const { rootUnitId } = await tenants.current();
    const id = unitId ?? rootUnitId;
    await units.access(actor, id);
    if (!can(actor, 'training:plan', id)) throw new Forbidden('not-permitted');
    return id;
  }

  return {
    access,
    accessToPlan,
    accessToRun,
    teaches,
    plans,
    onCancelled: (listener: SessionListener): void => void onCancelled.push(listener),
    onMoved: (listener: SessionListener): void => void onMoved.push(listener),

    /** Plans a session of an open course, and the same again in the weeks after where asked; all are drafts. */
    async create(actor: AccountActor, courseId: string, input: NewSession): Promise<SessionRow[]> {
      return inTransaction(async () => {
        const course = await courses.accessToPlan(actor, courseId);
        if (course.state !== 'open') throw new Conflict('wrong-state', { state: course.state });
        const { everyWeeks = 1, times = 1, ...session } = input;
        const unitId = await planUnit(actor, session.unitId);
        const instructors = await instructorsOf(session.instructors, { course, unitId });
        const seriesId = times > 1 ? new Types.ObjectId() : null;
        const { name, locale } = await tenants.current();
        const rows = [];
        for (let turn = 0; turn < times; turn += 1) {
          const when = await timesOf(session, addDays(session.date, turn * everyWeeks * 7));
          if (when.startsAt <= contextNow()) throw Invalid.field('date', 'starts-in-the-past');
          rows.push({
            _id: new Types.ObjectId(),
            ...born('draft'),
            ...termsOf(course),
            ...when,
            minutes: creditMinutes(course.minutes, when),
            // A deadline of the first is one of the first alone: each has its own start.
            ...(turn > 0 ? { enrolUntil: when.startsAt } : {}),
            courseId: course._id,
            unitId: oid(unitId),
            host: session.host || name[locale],
            place: session.place,
            onlineUrl: session.onlineUrl,
            capacity: session.capacity,
            admission: session.admission,
            instructors,
            seriesId,
            createdBy: oid(actor.accountId),
            createdAt: contextNow(),
          });
        }
        await SessionModel.insertMany(rows as never, { ordered: true });
        for (const row of rows)
          await recordAudit({
            action: 'sessions/create',
            subjectType: 'TrainingSession',
            subjectId: row._id,
            to: 'draft',
          });
        return SessionModel.find({ _id: { $in: rows.map((row) => row._id) } })
          .sort({ startsAt: 1 })
          .lean();
      });
    },

    /**
     * Holds a session that a plan proposed, under the id the plan drew for it: announced at once, its instructor booked. Inside
     * the caller's transaction. @throws Invalid when the instructor is elsewhere, Conflict when the course or the time is over
     */
    async announce(planned: PlannedSession): Promise<SessionRow> {
      requireTransaction('A planned session');
      const course = await courses.row(planned.courseId);
      if (course.state !== 'open') throw new Conflict('wrong-state', { state: course.state });
      if (planned.startsAt <= contextNow()) throw new Conflict('session-started');
      const { name, locale } = await tenants.current();
      const { _id, instructors, unitId, startsAt, endsAt } = planned;
      // The officer may have named others since the plan was made.
      checkTeachers(
        course,
        instructors.map(({ personId }) => String(personId)),
      );
      await SessionModel.create([
        {
          _id,
          state: 'published',
          version: 2,
          history: wayAlong(sessionLifecycle, null, ['draft', 'published']),
          ...termsOf(course),
          minutes: creditMinutes(course.minutes, planned),
          courseId: course._id,
          unitId,
          host: name[locale],
          place: { label: planned.label, address: planned.address },
          startsAt,
          endsAt,
          enrolUntil: startsAt,
          capacity: planned.seats,
          remindAt: remindAtOf(startsAt, contextNow()),
          instructors,
          createdBy: planned.createdBy,
          createdAt: contextNow(),
        } as never,
      ]);
      await recordAudit({
        action: 'sessions/publish',
        subjectType: 'TrainingSession',
        subjectId: _id,
        to: 'published',
      });
      const row = (await SessionModel.findById(_id).lean()) as SessionRow;
      await bookInstructors(row);
      return row;
    },

    /**
     * Changes a draft or an announced session; whoever has a place moves along and is told. @throws Invalid below the
     * seats taken, or when somebody who has a place is elsewhere at the new time
     */
    async edit(
      actor: AccountActor,
      id: string,
      input: SessionInput,
      version: number | null,
    ): Promise<SessionRow> {
      return inTransaction(async () => {
        const row = await accessToPlan(actor, id);
        if (!['draft', 'published'].includes(row.state))
          throw new Conflict('wrong-state', { state: row.state });
        if (row.startsAt <= contextNow()) throw new Conflict('session-started');
        const when = await timesOf(input, input.date);
        if (when.startsAt <= contextNow()) throw Invalid.field('date', 'starts-in-the-past');
        if (input.capacity < row.taken) throw Invalid.field('capacity', 'places-taken', { count: row.taken });
        const unitId = input.unitId ? await planUnit(actor, input.unitId) : String(row.unitId);
        const course = await courses.row(row.courseId);
        const after = await editRow(SessionModel, id, {
          version,
          set: {
            ...when,
            // A session that moves is reminded of at its new time.
            ...(row.state === 'published' && when.startsAt.getTime() !== row.startsAt.getTime()
              ? { remindAt: remindAtOf(when.startsAt, contextNow()) }
              : {}),
            minutes: creditMinutes(course.minutes, when),
            unitId: oid(unitId),
            host: input.host || row.host,
            place: input.place,
            onlineUrl: input.onlineUrl,
            capacity: input.capacity,
            admission: input.admission,
            instructors: await instructorsOf(input.instructors, {
              course,
              unitId,
              already: row.instructors,
            }),
          },
          action: 'sessions/edit',
        });
        if (row.state === 'published') {
          await freeInstructors(row);
          await bookInstructors(after);
          const moved =
            after.startsAt.getTime() !== row.startsAt.getTime() ||
            after.endsAt.getTime() !== row.endsAt.getTime();
          if (moved) for (const listener of onMoved) await listener(after, '');
        }
        return after;
      });
    },

    /** Announces a draft. @throws Invalid when its instructors are elsewhere, Conflict when it lies in the past */
    async publish(actor: AccountActor, id: string): Promise<SessionRow> {
      return inTransaction(async () => {
        const row = await accessToPlan(actor, id);
        if (row.startsAt <= contextNow()) throw new Conflict('session-started');
        const after = await transition(SessionModel, row._id, {
          lifecycle: sessionLifecycle,
          from: ['draft'],
          to: 'published',
          set: { remindAt: remindAtOf(row.startsAt, contextNow()) },
          action: 'sessions/publish',
        });
        await bookInstructors(after);
        return after;
      });
    },

    /** Calls it off; everybody in it is told why. */
    async cancel(actor: AccountActor, id: string, reason: string): Promise<SessionRow> {
      return inTransaction(async () => {
        const row = await accessToPlan(actor, id);
        if (row.state === 'published' && row.endsAt <= contextNow()) throw new Conflict('session-over');
        const after = await transition(SessionModel, row._id, {
          lifecycle: sessionLifecycle,
          from: ['draft', 'published'],
          to: 'cancelled',
          reason,
          action: 'sessions/cancel',
        });
        if (row.state === 'published') await freeInstructors(row);
        for (const listener of onCancelled) await listener(after, reason);
        return after;
      });
    },

    /** Soonest first. Members see what is announced or was held. */
    async list(
      actor: Actor,
      filter: SessionFilter,
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<SessionRow>> {
      const visible = can(actor, 'training:plan')
        ? { $in: sessionLifecycle.states.filter((one) => one !== 'cancelled') }
        : { $in: ['published', 'closed'] };
      const asked =
        filter.state && (can(actor, 'training:plan') || ['published', 'closed'].includes(filter.state));
      const rows = await SessionModel.find({
        state: asked ? filter.state : visible,
        ...(filter.after ? { startsAt: { $gte: filter.after } } : {}),
        ...(filter.dimension ? { dimension: filter.dimension } : {}),
        ...(filter.track ? { tracks: filter.track } : {}),
        ...(filter.courseId ? { courseId: oid(filter.courseId) } : {}),
        ...afterCursor(SORT, cursor),
      } as never)
        .sort(sortOf(SORT))
        .limit(limit + 1)
        .select({ history: { $slice: -1 } })
        .lean();
      return pageOf(rows, limit, (row) => [row.startsAt, row._id]);
    },

    /** Free places in announced sessions ahead, by course. */
    async seatsAhead(courseIds: readonly string[]): Promise<Map<string, number>> {
      const rows = await SessionModel.find({
        courseId: { $in: courseIds.map(oid) },
        state: 'published',
        startsAt: { $gt: contextNow() },
      })
        .select({ courseId: 1, capacity: 1, taken: 1 })
        .limit(5_000)
        .lean();
      const seats = new Map<string, number>();
      for (const row of rows) {
        const key = String(row.courseId);
        seats.set(key, (seats.get(key) ?? 0) + row.capacity - row.taken);
      }
      return seats;
    },

    /** What somebody teaches from now on and lately, soonest first. */
    taughtBy: (personId: string, from: Date): Promise<SessionRow[]> =>
      SessionModel.find({
        'instructors.personId': oid(personId),
        startsAt: { $gte: from },
        state: { $in: ['draft', 'published', 'closed'] },
      })
        .sort({ startsAt: 1 })
        .limit(50)
        .lean(),

    /** Sessions that somebody teaches and that are not over. */
    taughtAhead: (personId: string, now: Date): Counting => ({
      model: SessionModel,
      match: {
        'instructors.personId': oid(personId),
        // The index knows beginnings.
        startsAt: { $gt: new Date(now.getTime() - LONGEST_MS) },
        endsAt: { $gt: now },
        state: { $in: ['published', 'closed'] },
      },
      most: MOST_COUNTED + 1,
    }),

    row: async (id: string | Types.ObjectId): Promise<SessionRow> => {
      const row = await SessionModel.findById(id).lean();
      if (!row) throw new NotFound();
      return row;
    },
    rows: async (ids: readonly (string | Types.ObjectId)[]): Promise<SessionRow[]> =>
      ids.length === 0
        ? []
        : SessionModel.find({ _id: { $in: ids.map((id) => oid(String(id))) } })
            .select({ history: { $slice: -1 } })
            .lean(),

    /** Takes a seat of an announced session. Only in a transaction. @returns false when there is none */
    async reserveSeat(id: Types.ObjectId): Promise<boolean> {
      requireTransaction('A seat');
      const { modifiedCount } = await SessionModel.updateOne(
        { _id: id, state: 'published', $expr: { $lt: ['$taken', '$capacity'] } },
        { $inc: { taken: 1 } },
      );
      return modifiedCount === 1;
    },
    async releaseSeat(id: Types.ObjectId): Promise<void> {
      requireTransaction('A seat');
      await SessionModel.updateOne({ _id: id, taken: { $gt: 0 } }, { $inc: { taken: -1 } });
    },
    /** The next number of the waitlist. */
    async nextWaitSeq(id: Types.ObjectId): Promise<number> {
      requireTransaction('A place in the waitlist');
      const row = await SessionModel.findOneAndUpdate(
        { _id: id },
        { $inc: { waitSeq: 1 } },
        { returnDocument: 'after' },
      ).lean();
      if (!row) throw new NotFound();
      return row.waitSeq;
    },

    /** For the sweep: sessions of any tenant whose reminder is due. */
    async dueToRemind({
      now,
      limit,
      except,
    }: {
      now: Date;
      limit: number;
      except: readonly string[];
    }): Promise<{ tenantId: string; id: string }[]> {
      const rows = await SessionModel.find({ remindAt: { $lte: now }, _id: { $nin: except.map(oid) } })
        .sort({ remindAt: 1 })
        .limit(limit)
        .select({ tenantId: 1 })
        .lean();
      return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
    },

    /** Takes the reminder that is due: of two at once one has it. Inside the caller's transaction. */
    async takeReminder(id: string): Promise<SessionRow | null> {
      requireTransaction('A reminder');
      const row = await SessionModel.findOneAndUpdate(
        { _id: id, remindAt: { $lte: contextNow() } },
        { $set: { remindAt: null } },
        { returnDocument: 'after' },
      ).lean();
      return row?.state === 'published' && row.startsAt > contextNow() ? row : null;
    },

    /** Announced sessions that one may still sign up for, soonest first. */
    open: (limit: number): Promise<SessionRow[]> =>
      SessionModel.find({ state: 'published', startsAt: { $gt: contextNow() } })
        .sort({ startsAt: 1, _id: 1 })
        .limit(limit)
        .select({ history: 0 })
        .lean(),

    /** For the sweep: announced sessions of any tenant that are so long over that nobody will mend their list. */
    async due({
      now,
      limit,
      except,
    }: {
      now: Date;
      limit: number;
      except: readonly string[];
    }): Promise<{ tenantId: string; id: string }[]> {
      const rows = await SessionModel.find({
        state: 'published',
        endsAt: { $lte: new Date(now.getTime() - CLOSE_AFTER_DAYS * 86_400_000) },
        _id: { $nin: except.map(oid) },
      })
        .sort({ endsAt: 1 })
        .limit(limit)
        .select({ tenantId: 1 })
        .lean();
      return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
    },

    /** Everybody's outcome is known. Inside the caller's transaction. */
    close: (row: SessionRow): Promise<SessionRow> =>
      transition(SessionModel, row._id, {
        lifecycle: sessionLifecycle,
        from: ['published'],
        to: 'closed',
        action: 'sessions/close',
      }),
  };
}
