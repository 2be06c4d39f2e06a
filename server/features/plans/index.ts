export { createPlanThread } from './plan.client.ts';
export { createPlanService } from './plan.service.ts';
export type { PlanService } from './plan.service.ts';
export { createPlanSending } from './plan.sending.ts';
export type { PlanSending } from './plan.sending.ts';
export { createPlanExplaining } from './plan.explain.ts';
export { planRoutes } from './plan.routes.ts';
export { planInvariants } from './plan.verify.ts';
export { planDeskRoutes } from './plan.desk.routes.ts';
