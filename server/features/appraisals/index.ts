export { appraisalMessages } from './appraisal.mail.ts';
export { appraisalRoutes } from './appraisal.routes.ts';
export { createAppraisalService } from './appraisal.service.ts';
export type { AppraisalService } from './appraisal.service.ts';
export { appraisalInvariants } from './appraisal.verify.ts';
