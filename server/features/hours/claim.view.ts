import { Invalid } from '../../core/errors.ts';
import type { FieldIssue } from '../../core/errors.ts';
import { localDate, localMinutes } from '../../core/time.ts';
import { createForm, formatTimeSpan } from '../../i18n/index.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { pagerOf } from '../../http/paging.ts';
import { ACCEPTED_FILES } from '../attachments/index.ts';
import { natureChoices } from '../shifts/index.ts';
import type { Nature } from '../shifts/index.ts';
import type { HoursClaimRow } from './claim.model.ts';
import { RECORD_WRONGS, SAID_BY } from './claim.rules.ts';
import type { ClaimWrong, ServedTime } from './claim.rules.ts';
import type { ClaimView, TypedClaim } from './claim.schema.ts';
import type { ClaimInput, PlaceOver, TypedTime } from './claim.service.ts';

type Paging = Readonly<Record<string, unknown>>;
interface Reader {
  readonly i18n: I18n;
  readonly locale: Locale;
  readonly zone: string;
}

const timeView = ({ from, to, breakMinutes }: ServedTime) => ({
  from: from.toISOString(),
  to: to.toISOString(),
  breakMinutes,
});

export const toClaimView = (row: HoursClaimRow): ClaimView => ({
  id: String(row._id),
  version: row.version,
  state: row.state,
  wrong: row.wrong,
  personName: row.personName,
  unitId: String(row.unitId),
  hoursId: row.hoursId && String(row.hoursId),
  assignmentId: row.assignmentId && String(row.assignmentId),
  recorded: row.recorded && {
    ...timeView(row.recorded),
    name: row.recorded.name,
    minutes: row.recorded.minutes,
  },
  claimed: row.claimed && { ...timeView(row.claimed), name: row.claimed.name, place: row.claimed.place },
  text: row.text,
  saidBy: row.saidBy,
  dueOn: row.dueOn,
  late: row.late,
  answer: row.answer,
  found: row.found && timeView(row.found),
  answeredAt: row.answeredAt?.toISOString() ?? null,
  createdAt: row.createdAt.toISOString(),
});

/** Times as they were typed; null where none was. @throws Invalid beside those that are missing */
export function typedTime(
  body: Pick<TypedClaim, 'date' | 'startTime' | 'endTime' | 'breakMinutes'>,
  needed: boolean,
): TypedTime | null {
  const { date, startTime, endTime, breakMinutes } = body;
  const missing = Object.entries({ date, startTime, endTime }).filter(([, value]) => value === '');
  if (missing.length === 3 && !needed) return null;
  if (missing.length > 0) throw new Invalid(missing.map(([path]) => ({ path, code: 'required' })));
  return { date, startTime, endTime, breakMinutes };
}

/** @throws Invalid where times are missing */
export const toClaimInput = (
  body: TypedClaim,
  wrong: ClaimWrong,
  unsaid: Nature | null | undefined,
): ClaimInput => ({
  wrong,
  time: wrong === 'not-served' ? null : typedTime(body, true),
  assignmentId: body.assignmentId || null,
  name: body.name,
  place: body.place,
  text: body.text,
  saidBy: body.saidBy || null,
  nature: body.nature ?? unsaid,
});

const clockText = (at: Date, zone: string): string => {
  const minutes = localMinutes(at, zone);
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
};

/** Served time as its fields show it. */
export const typedOf = ({ from, to, breakMinutes }: ServedTime, zone: string): Record<string, unknown> => ({
  date: localDate(from, zone),
  startTime: clockText(from, zone),
  endTime: clockText(to, zone),
  breakMinutes,
});

/** Model of `hours/claim-new`: the form of a claim on a record, or that one is missing. */
export function claimFormModel(
  { i18n, locale, zone }: Reader,
  of: {
    readonly action: string;
    readonly back: string;
    /** Null for a gap. */
    readonly record: { readonly name: string; readonly time: ServedTime; readonly minutes: number } | null;
    readonly places: readonly PlaceOver[];
    /** The member in whose name it is taken down; null for one's own. */
    readonly member: string | null;
    readonly values: Readonly<Record<string, unknown>>;
    readonly issues: readonly FieldIssue[];
  },
): object {
  const form = createForm({
    i18n,
    locale,
    messages: 'hours.claims.form',
    values: of.values,
    issues: of.issues,
  });
  const t = i18n.in(locale);
  const places = of.places.map(({ row, title }) => ({
    value: String(row._id),
    label: `${formatTimeSpan(row.startsAt, row.endsAt, { locale, zone })} · ${title}`,
  }));
  // Of a record it may be that nothing was served; a gap has no other words where there is no place to choose.
  const required = of.record === null;
  const typedOnly = required && places.length === 0;
  return {
    action: of.action,
    back: of.back,
    record: of.record && {
      name: of.record.name,
      minutes: of.record.minutes,
      from: of.record.time.from.toISOString(),
      to: of.record.time.to.toISOString(),
    },
    member: of.member,
    fields: {
      wrong: of.record
        ? form.radios(
            'wrong',
            RECORD_WRONGS.map((value) => ({ value, label: t(`hours.claims.wrong.${value}`) })),
            { required: true },
          )
        : null,
      saidBy: of.member
        ? form.radios(
            'saidBy',
            SAID_BY.map((value) => ({ value, label: t(`hours.claims.saidBy.${value}`) })),
            { required: true },
          )
        : null,
      assignmentId:
        places.length > 0
          ? form.select('assignmentId', [
              { value: '', label: t('hours.claims.form.assignmentId.none') },
              ...places,
            ])
          : null,
      name: form.input('name', 'text', { required: typedOnly, maxLength: 80 }),
      place: form.input('place', 'text', { maxLength: 120 }),
      date: form.input('date', 'date', { required, width: 'short' }),
      startTime: form.input('startTime', 'time', { required, width: 'short' }),
      endTime: form.input('endTime', 'time', { required, width: 'short' }),
      breakMinutes: form.input('breakMinutes', 'number', {
        width: 'short',
        unit: t('tenants.unit.minutes'),
        inputMode: 'numeric',
        min: 0,
        max: 600,
      }),
      nature: form.radios('nature', natureChoices(i18n, locale), { required: typedOnly }),
      text: form.textarea('text', { required: true, maxLength: 500, rows: 3 }),
    },
    errors: form.errors,
  };
}

