import type { FitSettings, Rule } from './matching.types.ts';
import { isOn, RULES, weightOf } from './matching.rules.ts';

/** What a tenant may set, between which numbers. Minutes, metres and points are whole numbers. */
export const BOUNDS = {
  weight: { min: 0, max: 1_000 },
  dailyCapMinutes: { min: 60, max: 720 },
  weeklyCapMinutes: { min: 240, max: 3_600 },
  restMinutes: { min: 360, max: 720 },
  reachMetres: { min: 1_000, max: 200_000 },
} as const;

export interface RuleSetting {
  readonly name: string;
  readonly level: 'hard' | 'soft';
  /** Points it can give at most; null for hard rules. */
  readonly weight: number | null;
  /** Points as shipped. */
  readonly usual: number | null;
  readonly on: boolean;
  /** Law or an invariant asks for it: it cannot be switched off. */
  readonly fixed: boolean;
}

/** The one list as a tenant has it set. */
export const ruleSettings = (settings: Pick<FitSettings, 'off' | 'weights'>): RuleSetting[] =>
  RULES.map((rule) => ({
    name: rule.name,
    level: rule.level,
    weight: rule.level === 'soft' ? weightOf(rule, { ...settings, off: [] }) : null,
    usual: rule.level === 'soft' ? rule.weight : null,
    on: isOn(rule, settings),
    fixed: isFixed(rule),
  }));

const isFixed = (rule: Rule): boolean => rule.level === 'hard' && rule.fixed;

/** Names of the rules that a tenant may switch off. */
export const SWITCHABLE: readonly string[] = RULES.filter((rule) => !isFixed(rule)).map(({ name }) => name);
/** Names of the rules that carry weights. */
export const WEIGHED: readonly string[] = RULES.filter(({ level }) => level === 'soft').map(
  ({ name }) => name,
);
