export { createRequestService, toRequest } from './request.service.ts';
export type { Request, RequestAbilities, RequestService, SharedWords } from './request.service.ts';
export { isEditable, isServable, SERVABLE as SERVED_STATES } from './request.rules.ts';
export type { RequestInput } from './request.schema.ts';
export type { RequestRow } from './request.model.ts';
