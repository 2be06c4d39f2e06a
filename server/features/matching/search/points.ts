import { pointsOf, SOFT_RULES, weightOf } from '../matching.rules.ts';
import type { FitSettings, PersonFacts, PositionFacts } from '../matching.types.ts';
import { KNOWN_AFTER, LONG_IDLE_DAYS } from '../soft.rules.ts';
import { areaBits, dayNumber } from './codes.ts';

/** Points that do not depend on more than a column: multiplied once for a query. */
export interface Points {
  readonly most: number;
  /** What everybody gets alike. */
  readonly everybody: number;
  readonly skill: number;
  readonly unskilled: number;
  readonly distance: number;
  readonly nowhere: number;
  readonly free: number;
  readonly unknown: number;
  readonly likes: number;
  readonly indifferent: number;
  readonly dislikes: number;
  readonly area: number;
  readonly reliability: number;
  readonly known: readonly number[];
  readonly load: number;
  readonly idle: readonly number[];
  readonly startDay: number;
  readonly mixCertified: number;
  readonly mixSemi: number;
}

/** The points of a position under a tenant's weights. */
export function pointsFor(facts: PositionFacts, settings: FitSettings): Points {
  const weight = (name: string): number => {
    const rule = SOFT_RULES.find((one) => one.name === name);
    return rule ? weightOf(rule, settings) : 0;
  };
  /** What the rule itself gives somebody like this. */
  const given = (name: string, person: Partial<PersonFacts>): number => {
    const rule = SOFT_RULES.find((one) => one.name === name);
    return rule ? pointsOf(weight(name), rule.judge(facts, person as PersonFacts, settings)) : 0;
  };
  const nobody = { banded: false, home: null } as const;
  const none = { kept: 0, missed: 0, lastOn: null, served: new Map<string, number>() };
  const served = (times: number): Partial<PersonFacts> => ({
    record: { ...none, served: new Map([[facts.requestId, times]]) },
  });
  const times = Array.from({ length: KNOWN_AFTER + 1 }, (_, at) => given('continuity', served(at)));
  return {
    most: SOFT_RULES.reduce((sum, rule) => sum + weightOf(rule, settings), 0),
    everybody: given('first-slot', {}),
    skill: weight('skill-level'),
    unskilled: pointsOf(weight('skill-level'), { of: 1, from: 2 }),
    distance: weight('distance'),
    nowhere: given('distance', nobody),
    free: pointsOf(weight('free-then'), { of: 1, from: 1 }),
    unknown: given('free-then', { availability: [] }),
    likes: given('preference', { interests: [facts.category] }),
    indifferent: given('preference', { interests: [] }),
    dislikes: given('preference', { interests: ['another'] }),
    area: areaBits([facts.category]),
    reliability: weight('reliability'),
    known: times,
    load: weight('load'),
    idle: Array.from({ length: LONG_IDLE_DAYS + 1 }, (_, of) =>
      pointsOf(weight('idle'), { of, from: LONG_IDLE_DAYS }),
    ),
    startDay: dayNumber(facts.startDate),
    mixCertified: given('mix', { track: 'certified' }),
    mixSemi: given('mix', { track: 'semi-professional' }),
  };
}
