import type { FieldIssue } from '../../core/errors.ts';
import { createForm, formatWeekday } from '../../i18n/index.ts';
import type { Field, Reader } from '../../i18n/index.ts';
import type { Suited } from '../matching/index.ts';
import { coverage } from '../shifts/index.ts';
import { findServiceArea, findSkill, SERVICE_AREAS, SKILL_GROUPS } from '../skills/index.ts';
import type { SavedSearchRow } from './saved-search.model.ts';
import { clockOf, OFTEN } from './saved-search.rules.ts';
import { RADII_KM } from './saved-search.schema.ts';
import type { FoundPosition, SavedSearchView } from './saved-search.schema.ts';

export const toSavedSearch = (row: SavedSearchRow): SavedSearchView => ({
  id: String(row._id),
  version: row.version,
  name: row.name,
  words: row.words,
  category: row.category,
  skills: [...row.skills],
  weekdays: [...row.weekdays],
  from: clockOf(row.fromMinute),
  to: clockOf(row.toMinute),
  withinKm: row.withinMetres === null ? null : row.withinMetres / 1_000,
  latitude: row.around?.coordinates[1] ?? null,
  longitude: row.around?.coordinates[0] ?? null,
  often: row.often,
  paused: row.paused,
  toldAt: row.toldAt?.toISOString() ?? null,
  createdAt: row.createdAt.toISOString(),
});

export const toFound = ({ position, shift, fit }: Suited): FoundPosition => ({
  positionId: String(position._id),
  shiftId: String(shift._id),
  title: shift.title,
  position: position.name,
  place: shift.place.label,
  startsAt: shift.startsAt.toISOString(),
  endsAt: shift.endsAt.toISOString(),
  open: coverage(position).free,
  score: fit.score,
  distanceMetres: fit.distanceMetres,
});

/** What a search asks for, in a few words each. */
export function asked({ i18n, locale }: Reader, search: SavedSearchView): { icon: string; text: string }[] {
  const t = i18n.in(locale);
  const and = t('shifts.needs.and');
  const time =
    search.from && search.to
      ? t('savedSearches.asked.between', { from: search.from, to: search.to })
      : search.from
        ? t('savedSearches.asked.after', { from: search.from })
        : search.to
          ? t('savedSearches.asked.before', { to: search.to })
          : '';
  const parts: [string, string][] = [
    ['search', search.words],
    ['tag', search.category ? (findServiceArea(search.category)?.[locale] ?? search.category) : ''],
    ['tools', search.skills.map((code) => findSkill(code)?.[locale] ?? code).join(and)],
    ['calendar-event', search.weekdays.map((day) => formatWeekday(day, locale, 'short')).join(and)],
    ['clock', time],
    [
      'map-pin',
      search.withinKm === null
        ? ''
        : t(search.latitude === null ? 'savedSearches.asked.home' : 'savedSearches.asked.point', {
            km: search.withinKm,
          }),
    ],
  ];
  return parts.flatMap(([icon, text]) => (text === '' ? [] : [{ icon, text }]));
}

/** The fields of a search; `values` is what was typed or what is stored. */
export function searchForm(
  reader: Reader,
  values: Readonly<Record<string, unknown>>,
  issues: readonly FieldIssue[],
): { fields: Record<string, Field>; errors: readonly object[]; narrowed: boolean } {
  const { i18n, locale } = reader;
  const t = i18n.in(locale);
  const form = createForm({ ...reader, messages: 'savedSearches.form', values, issues });
  const any = { value: '', label: t('common.word.all') };
  const fields = {
    name: form.input('name', 'text', { required: true, maxLength: 60 }),
    words: form.input('words', 'text', { maxLength: 80 }),
    category: form.select(
      'category',
      [any, ...SERVICE_AREAS.map((area) => ({ value: area.code, label: area[locale] }))],
      {},
    ),
    weekdays: form.checkboxes(
      'weekdays',
      [1, 2, 3, 4, 5, 6, 7].map((day) => ({ value: String(day), label: formatWeekday(day, locale) })),
    ),
    from: form.input('from', 'time', { width: 'short' }),
    to: form.input('to', 'time', { width: 'short' }),
    withinKm: form.select('withinKm', [
      { value: '', label: t('savedSearches.form.anywhere') },
      ...RADII_KM.map((km) => ({ value: String(km), label: t('opportunities.radius', { km }) })),
    ]),
    latitude: form.input('latitude', 'text', { width: 'short', inputMode: 'decimal' }),
    longitude: form.input('longitude', 'text', { width: 'short', inputMode: 'decimal' }),
    skills: form.checkboxes(
      'skills',
      SKILL_GROUPS.flatMap((group) =>
        group.skills.map((skill) => ({ value: skill.code, label: skill[locale] })),
      ),
    ),
    often: form.radios(
      'often',
      OFTEN.map((value) => ({ value, label: t(`savedSearches.often.${value}`) })),
      { required: true },
    ),
  };
  const filled = (name: string): boolean => {
    const value = values[name];
    return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null && value !== '';
  };
  return {
    fields,
    errors: form.errors,
    narrowed: ['skills', 'latitude'].some(
      (name) => filled(name) || issues.some(({ path }) => path.startsWith(name)),
    ),
  };
}
