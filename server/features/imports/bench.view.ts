import type { FormFailure } from '../../http/route.ts';
import type { Locale } from '../../core/locale.ts';
import { createForm } from '../../i18n/index.ts';
import type { Field, Form, I18n } from '../../i18n/index.ts';
import { findServiceArea, SERVICE_AREAS } from '../skills/index.ts';
import type { RowView, UndoPreviewView } from './bench.schema.ts';
import type { ImportDetailView } from './import.schema.ts';
import { isFatal } from './import.row.rules.ts';
import { IMPORT_FIELDS } from './import.types.ts';
import type { ImportField } from './import.types.ts';

interface Parts {
  readonly i18n: I18n;
  readonly locale: Locale;
  readonly detail: ImportDetailView;
}
interface ListQuery {
  readonly show?: string | undefined;
  readonly fault?: string | undefined;
  readonly cursor?: string | undefined;
}

/** Imports whose rows may still be mended. */
const OPEN = ['checked', 'done', 'failed'];
const APPLIED = ['created', 'updated', 'unchanged'];
/** Texts longer than this are shortened in a list; the row's own page has them whole. */
const SHOWN = 160;
type FixField = ImportField | 'row';

const shorten = (text: string): string => (text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
const queryText = (query: Readonly<Record<string, string | undefined>>): string =>
  new URLSearchParams(
    Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined),
  ).toString();

/** A person may mend the row now. */
const isMendable = ({ mayRun, state }: ImportDetailView, row: RowView): boolean =>
  mayRun && OPEN.includes(state) && !APPLIED.includes(row.outcome);

/** What stands for a field, as `cellText` says it. */
function shownText({ mapping }: ImportDetailView, row: RowView, field: FixField): string {
  const column = field === 'row' ? undefined : mapping.columns[field];
  return row.fixes[field] ?? (column === undefined ? '' : (row.original[column] ?? ''));
}

/** The fields behind a problem: two for a point, none for what no text can mend. */
function fieldsBehind(field: string): FixField[] {
  if (field === 'coordinates') return ['latitude', 'longitude'];
  return field === 'row' || (IMPORT_FIELDS as readonly string[]).includes(field) ? [field as FixField] : [];
}

/** Fields of the form in a list: those that reject the row, else those with anything to say, and what was mended already. */
function faultyFields(row: RowView): FixField[] {
  const fatal = row.problems.filter(isFatal);
  const worth = fatal.length > 0 ? fatal : row.problems;
  return [...new Set([...worth.flatMap(({ field }) => fieldsBehind(field)), ...fixedFields(row)])];
}
const fixedFields = (row: RowView): FixField[] =>
  [...IMPORT_FIELDS, 'row' as const].filter((field) => row.fixes[field] !== undefined);

function inputFor(
  form: Form,
  field: FixField,
  { i18n, locale }: Parts,
  text: string,
  hint: string | null,
): Field {
  const name = `fixes.${field}`;
  const options = { label: i18n.t(locale, `imports.field.${field}`), hint };
  if (field === 'row')
    return form.radios(
      name,
      ['', 'ok'].map((value) => ({ value, label: i18n.t(locale, `imports.rowIs.${value || 'wrong'}`) })),
      { ...options, required: true },
    );
  if (field === 'category') {
    const known = SERVICE_AREAS.map((area) => ({ value: area[locale], label: area[locale] }));
    const own = known.some(({ value }) => value === text) ? [] : [{ value: text, label: text || '–' }];
    return form.select(name, [...own, ...known], { ...options, required: true });
  }
  if (field === 'description')
    return form.textarea(name, { ...options, rows: 3, maxLength: 4_000, required: true });
  const numeric = field === 'people' || field === 'hours';
  return form.input(name, 'text', {
    ...options,
    required: true,
    ...(numeric ? { inputMode: 'decimal' as const } : {}),
    ...(field === 'date' || field === 'endDate' ? { placeholder: '2026-12-31' } : {}),
    ...(field === 'startTime' ? { placeholder: '09:30' } : {}),
  });
}

