/** What a run is asked to do. */
export interface PlanSettings {
  /** Local dates, both inclusive: shifts that start then. */
  readonly from: string;
  readonly to: string;
  /** Most places that one person is proposed for in a week; never more than one a day. */
  readonly perWeek: number;
  /** Whether seats beyond those required are filled too. */
  readonly fill: 'required' | 'maximum';
  /** Positions with at least so many open places get a certified social worker among them; 0 for none. */
  readonly certifiedFrom: number;
  /** Seconds the solver may take; then the best plan so far counts, with its bound. */
  readonly seconds: number;
}

/** A wish that is no flow: it is kept by solving the block it concerns as an integer programme. */
export type SideWish =
  /** The same people on every shift of the series that is planned. */
  | { readonly kind: 'same'; readonly seriesId: string }
  /** Two people on the same shift or not at all; or never on the same shift. */
  | { readonly kind: 'together' | 'apart'; readonly personIds: readonly [string, string] };

/** A part of a pair's score with what was noticed, as it is stored with the plan. */
export interface PlanPart {
  readonly rule: string;
  readonly points: number;
  readonly most: number;
  readonly code: string | null;
  readonly params: Readonly<Record<string, string | number>> | null;
}

/** What a way of filling the places comes to. */
export interface Outcome {
  readonly filled: number;
  /** Positions with at least one person, and with all their places filled. */
  readonly served: number;
  readonly full: number;
  /** Of the pairs whose distance is known. */
  readonly meanMetres: number | null;
  /** Minutes given by the people who are planned: 0 all the same, 1 one has everything; in thousandths. */
  readonly giniThousandths: number;
  readonly people: number;
}

/** How one unit fares. */
export interface UnitOutcome {
  readonly unitId: string;
  readonly tenantId: string;
  readonly slots: number;
  readonly before: number;
  readonly after: number;
}

/** First come, first served against the plan. */
export interface Comparison {
  readonly positions: number;
  readonly slots: number;
  readonly before: Outcome;
  readonly after: Outcome;
  readonly units: readonly UnitOutcome[];
  /** Units whose places the plan fills less than first come, first served would. */
  readonly worse: number;
}
