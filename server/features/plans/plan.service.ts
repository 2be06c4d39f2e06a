import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import { planLifecycle } from '../../core/states.ts';
import { addDays, daysBetween, localDate } from '../../core/time.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { createRuns, wakeFor } from '../../db/runs.ts';
import type { DueWork } from '../../db/runs.ts';
import { inTransaction } from '../../db/transaction.ts';
import { transition } from '../../db/transition.ts';
import type { TenantService } from '../tenants/index.ts';
import type { Unit, UnitService } from '../units/index.ts';
import { accessPlan, accessPlanTo, seenPlans } from './plan.access.ts';
import type { PlanEnd, PlanThread } from './plan.client.ts';
import { PlanLineModel, PlanModel } from './plan.model.ts';
import type { PlanLineRow, PlanRow } from './plan.model.ts';
import { forgetAttempts } from './plan.store.ts';
import type { PlanMade } from './plan.work.ts';
import type { PlanSettings } from './plan.types.ts';

const SORT: readonly SortKey[] = [
  ['createdAt', -1],
  ['_id', -1],
];
const LINE_SORT: readonly SortKey[] = [['place', 1]];
/** The longest stretch one plan covers. */
export const MOST_DAYS = 60;
const USUAL_DAYS = 21;

export const SOLVE_SWEEP = 'plans/solve';
export const FOLLOW_SWEEP = 'plans/follow';
const LOOK_EVERY_MS = 60_000;
const FOLLOWED_MS = 3 * 86_400_000;

/** What somebody chose for a run; what is left out is as usual. */
export type PlanInput = { readonly [Key in keyof PlanSettings]?: PlanSettings[Key] | undefined } & {
  readonly unitId?: string | undefined;
  readonly below?: boolean | undefined;
};

export interface PlanServiceParts {
  readonly tenants: TenantService;
  readonly units: UnitService;
  readonly thread: PlanThread;
}

export type PlanService = ReturnType<typeof createPlanService>;

const runs = createRuns<PlanRow>({
  model: PlanModel,
  lifecycle: planLifecycle,
  area: 'plans',
  subjectType: 'Plan',
  sweep: SOLVE_SWEEP,
});

/** What a worker made; null where nothing changed, nobody wants it, or there can be none. */
const madeOf = (end: PlanEnd): PlanMade | null =>
  'result' in end && !('unchanged' in end.result) ? end.result : null;

/** When a proposal is looked at again; not any more once it is old: whoever still wants it makes a new one. */
function nextLook({ follow, createdAt }: PlanRow): Date | null {
  const at = contextNow().getTime();
  return follow && at - createdAt.getTime() < FOLLOWED_MS ? new Date(at + LOOK_EVERY_MS) : null;
}

