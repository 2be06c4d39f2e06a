export { createProposalService } from './proposal.service.ts';
export type { ProposalAct, ProposalActs, ProposalService, Subject } from './proposal.service.ts';
export type { ProposalRow } from './proposal.model.ts';
export { proposalMessages } from './proposal.mail.ts';
export { proposalRoutes } from './proposal.routes.ts';
export { proposalView, toProposalView } from './proposal.schema.ts';
export { proposalInvariants } from './proposal.verify.ts';
