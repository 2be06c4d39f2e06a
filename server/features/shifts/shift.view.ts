import type { FieldIssue } from '../../core/errors.ts';
import type { Locale } from '../../core/locale.ts';
import { shiftLifecycle } from '../../core/states.ts';
import { addDays, localDate, weekdayOf } from '../../core/time.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n, OptionInput } from '../../i18n/index.ts';
import { findLanguage, findSkill } from '../skills/index.ts';
import { givesHours, natureOf } from './nature.rules.ts';
import type { Nature } from './nature.rules.ts';
import { coverage } from './shift.rules.ts';
import { seriesText } from './copies.view.ts';
import { scopeField } from './shift.form.view.ts';
import type { SeriesView } from './copies.schema.ts';
import type { Gap } from './shift.rules.ts';
import type { DayCount, PositionView, ShiftView } from './shift.schema.ts';
import type { ShiftAbilities } from './shift.service.ts';
import type { Pager } from '../../http/paging.ts';
import { levelNameOf, typeName } from '../credentials/index.ts';
import type { NeededCredential, NeededPool } from './shift.model.ts';

interface Parts {
  readonly i18n: I18n;
  readonly locale: Locale;
  readonly values?: Readonly<Record<string, unknown>>;
  readonly issues?: readonly FieldIssue[];
}

/** "11 more", "covered", "full" with the tone to show it in. */
export function coverageBadge(
  seats: { required: number; maximum: number; taken: number },
  i18n: I18n,
  locale: Locale,
): { text: string; tone: string; icon: string } {
  const { level, missing } = coverage(seats);
  if (level === 'full') return { text: i18n.t(locale, 'shifts.coverage.full'), tone: 'grey', icon: 'users' };
  if (level === 'covered')
    return { text: i18n.t(locale, 'shifts.coverage.covered'), tone: 'green', icon: 'circle-check' };
  return {
    text: i18n.t(locale, 'shifts.coverage.needs', { count: missing }),
    tone: 'amber',
    icon: 'user-plus',
  };
}

/** The badge of a whole shift: one position's surplus does not cover another's need. */
export function shiftBadge(
  shift: { missing: number; maximum: number; taken: number },
  i18n: I18n,
  locale: Locale,
): { text: string; tone: string; icon: string } | null {
  if (shift.maximum === 0) return null;
  return coverageBadge(
    { required: shift.taken + shift.missing, maximum: shift.maximum, taken: shift.taken },
    i18n,
    locale,
  );
}

/** "3 of 6", as the bar beside it shows. */
const fillText = (
  { taken, maximum }: { readonly taken: number; readonly maximum: number },
  i18n: I18n,
  locale: Locale,
): string =>
  i18n.t(locale, taken < maximum ? 'common.fill.open' : 'common.fill.full', { taken, places: maximum });

/** One line of a list of shifts, drawn without components: a list has many. */
export function shiftRow(shift: ShiftView, i18n: I18n, locale: Locale): object {
  return {
    id: shift.id,
    href: `/shifts/${shift.id}`,
    title: shift.title,
    startsAt: shift.startsAt,
    endsAt: shift.endsAt,
    place: shift.place.label,
    // Published is what one expects; the badge says how full it is.
    state: shift.state === 'published' ? null : shift.state,
    taken: shift.taken,
    maximum: shift.maximum,
    fill: fillText(shift, i18n, locale),
    badge: ['draft', 'published', 'locked', 'running'].includes(shift.state)
      ? shiftBadge(shift, i18n, locale)
      : null,
  };
}

/** Why attending gives no volunteer hours, in words (R-1.14); null where it does. */
export const noHoursText = (
  shift: { readonly nature?: Nature | undefined },
  i18n: I18n,
  locale: Locale,
): string | null => (givesHours(shift) ? null : i18n.t(locale, `shifts.noHours.${natureOf(shift)}`));

