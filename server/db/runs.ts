import { Types } from 'mongoose';
import type { Model } from 'mongoose';
import { contextNow } from '../core/context.ts';
import { Conflict } from '../core/errors.ts';
import { wake } from '../core/wake.ts';
import { recordAudit } from './audit.ts';
import { retryClaim } from './claims.ts';
import type { TenantRow } from './registry.ts';
import { afterCommit, inTransaction, isDuplicateKey } from './transaction.ts';
import { born, transition } from './transition.ts';
import type { Lifecycle, StateRow } from './transition.ts';

/** A row that is computed in the background: it waits, runs under a number, and ends as a proposal or without one. */
export interface RunRow extends TenantRow, StateRow {
  /** The working whose results count; a worker that was lost meanwhile finds another number here. */
  attempt: number;
  cancelWanted: boolean;
  /** When background work is next due; null when there is none. */
  dueAt: Date | null;
}

/** What a sweep asks for. */
export interface DueWork {
  readonly now: Date;
  readonly limit: number;
  readonly except: readonly string[];
}

export interface RunParts<Row extends RunRow> {
  readonly model: Model<Row>;
  readonly lifecycle: Lifecycle;
  /** Prefix of audited actions, as `plans`. */
  readonly area: string;
  readonly subjectType: string;
  /** The sweep that works on what waits. */
  readonly sweep: string;
}

/** Wakes a sweep for one row once the transaction is through, also where it gave up on that row before. */
export function wakeFor(sweep: string, id: string): void {
  afterCommit(async () => {
    await retryClaim(`${sweep}:${id}`);
    wake(sweep);
  });
}

/**
 * What all rows that are computed in the background do alike: one at a time per tenant (a unique index over `queued` and
 * `running` decides), claimed under a number, taken over when a worker was lost, cancelled while they wait or run. What is
 * computed, and what becomes of it, is the feature's.
 */
export function createRuns<Row extends RunRow>({
  model,
  lifecycle,
  area,
  subjectType,
  sweep,
}: RunParts<Row>) {
  // Fields that every run has; the row's own type is the feature's.
  const rows = model as unknown as Model<RunRow>;

  /** @throws Conflict `plan-running`: one run per tenant at a time, which the index decides */
  async function oneAtATime<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (err) {
      if (isDuplicateKey(err)) throw new Conflict('plan-running');
      throw err;
    }
  }

  return {
    oneAtATime,

    /** A new row that waits for the background. @throws Conflict `plan-running` */
    insert: (fields: object, facts?: Readonly<Record<string, unknown>>): Promise<Row> =>
      oneAtATime(() =>
        inTransaction(async () => {
          const _id = new Types.ObjectId();
          await rows.create([
            { _id, ...born('queued'), ...fields, dueAt: contextNow(), createdAt: contextNow() } as never,
          ]);
          await recordAudit({
            action: `${area}/start`,
            subjectType,
            subjectId: _id,
            to: 'queued',
            ...(facts ? { facts } : {}),
          });
          wakeFor(sweep, String(_id));
          return (await rows.findById(_id).lean()) as unknown as Row;
        }),
      ),

    /** Lets a row that ended wait again. Inside the caller's transaction. */
    async queueAgain(row: Row, set: Readonly<Record<string, unknown>> = {}): Promise<Row> {
      const after = await transition(model, row._id, {
        lifecycle,
        from: ['proposed', 'failed', 'cancelled'],
        to: 'queued',
        action: `${area}/solve-again`,
        set: { cancelWanted: false, failure: null, progress: null, dueAt: contextNow(), ...set },
      });
      wakeFor(sweep, String(row._id));
      return after;
    },

    /** Nobody wants the run any more: what waits ends at once, what runs within moments. Inside the caller's transaction. */
    async cancel(row: Row): Promise<Row> {
      if (row.state === 'queued')
        return transition(model, row._id, {
          lifecycle,
          from: ['queued'],
          to: 'cancelled',
          set: { dueAt: null },
          action: `${area}/cancelled`,
        });
      if (row.state !== 'running') throw new Conflict('wrong-state', { state: row.state });
      await rows.updateOne({ _id: row._id }, { $set: { cancelWanted: true } });
      await recordAudit({ action: `${area}/cancel`, subjectType, subjectId: row._id });
      return { ...row, cancelWanted: true };
    },

    /** Rows of any tenant in these states whose time has come. */
    async due(
      states: readonly string[],
      { now, limit, except }: DueWork,
    ): Promise<{ tenantId: string; id: string }[]> {
      const found = await rows
        .find({
          state: { $in: [...states] },
          dueAt: { $lte: now },
          _id: { $nin: except.map((id) => new Types.ObjectId(id)) },
        } as never)
        .sort({ dueAt: 1 })
        .limit(limit)
        .select({ tenantId: 1 })
        .lean();
      return found.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
    },

    /**
     * Takes up one row that waits, or one whose worker was lost, under the number that `next` draws; null where there is
     * nothing to do any more.
     */
    claim: (id: string, next: (row: Row) => { readonly attempt: number; readonly [more: string]: unknown }) =>
      inTransaction(async (): Promise<Row | null> => {
        const found = (await rows.findById(id).lean()) as unknown as Row | null;
        if (found?.state === 'running')
          return (await rows
            .findOneAndUpdate(
              { _id: found._id, version: found.version, state: 'running' } as never,
              { $set: { ...next(found) }, $inc: { version: 1 } } as never,
              { returnDocument: 'after' },
            )
            .lean()) as unknown as Row | null;
        if (found?.state !== 'queued') return null;
        return transition(model, found._id, {
          lifecycle,
          from: ['queued'],
          to: 'running',
          set: { ...next(found) },
          action: `${area}/run`,
        });
      }),

    /** The sweep gave up. */
    giveUp: (id: string): Promise<Row> =>
      inTransaction(() =>
        transition(model, id, {
          lifecycle,
          from: ['queued', 'running'],
          to: 'failed',
          set: { failure: 'plan-failed', dueAt: null, progress: null },
          action: `${area}/give-up`,
        }),
      ),
  };
}
