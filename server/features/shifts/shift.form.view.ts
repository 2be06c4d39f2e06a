import type { FieldIssue } from '../../core/errors.ts';
import type { Locale } from '../../core/locale.ts';
import { createForm } from '../../i18n/index.ts';
import type { Field, Form, I18n, OptionInput } from '../../i18n/index.ts';
import { LANGUAGES, SKILL_GROUPS, SKILL_LEVELS } from '../skills/index.ts';
import { NATURES } from './nature.rules.ts';
import { RADIUS_METRES } from './shift.model.ts';
import type { PositionView } from './shift.schema.ts';
import type { LocalText } from '../../db/fields.ts';
import { PLATFORM_TYPES } from '../credentials/index.ts';

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
    radiusMetres: form.input(`${prefix}radiusMetres`, 'number', {
      ...label('radiusMetres'),
      ...RADIUS_METRES,
      inputMode: 'numeric',
      width: 'short',
    }),
    leaderName: form.input(`${prefix}leaderName`, 'text', { ...label('leaderName'), maxLength: 60 }),
    nature: form.select(`${prefix}nature`, natureChoices(i18n, locale), {
      ...label('nature'),
      required: true,
    }),
    riskLevel: form.radios(`${prefix}riskLevel`, risks, { ...label('riskLevel'), required: true }),
    policyNumber: form.input(`${prefix}policyNumber`, 'text', { ...label('policyNumber'), maxLength: 60 }),
  };
}

/** The natures of an activity as choices of a form, volunteer service first. */
export const natureChoices = (i18n: I18n, locale: Locale): OptionInput[] =>
  NATURES.map((value) => ({ value, label: i18n.t(locale, `shifts.nature.${value}`) }));

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

/** The choice between this shift and those after it in its series too; null when none follow. */
export function scopeField(form: Form, following: number, i18n: I18n, locale: Locale): Field | null {
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
    values: { riskLevel: 'none', nature: 'volunteer', scope: 'one', ...parts.values },
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
