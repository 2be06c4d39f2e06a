import { z } from 'zod';
import { file } from '../../http/route.ts';
import type { BinaryResult } from '../../http/route.ts';
import type { AttachmentRow } from './attachment.model.ts';

/** What a form lets people choose; what is kept of it is decided by its bytes. */
export const ACCEPTED_FILES = 'image/jpeg,image/png,image/webp,application/pdf';

/** A file on a thing, as every feature that has some tells of it: a picture has a size, a document has pages. */
export const attachmentView = z.object({
  id: z.string(),
  contentType: z.enum(['image/webp', 'application/pdf']),
  bytes: z.number(),
  width: z.number().nullable(),
  height: z.number().nullable(),
  pages: z.number().nullable(),
  label: z.string(),
  addedAt: z.string(),
});
export type AttachmentView = z.infer<typeof attachmentView>;

export const toAttachment = (row: AttachmentRow): AttachmentView => ({
  id: String(row._id),
  contentType: row.contentType,
  bytes: row.bytes,
  width: row.width,
  height: row.height,
  pages: row.pages ?? null,
  label: row.label ?? '',
  addedAt: row.createdAt.toISOString(),
});

/** The file itself, always to be saved and never to be opened beside our pages, under a name of ours (S-43). */
export const fileOf = ({ row, content }: { row: AttachmentRow; content: Buffer }): BinaryResult =>
  file(
    content,
    row.contentType,
    `${String(row._id)}.${row.contentType === 'application/pdf' ? 'pdf' : 'webp'}`,
  );
