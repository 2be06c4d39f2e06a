import { ageOn } from '../../core/time.ts';
import { reachBetween } from './distance.rules.ts';
import type { LocalText } from '../../db/fields.ts';
import type { Finding, HardRule, PersonFacts, PositionFacts } from './matching.types.ts';

const NONE: readonly Finding[] = [];
const say = (code: string, params?: Finding['params']): readonly Finding[] => [
  params ? { code, params } : { code },
];

const MINUTE = 60_000;
const DAY_MS = 1_440 * MINUTE;

/** Only published shifts that have not begun take people. */
const shiftOpen: HardRule = {
  name: 'shift-open',
  level: 'hard',
  fixed: true,
  judge: (position, _person, { now }) => {
    if (position.startsAt <= now) return say('shift-started');
    return position.shiftState === 'published' ? NONE : say('shift-not-open');
  },
};

/** Members of the posting tenant, and people of its counties who may be found (product: "Whom a coordinator may find"). */
const standing: HardRule = {
  name: 'standing',
  level: 'hard',
  fixed: true,
  judge: (_position, { standing: own }) => {
    if (own === 'suspended') return say('membership-suspended');
    return own === 'stranger' ? say('not-a-member') : NONE;
  },
};

/** Who is no member is asked only after agreeing to be asked by others. */
const consent: HardRule = {
  name: 'consent',
  level: 'hard',
  fixed: true,
  judge: (_position, person) => (person.standing === 'unasked' ? say('consent-missing') : NONE),
};

/** Where somebody goes: as far as they say, else as far as the organisation looks. An unknown place shuts nobody out. */
const serviceArea: HardRule = {
  name: 'service-area',
  level: 'hard',
  fixed: false,
  judge: (position, person, { reachMetres }) => {
    const metres = reachBetween(position, person);
    const most = person.radiusMetres ?? reachMetres;
    return metres !== null && metres > most ? say('too-far', { metres: most }) : NONE;
  },
};

/** Tasks that need special knowledge need it at the level asked for. */
const skills: HardRule = {
  name: 'skills',
  level: 'hard',
  fixed: true,
  judge: (position, person) =>
    position.skills.flatMap(({ code, minLevel }): readonly Finding[] => {
      const own = person.skills.find((skill) => skill.code === code);
      if (!own) return say('skill-missing', { skill: code });
      return own.level < minLevel ? say('skill-too-low', { skill: code, level: minLevel }) : NONE;
    }),
};

/** lowest age, guardian's consent below 18, no bodily risk for minors. */
const age: HardRule = {
  name: 'age',
  level: 'hard',
  fixed: true,
  judge: (position, person, settings) => {
    const lowest = Math.max(settings.minAge, position.minAge ?? 0);
    if (person.birthDate === null)
      return lowest > 0 || position.maxAge !== null ? say('birth-date-missing') : NONE;
    const years = ageOn(person.birthDate, position.startDate);
    if (years < lowest) return say('too-young', { age: lowest });
    if (position.maxAge !== null && years > position.maxAge) return say('too-old', { age: position.maxAge });
    if (years >= 18) return NONE;
    if (position.bodilyRisk) return say('minors-not-at-risk');
    return person.guardianConsent ? NONE : say('guardian-consent-missing');
  },
};

const languages: HardRule = {
  name: 'languages',
  level: 'hard',
  fixed: false,
  judge: (position, person) =>
    position.languages
      .filter((language) => !person.languages.includes(language))
      .flatMap((language) => say('language-missing', { language })),
};

/** Somebody who named free times is asked only within them; who named none is not shut out, but not known to be free either. */
const availability: HardRule = {
  name: 'availability',
  level: 'hard',
  fixed: false,
  judge: (position, person) =>
    person.availability.length === 0 || isFree(position, person) ? NONE : say('not-available'),
};

/** Half-open intervals: one shift may start the minute another ends (invariant 3, across all tenants). */
const overlap: HardRule = {
  name: 'overlap',
  level: 'hard',
  fixed: true,
  judge: (position, person) =>
    person.booked.some((booking) => booking.startsAt < position.endsAt && position.startsAt < booking.endsAt)
      ? say('overlapping-shift')
      : NONE,
};

/** Nobody is to overwork (invariant 4): so many minutes a day, so many a week, in all organisations together. */
const dailyCap: HardRule = {
  name: 'daily-cap',
  level: 'hard',
  fixed: true,
  judge: (position, person, { dailyCapMinutes }) =>
    person.bookedMinutesThatDay + position.lengthMinutes > dailyCapMinutes
      ? say('too-much-that-day', { minutes: dailyCapMinutes })
      : NONE,
};
const weeklyCap: HardRule = {
  name: 'weekly-cap',
  level: 'hard',
  fixed: true,
  judge: (position, person, { weeklyCapMinutes }) =>
    person.bookedMinutesThatWeek + position.lengthMinutes > weeklyCapMinutes
      ? say('too-much-that-week', { minutes: weeklyCapMinutes })
      : NONE,
};

