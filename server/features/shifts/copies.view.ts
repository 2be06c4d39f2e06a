import type { FieldIssue } from '../../core/errors.ts';
import type { Locale } from '../../core/locale.ts';
import { createForm, formatTimeSpan } from '../../i18n/index.ts';
import type { I18n, OptionInput } from '../../i18n/index.ts';
import type { CopyView, SeriesView } from './copies.schema.ts';

interface Parts {
  readonly i18n: I18n;
  readonly locale: Locale;
  readonly zone: string;
  readonly values?: Readonly<Record<string, unknown>>;
  readonly issues?: readonly FieldIssue[];
}

const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7];

/** One line of a preview: the day, what stands against it, and a box to leave it out. */
function copyRow(copy: CopyView, by: 'date' | 'shiftId', { i18n, locale, zone }: Parts): object {
  const t = i18n.in(locale);
  return {
    id: `except-${copy[by]}`,
    value: copy[by],
    title: copy.title,
    day: copy.date,
    startsAt: copy.startsAt,
    endsAt: copy.endsAt,
    made: copy.obstacle === null,
    obstacle: copy.obstacle === null ? null : t(`shifts.copies.obstacle.${copy.obstacle}`),
    clock: copy.clock === 'once' || copy.startsAt === null ? null : t(`shifts.copies.clock.${copy.clock}`),
    // What is not made is in nobody's way.
    clashes: (copy.obstacle === null ? copy.clashes : []).map((clash) => ({
      href: `/shifts/${clash.shiftId}`,
      text: t(`shifts.copies.clash.${clash.kind}`, {
        title: clash.title,
        span: formatTimeSpan(clash.startsAt, clash.endsAt, { locale, zone }),
      }),
    })),
  };
}

/** Model of `shifts/repeat`: the rule, what it makes, and the button that makes it. */
export function repeatModel(
  parts: Parts & {
    shift: { id: string; title: string; startsAt: string; endsAt: string };
    copies: readonly CopyView[];
    weekday: number;
    mayPublish: boolean;
  },
): object {
  const { i18n, locale, shift } = parts;
  const form = createForm({
    ...parts,
    messages: 'shifts.repeat',
    values: { everyWeeks: 1, weekdays: [String(parts.weekday)], ...parts.values },
  });
  const t = i18n.in(locale);
  const weekdays: OptionInput[] = WEEKDAYS.map((day) => ({
    value: String(day),
    label: t(`shifts.weekday.${day}`),
  }));
  const number = { inputMode: 'numeric', width: 'short' } as const;
  const fields = {
    everyWeeks: form.input('everyWeeks', 'number', { ...number, required: true, min: 1, max: 26 }),
    weekdays: form.checkboxes('weekdays', weekdays, { required: true, width: 'short' }),
    times: form.input('times', 'number', { ...number, min: 2, max: 500 }),
    until: form.input('until', 'date', { width: 'short' }),
    publish: parts.mayPublish ? form.checkbox('publish') : null,
  };
  const chosen = parts.values?.['weekdays'] ?? [String(parts.weekday)];
  return {
    id: shift.id,
    title: shift.title,
    startsAt: shift.startsAt,
    endsAt: shift.endsAt,
    fields,
    errors: form.errors,
    copies: parts.copies.map((copy) => copyRow(copy, 'date', parts)),
    count: parts.copies.filter(({ obstacle }) => obstacle === null).length,
    // The rule as it was previewed travels along with the button.
    rule: [
      ['everyWeeks', parts.values?.['everyWeeks'] ?? 1],
      ['times', parts.values?.['times'] ?? ''],
      ['until', parts.values?.['until'] ?? ''],
      ...(Array.isArray(chosen) ? chosen : [chosen]).map((day) => ['weekdays', day]),
    ].map(([name, value]) => ({ name, value })),
  };
}

/** Model of `shifts/copy-day`. */
export function copyDayModel(
  parts: Parts & {
    requestTitle: string | null;
    units: readonly OptionInput[];
    copies: readonly CopyView[] | null;
    mayPublish: boolean;
  },
): object {
  const form = createForm({ ...parts, messages: 'shifts.copyDay' });
  const values = parts.values ?? {};
  const short = { width: 'short', required: true } as const;
  const fields = {
    requestId: parts.requestTitle === null ? null : form.hidden('requestId'),
    unitId: parts.requestTitle === null ? form.select('unitId', parts.units, { required: true }) : null,
    from: form.input('from', 'date', short),
    to: form.input('to', 'date', short),
    publish: parts.mayPublish ? form.checkbox('publish') : null,
  };
  return {
    fields,
    errors: form.errors,
    requestTitle: parts.requestTitle,
    previewed: parts.copies !== null,
    copies: (parts.copies ?? []).map((copy) => copyRow(copy, 'shiftId', parts)),
    count: (parts.copies ?? []).filter(({ obstacle }) => obstacle === null).length,
    rule: ['requestId', 'unitId', 'from', 'to']
      .map((name) => ({ name, value: values[name] ?? '' }))
      .filter(({ value }) => value !== ''),
  };
}

/** "Every 2 weeks on Mon, Wed, until 2026-12-31" */
export function seriesText(series: SeriesView, i18n: I18n, locale: Locale): string {
  const t = i18n.in(locale);
  const days = series.weekdays.map((day) => t(`shifts.weekday.${day}`)).join(t('shifts.needs.and'));
  const rule =
    series.everyWeeks === 1
      ? t('shifts.series.weekly', { days })
      : t('shifts.series.rule', { weeks: series.everyWeeks, days });
  return series.until === null
    ? t('shifts.series.times', { rule, count: series.times ?? 0 })
    : t('shifts.series.until', { rule, until: series.until });
}
