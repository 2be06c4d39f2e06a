import { addDays, addMonths } from '../../core/time.ts';

/** a registration is valid for three years, to the day before the third anniversary. */
export const VALID_MONTHS = 36;
/** renewal opens in the last three months. */
export const WINDOW_MONTHS = 3;

/** Last day of validity of what is valid from the date. */
export const validToOf = (validFrom: string): string => addDays(addMonths(validFrom, VALID_MONTHS), -1);

/** First day on which the certificate counts as expiring. */
export const expiringFrom = (validTo: string): string => addMonths(addDays(validTo, 1), -WINDOW_MONTHS);

/** The state that a verified certificate has on the date; null when it is the one it has. */
export function nextState(state: string, validTo: string, today: string): 'expiring' | 'expired' | null {
  if (!['valid', 'expiring'].includes(state)) return null;
  if (today > validTo) return 'expired';
  return state === 'valid' && today >= expiringFrom(validTo) ? 'expiring' : null;
}

/** Faults of what a person states about their certificate, by field. */
export function claimFaults(
  claim: { issuedOn: string; validFrom: string },
  today: string,
): { path: string; code: string }[] {
  const faults: { path: string; code: string }[] = [];
  if (claim.issuedOn > today) faults.push({ path: 'issuedOn', code: 'in-the-future' });
  if (claim.validFrom > today) faults.push({ path: 'validFrom', code: 'in-the-future' });
  if (claim.validFrom < claim.issuedOn) faults.push({ path: 'validFrom', code: 'before-issue' });
  return faults;
}

/** Why this officer may not decide: their own, or they gave the first word. People and accounts are both compared. */
export function whyNotDecide(facts: {
  officerPersonId: string;
  officerAccountId: string;
  holderPersonId: string;
  firstReviewerId: string | null;
}): string | null {
  if (facts.officerPersonId === facts.holderPersonId) return 'not-your-own';
  return facts.firstReviewerId === facts.officerAccountId ? 'second-reviewer-needed' : null;
}
