import type { FieldIssue } from '../../core/errors.ts';
import type { Locale } from '../../core/locale.ts';
import { shiftLifecycle } from '../../core/states.ts';
import { addDays, localDate, weekdayOf } from '../../core/time.ts';
import { createForm } from '../../i18n/index.ts';
import type { Field, Form, I18n, OptionInput } from '../../i18n/index.ts';
import { findLanguage, findSkill, LANGUAGES, SKILL_GROUPS, SKILL_LEVELS } from '../skills/index.ts';
import { coverage } from './shift.rules.ts';
import { seriesText } from './copies.view.ts';
import type { SeriesView } from './copies.schema.ts';
import type { Gap } from './shift.rules.ts';
import type { DayCount, PositionView, ShiftView } from './shift.schema.ts';
import type { ShiftAbilities } from './shift.service.ts';
import type { Pager } from '../../http/paging.ts';
import type { LocalText } from '../../db/fields.ts';
import { levelNameOf, PLATFORM_TYPES, typeName } from '../credentials/index.ts';
import type { NeededCredential, NeededPool } from './shift.model.ts';

interface Parts {
  readonly i18n: I18n;
  readonly locale: Locale;
  readonly values?: Readonly<Record<string, unknown>>;
  readonly issues?: readonly FieldIssue[];
}

/** Rows of the skill table in a form; more can be sent by the API. */
const SKILL_ROWS = 3;

/** Fields of a shift; `prefix` (`shift.`) when they stand inside a larger form. Labels come from `shifts.form`. */
export function shiftFields(
  form: Form,
  i18n: I18n,
  locale: Locale,
  prefix: string,
  today: string,
): Record<string, Field> {
  const label = (name: string): { label: string; hint: string | null } => wording(i18n, locale, name);
  const risks: OptionInput[] = ['none', 'bodily'].map((value) => ({
    value,
    label: i18n.t(locale, `shifts.risk.${value}`),
  }));
  return {
    date: form.input(`${prefix}date`, 'date', {
      ...label('date'),
      required: true,
      width: 'short',
      min: today,
    }),
    startTime: form.input(`${prefix}startTime`, 'time', {
      ...label('startTime'),
      required: true,
      width: 'short',
    }),
    endTime: form.input(`${prefix}endTime`, 'time', { ...label('endTime'), required: true, width: 'short' }),
    breakMinutes: form.input(`${prefix}breakMinutes`, 'number', {
      ...label('breakMinutes'),
      min: 0,
      max: 600,
      inputMode: 'numeric',
      width: 'short',
    }),
    leaderName: form.input(`${prefix}leaderName`, 'text', { ...label('leaderName'), maxLength: 60 }),
    riskLevel: form.radios(`${prefix}riskLevel`, risks, { ...label('riskLevel'), required: true }),
    policyNumber: form.input(`${prefix}policyNumber`, 'text', { ...label('policyNumber'), maxLength: 60 }),
  };
}

function wording(i18n: I18n, locale: Locale, name: string): { label: string; hint: string | null } {
  const hint = `shifts.form.${name}.hint`;
  return {
    label: i18n.t(locale, `shifts.form.${name}.label`),
    hint: i18n.has(locale, hint) ? i18n.t(locale, hint) : null,
  };
}

function skillChoices(locale: Locale): OptionInput[] {
  return SKILL_GROUPS.flatMap((group) =>
    group.skills.map((skill) => ({ value: skill.code, label: `${group[locale]} · ${skill[locale]}` })),
  );
}

