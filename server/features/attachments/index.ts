export { createAttachmentService, MOST_UPLOAD_BYTES, QUOTA } from './attachment.service.ts';
export type { AttachmentService } from './attachment.service.ts';
export type { AttachmentRow } from './attachment.model.ts';
export { ACCEPTED_FILES, attachmentView, fileOf, toAttachment } from './attachment.view.ts';
export { scanWith } from './attachment.scan.ts';
export type { Scan } from './attachment.scan.ts';
export { keepFiles } from './attachment.keeping.ts';
export type { KeptFiles } from './attachment.keeping.ts';
export { fileRoutes } from './attachment.routes.ts';
