export { createAssignmentService } from './assignment.service.ts';
export type { AssignmentService, OfferOutcome } from './assignment.service.ts';
export { LIVE_STATES, SEATED_STATES } from './assignment.model.ts';
export type { AssignmentRow, AttendanceMark } from './assignment.model.ts';
export { assignmentMessages } from './assignment.mail.ts';
export { assignmentRoutes } from './assignment.routes.ts';
export { candidateRoutes } from './candidate.routes.ts';
export { ownOfferRoutes, ownOffersOf } from './own-offers.routes.ts';
export type { OwnOffer } from './assignment.schema.ts';
