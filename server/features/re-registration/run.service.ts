import { Types } from 'mongoose';
import type { AnyBulkWriteOperation } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict } from '../../core/errors.ts';
import { localDate } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { tenantBulkWrite } from '../../db/builders.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction, isDuplicateKey } from '../../db/transaction.ts';
import { can, reachOf } from '../../core/actor.ts';
import type { CreditReading, Evaluation } from '../credits/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { EvaluationRunModel, RegistrationWatchModel } from './watch.model.ts';
import type { EvaluationRunRow, RegistrationWatchRow } from './watch.model.ts';

/** People that are read and evaluated at a time. */
const BATCH = 500;
const BY_END: readonly SortKey[] = [
  ['validTo', 1],
  ['_id', 1],
];

/** People of one step of a run, read and not yet evaluated. */
interface Piece {
  readonly rows: readonly RegistrationWatchRow[];
  readonly evaluate: (on: string) => readonly (Evaluation | null)[];
}

export interface RunParts {
  readonly reading: CreditReading;
  readonly tenants: TenantService;
}

export type RunService = ReturnType<typeof createRunService>;

/** Evaluates the credit hours of every social worker of a tenant in one job, with progress; stopped, it goes on where it was. */
export function createRunService({ reading, tenants }: RunParts) {
  const today = async (): Promise<string> => localDate(contextNow(), (await tenants.current()).zone);

  /** The people after the one at the cursor, with everything that their evaluation needs. */
  async function readPiece(cursor: Types.ObjectId | null): Promise<Piece> {
    const rows = await RegistrationWatchModel.find(cursor ? { _id: { $gt: cursor } } : {})
      .sort({ _id: 1 })
      .limit(BATCH)
      .select({ personId: 1, level: 1, validFrom: 1, validTo: 1 })
      .lean();
    const evaluate = await reading.evaluator(
      rows.map((row) => ({
        personId: String(row.personId),
        registration: { level: row.level, validFrom: row.validFrom, validTo: row.validTo },
      })),
    );
    return { rows, evaluate };
  }

  /** Stores what one piece comes to, and how far the run is. @returns the run after it, or null when somebody else was faster */
  async function settle(run: EvaluationRunRow, { rows, evaluate }: Piece): Promise<EvaluationRunRow | null> {
    const evaluations = evaluate(run.on);
    let canApply = 0;
    let behind = 0;
    const writes: AnyBulkWriteOperation[] = [];
    rows.forEach((row, at) => {
      const evaluation = evaluations[at];
      if (!evaluation) return;
      if (evaluation.canApplyOn) canApply += 1;
      if (evaluation.missingMinutes > 0) behind += 1;
      writes.push({
        updateOne: {
          filter: { _id: row._id },
          update: {
            $set: {
              evaluatedOn: run.on,
              totalMinutes: evaluation.totalMinutes,
              requiredMinutes: evaluation.requiredMinutes,
              missingMinutes: evaluation.missingMinutes,
              eligibleFrom: evaluation.eligibleFrom,
              canApply: evaluation.canApplyOn,
            },
          },
        },
      });
    });
    if (writes.length > 0) await tenantBulkWrite(RegistrationWatchModel, writes, { ordered: false });
    const over = rows.length < BATCH;
    // Guarded by where the run was: whoever else works on it has its own piece counted once.
    return EvaluationRunModel.findOneAndUpdate(
      { _id: run._id, state: 'running', cursor: run.cursor } as never,
      {
        $set: {
          cursor: rows.at(-1)?._id ?? run.cursor,
          ...(over ? { state: 'done', finishedAt: contextNow() } : {}),
        },
        $inc: { done: rows.length, canApply, behind },
      },
      { returnDocument: 'after' },
    ).lean();
  }

  return {
    /** Begins an evaluation of everybody. @throws Conflict `already-running` */
    async start(actor: AccountActor | null): Promise<EvaluationRunRow> {
      return inTransaction(async () => {
        const _id = new Types.ObjectId();
        try {
          await EvaluationRunModel.create([
            {
              _id,
              state: 'running',
              on: await today(),
              total: await RegistrationWatchModel.countDocuments({}),
              requestedBy: actor ? new Types.ObjectId(actor.accountId) : null,
              startedAt: contextNow(),
            } as never,
          ]);
        } catch (err) {
          if (isDuplicateKey(err)) throw new Conflict('already-running');
          throw err;
        }
        await recordAudit({
          action: 're-registration/evaluate-all',
          subjectType: 'EvaluationRun',
          subjectId: _id,
          to: 'running',
        });
        return (await EvaluationRunModel.findById(_id).lean()) as EvaluationRunRow;
      });
    },

    /** The latest evaluation; null before the first. */
    latest: async (): Promise<EvaluationRunRow | null> =>
      EvaluationRunModel.findOne({}).sort({ startedAt: -1 }).lean(),

    /** Evaluations of any tenant that are under way, for the sweep. */
    async due({
      limit,
      except,
    }: {
      limit: number;
      except: readonly string[];
    }): Promise<{ tenantId: string; id: string }[]> {
      const rows = await EvaluationRunModel.find({
        state: 'running',
        _id: { $nin: except.map((id) => new Types.ObjectId(id)) },
      })
        .limit(limit)
        .select({ tenantId: 1 })
        .lean();
      return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
    },

    /** Works through one evaluation to its end, piece by piece. */
    async work(id: string): Promise<void> {
      let run: EvaluationRunRow | null = await EvaluationRunModel.findById(id).lean();
      let next = run?.state === 'running' ? readPiece(run.cursor) : null;
      while (run?.state === 'running' && next) {
        const piece = await next;
        const last = piece.rows.at(-1)?._id;
        // The database reads the next people while these are evaluated and stored.
        next = piece.rows.length < BATCH || !last ? null : readPiece(last);
        // Waited for above; until then nobody would hear that it failed.
        next?.catch(() => undefined);
        run = await settle(run, piece);
      }
    },

    /** Registrations within the actor's reach by their end, soonest first; those that ended long ago are left out. */
    async list(
      actor: AccountActor,
      filter: { behind: boolean; limit: number; cursor?: string | undefined },
    ): Promise<Page<RegistrationWatchRow>> {
      const reach = reachOf(actor, 'credits:see');
      const rows = await RegistrationWatchModel.find({
        validTo: { $gte: await today() },
        ...(filter.behind ? { missingMinutes: { $gt: 0 } } : {}),
        ...(reach === 'tenant'
          ? {}
          : { unitId: { $in: [...reach].map((unitId) => new Types.ObjectId(unitId)) } }),
        ...afterCursor(BY_END, filter.cursor),
      } as never)
        .sort(sortOf(BY_END))
        .limit(filter.limit + 1)
        .lean();
      return pageOf(rows, filter.limit, (row) => [row.validTo, row._id]);
    },

    mayStart: (actor: AccountActor): boolean => can(actor, 'credits:review'),
  };
}
