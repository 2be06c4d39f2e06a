export { createExternalRecordService } from './external-record.service.ts';
export type { ExportWish, ExternalRecordService } from './external-record.service.ts';
export { externalRecordRoutes } from './external-record.routes.ts';
export { externalRecordInvariants } from './external-record.verify.ts';
