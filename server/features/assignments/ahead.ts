import { Types } from 'mongoose';
import { acrossTenants, contextNow, readOnce } from '../../core/context.ts';
import { latLngOf } from '../../core/geo.ts';
import type { Place } from '../../db/fields.ts';
import { AHEAD_STATES, AssignmentModel } from './assignment.model.ts';
import type { AssignmentRow } from './assignment.model.ts';
import { AROUND_MS, HELD } from './neighbours.ts';
import type { Held } from './neighbours.ts';

const WHY = 'assignments: what a person has ahead, in whatever tenant, for that person';
/** More offers and places ahead than a person could want to read. */
const MOST_AHEAD = 100;

/** What a person is asked for or expected at, in whatever tenant, with the words of its shift. */
export type Ahead = AssignmentRow & {
  readonly shift: { readonly title: string; readonly place: Place } | null;
  /** Until when an offer is to be answered. */
  readonly answerBy: Date | null;
};

/** All that is ahead of the person or has just ended, soonest first; one read, and one for all parts of a page. */
export function readAhead(personId: string): Promise<Ahead[]> {
  return readOnce(`ahead:${personId}`, () =>
    acrossTenants(WHY, async () => {
      const rows = await AssignmentModel.aggregate<
        AssignmentRow & { shifts: Ahead['shift'][]; offers: { dueAt: Date }[] }
      >([
        {
          $match: {
            personId: new Types.ObjectId(personId),
            state: { $in: [...AHEAD_STATES] },
            endsAt: { $gt: new Date(contextNow().getTime() - AROUND_MS) },
          },
        },
        { $sort: { endsAt: 1 } },
        { $limit: MOST_AHEAD },
        lookUp('shifts', 'shiftId', { title: 1, place: 1 }),
        lookUp('offers', 'offerId', { dueAt: 1 }),
      ]).hint('ahead');
      return rows
        .map(({ shifts, offers, ...row }) => ({
          ...row,
          shift: shifts[0] ?? null,
          answerBy: row.offerId ? (offers[0]?.dueAt ?? null) : null,
        }))
        .sort(
          (a, b) => a.startsAt.getTime() - b.startsAt.getTime() || (String(a._id) < String(b._id) ? -1 : 1),
        );
    }),
  );
}

const lookUp = (from: string, localField: string, fields: Record<string, 1>) => ({
  $lookup: { from, localField, foreignField: '_id', as: from, pipeline: [{ $project: fields }] },
});

/** The places among them that the person has, as neighbours of other shifts. */
export const heldAmong = (ahead: readonly Ahead[]): Held[] =>
  ahead.flatMap(({ _id, state, startsAt, endsAt, shift }) =>
    shift && (HELD as readonly string[]).includes(state)
      ? [
          {
            title: shift.title,
            startsAt,
            endsAt,
            point: shift.place.point ? latLngOf(shift.place.point) : null,
            assignmentId: String(_id),
          },
        ]
      : [],
  );
