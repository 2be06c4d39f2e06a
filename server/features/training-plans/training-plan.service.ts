import { Types } from 'mongoose';
import { can, reachOf } from '../../core/actor.ts';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { trainingPlanLifecycle } from '../../core/states.ts';
import { addDays, daysBetween, localDate, wallToInstant } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import type { AuditAction } from '../../db/audit-verbs.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { createRuns, wakeFor } from '../../db/runs.ts';
import { inTransaction } from '../../db/transaction.ts';
import { transition } from '../../db/transition.ts';
import { holdersAmong, holdersOf } from '../memberships/index.ts';
import { knownPools } from '../talent-pools/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { CourseService } from '../training/index.ts';
import type { UnitService } from '../units/index.ts';
import { outcomeOf } from './outcome.rules.ts';
import { withoutRow } from './proposal.ts';
import type { PlannerThread } from './thread.client.ts';
import { PlannedSessionModel, TrainingPlanModel } from './training-plan.model.ts';
import type { PlannedSessionRow, TrainingPlanRow } from './training-plan.model.ts';
import { planBody } from './training-plan.schema.ts';
import type { PlanInput } from './training-plan.schema.ts';
import { sameKey } from './training-plan.types.ts';
import type { PlanSettings, SessionKey } from './training-plan.types.ts';

export const SOLVE_SWEEP = 'training-plans/solve';
export const PUBLISH_SWEEP = 'training-plans/publish';
/** The longest stretch one plan covers, and the usual one. */
export const MOST_DAYS = 92;
const USUAL_DAYS = 35;
/** The earliest day that leaves people time to answer. */
const NOTICE_DAYS = 7;
const FIRST_INSTRUCTORS = 10;
const USUAL_WINDOWS = ['saturday-day', 'saturday-afternoon', 'sunday-day', 'weekday-evening'] as const;
const SORT: readonly SortKey[] = [
  ['createdAt', -1],
  ['_id', -1],
];

export interface TrainingPlanParts {
  readonly courses: CourseService;
  readonly tenants: TenantService;
  readonly units: UnitService;
  readonly thread: PlannerThread;
}
export type TrainingPlanService = ReturnType<typeof createTrainingPlanService>;

export const keyOfRow = (row: PlannedSessionRow): SessionKey => ({
  courseId: String(row.courseId),
  startsAt: row.startsAt.toISOString(),
  room: row.room,
});

const runs = createRuns<TrainingPlanRow>({
  model: TrainingPlanModel,
  lifecycle: trainingPlanLifecycle,
  area: 'training-plans',
  subjectType: 'TrainingPlan',
  sweep: SOLVE_SWEEP,
});

