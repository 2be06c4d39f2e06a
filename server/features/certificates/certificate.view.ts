import type { FieldIssue } from '../../core/errors.ts';
import { createForm, LOCALES } from '../../i18n/index.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import type { CertificateRow } from './certificate.model.ts';
import { SCOPES } from './certificate.schema.ts';
import type { Pager } from '../../http/paging.ts';
import type { CertificateView } from './certificate.schema.ts';
import { pagerOf } from '../../http/paging.ts';

export const toView = (row: CertificateRow, publicUrl: string): CertificateView => ({
  id: String(row._id),
  number: row.number,
  code: row.code,
  verifyUrl: `${publicUrl}/certificates/verify/${row.code}`,
  locale: row.locale as Locale,
  activity: row.draft.scope?.kind === 'activity' ? row.draft.scope.activity : null,
  periodFrom: row.periodFrom,
  periodTo: row.periodTo,
  totalMinutes: row.totalMinutes,
  issuedAt: row.issuedAt.toISOString(),
  revoked: row.revokedAt !== null,
});

/** Model of `certificates/list`: one's own, and the form for another. */
export function listModel(parts: {
  readonly i18n: I18n;
  readonly locale: Locale;
  readonly certificates: readonly CertificateView[];
  readonly pager: Pager;
  readonly activities: readonly { readonly hoursId: string; readonly name: string; readonly unit: string }[];
  readonly desk: boolean;
  readonly values: Readonly<Record<string, unknown>>;
  readonly issues: readonly FieldIssue[];
}): object {
  const { i18n, locale, certificates, pager, activities, desk, values, issues } = parts;
  const form = createForm({ i18n, locale, messages: 'certificates.form', values, issues });
  const fields = {
    scope: form.select(
      'scope',
      SCOPES.map((value) => ({ value, label: i18n.t(locale, `certificates.form.scope.${value}`) })),
      { required: true, width: 'short' },
    ),
    from: form.input('from', 'date', { width: 'short' }),
    to: form.input('to', 'date', { width: 'short' }),
    hoursId: form.select('hoursId', [
      { value: '', label: i18n.t(locale, 'certificates.form.hoursId.none') },
      ...activities.map(({ hoursId, name, unit }) => ({ value: hoursId, label: `${name} · ${unit}` })),
    ]),
    locale: form.select(
      'locale',
      LOCALES.map((value) => ({ value, label: i18n.t(locale, `certificates.form.locale.${value}`) })),
      { required: true, width: 'short' },
    ),
  };
  return { certificates, ...pager, count: certificates.length, desk, fields, errors: form.errors };
}

/** Model of `certificates/issued`. */
export function issuedModel(parts: {
  readonly i18n: I18n;
  readonly locale: Locale;
  readonly data: readonly (CertificateView & { readonly holder: string })[];
  readonly nextCursor: string | null;
  readonly query: { readonly number?: string | undefined; readonly cursor?: string | undefined };
}): object {
  const { i18n, locale, data, nextCursor, query } = parts;
  const form = createForm({ i18n, locale, messages: 'certificates.issuedList', values: query, issues: [] });
  return {
    fields: { number: form.input('number', 'text', { maxLength: 60 }) },
    filtered: query.number !== undefined && query.number !== '',
    certificates: data,
    ...pagerOf('/certificates/issued', query, nextCursor),
    count: data.length,
  };
}
