import { formatDate, formatMinutes } from '../../i18n/index.ts';
import type { Reader } from '../../i18n/index.ts';
import { levelNameOf } from '../credentials/index.ts';
import { worded } from '../credits/index.ts';
import type { EvaluationRunRow, RegistrationWatchRow } from './watch.model.ts';
import type { OwnRegistration } from './own.service.ts';
import { REMIND_DAYS, remindersOf } from './re-registration.rules.ts';
import type { ChecklistItem } from './re-registration.rules.ts';
import type { PackageView } from './re-registration.schema.ts';
import type { PackageWords } from './re-registration.pdf.ts';

const registrationOf = ({ credential }: OwnRegistration) => ({
  type: credential.type,
  level: credential.level,
  number: credential.number,
  issuer: credential.issuer,
  issuedOn: credential.issuedOn,
  validFrom: credential.validFrom,
  validTo: credential.validTo,
});
const plainItem = ({ code, done, params }: ChecklistItem) => ({ code, done, params: { ...params } });

export function toOwnView(own: OwnRegistration | null, on: string) {
  if (!own)
    return {
      on,
      registration: null,
      programme: null,
      cycle: null,
      totalMinutes: 0,
      requiredMinutes: 0,
      missingMinutes: 0,
      eligibleFrom: null,
      canApplyOn: false,
      checklist: [],
      forecast: null,
      reminders: [],
      ready: false,
    };
  const { evaluation, programme } = own.own;
  return {
    on: own.on,
    registration: registrationOf(own),
    programme: programme.programme,
    cycle: { ...evaluation.cycle },
    totalMinutes: evaluation.totalMinutes,
    requiredMinutes: evaluation.requiredMinutes,
    missingMinutes: evaluation.missingMinutes,
    eligibleFrom: evaluation.eligibleFrom,
    canApplyOn: evaluation.canApplyOn,
    checklist: own.checklist.map(plainItem),
    forecast: own.forecast,
    reminders: own.credential.validTo
      ? remindersOf(own.credential.validTo, programme.remindDaysBefore ?? REMIND_DAYS)
      : [],
    ready: own.ready,
  };
}

/** What is handed in, as data. */
export function toPackage(own: OwnRegistration, organisation: string): PackageView {
  const { evaluation, programme } = own.own;
  return {
    format: 'linli-re-registration/1',
    preparedOn: own.on,
    organisation,
    name: own.personName,
    registration: registrationOf(own),
    programme: programme.programme,
    source: programme.source,
    cycle: { ...evaluation.cycle },
    totalMinutes: evaluation.totalMinutes,
    requiredMinutes: evaluation.requiredMinutes,
    missingMinutes: evaluation.missingMinutes,
    entries: evaluation.entries
      .flatMap(({ id, countedMinutes, reason }) => {
        const row = own.entries.get(id);
        return row && countedMinutes > 0
          ? [
              {
                id,
                title: row.title,
                host: row.host,
                activity: row.activity,
                date: row.date,
                minutes: row.minutes,
                countedMinutes,
                reason,
                evidence: [...row.evidence],
                pictures: !own.withoutEvidence.includes(row.title),
              },
            ]
          : [];
      })
      .sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : a.id < b.id ? -1 : 1)),
    checklist: own.checklist.map(plainItem),
  };
}

/** One thing of the checklist in words: what is there, or what is missing. */
export function itemText(
  { i18n, locale }: Reader,
  { code, done, params }: Pick<ChecklistItem, 'code' | 'done' | 'params'>,
): string {
  const t = i18n.in(locale);
  const date = (name: string): string => formatDate(String(params[name]), { locale, zone: 'UTC' });
  switch (code) {
    case 'window':
      return t(`re-registration.checklist.window.${String(params['when'])}`, {
        from: date('from'),
        to: date('to'),
      });
    case 'hours':
      return done
        ? t('re-registration.checklist.hours.done')
        : t('re-registration.checklist.hours.open', {
            time: formatMinutes(Number(params['minutes']), locale),
          });
    case 'evidence':
      return done
        ? t('re-registration.checklist.evidence.done')
        : t('re-registration.checklist.evidence.open', { count: Number(params['count']) });
    case 'registration':
    case 'certificate':
    case 'identity':
    case 'capacity':
      return t(`re-registration.checklist.${code}.${done ? 'done' : 'open'}`);
  }
}

/** Where what is missing is mended. */
const WAYS: Readonly<Partial<Record<ChecklistItem['code'], string>>> = {
  hours: '/credits/new',
  evidence: '/credits',
  certificate: '/credentials',
  identity: '/account/identity',
  capacity: '/profile',
};

export const wordsOf = (reader: Reader, own: OwnRegistration): PackageWords => ({
  ...reader,
  level: levelNameOf(own.credential.type, own.credential.level, reader.locale),
  programme: worded(reader, 'programme', own.own.programme.programme),
  activity: (name) => worded(reader, 'activity', name),
  item: (item) => itemText(reader, item as ChecklistItem),
});

