import type { CycleInput } from './credit.types.ts';

/** A registration as a social worker, as credentials know it. */
export interface Registration {
  readonly level: string;
  readonly validFrom: string;
  readonly validTo: string;
}

export interface WantedProgramme {
  readonly name: string;
  readonly cycle: CycleInput;
  /** The level held before, when it was raised while the old registration was still valid. */
  readonly changedFrom: { readonly name: string; readonly registeredOn: string } | null;
}

/**
 * Programmes that concern a person: that of the newest registration, and beside it the yearly duty of professional staff
 * one activity may count in both. Nobody without a registration owes anything.
 */
export function programmesFor(registrations: readonly Registration[]): readonly WantedProgramme[] {
  const [newest, before] = [...registrations].sort((a, b) => (a.validFrom < b.validFrom ? 1 : -1));
  if (!newest) return [];
  const raised = before && before.level !== newest.level && before.validTo >= newest.validFrom;
  return [
    {
      name: `cn-${newest.level}`,
      cycle: { registeredOn: newest.validFrom },
      changedFrom:
        raised && before.validFrom < newest.validFrom
          ? { name: `cn-${before.level}`, registeredOn: before.validFrom }
          : null,
    },
    { name: 'cn-professional-annual', cycle: { registeredOn: newest.validFrom }, changedFrom: null },
  ];
}

/** Faults of what a person claims, by field. */
export function claimFaults(
  claim: {
    readonly activity: string;
    readonly date: string;
    readonly minutes: number;
    readonly evidence: readonly string[];
  },
  choices: { readonly activities: readonly string[]; readonly evidence: readonly string[] },
  today: string,
): { path: string; code: string }[] {
  const faults: { path: string; code: string }[] = [];
  if (!choices.activities.includes(claim.activity)) faults.push({ path: 'activity', code: 'not-an-option' });
  if (!claim.evidence.every((one) => choices.evidence.includes(one)))
    faults.push({ path: 'evidence', code: 'not-an-option' });
  if (claim.date > today) faults.push({ path: 'date', code: 'in-the-future' });
  if (claim.date < '1950-01-01') faults.push({ path: 'date', code: 'too-long-ago' });
  if (claim.minutes <= 0) faults.push({ path: 'hours', code: 'duration-missing' });
  return faults;
}

/** Why this officer may not decide: invariant 5, nobody approves credits for themselves. */
export const whyNotReview = (facts: {
  readonly officerPersonId: string;
  readonly holderPersonId: string;
}): string | null => (facts.officerPersonId === facts.holderPersonId ? 'not-your-own' : null);
