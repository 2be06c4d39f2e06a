import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict } from '../../core/errors.ts';
import { recordAudit } from '../../db/audit.ts';
import { addMessage } from '../../db/outbox.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { ShiftService } from '../shifts/index.ts';
import { AssignmentModel } from './assignment.model.ts';
import { AnnouncementModel } from './announcement.model.ts';
import type { AnnouncementRow, Audience } from './announcement.model.ts';

/** Whom each audience means, by the state of their assignment. */
export const STATES_OF: Readonly<Record<Audience, readonly string[]>> = {
  placed: ['accepted', 'confirmed', 'checked_in', 'checked_out'],
  everybody: ['offered', 'requested', 'waitlisted', 'accepted', 'confirmed', 'checked_in', 'checked_out'],
};
const NEWEST: readonly SortKey[] = [
  ['createdAt', -1],
  ['_id', -1],
];

export type AnnouncementService = ReturnType<typeof createAnnouncementService>;

/** Words from the coordinator to the people of a shift, each of whom gets a mail of their own. */
export function createAnnouncementService({ shifts }: { shifts: ShiftService }) {
  return {
    /** How many people each audience is, for the form. */
    async audiencesOf(actor: Actor, shiftId: string): Promise<Record<Audience, number>> {
      const shift = await shifts.accessShift(actor, shiftId, 'assignments:manage');
      const rows = await AssignmentModel.find({
        shiftId: shift._id,
        state: { $in: [...STATES_OF.everybody] },
      })
        .select({ personId: 1, state: 1 })
        .lean();
      const people = (states: readonly string[]): number =>
        new Set(rows.filter(({ state }) => states.includes(state)).map(({ personId }) => String(personId)))
          .size;
      return { placed: people(STATES_OF.placed), everybody: people(STATES_OF.everybody) };
    },

    /** What was written to the people of a shift, newest first. */
    async ofShift(
      actor: Actor,
      shiftId: string,
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<AnnouncementRow>> {
      const shift = await shifts.accessShift(actor, shiftId, 'assignments:manage');
      const rows = await AnnouncementModel.find({
        shiftId: shift._id,
        ...afterCursor(NEWEST, cursor),
      } as never)
        .sort(sortOf(NEWEST))
        .limit(limit + 1)
        .lean();
      return pageOf(rows, limit, (row) => [row.createdAt, row._id]);
    },

    /**
     * Writes to them: one outbox message per person, whatever positions they are on, in the transaction that keeps the
     * words. @throws Conflict `nobody-to-tell`
     */
    async announce(
      actor: AccountActor,
      shiftId: string,
      input: { subject: string; text: string; audience: Audience },
    ): Promise<AnnouncementRow> {
      return inTransaction(async () => {
        const shift = await shifts.accessShift(actor, shiftId, 'assignments:manage');
        const rows = await AssignmentModel.find({
          shiftId: shift._id,
          state: { $in: [...STATES_OF[input.audience]] },
        })
          .select({ personId: 1 })
          .sort({ _id: 1 })
          .lean();
        const byPerson = new Map(rows.map((row) => [String(row.personId), row._id]));
        if (byPerson.size === 0) throw new Conflict('nobody-to-tell');
        const _id = new Types.ObjectId();
        await AnnouncementModel.create([
          {
            _id,
            shiftId: shift._id,
            unitId: shift.unitId,
            ...input,
            recipients: byPerson.size,
            sentBy: new Types.ObjectId(actor.accountId),
            sentByName: actor.name,
            createdAt: contextNow(),
          } as never,
        ]);
        for (const [personId, assignmentId] of byPerson)
          await addMessage({
            kind: 'announcements/made',
            subjectId: assignmentId,
            data: { announcementId: String(_id) },
            dedupeKey: `announcement:${String(_id)}:${personId}`,
          });
        await recordAudit({
          action: 'announcements/make',
          subjectType: 'Announcement',
          subjectId: _id,
          facts: { shiftId, audience: input.audience, recipients: byPerson.size },
        });
        return (await AnnouncementModel.findById(_id).lean()) as AnnouncementRow;
      });
    },
  };
}
