import { FORMER, membershipLifecycle } from '../../core/states.ts';
import type { Beside } from '../../db/builders.ts';

/** States in which the tenant has decided, or has yet to decide, otherwise than yes. */
export const NOT_TO_BE_ASKED = [
  'submitted',
  'needs_correction',
  'first_review',
  'suspended',
  'rejected',
  FORMER,
];
/** The states of a membership that is not over. */
export const LIVE = ['draft', 'submitted', 'needs_correction', 'first_review', 'approved', 'suspended'];

/** What somebody has written and not handed in is theirs alone; an organisation sees what was said to it. */
export const UNSAID = 'draft';
/** The states that an organisation sees. */
export const SEEN_STATES = membershipLifecycle.states.filter((state) => state !== UNSAID);

/** A membership as far as it decides who sees it. */
interface Told {
  readonly state: string;
  readonly history: readonly { readonly from: string | null }[];
}
/** Whether it was ever handed in: what was taken back as it lay is as much the applicant's alone as what still lies. */
export const wasSaid = ({ state, history }: Told): boolean =>
  state !== UNSAID && !(state === 'withdrawn' && history.at(-1)?.from === UNSAID);
/** The same for a query: a draft's first step is the row's second entry. */
export const WAS_SAID = {
  state: { $ne: UNSAID },
  $nor: [{ state: 'withdrawn', 'history.1.from': UNSAID, 'history.1.to': 'withdrawn' }],
} as const;

/** The states of a membership that was approved once. */
export const STOOD = ['approved', 'suspended', FORMER];

/** A person's membership of the current tenant, to be read beside the person. */
export const LIVING_MEMBERSHIP: Beside = {
  from: 'memberships',
  foreignField: 'personId',
  as: 'memberships',
  match: { state: { $in: LIVE } },
  fields: { state: 1, verifiedSkills: 1, kind: 1 },
};