/** The form that mends a row: each field with its fault beside it, and the cell as it came where it was mended. */
function fixForm(
  parts: Parts,
  row: RowView,
  wanted: readonly FixField[],
  failure?: FormFailure,
): { fields: Field[]; names: readonly FixField[]; errors: Form['errors'] } {
  const { i18n, locale, detail } = parts;
  const word = i18n.in(locale);
  const values = Object.fromEntries(wanted.map((field) => [`fixes.${field}`, shownText(detail, row, field)]));
  const standing = row.problems.flatMap(({ field, code }) =>
    fieldsBehind(field)
      .slice(0, 1)
      .map((own) => ({ path: `fixes.${own}`, code })),
  );
  const form = createForm({
    i18n,
    locale,
    messages: 'imports.fix',
    idPrefix: `r${row.line}`,
    values: { ...values, ...failure?.values },
    issues: failure
      ? failure.issues.length > 0
        ? failure.issues
        : [{ path: '', code: failure.error.code }]
      : standing,
  });
  const fields = wanted.map((field) => {
    const column = field === 'row' ? undefined : detail.mapping.columns[field];
    const cell = column === undefined ? '' : (row.original[column] ?? '');
    const fixed = row.fixes[field] !== undefined && field !== 'row';
    const hint = fixed ? word('imports.fix.original', { text: cell === '' ? '–' : shorten(cell) }) : null;
    return inputFor(form, field, parts, shownText(detail, row, field), hint);
  });
  return { fields, names: wanted, errors: failure ? form.errors : [] };
}

/** A row for a list: what it is, what it comes to and why, what it changes, and its form. */
function rowItem(parts: Parts, row: RowView, back: string): object {
  const { i18n, locale, detail } = parts;
  const mendable = isMendable(detail, row);
  const wanted = mendable && !row.skipped ? faultyFields(row) : [];
  const base = `/imports/${detail.id}`;
  return {
    ...row,
    base,
    back,
    href: `${base}/rows/${row.line}${back === '' ? '' : `?back=${encodeURIComponent(back)}`}`,
    requestHref: row.requestId && row.undo?.outcome !== 'removed' ? `/requests/${row.requestId}` : null,
    // A rejected row has no parsed title; what stands in its cell still names it best.
    name: row.title || shorten(shownText(detail, row, 'title')) || row.excerpt,
    mendable,
    fix: wanted.length > 0 ? fixForm(parts, row, wanted) : null,
    changes: worded(parts, row),
    assumedText: row.assumed
      .map((field) => i18n.t(locale, `imports.field.${field}`))
      .join(i18n.t(locale, 'imports.between')),
    fixedText: fixedFields(row)
      .map((field) => i18n.t(locale, `imports.field.${field}`))
      .join(i18n.t(locale, 'imports.between')),
    problems: row.problems.map((problem) => ({ ...problem, value: shorten(problem.value) })),
  };
}

const worded = ({ locale }: Parts, row: RowView): RowView['changes'] =>
  row.changes.map(({ field, before, after }) => {
    const text = (value: string): string =>
      field === 'category' ? (findServiceArea(value)?.[locale] ?? value) : shorten(value);
    return { field, before: text(before), after: text(after) };
  });

/** Model of `imports/rows`. */
export function rowsModel({
  page,
  query,
  ...parts
}: Parts & {
  query: ListQuery;
  page: { data: readonly RowView[]; nextCursor: string | null };
}): object {
  const { i18n, locale, detail } = parts;
  const base = `/imports/${detail.id}`;
  const filter = { show: query.show, fault: query.fault };
  const href = (other: Readonly<Record<string, string | undefined>>): string => {
    const text = queryText(other);
    return `${base}/rows${text === '' ? '' : `?${text}`}`;
  };
  const { counts } = detail;
  const tabs: [string, number | null][] = [
    ['all', detail.total],
    ['created', counts.created],
    ['updated', counts.updated],
    ['unchanged', counts.unchanged],
    ['rejected', counts.rejected],
    ['skipped', detail.skipped],
    ['noticed', null],
    ['assumed', null],
    ['fixed', null],
    ['left', detail.undo?.left ?? 0],
  ];
  const current = query.show ?? 'all';
  const report = queryText({ show: query.show ?? (query.fault ? undefined : 'all'), fault: query.fault });
  return {
    ...detail,
    base,
    tabs: tabs
      .filter(([show, count]) => count !== 0 || show === current)
      .map(([show, count]) => ({
        label: i18n.t(locale, `imports.show.${show}`),
        // Afterwards the sums are of what was settled; a filter's count would say less than it holds.
        count,
        href: href({ show: show === 'all' ? undefined : show, fault: query.fault }),
        current: show === current,
      })),
    rows: page.data.map((row) => rowItem(parts, row, queryText({ ...filter, cursor: query.cursor }))),
    report: `${base}/report.csv?${report}`,
    next: page.nextCursor === null ? null : href({ ...filter, cursor: page.nextCursor }),
    first: query.cursor === undefined ? null : href(filter),
  };
}

