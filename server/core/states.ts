/**
 * The life cycles as data: the only place that says which state may follow which. `db/transition.ts` refuses every
 * other edge; views and docs read the same lists.
 */
export interface LifecycleOf<State extends string> {
  readonly name: string;
  readonly states: readonly State[];
  readonly edges: Readonly<Record<State, readonly State[]>>;
  canMove(from: string, to: string): boolean;
}

/** Builds a life cycle from its edges; every state is a key, ends have no edges. */
export function defineLifecycle<const Edges extends Record<string, readonly string[]>>(
  name: string,
  edges: Edges & Record<keyof Edges, readonly (keyof Edges & string)[]>,
): LifecycleOf<keyof Edges & string> {
  type State = keyof Edges & string;
  const states = Object.keys(edges) as State[];
  return {
    name,
    states,
    edges: edges as unknown as Record<State, readonly State[]>,
    canMove: (from, to) => (edges[from] as readonly string[] | undefined)?.includes(to) ?? false,
  };
}

export const membershipLifecycle = defineLifecycle('membership', {
  draft: ['submitted', 'withdrawn'],
  submitted: ['needs_correction', 'first_review', 'rejected', 'withdrawn'],
  needs_correction: ['submitted', 'withdrawn'],
  first_review: ['approved', 'rejected', 'needs_correction', 'withdrawn'],
  approved: ['suspended', 'ended'],
  suspended: ['approved', 'ended'],
  rejected: [],
  withdrawn: [],
  ended: [],
});

/** The state of a membership that is over: its person left, or was let go. */
export const FORMER = 'ended';

export const requestLifecycle = defineLifecycle('request', {
  draft: ['submitted', 'closed'],
  submitted: ['screened', 'rejected', 'redirected', 'merged'],
  screened: ['dispatched', 'rejected', 'redirected', 'merged'],
  dispatched: ['accepted', 'objected'],
  objected: ['ruled'],
  ruled: ['dispatched'],
  accepted: ['in_progress', 'objected'],
  in_progress: ['extended', 'blocked', 'done'],
  extended: ['in_progress', 'done'],
  blocked: ['in_progress', 'done'],
  done: ['verified', 'in_progress'],
  verified: ['rated', 'closed'],
  rated: ['reopened', 'closed'],
  reopened: ['in_progress'],
  rejected: [],
  redirected: [],
  merged: [],
  closed: [],
});

export const shiftLifecycle = defineLifecycle('shift', {
  draft: ['published', 'cancelled'],
  published: ['locked', 'running', 'cancelled'],
  locked: ['published', 'running', 'cancelled'],
  running: ['ended', 'cancelled'],
  ended: ['settled'],
  settled: [],
  cancelled: [],
});

export const assignmentLifecycle = defineLifecycle('assignment', {
  offered: ['accepted', 'declined', 'expired', 'cancelled_by_org', 'waitlisted'],
  requested: ['accepted', 'waitlisted', 'declined', 'expired', 'cancelled_by_person', 'cancelled_by_org'],
  waitlisted: ['offered', 'accepted', 'expired', 'cancelled_by_person', 'cancelled_by_org'],
  accepted: [
    'confirmed',
    'checked_in',
    'cancelled_by_person',
    'cancelled_by_org',
    'replaced',
    'no_show',
    'excused',
  ],
  confirmed: ['checked_in', 'cancelled_by_person', 'cancelled_by_org', 'replaced', 'no_show', 'excused'],
  checked_in: ['checked_out'],
  checked_out: [],
  no_show: ['checked_out', 'excused'],
  excused: [],
  declined: [],
  expired: [],
  cancelled_by_person: [],
  cancelled_by_org: [],
  replaced: [],
});

export const hoursLifecycle = defineLifecycle('hours', {
  open: ['submitted'],
  submitted: ['under_check', 'approved', 'rejected'],
  under_check: ['approved', 'rejected'],
  approved: ['posted'],
  rejected: ['appealed'],
  appealed: ['approved', 'rejected'],
  posted: ['reversed', 'moved'],
  /** Taken along to another organisation, whose ledger has it now. */
  moved: ['reversed'],
  reversed: [],
});

/** Somebody says that recorded hours are wrong or missing; a founded claim was corrected in the same moment. */
export const hoursClaimLifecycle = defineLifecycle('hoursClaim', {
  claimed: ['founded', 'refused', 'withdrawn'],
  founded: [],
  refused: [],
  withdrawn: [],
});

