import { createForm } from '../../i18n/index.ts';
import type { I18n } from '../../i18n/index.ts';
import type { FieldIssue } from '../../core/errors.ts';
import type { Locale } from '../../core/locale.ts';
import { PASSWORD_MINIMUM } from './account.rules.ts';

interface FormParts {
  readonly i18n: I18n;
  readonly locale: Locale;
  readonly values?: Readonly<Record<string, unknown>>;
  readonly issues?: readonly FieldIssue[];
}

/** Whether this installation sends text messages. */
interface Reach {
  readonly reachesNumbers: boolean;
}

/** An address, or also a mobile number where numbers are reached. */
function identifierField(
  { i18n, locale, reachesNumbers }: FormParts & Reach,
  autocomplete: string,
): Parameters<ReturnType<typeof createForm>['input']> extends [string, ...infer Rest] ? Rest : never {
  const options = { required: true, maxLength: 254, autocomplete };
  return reachesNumbers
    ? ['text', { ...options, label: i18n.t(locale, 'accounts.signIn.email.label') }]
    : ['email', options];
}

/** Model of `accounts/register`. `place` is the tenant whose page the person came from. */
export function registerModel(
  parts: FormParts & Reach & { place: { slug: string; name: string } | null },
): object {
  const form = createForm({
    ...parts,
    messages: 'accounts.register',
    values: { place: parts.place?.slug, ...parts.values },
  });
  const askedOf = parts.i18n.t(parts.locale, 'accounts.register.youngOnly');
  const fields = {
    name: form.input('name', 'text', { required: true, maxLength: 60, autocomplete: 'name' }),
    email: form.input('email', ...identifierField(parts, 'email')),
    password: form.input('password', 'password', {
      required: true,
      autocomplete: 'new-password',
      hint: parts.i18n.t(parts.locale, 'accounts.register.passwordHint', { min: PASSWORD_MINIMUM }),
    }),
    terms: form.checkbox('terms', { required: true }),
    place: form.hidden('place'),
    link: form.hidden('link'),
    birthDate: form.input('birthDate', 'date', { width: 'short', autocomplete: 'bday', askedOf }),
    guardianName: form.input('guardianName', 'text', { maxLength: 60, askedOf }),
    guardianEmail: form.input('guardianEmail', 'email', { maxLength: 254, askedOf }),
  };
  const young = ['birthDate', 'guardianName', 'guardianEmail'];
  return {
    fields,
    errors: form.errors,
    place: parts.place,
    // Open when something in it was typed or is wrong.
    young:
      young.some((name) => parts.values?.[name]) ||
      (parts.issues ?? []).some(({ path }) => young.includes(path)),
  };
}

/** Model of `accounts/confirm`; `claim` is null for a link that is used or over. */
export function confirmModel(
  parts: FormParts & { token: string; claim: { name: string; identifier: string; renames: boolean } | null },
): object {
  const { claim } = parts;
  const form = createForm({
    ...parts,
    messages: 'accounts.confirm',
    values: { name: claim?.name, ...parts.values },
  });
  const fields = {
    ...(claim?.renames
      ? {
          name: form.input('name', 'text', {
            required: true,
            maxLength: 60,
            autocomplete: 'name',
            label: parts.i18n.t(parts.locale, 'accounts.register.name.label'),
          }),
        }
      : {}),
    password: form.input('password', 'password', {
      required: true,
      autocomplete: 'new-password',
      hint: parts.i18n.t(parts.locale, 'accounts.register.passwordHint', { min: PASSWORD_MINIMUM }),
    }),
  };
  return {
    usable: claim !== null,
    identifier: claim?.identifier,
    fields,
    errors: form.errors,
    action: `/confirm/${parts.token}`,
  };
}

/** Model of `accounts/sign-in`. */
export function signInModel(parts: FormParts): object {
  const form = createForm({ ...parts, messages: 'accounts.signIn' });
  const fields = {
    email: form.input('email', 'text', { required: true, maxLength: 254, autocomplete: 'username' }),
    password: form.input('password', 'password', { required: true, autocomplete: 'current-password' }),
  };
  return { fields, errors: form.errors };
}

