import { addDays, addMonths, ageOn } from '../../core/time.ts';

/**
 * Stars and medals as pure rules. What is asked for is the tenant's own, with effective dates; nobody gets
 * anything without having applied, and no list ever ranks people.
 */
export const SCHEME_KINDS = ['star', 'medal', 'children', 'team'] as const;
export type SchemeKind = (typeof SCHEME_KINDS)[number];

export interface Scheme {
  /** Short name that stays when the rules change, e.g. `star-3`. */
  readonly code: string;
  readonly kind: SchemeKind;
  /** Stars are given level by level; 0 for what has none. */
  readonly level: number;
  /** Recorded minutes that are asked for. */
  readonly minutes: number;
  /** Months since the person joined that are asked for. */
  readonly months: number;
  /** Kinds of service of which so many of the minutes must be; empty for any. */
  readonly areas?: readonly string[];
  readonly areaMinutes?: number;
  /** Local dates, both inclusive; an open end is null. */
  readonly effectiveFrom: string;
  readonly effectiveTo: string | null;
}

export interface Facts {
  /** Local date. */
  readonly today: string;
  /** Whole minutes on the person's account, or of the team. */
  readonly minutes: number;
  /** The same by service area, for rules that ask for it. */
  readonly minutesByArea?: ReadonlyMap<string, number>;
  /** Local date of joining; null for teams. */
  readonly memberSince: string | null;
  /** Null when it is not known, and for teams. */
  readonly birthDate: string | null;
  /** Levels of stars that the person holds. */
  readonly stars: readonly number[];
  /** Codes that the person or team holds, or is being considered for. */
  readonly held: readonly string[];
}

export type WhyNot =
  | 'not-in-force'
  | 'held-already'
  | 'not-enough-hours'
  | 'not-enough-of-the-kind'
  | 'member-too-short'
  | 'star-before'
  | 'for-children'
  | 'for-teams';

/** Medals for children are for who is not of age. */
const OF_AGE = 18;
/** A notice stands at least so long. */
export const LEAST_OBJECTION_DAYS = 7;

export const isInForce = (scheme: Pick<Scheme, 'effectiveFrom' | 'effectiveTo'>, on: string): boolean =>
  scheme.effectiveFrom <= on && (scheme.effectiveTo === null || on <= scheme.effectiveTo);

/** Minutes of the kinds of service that the rules name. */
export const minutesOfKind = (
  { areas = [] }: Pick<Scheme, 'areas'>,
  minutesByArea: ReadonlyMap<string, number> = new Map(),
): number => areas.reduce((sum, area) => sum + (minutesByArea.get(area) ?? 0), 0);

/** Everything that stands against it today; empty when nothing does. */
export function whyNotEligible(scheme: Scheme, facts: Facts, forTeam = false): WhyNot[] {
  const found: WhyNot[] = [];
  if (!isInForce(scheme, facts.today)) found.push('not-in-force');
  if ((scheme.kind === 'team') !== forTeam) found.push('for-teams');
  if (facts.held.includes(scheme.code)) found.push('held-already');
  if (facts.minutes < scheme.minutes) found.push('not-enough-hours');
  if (minutesOfKind(scheme, facts.minutesByArea) < (scheme.areaMinutes ?? 0))
    found.push('not-enough-of-the-kind');
  if (!forTeam && (facts.memberSince === null || addMonths(facts.memberSince, scheme.months) > facts.today))
    found.push('member-too-short');
  if (scheme.kind === 'star' && scheme.level > 1 && !facts.stars.includes(scheme.level - 1))
    found.push('star-before');
  if (
    scheme.kind === 'children' &&
    (facts.birthDate === null || ageOn(facts.birthDate, facts.today) >= OF_AGE)
  )
    found.push('for-children');
  return found;
}

/** The last local day on which somebody may object to what is published today. */
export const objectionUntil = (today: string, days: number): string =>
  addDays(today, Math.max(days, LEAST_OBJECTION_DAYS));

/** Whether two sets of rules of one code would be in force on one day. */
export const overlaps = (
  a: Pick<Scheme, 'effectiveFrom' | 'effectiveTo'>,
  b: Pick<Scheme, 'effectiveFrom' | 'effectiveTo'>,
): boolean =>
  (b.effectiveTo === null || a.effectiveFrom <= b.effectiveTo) &&
  (a.effectiveTo === null || b.effectiveFrom <= a.effectiveTo);
