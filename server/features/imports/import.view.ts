import type { FieldIssue } from '../../core/errors.ts';
import type { Locale } from '../../core/locale.ts';
import { createForm } from '../../i18n/index.ts';
import type { Field, I18n } from '../../i18n/index.ts';
import { findServiceArea, SERVICE_AREAS } from '../skills/index.ts';
import type { Unit } from '../units/index.ts';
import { FILE_LIMITS } from './import.decode.ts';
import type { ImportDetailView, ImportView } from './import.schema.ts';
import { DATE_ORDERS, IMPORT_FIELDS, SHIFT_DATES } from './import.types.ts';
import { pagerOf } from '../../http/paging.ts';

interface Parts {
  readonly i18n: I18n;
  readonly locale: Locale;
  readonly issues?: readonly FieldIssue[];
  readonly values?: Readonly<Record<string, unknown>>;
}

/** Model of `imports/index`. */
export function listModel({
  page,
  query,
  mayRun,
}: Parts & {
  page: { data: readonly ImportView[]; nextCursor: string | null };
  query: { limit: number; cursor?: string | undefined };
  mayRun: boolean;
}): object {
  return {
    mayRun,
    imports: page.data.map((one) => ({ ...one, href: `/imports/${one.id}` })),
    ...pagerOf('/imports', query, page.nextCursor),
  };
}

/** Model of `imports/new`: the file, where it goes, and from which day passed dates are planned again. */
export function newModel({
  units,
  saved,
  ...parts
}: Parts & { units: readonly Unit[]; saved: readonly { id: string; name: string }[] }): object {
  const [only] = units;
  const form = createForm({
    ...parts,
    messages: 'imports.form',
    values: { kind: 'opportunities', unitId: only?.id ?? '', saved: 'auto', ...parts.values },
  });
  const fields = {
    file: form.input('file', 'file', {
      required: true,
      accept: '.csv,.tsv,.txt,text/csv',
      hint: parts.i18n.t(parts.locale, 'imports.form.fileHint', {
        megabytes: FILE_LIMITS.bytes / 1024 / 1024,
        rows: FILE_LIMITS.rows,
      }),
    }),
    unitId:
      units.length > 1
        ? form.select(
            'unitId',
            units.map((unit) => ({
              value: unit.id,
              label: `${'　'.repeat(unit.depth)}${unit.name[parts.locale]}`,
            })),
            { required: true },
          )
        : form.hidden('unitId'),
    from: form.input('from', 'date', { width: 'short' }),
    saved:
      saved.length > 0
        ? form.select(
            'saved',
            [
              ...['auto', 'none'].map((value) => ({
                value,
                label: parts.i18n.t(parts.locale, `imports.saved.${value}`),
              })),
              ...saved.map(({ id, name }) => ({ value: id, label: name })),
            ],
            { required: true },
          )
        : form.hidden('saved'),
    kind: form.hidden('kind'),
  };
  return { fields, errors: form.errors };
}

/** Model of `imports/show`: findings and mapping while only checked, progress while applied, the outcome afterwards. */
export function detailModel({
  detail,
  fitting,
  saving,
  ...parts
}: Parts & {
  detail: ImportDetailView;
  /** Saved mappings it could be read by. */
  fitting: readonly { id: string; name: string; fit: number }[];
  /** A try to save or to choose a mapping that failed. */
  saving?: Pick<Parts, 'issues' | 'values'>;
}): object {
  const { id, state, counts, notices, mayRun, undo } = detail;
  const rows = `/imports/${id}/rows`;
  const settledText = parts.i18n.t(parts.locale, 'imports.progress', {
    settled: detail.settled,
    total: detail.total,
  });
  return {
    ...detail,
    base: `/imports/${id}`,
    report: `/imports/${id}/report.csv?show=all`,
    rows,
    settledText,
    isChecked: state === 'checked',
    isApplying: state === 'applying',
    isDone: state === 'done',
    isUndoing: state === 'undoing',
    isOpen: ['checked', 'done', 'failed'].includes(state),
    mayStart:
      mayRun && (state === 'checked' || state === 'failed' || (state === 'done' && detail.waiting > 0)),
    mayUndo:
      mayRun &&
      (['done', 'failed', 'undo_failed'].includes(state)
        ? counts.created + counts.updated > 0
        : state === 'undone' && (undo?.left ?? 0) > 0),
    undone: undo ? undo.removed + undo.restored + undo.left : 0,
    nothingToDo: state === 'checked' && counts.created + counts.updated === 0,
    assumedNotices: notices
      .filter(({ code }) => code === 'assumed')
      .map((notice) => ({
        ...notice,
        value: assumedValue(parts.locale, detail, notice.field),
        href: `${rows}?show=assumed&fault=${notice.field}.assumed`,
      })),
    problemNotices: notices
      .filter(({ code }) => code !== 'assumed')
      .map((notice) => ({ ...notice, href: `${rows}?fault=${notice.field}.${notice.code}` })),
    form: mayRun && state === 'checked' ? mappingModel({ ...parts, detail }) : null,
    saving: mayRun && state === 'checked' ? savingModel({ ...parts, ...saving, detail, fitting }) : null,
    facts: factsOf(parts, detail),
  };
}

