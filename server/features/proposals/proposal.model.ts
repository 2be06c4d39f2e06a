import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { proposalLifecycle } from '../../core/states.ts';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { stateFields } from '../../db/transition.ts';
import type { StateRow } from '../../db/transition.ts';
import { PROPOSAL_KIND_NAMES } from './proposal.rules.ts';
import type { ProposalKind } from './proposal.rules.ts';

/** An act that needs two persons: what one proposes, and what another said to it. */
export interface ProposalRow extends TenantRow, StateRow {
  kind: ProposalKind;
  /** The thing it would change, or the one who would take the copy. */
  subjectId: string;
  /** What else the act needs, as the proposer gave it. */
  wish: Record<string, string>;
  unitId: Types.ObjectId;
  /** Whose it is; empty where it is many people's. */
  concerns: Types.ObjectId[];
  /** As it was when it was proposed: what a reader recognises it by. */
  what: { title: string; personName: string; minutes: number | null };
  reason: string;
  proposedBy: Types.ObjectId;
  proposerPersonId: Types.ObjectId;
  proposerName: string;
  /** The organisation above that is asked because nobody here could confirm it. */
  authorityId: Types.ObjectId | null;
  lapsesAt: Date;
  decidedAt: Date | null;
  decidedBy: Types.ObjectId | null;
  deciderPersonId: Types.ObjectId | null;
  deciderName: string;
  /** Why the second said no. */
  answer: string;
  createdAt: Date;
}

const proposalSchema = new Schema({
  ...tenantFields,
  ...stateFields(proposalLifecycle.states),
  kind: { type: String, enum: PROPOSAL_KIND_NAMES, required: true },
  subjectId: { type: String, required: true },
  wish: { type: Schema.Types.Mixed, default: {} },
  unitId: { type: Schema.Types.ObjectId, required: true },
  concerns: { type: [Schema.Types.ObjectId], default: [] },
  what: {
    type: new Schema(
      {
        title: { type: String, default: '' },
        personName: { type: String, default: '' },
        minutes: { type: Number, default: null },
      },
      { _id: false, strict: 'throw' },
    ),
    required: true,
  },
  reason: { type: String, required: true },
  proposedBy: { type: Schema.Types.ObjectId, required: true },
  proposerPersonId: { type: Schema.Types.ObjectId, required: true },
  proposerName: { type: String, required: true },
  authorityId: { type: Schema.Types.ObjectId, default: null },
  lapsesAt: { type: Date, required: true },
  decidedAt: { type: Date, default: null },
  decidedBy: { type: Schema.Types.ObjectId, default: null },
  deciderPersonId: { type: Schema.Types.ObjectId, default: null },
  deciderName: { type: String, default: '' },
  answer: { type: String, default: '' },
  createdAt: { type: Date, required: true },
});
// One at a time of a thing: the database wins the race.
proposalSchema.index(
  { tenantId: 1, kind: 1, subjectId: 1 },
  { unique: true, partialFilterExpression: { state: 'open' } },
);
// The desk of what waits, and of what was said, in the order of the list.
proposalSchema.index({ tenantId: 1, state: 1, createdAt: -1, _id: -1 });
proposalSchema.index({ tenantId: 1, createdAt: -1, _id: -1 });
// Who may take what was confirmed.
proposalSchema.index({ tenantId: 1, kind: 1, subjectId: 1, decidedAt: -1 });
// What an organisation above is asked.
proposalSchema.index({ authorityId: 1, createdAt: -1, _id: -1 });
// The sweep looks for what is due in every tenant.
proposalSchema.index({ lapsesAt: 1 }, { partialFilterExpression: { state: 'open' } });

export const ProposalModel = tenantModel<ProposalRow>('Proposal', proposalSchema);
