import { distanceMetres } from '../../core/geo.ts';
import { ageOn } from '../../core/time.ts';
import type {
  Finding,
  Fit,
  FitSettings,
  HardRule,
  PersonFacts,
  PositionFacts,
  Rule,
  ScorePart,
  SoftRule,
} from './matching.types.ts';

/**
 * The one list of rules: it ranks a coordinator's candidates, tells a volunteer what suits and why the rest does not,
 * and is asked again inside the transaction that accepts (R-1.31, R-1.32, invariants 3 and 4).
 */
const NONE: readonly Finding[] = [];
const say = (code: string, params?: Finding['params']): readonly Finding[] => [
  params ? { code, params } : { code },
];

/** Only published or locked shifts that have not begun take people. */
const shiftOpen: HardRule = {
  name: 'shift-open',
  level: 'hard',
  judge: (position, _person, { now }) => {
    if (position.startsAt <= now) return say('shift-started');
    return position.shiftState === 'published' ? NONE : say('shift-not-open');
  },
};

/** Members of the posting tenant, and people of the county who agreed to be asked by others (product: "Whom a coordinator may find"). */
const standing: HardRule = {
  name: 'standing',
  level: 'hard',
  judge: (_position, { standing: own }) => {
    if (own === 'suspended') return say('membership-suspended');
    return own === 'stranger' ? say('not-a-member') : NONE;
  },
};

