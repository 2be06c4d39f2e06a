import { createHash } from 'node:crypto';
import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { reachOf } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid } from '../../core/errors.ts';
import { localDate } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { inTransaction, isDuplicateKey } from '../../db/transaction.ts';
import type { TenantService } from '../tenants/index.ts';
import { LedgerClosingModel, LedgerStatementModel } from './ledger.closing.model.ts';
import type { LedgerClosingRow, LedgerStatementRow, MonthFigures } from './ledger.closing.model.ts';
import { CLOSED_MONTHS, LedgerEntryModel } from './ledger.model.ts';
import type { LedgerEntryRow } from './ledger.model.ts';
import { closingRefusal, monthAfter } from './ledger.rules.ts';
import { addClosing, closedThrough } from './ledger.service.ts';

/**
 * Postings read the last closed month in their own transaction and write nothing that all of them share, or the ledger would post
 * one at a time. One that began before a closing may still commit after it, for a minute at most (the database ends
 * longer transactions); the statement is drawn when that time is over twice.
 */
const SETTLED_MS = 120_000;
/** How far back the sweep looks for closings without a statement. */
const LOOK_BACK_MS = 40 * 86_400_000;

export interface ClosedPeriod {
  readonly closing: LedgerClosingRow;
  /** Null for the two minutes until it is drawn. */
  readonly statement: LedgerStatementRow | null;
}

export type LedgerClosingService = ReturnType<typeof createLedgerClosings>;

/** Entries that the statement of a closing counts, by account and number. */
const entriesOf = (closing: Pick<LedgerClosingRow, 'tenantId' | 'after' | 'through'>) => {
  const after = closing.after ?? '';
  return LedgerEntryModel.find({
    tenantId: closing.tenantId,
    account: { $ne: CLOSED_MONTHS },
    $or: [
      { period: { $gt: after, $lte: closing.through } },
      // Entries of before there were periods count in the month of their service.
      { period: null, serviceDate: { $gt: after === '' ? '' : `${after}-99`, $lt: `${closing.through}-99` } },
    ],
  } as never)
    .select({ account: 1, minutes: 1, serviceDate: 1, period: 1, hash: 1 })
    .sort({ account: 1, seq: 1 })
    .lean();
};

/** The figures of a closing as the ledger has them now; `verify` compares them with what was drawn. */
export async function figuresOf(
  closing: Pick<LedgerClosingRow, 'tenantId' | 'after' | 'through'>,
): Promise<Pick<LedgerStatementRow, 'months' | 'entries' | 'digest'>> {
  const months = new Map<string, MonthFigures>();
  const digest = createHash('sha256');
  let entries = 0;
  for await (const entry of entriesOf(closing).cursor({ batchSize: 2_000 })) {
    digest.update(entry.hash);
    entries += 1;
    addTo(months, entry as LedgerEntryRow);
  }
  return {
    months: [...months.values()].sort((a, b) => (a.month < b.month ? -1 : 1)),
    entries,
    digest: digest.digest('hex'),
  };
}

function addTo(months: Map<string, MonthFigures>, entry: LedgerEntryRow): void {
  const served = entry.serviceDate.slice(0, 7);
  const month = entry.period ?? served;
  const sum = months.get(month) ?? { month, entries: 0, minutes: 0, lateMinutes: 0, lateEntries: 0 };
  const late = served !== month;
  sum.entries += 1;
  if (late) sum.lateEntries += 1;
  if (entry.account.startsWith('person:')) {
    sum.minutes += entry.minutes;
    if (late) sum.lateMinutes += entry.minutes;
  }
  months.set(month, sum);
}