/** What the mapping fills in; null where it follows from the row itself. */
function assumedValue(locale: Locale, { mapping }: ImportDetailView, field: string): string | null {
  if (field === 'date') return mapping.from;
  const value = Object.entries(mapping.defaults).find(([key]) => key === field)?.[1];
  if (value == null) return null;
  return field === 'category' ? (findServiceArea(String(value))?.[locale] ?? null) : String(value);
}

function factsOf({ i18n, locale }: Parts, detail: ImportDetailView): { label: string; value: string }[] {
  const word = i18n.in(locale);
  return [
    { label: word('imports.fact.unit'), value: detail.unitName },
    { label: word('imports.fact.rows'), value: String(detail.total) },
    { label: word('imports.fact.encoding'), value: detail.encoding.toUpperCase() },
    {
      label: word('imports.fact.preset'),
      value: detail.saved?.name ?? word(`imports.preset.${detail.mapping.preset}`),
    },
  ];
}

/** Forms that keep the mapping under a name, and that read the file by another one. */
function savingModel({
  detail,
  fitting,
  i18n,
  locale,
  issues = [],
  values = {},
}: Parts & {
  detail: ImportDetailView;
  fitting: readonly { id: string; name: string; fit: number }[];
}): object {
  const others = fitting.filter(({ id }) => id !== detail.saved?.id);
  const form = createForm({ i18n, locale, messages: 'imports.saved', idPrefix: 's', issues, values });
  return {
    name: form.input('name', 'text', { required: true, maxLength: 60 }),
    saved:
      others.length > 0
        ? form.select(
            'saved',
            others.map(({ id, name, fit }) => ({
              value: id,
              label: i18n.t(locale, 'imports.saved.fits', { name, percent: Math.round(fit * 100) }),
            })),
            { required: true },
          )
        : null,
    errors: form.errors,
    open: issues.length > 0,
  };
}

function mappingModel({ detail, ...parts }: Parts & { detail: ImportDetailView }): object {
  const { mapping, columns } = detail;
  const word = parts.i18n.in(parts.locale);
  const stored = {
    ...prefixed('columns', mapping.columns),
    ...prefixed('defaults', mapping.defaults),
    system: mapping.system,
    dateOrder: mapping.dateOrder,
    shiftDates: mapping.shiftDates,
    from: mapping.from,
  };
  const form = createForm({ ...parts, messages: 'imports.mapping', values: { ...stored, ...parts.values } });
  const choices = [
    { value: '', label: word('imports.mapping.noColumn') },
    ...columns.map((column) => ({ value: column, label: column })),
  ];
  const areas = SERVICE_AREAS.map((area) => ({ value: area.code, label: area[parts.locale] }));
  const fields: Record<string, Field | readonly Field[]> = {
    columns: IMPORT_FIELDS.map((field) =>
      form.select(`columns.${field}`, choices, {
        label: word(`imports.field.${field}`),
        required: field === 'title',
      }),
    ),
    shiftDates: form.radios('shiftDates', choicesOf(SHIFT_DATES, 'shiftDates', word), { required: true }),
    from: form.input('from', 'date', { width: 'short' }),
    startTime: form.input('defaults.startTime', 'time', { width: 'short' }),
    hours: form.input('defaults.hours', 'number', { min: 0.25, max: 24, step: 0.25, width: 'short' }),
    people: form.input('defaults.people', 'number', { min: 1, max: 10_000, width: 'short' }),
    category: form.select('defaults.category', [
      { value: '', label: word('imports.mapping.noDefault') },
      ...areas,
    ]),
    place: form.input('defaults.place', 'text', { maxLength: 80 }),
    risks: form.textarea('defaults.risks', { rows: 2, maxLength: 1_000 }),
    support: form.textarea('defaults.support', { rows: 2, maxLength: 1_000 }),
    dateOrder: form.select('dateOrder', choicesOf(DATE_ORDERS, 'dateOrder', word), { required: true }),
    system: form.input('system', 'text', { required: true, maxLength: 60 }),
  };
  return { fields, errors: form.errors, open: form.errors.length > 0 };
}

const prefixed = (prefix: string, values: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [`${prefix}.${key}`, value]));

const choicesOf = (
  values: readonly string[],
  name: string,
  word: (key: string) => string,
): { value: string; label: string }[] =>
  values.map((value) => ({ value, label: word(`imports.mapping.${name}.${value}`) }));
