import { isKnownApartFrom } from '../identity-documents/identity-document.rules.ts';
import type { HumanFacts } from '../identity-documents/index.ts';

/**
 * What proves an hour, and who may say so (S-10, invariant 5, ADR 6). Hours are for sale where one human holds every
 * account that a rule looks at; so humans are compared, not accounts, and service that no third person saw counts only
 * on the word of somebody who is in nobody's power that has a part in it. Pure: facts come in, a code comes out.
 */

/** How well time is evidenced, best first. */
export const EVIDENCE_GRADES = ['device', 'kiosk', 'supervisor', 'roster', 'self', 'back-entry'] as const;
export type EvidenceGrade = (typeof EVIDENCE_GRADES)[number];

/** How an arrival or a departure is noted. */
export const PRESENCE_METHODS = ['code', 'kiosk', 'coordinator', 'automatic'] as const;
export type PresenceMethod = (typeof PRESENCE_METHODS)[number];

/** How the person's presence was noted when the service began. */
export interface Presence {
  readonly method: PresenceMethod;
  /** Who noted it, or opened the kiosk; null where that is not recorded, or nobody knows who that is: it may be the person. */
  readonly by: HumanFacts | null;
  /** Whether the person could read the code without being there: by running shifts of that unit, in any account. */
  readonly codeWasOpenToSubject: boolean;
}

/** Whether somebody or something that is not in the person's hands saw them come. */
export function wasSeenByThird(subject: Pick<HumanFacts, 'human'>, presence: Presence | null): boolean {
  if (presence === null || presence.method === 'automatic') return false;
  if (presence.by?.human === subject.human) return false;
  return presence.method === 'coordinator' ? presence.by !== null : !presence.codeWasOpenToSubject;
}

export interface ApprovalFacts {
  readonly now: Date;
  readonly tenantId: string;
  readonly subject: HumanFacts;
  readonly approver: HumanFacts;
  /** Who typed it for the person; null when the person did, or nobody had to. */
  readonly enteredBy: HumanFacts | null;
  /** Who rejected it before, when this answers an appeal. */
  readonly rejectedBy: HumanFacts | null;
  readonly presence: Presence | null;
  /**
   * Humans of whom something says that they may be the person under another name: an address, a number, a browser that both use,
   * or that they made the person's account. Nothing of it is proof, and two documents that were seen outweigh it.
   */
  readonly tied: ReadonlySet<string>;
  readonly backEntry: boolean;
  /** Grants by which the approver may confirm; humans above each, nearest first, none for the operator's own. */
  readonly authorities: readonly { readonly grantedAt: Date; readonly granters: readonly string[] }[];
  /** Back-entries that this approver confirmed in the month. */
  readonly backEntriesThisMonth: number;
  readonly backEntryQuota: number;
}

/** A right younger than this confirms no service that nobody saw. */
export const AUTHORITY_DAYS = 30;
const DAY_MS = 86_400_000;

/** Somebody outside the organisation, or the operator, has seen the approver's document; nobody involved did. */
function isVerifiedOutside({ approver, tenantId }: ApprovalFacts, involved: ReadonlySet<string>): boolean {
  return approver.verification?.tenantId === tenantId ? false : isKnownApartFrom(approver, involved);
}

/**
 * Whether anybody who says that the person was there is known to be somebody else: their document was seen, and not by the
 * person. A number that is only typed makes nobody known; one human types as many as they like.
 */
function isVouchedFor({ subject, approver, enteredBy, presence, tied }: ApprovalFacts): boolean {
  const hands = new Set([subject.human, ...(enteredBy ? [enteredBy.human] : [])]);
  return [approver, presence?.by ?? null].some(
    (one) =>
      one !== null &&
      one.human !== subject.human &&
      isKnownApartFrom(one, hands) &&
      (!tied.has(one.human) || isKnownApartFrom(subject, new Set([one.human]))),
  );
}

/**
 * Whether all that says that the person was there is this one approver's word: they noted the arrival, and nobody else knows
 * who the person is.
 */
const isOnlyWitness = ({ subject, approver, presence }: ApprovalFacts): boolean =>
  presence?.method === 'coordinator' &&
  presence.by?.human === approver.human &&
  !isKnownApartFrom(subject, new Set([approver.human]));

/** Refusals of what may well be true: it is held for somebody else, and the auditor sees it. */
export const HELD_REFUSALS = ['nobody-known', 'sole-witness'] as const;
export type HeldRefusal = (typeof HELD_REFUSALS)[number];
/** Of what was seen by nobody who is known, and of what only its approver saw. */
export const isHeldRefusal = (refusal: string | null): refusal is HeldRefusal =>
  (HELD_REFUSALS as readonly (string | null)[]).includes(refusal);

/**
 * Why these hours may not be confirmed by this approver; null when they may. Permission and appeals are asked elsewhere.
 */
export function whyNotTrusted(facts: ApprovalFacts): string | null {
  const { subject, approver, enteredBy } = facts;
  if (approver.human === subject.human) return 'not-your-own';
  if (approver.human === facts.rejectedBy?.human) return 'appeal-needs-another';
  if (!approver.identified) return 'identity-needed';
  if (enteredBy?.human === approver.human) return 'entered-by-yourself';
  if (!facts.backEntry && wasSeenByThird(subject, facts.presence))
    return !isVouchedFor(facts) ? 'nobody-known' : isOnlyWitness(facts) ? 'sole-witness' : null;
  const involved = new Set([subject.human, approver.human, ...(enteredBy ? [enteredBy.human] : [])]);
  if (!isVerifiedOutside(facts, involved)) return 'approver-not-verified';
  const oldEnough = facts.now.getTime() - AUTHORITY_DAYS * DAY_MS;
  const independent = facts.authorities.some(
    ({ grantedAt, granters }) =>
      grantedAt.getTime() <= oldEnough && !(granters[0] !== undefined && involved.has(granters[0])),
  );
  if (!independent) return 'authority-too-new';
  if (!isKnownApartFrom(subject, involved)) return 'subject-not-verified';
  if (facts.backEntry && facts.backEntriesThisMonth >= facts.backEntryQuota) return 'back-entry-quota';
  return null;
}
