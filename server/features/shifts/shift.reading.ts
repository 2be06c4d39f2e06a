import { contextNow } from '../../core/context.ts';
import { Conflict } from '../../core/errors.ts';
import * as facts from './shift.facts.ts';
import { ShiftModel } from './shift.model.ts';
import type { ShiftRow } from './shift.model.ts';
import { postingGaps } from './shift.rules.ts';
import type { Gap } from './shift.rules.ts';
import type { ShiftView } from './shift.schema.ts';

/** States in which a shift may still be planned differently. */
export const CHANGEABLE = ['draft', 'published', 'locked'];

/** Shifts with their positions, as both doors show them; one read for all. */
export async function toViews(rows: readonly ShiftRow[]): Promise<ShiftView[]> {
  const positions = await facts.listPositionsOf(rows.map((row) => row._id));
  return rows.map((row) => facts.toShiftView(row, positions.get(String(row._id)) ?? []));
}

/** One of them. */
export const viewOf = async (row: ShiftRow): Promise<ShiftView> => (await toViews([row]))[0] as ShiftView;

/** What is missing before the shift may be published, each with the field to mend. */
export const gapsIn = ({ shift, request, positions }: Omit<facts.WholeShift, 'unitName'>): Gap[] =>
  postingGaps(
    {
      request: {
        ...request,
        id: String(request._id),
        placeLabel: request.place.label,
        hasPoint: request.place.point !== undefined,
      },
      shift: { ...shift, id: String(shift._id) },
      positions,
    },
    contextNow(),
  );

/** The shift's series from it on, in order, those left out that are running, over or cancelled. @throws Conflict when it has none */
export async function followersOf(shift: ShiftRow, states: readonly string[]): Promise<ShiftRow[]> {
  if (!shift.seriesId) throw new Conflict('not-in-series');
  return ShiftModel.find({
    seriesId: shift.seriesId,
    _id: { $ne: shift._id },
    startsAt: { $gt: shift.startsAt },
    state: { $in: [...states] },
  } as never)
    .sort({ startsAt: 1, _id: 1 })
    .lean();
}