/** "At this pace you miss 4 h by 14 March", or when everything will be there. */
function forecastText({ i18n, locale }: Reader, own: OwnRegistration): string | null {
  const { forecast: seen, own: evaluated } = own;
  const date = (day: string): string => formatDate(day, { locale, zone: 'UTC' });
  const { missingMinutes, shortfalls } = evaluated.evaluation;
  // A pace tells of hours in all; what a category or a piece lacks is said where it is asked for.
  if (!seen || shortfalls.length === 0 || missingMinutes === 0) return null;
  if (seen.reachedOn !== null)
    return i18n.t(locale, 're-registration.forecast.reached', { date: date(seen.reachedOn) });
  return i18n.t(locale, 're-registration.forecast.short', {
    time: formatMinutes(seen.missingMinutes, locale),
    date: date(evaluated.evaluation.cycle.end),
  });
}

/** Model of `re-registration/own`. */
export function ownModel(reader: Reader, own: OwnRegistration | null): object {
  if (!own) return { registration: null };
  const { i18n, locale } = reader;
  const { evaluation, programme } = own.own;
  const date = (day: string): string => formatDate(day, { locale, zone: 'UTC' });
  return {
    registration: {
      level: levelNameOf(own.credential.type, own.credential.level, locale),
      href: `/credentials/${String(own.credential._id)}`,
      validity: i18n.t(locale, 'credentials.fromTo', {
        from: date(own.credential.validFrom),
        to: own.credential.validTo ? date(own.credential.validTo) : '–',
      }),
      number: own.credential.number,
    },
    window: i18n.t(locale, 'credits.own.window', {
      from: date(evaluation.cycle.windowStart),
      to: date(evaluation.cycle.windowEnd),
    }),
    ready: own.ready,
    progress: {
      value: Math.min(evaluation.totalMinutes, evaluation.requiredMinutes),
      max: evaluation.requiredMinutes,
      tone: evaluation.shortfalls.length === 0 ? 'green' : 'amber',
      text: i18n.t(locale, 'credits.own.progress', {
        done: formatMinutes(evaluation.totalMinutes, locale),
        of: formatMinutes(evaluation.requiredMinutes, locale),
      }),
    },
    forecast: forecastText(reader, own),
    programme: worded(reader, 'programme', programme.programme),
    items: own.checklist.map((item) => ({
      icon: item.done ? 'circle-check' : 'circle-x',
      text: itemText(reader, item),
      href: item.done ? null : (WAYS[item.code] ?? null),
    })),
    reminders: (own.credential.validTo
      ? remindersOf(own.credential.validTo, programme.remindDaysBefore ?? REMIND_DAYS)
      : []
    ).map(({ days, on }) => ({
      text: i18n.t(locale, 're-registration.reminders.one', { count: days, date: date(on) }),
      past: on < own.on,
    })),
  };
}

export const toRun = (run: EvaluationRunRow) => ({
  id: String(run._id),
  state: run.state,
  on: run.on,
  total: run.total,
  done: run.done,
  canApply: run.canApply,
  behind: run.behind,
  startedAt: run.startedAt.toISOString(),
  finishedAt: run.finishedAt?.toISOString() ?? null,
});

export const toWatch = (row: RegistrationWatchRow) => ({
  id: String(row._id),
  personName: row.personName,
  membershipId: String(row.membershipId),
  level: row.level,
  validTo: row.validTo,
  totalMinutes: row.totalMinutes,
  requiredMinutes: row.requiredMinutes,
  missingMinutes: row.missingMinutes,
  canApply: row.canApply,
  evaluatedOn: row.evaluatedOn,
});

/** Model of `re-registration/overview`. */
export function overviewModel(
  { i18n, locale }: Reader,
  rows: readonly ReturnType<typeof toWatch>[],
  run: ReturnType<typeof toRun> | null,
): object {
  return {
    run: run && {
      running: run.state === 'running',
      value: run.done,
      max: Math.max(1, run.total),
      text: i18n.t(locale, 're-registration.overview.progress', { done: run.done, total: run.total }),
      on: run.on,
      canApply: i18n.t(locale, 're-registration.overview.canApply', { count: run.canApply }),
      behind: i18n.t(locale, 're-registration.overview.behind', { count: run.behind }),
    },
    people: rows.map((row) => ({
      title: row.personName,
      href: `/memberships/${row.membershipId}`,
      facts: [
        { icon: 'certificate', text: levelNameOf('social-worker', row.level, locale) },
        {
          icon: 'calendar-due',
          text: i18n.t(locale, 're-registration.overview.until', {
            date: formatDate(row.validTo, { locale, zone: 'UTC' }),
          }),
        },
        ...(row.totalMinutes === null
          ? []
          : [
              {
                icon: 'clock',
                text: i18n.t(locale, 'credits.own.progress', {
                  done: formatMinutes(row.totalMinutes, locale),
                  of: formatMinutes(row.requiredMinutes ?? 0, locale),
                }),
              },
            ]),
      ],
      text:
        row.missingMinutes === null
          ? ''
          : row.missingMinutes > 0
            ? i18n.t(locale, 're-registration.overview.missing', {
                time: formatMinutes(row.missingMinutes, locale),
              })
            : i18n.t(locale, `re-registration.overview.${row.canApply ? 'mayApply' : 'complete'}`),
    })),
  };
}
