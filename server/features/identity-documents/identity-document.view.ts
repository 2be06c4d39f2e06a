import type { FieldIssue } from '../../core/errors.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { DOCUMENT_TYPES } from './identity-document.rules.ts';
import type { IdentityLevel } from './identity-document.rules.ts';
import type { IdentityDocument } from './identity-document.service.ts';

export interface FormParts {
  readonly i18n: I18n;
  readonly locale: Locale;
  readonly values?: Readonly<Record<string, unknown>>;
  readonly issues?: readonly FieldIssue[];
}

function numberForm({ i18n, locale, values = {}, issues = [] }: FormParts): {
  fields: object;
  errors: unknown;
} {
  const form = createForm({ i18n, locale, values, issues, messages: 'identity-documents.form' });
  const types = DOCUMENT_TYPES.map((value) => ({
    value,
    label: i18n.t(locale, `identity-documents.types.${value}`),
  }));
  const fields = {
    type: form.select('type', types, { required: true }),
    number: form.input('number', 'text', { required: true, maxLength: 40, autocomplete: 'off' }),
  };
  return { fields, errors: form.errors };
}

const TONES: Readonly<Record<IdentityLevel, string>> = {
  none: 'grey',
  stated: 'amber',
  verified: 'green',
  demo: 'teal',
};
const ICONS: Readonly<Record<IdentityLevel, string>> = {
  none: 'help',
  stated: 'id',
  verified: 'check',
  demo: 'flask',
};

const levelBadge = ({ i18n, locale }: FormParts, level: IdentityLevel): object => ({
  levelText: i18n.t(locale, `identity-documents.level.${level}`),
  levelHint: i18n.t(locale, `identity-documents.levelHint.${level}`),
  levelTone: TONES[level],
  levelIcon: ICONS[level],
});

/** Model of `identity-documents/own`. */
export const ownModel = (parts: FormParts, document: IdentityDocument): object => ({
  ...document,
  ...levelBadge(parts, document.level),
  ...numberForm({ ...parts, values: { type: document.type ?? 'resident-id', ...parts.values } }),
  typeText: document.type ? parts.i18n.t(parts.locale, `identity-documents.types.${document.type}`) : null,
});

/** Model of `identity-documents/verify`. */
export const verifyModel = (
  parts: FormParts,
  member: { readonly membershipId: string; readonly name: string; readonly level: IdentityLevel },
): object => ({
  ...numberForm(parts),
  ...levelBadge(parts, member.level),
  id: member.membershipId,
  personName: member.name,
  action: `/memberships/${member.membershipId}/identity`,
});
