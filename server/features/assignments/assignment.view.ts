import type { I18n } from '../../i18n/index.ts';
import { formatDate, formatDistance, formatNumber, formatTimeSpan, formatWeekday } from '../../i18n/index.ts';
import type { Locale } from '../../core/locale.ts';
import { levelNameOf, typeName } from '../credentials/index.ts';
import type { Change, Finding } from '../matching/index.ts';
import { wayOut } from '../matching/index.ts';
import type { Nature } from '../shifts/index.ts';
import { findLanguage, findSkill } from '../skills/index.ts';
import { LEAVING_REASONS, NEVER_CAME } from './assignment.model.ts';
import type { AssignmentRow, LeavingReason } from './assignment.model.ts';
import { readLapse } from './lapse.rules.ts';
import type { AssignmentView } from './assignment.schema.ts';

/** A finding in words, one that names a shift with its time in the zone: codes of skills, languages and credentials are worded too. */
export function wordFinding(i18n: I18n, locale: Locale, finding: Finding, zone = 'Asia/Shanghai'): string {
  const { shift, startsAt, endsAt } = finding.params ?? {};
  if (shift !== undefined && startsAt !== undefined && endsAt !== undefined) {
    const when = formatTimeSpan(startsAt, endsAt, { locale, zone });
    return i18n.t(locale, `matching.near.${finding.code}`, {
      shift,
      when,
      gap: finding.params?.['gap'] ?? 0,
      distance: formatDistance(Number(finding.params?.['metres'] ?? 0), locale),
    });
  }
  return i18n.t(locale, `matching.finding.${finding.code}`, wordParams(i18n, locale, finding.params ?? {}));
}

/** What a share of a score is reckoned from, in words; numbers to the last digit, or nobody could reckon with them. */
export function wordInput(i18n: I18n, locale: Locale, { code, params = {} }: Finding): string {
  const { held, date, ...others } = params;
  return i18n.t(locale, `matching.input.${code}`, {
    ...Object.fromEntries(
      Object.entries(others).map(([name, value]) => [
        name,
        typeof value === 'number' ? formatNumber(value, locale) : (findSkill(value)?.[locale] ?? value),
      ]),
    ),
    ...(typeof held === 'number' ? { held, level: i18n.t(locale, `matching.level.${held}`) } : {}),
    ...(typeof date === 'string' ? { date: formatDate(date, { locale, zone: 'UTC' }) } : {}),
  });
}

/** A part of a score with what it is reckoned from. */
export interface ReckonedPart {
  readonly rule: string;
  readonly points: number;
  readonly most: number;
  readonly share: { readonly of: number; readonly from: number };
  readonly finding: Finding | null;
  readonly inputs: readonly Finding[];
}

/** Rows of `matching/_reckoning`: what each part means, what it is reckoned from, and the sum. */
export function reckoningRows(
  i18n: I18n,
  locale: Locale,
  parts: readonly ReckonedPart[],
  zone?: string,
): object[] {
  const t = i18n.in(locale);
  const number = (value: number): string => formatNumber(value, locale);
  return parts.map(({ rule, points, most, share, finding, inputs }) => ({
    rule: t(`matching.rule.${rule}`),
    explain: t(`matching.explain.${rule}`),
    finding: finding ? wordFinding(i18n, locale, finding, zone) : null,
    inputs: inputs.map((input) => wordInput(i18n, locale, input)),
    points: number(points),
    sum: t('matching.pair.line', {
      most: number(most),
      of: number(share.of),
      from: number(share.from),
      points: number(points),
    }),
  }));
}

/** Codes of skills, languages and certificates as words, metres and minutes as people say them. */
function wordParams(
  i18n: I18n,
  locale: Locale,
  params: Readonly<Record<string, string | number>>,
): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]): [string, string | number] => {
      if (name === 'skill') return [name, findSkill(String(value))?.[locale] ?? String(value)];
      if (name === 'language') return [name, findLanguage(String(value))?.[locale] ?? String(value)];
      if (name === 'pool') return [name, String(params[`name-${locale}`] ?? value)];
      if (name === 'credential') return [name, nameOf(locale, String(value), params)];
      if (name === 'metres') return [name, formatDistance(Number(value), locale)];
      if (name === 'level')
        return [
          name,
          typeof value === 'number'
            ? i18n.t(locale, `matching.level.${value}`)
            : levelNameOf(String(params['credential'] ?? ''), value, locale),
        ];
      if (name === 'minutes') return [name, Math.round(Number(value) / 60)];
      return [name, value];
    }),
  );
}

/** What a type of certificate is called: by the catalogue that comes with Linli, else as the finding brought it along. */
const nameOf = (locale: Locale, code: string, params: Finding['params']): string =>
  String(params?.[`name-${locale}`] ?? typeName(code, locale));

