export { createInspectionService, INSPECTION_SWEEP } from './inspection.service.ts';
export type { InspectionService, InspectionWish } from './inspection.service.ts';
export { inspectionRoutes } from './inspection.routes.ts';
export { inspectionMessages } from './inspection.mail.ts';
export { summaryPage } from './inspection.view.ts';
export { inspectionInvariants } from './inspection.verify.ts';
