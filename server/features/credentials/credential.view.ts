import type { AccountActor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import type { FieldIssue } from '../../core/errors.ts';
import type { Locale } from '../../core/locale.ts';
import { createForm, formatDate } from '../../i18n/index.ts';
import type { Field, Reader } from '../../i18n/index.ts';
import { ACCEPTED_FILES, toAttachment } from '../attachments/index.ts';
import type { AttachmentRow } from '../attachments/index.ts';
import { findSkill } from '../skills/index.ts';
import { PLATFORM_TYPES } from './credential.catalogue.ts';
import type { CredentialType } from './credential.catalogue.ts';
import { CHECK_NOT_PASSED } from './credential.decisions.ts';
import type { CredentialRow } from './credential.model.ts';
import { expiringFrom, mirrored, REGISTER_STATES, whyNotRenew } from './credential.rules.ts';
import type { CredentialView } from './credential.schema.ts';
import type { StoredType } from './credential-type.service.ts';

type Types = ReadonlyMap<string, StoredType>;

export const toView = (row: CredentialRow): CredentialView => ({
  id: String(row._id),
  version: row.version,
  state: row.state,
  personName: row.personName,
  membershipId: String(row.membershipId),
  type: row.type,
  level: row.level,
  number: row.number,
  issuer: row.issuer,
  issuedOn: row.issuedOn,
  validFrom: row.validFrom,
  validTo: row.validTo,
  renewsId: row.renewsId ? String(row.renewsId) : null,
  renewedById: row.renewedById ? String(row.renewedById) : null,
  renewalUnderWay: row.renewalUnderWay,
  gives: row.gives.map(({ code, level }) => ({ skill: code, level })),
  reason: row.history.at(-1)?.reason ?? null,
});

/** Beside one of a type that stands in the national register: our review in its words, and what was seen there. */
export const toRegister = (row: CredentialRow, type: CredentialType | undefined) =>
  type?.register
    ? {
        mirrored: mirrored(row.state, row.firstReviewerId !== null),
        seen: row.register ? { state: row.register.state, seenOn: row.register.seenOn } : null,
      }
    : null;

/** What a type is called where only its code is known: those that come with Linli; others by `name`, else their code. */
export const typeName = (
  code: string,
  locale: Locale,
  name?: { readonly 'zh-CN': string; readonly en: string } | null,
): string => name?.[locale] ?? PLATFORM_TYPES.get(code)?.name[locale] ?? code;

/** What a level of a type is called. */
export const levelName = (type: CredentialType | undefined, level: string, locale: Locale): string =>
  type?.levels.find(({ code }) => code === level)?.name[locale] ?? level;

/** The same of a type that comes with Linli, by its code. */
export const levelNameOf = (code: string, level: string, locale: Locale): string =>
  levelName(PLATFORM_TYPES.get(code), level, locale);

/** One line of a list: what it is, of which level, until when. */
export function rowModel({ i18n, locale }: Reader, one: CredentialView, types: Types): object {
  const type = types.get(one.type);
  return {
    id: one.id,
    personName: one.personName,
    state: one.state,
    number: one.number,
    typeText: typeName(one.type, locale, type?.name),
    levelText: one.level === '' ? null : levelName(type, one.level, locale),
    validity: validityText({ i18n, locale }, one),
  };
}

function validityText({ i18n, locale }: Reader, { validFrom, validTo }: CredentialView): string {
  const date = (day: string): string => formatDate(day, { locale, zone: 'UTC' });
  return validTo === null
    ? i18n.t(locale, 'credentials.since', { from: date(validFrom) })
    : i18n.t(locale, 'credentials.fromTo', { from: date(validFrom), to: date(validTo) });
}

/** Fields of a claim; a renewal names no type. Levels of all types stand in one list, each with its type's name. */
export function claimFields(
  { i18n, locale }: Reader,
  types: Types,
  options: {
    readonly values?: Readonly<Record<string, unknown>>;
    readonly issues?: readonly FieldIssue[];
    /** Only this type: its levels alone are offered. */
    readonly only?: string | null;
    readonly idPrefix?: string;
  } = {},
): { fields: Record<string, Field | null>; errors: readonly object[] } {
  const { values = {}, issues = [], only = null, idPrefix = 'f' } = options;
  const form = createForm({ i18n, locale, messages: 'credentials.form', values, issues, idPrefix });
  const offered = [...types.values()].filter(({ retired, code }) => (only ? code === only : !retired));
  const levels = offered.flatMap((type) =>
    type.levels.map(({ code, name }) => ({
      value: code,
      label: only ? name[locale] : `${type.name[locale]} · ${name[locale]}`,
    })),
  );
  const seen = new Set<string>();
  const none = { value: '', label: i18n.t(locale, 'credentials.form.noLevel') };
  const check = only !== null && offered[0]?.kind === 'check';
  return {
    fields: {
      type: only
        ? null
        : form.select(
            'type',
            offered.map(({ code, name }) => ({ value: code, label: name[locale] })),
            { required: true },
          ),
      level:
        levels.length === 0
          ? null
          : form.select('level', [
              none,
              // Two types may have a level of one name: it is offered once, with the first of them.
              ...levels.filter(({ value }) => !seen.has(value) && seen.add(value)),
            ]),
      number: check ? null : form.input('number', 'text', { maxLength: 40 }),
      issuer: form.input('issuer', 'text', { maxLength: 60 }),
      issuedOn: form.input('issuedOn', 'date', { required: true, width: 'short' }),
      validFrom: form.input('validFrom', 'date', { required: true, width: 'short' }),
    },
    errors: form.errors,
  };
}

/** A reason as it is shown: of a check nobody writes what was found. */
const reasonText = ({ i18n, locale }: Reader, reason: string | null): string | null =>
  reason === CHECK_NOT_PASSED ? i18n.t(locale, 'credentials.checkNotPassed') : reason;

/** Whose word may be given by whom, as the page offers it. The service decides all the same. */
function abilities(row: CredentialRow, account: AccountActor, unitId: string | null, today: string) {
  const own = String(row.personId) === account.personId;
  const begins = own && can(account, 'credentials:claim-own');
  const may = (permission: 'credentials:review' | 'credentials:decide'): boolean =>
    !own && unitId !== null && can(account, permission, unitId);
  const spoke = String(row.firstReviewerId) === account.accountId;
  const refused = row.refusedBy.some((id) => String(id) === account.accountId);
  const first = row.state === 'under_review' && may('credentials:review');
  const final = row.state === 'first_pass' && may('credentials:decide') && !spoke;
  const answer = row.state === 'appealed' && may('credentials:decide') && !spoke && !refused;
  const underWay = row.renewalUnderWay || row.renewedById !== null;
  return {
    first,
    final,
    answer,
    sendBack: first || final,
    refuse: first || final || answer,
    correct: begins && ['needs_correction', 'under_review'].includes(row.state),
    scan: begins && ['under_review', 'needs_correction'].includes(row.state),
    appeal: begins && row.state === 'rejected' && row.appeal === null,
    renew: begins && whyNotRenew({ ...row, underWay }, today) === null,
    suspend: ['valid', 'expiring'].includes(row.state) && may('credentials:decide'),
    resume: row.state === 'suspended' && may('credentials:decide'),
    revoke: ['valid', 'expiring', 'suspended'].includes(row.state) && may('credentials:decide'),
    register: may('credentials:review'),
  };
}

export interface ShownCredential {
  readonly row: CredentialRow;
  readonly scans: readonly AttachmentRow[];
  readonly types: Types;
  readonly unitId: string | null;
  readonly today: string;
}

/** Model of `credentials/show`: the certificate, what it gives, what this reader may do with it, and its history. */
export function showModel(reader: Reader, shown: ShownCredential, account: AccountActor): object {
  const { i18n, locale } = reader;
  const { row, scans, types, unitId, today } = shown;
  const type = types.get(row.type);
  const check = type?.kind === 'check';
  const may = abilities(row, account, unitId, today);
  const register = toRegister(row, type);
  const t = i18n.in(locale);
  const registerForm = createForm({
    i18n,
    locale,
    messages: 'credentials.register',
    values: { seenOn: today },
  });
  const renewsOpen =
    row.validTo !== null && ['valid', 'expiring'].includes(row.state)
      ? expiringFrom(row.validTo, row.windowMonths)
      : null;
  return {
    ...toView(row),
    ...rowModel(reader, toView(row), types),
    own: String(row.personId) === account.personId,
    reason: reasonText(reader, row.history.at(-1)?.reason ?? null),
    can: { ...may, scan: may.scan && !check, register: may.register && register !== null },
    check,
    scans: scans.map(toAttachment),
    skills: row.gives.map(({ code, level }) => ({
      name: findSkill(code)?.[locale] ?? code,
      level: t(`shifts.level.${level}`),
    })),
    renewsFrom: renewsOpen,
    register: register && {
      mirrored: t(`credentials.register.state.${register.mirrored}`),
      seen: register.seen
        ? t('credentials.register.seen', {
            state: t(`credentials.register.state.${register.seen.state}`),
            date: formatDate(register.seen.seenOn, { locale, zone: 'UTC' }),
          })
        : t('credentials.register.notSeen'),
      stateField: registerForm.select(
        'state',
        REGISTER_STATES.map((value) => ({ value, label: t(`credentials.register.state.${value}`) })),
        { required: true },
      ),
      seenOnField: registerForm.input('seenOn', 'date', { required: true, width: 'short' }),
    },
    scanField: createForm({ i18n, locale, messages: 'credentials.scans', values: {}, issues: [] }).input(
      'file',
      'file',
      { accept: ACCEPTED_FILES },
    ),
    ...claimFields(reader, types, { values: { ...row }, only: row.type }),
    renewal: claimFields(reader, types, {
      values: { level: row.level, number: row.number, issuer: row.issuer },
      only: row.type,
      idPrefix: 'n',
    }).fields,
    timeline: row.history.map((entry) => ({
      title: t(`states.credential.${entry.to}`),
      at: entry.at,
      by: null,
      text: reasonText(reader, entry.reason),
      icon: null,
    })),
  };
}
