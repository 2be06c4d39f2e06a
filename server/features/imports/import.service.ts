import { createHash } from 'node:crypto';
import { Types } from 'mongoose';
import type { Actor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Invalid, PreconditionFailed } from '../../core/errors.ts';
import type { Locale } from '../../core/locale.ts';
import { localDate } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import type { AuditAction } from '../../db/audit-verbs.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction } from '../../db/transaction.ts';
import { born, editRow } from '../../db/transition.ts';
import type { I18n } from '../../i18n/index.ts';
import type { Tenant, TenantService } from '../tenants/index.ts';
import type { Unit, UnitService } from '../units/index.ts';
import { accessImport, accessToRun, chooseUnit, mayRun, runnableUnits, seenReach } from './import.access.ts';
import { createImportBench } from './import.bench.ts';
import type { DeskFacts } from './import.desk.ts';
import { createImportJobs } from './import.jobs.ts';
import type { PlaceFacts } from './import.jobs.ts';
import { ImportLineModel, ImportModel } from './import.model.ts';
import type { ImportKind, ImportRow } from './import.model.ts';
import { parseApart } from './import.parser.ts';
import type { ParsedFile } from './import.parser.ts';
import { toImport, toLine } from './import.rows.ts';
import type { Import, ImportLine } from './import.rows.ts';
import { insertLines, judgedFields, judgedOf, refreshForecast, settleLines } from './import.store.ts';
import { chosenSaved, noteUsed, savedChoices, savedMappings } from './saved.service.ts';
import { mappingFor } from './import.saved.rules.ts';
import type { ImportDefaults, ImportMapping } from './import.types.ts';

/** What a person decides about a file; each part that is given replaces that part of the guess. */
export type MappingChoice = Partial<Omit<ImportMapping, 'preset'>>;

export interface NewImport {
  readonly kind: ImportKind;
  readonly fileName: string;
  readonly bytes: Uint8Array;
  readonly unitId?: string | undefined;
  readonly mapping?: MappingChoice;
  /** A saved mapping by id; `auto` takes the one that fits best, `none` guesses from the header. */
  readonly saved?: string | undefined;
}

/** An import with the rows worth a look. */
export interface ImportDetail extends Import {
  readonly unitName: string;
  readonly preview: readonly ImportLine[];
  readonly troubled: readonly ImportLine[];
  readonly mayRun: boolean;
}

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

  const place = async (): Promise<PlaceFacts> => {
    const { zone, locale } = await tenants.current();
    return { zone, positionName: i18n.t(locale, 'imports.defaults.position') };
  };
  const deskFacts = async (): Promise<DeskFacts> => {
    const tenant = await tenants.current();
    return { defaults: defaultsOf(tenant), today: localDate(contextNow(), tenant.zone) };
  };

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

  /** Judges the rows of a checked import once more, by another mapping, and stores what that comes to. */
  async function readAgain(
    row: ImportRow,
    mapping: ImportMapping,
    saved: ImportRow['saved'],
    action: AuditAction,
  ): Promise<Import> {
    const tenant = await tenants.current();
    const lines = await ImportLineModel.find({ importId: row._id }).sort({ line: 1 }).lean();
    const read = await parseApart({
      kind: 'rows',
      table: {
        columns: row.columns,
        rows: lines.map((line) => ({ ...judgedOf(line), cells: line.original })),
      },
      defaults: defaultsOf(tenant),
      mapping,
      today: todayFor(tenant, mapping),
    });
    const settled = await settleLines(read.lines, {
      system: read.mapping.system,
      unitId: String(row.unitId),
    });
    return inTransaction(async () => {
      const after = await editRow(ImportModel, row._id, {
        version: row.version,
        set: { ...judgedFields(read, settled), saved },
        action,
      });
      await ImportLineModel.deleteMany({ importId: row._id });
      await insertLines(row._id, settled);
      if (saved) await noteUsed(String(saved.id));
      return toImport(after);
    });
  }

  async function checkedRow(actor: Actor, id: string, version: number | null): Promise<ImportRow> {
    const row = await accessToRun(actor, id);
    if (version !== null && row.version !== version) throw new PreconditionFailed();
    if (row.state !== 'checked') throw new Conflict('wrong-state', { state: row.state });
    return row;
  }

  /** Reads a new file by what was chosen for it. */
  async function readFile(
    input: NewImport,
    tenant: Tenant,
  ): Promise<{ read: ParsedFile; saved: ImportRow['saved'] }> {
    const mapping = input.mapping ?? {};
    const wanted = input.saved ?? 'auto';
    // Columns named by hand leave nothing to propose.
    const auto = wanted === 'auto' && !mapping.columns;
    const saved = auto
      ? await savedChoices(input.kind)
      : wanted === 'none' || wanted === 'auto'
        ? []
        : [await chosenSaved(input.kind, wanted)];
    const read = await parseApart({
      kind: 'file',
      bytes: input.bytes,
      defaults: defaultsOf(tenant),
      mapping: mapping.columns ? { ...mapping, preset: 'own' } : mapping,
      saved,
      today: todayFor(tenant, mapping),
    });
    const taken = saved.find(({ id }) => id === read.savedId);
    return { read, saved: taken ? { id: new Types.ObjectId(taken.id), name: taken.name } : null };
  }

  return {
    ...createImportJobs({ place }),
    ...createImportBench({ i18n, deskFacts, zone: async () => (await tenants.current()).zone }),
    ...savedMappings,

    /** Units the actor may import into, for the form. */
    choices: (actor: Actor): Promise<Unit[]> => runnableUnits(actor, units),

    /**
     * The dry run: reads the file, says what applying it would come to, and keeps it for that. The same file brought
     * again by the same person, still only checked, is the same import.
     * @throws Invalid on `file` with what is wrong with it, on `columns.…` when the mapping names columns it lacks
     */
    async check(actor: Actor, input: NewImport): Promise<Import> {
      const unitId = await chooseUnit(actor, units, input.unitId);
      const { read, saved } = await readFile(input, await tenants.current());
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
      const settled = await settleLines(read.lines, { system: read.mapping.system, unitId });
      return inTransaction(async () => {
        const _id = new Types.ObjectId();
        await ImportModel.create([
          {
            _id,
            ...born('checked'),
            ...judgedFields(read, settled),
            saved,
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
        await insertLines(_id, settled);
        if (saved) await noteUsed(String(saved.id));
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

    /** Judges the rows once more by another mapping; what people put in the place of cells stays. @throws Conflict once applying has begun */
    async remap(actor: Actor, id: string, version: number | null, choice: MappingChoice): Promise<Import> {
      const row = await checkedRow(actor, id, version);
      return readAgain(row, { ...row.mapping, ...choice, preset: 'own' }, null, 'imports/remap');
    },

    /** Reads the rows by a mapping kept under a name. @throws Invalid on `saved` when there is none */
    async useSaved(actor: Actor, id: string, version: number | null, savedId: string): Promise<Import> {
      const row = await checkedRow(actor, id, version);
      const choice = await chosenSaved(row.kind, savedId);
      const mapping = { ...mappingFor(choice, row.columns), from: row.mapping.from };
      if (mapping.columns.title === undefined) throw Invalid.field('saved', 'column-title-missing');
      const saved = { id: new Types.ObjectId(choice.id), name: choice.name };
      return readAgain(row, mapping, saved, 'imports/use-saved');
    },

    /** Looks once more at what applying would come to: other imports may have been applied since. */
    async recheck(actor: Actor, id: string, version: number | null): Promise<Import> {
      return toImport(await refreshForecast(await checkedRow(actor, id, version)));
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
  };
}
