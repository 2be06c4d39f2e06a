export { createRequestService, SERVED_STATES } from './request.service.ts';
export type { RequestInput, RequestService } from './request.service.ts';
export type { RequestView } from './request.schema.ts';
export type { RequestRow } from './request.model.ts';
