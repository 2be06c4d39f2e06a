import type { FieldIssue } from '../../core/errors.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { MEMBERSHIP_KINDS } from '../memberships/index.ts';
import { PASSWORD_MINIMUM } from './account.rules.ts';

interface FormParts {
  readonly i18n: I18n;
  readonly locale: Locale;
  readonly values?: Readonly<Record<string, unknown>>;
  readonly issues?: readonly FieldIssue[];
}

/** Model of `accounts/in-person`; `units` are those the coordinator reaches. */
export function inPersonModel(
  parts: FormParts & {
    units: readonly { id: string; name: string; depth: number }[];
    /** Chosen first. */
    unitId: string;
    place: string;
  },
): object {
  const { i18n, locale } = parts;
  const form = createForm({
    ...parts,
    messages: 'accounts.inPerson',
    values: { kind: 'volunteer', consentHow: 'spoken', unitId: parts.unitId, ...parts.values },
  });
  const fields = {
    name: form.input('name', 'text', { required: true, maxLength: 60, autocomplete: 'off' }),
    phone: form.input('phone', 'tel', { maxLength: 30, inputMode: 'tel', autocomplete: 'off' }),
    phoneSeen: form.checkbox('phoneSeen'),
    email: form.input('email', 'email', { maxLength: 254, autocomplete: 'off' }),
    birthDate: form.input('birthDate', 'date', { width: 'short' }),
    kind: form.select(
      'kind',
      MEMBERSHIP_KINDS.map((kind) => ({
        value: kind,
        label: i18n.t(locale, `states.membershipKind.${kind}`),
      })),
      { required: true },
    ),
    unitId: form.select(
      'unitId',
      parts.units.map((unit) => ({ value: unit.id, label: `${'  '.repeat(unit.depth)}${unit.name}` })),
      { required: true },
    ),
    consentHow: form.radios(
      'consentHow',
      (['spoken', 'signed'] as const).map((how) => ({
        value: how,
        label: i18n.t(locale, `accounts.inPerson.how.${how}`),
      })),
      { required: true },
    ),
    consent: form.checkbox('consent', { required: true }),
  };
  return { fields, errors: form.errors, place: parts.place };
}

/** Model of `accounts/phone`. */
export function phoneModel(
  parts: FormParts & { membershipId: string; name: string; phone: string | null; sheet: boolean },
): object {
  const form = createForm({ ...parts, messages: 'accounts.phone', values: { ...parts.values } });
  const fields = {
    phone: form.input('phone', 'tel', {
      required: true,
      maxLength: 30,
      inputMode: 'tel',
      autocomplete: 'off',
    }),
    phoneSeen: form.checkbox('phoneSeen', { required: true }),
  };
  return {
    fields,
    errors: form.errors,
    id: parts.membershipId,
    personName: parts.name,
    phone: parts.phone,
    sheet: parts.sheet,
    action: `/memberships/${parts.membershipId}/phone`,
  };
}

/** Model of `accounts/start`. */
export function startModel(
  parts: FormParts & { token: string; name: string; identifier: string; returning: boolean },
): object {
  const form = createForm({ ...parts, messages: 'accounts.start' });
  const fields = {
    password: form.input('password', 'password', {
      required: true,
      autocomplete: 'new-password',
      hint: parts.i18n.t(parts.locale, 'accounts.register.passwordHint', { min: PASSWORD_MINIMUM }),
    }),
    agree: parts.returning ? form.checkbox('agree', { required: true }) : null,
  };
  return {
    fields,
    errors: form.errors,
    returning: parts.returning,
    action: `/start/${parts.token}`,
    personName: parts.name,
    identifier: parts.identifier,
  };
}

/** Model of `accounts/remove-phone`. */
export function removePhoneModel(parts: FormParts & { phone: string | null }): object {
  const form = createForm({ ...parts, messages: 'accounts.removePhone' });
  const fields = {
    current: form.input('current', 'password', { required: true, autocomplete: 'current-password' }),
  };
  return { fields, errors: form.errors, phone: parts.phone };
}

/** Model of `accounts/proof`. */
export function proofModel(parts: FormParts): object {
  const form = createForm({ ...parts, messages: 'accounts.proof' });
  const fields = {
    current: form.input('current', 'password', { required: true, autocomplete: 'current-password' }),
  };
  return { fields, errors: form.errors };
}