/** In the day that ends with the shift, and in the one that begins with it, one long stretch without service. */
const rest: HardRule = {
  name: 'rest',
  level: 'hard',
  fixed: true,
  judge: (position, person, { restMinutes }) => {
    const [start, end] = [position.startsAt.getTime(), position.endsAt.getTime()];
    // Longer than a day less the rest: nobody can have it, and the caps have refused it already.
    if (end - start + restMinutes * MINUTE > DAY_MS) return NONE;
    const near = person.booked.filter(
      (one) => one.endsAt.getTime() > end - DAY_MS && one.startsAt.getTime() < start + DAY_MS,
    );
    if (near.length === 0) return NONE;
    const busy = [...near.map((one) => [one.startsAt.getTime(), one.endsAt.getTime()]), [start, end]];
    const days = [
      [end - DAY_MS, end],
      [start, start + DAY_MS],
    ];
    return days.some(([from, to]) => longestGap(busy, from ?? 0, to ?? 0) < restMinutes * MINUTE)
      ? say('too-little-rest', { minutes: restMinutes })
      : NONE;
  },
};

const USABLE = ['valid', 'expiring'];

/** Names of a type that does not come with Linli go along: no locale file has them. */
const named = (name: LocalText | null | undefined): Record<string, string> =>
  name ? { 'name-zh-CN': name['zh-CN'], 'name-en': name.en } : {};

/** A qualification that law requires must be held on every day of the service. */
const credentials: HardRule = {
  name: 'credentials',
  level: 'hard',
  fixed: true,
  judge: (position, person) =>
    position.credentials.flatMap(({ type, level, name }): readonly Finding[] => {
      const params = { credential: type, ...named(name) };
      const ofType = person.credentials.filter((own) => own.type === type && USABLE.includes(own.state));
      if (ofType.length === 0) return say('credential-missing', params);
      const inForce = ofType.filter(
        (own) =>
          own.validFrom <= position.startDate &&
          // One whose renewal is being verified counts beyond its end: when the end comes first, the place is re-offered.
          (own.validTo === null || position.endDate <= own.validTo || own.renewalUnderWay),
      );
      if (inForce.length === 0) return say('credential-not-valid-then', params);
      const enough = level === '' || inForce.some((own) => own.level === level || own.covers.includes(level));
      return enough ? NONE : say('credential-level-too-low', { ...params, level });
    }),
};

/** A place that is meant for a talent pool is for its certified members, on every day of the service. */
const pools: HardRule = {
  name: 'pools',
  level: 'hard',
  fixed: true,
  judge: (position, person) => {
    if (position.pools.length === 0) return NONE;
    const inOne = person.pools.some(
      (own) =>
        position.pools.some(({ id }) => id === own.poolId) &&
        (own.validTo === null || position.endDate <= own.validTo),
    );
    if (inOne) return NONE;
    const join = (locale: 'zh-CN' | 'en'): string =>
      position.pools.map(({ name }) => name[locale]).join(' / ');
    return say('pool-missing', {
      pool: position.pools.map(({ id }) => id).join(' '),
      'name-zh-CN': join('zh-CN'),
      'name-en': join('en'),
    });
  },
};

/** First trained, then serving. */
const trainings: HardRule = {
  name: 'trainings',
  level: 'hard',
  fixed: true,
  judge: (position, person) =>
    position.trainings
      .filter((training) => !person.trained.includes(training))
      .flatMap((training) =>
        say('training-missing', { training: position.trainingNames?.[training] ?? training }),
      ),
};

/** Where somebody could be hurt the organiser has insured them before they say yes. */
const insured: HardRule = {
  name: 'insured',
  level: 'hard',
  fixed: true,
  judge: (position) => (position.bodilyRisk && !position.insured ? say('not-insured') : NONE),
};

const exclusion: HardRule = {
  name: 'exclusion',
  level: 'hard',
  fixed: true,
  judge: (_position, person) => (person.excluded ? say('excluded') : NONE),
};

/** In the order of the funnel: where, what, when, and last what has been proved. */
export const HARD_RULES: readonly HardRule[] = [
  shiftOpen,
  standing,
  consent,
  exclusion,
  insured,
  serviceArea,
  skills,
  languages,
  age,
  availability,
  overlap,
  dailyCap,
  weeklyCap,
  rest,
  trainings,
  credentials,
  pools,
];

/** Whether stated free times cover the whole shift; stretches that touch count as one. */
export function isFree(
  position: Pick<PositionFacts, 'startMinute' | 'lengthMinutes' | 'weekday'>,
  person: Pick<PersonFacts, 'availability'>,
): boolean {
  let at = position.startMinute;
  const end = position.startMinute + position.lengthMinutes;
  // Minutes run on past midnight, into the next weekday's stretches.
  const tomorrow = (position.weekday % 7) + 1;
  const stretches: { from: number; to: number }[] = [];
  for (const { weekday, startMinute, endMinute } of person.availability) {
    if (weekday === position.weekday) stretches.push({ from: startMinute, to: endMinute });
    else if (weekday === tomorrow) stretches.push({ from: startMinute + 1_440, to: endMinute + 1_440 });
  }
  stretches.sort((a, b) => a.from - b.from);
  for (const stretch of stretches) if (stretch.from <= at && stretch.to > at) at = stretch.to;
  return at >= end;
}

/** The longest stretch of the window that nothing busy touches, in milliseconds. */
function longestGap(busy: readonly number[][], from: number, to: number): number {
  let [free, longest] = [from, 0];
  for (const [start = 0, end = 0] of [...busy].sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0))) {
    if (start >= to) break;
    longest = Math.max(longest, start - free);
    free = Math.max(free, end);
  }
  return Math.max(longest, to - free);
}
