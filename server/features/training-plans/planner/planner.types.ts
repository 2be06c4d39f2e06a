/**
 * Which sessions to hold and whom to invite, as numbers alone: the planner knows nothing of people. Indexes name things by
 * their place in the lists.
 */
export interface Need {
  readonly person: number;
  /** Credit minutes that are missing. */
  readonly minutes: number;
  /** How much a minute of it is worth: higher the sooner it is due. A whole number of at least 1. */
  readonly weight: number;
}

export interface Candidate {
  /** Minutes since some instant; half-open, so one may start when another ends. */
  readonly start: number;
  readonly end: number;
  readonly course: number;
  /** -1 where it takes none, as online. */
  readonly room: number;
  readonly instructor: number;
  readonly seats: number;
  /** Whole cents. */
  readonly cost: number;
}

/** What somebody's coming closes of one of their needs. */
export interface Service {
  readonly need: number;
  /** At most those of the candidate, less where a programme counts less of it. */
  readonly minutes: number;
  /** The room that these minutes share with others; -1 where they count beside whatever else there is. */
  readonly room: number;
}

/** Somebody who could come to a candidate, and what it would close. */
export interface Option {
  readonly person: number;
  readonly candidate: number;
  readonly serves: readonly Service[];
}

export interface Problem {
  readonly people: number;
  readonly needs: readonly Need[];
  readonly candidates: readonly Candidate[];
  readonly options: readonly Option[];
  /**
   * Minutes that several sessions together may count of one need at most, as where a programme caps a form of learning: two
   * of which each would fill it close it once.
   */
  readonly rooms: readonly number[];
  /** Whole cents that the sessions may cost together. */
  readonly budget: number;
  /** Most invitations for one person in one plan. */
  readonly mostEach: number;
  /** Candidates that are held whatever they are worth: an officer wants them. They never clash, and the budget holds them. */
  readonly fixed?: readonly number[];
}

/** What is proposed: the sessions to hold, and the options (by index) that become invitations. */
export interface Plan {
  readonly held: readonly number[];
  readonly invited: readonly number[];
  /** Worth of the plan: see `worthOf`. */
  readonly worth: number;
}

/** A plan, with what no plan can exceed. `optimal` where the two are the same. */
export interface ProvenPlan extends Plan {
  readonly bound: number;
  readonly optimal: boolean;
}
