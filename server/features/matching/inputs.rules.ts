import { distanceBetween } from './distance.rules.ts';
import type { Finding, FitSettings, PersonFacts, PositionFacts } from './matching.types.ts';
import { daysBetween } from './soft.rules.ts';

type Inputs = (position: PositionFacts, person: PersonFacts, settings: FitSettings) => readonly Finding[];

/**
 * What each share is reckoned from, by rule: with these, the explanation and the weight a reader comes to the same points.
 * Worded under `matching.input.<code>`. Nothing is in them that the shares do not give away.
 */
const INPUTS: Readonly<Record<string, Inputs>> = {
  'skill-level': (position, person) =>
    position.skills.length === 0
      ? [{ code: 'no-skill' }]
      : position.skills.map(({ code: skill }) => {
          const own = person.skills.find(({ code }) => code === skill);
          if (!own) return { code: 'skill-none', params: { skill } };
          return { code: own.verified ? 'skill-seen' : 'skill-said', params: { skill, held: own.level } };
        }),
  distance: (position, person, { reachMetres }) => {
    const away = distanceBetween(position, person);
    return [
      away === null
        ? { code: 'nowhere' }
        : {
            code: person.banded ? 'away-at-most' : 'away',
            params: { away, reach: reachMetres },
          },
    ];
  },
  preference: (position, person) => [
    person.interests.length === 0
      ? { code: 'likes-nothing' }
      : { code: person.interests.includes(position.category) ? 'likes-this' : 'likes-others' },
  ],
  reliability: (_position, { record: { kept, missed } }) => [{ code: 'places', params: { kept, missed } }],
  continuity: ({ requestId }, { record: { served } }) => [
    { code: 'times', params: { times: served.get(requestId) ?? 0 } },
  ],
  load: (_position, { recentMinutes }) => [{ code: 'lately', params: { served: recentMinutes } }],
  idle: ({ startDate }, { record: { lastOn } }) => [
    lastOn === null
      ? { code: 'never' }
      : { code: 'last-on', params: { date: lastOn, days: Math.max(0, daysBetween(lastOn, startDate)) } },
  ],
  'first-slot': ({ taken, required }) => [{ code: 'taken', params: { taken, required } }],
  mix: ({ team: { certified, semiProfessional } }, { track }) => [
    { code: 'team', params: { certified, others: semiProfessional } },
    ...(track === null ? [] : [{ code: `track-${track}` }]),
  ],
};

/** What the share of a rule is reckoned from; empty where its finding says all of it. */
export const inputsOf = (
  rule: string,
  position: PositionFacts,
  person: PersonFacts,
  settings: FitSettings,
): readonly Finding[] => INPUTS[rule]?.(position, person, settings) ?? [];
