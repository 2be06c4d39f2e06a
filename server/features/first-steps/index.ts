export { createFirstStepService } from './first-steps.service.ts';
export type { FirstStepService } from './first-steps.service.ts';
export { firstStepRoutes, firstStepsModel } from './first-steps.routes.ts';
export { STEPS_SHOWN } from './first-steps.rules.ts';
export type { StepsShown } from './first-steps.rules.ts';