/** Proposals of training: asked for, made in the background, mended by the officer. */
export function createTrainingPlanService({ courses, tenants, units, thread }: TrainingPlanParts) {
  /** The only way to a plan by id. @throws NotFound */
  async function access(actor: Actor, id: string): Promise<TrainingPlanRow> {
    const row = isId(id) ? await TrainingPlanModel.findById(id).lean() : null;
    if (!row || !can(actor, 'training:plan', String(row.unitId))) throw new NotFound();
    return row;
  }
  async function accessProposed(actor: Actor, id: string): Promise<TrainingPlanRow> {
    const row = await access(actor, id);
    if (row.state !== 'proposed') throw new Conflict('wrong-state', { state: row.state });
    return row;
  }
  async function accessSession(
    actor: Actor,
    id: string,
    plannedId: string,
  ): Promise<{ plan: TrainingPlanRow; session: PlannedSessionRow }> {
    const plan = await access(actor, id);
    const session = isId(plannedId)
      ? await PlannedSessionModel.findOne({ _id: plannedId, planId: plan._id, attempt: plan.attempt }).lean()
      : null;
    if (!session) throw new NotFound();
    return { plan, session };
  }

  /** What was entered, with the usual where something was left out. @throws Invalid beside the field */
  async function settingsOf(unitId: string, input: PlanInput): Promise<PlanSettings> {
    const today = localDate(contextNow(), (await tenants.current()).zone);
    const from = input.from ?? addDays(today, NOTICE_DAYS);
    const to = input.to ?? addDays(from, USUAL_DAYS - 1);
    if (from < today) throw Invalid.field('from', 'starts-in-the-past');
    if (to < from) throw Invalid.field('to', 'ends-before-start');
    if (daysBetween(from, to) >= MOST_DAYS) throw Invalid.field('to', 'plan-too-long', { days: MOST_DAYS });
    const open = new Set((await courses.open()).map((row) => String(row._id)));
    if (!input.courseIds.every((id) => open.has(id))) throw Invalid.field('courseIds', 'not-a-choice');
    const instructorIds = [...new Set(input.instructorIds)];
    const may = await holdersAmong(instructorIds, 'training:teach-own', await units.pathOf(unitId));
    if (may.length < instructorIds.length) throw Invalid.field('instructorIds', 'not-an-instructor');
    const known = new Set((await units.all()).map(({ id }) => id));
    const rooms = input.rooms
      .map((one, at) => ({ ...one, at }))
      .filter(({ label }) => label !== '')
      .map(({ at, label, address, unitId: near, seats, cost }) => {
        if (near !== '' && !known.has(near)) throw Invalid.field(`rooms.${at}.unitId`, 'not-a-choice');
        if (seats === null) throw Invalid.field(`rooms.${at}.seats`, 'required');
        return { label, address, unitId: near || null, seats, costCents: (cost ?? 0) * 100 };
      });
    if (rooms.length === 0) throw Invalid.field('rooms.0.label', 'required');
    if (input.poolId !== '' && !(await knownPools()).has(input.poolId))
      throw Invalid.field('poolId', 'not-a-choice');
    return {
      from,
      to,
      budgetCents: input.budget * 100,
      hourCents: input.hourFee * 100,
      mostEach: input.mostEach,
      windows: input.windows.length > 0 ? input.windows : USUAL_WINDOWS,
      onHolidays: input.onHolidays,
      courseIds: [...new Set(input.courseIds)],
      instructorIds,
      rooms,
      poolId: input.poolId || null,
    };
  }

  const insert = (
    unitId: string,
    settings: PlanSettings,
    createdBy: Types.ObjectId | null,
  ): Promise<TrainingPlanRow> =>
    runs.insert({
      unitId: new Types.ObjectId(unitId),
      settings,
      edits: { pins: [], dropped: [], excluded: [] },
      createdBy,
    });

  const sessionsOf = (row: TrainingPlanRow): Promise<PlannedSessionRow[]> =>
    PlannedSessionModel.find({ planId: row._id, attempt: row.attempt }).sort({ place: 1 }).limit(500).lean();

  /** The proposal after an edit: what it comes to, added up again from what is left. Inside the caller's transaction. */
  async function changed(
    row: TrainingPlanRow,
    edits: TrainingPlanRow['edits'],
    action: AuditAction,
  ): Promise<TrainingPlanRow> {
    const left = await sessionsOf(row);
    const before = row.outcome?.before;
    const outcome =
      before &&
      outcomeOf(
        before,
        left.map((one) => ({
          costCents: one.costCents,
          invitations: one.invitations.map((own) => ({ ...own, personId: String(own.personId) })),
        })),
      );
    const after = await TrainingPlanModel.findOneAndUpdate(
      { _id: row._id, state: 'proposed', version: row.version },
      // What was proven was so of the plan as it was made.
      { $set: { edits, outcome, proof: null }, $inc: { version: 1 } },
      { returnDocument: 'after' },
    ).lean();
    if (!after) throw new Conflict('plan-changed');
    await recordAudit({ action, subjectType: 'TrainingPlan', subjectId: row._id });
    return after;
  }

  return {
    access,
    accessSession,
    sessionsOf,

    /** Asks for a plan; it is made in the background. @throws Invalid, Conflict `plan-running` */
    async start(actor: AccountActor, input: PlanInput): Promise<TrainingPlanRow> {
      const { rootUnitId } = await tenants.current();
      const unitId = input.unitId ?? rootUnitId;
      const known = (await units.names([unitId])).has(unitId);
      if (!known || !can(actor, 'training:plan', unitId)) throw Invalid.field('unitId', 'not-a-choice');
      return insert(unitId, await settingsOf(unitId, input), new Types.ObjectId(actor.accountId));
    },

    /** The first plan of a place that was just filled with a demo: of everybody, in these rooms, by whoever teaches. */
    async startFirst(rooms: PlanInput['rooms']): Promise<TrainingPlanRow> {
      const { rootUnitId } = await tenants.current();
      const holders = await holdersOf(
        'training:teach-own',
        await units.pathOf(rootUnitId),
        FIRST_INSTRUCTORS,
      );
      const instructorIds = holders.map(({ personId }) => String(personId));
      const from = addDays(localDate(contextNow(), (await tenants.current()).zone), NOTICE_DAYS);
      // Two weeks: it is there when a newcomer looks for it, and leaves the machine to them.
      const asked = planBody.parse({ rooms, instructorIds, from, to: addDays(from, 13) });
      return insert(rootUnitId, await settingsOf(rootUnitId, asked), null);
    },

    /** Makes the plan anew from what is known now, keeping to what was pinned, dropped and excluded. */
    solveAgain: (actor: AccountActor, id: string): Promise<TrainingPlanRow> =>
      runs.oneAtATime(() => inTransaction(async () => runs.queueAgain(await access(actor, id)))),

    /** Nobody wants the run any more; it stops within moments. */
    async cancel(actor: AccountActor, id: string): Promise<TrainingPlanRow> {
      return inTransaction(async () => runs.cancel(await access(actor, id)));
    },

    async list(actor: Actor, limit: number, cursor: string | undefined): Promise<Page<TrainingPlanRow>> {
      const reach = reachOf(actor, 'training:plan');
      const rows = await TrainingPlanModel.find({
        ...(reach === 'tenant' ? {} : { unitId: { $in: [...reach].map((one) => new Types.ObjectId(one)) } }),
        ...afterCursor(SORT, cursor),
      } as never)
        .sort(sortOf(SORT))
        .limit(limit + 1)
        .select({ history: { $slice: -1 } })
        .lean();
      return pageOf(rows, limit, (row) => [row.createdAt, row._id]);
    },

    /** Takes a session out; no later run proposes it there and then again. */
    async drop(actor: AccountActor, id: string, plannedId: string): Promise<TrainingPlanRow> {
      return inTransaction(async () => {
        const { session } = await accessSession(actor, id, plannedId);
        const plan = await accessProposed(actor, id);
        const rows = await sessionsOf(plan);
        await PlannedSessionModel.deleteOne({ _id: session._id });
        // Whoever was to come here as well may have more of their other sessions counted.
        const asked = new Set(session.invitations.map(({ personId }) => String(personId)));
        for (const other of withoutRow(rows, session))
          if (other.invitations.some(({ beside, personId }) => beside && asked.has(String(personId))))
            await PlannedSessionModel.updateOne(
              { _id: other._id },
              { $set: { invitations: other.invitations } },
            );
        const key = keyOfRow(session);
        const edits = {
          ...plan.edits,
          pins: plan.edits.pins.filter((one) => !sameKey(one, key)),
          dropped: [...plan.edits.dropped, key],
        };
        return changed(plan, edits, 'training-plans/drop-session');
      });
    },

    /** Keeps a session in every further run, or lets it go again. */
    async pin(actor: AccountActor, id: string, plannedId: string, pinned: boolean): Promise<TrainingPlanRow> {
      return inTransaction(async () => {
        const { session } = await accessSession(actor, id, plannedId);
        const plan = await accessProposed(actor, id);
        await PlannedSessionModel.updateOne({ _id: session._id }, { $set: { pinned } });
        const key = keyOfRow(session);
        const others = plan.edits.pins.filter((one) => !sameKey(one, key));
        const edits = { ...plan.edits, pins: pinned ? [...others, key] : others };
        return changed(plan, edits, 'training-plans/pin-session');
      });
    },

    /** Puts a session elsewhere, where it then stays; whom to invite there follows from a new run. */
    async move(
      actor: AccountActor,
      id: string,
      plannedId: string,
      to: { date: string; startTime: string; room: number },
    ): Promise<TrainingPlanRow> {
      return runs.oneAtATime(() =>
        inTransaction(async () => {
          const { session } = await accessSession(actor, id, plannedId);
          const plan = await accessProposed(actor, id);
          if (to.room >= plan.settings.rooms.length) throw Invalid.field('room', 'not-a-choice');
          const { zone } = await tenants.current();
          const [hours = 0, minutes = 0] = to.startTime.split(':').map(Number);
          const startsAt = wallToInstant({ date: to.date, minutes: hours * 60 + minutes, zone });
          if (startsAt <= contextNow()) throw Invalid.field('date', 'starts-in-the-past');
          const [from, key] = [
            keyOfRow(session),
            { courseId: String(session.courseId), startsAt: startsAt.toISOString(), room: to.room },
          ];
          const edits = {
            ...plan.edits,
            pins: [...plan.edits.pins.filter((one) => !sameKey(one, from) && !sameKey(one, key)), key],
            dropped: plan.edits.dropped.filter((one) => !sameKey(one, key)),
          };
          return runs.queueAgain(plan, { edits });
        }),
      );
    },

    /** Leaves somebody out of this plan, now and in every further run, or lets them in again in the next. */
    async exclude(
      actor: AccountActor,
      id: string,
      personId: string,
      excluded: boolean,
    ): Promise<TrainingPlanRow> {
      return inTransaction(async () => {
        const plan = await accessProposed(actor, id);
        const others = plan.edits.excluded.filter((one) => one !== personId);
        const rows = await sessionsOf(plan);
        const inPlan = rows.some(({ invitations }) =>
          invitations.some((one) => String(one.personId) === personId),
        );
        if (excluded && !inPlan) throw new NotFound();
        if (excluded)
          await PlannedSessionModel.updateMany(
            { planId: plan._id, attempt: plan.attempt },
            { $pull: { invitations: { personId: new Types.ObjectId(personId) } } },
          );
        const edits = { ...plan.edits, excluded: excluded ? [...others, personId] : others };
        return changed(plan, edits, 'training-plans/exclude-person');
      });
    },

    /** Everything proposed is announced and sent, in the background. @throws PreconditionFailed when it changed since it was seen */
    async publish(actor: AccountActor, id: string, version: number | null): Promise<TrainingPlanRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (!(await PlannedSessionModel.exists({ planId: row._id, attempt: row.attempt })))
          throw new Conflict('plan-empty');
        if (!can(actor, 'training:plan', String(row.unitId))) throw new Forbidden('not-permitted');
        const after = await transition(TrainingPlanModel, row._id, {
          lifecycle: trainingPlanLifecycle,
          from: ['proposed'],
          to: 'publishing',
          version,
          set: {
            dueAt: contextNow(),
            publisher: {
              accountId: new Types.ObjectId(actor.accountId),
              personId: new Types.ObjectId(actor.personId),
            },
          },
          action: 'training-plans/publish',
        });
        wakeFor(PUBLISH_SWEEP, id);
        return after;
      });
    },

    /** For the sweeps: plans of any tenant in these states whose time has come. */
    due: runs.due,

    /** Makes one plan that waits; a run whose worker was lost is made anew under the next number. */
    async work(id: string): Promise<void> {
      const row = await runs.claim(id, (found) => ({
        attempt: found.attempt + 1,
        progress: { phase: 'people', share: 0 },
      }));
      if (!row) return;
      const { attempt, tenantId } = row;
      const end = await thread({ planId: id, tenantId: String(tenantId), attempt }, async () =>
        Boolean(
          await TrainingPlanModel.exists({ _id: row._id, state: 'running', attempt, cancelWanted: false }),
        ),
      );
      await inTransaction(async () => {
        const current = await TrainingPlanModel.findById(id).lean();
        if (current?.state !== 'running' || current.attempt !== attempt) return;
        const to = 'made' in end ? 'proposed' : 'impossible' in end ? 'failed' : 'cancelled';
        await transition(TrainingPlanModel, row._id, {
          lifecycle: trainingPlanLifecycle,
          from: ['running'],
          to,
          set: {
            ...('made' in end ? end.made : { outcome: null, proof: null }),
            failure: 'impossible' in end ? end.impossible : null,
            progress: null,
            cancelWanted: false,
            dueAt: null,
            finishedAt: contextNow(),
          },
          action: `training-plans/${to}`,
        });
        await PlannedSessionModel.deleteMany({
          planId: row._id,
          ...('made' in end ? { attempt: { $ne: attempt } } : {}),
        });
      });
    },

    /** The sweep gave up. */
    async giveUp(id: string): Promise<void> {
      await runs.giveUp(id);
    },
  };
}
