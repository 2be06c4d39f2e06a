import { formatMinutesExactly, formatNumber } from '../../i18n/format.ts';
import { createForm } from '../../i18n/index.ts';
import type { Form, Reader, Typed } from '../../i18n/index.ts';
import { FEWEST_PEOPLE } from './annual-report.rules.ts';
import type { PublicFigures } from './annual-report.rules.ts';

/** Rows of `annual-reports/_figures`: the same for a desk and for everybody, but for what is withheld. */
export function figureRows(figures: PublicFigures, { i18n, locale }: Reader): object[] {
  const t = i18n.in(locale);
  const number = (value: number): string => formatNumber(value, locale);
  const withheld = t('annual-reports.figure.fewer', { count: FEWEST_PEOPLE });
  const { records, people, minutes, grades, late, reversed, claims, certificates } = figures;
  const row = (name: string, value: string, hint: string | null = null) => ({
    label: t(`annual-reports.figure.${name}`),
    value,
    hint,
  });
  return [
    row('records', number(records)),
    row('people', people === null ? withheld : number(people)),
    row(
      'minutes',
      minutes === null ? t('annual-reports.figure.withheld') : formatMinutesExactly(minutes, locale),
    ),
    row(
      'onTime',
      `${number(records - late)} / ${number(records)}`,
      late > 0 ? t('annual-reports.figure.late', { count: late }) : null,
    ),
    ...(grades ?? []).map((one) => ({
      label: t('annual-reports.figure.grade', { grade: t(`hours.grade.${one.grade}`) }),
      value: number(one.records),
      hint: null,
    })),
    row('reversed', number(reversed)),
    row('claims', t('annual-reports.figure.claimsCount', { ...claims })),
    row('issued', number(certificates.issued)),
    row('revoked', number(certificates.revoked)),
  ];
}

/** A form of these pages with what was typed. */
const formOf = (
  name: 'begin' | 'publish' | 'withdraw',
  { i18n, locale }: Reader,
  { values = {}, issues = [] }: Partial<Typed>,
): Form => createForm({ i18n, locale, messages: `annual-reports.${name}`, values, issues });

/** The form that begins a report; null where every year has one. */
export function beginForm(
  years: readonly number[],
  reader: Reader,
  { values = {}, issues = [] }: Partial<Typed> = {},
): { fields: object | null; errors: unknown } {
  const form = formOf('begin', reader, { values: { year: years[0] ?? '', ...values }, issues });
  const year = form.select(
    'year',
    years.map((one) => ({ value: String(one), label: String(one) })),
    { required: true, width: 'short' },
  );
  return { fields: years.length === 0 ? null : { year }, errors: form.errors };
}

/** The form that publishes one. */
export function publishForm(reader: Reader, typed: Partial<Typed> = {}): { fields: object; errors: unknown } {
  const form = formOf('publish', reader, typed);
  return { fields: { words: form.textarea('words', { rows: 4, maxLength: 2_000 }) }, errors: form.errors };
}

/** The form that withdraws one. */
export function withdrawForm(
  reader: Reader,
  typed: Partial<Typed> = {},
): { fields: object; errors: unknown } {
  const form = formOf('withdraw', reader, typed);
  return {
    fields: { reason: form.input('reason', 'text', { required: true, maxLength: 300 }) },
    errors: form.errors,
  };
}
