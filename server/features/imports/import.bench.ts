import type { Actor } from '../../core/actor.ts';
import type { Locale } from '../../core/locale.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { tenantAggregate } from '../../db/builders.ts';
import type { I18n } from '../../i18n/index.ts';
import { accessImport } from './import.access.ts';
import { findLine, fixLine, mendAll, skipLine } from './import.desk.ts';
import type { DeskFacts, Fault } from './import.desk.ts';
import { ImportLineModel } from './import.model.ts';
import type { ImportLineRow, ImportRow } from './import.model.ts';
import { previewLines } from './import.preview.ts';
import { reportCsv } from './import.report.ts';
import { toRow } from './import.rows.ts';
import type { ImportedRowView } from './import.rows.ts';
import type { RowFixes } from './import.types.ts';

/** Which rows are looked at. */
export const ROW_FILTERS = [
  'all',
  'created',
  'updated',
  'unchanged',
  'rejected',
  'skipped',
  'noticed',
  'assumed',
  'fixed',
  'left',
] as const;
export type RowFilter = (typeof ROW_FILTERS)[number];

export interface RowQuery {
  readonly show?: RowFilter | undefined;
  /** `field.code` of something noticed. */
  readonly fault?: string | undefined;
}

export interface At {
  readonly id: string;
  readonly line: number;
  readonly version: number | null;
}

const SORT: readonly SortKey[] = [['line', 1]];
/** Rows a report reads at once. */
const REPORT_CHUNK = 1_000;
/** Texts of one fault that are offered to be mended in one go. */
const MOST_TEXTS = 50;

function filterOf({ show = 'all', fault }: RowQuery): Record<string, unknown> {
  const [field, code] = fault?.split('.') ?? [];
  const noticed =
    field === undefined || code === undefined
      ? {}
      : code === 'assumed'
        ? { assumed: field, parsed: { $ne: null } }
        : { problems: { $elemMatch: { field, code } } };
  if (show === 'all') return noticed;
  if (show === 'noticed') return { ...noticed, 'problems.0': { $exists: true } };
  if (show === 'assumed') return { ...noticed, 'assumed.0': { $exists: true }, parsed: { $ne: null } };
  if (show === 'fixed') return { ...noticed, fixes: { $ne: {} } };
  if (show === 'left') return { ...noticed, 'undo.outcome': 'left' };
  return { ...noticed, expected: show };
}

/** Looking at the rows of an import one by one, and mending them. */
export function createImportBench({
  i18n,
  deskFacts,
  zone,
}: {
  i18n: I18n;
  deskFacts: () => Promise<DeskFacts>;
  zone: () => Promise<string>;
}) {
  async function withPreview(job: ImportRow, lines: readonly ImportLineRow[]): Promise<ImportedRowView[]> {
    const previews = await previewLines(job, lines, await zone());
    return lines.map((line, at) =>
      toRow(line, previews[at] ?? { requestId: null, changes: [], shiftKept: false }),
    );
  }

  async function row(actor: Actor, id: string, line: number): Promise<ImportedRowView> {
    const job = await accessImport(actor, id);
    const [only] = await withPreview(job, [await findLine(job, line)]);
    return only as ImportedRowView;
  }

  return {
    /** Rows by what they come to or by what was noticed, with what they change field by field. */
    async rows(
      actor: Actor,
      id: string,
      query: RowQuery,
      page: { limit: number; cursor?: string | undefined },
    ): Promise<Page<ImportedRowView>> {
      const job = await accessImport(actor, id);
      const lines = await ImportLineModel.find({
        importId: job._id,
        ...filterOf(query),
        ...afterCursor(SORT, page.cursor),
      } as never)
        .sort(sortOf(SORT))
        .limit(page.limit + 1)
        .lean();
      const found = pageOf(lines, page.limit, (line) => [line.line]);
      return { ...found, data: await withPreview(job, found.data) };
    },

    row,

    /** The texts behind one fault with how many rows have each, the most frequent first. */
    async faultTexts(actor: Actor, id: string, fault: string): Promise<{ value: string; count: number }[]> {
      const job = await accessImport(actor, id);
      const [field, code] = fault.split('.');
      const found = await tenantAggregate<{ _id: string; count: number }>(ImportLineModel as never, [
        { $match: { importId: job._id, outcome: { $in: ['pending', 'rejected'] } } },
        { $unwind: '$problems' },
        { $match: { 'problems.field': field, 'problems.code': code } },
        { $group: { _id: '$problems.value', count: { $sum: 1 } } },
        { $sort: { count: -1, _id: 1 } },
        { $limit: MOST_TEXTS },
      ]);
      return found.map(({ _id, count }) => ({ value: _id, count }));
    },

    /** Puts texts in the place of a row's cells; see `fixLine`. */
    async fix(actor: Actor, at: At, sent: RowFixes | 'reset'): Promise<ImportedRowView> {
      await fixLine(actor, at, sent, await deskFacts());
      return row(actor, at.id, at.line);
    },

    async skip(actor: Actor, at: At, skipped: boolean): Promise<ImportedRowView> {
      await skipLine(actor, at, skipped, await deskFacts());
      return row(actor, at.id, at.line);
    },

    /** Mends or leaves out all rows with one fault; see `mendAll`. */
    async replace(
      actor: Actor,
      at: { readonly id: string; readonly version: number | null },
      wish: { readonly fault: Fault; readonly to: string; readonly skip: boolean },
    ): Promise<{ rows: number; taken: number }> {
      return mendAll(actor, at, wish, await deskFacts());
    },

    /** Rows as a table for a spreadsheet: the rejected ones with their reasons, or any with what they come to and change. */
    async report(
      actor: Actor,
      id: string,
      locale: Locale,
      query: RowQuery = {},
    ): Promise<{ fileName: string; bytes: Buffer }> {
      const job = await accessImport(actor, id);
      const word = i18n.in(locale);
      const full = query.show !== undefined || query.fault !== undefined;
      const filter = full ? filterOf(query) : { outcome: 'rejected' };
      const rows: ImportedRowView[] = [];
      for (let after = 0; ;) {
        const lines = await ImportLineModel.find({
          $and: [{ importId: job._id, line: { $gt: after } }, filter],
        } as never)
          .sort({ line: 1 })
          .limit(REPORT_CHUNK)
          .lean();
        rows.push(...(await withPreview(job, lines)));
        if (lines.length < REPORT_CHUNK) break;
        after = lines.at(-1)?.line ?? after;
      }
      const field = (name: string): string => word(`imports.field.${name}`);
      const bytes = reportCsv(
        full
          ? [
              word('imports.line'),
              word('imports.outcomeTitle'),
              word('imports.reasons'),
              word('imports.changesTitle'),
            ]
          : [word('imports.line'), word('imports.reasons')],
        job.columns,
        rows.map((one) => {
          const reasons = one.problems.map(
            ({ field: name, code, value }) =>
              `${field(name)}: ${word(`imports.problem.${code}`)}${value === '' ? '' : ` (${value})`}`,
          );
          const changes = one.changes.map(
            ({ field: name, before, after }) => `${field(name)}: ${before} → ${after}`,
          );
          const line = String(one.line);
          return {
            own: full
              ? [line, word(`imports.outcome.${one.expected}`), reasons.join('; '), changes.join('; ')]
              : [line, reasons.join('; ')],
            original: one.original,
          };
        }),
      );
      const name = job.fileName.replace(/\.[^.]*$/, '');
      return { fileName: `${name}-${full ? (query.show ?? 'rows') : 'rejected'}.csv`, bytes };
    },
  };
}