export function createPlanService({ tenants, units, thread }: PlanServiceParts) {
  /** Days and limits as asked for, or as usual. @throws Invalid beside the field */
  async function settingsOf(input: PlanInput): Promise<PlanSettings> {
    const { zone } = await tenants.current();
    const today = localDate(contextNow(), zone);
    const from = input.from ?? today;
    const to = input.to ?? addDays(from, USUAL_DAYS - 1);
    if (to < from) throw Invalid.field('to', 'ends-before-start');
    if (daysBetween(from, to) >= MOST_DAYS) throw Invalid.field('to', 'plan-too-long', { days: MOST_DAYS });
    if (to < today) throw Invalid.field('to', 'plan-over');
    const { perWeek = 1, fill = 'required', certifiedFrom = 0, seconds = 20 } = input;
    return { from, to, perWeek, fill, certifiedFrom, seconds };
  }

  /** The unit a plan is for. @throws Invalid on `unitId`, Forbidden for tenants below without the whole tenant */
  async function scopeOf(actor: Actor, input: PlanInput): Promise<{ unitId: string; below: boolean }> {
    const tenant = await tenants.current();
    const unitId = input.unitId ?? tenant.rootUnitId;
    const known = (await units.names([unitId])).has(unitId);
    if (!known || !can(actor, 'plans:run', unitId)) throw Invalid.field('unitId', 'not-a-choice');
    const below = input.below ?? false;
    if (below && (tenant.kind !== 'department' || unitId !== tenant.rootUnitId))
      throw new Forbidden('plan-only-department');
    return { unitId, below };
  }

  const insert = (
    { unitId, below, createdBy }: { unitId: string; below: boolean; createdBy: Types.ObjectId | null },
    settings: PlanSettings,
  ): Promise<PlanRow> =>
    runs.insert({ unitId: new Types.ObjectId(unitId), below, settings, createdBy }, { unitId, below });

  /** The run ended: what came of it becomes the proposal, unless another worker took it over meanwhile. */
  async function settle(row: PlanRow, attempt: number, end: PlanEnd): Promise<void> {
    await inTransaction(async () => {
      const current = await PlanModel.findById(row._id).lean();
      if (current?.state !== 'running' || current.attempt !== attempt) return;
      const made = madeOf(end);
      const to = made ? 'proposed' : 'impossible' in end ? 'failed' : 'cancelled';
      const facts = made
        ? { ...made, revision: current.revision + 1, lookAt: contextNow(), dueAt: nextLook(current) }
        : { failure: 'impossible' in end ? end.impossible : null, dueAt: null };
      await transition(PlanModel, row._id, {
        lifecycle: planLifecycle,
        from: ['running'],
        to,
        set: { ...facts, progress: null, cancelWanted: false, finishedAt: contextNow() },
        action: `plans/${to}`,
      });
    });
    await forgetAttempts(row._id, madeOf(end) ? attempt : null);
  }

  /** The mended plan takes the place of the one before, unless somebody did something with that meanwhile. */
  async function settleMending(row: PlanRow, attempt: number, end: PlanEnd): Promise<void> {
    const made = madeOf(end);
    const after = await inTransaction(() =>
      PlanModel.findOneAndUpdate(
        { _id: row._id, state: 'proposed', version: row.version },
        {
          $set: {
            ...(made ? { ...made, attempt } : {}),
            progress: null,
            lookAt: contextNow(),
            dueAt: 'impossible' in end ? null : nextLook(row),
          },
          $inc: { version: made ? 1 : 0, revision: made ? 1 : 0 },
        },
        { returnDocument: 'after' },
      ).lean(),
    );
    await forgetAttempts(row._id, (after ?? (await PlanModel.findById(row._id).lean()))?.attempt ?? null);
  }

  return {
    /** Looks at once for what changed, instead of within the minute. */
    async lookNow(actor: AccountActor, id: string): Promise<PlanRow> {
      return inTransaction(async () => {
        const row = await accessPlanTo(actor, id, 'plans:run');
        if (row.state !== 'proposed') throw new Conflict('wrong-state', { state: row.state });
        await PlanModel.updateOne(
          { _id: row._id },
          { $set: { dueAt: contextNow(), follow: true, lookAt: null } },
        );
        wakeFor(FOLLOW_SWEEP, id);
        return row;
      });
    },

    /** For the sweep: proposals of any tenant that are followed and were not looked at for a while. */
    dueToFollow: (query: DueWork) => runs.due(['proposed'], query),

    /** Mends a proposal where something changed since it was made: from its kept prices, so that few move. */
    async follow(id: string): Promise<void> {
      const row = await PlanModel.findOneAndUpdate(
        { _id: id, state: 'proposed', follow: true, dueAt: { $lte: contextNow() } },
        { $inc: { drawn: 1 } },
        { returnDocument: 'after' },
      ).lean();
      if (!row) return;
      const { drawn: attempt, tenantId } = row;
      const end = await thread.work({ planId: id, tenantId: String(tenantId), attempt, kind: 'mend' });
      await settleMending(row, attempt, end);
    },

    /** Units the actor may plan for, for the form. */
    async choices(actor: Actor): Promise<{ units: Unit[]; mayGoBelow: boolean }> {
      const tenant = await tenants.current();
      const all = (await units.all()).filter(({ id }) => can(actor, 'plans:run', id));
      const mayGoBelow = tenant.kind === 'department' && can(actor, 'plans:run', tenant.rootUnitId);
      return { units: all, mayGoBelow };
    },

    /** The first plan of a place that was just filled with a demo: of the whole, with what is below it. */
    async startFirst(): Promise<PlanRow> {
      const { rootUnitId } = await tenants.current();
      return insert({ unitId: rootUnitId, below: true, createdBy: null }, await settingsOf({}));
    },

    /** Asks for a run; it is made in the background. @throws Conflict `plan-running` */
    async start(actor: AccountActor, input: PlanInput): Promise<PlanRow> {
      const scope = await scopeOf(actor, input);
      const createdBy = new Types.ObjectId(actor.accountId);
      return insert({ ...scope, createdBy }, await settingsOf(input));
    },

    /** Makes the plan anew, with the pins and wishes it has now. @throws Conflict `plan-running` */
    async solveAgain(actor: AccountActor, id: string): Promise<PlanRow> {
      return runs.oneAtATime(() =>
        inTransaction(async () => {
          const row = await accessPlanTo(actor, id, 'plans:run');
          if (row.waves.length > 0) throw new Conflict('plan-already-sent');
          return runs.queueAgain(row);
        }),
      );
    },

    /** Nobody wants the run any more: it stops within moments. What was proposed before is gone. */
    async cancel(actor: AccountActor, id: string): Promise<PlanRow> {
      return inTransaction(async () => runs.cancel(await accessPlanTo(actor, id, 'plans:run')));
    },

    access: accessPlan,

    async list(actor: Actor, limit: number, cursor: string | undefined): Promise<Page<PlanRow>> {
      const rows = await PlanModel.find({ ...seenPlans(actor), ...afterCursor(SORT, cursor) } as never)
        .sort(sortOf(SORT))
        .limit(limit + 1)
        .lean();
      return pageOf(rows, limit, (row) => [row.createdAt, row._id]);
    },

    /** The positions of a proposal, soonest first; those of one unit, or all. */
    async lines(
      row: PlanRow,
      query: { limit: number; cursor?: string | undefined; unitId?: string | undefined },
    ): Promise<Page<PlanLineRow>> {
      const rows = await PlanLineModel.find({
        planId: row._id,
        attempt: row.attempt,
        ...(query.unitId ? { unitId: new Types.ObjectId(query.unitId) } : {}),
        ...afterCursor(LINE_SORT, query.cursor),
      } as never)
        .sort(sortOf(LINE_SORT))
        .limit(query.limit + 1)
        .lean();
      return pageOf(rows, query.limit, (line) => [line.place]);
    },

    /** One position of a proposal. @throws NotFound */
    async line(row: PlanRow, positionId: string): Promise<PlanLineRow> {
      const line = await PlanLineModel.findOne({
        planId: row._id,
        attempt: row.attempt,
        positionId: new Types.ObjectId(positionId),
      }).lean();
      if (!line) throw new NotFound();
      return line;
    },

    /** For the sweep: runs of any tenant that wait, or whose worker was lost. */
    due: (query: DueWork) => runs.due(['queued', 'running'], query),

    /** Makes one plan that waits; a run whose worker was lost is made anew under the next number. */
    async work(id: string): Promise<void> {
      const row = await runs.claim(id, ({ drawn }) => ({ attempt: drawn + 1, drawn: drawn + 1 }));
      if (!row) return;
      const end = await thread.work({
        planId: id,
        tenantId: String(row.tenantId),
        attempt: row.attempt,
        kind: 'solve',
      });
      await settle(row, row.attempt, end);
    },

    /** The sweep gave up. */
    async giveUp(id: string): Promise<void> {
      await runs.giveUp(id);
    },
  };
}