/** The part of `imports/rows` that mends all rows with one fault: one form for each text they have. */
export function faultModel({
  fault,
  texts,
  failure,
  query,
  ...parts
}: Parts & {
  fault: string;
  texts: readonly { value: string; count: number }[];
  query: ListQuery;
  failure?: FormFailure | undefined;
}): object {
  const { i18n, locale, detail } = parts;
  const [field = '', code = ''] = fault.split('.');
  const word = i18n.in(locale);
  const back = queryText({ show: query.show, fault });
  // An id stands for one row only, and a point is two texts: such rows are mended one by one or left out together.
  const replaceable = (field === 'row' || IMPORT_FIELDS.includes(field as ImportField)) && field !== 'id';
  const open = detail.mayRun && OPEN.includes(detail.state) && code !== 'assumed';
  return {
    field,
    code,
    action: `/imports/${detail.id}/replacements`,
    everything: `/imports/${detail.id}/rows`,
    texts: open
      ? texts.map(({ value, count }, at) => {
          const failed = failure && (failure.values['value'] ?? '') === value ? failure : null;
          const form = createForm({
            i18n,
            locale,
            messages: 'imports.replace',
            idPrefix: `v${at}`,
            values: failed ? failed.values : { to: field === 'row' ? 'ok' : value },
            ...(failed
              ? {
                  issues:
                    failed.issues.length > 0 ? failed.issues : [{ path: 'to', code: failed.error.code }],
                }
              : {}),
          });
          const label = word('imports.replace.to.label');
          const input = !replaceable
            ? null
            : field === 'row'
              ? form.hidden('to')
              : field === 'category'
                ? form.select(
                    'to',
                    SERVICE_AREAS.map((area) => ({ value: area[locale], label: area[locale] })),
                    { label, required: true },
                  )
                : form.input('to', 'text', { label, required: true, maxLength: 4_000 });
          return {
            version: detail.version,
            value,
            shown: value === '' ? '–' : value,
            count,
            field,
            code,
            back,
            input,
            errors: form.errors,
          };
        })
      : [],
  };
}

/** Model of `imports/row`: everything of one row, whole. */
export function rowModel({
  row,
  back = '',
  failure,
  ...parts
}: Parts & { row: RowView; back?: string | undefined; failure?: FormFailure | undefined }): object {
  const { detail } = parts;
  const mapped = IMPORT_FIELDS.filter((field) => detail.mapping.columns[field] !== undefined);
  const wanted = [...new Set([...faultyFields(row), ...mapped])];
  return {
    // The form stands below by itself, so the summary has none.
    summary: { ...rowItem(parts, row, back), fix: null },
    base: `/imports/${detail.id}`,
    line: row.line,
    back,
    version: row.version,
    fileName: detail.fileName,
    list: `/imports/${detail.id}/rows${back === '' ? '' : `?${back}`}`,
    cells: detail.columns.map((column) => ({ label: column, value: row.original[column] ?? '' })),
    fix: isMendable(detail, row) && !row.skipped ? fixForm(parts, row, wanted, failure) : null,
    hasFixes: Object.keys(row.fixes).length > 0,
  };
}

/** Model of `imports/undo`: what taking it back would come to. */
export const undoModel = ({
  detail,
  preview,
}: {
  detail: ImportDetailView;
  preview: UndoPreviewView;
}): object => ({
  ...detail,
  ...preview,
  base: `/imports/${detail.id}`,
  nothing: preview.removed + preview.restored + preview.beyond === 0,
  left: preview.left.map((one) => ({
    ...one,
    href: one.requestId ? `/requests/${one.requestId}` : null,
  })),
});
