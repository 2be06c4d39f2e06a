import { createHash } from 'node:crypto';
import type { Types } from 'mongoose';
import { recordAudit } from '../../db/audit.ts';
import { requireTransaction } from '../../db/transaction.ts';
import { editRow } from '../../db/transition.ts';
import { PositionModel, ShiftModel } from './shift.model.ts';
import type { PositionRow, ShiftRow } from './shift.model.ts';

/** What an import writes of a draft shift and of its one position. */
export interface ShiftBefore {
  readonly shift: Pick<ShiftRow, 'title' | 'category' | 'county' | 'place' | 'startsAt' | 'endsAt'>;
  /** Null when it had none or several: those are left alone. */
  readonly position: {
    readonly id: Types.ObjectId;
    readonly required: number;
    readonly maximum: number;
  } | null;
}

/** What an import did with a request's shift. */
export interface ShiftTrace {
  readonly how: 'created' | 'moved';
  readonly shiftId: Types.ObjectId;
  /** What it was like afterwards: the same mark later says that nobody has touched it. */
  readonly mark: string;
  readonly before: ShiftBefore | null;
}

/** A shift with its positions, and the mark of both. */
export interface Planned {
  readonly shift: ShiftRow;
  readonly positions: readonly PositionRow[];
  readonly mark: string;
}

const SHIFT_FIELDS = [
  'state',
  'title',
  'category',
  'county',
  'place',
  'startsAt',
  'endsAt',
  'breakMinutes',
  'leaderName',
  'leaderPersonId',
  'riskLevel',
  'policyNumber',
  'radiusMetres',
  'nature',
  'skillCodes',
  'seriesId',
] as const;
const POSITION_FIELDS = [
  '_id',
  'name',
  'skills',
  'credentials',
  'trainings',
  'languages',
  'minAge',
  'maxAge',
  'required',
  'maximum',
  'admission',
  'taken',
  'waitSeq',
] as const;

function markOf(shift: ShiftRow, positions: readonly PositionRow[]): string {
  const said = [
    SHIFT_FIELDS.map((field) => shift[field] ?? null),
    positions.map((position) => POSITION_FIELDS.map((field) => position[field] ?? null)),
  ];
  return createHash('sha256').update(JSON.stringify(said)).digest('hex').slice(0, 32);
}

export const shiftBefore = ({ shift, positions }: Planned): ShiftBefore => {
  const { title, category, county, place, startsAt, endsAt } = shift;
  const [only, ...more] = positions;
  return {
    shift: { title, category, county, place, startsAt, endsAt },
    position:
      only && more.length === 0 ? { id: only._id, required: only.required, maximum: only.maximum } : null,
  };
};

/** Every shift of the requests with its positions and mark, by request. */
export async function plannedOf(requestIds: readonly Types.ObjectId[]): Promise<Map<string, Planned[]>> {
  const shifts = await ShiftModel.find({ requestId: { $in: [...requestIds] } })
    .sort({ startsAt: 1, _id: 1 })
    .lean();
  const positions = await PositionModel.find({ requestId: { $in: [...requestIds] } })
    .sort({ _id: 1 })
    .lean();
  const byShift = Map.groupBy(positions, (position) => String(position.shiftId));
  const planned = shifts.map((shift): Planned => {
    const own = byShift.get(String(shift._id)) ?? [];
    return { shift, positions: own, mark: markOf(shift, own) };
  });
  return Map.groupBy(planned, ({ shift }) => String(shift.requestId));
}

/** Removes a draft shift that an import planned, with its positions, inside the caller's transaction. */
export async function takeBackShift(
  { shift, positions }: Planned,
  facts: Record<string, unknown>,
): Promise<void> {
  requireTransaction('Taking a shift back');
  for (const position of positions) {
    await PositionModel.deleteOne({ _id: position._id, version: position.version, taken: 0 });
    await recordAudit({
      action: 'positions/take-back',
      subjectType: 'Position',
      subjectId: position._id,
      facts,
    });
  }
  await ShiftModel.deleteOne({ _id: shift._id, version: shift.version });
  await recordAudit({
    action: 'shifts/take-back',
    subjectType: 'Shift',
    subjectId: shift._id,
    from: shift.state,
    facts,
  });
}

/** Gives a draft shift back the words, times and places it had before an import, inside the caller's transaction. */
export async function restoreShift(
  { shift, positions }: Planned,
  before: ShiftBefore,
  facts: Record<string, unknown>,
): Promise<void> {
  const position = positions.find(({ _id }) => String(_id) === String(before.position?.id));
  await editRow(ShiftModel, shift._id, {
    version: shift.version,
    set: before.shift,
    action: 'shifts/restore',
    facts,
  });
  if (!before.position || !position || position.maximum === before.position.maximum) return;
  const { required, maximum } = before.position;
  await editRow(PositionModel, position._id, {
    version: position.version,
    set: { required, maximum },
    action: 'positions/restore',
    facts,
  });
}
