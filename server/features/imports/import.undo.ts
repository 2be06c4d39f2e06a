import type { Types } from 'mongoose';
import { contextNow } from '../../core/context.ts';
import { importLifecycle } from '../../core/states.ts';
import { tenantBulkWrite } from '../../db/builders.ts';
import { inTransaction } from '../../db/transaction.ts';
import { transition } from '../../db/transition.ts';
import { requestMark, requestsById, restoreRequest, takeBackRequest } from '../requests/index.ts';
import type { RequestRow } from '../requests/index.ts';
import { plannedOf, restoreShift, takeBackShift } from '../shifts/index.ts';
import type { Planned } from '../shifts/index.ts';
import { ImportLineModel, ImportModel } from './import.model.ts';
import type { ImportLineRow, ImportRow, UndoCounts } from './import.model.ts';
import type { BatchResult } from './import.apply.ts';
import { whyLeft } from './import.undo.rules.ts';

/** Rows a transaction: each is several rows to remove and to record, so fewer than in applying. */
export const UNDO_ROWS = 25;

const UNDOABLE = ['created', 'updated'] as const;

interface Standing {
  readonly line: ImportLineRow;
  readonly request: RequestRow | undefined;
  readonly planned: readonly Planned[];
  readonly reason: string | null;
}

/** Looks at what lines made: which of it nobody has touched since; changes nothing. */
export async function standingOf(job: ImportRow, lines: readonly ImportLineRow[]): Promise<Standing[]> {
  const ids = lines.flatMap(({ requestId }) => (requestId ? [requestId] : []));
  const requests = await requestsById(ids);
  const planned = await plannedOf(ids);
  return lines.map((line) => {
    const request = requests.get(String(line.requestId));
    const shifts = planned.get(String(line.requestId)) ?? [];
    const reason = whyLeft({
      importId: String(job._id),
      trace: line.trace,
      request: request && {
        mark: requestMark(request),
        state: request.state,
        importId: request.source ? String(request.source.importId) : null,
      },
      shifts: shifts.map(({ shift, positions, mark }) => ({
        id: String(shift._id),
        state: shift.state,
        mark,
        taken: positions.reduce((sum, position) => sum + position.taken + position.waitSeq, 0),
      })),
    });
    return { line, request, planned: shifts, reason };
  });
}

/** The lines of an import that made or changed something, from a line on. */
export const undoableLines = async (
  importId: Types.ObjectId,
  query: { after?: number; open?: boolean; limit: number },
): Promise<ImportLineRow[]> =>
  ImportLineModel.find({
    importId,
    outcome: { $in: [...UNDOABLE] },
    ...(query.open ? { undo: null } : {}),
    line: { $gt: query.after ?? 0 },
  })
    .sort({ line: 1 })
    .limit(query.limit)
    .lean();

/**
 * Takes the next lines of an import back in one transaction: what it made goes, what it changed says what it said before,
 * and what somebody has touched since stays and is named with the reason. A kill at any point loses and doubles nothing.
 */
export async function undoBatch(importId: string, limit = UNDO_ROWS): Promise<BatchResult> {
  return inTransaction(async () => {
    const job = await ImportModel.findOneAndUpdate(
      { _id: importId, state: 'undoing' },
      { $inc: { version: 1 }, $set: { turnAt: contextNow() } },
      { returnDocument: 'after' },
    ).lean();
    if (!job) return { done: true, lines: 0 };
    const lines = await undoableLines(job._id, { open: true, limit });
    const counted: Record<keyof Omit<UndoCounts, 'total'>, number> = { removed: 0, restored: 0, left: 0 };
    const writes: object[] = [];
    for (const standing of await standingOf(job, lines)) {
      const outcome = await takeBack(standing, { importId });
      counted[outcome] += 1;
      writes.push({
        updateOne: {
          filter: { _id: standing.line._id },
          update: { $set: { undo: { outcome, reason: standing.reason } }, $inc: { version: 1 } },
        },
      });
    }
    if (writes.length > 0) {
      await tenantBulkWrite(ImportLineModel, writes as never);
      await ImportModel.updateOne(
        { _id: job._id },
        {
          $inc: {
            'undo.removed': counted.removed,
            'undo.restored': counted.restored,
            'undo.left': counted.left,
          },
        },
      );
    }
    const done = lines.length < limit;
    if (done)
      await transition(ImportModel, job._id, {
        lifecycle: importLifecycle,
        from: ['undoing'],
        to: 'undone',
        set: { finishedAt: contextNow() },
        action: 'imports/finish-undo',
      });
    return { done, lines: lines.length };
  });
}

async function takeBack(
  { line, request, planned, reason }: Standing,
  facts: Record<string, unknown>,
): Promise<'removed' | 'restored' | 'left'> {
  const { trace } = line;
  if (reason !== null || !trace || !request) return 'left';
  const own = planned.find(({ shift }) => String(shift._id) === String(trace.shift?.shiftId));
  if (trace.shift?.how === 'created' && own) await takeBackShift(own, facts);
  if (trace.before === null) {
    await takeBackRequest(request, facts);
    return 'removed';
  }
  if (trace.shift?.before && own) await restoreShift(own, trace.shift.before, facts);
  await restoreRequest(request, trace.before, facts);
  return 'restored';
}