/** Fields of a position; `prefix` as above. */
export function positionFields(
  form: Form,
  i18n: I18n,
  locale: Locale,
  prefix: string,
  types: ReadonlyMap<string, { readonly name: LocalText; readonly retired: boolean }> = PLATFORM_TYPES,
  pools: ReadonlyMap<string, LocalText> = new Map(),
): object {
  const label = (name: string): { label: string; hint: string | null } => wording(i18n, locale, name);
  const t = i18n.in(locale);
  const none = { value: '', label: t('shifts.form.skill.none') };
  const levels: OptionInput[] = SKILL_LEVELS.map((level) => ({
    value: level === 1 ? '' : String(level),
    label: t(`shifts.level.${level}`),
  }));
  const credentials: OptionInput[] = ['', 'any', 'assistant', 'intermediate', 'senior'].map((value) => ({
    value,
    label: t(`shifts.credential.${value === '' ? 'none' : value}`),
  }));
  const number = { inputMode: 'numeric', width: 'short' } as const;
  return {
    name: form.input(`${prefix}name`, 'text', { ...label('positionName'), required: true, maxLength: 40 }),
    required: form.input(`${prefix}required`, 'number', {
      ...label('required'),
      ...number,
      required: true,
      min: 1,
    }),
    maximum: form.input(`${prefix}maximum`, 'number', { ...label('maximum'), ...number, min: 1 }),
    admission: form.radios(
      `${prefix}admission`,
      ['direct', 'approval'].map((value) => ({ value, label: t(`shifts.admission.${value}`) })),
      { ...label('admission'), required: true },
    ),
    skills: Array.from({ length: SKILL_ROWS }, (_unused, row) => ({
      code: form.select(`${prefix}skills.${row}.code`, [none, ...skillChoices(locale)], {
        ...label('skill'),
        hint: null,
      }),
      minLevel: form.select(`${prefix}skills.${row}.minLevel`, levels, { ...label('minLevel'), hint: null }),
    })),
    credentialLevel: form.select(`${prefix}credentialLevel`, credentials, label('credentialLevel')),
    otherCredentials: form.checkboxes(
      `${prefix}otherCredentials`,
      [...types]
        .filter(([code, { retired }]) => code !== 'social-worker' && !retired)
        .map(([value, { name }]) => ({ value, label: name[locale] })),
      label('otherCredentials'),
    ),
    pools:
      pools.size === 0
        ? null
        : form.checkboxes(
            `${prefix}pools`,
            [...pools].map(([value, name]) => ({ value, label: name[locale] })),
            label('pools'),
          ),
    languages: form.checkboxes(
      `${prefix}languages`,
      LANGUAGES.map((language) => ({ value: language.code, label: language[locale] })),
      { ...label('languages'), width: 'short' },
    ),
    minAge: form.input(`${prefix}minAge`, 'number', { ...label('minAge'), ...number, min: 8, max: 120 }),
    maxAge: form.input(`${prefix}maxAge`, 'number', { ...label('maxAge'), ...number, min: 8, max: 120 }),
  };
}

/** A position's stored values under the names of its form. */
export function positionValues(position: PositionView): Record<string, unknown> {
  const credential = position.credentials.find(({ type }) => type === 'social-worker');
  const others = position.credentials.filter(({ type }) => type !== 'social-worker');
  return {
    ...position,
    credentialLevel: credential ? credential.level || 'any' : '',
    otherCredentials: others.map(({ type }) => type),
    pools: position.pools.map(({ id }) => id),
    trainings: position.trainings.map(({ courseId }) => courseId),
    ...Object.fromEntries(
      position.skills.flatMap((skill, row) => [
        [`skills.${row}.code`, skill.code],
        [`skills.${row}.minLevel`, skill.minLevel === 1 ? '' : skill.minLevel],
      ]),
    ),
  };
}

/** Only this shift, or those after it in its series too; null when none follow. */
function scopeField(form: Form, following: number, i18n: I18n, locale: Locale): Field | null {
  if (following === 0) return null;
  const t = i18n.in(locale);
  return form.radios(
    'scope',
    [
      { value: 'one', label: t('shifts.series.scope.one') },
      { value: 'following', label: t('shifts.series.scope.following', { count: following }) },
    ],
    { label: t('shifts.series.scope.label'), required: true },
  );
}

/** Model of `shifts/form`: a new shift of a request, or an edit. */
export function shiftFormModel(
  parts: Parts & {
    action: string;
    crumb: { href: string; label: string };
    version: number | null;
    today: string;
    taken: number;
    /** Shifts of its series after it. */
    following: number;
  },
): object {
  const { i18n, locale } = parts;
  const form = createForm({
    ...parts,
    messages: 'shifts.form',
    values: { riskLevel: 'none', scope: 'one', ...parts.values },
  });
  const fields = {
    ...shiftFields(form, i18n, locale, '', parts.today),
    // Somebody may have a place on a later one of the series only.
    tellPeople: parts.taken > 0 || parts.following > 0 ? form.checkbox('tellPeople') : null,
    scope: scopeField(form, parts.following, i18n, locale),
  };
  return {
    fields,
    errors: form.errors,
    action: parts.action,
    crumb: parts.crumb,
    version: parts.version,
    taken: parts.taken,
    isNew: parts.version === null,
  };
}

/** Model of `shifts/position-form`. */
export function positionFormModel(
  parts: Parts & {
    action: string;
    crumb: { href: string; label: string };
    version: number | null;
    types: Parameters<typeof positionFields>[4];
    pools: Parameters<typeof positionFields>[5];
    courses: readonly { readonly id: string; readonly title: string }[];
  },
): object {
  const { i18n, locale } = parts;
  const form = createForm({
    ...parts,
    messages: 'shifts.form',
    values: { admission: 'direct', ...parts.values },
  });
  const fields = {
    ...positionFields(form, i18n, locale, '', parts.types, parts.pools),
    trainings:
      parts.courses.length > 0
        ? form.checkboxes(
            'trainings',
            parts.courses.map(({ id, title }) => ({ value: id, label: title })),
            wording(i18n, locale, 'trainings'),
          )
        : null,
  };
  return {
    fields,
    errors: form.errors,
    action: parts.action,
    crumb: parts.crumb,
    version: parts.version,
    isNew: parts.version === null,
  };
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
    copyHref: parts.canCreate ? `/day-copies?from=${query.from}` : null,
  };
}