/** An award of a person: the organisation's own is born recorded, others are asked for; the person may contest what stands. */
export const awardLifecycle = defineLifecycle('award', {
  claimed: ['recorded', 'refused', 'withdrawn'],
  recorded: ['recorded', 'contested', 'revoked'],
  contested: ['recorded', 'revoked'],
  refused: [],
  withdrawn: [],
  revoked: [],
});

/** How far a record of service is entered in the national system; what is taken back here is taken back there. */
export const externalLifecycle = defineLifecycle('external', {
  waiting: ['exported', 'confirmed', 'dropped'],
  exported: ['confirmed', 'failed', 'to_withdraw'],
  failed: ['exported', 'confirmed', 'failed', 'dropped'],
  confirmed: ['to_withdraw'],
  to_withdraw: ['to_withdraw', 'withdrawn', 'dropped'],
  withdrawn: [],
  dropped: [],
});

/** Material for an authority: made in the background, there for a while, then gone. */
export const inspectionLifecycle = defineLifecycle('inspection', {
  running: ['ready', 'failed'],
  ready: ['expired'],
  failed: [],
  expired: [],
});

/** What is said of a service after it was given: due from the check-out on, void while its hours are taken back. */
export const appraisalLifecycle = defineLifecycle('appraisal', {
  due: ['made', 'void'],
  made: ['made', 'contested', 'void'],
  contested: ['made', 'void'],
  void: ['due', 'made'],
});

/** An act that needs two persons (S-10): one proposes it, another confirms or declines, else it lapses. */
export const proposalLifecycle = defineLifecycle('proposal', {
  open: ['confirmed', 'declined', 'withdrawn', 'lapsed'],
  confirmed: [],
  declined: [],
  withdrawn: [],
  lapsed: [],
});

/** What an organisation recorded and certified in a year: drawn, published, and withdrawn to be drawn anew. */
export const annualReportLifecycle = defineLifecycle('annualReport', {
  drawing: ['drawn'],
  drawn: ['drawing', 'published'],
  published: ['drawing'],
});

/** Hours that somebody takes along: the old organisation confirms, the new one accepts; each has a row of its own. */
export const transferLifecycle = defineLifecycle('transfer', {
  requested: ['confirmed', 'refused', 'withdrawn'],
  confirmed: ['moving', 'declined', 'withdrawn'],
  offered: ['moving', 'declined', 'withdrawn'],
  moving: ['done'],
  done: [],
  refused: [],
  declined: [],
  withdrawn: [],
});

export const credentialLifecycle = defineLifecycle('credential', {
  claimed: ['under_review'],
  under_review: ['needs_correction', 'first_pass', 'rejected'],
  needs_correction: ['under_review'],
  first_pass: ['valid', 'rejected', 'needs_correction'],
  valid: ['expiring', 'expired', 'suspended', 'revoked', 'renewed'],
  expiring: ['expired', 'suspended', 'revoked', 'renewed'],
  expired: ['renewed'],
  suspended: ['valid', 'revoked'],
  rejected: ['appealed'],
  appealed: ['valid', 'rejected'],
  revoked: [],
  renewed: [],
});

/** From a proposal or an application to a recognised member of a talent pool; an end leaves room for a new beginning. */
export const poolLifecycle = defineLifecycle('pool', {
  proposed: ['applied', 'first_pass', 'refused', 'left'],
  applied: ['first_pass', 'refused', 'left'],
  first_pass: ['certified', 'refused', 'left'],
  refused: ['appealed'],
  appealed: ['certified', 'refused', 'left'],
  certified: ['expiring', 'lapsed', 'suspended', 'left'],
  expiring: ['certified', 'lapsed', 'suspended', 'left'],
  suspended: ['certified', 'lapsed', 'left'],
  lapsed: [],
  left: [],
});

/** What somebody learned elsewhere and claims as credit hours; posted ones are taken back by a reversal only. */
export const creditLifecycle = defineLifecycle('credit', {
  submitted: ['posted', 'needs_correction', 'rejected', 'withdrawn'],
  needs_correction: ['submitted', 'withdrawn'],
  posted: ['reversed'],
  rejected: [],
  withdrawn: [],
  reversed: [],
});

/** Stars and medals: granted only after a notice to which anybody could object. */
export const recognitionLifecycle = defineLifecycle('recognition', {
  eligible: ['applied', 'withdrawn'],
  applied: ['reviewed', 'refused', 'withdrawn'],
  reviewed: ['published', 'refused', 'withdrawn'],
  published: ['granted', 'refused', 'withdrawn'],
  granted: ['withdrawn'],
  refused: [],
  withdrawn: [],
});

