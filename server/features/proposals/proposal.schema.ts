import { z } from 'zod';
import { proposalLifecycle } from '../../core/states.ts';
import { pageOf, paging, prose } from '../../http/schema.ts';
import { maskName } from '../certificates/certificate.rules.ts';
import type { ProposalRow } from './proposal.model.ts';
import { PROPOSAL_KIND_NAMES } from './proposal.rules.ts';

export const proposalView = z.object({
  id: z.string(),
  kind: z.enum(PROPOSAL_KIND_NAMES),
  state: z.enum(proposalLifecycle.states as [string, ...string[]]),
  version: z.number(),
  /** What it is about: an id of the kind's thing. */
  subjectId: z.string(),
  title: z.string(),
  /** Whose it is; masked for an organisation above, empty where it is many people's. */
  personName: z.string(),
  /** Whole minutes at stake. */
  minutes: z.number().nullable(),
  reason: z.string(),
  proposedBy: z.string(),
  createdAt: z.string(),
  /** After this nobody can confirm it any more. */
  lapsesAt: z.string(),
  decidedAt: z.string().nullable(),
  decidedBy: z.string(),
  answer: z.string(),
  /** Whether an organisation above is asked because nobody of the own one could confirm. */
  handedUp: z.boolean(),
});
export type ProposalAnswer = z.infer<typeof proposalView>;
export const proposalPage = pageOf(proposalView);
export const proposalDetail = proposalView.extend({
  can: z.object({ confirm: z.boolean(), decline: z.boolean(), withdraw: z.boolean(), file: z.boolean() }),
  /** Why the reader may not confirm it, as a code; null for who may, for who proposed it, and when it is over. */
  why: z.string().nullable(),
  /** Until when the copy can be taken. */
  fileUntil: z.string().nullable(),
});

export const proposalFilter = z.strictObject({
  ...paging,
  show: z.enum(['open', 'past', 'below']).default('open'),
});
export const declineBody = z.strictObject({ reason: prose(300).min(1) });

/** As its readers see it: whoever sits above the organisation reads no more of a member's name than anybody. */
export const toProposalView = (row: ProposalRow, tenantId: string | null): z.input<typeof proposalView> => ({
  id: String(row._id),
  kind: row.kind,
  state: row.state,
  version: row.version,
  subjectId: row.subjectId,
  title: row.what.title,
  personName: String(row.tenantId) === tenantId ? row.what.personName : maskName(row.what.personName),
  minutes: row.what.minutes,
  reason: row.reason,
  proposedBy: row.proposerName,
  createdAt: row.createdAt.toISOString(),
  lapsesAt: row.lapsesAt.toISOString(),
  decidedAt: row.decidedAt?.toISOString() ?? null,
  decidedBy: row.deciderName,
  answer: row.answer,
  handedUp: row.authorityId !== null,
});
