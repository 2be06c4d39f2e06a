import type { Permission } from '../../core/permissions.ts';
import type { HumanFacts } from '../identity-documents/index.ts';
import { isKnownApartFrom } from '../identity-documents/identity-document.rules.ts';

/**
 * What nobody does alone (S-10, ADR 13): taking back what counts, moving many postings at once, carrying many people's facts
 * away. One proposes with a reason, another human with the same right confirms. Pure: facts come in, a code comes out.
 */

/** Each act and the right that both need over the unit it concerns. */
export const PROPOSAL_KINDS = {
  'hours/reversal': 'hours:reverse',
  'hours/merge': 'memberships:decide',
  'credits/reversal': 'credits:reverse',
  'certificates/revocation': 'certificates:revoke',
  'certificates/print': 'certificates:issue',
  'time-bank/closing': 'time-bank:run',
  'audit/export': 'audit:see',
  'inspection/export': 'inspections:export',
  'external-records/export': 'external-records:enter',
} as const satisfies Record<string, Permission>;
export type ProposalKind = keyof typeof PROPOSAL_KINDS;
export const PROPOSAL_KIND_NAMES = Object.keys(PROPOSAL_KINDS) as [ProposalKind, ...ProposalKind[]];
export const permissionOf = (kind: ProposalKind): Permission => PROPOSAL_KINDS[kind];

/** What leaves the house when it is confirmed: files, for a while, for whoever proposed it. */
export const isExport = (kind: ProposalKind): boolean =>
  kind === 'audit/export' || kind === 'certificates/print' || kind === 'external-records/export';

/** How somebody holds the right over the unit: the humans above each grant, none for the operator's own. */
export type Authorities = readonly { readonly granters: readonly string[] }[];

export interface TwoPersons {
  readonly proposer: HumanFacts;
  readonly second: HumanFacts;
  /** Humans whose hours, credits or certificates these are. */
  readonly concerned: ReadonlySet<string>;
  readonly proposerHolds: Authorities;
  readonly secondHolds: Authorities;
}

/** Somebody other than these holds the power behind one of the grants. */
const isIndependentOf = (holds: Authorities, human: string): boolean =>
  holds.some(({ granters }) => !granters.includes(human));

/**
 * Why the second may not answer; null when they may. Two are known to be two only where both documents were seen, and not by each
 * other; and neither may hold the right by the other's hand, however many steps it went.
 */
export function whyNotSecond({
  proposer,
  second,
  concerned,
  proposerHolds,
  secondHolds,
}: TwoPersons): string | null {
  if (second.human === proposer.human) return 'proposed-by-yourself';
  if (concerned.has(second.human) || concerned.has(proposer.human)) return 'not-your-own';
  if (secondHolds.length === 0) return 'not-permitted';
  if (proposerHolds.length === 0) return 'proposer-lost-right';
  if (!second.identified) return 'identity-needed';
  if (!isKnownApartFrom(second, new Set([proposer.human, ...concerned]))) return 'second-not-verified';
  if (!isKnownApartFrom(proposer, new Set([second.human]))) return 'proposer-not-verified';
  if (!isIndependentOf(secondHolds, proposer.human)) return 'granted-by-proposer';
  return isIndependentOf(proposerHolds, second.human) ? null : 'granted-to-proposer';
}
