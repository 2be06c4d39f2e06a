export { createTrainingPlanService } from './training-plan.service.ts';
export type { TrainingPlanService } from './training-plan.service.ts';
export { createPlanPublishing } from './publishing.service.ts';
export type { PlanPublishing } from './publishing.service.ts';
export { makeInThread } from './thread.client.ts';
export { trainingPlanInvariants } from './training-plan.verify.ts';
export { trainingPlanRoutes } from './training-plan.routes.ts';