/** Two people of one family, so that saved time may be given. */
export const kinshipLifecycle = defineLifecycle('kinship', {
  declared: ['confirmed', 'refused', 'ended'],
  confirmed: ['ended'],
  refused: [],
  ended: [],
});

/** Service against saved time: its minutes are set aside when it is asked for, spent when it was given. */
export const redemptionLifecycle = defineLifecycle('redemption', {
  requested: ['confirmed', 'refused', 'cancelled'],
  confirmed: ['settled', 'cancelled'],
  settled: ['refunded'],
  refused: [],
  cancelled: [],
  refunded: [],
});

/** One mechanism for positions and training sessions. */
export const offerLifecycle = defineLifecycle('offer', {
  queued: ['open', 'withdrawn'],
  open: ['accepted', 'declined', 'expired', 'withdrawn'],
  accepted: [],
  declined: [],
  expired: [],
  withdrawn: [],
});

/** A course of the catalogue: taught while it is open, kept for what refers to it when it is not. */
export const courseLifecycle = defineLifecycle('course', {
  draft: ['open', 'retired'],
  open: ['retired'],
  retired: ['open'],
});

/** One date of a course. `closed`: everybody's outcome is known. */
export const sessionLifecycle = defineLifecycle('session', {
  draft: ['published', 'cancelled'],
  published: ['closed', 'cancelled'],
  closed: [],
  cancelled: [],
});

/** A person's way through one session. A posting that was taken back leads to a new assessment. */
export const trainingLifecycle = defineLifecycle('training', {
  applied: ['approved', 'cancelled'],
  invited: ['approved', 'cancelled'],
  approved: ['enrolled', 'waitlisted', 'cancelled'],
  waitlisted: ['invited', 'cancelled'],
  enrolled: ['attended', 'absent', 'cancelled'],
  absent: ['attended'],
  attended: ['assessed', 'absent'],
  assessed: ['passed', 'failed'],
  passed: ['credited', 'assessed'],
  failed: ['assessed'],
  credited: ['assessed'],
  cancelled: [],
});

/**
 * A file that was brought: checked first, then applied in batches; rows mended afterwards are applied as well. What it
 * came to may be taken back as a whole, once more where something was left.
 */
export const importLifecycle = defineLifecycle('import', {
  checked: ['applying'],
  applying: ['done', 'failed'],
  failed: ['applying', 'undoing'],
  done: ['applying', 'undoing'],
  undoing: ['undone', 'undo_failed'],
  undo_failed: ['undoing'],
  undone: ['undoing'],
});

/**
 * A run over all open positions: a proposal that is solved in the background, mended while things change, and offered in
 * waves. Only acceptances make assignments.
 */
export const planLifecycle = defineLifecycle('plan', {
  queued: ['running', 'cancelled', 'failed'],
  running: ['proposed', 'queued', 'cancelled', 'failed'],
  proposed: ['queued', 'sending', 'withdrawing'],
  sending: ['proposed', 'withdrawing'],
  withdrawing: ['withdrawn'],
  failed: ['queued', 'withdrawing'],
  cancelled: ['queued', 'withdrawing'],
  withdrawn: [],
});

/** A proposal of training sessions and invitations: made in the background, mended, published as it stands. */
export const trainingPlanLifecycle = defineLifecycle('training-plan', {
  queued: ['running', 'cancelled', 'failed'],
  running: ['proposed', 'cancelled', 'failed'],
  proposed: ['queued', 'publishing'],
  publishing: ['published'],
  published: [],
  failed: ['queued'],
  cancelled: ['queued'],
});

/** Every life cycle there is: what speaks of all of them asks this list, and a test that none is left out of it. */
export const LIFECYCLES = [
  membershipLifecycle,
  requestLifecycle,
  shiftLifecycle,
  assignmentLifecycle,
  hoursLifecycle,
  hoursClaimLifecycle,
  awardLifecycle,
  externalLifecycle,
  inspectionLifecycle,
  appraisalLifecycle,
  proposalLifecycle,
  annualReportLifecycle,
  transferLifecycle,
  credentialLifecycle,
  poolLifecycle,
  creditLifecycle,
  recognitionLifecycle,
  kinshipLifecycle,
  redemptionLifecycle,
  offerLifecycle,
  courseLifecycle,
  sessionLifecycle,
  trainingLifecycle,
  importLifecycle,
  planLifecycle,
  trainingPlanLifecycle,
] as const;
