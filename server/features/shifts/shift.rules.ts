/** What a posting must state before it is published, as codes in the order of the form. */
export interface PostingFacts {
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly placeLabel: string;
  readonly description: string;
  readonly risks: string;
  readonly support: string;
  readonly riskLevel: 'none' | 'bodily';
  readonly policyNumber: string;
  readonly positions: readonly { readonly maximum: number }[];
}

/** Codes of what is missing; empty means it may be published. */
export function whatIsMissing(facts: PostingFacts, now: Date): string[] {
  const missing: string[] = [];
  if (facts.startsAt <= now) missing.push('starts-in-the-past');
  if (facts.placeLabel === '') missing.push('place-missing');
  if (facts.description === '') missing.push('content-missing');
  if (facts.risks === '') missing.push('risks-missing');
  if (facts.support === '') missing.push('support-missing');
  if (facts.positions.length === 0) missing.push('positions-missing');
  return missing;
}

/** a task with possible bodily danger cannot start without an insurance policy. */
export const mayStart = (facts: Pick<PostingFacts, 'riskLevel' | 'policyNumber'>): boolean =>
  facts.riskLevel === 'none' || facts.policyNumber !== '';

/** Longest a single shift may be, in minutes: a day and a night. */
export const LONGEST_SHIFT_MINUTES = 24 * 60;

/** Faults of a shift's times, by code; minutes are whole. */
export function timeFaults(span: {
  startsAt: Date;
  endsAt: Date;
  breakMinutes: number;
}): { path: string; code: string }[] {
  const minutes = Math.floor((span.endsAt.getTime() - span.startsAt.getTime()) / 60_000);
  if (minutes <= 0) return [{ path: 'endTime', code: 'ends-before-start' }];
  if (minutes > LONGEST_SHIFT_MINUTES) return [{ path: 'endTime', code: 'shift-too-long' }];
  if (span.breakMinutes >= minutes) return [{ path: 'breakMinutes', code: 'break-too-long' }];
  return [];
}

/** "11 more" or "covered": how many the shift still needs and how many more it could take. */
export function coverage(positions: readonly { required: number; maximum: number; taken: number }[]): {
  needed: number;
  open: number;
  taken: number;
  maximum: number;
} {
  return positions.reduce(
    (sum, position) => ({
      needed: sum.needed + Math.max(0, position.required - position.taken),
      open: sum.open + Math.max(0, position.maximum - position.taken),
      taken: sum.taken + position.taken,
      maximum: sum.maximum + position.maximum,
    }),
    { needed: 0, open: 0, taken: 0, maximum: 0 },
  );
}
