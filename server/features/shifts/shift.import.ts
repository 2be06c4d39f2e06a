import { Types } from 'mongoose';
import { contextNow } from '../../core/context.ts';
import { recordAudit } from '../../db/audit.ts';
import { requireTransaction } from '../../db/transaction.ts';
import { born, editRow } from '../../db/transition.ts';
import type { RequestRow } from '../requests/index.ts';
import { plannedOf, shiftBefore } from './shift.imported.ts';
import type { ShiftTrace } from './shift.imported.ts';
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
 * @returns by request what was done with its shift, enough to take it back
 */
export async function planImported(
  items: readonly ImportedShiftOf[],
  importId: string,
): Promise<Map<string, ShiftTrace>> {
  requireTransaction('An imported shift');
  const requestIds = items.map(({ request }) => request._id);
  const before = await plannedOf(requestIds);
  const done = new Map<string, Pick<ShiftTrace, 'how' | 'before'>>();
  for (const { request, plan } of items) {
    const existing = before.get(String(request._id)) ?? [];
    const [only] = existing;
    if (existing.length === 0 && plan) {
      await create(request, plan, importId);
      done.set(String(request._id), { how: 'created', before: null });
    } else if (existing.length === 1 && only?.shift.state === 'draft') {
      await move(only.shift, request, plan, importId);
      done.set(String(request._id), { how: 'moved', before: shiftBefore(only) });
    }
  }
  const after = await plannedOf(requestIds);
  return new Map(
    [...done].flatMap(([requestId, { how, before: was }]) => {
      const [only] = after.get(requestId) ?? [];
      return only ? [[requestId, { how, before: was, shiftId: only.shift._id, mark: only.mark }]] : [];
    }),
  );
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
