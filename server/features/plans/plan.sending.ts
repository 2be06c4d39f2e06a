import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { asTenant, contextNow } from '../../core/context.ts';
import { Conflict, Invalid } from '../../core/errors.ts';
import { planLifecycle } from '../../core/states.ts';
import { wake } from '../../core/wake.ts';
import { retryClaim } from '../../db/claims.ts';
import { afterCommit, inTransaction } from '../../db/transaction.ts';
import { transition } from '../../db/transition.ts';
import type { AssignmentService } from '../assignments/index.ts';
import { accessPlanTo } from './plan.access.ts';
import { PlanLineModel, PlanModel } from './plan.model.ts';
import type { PlanLineRow, PlanPair, PlanRow, PlanWave } from './plan.model.ts';
import type { DueWork } from '../../db/runs.ts';

export const SEND_SWEEP = 'plans/send';
/** Lines read in one go. */
const AT_ONCE = 50;

export interface WaveInput {
  /** Only shifts that start within so many days; all without. */
  readonly withinDays?: number | null | undefined;
  /** Why it is sent although units fare worse. */
  readonly reason: string;
  /** What the people asked read with the offer. */
  readonly note: string;
}

export interface SendingParts {
  readonly assignments: AssignmentService;
}

function wakeAfterwards(id: string): void {
  afterCommit(async () => {
    await retryClaim(`${SEND_SWEEP}:${id}`);
    wake(SEND_SWEEP);
  });
}

export type PlanSending = ReturnType<typeof createPlanSending>;

