export { createOpportunityService } from './opportunity.service.ts';
export type { OpportunityService } from './opportunity.service.ts';
export { opportunityRoutes } from './opportunity.routes.ts';
