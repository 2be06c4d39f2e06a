export { createRequestService, toRequest } from './request.service.ts';
export type { Request, RequestAbilities, RequestService, SharedWords } from './request.service.ts';
export { isEditable, isServable, SERVABLE as SERVED_STATES } from './request.rules.ts';
export { titleKeysOf } from './request.search.ts';
export type { RequestInput } from './request.schema.ts';
export type { RequestRow } from './request.model.ts';
export { forecastImported, upsertImported } from './request.import.ts';
export type { ImportedRequest, ImportedResult, ImportOrigin, ImportOutcome } from './request.import.ts';
export {
  contentOf,
  requestMark,
  requestsById,
  requestsBySource,
  restoreRequest,
  takeBackRequest,
} from './request.imported.ts';
export type { ImportedContent } from './request.imported.ts';
export { requestRoutes } from './request.routes.ts';
export type { RequestRouteParts } from './request.routes.ts';
export { askRoutes } from './ask.routes.ts';
export { areaName } from './request.view.ts';
