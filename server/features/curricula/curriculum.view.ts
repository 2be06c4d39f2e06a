import { createForm, formatDate } from '../../i18n/index.ts';
import type { Reader } from '../../i18n/index.ts';
import { trackOfRole, TRACKS } from '../training/index.ts';
import { CHOSEN_ROLES } from './curriculum.rules.ts';
import type { CurriculumView, LearningView, OverviewView } from './curriculum.schema.ts';

const TONES: Readonly<Record<string, string>> = {
  learned: 'green',
  renew: 'amber',
  enrolled: 'blue',
  missing: 'grey',
  late: 'red',
};

/** Model of somebody's curricula: what is learned, what is to be done by when, and the parts they say they play. */
export function learningModel({ i18n, locale }: Reader, learning: LearningView): object {
  const t = i18n.in(locale);
  const date = (day: string): string => formatDate(day, { locale, zone: 'UTC' });
  const form = createForm({ i18n, locale, messages: 'curricula.roles', values: { roles: learning.chosen } });
  return {
    personName: learning.personName,
    curricula: learning.curricula.map((one) => {
      const learned = one.items.filter(({ state }) => state === 'learned').length;
      return {
        role: t(`training.role.${one.role}`),
        track: t(`training.track.${one.track}`),
        value: learned,
        max: one.items.length,
        progress: t('curricula.progress', { done: learned, of: one.items.length }),
        tone: one.complete ? 'green' : 'amber',
        items: one.items.map((item) => ({
          ...item,
          href: `/courses/${item.courseId}`,
          tone: TONES[item.state],
          state: t(`curricula.state.${item.state}`),
          when: item.dueOn
            ? t('curricula.by', { date: date(item.dueOn) })
            : item.validTo
              ? t('curricula.until', { date: date(item.validTo) })
              : null,
        })),
      };
    }),
    roles: form.checkboxes(
      'roles',
      CHOSEN_ROLES.map((value) => ({ value, label: t(`training.role.${value}`) })),
    ),
  };
}

/** Model of the list of curricula by track and part. */
export function curriculumModel({ i18n, locale }: Reader, data: readonly CurriculumView[]): object {
  const t = i18n.in(locale);
  return {
    tracks: TRACKS.map((track) => ({
      name: t(`training.track.${track}`),
      curricula: data
        .filter(({ role }) => trackOfRole(role) === track)
        .map((one) => ({
          ...one,
          code: one.role,
          role: t(`training.role.${one.role}`),
          tone: one.inForce ? 'green' : 'grey',
          state: t(one.inForce ? 'curricula.inForce' : 'curricula.version', { number: one.number }),
        })),
    })).filter(({ curricula }) => curricula.length > 0),
  };
}

/** Model of the overview of both tracks. */
export function overviewModel({ i18n, locale }: Reader, overview: OverviewView): object {
  const t = i18n.in(locale);
  return {
    tracks: overview.tracks.map(({ track, roles }) => ({
      name: t(`training.track.${track}`),
      roles: roles.map((one) => ({
        ...one,
        role: t(`training.role.${one.role}`),
        progress: t('curricula.overview.complete', { done: one.complete, of: one.people }),
        tone: one.people > 0 && one.complete === one.people ? 'green' : 'blue',
        courses: one.courses.map((course) => ({
          ...course,
          href: `/courses/${course.id}`,
          missing: Math.max(0, one.people - course.learned),
        })),
      })),
    })),
    empty: overview.tracks.every(({ roles }) => roles.length === 0),
  };
}
