import type { z } from 'zod';
import type { AccountActor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { createForm, formatDay } from '../../i18n/index.ts';
import type { Field, Form, Reader, Typed } from '../../i18n/index.ts';
import type { LedgerEntryRow, PostedRecord } from '../hours/index.ts';
import type { KinshipRow, RedemptionRow } from './time-bank.model.ts';
import { MOVEMENTS, RELATIONS } from './time-bank.rules.ts';
import type { kinshipView, movementView, redemptionDetail, redemptionView } from './time-bank.schema.ts';

/** What moved: the first part of the key; a debt that was paid on the way is the same movement. */
export const toMovement = (row: LedgerEntryRow): z.input<typeof movementView> => ({
  id: String(row._id),
  what: MOVEMENTS.find((what) => row.sourceKey.startsWith(`${what}:`)) ?? 'bank-earn',
  minutes: row.minutes,
  date: row.serviceDate,
  postedAt: row.postedAt.toISOString(),
});

/** A name is shown to the desk, to whom it is one's own, and to both once it is confirmed. */
export function toKinship(
  row: KinshipRow,
  reader: { personId: string; desk: boolean },
): z.input<typeof kinshipView> {
  const mine = String(row.personId) === reader.personId;
  const known = reader.desk || row.state === 'confirmed';
  return {
    id: String(row._id),
    state: row.state as 'declared',
    relation: row.relation,
    mine,
    personName: row.personName,
    relativeName: known || !mine ? row.relativeName : '',
    createdAt: row.createdAt.toISOString(),
  };
}

export const toRedemption = (row: RedemptionRow): z.input<typeof redemptionView> => ({
  id: String(row._id),
  state: row.state as 'requested',
  version: row.version,
  fromPool: row.personId === null,
  personName: row.personName,
  what: row.what,
  minutes: row.minutes,
  settledMinutes: row.settledMinutes,
  createdAt: row.createdAt.toISOString(),
});

export function toRedemptionDetail(
  row: RedemptionRow,
  account: AccountActor,
): z.input<typeof redemptionDetail> {
  const own = row.personId !== null && String(row.personId) === account.personId;
  const asked = String(row.askedByPersonId) === account.personId;
  const runs = can(account, 'time-bank:run', String(row.unitId));
  return {
    ...toRedemption(row),
    requestId: row.requestId ? String(row.requestId) : null,
    hoursId: row.hoursId && runs ? String(row.hoursId) : null,
    reason: row.history.at(-1)?.reason ?? null,
    can: {
      decide: row.state === 'requested' && runs && !own && !asked,
      settle: row.state === 'confirmed' && runs && !own && !asked,
      cancel: ['requested', 'confirmed'].includes(row.state) && (own || runs),
    },
  };
}

const formOf = ({ i18n, locale }: Reader, { values = {}, issues = [] }: Partial<Typed>): Form =>
  createForm({ i18n, locale, messages: 'time-bank.form', values, issues });

const amountFields = ({ i18n, locale }: Reader, form: Form): { hours: Field; minutes: Field } => ({
  hours: form.input('hours', 'number', {
    width: 'short',
    inputMode: 'numeric',
    min: 0,
    required: true,
    unit: i18n.t(locale, 'time-bank.unit.hours'),
  }),
  minutes: form.input('minutes', 'number', {
    width: 'short',
    inputMode: 'numeric',
    min: 0,
    max: 59,
    unit: i18n.t(locale, 'time-bank.unit.minutes'),
  }),
});

/** Form of a gift; `relatives` are those whom a coordinator confirmed. */
export function giftModel(
  words: Reader,
  relatives: readonly { id: string; name: string }[],
  typed: Partial<Typed>,
): object {
  const form = formOf(words, typed);
  const fields = {
    kinshipId: form.select(
      'kinshipId',
      relatives.map(({ id, name }) => ({ value: id, label: name })),
      { required: true },
    ),
    ...amountFields(words, form),
    note: form.input('note', 'text', { maxLength: 120 }),
  };
  return { fields, errors: form.errors, any: relatives.length > 0 };
}

export function donationModel(words: Reader, typed: Partial<Typed>): object {
  const form = formOf(words, typed);
  const fields = { ...amountFields(words, form), note: form.input('note', 'text', { maxLength: 120 }) };
  return { fields, errors: form.errors };
}

/** Form that ends one's own account; `heirs` are relatives whom a coordinator confirmed. */
export function closingModel(
  { i18n, locale }: Reader,
  heirs: readonly { id: string; name: string }[],
  typed: Partial<Typed>,
): object {
  const form = formOf({ i18n, locale }, typed);
  const to = form.select(
    'to',
    [
      { value: 'pool', label: i18n.t(locale, 'time-bank.toPool') },
      ...heirs.map(({ id, name }) => ({ value: id, label: name })),
    ],
    { required: true },
  );
  return { fields: { to }, errors: form.errors };
}

/** Form by which the desk ends an account. */
export function deskClosingModel(words: Reader, typed: Partial<Typed>): object {
  const form = formOf(words, typed);
  const digits = { inputMode: 'numeric', maxLength: 10, width: 'short' } as const;
  const fields = {
    number: form.input('number', 'text', { required: true, ...digits }),
    relative: form.input('relative', 'text', digits),
    reason: form.textarea('reason', { required: true, maxLength: 300, rows: 2 }),
  };
  return { fields, errors: form.errors };
}

export function askModel(words: Reader, typed: Partial<Typed>): object {
  const form = formOf(words, typed);
  const fields = {
    what: form.textarea('what', { required: true, maxLength: 200, rows: 2 }),
    ...amountFields(words, form),
  };
  return { fields, errors: form.errors };
}

export function relativeModel({ i18n, locale }: Reader, typed: Partial<Typed>): object {
  const form = formOf({ i18n, locale }, typed);
  const fields = {
    number: form.input('number', 'text', {
      required: true,
      inputMode: 'numeric',
      maxLength: 10,
      width: 'short',
    }),
    relation: form.select(
      'relation',
      RELATIONS.map((value) => ({ value, label: i18n.t(locale, `time-bank.relation.${value}`) })),
      { required: true, width: 'short' },
    ),
  };
  return { fields, errors: form.errors };
}

export function poolModel(
  words: Reader,
  needs: readonly { id: string; title: string }[],
  typed: Partial<Typed>,
): object {
  const form = formOf(words, typed);
  const fields = {
    requestId: form.select(
      'requestId',
      needs.map(({ id, title }) => ({ value: id, label: title })),
      { required: true },
    ),
    ...amountFields(words, form),
  };
  return { fields, errors: form.errors };
}

/** Fields of the settlement, on the redemption's own page. */
export function settleModel(
  words: Reader,
  records: readonly PostedRecord[],
  zone: string,
  typed: Partial<Typed>,
): object {
  const form = formOf(words, typed);
  const fields = {
    hoursId: form.select(
      'hoursId',
      records.map((one) => ({
        value: one.id,
        label: `${formatDay(one.startsAt, { locale: words.locale, zone })} · ${one.personName} · ${one.activity}`,
      })),
      { required: true },
    ),
    ...amountFields(words, form),
  };
  return { fields, errors: form.errors };
}
