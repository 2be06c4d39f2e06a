/** What a posting says before it may be published. Empty texts count as missing. */
export interface PostingFacts {
  readonly request: {
    readonly id: string;
    readonly title: string;
    readonly description: string;
    readonly placeLabel: string;
    readonly hasPoint: boolean;
    readonly conditions: string;
    readonly risks: string;
    readonly support: string;
    readonly contactName: string;
    readonly contactPhone: string;
  };
  readonly shift: {
    readonly id: string;
    readonly startsAt: Date;
    readonly riskLevel: string;
    readonly policyNumber: string;
  };
  readonly positions: readonly { readonly maximum: number }[];
}

export interface Gap {
  /** Kebab-case code, worded under `shifts.gap.<code>`. */
  readonly code: string;
  /** Where to mend it. */
  readonly on: 'request' | 'shift' | 'positions';
  /** Name of the form's field, for a link straight to it. */
  readonly field: string;
  /** False: advice, or needed only by the start. */
  readonly blocking: boolean;
}

const blank = (text: string): boolean => text.trim() === '';

/**
 * What is missing before volunteers may see the posting: time, place, content, conditions, number, risks and support
 * and the policy number of a bodily risk: who signs up is insured. A map point helps only.
 */
export function postingGaps(facts: PostingFacts, now: Date): Gap[] {
  const { request, shift, positions } = facts;
  const gaps: Gap[] = [];
  const need = (missing: boolean, gap: Omit<Gap, 'blocking'>, blocking = true): void => {
    if (missing) gaps.push({ ...gap, blocking });
  };
  need(blank(request.title), { code: 'no-title', on: 'request', field: 'title' });
  need(blank(request.description), { code: 'no-description', on: 'request', field: 'description' });
  need(blank(request.placeLabel), { code: 'no-place', on: 'request', field: 'place.label' });
  need(blank(request.conditions), { code: 'no-conditions', on: 'request', field: 'conditions' });
  need(blank(request.risks), { code: 'no-risks', on: 'request', field: 'risks' });
  need(blank(request.support), { code: 'no-support', on: 'request', field: 'support' });
  need(blank(request.contactName) || blank(request.contactPhone), {
    code: 'no-contact',
    on: 'request',
    field: 'contactName',
  });
  need(positions.length === 0, { code: 'no-positions', on: 'positions', field: 'positions' });
  need(shift.startsAt.getTime() <= now.getTime(), { code: 'starts-in-the-past', on: 'shift', field: 'date' });
  need(lacksPolicy(shift), { code: 'no-policy-number', on: 'shift', field: 'policyNumber' });
  need(!request.hasPoint, { code: 'no-point', on: 'request', field: 'place.latitude' }, false);
  return gaps;
}

/** a shift with bodily risk must be neither announced nor started without an accident insurance's policy number. */
export const lacksPolicy = (shift: { riskLevel: string; policyNumber: string }): boolean =>
  shift.riskLevel === 'bodily' && blank(shift.policyNumber);

export interface Seats {
  readonly required: number;
  readonly maximum: number;
  readonly taken: number;
}

/** How full it is, in the words people use: so many more are needed, covered (more may still come), or full. */
export function coverage(seats: Seats): {
  readonly level: 'needs' | 'covered' | 'full';
  missing: number;
  free: number;
} {
  const missing = Math.max(0, seats.required - seats.taken);
  const free = Math.max(0, seats.maximum - seats.taken);
  return { level: free === 0 ? 'full' : missing > 0 ? 'needs' : 'covered', missing, free };
}

/** Sums of several positions; one position's surplus does not cover another's need. */
export function sumSeats(positions: readonly Seats[]): Seats & { readonly missing: number } {
  return positions.reduce<Seats & { missing: number }>(
    (sum, seats) => ({
      required: sum.required + seats.required,
      maximum: sum.maximum + seats.maximum,
      taken: sum.taken + seats.taken,
      missing: sum.missing + coverage(seats).missing,
    }),
    { required: 0, maximum: 0, taken: 0, missing: 0 },
  );
}

/** Every code of the skills that the positions ask for, once. */
export const skillCodesOf = (positions: readonly { skills: readonly { code: string }[] }[]): string[] => [
  ...new Set(positions.flatMap((position) => position.skills.map((skill) => skill.code))),
];

/** Longest a shift may last: a night's watch, not a mistyped morning. */
export const MAX_SHIFT_MINUTES = 16 * 60;
export const MIN_SHIFT_MINUTES = 15;

/** Field issues of the times; `startTime`, `endTime` and `breakMinutes` as in the form. */
export function spanIssues(span: {
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly breakMinutes: number;
}): { readonly path: string; readonly code: string; readonly params?: Record<string, number> }[] {
  const minutes = Math.floor((span.endsAt.getTime() - span.startsAt.getTime()) / 60_000);
  if (minutes < MIN_SHIFT_MINUTES)
    return [{ path: 'endTime', code: 'shift-too-short', params: { min: MIN_SHIFT_MINUTES } }];
  if (minutes > MAX_SHIFT_MINUTES)
    return [{ path: 'endTime', code: 'shift-too-long', params: { max: MAX_SHIFT_MINUTES / 60 } }];
  if (span.breakMinutes >= minutes) return [{ path: 'breakMinutes', code: 'break-too-long' }];
  return [];
}

/** from the other side: whether a shift may begin. */
export const mayStart = (shift: { riskLevel: string; policyNumber: string }): boolean => !lacksPolicy(shift);
