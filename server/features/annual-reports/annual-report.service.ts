import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { reachOf } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { annualReportLifecycle } from '../../core/states.ts';
import { localDate, startOfDay } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { inTransaction, isDuplicateKey, sideBySide } from '../../db/transaction.ts';
import { born, transition } from '../../db/transition.ts';
import type { Move } from '../../db/transition.ts';
import { certifiedIn } from '../certificates/index.ts';
import { recordedIn } from '../hours/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { AnnualReportModel } from './annual-report.model.ts';
import type { AnnualReportRow } from './annual-report.model.ts';
import { reportableYears } from './annual-report.rules.ts';
import type { YearFigures } from './annual-report.rules.ts';

/** Reports are for years; so many are a life's work. */
const MOST_SHOWN = 100;

export type AnnualReportService = ReturnType<typeof createAnnualReportService>;

const NOT_DRAWN = { figures: null, drawnAt: null } as const;

/** The organisation's yearly report on recording and certification, which is public. */
export function createAnnualReportService({ tenants }: { tenants: TenantService }) {
  /** A report speaks for the whole organisation. @throws Forbidden */
  function assertWhole(actor: AccountActor): void {
    if (reachOf(actor, 'annual-reports:publish') !== 'tenant') throw new Forbidden('report-needs-whole');
  }

  /** @throws NotFound */
  async function access(id: string): Promise<AnnualReportRow> {
    const row = isId(id) ? await AnnualReportModel.findById(id).lean() : null;
    if (!row) throw new NotFound();
    return row;
  }

  /** What the organisation's records say of the year now. */
  async function figuresOf(year: number): Promise<YearFigures> {
    const { zone } = await tenants.current();
    const stretch = { from: startOfDay(`${year}-01-01`, zone), to: startOfDay(`${year + 1}-01-01`, zone) };
    const [recorded, certificates] = await sideBySide([
      () => recordedIn(stretch),
      () => certifiedIn(stretch),
    ]);
    return { ...recorded, certificates };
  }

  /** Years that are over, of the last ten, without a report; the latest first. */
  async function reportable(): Promise<number[]> {
    const rows = await AnnualReportModel.find({}).select({ year: 1 }).lean();
    const today = localDate(contextNow(), (await tenants.current()).zone);
    return reportableYears(
      today,
      rows.map(({ year }) => year),
    );
  }

  /** One step of somebody who has the whole organisation. */
  async function move(
    actor: AccountActor,
    id: string,
    step: (row: AnnualReportRow) => Omit<Move, 'lifecycle'>,
  ): Promise<AnnualReportRow> {
    assertWhole(actor);
    return inTransaction(async () => {
      const row = await access(id);
      return transition(AnnualReportModel, row._id, { lifecycle: annualReportLifecycle, ...step(row) });
    });
  }

  return {
    access,
    reportable,

    /** All of them, the latest year first. */
    list: (): Promise<AnnualReportRow[]> =>
      AnnualReportModel.find({}).sort({ year: -1 }).limit(MOST_SHOWN).lean(),

    /** Those that everybody may read, the latest year first. */
    published: (): Promise<AnnualReportRow[]> =>
      AnnualReportModel.find({ state: 'published' }).sort({ year: -1 }).limit(MOST_SHOWN).lean(),

    /** The one of a year that everybody may read. @throws NotFound, also for one that is withdrawn */
    async publishedOf(year: number): Promise<AnnualReportRow> {
      const row = await AnnualReportModel.findOne({ year, state: 'published' }).lean();
      if (!row) throw new NotFound();
      return row;
    },

    /**
     * Begins the report of a year; its figures are drawn in the background.
     * @throws Forbidden for who has not the whole organisation
     * @throws Invalid for a year that is not over or too long ago
     * @throws Conflict when there is one
     */
    async begin(actor: AccountActor, year: number): Promise<AnnualReportRow> {
      assertWhole(actor);
      try {
        return await inTransaction(async () => {
          if (!(await reportable()).includes(year)) {
            if (await AnnualReportModel.exists({ year })) throw new Conflict('report-exists');
            throw Invalid.field('year', 'report-year');
          }
          const _id = new Types.ObjectId();
          await AnnualReportModel.create([
            { _id, ...born('drawing'), year, createdAt: contextNow() } as never,
          ]);
          await recordAudit({
            action: 'annual-reports/begin',
            subjectType: 'AnnualReport',
            subjectId: _id,
            to: 'drawing',
            facts: { year },
          });
          return access(String(_id));
        });
      } catch (err) {
        if (isDuplicateKey(err)) throw new Conflict('report-exists');
        throw err;
      }
    },

    /** Draws the figures anew before anybody reads them. @throws Forbidden, Conflict */
    redraw: (actor: AccountActor, id: string): Promise<AnnualReportRow> =>
      move(actor, id, () => ({
        from: ['drawn'],
        to: 'drawing',
        set: NOT_DRAWN,
        action: 'annual-reports/make',
      })),

    /** From now on everybody reads it, with these words beside it. @throws Forbidden, Conflict */
    publish: (actor: AccountActor, id: string, words: string): Promise<AnnualReportRow> =>
      move(actor, id, ({ year, edition }) => ({
        from: ['drawn'],
        to: 'published',
        set: {
          words,
          edition: edition + 1,
          publishedAt: contextNow(),
          publishedBy: new Types.ObjectId(actor.accountId),
        },
        action: 'annual-reports/publish',
        facts: { year, edition: edition + 1 },
      })),

    /** Nobody reads it until it is drawn and published anew; the reason is read beside the new edition. @throws Forbidden, Conflict */
    withdraw: (actor: AccountActor, id: string, reason: string): Promise<AnnualReportRow> =>
      move(actor, id, ({ year, edition }) => ({
        from: ['published'],
        to: 'drawing',
        reason,
        set: { ...NOT_DRAWN, publishedAt: null, publishedBy: null, correction: reason },
        action: 'annual-reports/withdraw',
        facts: { year, edition },
      })),

    /** Reports whose figures are to be drawn, for the sweep. */
    async due(query: { readonly limit: number; readonly except: readonly string[] }) {
      const rows = await AnnualReportModel.find({ state: 'drawing', _id: { $nin: query.except } } as never)
        .sort({ _id: 1 })
        .limit(query.limit)
        .select({ tenantId: 1 })
        .lean();
      return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
    },

    /** Draws the figures of a report, once. */
    async draw(id: string): Promise<void> {
      const row = await access(id);
      if (row.state !== 'drawing') return;
      const figures = await figuresOf(row.year);
      await inTransaction(async () => {
        const now = await access(id);
        // Another process was quicker; its figures are as good.
        if (now.state !== 'drawing' || now.version !== row.version) return;
        await transition(AnnualReportModel, row._id, {
          lifecycle: annualReportLifecycle,
          from: ['drawing'],
          to: 'drawn',
          set: { figures, drawnAt: contextNow() },
          action: 'annual-reports/make',
          facts: { records: figures.records, minutes: figures.minutes },
        });
      });
    },
  };
}