/** What a position asks for, in words. */
export function needsOf(
  position: Pick<PositionView, 'skills' | 'languages' | 'minAge' | 'maxAge'> & {
    readonly credentials: readonly NeededCredential[];
    readonly pools?: readonly NeededPool[];
    readonly trainings?: PositionView['trainings'];
  },
  i18n: I18n,
  locale: Locale,
): { icon: string; text: string }[] {
  const t = i18n.in(locale);
  const needs: { icon: string; text: string }[] = [];
  for (const credential of position.credentials)
    needs.push({
      icon: 'certificate',
      text:
        credential.type === 'social-worker'
          ? t(`shifts.credential.${credential.level || 'any'}`)
          : otherText(credential, i18n, locale),
    });
  if (position.pools && position.pools.length > 0)
    needs.push({
      icon: 'rosette',
      text: t('shifts.needs.pool', {
        pools: position.pools.map(({ name }) => name[locale]).join(t('credits.listSeparator')),
      }),
    });
  for (const { title } of position.trainings ?? [])
    needs.push({ icon: 'school', text: t('shifts.needs.training', { title }) });
  for (const skill of position.skills)
    needs.push({
      icon: 'tools',
      text: t('shifts.needs.skill', {
        skill: findSkill(skill.code)?.[locale] ?? skill.code,
        level: t(`shifts.level.${skill.minLevel}`),
      }),
    });
  if (position.languages.length > 0)
    needs.push({
      icon: 'language',
      text: position.languages
        .map((code) => findLanguage(code)?.[locale] ?? code)
        .join(t('shifts.needs.and')),
    });
  const { minAge, maxAge } = position;
  if (minAge !== null && maxAge !== null)
    needs.push({ icon: 'user', text: t('shifts.needs.ages', { min: minAge, max: maxAge }) });
  else if (minAge !== null) needs.push({ icon: 'user', text: t('shifts.needs.minAge', { min: minAge }) });
  else if (maxAge !== null) needs.push({ icon: 'user', text: t('shifts.needs.maxAge', { max: maxAge }) });
  return needs;
}

function otherText({ type, level, name }: NeededCredential, i18n: I18n, locale: Locale): string {
  const credential = typeName(type, locale, name);
  return level === ''
    ? credential
    : i18n.t(locale, 'shifts.needs.credentialLevel', { credential, level: levelNameOf(type, level, locale) });
}

/** Where a gap is mended. */
function gapHref(gap: Gap, shift: { id: string; requestId: string }): string {
  const anchor = `#f-${gap.field.replaceAll('.', '-')}`;
  if (gap.on === 'positions') return `/shifts/${shift.id}/positions/new`;
  return gap.on === 'request'
    ? `/requests/${shift.requestId}/edit${anchor}`
    : `/shifts/${shift.id}/edit${anchor}`;
}

/** Model of `shifts/show`: the coordinator's page. */
export function shiftModel(
  parts: Parts & {
    shift: ShiftView & { readonly unitName: string };
    gaps: readonly Gap[];
    series: SeriesView | null;
    mayRepeat: boolean;
    abilities: ShiftAbilities;
    publicHref: string | null;
  },
): object {
  const { i18n, locale, shift, gaps, abilities } = parts;
  const t = i18n.in(locale);
  const form = createForm({
    ...parts,
    messages: 'shifts.cancel',
    idPrefix: 'c',
    values: { scope: 'one', ...parts.values },
  });
  const reason = form.textarea('reason', { required: true, maxLength: 300, rows: 2 });
  const following = parts.series?.following ?? 0;
  const scope = scopeField(form, following, i18n, locale);
  const waiting = shift.state === 'draft' || shift.state === 'published' || shift.state === 'locked';
  const word = (gap: Gap): object => ({
    text: t(`errors.${gap.code}`),
    href: gapHref(gap, shift),
  });
  return {
    ...shift,
    coverageText: waiting ? (shiftBadge(shift, i18n, locale)?.text ?? null) : null,
    facts: [
      { label: t('shifts.show.request'), value: shift.title, href: `/requests/${shift.requestId}` },
      {
        label: t('common.word.place'),
        value: [shift.place.label, shift.place.address].filter(Boolean).join(' · '),
      },
      { label: t('shifts.show.unit'), value: shift.unitName },
      ...(parts.series
        ? [
            {
              label: t('shifts.series.label'),
              value: seriesText(parts.series, i18n, locale),
              href: `/shifts?seriesId=${parts.series.id}`,
            },
          ]
        : []),
      { label: t('shifts.form.leaderName.label'), value: shift.leaderName || '–' },
      ...(shift.breakMinutes > 0
        ? [{ label: t('shifts.form.breakMinutes.label'), value: String(shift.breakMinutes) }]
        : []),
      { label: t('shifts.form.riskLevel.label'), value: t(`shifts.risk.${shift.riskLevel}`) },
      ...(shift.riskLevel === 'bodily'
        ? [{ label: t('shifts.form.policyNumber.label'), value: shift.policyNumber || '–' }]
        : []),
    ],
    noHours: noHoursText(shift, i18n, locale),
    cancelled: shift.cancelReason === null ? null : cancelText(shift.cancelReason, i18n, locale),
    checklist: {
      show: abilities.edit && waiting && gaps.length > 0,
      blocking: gaps.filter((gap) => gap.blocking && shift.state === 'draft').map(word),
      advice: gaps.filter((gap) => !gap.blocking).map(word),
    },
    ready: gaps.every((gap) => !gap.blocking),
    positions: shift.positions.map((position) => ({
      ...position,
      needs: needsOf(position, i18n, locale),
      badge: coverageBadge(position, i18n, locale),
      admissionText: t(`shifts.admission.${position.admission}`),
      candidatesHref: abilities.findPeople ? `/positions/${position.id}/candidates` : null,
      editHref: abilities.edit ? `/positions/${position.id}/edit` : null,
      removeAction: abilities.edit && shift.state === 'draft' ? `/positions/${position.id}/removal` : null,
    })),
    abilities,
    publicHref: parts.publicHref,
    repeatHref: parts.mayRepeat ? `/shifts/${shift.id}/repetitions` : null,
    publishAll: following > 0 ? t('shifts.series.publish', { count: following }) : null,
    writeHref: abilities.write ? `/shifts/${shift.id}/announcements` : null,
    attendanceHref: abilities.runDay ? `/shifts/${shift.id}/attendance` : null,
    errors: form.errors,
    fields: { reason, scope },
  };
}

