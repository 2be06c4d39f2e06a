import { Types } from 'mongoose';
import { acrossTenants } from '../../core/context.ts';
import { latLngOf } from '../../core/geo.ts';
import type { Finding } from '../matching/index.ts';
import type { PlannedShift, ShiftRow, ShiftService } from '../shifts/index.ts';
import { AssignmentModel } from './assignment.model.ts';
import { nearOnes, overlap } from './near.rules.ts';
import type { Stretch } from './near.rules.ts';

const WHY = 'assignments: what a person has around a shift, in whatever tenant, for that person';
/** Further away in time no way is too long. */
export const AROUND_MS = 4 * 3_600_000;
export const HELD = ['accepted', 'confirmed', 'checked_in'] as const;

/** A place the person has; `assignmentId` tells it from the one in question. */
export type Held = Stretch & { readonly assignmentId: string };

export const stretchOf = (shift: PlannedShift): Stretch => ({
  title: shift.title,
  startsAt: shift.startsAt,
  endsAt: shift.endsAt,
  point: shift.place.point ? latLngOf(shift.place.point) : null,
});

/** Places the person has around these shifts, of all tenants, in two queries. Only ever told to the person. */
export async function heldAround(
  personId: string,
  around: readonly Pick<ShiftRow, 'startsAt' | 'endsAt'>[],
  shifts: Pick<ShiftService, 'rows'>,
): Promise<Held[]> {
  if (around.length === 0) return [];
  const from = Math.min(...around.map(({ startsAt }) => startsAt.getTime())) - AROUND_MS;
  const to = Math.max(...around.map(({ endsAt }) => endsAt.getTime())) + AROUND_MS;
  return acrossTenants(WHY, async () => {
    const rows = await AssignmentModel.find({
      personId: new Types.ObjectId(personId),
      state: { $in: [...HELD] },
      endsAt: { $gt: new Date(from) },
      startsAt: { $lt: new Date(to) },
    })
      .hint('ahead')
      .limit(200)
      .lean();
    if (rows.length === 0) return [];
    const found = new Map(
      (await shifts.rows(rows.map(({ shiftId }) => shiftId))).map((shift) => [String(shift._id), shift]),
    );
    return rows.flatMap((row) => {
      const shift = found.get(String(row.shiftId));
      return shift ? [{ ...stretchOf(shift), assignmentId: String(row._id) }] : [];
    });
  });
}

const named = ({ title, startsAt, endsAt }: Stretch): Record<string, string> => ({
  shift: title,
  startsAt: startsAt.toISOString(),
  endsAt: endsAt.toISOString(),
});

/** The person's other places that come very close to the shift, to be said and not to be refused. */
export const warningsFor = (shift: PlannedShift, held: readonly Held[], except: string | null): Finding[] =>
  nearOnes(
    stretchOf(shift),
    held.filter(({ assignmentId }) => assignmentId !== except),
  ).map(({ code, other, gapMinutes, metres }) => ({
    code,
    params: { ...named(other), gap: gapMinutes, ...(metres === null ? {} : { metres }) },
  }));

/** Says which shift is in the way: to the person it is their own, whoever organises it. */
export function withNames<F extends Finding>(
  reasons: readonly F[],
  shift: ShiftRow,
  held: readonly Held[],
): F[] {
  const clash = held.find((other) => overlap(shift, other));
  return reasons.map((reason) =>
    reason.code === 'overlapping-shift' && clash ? { ...reason, params: named(clash) } : reason,
  );
}