/** Offers of a plan go out in waves, through the one mechanism of offers; each is judged anew when it is sent. */
export function createPlanSending({ assignments }: SendingParts) {
  /** The guard of one step: nobody took the plan back, and no other worker is further. */
  const mine = (row: PlanRow, line: PlanLineRow): object => ({
    _id: row._id,
    'task.kind': row.task?.kind,
    'task.next': { $lte: line.place },
  });

  /**
   * Each offer of a line in a transaction of its own, with what became of it: people who answer meanwhile, or whom another
   * plan asks, wait for one offer and not for all of a large shift. @returns whether it was ours to do
   */
  async function offerLine(row: PlanRow, line: PlanLineRow): Promise<boolean> {
    for (const [at, { state }] of line.pairs.entries())
      if (state === 'proposed' && !(await inTransaction(() => offerPair(row, line, at)))) return false;
    return inTransaction(() => stepOn(row, line));
  }

  async function offerPair(row: PlanRow, line: PlanLineRow, at: number): Promise<boolean> {
    const current = await PlanModel.findOne(mine(row, line)).lean();
    const wave = current?.waves.at(-1);
    if (!current || !wave) return false;
    const pair = (await PlanLineModel.findById(line._id).lean())?.pairs[at];
    if (pair?.state !== 'proposed') return true;
    const made = await asTenant(String(line.ownerTenantId), () =>
      assignments.offerPlanned(line.positionId, pair.personId, wave.note),
    );
    const outcome: Partial<PlanPair> =
      'assignmentId' in made
        ? { state: 'offered', assignmentId: made.assignmentId, refusal: null }
        : { state: 'refused', refusal: made.refusal };
    await PlanLineModel.updateOne(
      { _id: line._id },
      { $set: { [`pairs.${at}`]: { ...pair, wave: current.waves.length, ...outcome } } },
    );
    await PlanModel.updateOne(
      { _id: row._id },
      { $inc: { [`waves.${current.waves.length - 1}.${outcome.state}`]: 1 } },
    );
    return true;
  }

  async function stepOn(row: PlanRow, line: PlanLineRow): Promise<boolean> {
    const { matchedCount } = await PlanModel.updateOne(mine(row, line), {
      $set: { 'task.next': line.place + 1 },
    });
    return matchedCount === 1;
  }

  /** One line in one transaction: offers that nobody answered are closed. @returns whether it was ours to do */
  async function withdrawLine(row: PlanRow, line: PlanLineRow): Promise<boolean> {
    return inTransaction(async () => {
      if (!(await stepOn(row, line))) return false;
      const fresh = await PlanLineModel.findById(line._id).lean();
      if (!fresh) return true;
      const open = fresh.pairs.flatMap(({ assignmentId }) => (assignmentId ? [assignmentId] : []));
      if (open.length > 0)
        await asTenant(String(line.ownerTenantId), () =>
          assignments.withdrawPlanned(open, row.task?.reason ?? ''),
        );
      const pairs = fresh.pairs.map((pair) =>
        pair.state === 'proposed' ? { ...pair, state: 'left' } : pair,
      );
      await PlanLineModel.updateOne({ _id: line._id }, { $set: { pairs } });
      return true;
    });
  }

  async function finish(row: PlanRow): Promise<void> {
    const sent = row.task?.kind === 'send';
    await inTransaction(() =>
      transition(PlanModel, row._id, {
        lifecycle: planLifecycle,
        from: [sent ? 'sending' : 'withdrawing'],
        to: sent ? 'proposed' : 'withdrawn',
        set: {
          task: null,
          // What changed while offers went out is looked at next.
          dueAt: sent && row.follow ? contextNow() : null,
          ...(sent ? { [`waves.${row.waves.length - 1}.endedAt`]: contextNow() } : {}),
        },
        action: sent ? 'plans/wave-sent' : 'plans/withdrawn',
      }),
    );
  }

  const nextLines = (row: PlanRow): Promise<PlanLineRow[]> => {
    const before = row.task?.kind === 'send' ? row.waves.at(-1)?.before : null;
    return PlanLineModel.find({
      planId: row._id,
      attempt: row.attempt,
      place: { $gte: row.task?.next ?? 0 },
      ...(before ? { startsAt: { $lt: before } } : {}),
    })
      .sort({ place: 1 })
      .limit(AT_ONCE)
      .lean();
  };

  return {
    /**
     * Sends the next wave: everybody proposed and not yet asked gets an offer with a deadline.
     * @throws Invalid on `reason` where units fare worse than first come, first served and nobody says why it is right
     */
    async send(actor: AccountActor, id: string, version: number | null, input: WaveInput): Promise<PlanRow> {
      return inTransaction(async () => {
        const row = await accessPlanTo(actor, id, 'plans:send');
        if (row.state !== 'proposed') throw new Conflict('wrong-state', { state: row.state });
        if ((row.comparison?.worse ?? 0) > 0 && input.reason === '')
          throw Invalid.field('reason', 'plan-reason-needed');
        const at = contextNow();
        const wave: PlanWave = {
          n: row.waves.length + 1,
          at,
          by: new Types.ObjectId(actor.accountId),
          before: input.withinDays ? new Date(at.getTime() + input.withinDays * 86_400_000) : null,
          reason: input.reason,
          note: input.note,
          worse: row.comparison?.worse ?? 0,
          offered: 0,
          refused: 0,
          endedAt: null,
        };
        const after = await transition(PlanModel, row._id, {
          lifecycle: planLifecycle,
          from: ['proposed'],
          to: 'sending',
          version,
          reason: input.reason || null,
          set: { task: { kind: 'send', next: 0, reason: '' }, dueAt: at },
          update: { $push: { waves: wave } },
          action: 'plans/send',
          facts: { wave: wave.n, worse: row.comparison?.worse ?? 0 },
        });
        wakeAfterwards(id);
        return after;
      });
    },

    /** Takes the plan back: offers that nobody answered are closed, what was accepted stays. */
    async withdraw(
      actor: AccountActor,
      id: string,
      version: number | null,
      reason: string,
    ): Promise<PlanRow> {
      return inTransaction(async () => {
        const row = await accessPlanTo(actor, id, 'plans:send');
        const after = await transition(PlanModel, row._id, {
          lifecycle: planLifecycle,
          from: ['proposed', 'sending', 'failed', 'cancelled'],
          to: 'withdrawing',
          version,
          reason: reason || null,
          set: { task: { kind: 'withdraw', next: 0, reason }, dueAt: contextNow(), follow: false },
          action: 'plans/withdraw',
        });
        wakeAfterwards(id);
        return after;
      });
    },

    /** For the sweep: plans of any tenant whose wave or withdrawal goes on. */
    async due({ now, limit, except }: DueWork): Promise<{ tenantId: string; id: string }[]> {
      const rows = await PlanModel.find({
        state: { $in: ['sending', 'withdrawing'] },
        dueAt: { $lte: now },
        _id: { $nin: except.map((id) => new Types.ObjectId(id)) },
      })
        .sort({ dueAt: 1 })
        .limit(limit)
        .select({ tenantId: 1 })
        .lean();
      return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
    },

    /** Sends or withdraws for at most so long; what is left is taken up again after the others' turn. */
    async workFor(id: string, milliseconds: number): Promise<void> {
      const end = performance.now() + milliseconds;
      for (;;) {
        const row = await PlanModel.findById(id).lean();
        if (!row?.task) return;
        const lines = await nextLines(row);
        if (lines.length === 0) {
          await finish(row);
          return;
        }
        for (const line of lines) {
          if (!(await (row.task.kind === 'send' ? offerLine : withdrawLine)(row, line))) return;
          if (performance.now() < end) continue;
          await inTransaction(() => PlanModel.updateOne({ _id: row._id }, { $set: { dueAt: contextNow() } }));
          wake(SEND_SWEEP);
          return;
        }
      }
    },
  };
}