function cancelText(reason: string, i18n: I18n, locale: Locale): string {
  const key = `shifts.coded.${reason}`;
  return /^[a-z]+(-[a-z]+)*$/.test(reason) && i18n.has(locale, key) ? i18n.t(locale, key) : reason;
}

/** Model of `shifts/index`: the list by day. */
export function shiftListModel(
  parts: Parts & {
    shifts: readonly ShiftView[];
    query: { readonly from: string; readonly state?: string | undefined };
    zone: string;
    today: string;
    strip: readonly DayCount[];
    pager: Pager;
    canCreate: boolean;
    runsDays: boolean;
  },
): object {
  const { i18n, locale, query, zone } = parts;
  const form = createForm({ i18n, locale, messages: 'shifts.filter', values: query });
  const states: OptionInput[] = [
    { value: '', label: i18n.t(locale, 'common.word.all') },
    ...shiftLifecycle.states.map((state) => ({
      value: state,
      label: i18n.t(locale, `states.shift.${state}`),
    })),
  ];
  const days = Map.groupBy(parts.shifts, (shift) => localDate(new Date(shift.startsAt), zone));
  const at = (date: string): string => `/shifts?from=${date}${query.state ? `&state=${query.state}` : ''}`;
  return {
    filter: {
      from: form.input('from', 'date', { width: 'short', required: true }),
      state: form.select('state', states, { required: true }),
    },
    filtered: query.from !== parts.today || query.state !== undefined,
    jumps: [
      {
        href: at(addDays(query.from, -7)),
        icon: 'chevrons-left',
        label: i18n.t(locale, 'shifts.index.weekBack'),
      },
      { href: at(parts.today), icon: 'calendar-event', label: i18n.t(locale, 'common.word.today') },
      {
        href: at(addDays(query.from, 7)),
        icon: 'chevrons-right',
        label: i18n.t(locale, 'shifts.index.weekOn'),
      },
    ],
    strip: parts.strip.map(({ date, shifts, missing }) => ({
      href: at(date),
      weekday: i18n.t(locale, `shifts.weekday.${weekdayOf(date)}`),
      dayOfMonth: Number(date.slice(8)),
      date,
      isToday: date === parts.today,
      shifts,
      missing,
      covered: shifts > 0 && missing === 0 && date >= parts.today,
    })),
    days: [...days].map(([day, shifts]) => ({
      day: shifts[0]?.startsAt ?? day,
      isToday: day === parts.today,
      shifts: shifts.map((shift) => shiftRow(shift, i18n, locale)),
    })),
    ...parts.pager,
    count: parts.shifts.length,
    canCreate: parts.canCreate,
    boardHref: parts.runsDays ? `/attendance${query.from === parts.today ? '' : `?day=${query.from}`}` : null,
    copyHref: parts.canCreate ? `/day-copies?from=${query.from}` : null,
  };
}
