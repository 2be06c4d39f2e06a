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
  /** Local dates, both inclusive; an open end is null. */
  readonly effectiveFrom: string;
  readonly effectiveTo: string | null;
}

export interface Facts {
  /** Local date. */
  readonly today: string;
  /** Whole minutes on the person's account, or of the team. */
  readonly minutes: number;
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
  | 'member-too-short'
  | 'star-before'
  | 'for-children'
  | 'for-teams';

/** Medals for children are for who is not of age. */
const OF_AGE = 18;
/** A notice stands at least so long. */
export const LEAST_OBJECTION_DAYS = 7;
const MINUTES_PER_HOUR = 60;

export const isInForce = (scheme: Pick<Scheme, 'effectiveFrom' | 'effectiveTo'>, on: string): boolean =>
  scheme.effectiveFrom <= on && (scheme.effectiveTo === null || on <= scheme.effectiveTo);

/** Everything that stands against it today; empty when nothing does. */
export function whyNotEligible(scheme: Scheme, facts: Facts, forTeam = false): WhyNot[] {
  const found: WhyNot[] = [];
  if (!isInForce(scheme, facts.today)) found.push('not-in-force');
  if ((scheme.kind === 'team') !== forTeam) found.push('for-teams');
  if (facts.held.includes(scheme.code)) found.push('held-already');
  if (facts.minutes < scheme.minutes) found.push('not-enough-hours');
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

/** What most places ask for, to begin with: five stars, a medal for children, one for teams. */
export const USUAL: readonly (Pick<Scheme, 'code' | 'kind' | 'level' | 'minutes' | 'months'> & {
  readonly name: { readonly 'zh-CN': string; readonly en: string };
})[] = [
  ...([100, 300, 600, 1_000, 1_500] as const).map((hours, at) => ({
    code: `star-${at + 1}`,
    kind: 'star' as const,
    level: at + 1,
    minutes: hours * MINUTES_PER_HOUR,
    months: 0,
    name: {
      'zh-CN': `${'一二三四五'[at] ?? ''}星级志愿者`,
      en: `${['One', 'Two', 'Three', 'Four', 'Five'][at] ?? ''}-star volunteer`,
    },
  })),
  {
    code: 'red-flower',
    kind: 'children',
    level: 0,
    minutes: 20 * MINUTES_PER_HOUR,
    months: 0,
    name: { 'zh-CN': '红花少年', en: 'Red flower for young volunteers' },
  },
  {
    code: 'team',
    kind: 'team',
    level: 0,
    minutes: 1_000 * MINUTES_PER_HOUR,
    months: 0,
    name: { 'zh-CN': '优秀志愿服务队', en: 'Outstanding team' },
  },
];
