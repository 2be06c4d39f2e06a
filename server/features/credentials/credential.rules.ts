import { addDays, addMonths } from '../../core/time.ts';
import type { CredentialType } from './credential.catalogue.ts';

/** A day far beyond every certificate: what never ends is compared as if it ended then. */
export const NEVER = '9999-12-31';

/** Last day of validity of what is valid from the date, to the day before the anniversary; null when it never ends. */
export const validToOf = (
  validFrom: string,
  { validMonths }: Pick<CredentialType, 'validMonths'>,
): string | null => (validMonths === null ? null : addDays(addMonths(validFrom, validMonths), -1));

/** First day on which it counts as expiring, and on which a renewal may be handed in. */
export const expiringFrom = (validTo: string, windowMonths: number): string =>
  addMonths(addDays(validTo, 1), -windowMonths);

export interface Standing {
  readonly state: string;
  readonly validTo: string | null;
  readonly windowMonths: number;
  /** Another one has been verified in its place. */
  readonly renewed: boolean;
}

/** The state that time brings on the date; null when it is the one it has. */
export function nextState(
  { state, validTo, windowMonths, renewed }: Standing,
  today: string,
): 'expiring' | 'expired' | 'renewed' | null {
  if (!['valid', 'expiring'].includes(state) || validTo === null) return null;
  if (today > validTo) return renewed ? 'renewed' : 'expired';
  return state === 'valid' && today >= expiringFrom(validTo, windowMonths) ? 'expiring' : null;
}

/** Day on which time changes the state next; null when it does not. */
export function dueOnOf({ state, validTo, windowMonths }: Omit<Standing, 'renewed'>): string | null {
  if (validTo === null) return null;
  if (state === 'expiring') return addDays(validTo, 1);
  if (state !== 'valid') return null;
  const opens = expiringFrom(validTo, windowMonths);
  return opens > validTo ? addDays(validTo, 1) : opens;
}

/** The levels that holding one stands for: its own and those below it. */
export function coveredLevels(type: Pick<CredentialType, 'levels'>, level: string): string[] {
  const at = type.levels.findIndex(({ code }) => code === level);
  return type.levels.slice(0, at + 1).map(({ code }) => code);
}

/** Skills that one of this level gives, each once at its best; the certificate itself is where they come from. */
export function givenSkills(
  type: Pick<CredentialType, 'levels' | 'gives'>,
  level: string,
): { code: string; level: number }[] {
  const covered = coveredLevels(type, level);
  const best = new Map<string, number>();
  for (const { skill, level: reached, from } of type.gives)
    if (from === '' || covered.includes(from)) best.set(skill, Math.max(best.get(skill) ?? 0, reached));
  return [...best].map(([code, reached]) => ({ code, level: reached }));
}

export interface ClaimFacts {
  readonly level: string;
  readonly number: string;
  readonly issuedOn: string;
  readonly validFrom: string;
}
type Fault = { path: string; code: string };

/**
 * Faults of what a person states about their certificate, by field. A renewal may begin the day after the old one's end.
 * @param renews last day of the one that it renews; null for one that renews nothing
 */
export function claimFaults(
  claim: ClaimFacts,
  type: Pick<CredentialType, 'kind' | 'levels'>,
  today: string,
  renews: string | null = null,
): Fault[] {
  const faults: Fault[] = [];
  const latest = renews !== null && renews >= today ? addDays(renews, 1) : today;
  if (claim.issuedOn > today) faults.push({ path: 'issuedOn', code: 'in-the-future' });
  if (claim.validFrom > latest) faults.push({ path: 'validFrom', code: 'in-the-future' });
  // A registration begins after the examination; a renewal may be issued before the old one ends.
  if (claim.validFrom < claim.issuedOn) faults.push({ path: 'validFrom', code: 'before-issue' });
  if (type.kind === 'qualification' && claim.number === '') faults.push({ path: 'number', code: 'required' });
  const known = type.levels.some(({ code }) => code === claim.level);
  if (type.levels.length > 0 && claim.level === '') faults.push({ path: 'level', code: 'required' });
  else if (claim.level !== '' && !known) faults.push({ path: 'level', code: 'not-an-option' });
  return faults;
}

/** Whether and from when the holder may hand in a renewal of it. */
export function whyNotRenew(
  row: { state: string; validTo: string | null; windowMonths: number; underWay: boolean },
  today: string,
): 'wrong-state' | 'never-ends' | 'renewal-under-way' | 'too-early' | null {
  if (!['valid', 'expiring', 'expired'].includes(row.state)) return 'wrong-state';
  if (row.validTo === null) return 'never-ends';
  if (row.underWay) return 'renewal-under-way';
  return today < expiringFrom(row.validTo, row.windowMonths) ? 'too-early' : null;
}

/** Why this officer may not decide: their own, or they gave an earlier word on it; an appeal needs somebody new to it. */
export function whyNotDecide(facts: {
  officerPersonId: string;
  officerAccountId: string;
  holderPersonId: string;
  /** Accounts that have spoken on the matter before. */
  spoken: readonly (string | null)[];
  appeal: boolean;
}): 'not-your-own' | 'second-reviewer-needed' | 'appeal-needs-another' | null {
  if (facts.officerPersonId === facts.holderPersonId) return 'not-your-own';
  if (!facts.spoken.includes(facts.officerAccountId)) return null;
  return facts.appeal ? 'appeal-needs-another' : 'second-reviewer-needed';
}

/** Words of the national system for social workers, in its order: 未申请 … 已出证. */
export const REGISTER_STATES = [
  'not-applied',
  'waiting',
  'first-passed',
  'first-failed',
  'final-passed',
  'final-failed',
  'registered',
  'issued',
] as const;
export type RegisterState = (typeof REGISTER_STATES)[number];

/**
 * How a review here reads in the words of the national system. What an officer saw in the register itself stands
 * beside it and is never derived: ours is not the register.
 */
export function mirrored(state: string, firstPassed: boolean): RegisterState {
  switch (state) {
    case 'claimed':
    case 'needs_correction':
      return 'not-applied';
    case 'under_review':
      return 'waiting';
    case 'first_pass':
      return 'first-passed';
    case 'rejected':
    case 'appealed':
    case 'revoked':
      return firstPassed ? 'final-failed' : 'first-failed';
    default:
      return 'final-passed';
  }
}