/** One line of a list of claims. */
const lineOf = (i18n: I18n, locale: Locale, claim: ClaimView): object => ({
  ...claim,
  title: claim.claimed?.name ?? claim.recorded?.name ?? '',
  wrongText: i18n.t(locale, `hours.claims.wrong.${claim.wrong}`),
  from: claim.claimed?.from ?? claim.recorded?.from ?? null,
  to: claim.claimed?.to ?? claim.recorded?.to ?? null,
  open: claim.state === 'claimed',
});

/** Model of lists of claims: one's own and the desk's. */
export const claimListModel = (
  data: readonly ClaimView[],
  of: {
    readonly i18n: I18n;
    readonly locale: Locale;
    readonly path: string;
    readonly query: Paging;
    readonly nextCursor: string | null;
  },
): object => ({
  data: data.map((claim) => lineOf(of.i18n, of.locale, claim)),
  ...pagerOf(of.path, of.query, of.nextCursor),
  count: data.length,
});

/** Claims of a record, on its page. */
export const claimsOfRecord = (rows: readonly HoursClaimRow[], i18n: I18n, locale: Locale): object[] =>
  rows.map((row) => lineOf(i18n, locale, toClaimView(row)));

/** Model of `hours/claim`. */
export function claimModel(
  { i18n, locale, zone }: Reader,
  of: {
    readonly row: HoursClaimRow;
    readonly recordId: string | null;
    readonly correctedId: string | null;
    readonly evidence: readonly object[];
    readonly own: boolean;
    readonly can: { readonly withdraw: boolean; readonly answer: boolean };
    /** Why a reader whose right it is may not answer this one. */
    readonly whyNot: 'not-your-own' | 'claim-needs-another' | null;
    readonly values?: Readonly<Record<string, unknown>>;
    readonly issues?: readonly FieldIssue[];
  },
): object {
  const { row, values = {}, issues = [] } = of;
  const upload = createForm({ i18n, locale, messages: 'hours.claims.evidence' });
  const form = createForm({
    i18n,
    locale,
    messages: 'hours.claims.answer',
    values: { ...(row.claimed ? typedOf(row.claimed, zone) : {}), ...values },
    issues,
  });
  const t = i18n.in(locale);
  return {
    ...lineOf(i18n, locale, toClaimView(row)),
    recordId: of.recordId,
    correctedId: of.correctedId,
    evidence: of.evidence,
    own: of.own,
    can: of.can,
    saidByText: row.saidBy ? t(`hours.claims.saidBy.${row.saidBy}`) : '',
    whyNotText: of.whyNot ? t(`errors.${of.whyNot}`) : null,
    crumb:
      of.can.answer || of.whyNot
        ? { href: '/hours/claims/desk', label: t('hours.claims.desk') }
        : of.own
          ? { href: '/hours/claims', label: t('hours.claims.title') }
          : null,
    fileField: upload.input('file', 'file', { accept: ACCEPTED_FILES }),
    fields: {
      date: form.input('date', 'date', { width: 'short' }),
      startTime: form.input('startTime', 'time', { width: 'short' }),
      endTime: form.input('endTime', 'time', { width: 'short' }),
      breakMinutes: form.input('breakMinutes', 'number', {
        width: 'short',
        unit: t('tenants.unit.minutes'),
        inputMode: 'numeric',
        min: 0,
        max: 600,
      }),
      reason: form.textarea('reason', { required: true, maxLength: 300, rows: 2 }),
    },
    errors: form.errors,
    history: row.history.map((entry) => ({
      title: t(`states.hoursClaim.${entry.to}` as 'states.hoursClaim.claimed'),
      at: entry.at,
      by: null,
      text: entry.reason,
      icon: null,
    })),
  };
}
