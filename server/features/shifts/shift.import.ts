import { Types } from 'mongoose';
import { contextNow } from '../../core/context.ts';
import { recordAudit } from '../../db/audit.ts';
import { requireTransaction } from '../../db/transaction.ts';
import { born, editRow } from '../../db/transition.ts';
import type { RequestRow } from '../requests/index.ts';
import { PositionModel, ShiftModel } from './shift.model.ts';
import type { ShiftRow } from './shift.model.ts';

/** When an imported request is to be served, and by how many. */
export interface ImportedShift {
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly people: number;
  /** What its one position is called. */
  readonly positionName: string;
}

export interface ImportedShiftOf {
  readonly request: RequestRow;
  /** Null when nothing is planned. */
  readonly plan: ImportedShift | null;
}

/**
 * Plans the shifts of imported requests as drafts with one position each, inside the caller's transaction. A shift that
 * somebody has published, or one of several, is people's own plan by now and stays as it is.
 * @returns how many were made and how many drafts were moved
 */
export async function planImported(
  items: readonly ImportedShiftOf[],
  importId: string,
): Promise<{ created: number; moved: number }> {
  requireTransaction('An imported shift');
  const rows = await ShiftModel.find({ requestId: { $in: items.map(({ request }) => request._id) } }).lean();
  const byRequest = Map.groupBy(rows, (row) => String(row.requestId));
  const done = { created: 0, moved: 0 };
  for (const { request, plan } of items) {
    const existing = byRequest.get(String(request._id)) ?? [];
    const [only] = existing;
    if (existing.length === 0 && plan) {
      await create(request, plan, importId);
      done.created += 1;
    } else if (existing.length === 1 && only?.state === 'draft') {
      await move(only, request, plan, importId);
      done.moved += 1;
    }
  }
  return done;
}

const copied = (request: RequestRow): Pick<ShiftRow, 'title' | 'category' | 'county' | 'place'> => ({
  title: request.title,
  category: request.category,
  county: request.county,
  place: request.place,
});

async function create(request: RequestRow, plan: ImportedShift, importId: string): Promise<void> {
  const _id = new Types.ObjectId();
  const positionId = new Types.ObjectId();
  await ShiftModel.create([
    {
      _id,
      ...born('draft', 'imported'),
      ...copied(request),
      requestId: request._id,
      unitId: request.unitId,
      startsAt: plan.startsAt,
      endsAt: plan.endsAt,
      createdBy: request.createdBy,
      createdAt: contextNow(),
    } as never,
  ]);
  await PositionModel.create([
    {
      _id: positionId,
      requestId: request._id,
      shiftId: _id,
      unitId: request.unitId,
      name: plan.positionName,
      required: plan.people,
      maximum: plan.people,
    } as never,
  ]);
  const facts = { importId };
  await recordAudit({ action: 'shifts/import', subjectType: 'Shift', subjectId: _id, to: 'draft', facts });
  await recordAudit({ action: 'positions/import', subjectType: 'Position', subjectId: positionId, facts });
}

async function move(
  shift: ShiftRow,
  request: RequestRow,
  plan: ImportedShift | null,
  importId: string,
): Promise<void> {
  const action = 'shifts/import';
  const times = plan ? { startsAt: plan.startsAt, endsAt: plan.endsAt } : {};
  await editRow(ShiftModel, shift._id, {
    version: shift.version,
    set: { ...copied(request), ...times },
    action,
    facts: { importId },
  });
  const positions = await PositionModel.find({ shiftId: shift._id }).lean();
  const [position] = positions;
  if (!plan || !position || positions.length > 1 || position.maximum === plan.people) return;
  await editRow(PositionModel, position._id, {
    version: position.version,
    set: { required: plan.people, maximum: plan.people },
    action: 'positions/import',
    facts: { importId },
  });
}
