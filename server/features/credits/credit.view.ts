import type { AccountActor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import type { FieldIssue } from '../../core/errors.ts';
import { createForm, formatDate, formatMinutes, formatMinutesExactly } from '../../i18n/index.ts';
import type { Field, Reader } from '../../i18n/index.ts';
import { ACCEPTED_FILES, toAttachment } from '../attachments/index.ts';
import type { AttachmentRow } from '../attachments/index.ts';
import { CATEGORIES, DIMENSIONS, MODES } from './credit.catalogue.ts';
import type { CreditRow } from './credit.model.ts';
import type { CreditView, EvaluationView } from './credit.schema.ts';
import type { ClaimChoices, OwnEvaluation } from './credit.reading.ts';
import type { ProgrammeSuggestions } from './suggestion.service.ts';
import type { Shortfall } from './credit.types.ts';

export const toView = (row: CreditRow): CreditView => ({
  id: String(row._id),
  version: row.version,
  state: row.state,
  personName: row.personName,
  title: row.title,
  host: row.host,
  activity: row.activity,
  dimension: row.dimension,
  category: row.category,
  mode: row.mode,
  date: row.date,
  minutes: row.minutes,
  quantity: row.quantity,
  evidence: row.evidence,
  reason: row.history.at(-1)?.reason ?? null,
});

export const toEvaluation = ({ programme, registeredOn, evaluation }: OwnEvaluation): EvaluationView => ({
  ...evaluation,
  unit: programme.unit,
  unitMinutes: programme.unitMinutes,
  registeredOn,
  cycle: { ...evaluation.cycle },
  entries: [...evaluation.entries],
  shortfalls: [...evaluation.shortfalls],
});

/** A word of ours where there is one, else what the programme calls it. */
export function worded({ i18n, locale }: Reader, group: string, name: string): string {
  const key = `credits.${group}.${name}`;
  return i18n.has(locale, key) ? i18n.t(locale, key) : name;
}

/** Where a programme's rules come from: in our words for what comes with Linli and has some, else as it says itself. */
export function sourceText({ i18n, locale }: Reader, name: string, source: string, own: number): string {
  const key = `credits.source.${name}`;
  return own === 0 && i18n.has(locale, key) ? i18n.t(locale, key) : source;
}

/** The fields of a claim; `values` is what was typed or what is stored. */
export function claimFields(
  reader: Reader,
  choices: ClaimChoices,
  values: Readonly<Record<string, unknown>>,
  issues: readonly FieldIssue[],
): { fields: Record<string, Field>; errors: readonly object[] } {
  const form = createForm({ ...reader, messages: 'credits.form', values, issues });
  const options = (group: string, names: readonly string[]) =>
    names.map((name) => ({ value: name, label: worded(reader, group, name) }));
  const none = { value: '', label: reader.i18n.t(reader.locale, 'credits.form.none') };
  const fields = {
    title: form.input('title', 'text', { required: true, maxLength: 120 }),
    host: form.input('host', 'text', { maxLength: 80 }),
    activity: form.select('activity', options('activity', choices.activities), { required: true }),
    date: form.input('date', 'date', { required: true, width: 'short' }),
    hours: form.input('hours', 'number', { required: true, width: 'short', min: 0, inputMode: 'numeric' }),
    extraMinutes: form.input('extraMinutes', 'number', {
      width: 'short',
      min: 0,
      max: 59,
      inputMode: 'numeric',
    }),
    dimension: form.select('dimension', options('dimension', DIMENSIONS), { required: true }),
    category: form.select('category', [none, ...options('category', CATEGORIES)]),
    mode: form.select('mode', [none, ...options('mode', MODES)]),
    evidence: form.checkboxes('evidence', options('evidence', choices.evidence)),
    ...(choices.countsUnits
      ? {
          quantity: form.input('quantity', 'number', {
            width: 'short',
            min: 0,
            step: 'any',
            inputMode: 'decimal',
          }),
        }
      : {}),
  };
  return { fields, errors: form.errors };
}

/** What is missing, one sentence each. */
function shortfallText({ i18n, locale }: Reader, one: Shortfall): string {
  const time = 'minutes' in one ? formatMinutes(one.minutes, locale) : '';
  switch (one.code) {
    case 'total':
      return i18n.t(locale, 'credits.missing.total', { time });
    case 'category':
    case 'one-off': {
      const category = worded({ i18n, locale }, 'category', one.category);
      return i18n.t(locale, `credits.missing.${one.code}`, { time, category });
    }
    case 'pieces':
    case 'piece-condition':
      return i18n.t(locale, `credits.missing.${one.code}`, { count: one.pieces });
  }
}

type Notice = { readonly tone: string; readonly icon: string; readonly text: string };

/** What the person should know of the cycle first: late, may apply now, may apply from a day, or what is missing. */
function noticesOf(
  reader: Reader,
  evaluation: OwnEvaluation['evaluation'],
  hasWindow: boolean,
  on: string,
): Notice[] {
  const { i18n, locale } = reader;
  const date = (day: string): string => formatDate(day, { locale, zone: 'UTC' });
  const { cycle, shortfalls, canApplyOn, eligibleFrom } = evaluation;
  const missing = shortfalls.map((one): Notice => ({
    tone: 'warning',
    icon: 'alert-triangle',
    text: shortfallText(reader, one),
  }));
  if (on > cycle.windowEnd)
    return [
      {
        tone: 'danger',
        icon: 'calendar-due',
        text: i18n.t(locale, 'credits.own.late', { date: date(cycle.end) }),
      },
      ...missing,
    ];
  if (missing.length > 0) return missing;
  if (!hasWindow) return [{ tone: 'success', icon: 'circle-check', text: i18n.t(locale, 'credits.own.met') }];
  const key = canApplyOn ? 'credits.own.canApply' : 'credits.own.canApplyFrom';
  return [
    {
      tone: 'success',
      icon: 'circle-check',
      text: i18n.t(locale, key, {
        from: date(eligibleFrom ?? cycle.windowStart),
        until: date(cycle.windowEnd),
      }),
    },
  ];
}

const MOST_SHOWN = 100;

/** One programme on one's own page. */
function programmeModel(
  reader: Reader,
  own: OwnEvaluation,
  rows: ReadonlyMap<string, CreditRow>,
  on: string,
): object {
  const { i18n, locale } = reader;
  const { evaluation, programme } = own;
  const hasWindow = programme.cycle.windowMonthsBefore !== null;
  const date = (day: string): string => formatDate(day, { locale, zone: 'UTC' });
  const shown = evaluation.entries.flatMap(({ id, countedMinutes, reason }) => {
    const row = rows.get(id);
    return row ? [{ row, countedMinutes, reason }] : [];
  });
  return {
    name: worded(reader, 'programme', programme.programme),
    cycle: i18n.t(locale, 'credits.own.cycle', {
      from: date(evaluation.cycle.start),
      to: date(evaluation.cycle.end),
    }),
    window: hasWindow
      ? i18n.t(locale, 'credits.own.window', {
          from: date(evaluation.cycle.windowStart),
          to: date(evaluation.cycle.windowEnd),
        })
      : null,
    value: Math.min(evaluation.totalMinutes, evaluation.requiredMinutes),
    max: evaluation.requiredMinutes,
    progress: i18n.t(locale, 'credits.own.progress', {
      done: formatMinutes(evaluation.totalMinutes, locale),
      of: formatMinutes(evaluation.requiredMinutes, locale),
    }),
    tone: evaluation.shortfalls.length === 0 ? 'green' : 'amber',
    notices: noticesOf(reader, evaluation, hasWindow, on),
    categories: Object.entries(evaluation.byCategory).map(([category, minutes]) => ({
      label: worded(reader, 'category', category),
      value: formatMinutes(minutes, locale),
    })),
    entries: shown.slice(0, MOST_SHOWN).map(({ row, countedMinutes, reason }) => ({
      title: row.title,
      href: `/credits/${String(row._id)}`,
      date: row.date,
      activity: worded(reader, 'activity', row.activity),
      counts: i18n.t(locale, countedMinutes > 0 ? 'credits.own.counts' : 'credits.own.countsNothing', {
        time: formatMinutesExactly(countedMinutes, locale),
        of: formatMinutesExactly(row.minutes, locale),
      }),
      reason: reason === 'counted' ? null : i18n.t(locale, `credits.reason.${reason}`),
    })),
  };
}

/** What to take for one programme: each session with what it counts and what it closes. */
function takeModel(reader: Reader, found: ProgrammeSuggestions | undefined): object[] {
  const { i18n, locale } = reader;
  return (found?.sessions ?? []).map(({ session, countedMinutes, closes }) => {
    const categories = closes.filter(({ code }) => code === 'category' || code === 'one-off');
    const isPiece = closes.some(({ code }) => code === 'pieces' || code === 'piece-condition');
    return {
      title: session.title,
      href: `/sessions/${session.sessionId}`,
      startsAt: session.startsAt,
      endsAt: session.endsAt,
      place: session.place,
      counts: i18n.t(locale, 'credits.take.counts', { time: formatMinutesExactly(countedMinutes, locale) }),
      closes:
        categories.length === 0
          ? isPiece
            ? i18n.t(locale, 'credits.take.piece')
            : null
          : i18n.t(locale, 'credits.take.also', {
              categories: categories
                .map(({ category }) => worded(reader, 'category', category))
                .join(i18n.t(locale, 'credits.listSeparator')),
            }),
    };
  });
}

/** Model of `credits/list`: each programme with what is missing and why each entry counts, then everything claimed. */
export function ownModel(
  reader: Reader,
  own: {
    readonly on: string;
    readonly rows: readonly CreditRow[];
    readonly evaluations: readonly OwnEvaluation[];
  },
  suggestions: readonly ProgrammeSuggestions[] = [],
): object {
  const rows = new Map(own.rows.map((row) => [String(row._id), row]));
  return {
    programmes: own.evaluations.map((one) => {
      const found = suggestions.find(({ programme }) => programme === one.programme.programme);
      return {
        ...programmeModel(reader, one, rows, own.on),
        lacks: one.evaluation.shortfalls.length > 0 && own.on <= one.evaluation.cycle.end,
        planned: found !== undefined && found.missing.length === 0,
        take: takeModel(reader, found),
      };
    }),
    claims: own.rows.slice(0, MOST_SHOWN).map((row) => rowModel(reader, row)),
  };
}

/** One line of a list of claims. */
export const rowModel = (reader: Reader, row: CreditRow): object => ({
  id: String(row._id),
  title: row.title,
  personName: row.personName,
  state: row.state,
  date: row.date,
  minutes: row.minutes,
  activity: worded(reader, 'activity', row.activity),
});

/** Model of `credits/show`: the claim, and what this reader may do with it. */
export function showModel(
  reader: Reader,
  row: CreditRow,
  scans: readonly AttachmentRow[],
  account: AccountActor,
  choices: ClaimChoices,
): object {
  const { i18n, locale } = reader;
  const own = String(row.personId) === account.personId;
  const within = (permission: 'credits:review' | 'credits:reverse'): boolean =>
    !own && can(account, permission, String(row.unitId));
  const values = { ...row, hours: Math.floor(row.minutes / 60), extraMinutes: row.minutes % 60 };
  const upload = createForm({ ...reader, messages: 'credits.scans' });
  return {
    ...rowModel(reader, row),
    own,
    host: row.host,
    dimension: worded(reader, 'dimension', row.dimension),
    category: row.category === '' ? null : worded(reader, 'category', row.category),
    mode: row.mode === '' ? null : worded(reader, 'mode', row.mode),
    quantity: row.quantity,
    evidence: row.evidence.map((one) => worded(reader, 'evidence', one)),
    reason: row.history.at(-1)?.reason ?? null,
    crumb: own
      ? { href: '/credits', label: i18n.t(locale, 'credits.title') }
      : { href: '/credits/reviews', label: i18n.t(locale, 'credits.desk.title') },
    scans: scans.map(toAttachment),
    can: {
      review: row.state === 'submitted' && within('credits:review'),
      reverse: row.state === 'posted' && within('credits:reverse'),
      correct: own && row.state === 'needs_correction' && can(account, 'credits:claim-own'),
      withdraw: own && ['submitted', 'needs_correction'].includes(row.state),
      scan: own && ['submitted', 'needs_correction'].includes(row.state) && can(account, 'credits:claim-own'),
    },
    scanField: upload.input('file', 'file', { accept: ACCEPTED_FILES }),
    seenField: claimFields(reader, choices, { evidence: row.evidence }, []).fields['evidence'],
    ...claimFields(reader, choices, values, []),
    timeline: row.history.map((entry) => ({
      title: i18n.t(locale, `states.credit.${entry.to}`),
      at: entry.at,
      by: null,
      text: entry.reason,
      icon: null,
    })),
  };
}
