import { contextNow } from '../../core/context.ts';
import { importLifecycle } from '../../core/states.ts';
import { localDate, wallToInstant } from '../../core/time.ts';
import { tenantBulkWrite } from '../../db/builders.ts';
import { inTransaction } from '../../db/transaction.ts';
import { transition } from '../../db/transition.ts';
import { requestMark, requestsById, upsertImported } from '../requests/index.ts';
import type { ImportedRequest, ImportedResult, ImportOutcome } from '../requests/index.ts';
import { planImported } from '../shifts/index.ts';
import type { ImportedShift, ImportedShiftOf, ShiftTrace } from '../shifts/index.ts';
import { ImportLineModel, ImportModel } from './import.model.ts';
import type { ImportCounts, ImportLineRow, ImportRow, LineTrace } from './import.model.ts';
import { refusalOf } from './import.store.ts';
import { ownProblems } from './import.tally.rules.ts';
import type { ShiftPlan } from './import.types.ts';

/** Rows a transaction: small enough to end well within its time, large enough to be quick. */
export const BATCH_ROWS = 50;

type Settled = ImportLineRow['expected'];
const SETTLED: Readonly<Record<ImportOutcome, Settled>> = {
  created: 'created',
  updated: 'updated',
  unchanged: 'unchanged',
  'other-unit': 'rejected',
  'request-closed': 'rejected',
};

export interface BatchResult {
  /** Whether nothing is left to do. */
  readonly done: boolean;
  readonly lines: number;
}

/**
 * Applies the next lines of an import in one transaction: requests, shifts, outcomes and the mark of how far it came
 * live or die together, so a kill at any point loses and doubles nothing (F-41). Workers that meet on one import
 * conflict on its row; one goes first, the other goes on behind it.
 */
export async function applyBatch(
  importId: string,
  place: { readonly zone: string; readonly positionName: string },
  limit = BATCH_ROWS,
): Promise<BatchResult> {
  return inTransaction(async () => {
    const job = await ImportModel.findOneAndUpdate(
      { _id: importId, state: 'applying' },
      { $inc: { version: 1 }, $set: { turnAt: contextNow() } },
      { returnDocument: 'after' },
    ).lean();
    if (!job) return { done: true, lines: 0 };
    const lines = await ImportLineModel.find({
      importId: job._id,
      outcome: 'pending',
      line: { $gt: job.appliedTo },
    })
      .sort({ line: 1 })
      .limit(limit)
      .lean();
    if (lines.length > 0) await applyLines(job, lines, place);
    const done = lines.length < limit;
    if (done) await finish(job);
    return { done, lines: lines.length };
  });
}

async function applyLines(
  job: ImportRow,
  lines: readonly ImportLineRow[],
  place: { zone: string; positionName: string },
): Promise<void> {
  const origin = {
    system: job.mapping.system,
    importId: String(job._id),
    unitId: String(job.unitId),
    createdBy: job.createdBy ? String(job.createdBy) : null,
  };
  const results = await upsertImported(origin, lines.map(toRequest));
  const planned = lines.flatMap((line, at): ImportedShiftOf[] => {
    const result = results[at];
    const changed = result?.outcome === 'created' || result?.outcome === 'updated';
    return changed && result.request
      ? [{ request: result.request, plan: toShift(line.parsed?.shift ?? null, place) }]
      : [];
  });
  const shifts = await planImported(planned, origin.importId);
  const requests = await requestsById(planned.map(({ request }) => request._id));
  const traceOf = ({ request, before }: ImportedResult): LineTrace | null => {
    const now = requests.get(String(request?._id));
    const shift: ShiftTrace | null = shifts.get(String(request?._id)) ?? null;
    return now ? { requestMark: requestMark(now), before, shift } : null;
  };
  const settled = lines.map((line, at) => {
    const result = results[at];
    return settle(line, result, result ? traceOf(result) : null);
  });
  await tenantBulkWrite(ImportLineModel, settled.map(({ write }) => write) as never);
  const counted: Partial<Record<`counts.${keyof ImportCounts}`, number>> = {};
  for (const { outcome } of settled) {
    if (outcome !== 'skipped') counted[`counts.${outcome}`] = (counted[`counts.${outcome}`] ?? 0) + 1;
  }
  await ImportModel.updateOne(
    { _id: job._id, appliedTo: job.appliedTo },
    { $set: { appliedTo: lines.at(-1)?.line ?? job.appliedTo }, $inc: counted },
  );
}

function toRequest(line: ImportLineRow): ImportedRequest {
  const { parsed } = line;
  if (!parsed) throw new Error('A rejected line cannot be applied');
  return {
    sourceId: parsed.sourceId,
    fingerprint: line.fingerprint,
    title: parsed.title,
    description: parsed.description,
    category: parsed.category,
    place: {
      label: parsed.placeLabel,
      address: parsed.address,
      latitude: parsed.latitude,
      longitude: parsed.longitude,
    },
    risks: parsed.risks,
    support: parsed.support,
    contactName: parsed.organisation,
    original: line.original,
    assumed: line.assumed,
  };
}

/** A plan whose day passed between checking and applying plans nothing: nobody can serve yesterday. */
function toShift(
  plan: ShiftPlan | null,
  { zone, positionName }: { zone: string; positionName: string },
): ImportedShift | null {
  if (!plan || plan.date < localDate(contextNow(), zone)) return null;
  const startsAt = wallToInstant({ date: plan.date, minutes: plan.startMinutes, zone });
  return {
    startsAt,
    endsAt: new Date(startsAt.getTime() + plan.minutes * 60_000),
    people: plan.people,
    positionName,
  };
}

function settle(
  line: ImportLineRow,
  result: ImportedResult | undefined,
  trace: LineTrace | null,
): { outcome: Settled; write: object } {
  const outcome = result ? SETTLED[result.outcome] : 'rejected';
  const refusal = result
    ? refusalOf(result.outcome, line.key)
    : [{ field: 'id', code: 'not-applied', value: line.key }];
  return {
    outcome,
    write: {
      updateOne: {
        filter: { _id: line._id },
        update: {
          $set: {
            outcome,
            expected: outcome,
            problems: [...ownProblems(line.problems), ...refusal],
            requestId: outcome === 'rejected' ? null : (result?.request?._id ?? null),
            trace,
          },
          $inc: { version: 1 },
        },
      },
    },
  };
}

async function finish(job: ImportRow): Promise<void> {
  await transition(ImportModel, job._id, {
    lifecycle: importLifecycle,
    from: ['applying'],
    to: 'done',
    set: { finishedAt: contextNow() },
    action: 'imports/finish',
  });
}
