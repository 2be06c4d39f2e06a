export { createAttachmentService, MOST_UPLOAD_BYTES, QUOTA } from './attachment.service.ts';
export type { AttachmentService } from './attachment.service.ts';
export type { AttachmentRow } from './attachment.model.ts';
export { scanWith } from './attachment.scan.ts';
export type { Scan } from './attachment.scan.ts';