/** Closing months of the ledger and what was in them. */
export function createLedgerClosings({ tenants }: { tenants: TenantService }) {
  const today = async (): Promise<string> => localDate(contextNow(), (await tenants.current()).zone);

  /** Months that may be closed now, oldest first: those over, after the last closed one, from the first with service on. */
  async function closable(): Promise<string[]> {
    const last = await closedThrough();
    const current = (await today()).slice(0, 7);
    const first = await LedgerEntryModel.findOne({})
      .sort({ serviceDate: 1 })
      .select({ serviceDate: 1 })
      .lean();
    if (!first) return [];
    const months: string[] = [];
    let month = last === null ? first.serviceDate.slice(0, 7) : monthAfter(last);
    for (; month < current && months.length < 120; month = monthAfter(month)) months.push(month);
    return months;
  }

  return {
    closable,

    /** Closings, newest first, each with its statement. */
    async list(): Promise<ClosedPeriod[]> {
      const closings = await LedgerClosingModel.find({}).sort({ number: -1 }).limit(120).lean();
      const statements = await LedgerStatementModel.find({}).sort({ closing: -1 }).limit(120).lean();
      const byClosing = new Map(statements.map((row) => [row.closing, row]));
      return closings.map((closing) => ({ closing, statement: byClosing.get(closing.number) ?? null }));
    },

    /**
     * Closes every open month up to this one, for good: what is posted for them later counts in the first open month.
     * @throws Forbidden for who has not the whole tenant
     * @throws Invalid when the month is not over or closed already
     */
    async close(actor: AccountActor, through: string): Promise<LedgerClosingRow> {
      if (reachOf(actor, 'ledger:close') !== 'tenant') throw new Forbidden('ledger-needs-whole');
      try {
        return await inTransaction(async () => {
          const last = await LedgerClosingModel.findOne({}).sort({ number: -1 }).lean();
          const refusal = closingRefusal(through, last?.through ?? null, await today());
          if (refusal) throw Invalid.field('through', refusal);
          const _id = new Types.ObjectId();
          const row = { number: (last?.number ?? 0) + 1, through, after: last?.through ?? null };
          await LedgerClosingModel.create([
            { _id, ...row, closedAt: contextNow(), closedBy: new Types.ObjectId(actor.accountId) } as never,
          ]);
          await addClosing(row.number, through);
          await recordAudit({
            action: 'ledger/close',
            subjectType: 'LedgerClosing',
            subjectId: _id,
            facts: { through, number: row.number },
          });
          return (await LedgerClosingModel.findById(_id).lean()) as LedgerClosingRow;
        });
      } catch (err) {
        if (isDuplicateKey(err)) throw new Conflict('month-closed');
        throw err;
      }
    },

    /** Closings whose statement can be drawn now, for the sweep. */
    async due(query: { readonly now: Date; readonly limit: number; readonly except: readonly string[] }) {
      const rows = await LedgerClosingModel.find({
        closedAt: {
          $lte: new Date(query.now.getTime() - SETTLED_MS),
          $gt: new Date(query.now.getTime() - LOOK_BACK_MS),
        },
      }).lean();
      const drawn = new Set(
        (
          await LedgerStatementModel.find({
            tenantId: { $in: rows.map(({ tenantId }) => tenantId) },
          } as never)
            .select({ tenantId: 1, closing: 1 })
            .lean()
        ).map((row) => `${String(row.tenantId)} ${row.closing}`),
      );
      return rows
        .filter((row) => !drawn.has(`${String(row.tenantId)} ${row.number}`))
        .map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }))
        .filter(({ id }) => !query.except.includes(id))
        .slice(0, query.limit);
    },

    /** Draws the statement of a closing, once. */
    async draw(id: string): Promise<void> {
      const closing = await LedgerClosingModel.findById(id).lean();
      if (!closing) return;
      const figures = await figuresOf(closing);
      await inTransaction(async () => {
        if (await LedgerStatementModel.exists({ closing: closing.number })) return;
        await LedgerStatementModel.create([
          { ...figures, closing: closing.number, drawnAt: contextNow() } as never,
        ]);
        await recordAudit({
          action: 'ledger/draw',
          subjectType: 'LedgerClosing',
          subjectId: id,
          facts: { entries: figures.entries, digest: figures.digest },
        });
      });
    },
  };
}