/** lowest age, guardian's consent below 18, no bodily risk for minors. */
const age: HardRule = {
  name: 'age',
  level: 'hard',
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

/** Tasks that need special knowledge need it at the level asked for. */
const skills: HardRule = {
  name: 'skills',
  level: 'hard',
  judge: (position, person) =>
    position.skills.flatMap(({ code, minLevel }): readonly Finding[] => {
      const own = person.skills.find((skill) => skill.code === code);
      if (!own) return say('skill-missing', { skill: code });
      return own.level < minLevel ? say('skill-too-low', { skill: code, level: minLevel }) : NONE;
    }),
};

const LEVELS = ['assistant', 'intermediate', 'senior'];
const USABLE = ['valid', 'expiring'];

/** A qualification that law requires must be held on every day of the service. */
const credentials: HardRule = {
  name: 'credentials',
  level: 'hard',
  judge: (position, person) =>
    position.credentials.flatMap(({ type, level }): readonly Finding[] => {
      const ofType = person.credentials.filter((own) => own.type === type && USABLE.includes(own.state));
      if (ofType.length === 0) return say('credential-missing', { credential: type });
      const inForce = ofType.filter(
        (own) => own.validFrom <= position.startDate && position.endDate <= own.validTo,
      );
      if (inForce.length === 0) return say('credential-not-valid-then', { credential: type });
      const enough =
        level === '' || inForce.some((own) => LEVELS.indexOf(own.level) >= LEVELS.indexOf(level));
      return enough ? NONE : say('credential-level-too-low', { credential: type, level });
    }),
};

const languages: HardRule = {
  name: 'languages',
  level: 'hard',
  judge: (position, person) =>
    position.languages
      .filter((language) => !person.languages.includes(language))
      .flatMap((language) => say('language-missing', { language })),
};

/** Somebody who named free times is asked only within them; who named none is not shut out, but not known to be free either. */
const availability: HardRule = {
  name: 'availability',
  level: 'hard',
  judge: (position, person) =>
    person.availability.length === 0 || isFree(position, person) ? NONE : say('not-available'),
};

/** Half-open intervals: one shift may start the minute another ends. */
const overlap: HardRule = {
  name: 'overlap',
  level: 'hard',
  judge: (position, person) =>
    person.booked.some((booking) => booking.startsAt < position.endsAt && position.startsAt < booking.endsAt)
      ? say('overlapping-shift')
      : NONE,
};

/** Nobody is to overwork: a cap on the minutes of one day, set by the tenant. */
const dailyCap: HardRule = {
  name: 'daily-cap',
  level: 'hard',
  judge: (position, person, { dailyCapMinutes }) =>
    person.bookedMinutesThatDay + position.lengthMinutes > dailyCapMinutes
      ? say('too-much-that-day', { minutes: dailyCapMinutes })
      : NONE,
};

/** Half of the points for the level itself, half for somebody having seen it; more than is needed is worth more. */
const skillLevel: SoftRule = {
  name: 'skill-level',
  level: 'soft',
  weight: 300,
  judge: (position, person) => {
    if (position.skills.length === 0) return { share: 0.5, finding: null };
    const shares = position.skills.map(({ code }) => {
      const own = person.skills.find((skill) => skill.code === code);
      return own ? own.level / 6 + (own.verified ? 0.5 : 0) : 0;
    });
    const share = shares.reduce((sum, one) => sum + one, 0) / shares.length;
    return { share, finding: share > 0.6 ? { code: 'skill-strong' } : { code: 'skill-fits' } };
  },
};

/** Full points at the door, none at twenty kilometres. */
const FAR_METRES = 20_000;
const distance: SoftRule = {
  name: 'distance',
  level: 'soft',
  weight: 400,
  judge: (position, person) => {
    const metres = distanceBetween(position, person);
    if (metres === null) return { share: 0.25, finding: { code: 'distance-unknown' } };
    return { share: Math.max(0, 1 - metres / FAR_METRES), finding: { code: 'distance', params: { metres } } };
  },
};

const freeThen: SoftRule = {
  name: 'free-then',
  level: 'soft',
  weight: 150,
  judge: (position, person) =>
    person.availability.length > 0 && isFree(position, person)
      ? { share: 1, finding: { code: 'said-free' } }
      : { share: 0.3, finding: { code: 'times-unknown' } },
};

/** Who served little lately comes before who served much: twenty hours in four weeks are enough. */
const ENOUGH_MINUTES = 1_200;
const load: SoftRule = {
  name: 'load',
  level: 'soft',
  weight: 150,
  judge: (_position, person) => {
    const share = Math.max(0, 1 - person.recentMinutes / ENOUGH_MINUTES);
    return {
      share,
      finding: share < 0.5 ? { code: 'served-much', params: { minutes: person.recentMinutes } } : null,
    };
  },
};

/** Hard rules in the order of the funnel, then what ranks those who remain. Weights sum to 1000. */
export const RULES: readonly Rule[] = [
  shiftOpen,
  standing,
  age,
  skills,
  credentials,
  languages,
  availability,
  overlap,
  dailyCap,
  skillLevel,
  distance,
  freeThen,
  load,
];

export const HARD_RULES = RULES.filter((rule): rule is HardRule => rule.level === 'hard');
export const SOFT_RULES = RULES.filter((rule): rule is SoftRule => rule.level === 'soft');

/** Metres between the person's home and the place; null when either is unknown. */
export const distanceBetween = (position: PositionFacts, person: PersonFacts): number | null =>
  position.point && person.home ? distanceMetres(position.point, person.home) : null;

/** Whether stated free times cover the whole shift; stretches that touch count as one. */
function isFree(position: PositionFacts, person: PersonFacts): boolean {
  let at = position.startMinute;
  const end = position.startMinute + position.lengthMinutes;
  // Minutes run on past midnight, into the next weekday's stretches.
  const stretches = person.availability
    .flatMap((slot) =>
      [0, 1].map((day) => ({
        on: ((position.weekday - 1 + day) % 7) + 1 === slot.weekday,
        from: slot.startMinute + day * 1_440,
        to: slot.endMinute + day * 1_440,
      })),
    )
    .filter(({ on }) => on)
    .sort((a, b) => a.from - b.from);
  for (const stretch of stretches) if (stretch.from <= at && stretch.to > at) at = stretch.to;
  return at >= end;
}

/** Every reason why this person may not take this position; empty means they may. */
export function refusals(
  position: PositionFacts,
  person: PersonFacts,
  settings: FitSettings,
): (Finding & { rule: string })[] {
  return HARD_RULES.flatMap((rule) =>
    rule.judge(position, person, settings).map((finding) => ({ ...finding, rule: rule.name })),
  );
}

/** How well the person fits, with every part of the score and every refusal. */
export function fit(position: PositionFacts, person: PersonFacts, settings: FitSettings): Fit {
  const found = refusals(position, person, settings);
  const parts = SOFT_RULES.map((rule): ScorePart => {
    const { share, finding } = rule.judge(position, person, settings);
    return {
      rule: rule.name,
      points: Math.round(rule.weight * Math.min(1, Math.max(0, share))),
      most: rule.weight,
      finding,
    };
  });
  return {
    eligible: found.length === 0,
    refusals: found,
    score: parts.reduce((sum, part) => sum + part.points, 0),
    parts,
    distanceMetres: distanceBetween(position, person),
  };
}

/** Best first; equal scores in the order of their ids, so that a ranking can be repeated. */
export function rank<T extends { readonly fit: Fit; readonly id: string }>(candidates: readonly T[]): T[] {
  return [...candidates].sort((a, b) => b.fit.score - a.fit.score || a.id.localeCompare(b.id));
}

/** How many remain after each hard rule, in the order of the rules. */
export function funnel(fits: readonly Fit[]): { rule: string; remaining: number }[] {
  let remaining = [...fits];
  return HARD_RULES.map(({ name }) => {
    remaining = remaining.filter((one) => !one.refusals.some((refusal) => refusal.rule === name));
    return { rule: name, remaining: remaining.length };
  });
}

/** Refusals that a person could lift by themselves, and where: the profile, the credentials, a talk with the organisation. */
export function wayOut(refusal: Finding): 'profile' | 'credentials' | 'membership' | null {
  if (
    ['birth-date-missing', 'skill-missing', 'skill-too-low', 'language-missing', 'not-available'].includes(
      refusal.code,
    )
  )
    return 'profile';
  if (refusal.code.startsWith('credential-')) return 'credentials';
  return refusal.code === 'not-a-member' ? 'membership' : null;
}
