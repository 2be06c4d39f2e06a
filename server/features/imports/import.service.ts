import { createHash } from 'node:crypto';
import { Types } from 'mongoose';
import type { Actor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Invalid, PreconditionFailed } from '../../core/errors.ts';
import type { Locale } from '../../core/locale.ts';
import { importLifecycle } from '../../core/states.ts';
import { localDate } from '../../core/time.ts';
import { wake } from '../../core/wake.ts';
import { recordAudit } from '../../db/audit.ts';
import { retryClaim } from '../../db/claims.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { afterCommit, inTransaction } from '../../db/transaction.ts';
import { born, editRow, transition } from '../../db/transition.ts';
import type { I18n } from '../../i18n/index.ts';
import type { Tenant, TenantService } from '../tenants/index.ts';
import type { Unit, UnitService } from '../units/index.ts';
import { accessImport, accessToRun, chooseUnit, mayRun, runnableUnits, seenReach } from './import.access.ts';
import { applyBatch } from './import.apply.ts';
import type { BatchResult } from './import.apply.ts';
import { ImportLineModel, ImportModel } from './import.model.ts';
import type { ImportCounts, ImportKind, ImportRow } from './import.model.ts';
import { parseApart } from './import.parser.ts';
import { reportCsv } from './import.report.ts';
import { toImport, toLine } from './import.rows.ts';
import type { Import, ImportLine } from './import.rows.ts';
import { forecast, insertLines, judgedFields, refreshForecast } from './import.store.ts';
import type { ImportDefaults, ImportMapping } from './import.types.ts';

/** What a person decides about a file; each part that is given replaces that part of the guess. */
export type MappingChoice = Partial<Omit<ImportMapping, 'preset'>>;

export interface NewImport {
  readonly kind: ImportKind;
  readonly fileName: string;
  readonly bytes: Uint8Array;
  readonly unitId?: string | undefined;
  readonly mapping?: MappingChoice;
}

/** An import with the rows worth a look. */
export interface ImportDetail extends Import {
  readonly unitName: string;
  readonly preview: readonly ImportLine[];
  readonly troubled: readonly ImportLine[];
  readonly mayRun: boolean;
}

const SWEEP = 'imports/apply';
const SORT: readonly SortKey[] = [
  ['createdAt', -1],
  ['_id', -1],
];
const PREVIEW_LINES = 5;
const TROUBLED_LINES = 25;

export type ImportService = ReturnType<typeof createImportService>;

