import { createHash } from 'node:crypto';
import { Types } from 'mongoose';
import { contextNow } from '../../core/context.ts';
import { Conflict, Invalid, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { recordAudit } from '../../db/audit.ts';
import { inTransaction, requireTransaction } from '../../db/transaction.ts';
import { cleanImage } from './attachment.image.ts';
import type { CleanImage } from './attachment.image.ts';
import { cleanPdfOf, isPdf } from './attachment.pdf.ts';
import type { CleanPdf } from './attachment.pdf.ts';
import { AttachmentContentModel, AttachmentModel, AttachmentQuotaModel } from './attachment.model.ts';
import type { AttachedTo, AttachmentRow } from './attachment.model.ts';
import type { Scan } from './attachment.scan.ts';

/** What is kept of a file from outside: drawn or written anew. */
export type CleanFile = CleanImage | CleanPdf;

/** Largest file that may be sent; a phone's picture is 3 to 8 MB. */
export const MOST_UPLOAD_BYTES = 10 * 1024 * 1024;
/** What one owner may keep in one tenant: a person, or a course. */
export const QUOTA = { files: 30, bytes: 20 * 1024 * 1024 } as const;
const MOST_ON_ONE = 6;

export interface Subject {
  readonly type: AttachedTo;
  readonly id: Types.ObjectId;
  /** Whose thing it is, or who adds it. */
  readonly personId: Types.ObjectId;
  /** Whose quota counts where it is not the person's: what is handed out is nobody's own. */
  readonly ownerId?: Types.ObjectId;
}

export type AttachmentService = ReturnType<typeof createAttachmentService>;

/**
 * Pictures and documents on things of other features. Who may see or change them is the business of the feature whose thing it is:
 * it looks its own thing up first, each time, and passes it here.
 */
export function createAttachmentService({ scan }: { scan: Scan }) {
  const current = (subject: Pick<Subject, 'type' | 'id'>) => ({
    subjectType: subject.type,
    subjectId: subject.id,
    removedAt: null,
  });

  const ownerOf = ({ ownerId, personId }: Subject): Types.ObjectId => ownerId ?? personId;

  async function reserve(subject: Subject, bytes: number): Promise<void> {
    const ownerId = ownerOf(subject);
    await AttachmentQuotaModel.updateOne(
      { ownerId },
      { $setOnInsert: { files: 0, bytes: 0 } },
      { upsert: true },
    );
    const taken = await AttachmentQuotaModel.updateOne(
      { ownerId, files: { $lt: QUOTA.files }, bytes: { $lte: QUOTA.bytes - bytes } },
      { $inc: { files: 1, bytes } },
    );
    if (taken.modifiedCount === 0) throw new Conflict('quota-used-up');
    // Whoever else adds to the same thing writes this owner's row as well: of two at once, the later one sees what the first added.
    if ((await AttachmentModel.countDocuments(current(subject))) >= MOST_ON_ONE)
      throw new Conflict('too-many-pictures', { most: MOST_ON_ONE });
  }

  return {
    /**
     * Scans a file from outside and draws a picture, or writes a PDF, anew; slow, so outside any transaction.
     * @throws Invalid with what is wrong
     */
    async prepare(file: { readonly name: string; readonly bytes: Buffer }): Promise<CleanFile> {
      await scan(file.bytes);
      if (!isPdf(file.bytes)) return cleanImage(file);
      if (!/\.pdf$/i.test(file.name)) throw Invalid.field('file', 'file-no-picture');
      return cleanPdfOf(file.bytes, MOST_UPLOAD_BYTES);
    },

    /** Which of these things have a picture, in one read; the ids of those that have. */
    async having(type: AttachedTo, ids: readonly Types.ObjectId[]): Promise<Set<string>> {
      const rows = await AttachmentModel.find({
        subjectType: type,
        subjectId: { $in: [...ids] },
        removedAt: null,
      })
        .select({ subjectId: 1 })
        .lean();
      return new Set(rows.map((row) => String(row.subjectId)));
    },

    /**
     * Adds a prepared file. @throws Conflict `quota-used-up`, `too-many-pictures`
     * @param label what it is called where it is handed out
     */
    async add(subject: Subject, kept: CleanFile, label = ''): Promise<AttachmentRow> {
      return inTransaction(async () => {
        await reserve(subject, kept.bytes.length);
        const _id = new Types.ObjectId();
        await AttachmentModel.create([
          {
            _id,
            subjectType: subject.type,
            subjectId: subject.id,
            personId: subject.personId,
            ownerId: ownerOf(subject),
            contentType: kept.contentType,
            bytes: kept.bytes.length,
            ...('pages' in kept ? { pages: kept.pages } : { width: kept.width, height: kept.height }),
            label,
            sha256: createHash('sha256').update(kept.bytes).digest('hex'),
            createdAt: contextNow(),
          } as never,
        ]);
        await AttachmentContentModel.create([{ attachmentId: _id, content: kept.bytes } as never]);
        await recordAudit({
          action: 'attachments/add',
          subjectType: 'Attachment',
          subjectId: _id,
          to: 'added',
        });
        return (await AttachmentModel.findById(_id).lean()) as AttachmentRow;
      });
    },

    /** Files of one thing, oldest first. */
    of: (subject: Pick<Subject, 'type' | 'id'>): Promise<AttachmentRow[]> =>
      AttachmentModel.find(current(subject)).sort({ _id: 1 }).limit(MOST_ON_ONE).lean().exec(),

    /** One file of the thing that the caller has looked up; one of another thing is missing. @throws NotFound */
    async read(
      subject: Pick<Subject, 'type' | 'id'>,
      id: string,
    ): Promise<{ row: AttachmentRow; content: Buffer }> {
      const row = isId(id) ? await AttachmentModel.findOne({ _id: id, ...current(subject) }).lean() : null;
      const stored = row ? await AttachmentContentModel.findOne({ attachmentId: row._id }).lean() : null;
      if (!row || !stored) throw new NotFound();
      // Mongoose's lean reads give the driver's Binary.
      const { content } = stored as unknown as { content: Buffer | { buffer: Uint8Array } };
      return { row, content: Buffer.isBuffer(content) ? content : Buffer.from(content.buffer) };
    },

    /** Removes one file; its bytes are gone with it. Inside the caller's transaction. @throws NotFound */
    async remove(subject: Pick<Subject, 'type' | 'id'>, id: string): Promise<void> {
      requireTransaction('The removal of a file');
      const row = isId(id)
        ? await AttachmentModel.findOneAndUpdate(
            { _id: id, ...current(subject) },
            { $set: { removedAt: contextNow() } },
          ).lean()
        : null;
      if (!row) throw new NotFound();
      await AttachmentContentModel.deleteOne({ attachmentId: row._id });
      await AttachmentQuotaModel.updateOne(
        { ownerId: row.ownerId },
        { $inc: { files: -1, bytes: -row.bytes } },
      );
      await recordAudit({
        action: 'attachments/remove',
        subjectType: 'Attachment',
        subjectId: row._id,
        to: 'removed',
      });
    },
  };
}