/** Model of `accounts/invitation`. */
export function invitationModel(
  parts: FormParts & { token: string; place: string; address: string },
): object {
  const form = createForm({ ...parts, messages: 'accounts.register' });
  const fields = {
    name: form.input('name', 'text', { required: true, maxLength: 60, autocomplete: 'name' }),
    password: form.input('password', 'password', {
      required: true,
      autocomplete: 'new-password',
      hint: parts.i18n.t(parts.locale, 'accounts.register.passwordHint', { min: PASSWORD_MINIMUM }),
    }),
    // Nobody below 18 administers, so this form has no place for a guardian, and speaks of none.
    terms: form.checkbox('terms', {
      required: true,
      label: parts.i18n.t(parts.locale, 'accounts.invitation.terms'),
    }),
  };
  const { place, address } = parts;
  return { fields, errors: form.errors, place, address, action: `/invitations/${parts.token}` };
}

/** Model of `accounts/show`: the account page with its API tokens. */
export function accountModel(
  parts: FormParts & {
    account: { sessions: readonly { agent: string; current: boolean }[] };
    issued: string | null;
  },
): object {
  const form = createForm({ ...parts, messages: 'accounts.tokens', values: { days: 30, ...parts.values } });
  const fields = {
    name: form.input('name', 'text', { required: true, maxLength: 60 }),
    days: form.input('days', 'number', {
      required: true,
      min: 1,
      max: 365,
      width: 'short',
      inputMode: 'numeric',
    }),
  };
  const sessions = parts.account.sessions.map((one) => ({ ...one, browser: browserName(one.agent) }));
  return {
    ...parts.account,
    sessions,
    others: sessions.some((one) => !one.current),
    fields,
    errors: form.errors,
    issued: parts.issued,
  };
}

const passwordField = (form: ReturnType<typeof createForm>, parts: FormParts) =>
  form.input('password', 'password', {
    required: true,
    autocomplete: 'new-password',
    hint: parts.i18n.t(parts.locale, 'accounts.register.passwordHint', { min: PASSWORD_MINIMUM }),
  });

/** Model of `accounts/forgotten`. */
export function forgottenModel(parts: FormParts & Reach): object {
  const form = createForm({ ...parts, messages: 'accounts.forgotten' });
  const fields = {
    email: form.input('email', ...identifierField(parts, 'username')),
  };
  return { fields, errors: form.errors, reachesNumbers: parts.reachesNumbers };
}

/** Model of `accounts/reset`. */
export function resetModel(parts: FormParts & { token: string; returning: boolean }): object {
  const form = createForm({ ...parts, messages: 'accounts.reset' });
  const fields = {
    password: passwordField(form, parts),
    agree: parts.returning ? form.checkbox('agree', { required: true }) : null,
  };
  return { fields, errors: form.errors, action: `/reset/${parts.token}`, returning: parts.returning };
}

/** Model of `accounts/password`. */
export function passwordModel(parts: FormParts): object {
  const form = createForm({ ...parts, messages: 'accounts.password' });
  const fields = {
    current: form.input('current', 'password', { required: true, autocomplete: 'current-password' }),
    password: passwordField(form, parts),
  };
  return { fields, errors: form.errors };
}

/** Model of `accounts/email`. */
export function emailModel(parts: FormParts): object {
  const form = createForm({ ...parts, messages: 'accounts.email' });
  const fields = {
    email: form.input('email', 'email', { required: true, maxLength: 254, autocomplete: 'email' }),
    current: form.input('current', 'password', { required: true, autocomplete: 'current-password' }),
  };
  return { fields, errors: form.errors };
}

/** What the browser said of itself in two words, as its owner would say it: `Chrome · Android`. */
export function browserName(agent: string): string {
  const browser =
    (
      [
        ['MicroMessenger', 'WeChat'],
        ['Edg', 'Edge'],
        ['Firefox', 'Firefox'],
        ['Chrome', 'Chrome'],
        ['Safari', 'Safari'],
      ] as const
    ).find(([mark]) => agent.includes(mark))?.[1] ?? null;
  const system =
    (
      [
        ['Android', 'Android'],
        ['iPhone', 'iPhone'],
        ['iPad', 'iPad'],
        ['Windows', 'Windows'],
        ['Mac OS', 'macOS'],
        ['Linux', 'Linux'],
      ] as const
    ).find(([mark]) => agent.includes(mark))?.[1] ?? null;
  return [browser, system].filter((part) => part !== null).join(' · ') || '?';
}
