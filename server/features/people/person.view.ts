import { Invalid } from '../../core/errors.ts';
import type { FieldIssue } from '../../core/errors.ts';
import { createForm, formatWeekday } from '../../i18n/index.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { findSkill, LANGUAGES, SERVICE_AREAS, SKILL_GROUPS, SKILL_LEVELS } from '../skills/index.ts';
import type { ProfileBody } from './person.schema.ts';
import type { Profile, ProfileInput } from './person.service.ts';

/** What the service stores of what the form sends. @throws Invalid for stretches that end before they begin */
export function toInput(body: ProfileBody): ProfileInput {
  return {
    name: body.name,
    phone: body.phone || null,
    birthDate: body.birthDate || null,
    languages: body.languages,
    skills: body.skills,
    homeLabel: body.homeLabel,
    home:
      body.latitude !== null && body.longitude !== null
        ? { latitude: body.latitude, longitude: body.longitude }
        : null,
    county: body.county || null,
    availability: body.availability.flatMap((slot, index) => toSlot(slot, index)),
    radiusMetres: body.radiusKm === '' ? null : Number(body.radiusKm) * 1_000,
    interests: body.interests,
    emergencyContact: body.emergencyName
      ? { name: body.emergencyName, phone: body.emergencyPhone, relation: body.emergencyRelation }
      : null,
    consents: body.consents,
  };
}

const minutesOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
const clockOf = (minutes: number): string =>
  `${String(Math.floor(minutes / 60) % 24).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

function toSlot(
  { weekday, from, to }: ProfileBody['availability'][number],
  index: number,
): ProfileInput['availability'][number][] {
  if (from === '' && to === '') return [];
  const [startMinute, endMinute] = [minutesOf(from), to === '00:00' ? 1_440 : minutesOf(to)];
  if (from === '' || to === '' || endMinute <= startMinute)
    throw new Invalid([{ path: `availability.${index}.to`, code: 'ends-before-start' }]);
  return [{ weekday, startMinute, endMinute }];
}

interface FormParts {
  readonly i18n: I18n;
  readonly locale: Locale;
  readonly values: Readonly<Record<string, unknown>>;
  readonly issues: readonly FieldIssue[];
}

/** The stored profile as the flat values of its form. */
export function toValues(profile: Profile): Record<string, unknown> {
  const values: Record<string, unknown> = {
    name: profile.name,
    phone: profile.phone ?? '',
    birthDate: profile.birthDate ?? '',
    languages: [...profile.languages],
    homeLabel: profile.homeLabel,
    latitude: profile.home?.latitude ?? '',
    longitude: profile.home?.longitude ?? '',
    county: profile.county ?? '',
    radiusKm: profile.radiusMetres === null ? '' : String(profile.radiusMetres / 1_000),
    interests: [...profile.interests],
    emergencyName: profile.emergencyContact?.name ?? '',
    emergencyPhone: profile.emergencyContact?.phone ?? '',
    emergencyRelation: profile.emergencyContact?.relation ?? '',
    consents: profile.consents.map(({ purpose }) => purpose),
  };
  profile.skills.forEach((skill, index) => {
    values[`skills.${index}.code`] = skill.code;
    values[`skills.${index}.level`] = String(skill.level);
  });
  const perDay = Map.groupBy(profile.availability, (slot) => slot.weekday);
  for (const [weekday, slots] of perDay) {
    slots.slice(0, 2).forEach((slot, turn) => {
      const at = (weekday - 1) * 2 + turn;
      values[`availability.${at}.from`] = clockOf(slot.startMinute);
      values[`availability.${at}.to`] = clockOf(slot.endMinute);
    });
  }
  return values;
}

/** The profile as it would be sent back unchanged: what a program leaves out stays as it is. */
export const toBody = (profile: Profile): ProfileBody => ({
  name: profile.name,
  phone: profile.phone ?? '',
  birthDate: profile.birthDate ?? '',
  languages: [...profile.languages],
  skills: profile.skills.map(({ code, level }) => ({ code, level })),
  homeLabel: profile.homeLabel,
  latitude: profile.home?.latitude ?? null,
  longitude: profile.home?.longitude ?? null,
  county: profile.county ?? '',
  availability: profile.availability.map((slot) => ({
    weekday: slot.weekday,
    from: clockOf(slot.startMinute),
    to: clockOf(slot.endMinute),
  })),
  radiusKm: profile.radiusMetres === null ? '' : String(profile.radiusMetres / 1_000),
  interests: [...profile.interests],
  emergencyName: profile.emergencyContact?.name ?? '',
  emergencyPhone: profile.emergencyContact?.phone ?? '',
  emergencyRelation: profile.emergencyContact?.relation ?? '',
  consents: profile.consents.flatMap(({ purpose }) =>
    purpose === 'asked-by-others' || purpose === 'location' ? [purpose] : [],
  ),
});

const RADII_KM = [2, 5, 10, 20, 50, 100];
/** Empty rows for skills beyond those there are, so that some can be added without a script. */
const SPARE_SKILLS = 3;

export function profileModel(parts: FormParts, version: number): object {
  const { i18n, locale, values } = parts;
  const form = createForm({ ...parts, messages: 'people.profile' });
  const skillChoices = SKILL_GROUPS.flatMap((group) =>
    group.skills.map((skill) => ({ value: skill.code, label: `${group[locale]} · ${skill[locale]}` })),
  );
  const levels = SKILL_LEVELS.map((level) => ({
    value: String(level),
    label: i18n.t(locale, `matching.level.${level}`),
  }));
  const known = Object.keys(values).filter(
    (name) => /^skills\.\d+\.code$/.test(name) && findSkill(String(values[name])) !== undefined,
  ).length;
  const fields = {
    name: form.input('name', 'text', { required: true, maxLength: 60, autocomplete: 'name' }),
    phone: form.input('phone', 'tel', { maxLength: 20, autocomplete: 'tel', inputMode: 'tel' }),
    birthDate: form.input('birthDate', 'date', { width: 'short', autocomplete: 'bday' }),
    languages: form.checkboxes(
      'languages',
      LANGUAGES.map((language) => ({ value: language.code, label: language[locale] })),
    ),
    skills: Array.from({ length: known + SPARE_SKILLS }, (_unused, index) => ({
      code: form.select(
        `skills.${index}.code`,
        [{ value: '', label: i18n.t(locale, 'people.profile.noSkill') }, ...skillChoices],
        { label: i18n.t(locale, 'people.profile.skill', { number: index + 1 }) },
      ),
      level: form.select(`skills.${index}.level`, [{ value: '', label: '–' }, ...levels], {
        label: i18n.t(locale, 'people.profile.level'),
        width: 'short',
      }),
    })),
    homeLabel: form.input('homeLabel', 'text', { maxLength: 120 }),
    latitude: form.input('latitude', 'text', { width: 'short', inputMode: 'decimal' }),
    longitude: form.input('longitude', 'text', { width: 'short', inputMode: 'decimal' }),
    county: form.input('county', 'text', { width: 'short', maxLength: 6, inputMode: 'numeric' }),
    radiusKm: form.select('radiusKm', [
      { value: '', label: i18n.t(locale, 'people.profile.anyRadius') },
      ...RADII_KM.map((km) => ({
        value: String(km),
        label: i18n.t(locale, 'people.profile.withinKm', { km }),
      })),
    ]),
    interests: form.checkboxes(
      'interests',
      SERVICE_AREAS.map((area) => ({ value: area.code, label: area[locale] })),
    ),
    emergencyName: form.input('emergencyName', 'text', { maxLength: 60 }),
    emergencyPhone: form.input('emergencyPhone', 'tel', { maxLength: 20, inputMode: 'tel' }),
    emergencyRelation: form.input('emergencyRelation', 'text', { maxLength: 20 }),
    consents: form.checkboxes(
      'consents',
      ['asked-by-others', 'location'].map((value) => ({
        value,
        label: i18n.t(locale, `people.consent.${value}`),
      })),
    ),
  };
  const days = Array.from({ length: 7 }, (_unused, day) => ({
    name: formatWeekday(day + 1, locale),
    weekday: day + 1,
    stretches: [0, 1].map((turn) => {
      const at = day * 2 + turn;
      const label = (end: string): string => i18n.t(locale, `people.profile.${end}`);
      return {
        weekdayName: `availability.${at}.weekday`,
        from: form.input(`availability.${at}.from`, 'time', { label: label('from'), width: 'short' }),
        to: form.input(`availability.${at}.to`, 'time', { label: label('to'), width: 'short' }),
      };
    }),
  }));
  return { fields, days, errors: form.errors, version };
}
