import type { AccountActor, Actor } from '../../core/actor.ts';
import { Invalid } from '../../core/errors.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { AttachmentRow } from './attachment.model.ts';
import type { AttachmentService, Subject } from './attachment.service.ts';

/** Files of one kind of thing, for whoever that feature lets see or change the thing. */
export type KeptFiles = Omit<ReturnType<typeof keepFiles<never>>, 'of'>;

/** What `keepFiles` asks the feature whose things these are; each looks the thing up and throws where it may not be. */
export interface FileKeeping<Row> {
  readonly attachments: AttachmentService;
  readonly subjectOf: (row: Row) => Subject;
  readonly access: (actor: Actor, id: string) => Promise<Row>;
  readonly accessToChange: (actor: AccountActor, id: string) => Promise<Row>;
  /** Where adding asks for more than removing does. */
  readonly accessToAdd?: (actor: AccountActor, id: string) => Promise<Row>;
}

/** Evidence as every feature keeps it: looked at by whoever sees the thing, changed by whoever may change it. */
export function keepFiles<Row>({
  attachments,
  subjectOf,
  access,
  accessToChange,
  accessToAdd = accessToChange,
}: FileKeeping<Row>) {
  return {
    /** Files of a thing that the caller has looked up, oldest first. */
    of: (row: Row): Promise<AttachmentRow[]> => attachments.of(subjectOf(row)),

    /** Adds one; the thing is looked at before the file is redrawn and again, with its state, when it is stored. */
    async add(
      actor: AccountActor,
      id: string,
      file: { readonly name: string; readonly bytes: Buffer } | null,
    ): Promise<AttachmentRow> {
      await accessToAdd(actor, id);
      if (!file) throw Invalid.field('file', 'file-needed');
      const kept = await attachments.prepare(file);
      return inTransaction(async () => attachments.add(subjectOf(await accessToAdd(actor, id)), kept));
    },

    read: async (
      actor: Actor,
      id: string,
      fileId: string,
    ): Promise<{ row: AttachmentRow; content: Buffer }> =>
      attachments.read(subjectOf(await access(actor, id)), fileId),

    async remove(actor: AccountActor, id: string, fileId: string): Promise<void> {
      await inTransaction(async () => attachments.remove(subjectOf(await accessToChange(actor, id)), fileId));
    },
  };
}
