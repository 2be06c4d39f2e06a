import { Invalid } from '../../core/errors.ts';
import { addMessage } from '../../db/outbox.ts';
import { editRow } from '../../db/transition.ts';
import { bookPersonDays, lockPersonDays, unbookPersonDays } from '../people/index.ts';
import { natureIsFixed, natureOf } from '../shifts/index.ts';
import type { ShiftRow, ShiftService } from '../shifts/index.ts';
import { AssignmentModel, LIVE_STATES, SEATED_STATES } from './assignment.model.ts';
import type { AssignmentRow } from './assignment.model.ts';

/**
 * When a shift moves or becomes something else, everybody who is on it or waits for it goes along and is told, in the
 * same transaction. Nobody is moved into a second shift (invariant 3), and what somebody came for stays what it was: then the
 * change itself is refused. Each row is written, so that a check-in of the same moment meets the change.
 */
export function followMoves(shifts: Pick<ShiftService, 'onShiftChanged'>): void {
  shifts.onShiftChanged(async (shift, before) => {
    const rows = await AssignmentModel.find({
      shiftId: shift._id,
      state: { $in: [...LIVE_STATES] },
    }).lean();
    const came = rows.some(({ checkIn }) => checkIn !== null);
    if (natureIsFixed(before.nature, natureOf(shift), came)) throw Invalid.field('nature', 'nature-is-fixed');
    const moved = +before.startsAt !== +shift.startsAt || +before.endsAt !== +shift.endsAt;
    const busy: AssignmentRow[] = [];
    for (const row of rows) {
      if (moved && isSeated(row) && !(await rebook(row, shift))) busy.push(row);
      await editRow(AssignmentModel, String(row._id), {
        version: row.version,
        set: { startsAt: shift.startsAt, endsAt: shift.endsAt },
        action: 'assignments/follow-move',
      });
      await addMessage({
        kind: 'assignments/moved',
        subjectId: row._id,
        dedupeKey: `moved:${String(row._id)}:${shift.version}`,
      });
    }
    if (busy.length > 0) throw Invalid.field('date', 'people-busy-then', { count: busy.length });
  });
}

const isSeated = (row: AssignmentRow): boolean => (SEATED_STATES as readonly string[]).includes(row.state);

/** Frees the old time and books the new one. @returns false when the person has another shift then, in whatever tenant */
async function rebook(row: AssignmentRow, shift: ShiftRow): Promise<boolean> {
  const personId = String(row.personId);
  await unbookPersonDays(personId, row._id, row);
  const bookings = await lockPersonDays(personId, shift);
  // Half-open: one shift may start the minute another ends.
  if (bookings.some((other) => other.startsAt < shift.endsAt && shift.startsAt < other.endsAt)) return false;
  await bookPersonDays(personId, {
    assignmentId: row._id,
    tenantId: row.tenantId,
    startsAt: shift.startsAt,
    endsAt: shift.endsAt,
  });
  return true;
}
