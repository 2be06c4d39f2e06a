import { distanceBetween } from './distance.rules.ts';
import { isFree } from './hard.rules.ts';
import type { SoftRule } from './matching.types.ts';

/** Three for the level itself, three for somebody having seen it, of six for each skill; more than is needed is worth more. */
const skillLevel: SoftRule = {
  name: 'skill-level',
  level: 'soft',
  weight: 250,
  judge: (position, person) => {
    if (position.skills.length === 0) return { of: 1, from: 2, finding: null };
    const from = 6 * position.skills.length;
    const of = position.skills.reduce((sum, { code }) => {
      const own = person.skills.find((skill) => skill.code === code);
      return sum + (own ? Math.min(3, own.level) + (own.verified ? 3 : 0) : 0);
    }, 0);
    // Of whoever lacks one it is told why not, and a skill of theirs is no reason.
    const lacks = position.skills.some(
      ({ code, minLevel }) => !person.skills.some((own) => own.code === code && own.level >= minLevel),
    );
    if (lacks) return { of, from, finding: null };
    return { of, from, finding: { code: 5 * of > 3 * from ? 'skill-strong' : 'skill-fits' } };
  },
};

/** All points at the door, none where the organisation looks no further. */
const distance: SoftRule = {
  name: 'distance',
  level: 'soft',
  weight: 300,
  judge: (position, person, { reachMetres }) => {
    const metres = distanceBetween(position, person);
    if (metres === null) return { of: 1, from: 4, finding: { code: 'distance-unknown' } };
    const code = person.banded ? 'distance-within' : 'distance';
    return {
      of: Math.max(0, reachMetres - metres),
      from: reachMetres,
      finding: { code, params: { metres } },
    };
  },
};

const freeThen: SoftRule = {
  name: 'free-then',
  level: 'soft',
  weight: 100,
  judge: (position, person) =>
    person.availability.length > 0 && isFree(position, person)
      ? { of: 1, from: 1, finding: { code: 'said-free' } }
      : { of: 3, from: 10, finding: { code: 'times-unknown' } },
};

/** What somebody likes to do; who named nothing stands in the middle. */
const preference: SoftRule = {
  name: 'preference',
  level: 'soft',
  weight: 80,
  judge: (position, person) => {
    if (person.interests.length === 0) return { of: 1, from: 2, finding: null };
    return person.interests.includes(position.category)
      ? { of: 1, from: 1, finding: { code: 'likes-it' } }
      : { of: 1, from: 5, finding: null };
  },
};

/** Shrunk towards nine of ten, as if ten places had been seen before: one missed place says little about anybody. */
export const PRIOR = { kept: 9, places: 10 } as const;
const reliability: SoftRule = {
  name: 'reliability',
  level: 'soft',
  weight: 80,
  judge: (_position, { record: { kept, missed } }) => ({
    of: kept + PRIOR.kept,
    from: kept + missed + PRIOR.places,
    finding: kept + missed === 0 ? null : { code: 'kept-places', params: { kept, places: kept + missed } },
  }),
};

/** Whom one is served by already, one likes to see again: all points after three times. */
export const KNOWN_AFTER = 3;
const continuity: SoftRule = {
  name: 'continuity',
  level: 'soft',
  weight: 60,
  judge: (position, person) => {
    const times = person.record.served.get(position.requestId) ?? 0;
    return {
      of: Math.min(times, KNOWN_AFTER),
      from: KNOWN_AFTER,
      finding: times > 0 ? { code: 'served-before', params: { times } } : null,
    };
  },
};

/** Who serves little in these weeks comes before who serves much: twenty hours in four weeks are enough. */
export const ENOUGH_MINUTES = 1_200;
const load: SoftRule = {
  name: 'load',
  level: 'soft',
  weight: 50,
  judge: (_position, { recentMinutes }) => ({
    of: Math.max(0, ENOUGH_MINUTES - recentMinutes),
    from: ENOUGH_MINUTES,
    finding:
      2 * recentMinutes > ENOUGH_MINUTES ? { code: 'served-much', params: { minutes: recentMinutes } } : null,
  }),
};

/** Who has not been asked for long is asked before they forget us: all points after eight weeks, and for newcomers. */
export const LONG_IDLE_DAYS = 56;
const idle: SoftRule = {
  name: 'idle',
  level: 'soft',
  weight: 40,
  judge: (position, { record: { lastOn } }) => {
    const days =
      lastOn === null
        ? LONG_IDLE_DAYS
        : Math.min(LONG_IDLE_DAYS, Math.max(0, daysBetween(lastOn, position.startDate)));
    const rested = lastOn !== null && days === LONG_IDLE_DAYS;
    return { of: days, from: LONG_IDLE_DAYS, finding: rested ? { code: 'long-idle' } : null };
  },
};

/** One person where nobody comes is worth more than the fourth of four. */
const firstSlot: SoftRule = {
  name: 'first-slot',
  level: 'soft',
  weight: 20,
  judge: ({ taken, required }) =>
    taken < required
      ? { of: 1, from: 1 + taken, finding: taken === 0 ? { code: 'nobody-yet' } : null }
      : { of: 0, from: 1, finding: null },
};

/** A team of both tracks: whoever brings the one that is missing beside the other. */
const mix: SoftRule = {
  name: 'mix',
  level: 'soft',
  weight: 20,
  judge: ({ team }, { track }) => {
    const completes =
      (track === 'certified' && team.certified === 0 && team.semiProfessional > 0) ||
      (track === 'semi-professional' && team.semiProfessional === 0 && team.certified > 0);
    return { of: completes ? 1 : 0, from: 1, finding: completes ? { code: 'completes-team' } : null };
  },
};

/** What ranks those whom no hard rule keeps out. The weights sum to a thousand. */
export const SOFT_RULES: readonly SoftRule[] = [
  skillLevel,
  distance,
  freeThen,
  preference,
  reliability,
  continuity,
  load,
  idle,
  firstSlot,
  mix,
];

/** Days from one `YYYY-MM-DD` to another. */
export const daysBetween = (from: string, to: string): number =>
  Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
