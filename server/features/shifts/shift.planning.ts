import { Types } from 'mongoose';
import { PositionModel, ShiftModel } from './shift.model.ts';
import type { PositionRow, ShiftRow } from './shift.model.ts';

/** Shifts whose positions are read in one query. */
const AT_ONCE = 2_000;

/** A shift without its past, with its positions: what a plan places people on. */
export type ShiftToStaff = Omit<ShiftRow, 'history'> & { readonly positions: PositionRow[] };

/**
 * Every published shift of the current tenant that starts within the stretch, with its positions, soonest first; a part at a
 * time, so that a city's need not be held twice.
 * @param unitIds only those of these units; null for all
 */
export async function* shiftsToStaff(span: {
  readonly from: Date;
  readonly before: Date;
  readonly unitIds: readonly string[] | null;
}): AsyncGenerator<ShiftToStaff[]> {
  let after: { startsAt: Date; _id: Types.ObjectId } | null = null;
  for (;;) {
    const shifts: Omit<ShiftRow, 'history'>[] = await ShiftModel.find({
      state: 'published',
      startsAt: { $gte: after?.startsAt ?? span.from, $lt: span.before },
      ...(span.unitIds ? { unitId: { $in: span.unitIds.map((id) => new Types.ObjectId(id)) } } : {}),
      ...(after
        ? {
            $or: [
              { startsAt: { $gt: after.startsAt } },
              { startsAt: after.startsAt, _id: { $gt: after._id } },
            ],
          }
        : {}),
    } as never)
      .sort({ startsAt: 1, _id: 1 })
      .limit(AT_ONCE)
      .batchSize(AT_ONCE)
      .select({ history: 0 })
      .lean();
    if (shifts.length === 0) return;
    const positions = await PositionModel.find({ shiftId: { $in: shifts.map(({ _id }) => _id) } })
      .batchSize(2 * AT_ONCE)
      .lean();
    const byShift = Map.groupBy(positions, ({ shiftId }) => String(shiftId));
    yield shifts.map((shift) => ({
      ...shift,
      positions: (byShift.get(String(shift._id)) ?? []).sort((a, b) =>
        String(a._id) < String(b._id) ? -1 : 1,
      ),
    }));
    const last = shifts.at(-1);
    if (!last || shifts.length < AT_ONCE) return;
    after = { startsAt: last.startsAt, _id: last._id };
  }
}