export function createImportService({
  units,
  tenants,
  i18n,
}: {
  units: UnitService;
  tenants: TenantService;
  i18n: I18n;
}) {
  /** What fills gaps unless somebody says otherwise, in the tenant's language: the texts become part of requests. */
  function defaultsOf(tenant: Tenant): ImportDefaults {
    const word = i18n.in(tenant.locale);
    return {
      startTime: '09:00',
      hours: 2,
      people: 1,
      category: 'other',
      place: word('imports.defaults.place'),
      risks: word('imports.defaults.risks'),
      support: word('imports.defaults.support'),
    };
  }

  const placeOf = (tenant: Tenant): { zone: string; positionName: string } => ({
    zone: tenant.zone,
    positionName: i18n.t(tenant.locale, 'imports.defaults.position'),
  });

  function todayFor(tenant: Tenant, mapping: MappingChoice): string {
    const today = localDate(contextNow(), tenant.zone);
    if (mapping.from != null && mapping.from < today) throw Invalid.field('from', 'date-in-the-past');
    return today;
  }

  async function nameOf(unitId: string, locale: Locale): Promise<string> {
    return (await units.names([unitId])).get(unitId)?.[locale] ?? '';
  }

  async function detailOf(actor: Actor, row: ImportRow, locale: Locale): Promise<ImportDetail> {
    const preview = await ImportLineModel.find({ importId: row._id })
      .sort({ line: 1 })
      .limit(PREVIEW_LINES)
      .lean();
    const troubled = await ImportLineModel.find({ importId: row._id, outcome: 'rejected' })
      .sort({ line: 1 })
      .limit(TROUBLED_LINES)
      .lean();
    return {
      ...toImport(row),
      unitName: await nameOf(String(row.unitId), locale),
      preview: preview.map(toLine),
      troubled: troubled.map(toLine),
      mayRun: mayRun(actor, String(row.unitId)),
    };
  }

  return {
    /** Units the actor may import into, for the form. */
    choices: (actor: Actor): Promise<Unit[]> => runnableUnits(actor, units),

    /**
     * The dry run: reads the file, says what applying it would come to, and keeps it for that. The same file brought
     * again by the same person, still only checked, is the same import.
     * @throws Invalid on `file` with what is wrong with it, on `columns.…` when the mapping names columns it lacks
     */
    async check(actor: Actor, input: NewImport): Promise<Import> {
      const unitId = await chooseUnit(actor, units, input.unitId);
      const tenant = await tenants.current();
      const mapping = input.mapping ?? {};
      const today = todayFor(tenant, mapping);
      const read = await parseApart({
        kind: 'file',
        bytes: input.bytes,
        defaults: defaultsOf(tenant),
        mapping: mapping.columns ? { ...mapping, preset: 'own' } : mapping,
        today,
      });
      const fileHash = createHash('sha256').update(input.bytes).digest('hex');
      const createdBy = actor.kind === 'account' ? new Types.ObjectId(actor.accountId) : null;
      const same = await ImportModel.findOne({
        state: 'checked',
        fileHash,
        unitId: new Types.ObjectId(unitId),
        createdBy,
      }).lean();
      if (same && JSON.stringify(same.mapping) === JSON.stringify(read.mapping))
        return toImport(await refreshForecast(same));
      const counts = await forecast(read, unitId);
      return inTransaction(async () => {
        const _id = new Types.ObjectId();
        await ImportModel.create([
          {
            _id,
            ...born('checked'),
            ...judgedFields(read, counts),
            kind: input.kind,
            fileName: input.fileName.slice(0, 255),
            fileHash,
            fileBytes: input.bytes.length,
            encoding: read.encoding,
            columns: [...read.columns],
            unitId: new Types.ObjectId(unitId),
            createdBy,
            createdAt: contextNow(),
          } as never,
        ]);
        await insertLines(_id, read.lines);
        await recordAudit({
          action: 'imports/check',
          subjectType: 'Import',
          subjectId: _id,
          to: 'checked',
          facts: { rows: read.lines.length, kind: input.kind },
        });
        return toImport((await ImportModel.findById(_id).lean()) as ImportRow);
      });
    },

    /** Judges the rows once more by another mapping. @throws Conflict once applying has begun */
    async remap(actor: Actor, id: string, version: number | null, choice: MappingChoice): Promise<Import> {
      const row = await accessToRun(actor, id);
      if (version !== null && row.version !== version) throw new PreconditionFailed();
      if (row.state !== 'checked') throw new Conflict('wrong-state', { state: row.state });
      const tenant = await tenants.current();
      const rows = await ImportLineModel.find({ importId: row._id })
        .select({ line: 1, original: 1, problems: 1 })
        .sort({ line: 1 })
        .lean();
      const read = await parseApart({
        kind: 'rows',
        table: {
          columns: row.columns,
          rows: rows.map(({ line, original, problems }) => ({
            line,
            cells: original,
            ragged: problems.some(({ code }) => code === 'row-ragged'),
          })),
        },
        defaults: defaultsOf(tenant),
        mapping: { ...row.mapping, ...choice, preset: 'own' },
        today: todayFor(tenant, choice),
      });
      const counts = await forecast(read, String(row.unitId));
      return inTransaction(async () => {
        const after = await editRow(ImportModel, id, {
          version: row.version,
          set: judgedFields(read, counts),
          action: 'imports/remap',
        });
        await ImportLineModel.deleteMany({ importId: row._id });
        await insertLines(row._id, read.lines);
        return toImport(after);
      });
    },

    /** From here on the rows are applied in the background; also goes on with an import that was given up. */
    async start(actor: Actor, id: string, version: number | null): Promise<Import> {
      return inTransaction(async () => {
        const row = await accessToRun(actor, id);
        const counts: ImportCounts = {
          ...row.counts,
          created: 0,
          updated: 0,
          unchanged: 0,
          rejected: await ImportLineModel.countDocuments({ importId: row._id, outcome: 'rejected' }),
        };
        const after = await transition(ImportModel, id, {
          lifecycle: importLifecycle,
          from: ['checked', 'failed'],
          to: 'applying',
          version,
          // What was applied before a failure stays counted.
          ...(row.state === 'checked' ? { set: { counts } } : {}),
          action: 'imports/start',
        });
        afterCommit(async () => {
          await retryClaim(`${SWEEP}:${id}`);
          wake(SWEEP);
        });
        return toImport(after);
      });
    },

    async show(actor: Actor, id: string, locale: Locale): Promise<ImportDetail> {
      return detailOf(actor, await accessImport(actor, id), locale);
    },

    async list(actor: Actor, limit: number, cursor: string | undefined): Promise<Page<Import>> {
      const reach = seenReach(actor);
      const rows = await ImportModel.find({
        ...(reach === 'tenant'
          ? {}
          : { unitId: { $in: [...reach].map((unit) => new Types.ObjectId(unit)) } }),
        ...afterCursor(SORT, cursor),
      } as never)
        .sort(sortOf(SORT))
        .limit(limit + 1)
        .lean();
      const page = pageOf(rows, limit, (row) => [row.createdAt, row._id]);
      return { ...page, data: page.data.map(toImport) };
    },

    /** The rejected rows with their reasons as a table for a spreadsheet. */
    async report(actor: Actor, id: string, locale: Locale): Promise<{ fileName: string; bytes: Buffer }> {
      const row = await accessImport(actor, id);
      const word = i18n.in(locale);
      const lines = await ImportLineModel.find({ importId: row._id, outcome: 'rejected' })
        .sort({ line: 1 })
        .lean();
      const bytes = reportCsv(
        { line: word('imports.line'), reasons: word('imports.reasons') },
        row.columns,
        lines.map(({ line, original, problems }) => ({
          line,
          original,
          reasons: problems.map(
            ({ field, code, value }) =>
              `${word(`imports.field.${field}`)}: ${word(`imports.problem.${code}`)}${value === '' ? '' : ` (${value})`}`,
          ),
        })),
      );
      return { fileName: `${row.fileName.replace(/\.[^.]*$/, '')}-rejected.csv`, bytes };
    },

    /** Applies the next batch; whether called by the sweep or by a command makes no difference. */
    async applyNext(id: string): Promise<BatchResult> {
      return applyBatch(id, placeOf(await tenants.current()));
    },

    /** Applies batches for at most so long, so that one large import does not hold up the others. */
    async applyFor(id: string, milliseconds: number): Promise<void> {
      const place = placeOf(await tenants.current());
      const end = performance.now() + milliseconds;
      while (performance.now() < end) if ((await applyBatch(id, place)).done) return;
    },

    /** For the sweep: imports of any tenant that are being applied. */
    async due({
      limit,
      except,
    }: {
      limit: number;
      except: readonly string[];
    }): Promise<{ tenantId: string; id: string }[]> {
      const rows = await ImportModel.find({
        state: 'applying',
        _id: { $nin: except.filter((id) => Types.ObjectId.isValid(id)).map((id) => new Types.ObjectId(id)) },
      })
        .sort({ createdAt: 1 })
        .limit(limit)
        .select({ tenantId: 1 })
        .lean();
      return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
    },

    /** The sweep gave up: people see it and may start it again; what was applied stays. */
    async giveUp(id: string): Promise<void> {
      await inTransaction(async () => {
        await transition(ImportModel, id, {
          lifecycle: importLifecycle,
          from: ['applying'],
          to: 'failed',
          action: 'imports/give-up',
        });
      });
    },
  };
}