const CODED: readonly (string | null)[] = [...LEAVING_REASONS, NEVER_CAME];
const isCodedReason = (reason: string | null): reason is LeavingReason | typeof NEVER_CAME =>
  CODED.includes(reason);

/** A stored reason in the reader's language: what somebody wrote as it is, what a lapse left behind in words. */
export function wordReason(i18n: I18n, locale: Locale, reason: string | null): string | null {
  if (isCodedReason(reason)) return i18n.t(locale, `assignments.reason.${reason}`);
  const lapse = readLapse(reason);
  if (!lapse) return reason;
  const known = lapse.of === 'credential' ? typeName(lapse.what, locale) : lapse.what;
  return i18n.t(locale, `assignments.lapse.${lapse.of}.${lapse.how}`, {
    name: known === lapse.what ? lapse.name : known,
  });
}

/** Refusals as a page shows them: words, and where the person could do something about it. */
export function refusalsModel(
  i18n: I18n,
  locale: Locale,
  refusals: readonly Finding[],
  zone?: string,
): { text: string; href: string | null }[] {
  const ways = {
    profile: '/profile',
    credentials: '/credentials',
    membership: '/join',
    consents: '/account/consents',
    matching: '/me/matching',
    training: '/sessions',
    guardian: '/account/guardian',
    pools: '/qualifications',
  } as const;
  return refusals.map((refusal) => {
    const way = wayOut(refusal);
    return { text: wordFinding(i18n, locale, refusal, zone), href: way ? ways[way] : null };
  });
}

const CHANGE_WAYS = {
  profile: '/profile',
  credentials: '/credentials',
  membership: '/join',
  consents: '/account/consents',
  training: '/training',
  guardian: '/account/guardian',
  pools: '/qualifications',
} as const;

/** Changes that would make a position fit, in words, and where each is done. */
export function changesModel(
  i18n: I18n,
  locale: Locale,
  changes: readonly Pick<Change, 'code' | 'params' | 'way'>[],
): { text: string; href: string }[] {
  return changes.map(({ code, params, way }) => ({
    text:
      code === 'add-time'
        ? i18n.t(locale, 'matching.change.add-time', {
            day: formatWeekday(Number(params['weekday']), locale),
            from: clockOf(Number(params['startMinute'])),
            to: clockOf(Number(params['endMinute'])),
          })
        : i18n.t(locale, `matching.change.${code}`, wordParams(i18n, locale, params)),
    href: CHANGE_WAYS[way],
  }));
}

const clockOf = (minutes: number): string =>
  `${String(Math.floor(minutes / 60) % 24).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

/** A finding as it goes out. */
export const plainFinding = ({
  code,
  params,
}: Finding): { code: string; params?: Record<string, string | number> } =>
  params ? { code, params: { ...params } } : { code };

export interface AssignmentFacts {
  readonly title: string;
  readonly place: string;
  readonly position: string;
  readonly answerBy: Date | null;
  readonly placeInLine: number | null;
  readonly nature: Nature;
}

export const toAssignmentView = (row: AssignmentRow, facts: AssignmentFacts): AssignmentView => ({
  id: String(row._id),
  version: row.version,
  state: row.state,
  shiftId: String(row.shiftId),
  positionId: String(row.positionId),
  requestId: String(row.requestId),
  title: facts.title,
  position: facts.position,
  place: facts.place,
  startsAt: row.startsAt.toISOString(),
  endsAt: row.endsAt.toISOString(),
  personName: row.personName,
  note: row.note,
  placeInLine: facts.placeInLine,
  nature: facts.nature,
  answerBy: facts.answerBy?.toISOString() ?? null,
  checkIn: row.checkIn ? { at: row.checkIn.at.toISOString(), method: row.checkIn.method } : null,
  checkOut: row.checkOut ? { at: row.checkOut.at.toISOString(), method: row.checkOut.method } : null,
});

/** What the reader may do with the assignment now. */
export function abilitiesOn(
  view: AssignmentView,
  reader: { own: boolean; manages: boolean },
  now: Date,
): Record<'accept' | 'decline' | 'cancel' | 'admit' | 'refuse' | 'checkIn', boolean> {
  const ahead = view.startsAt > now.toISOString();
  return {
    accept: reader.own && view.state === 'offered',
    decline: reader.own && view.state === 'offered',
    cancel:
      (reader.own || reader.manages) &&
      (['requested', 'waitlisted'].includes(view.state) ||
        (ahead && ['accepted', 'confirmed'].includes(view.state))),
    admit: !reader.own && reader.manages && view.state === 'requested',
    refuse: !reader.own && reader.manages && view.state === 'requested',
    checkIn:
      reader.own &&
      ['accepted', 'confirmed', 'checked_in'].includes(view.state) &&
      Date.parse(view.startsAt) - now.getTime() < 3_600_000,
  };
}
