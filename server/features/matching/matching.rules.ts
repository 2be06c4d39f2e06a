import { distanceBetween } from './distance.rules.ts';
import { HARD_RULES } from './hard.rules.ts';
import type {
  Finding,
  Fit,
  FitSettings,
  PersonFacts,
  PositionFacts,
  Rule,
  ScorePart,
  SoftRule,
} from './matching.types.ts';
import { SOFT_RULES } from './soft.rules.ts';

export { distanceBetween } from './distance.rules.ts';
export { HARD_RULES } from './hard.rules.ts';
export { SOFT_RULES } from './soft.rules.ts';

/**
 * The one list of rules: it ranks a coordinator's candidates, tells a volunteer what suits and why the rest does not,
 * weighs the pairs of a plan, and is asked again inside the transaction that accepts (R-1.31, R-1.32, invariants 3 and 4).
 * Hard rules in the order of the funnel, then what ranks those who remain.
 */
export const RULES: readonly Rule[] = [...HARD_RULES, ...SOFT_RULES];

/** Whether the tenant has the rule on; what law asks for is on whatever the settings say. */
export const isOn = (rule: Rule, { off }: Pick<FitSettings, 'off'>): boolean =>
  (rule.level === 'hard' && rule.fixed) || !off.includes(rule.name);

/** Most points the rule gives in this tenant; 0 when it is switched off. */
export const weightOf = (rule: SoftRule, settings: Pick<FitSettings, 'off' | 'weights'>): number =>
  isOn(rule, settings) ? (settings.weights[rule.name] ?? rule.weight) : 0;

/** Points of a share of the weight, half up, in whole numbers: what a reader gets with pencil and paper. */
export const pointsOf = (weight: number, { of, from }: { of: number; from: number }): number =>
  Math.floor((2 * weight * Math.min(of, from) + from) / (2 * from));

/** Every reason why this person may not take this position; empty means they may. */
export function refusals(
  position: PositionFacts,
  person: PersonFacts,
  settings: FitSettings,
): (Finding & { rule: string })[] {
  const found: (Finding & { rule: string })[] = [];
  for (const rule of HARD_RULES) {
    if (!isOn(rule, settings)) continue;
    for (const finding of rule.judge(position, person, settings)) found.push({ ...finding, rule: rule.name });
  }
  return found;
}

/** The parts of the score; they sum to it. */
export function scoreParts(position: PositionFacts, person: PersonFacts, settings: FitSettings): ScorePart[] {
  return SOFT_RULES.filter((rule) => weightOf(rule, settings) > 0).map((rule) => {
    const { of, from, finding } = rule.judge(position, person, settings);
    const most = weightOf(rule, settings);
    return { rule: rule.name, points: pointsOf(most, { of, from }), most, of, from, finding };
  });
}

/** How well the person fits, with every part of the score and every refusal. */
export function fit(position: PositionFacts, person: PersonFacts, settings: FitSettings): Fit {
  const found = refusals(position, person, settings);
  const parts = scoreParts(position, person, settings);
  return {
    eligible: found.length === 0,
    refusals: found,
    score: parts.reduce((sum, part) => sum + part.points, 0),
    parts,
    distanceMetres: distanceBetween(position, person),
  };
}

/**
 * Best first; equal scores in the order of their ids, so that a ranking can be repeated.
 * @param priceOf what a plan gives up by losing somebody: points that are worth more elsewhere
 */
export function rank<T extends { readonly fit: Pick<Fit, 'score'>; readonly id: string }>(
  candidates: readonly T[],
  priceOf: (id: string) => number = () => 0,
): T[] {
  return candidates
    .map((one) => ({ one, worth: one.fit.score - priceOf(one.id) }))
    .sort((a, b) => b.worth - a.worth || (a.one.id < b.one.id ? -1 : 1))
    .map(({ one }) => one);
}

/** How many remain after each hard rule, in the order of the rules. */
export function funnel(fits: readonly Fit[]): { rule: string; remaining: number }[] {
  let remaining = [...fits];
  return HARD_RULES.map(({ name }) => {
    remaining = remaining.filter((one) => !one.refusals.some((refusal) => refusal.rule === name));
    return { rule: name, remaining: remaining.length };
  });
}

/** Causes that lie in other organisations or are nobody's business: to others they all read "not available then". */
const PRIVATE = new Set([
  'overlapping-shift',
  'too-much-that-day',
  'too-much-that-week',
  'too-little-rest',
  'excluded',
]);

/** A refusal as anybody but the person is told it. */
export const forOthers = <F extends Finding>(finding: F): Finding =>
  PRIVATE.has(finding.code) ? { code: 'not-available' } : { code: finding.code, params: finding.params };

/** Refusals that a person could lift by themselves, and where: the profile, the credentials, a talk with the organisation. */
export function wayOut(
  refusal: Finding,
):
  | 'profile'
  | 'credentials'
  | 'membership'
  | 'consents'
  | 'matching'
  | 'training'
  | 'guardian'
  | 'pools'
  | null {
  if (
    [
      'birth-date-missing',
      'skill-missing',
      'skill-too-low',
      'language-missing',
      'not-available',
      'too-far',
    ].includes(refusal.code)
  )
    return 'profile';
  if (refusal.code.startsWith('credential-')) return 'credentials';
  if (refusal.code === 'consent-missing') return 'consents';
  if (refusal.code === 'training-missing') return 'training';
  if (refusal.code === 'pool-missing') return 'pools';
  if (refusal.code === 'guardian-consent-missing') return 'guardian';
  if (refusal.code === 'excluded') return 'matching';
  return refusal.code === 'not-a-member' ? 'membership' : null;
}
