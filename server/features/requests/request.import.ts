import { Types } from 'mongoose';
import { contextNow } from '../../core/context.ts';
import { requestLifecycle } from '../../core/states.ts';
import { recordAudit } from '../../db/audit.ts';
import { requireTransaction } from '../../db/transaction.ts';
import { born, editRow } from '../../db/transition.ts';
import type { HistoryEntry } from '../../db/transition.ts';
import { contentOf, requestsBySource } from './request.imported.ts';
import type { ImportedContent } from './request.imported.ts';
import { RequestModel } from './request.model.ts';
import type { RequestRow } from './request.model.ts';
import { titleKeysOf } from './request.search.ts';

/** One row of a file, as a request. */
export interface ImportedRequest {
  readonly sourceId: string;
  readonly fingerprint: string;
  readonly title: string;
  readonly description: string;
  readonly category: string;
  readonly place: {
    readonly label: string;
    readonly address: string;
    readonly latitude: number | null;
    readonly longitude: number | null;
  };
  readonly risks: string;
  readonly support: string;
  readonly contactName: string;
  readonly original: Readonly<Record<string, string>>;
  readonly assumed: readonly string[];
}

/** Which import brings the rows, and for whom. */
export interface ImportOrigin {
  readonly system: string;
  readonly importId: string;
  readonly unitId: string;
  readonly createdBy: string | null;
}

/** What a row would come to or came to; `other-unit` and `request-closed` are refusals that change nothing. */
export type ImportOutcome = 'created' | 'updated' | 'unchanged' | 'other-unit' | 'request-closed';

export interface ImportedResult {
  readonly sourceId: string;
  readonly outcome: ImportOutcome;
  readonly request: RequestRow | null;
  /** What an updated request said before. */
  readonly before: ImportedContent | null;
}

/** Whoever brings a file is also the one who serves it: the way of an own need, edge by edge, in one insert. */
const WAY = ['draft', 'submitted', 'screened', 'dispatched', 'accepted'] as const;
const ENDED: readonly string[] = requestLifecycle.states.filter(
  (state) => requestLifecycle.edges[state].length === 0,
);

type Known = Pick<RequestRow, 'state' | 'unitId' | 'source'>;
/** What decides whether a row changes anything. */
type RowMark = Pick<ImportedRequest, 'fingerprint' | 'assumed'>;

function outcomeOf(known: Known | undefined, row: RowMark, unitId: string): ImportOutcome {
  if (!known) return 'created';
  // A source's id says which request it is, not whose: another unit's request is not ours to change.
  if (String(known.unitId) !== unitId) return 'other-unit';
  // The same values, and nothing assumed that was not assumed before (a service day, say).
  const assumed = new Set(known.source?.assumed);
  if (known.source?.fingerprint === row.fingerprint && row.assumed.every((field) => assumed.has(field)))
    return 'unchanged';
  return ENDED.includes(known.state) ? 'request-closed' : 'updated';
}

/** How many ids one query asks for. */
const CHUNK = 1_000;

/** What `upsertImported` would do now, without doing it; in the order of the rows. */
export async function forecastImported(
  origin: Pick<ImportOrigin, 'system' | 'unitId'>,
  rows: readonly (RowMark & Pick<ImportedRequest, 'sourceId'>)[],
): Promise<ImportOutcome[]> {
  const outcomes: ImportOutcome[] = [];
  for (let at = 0; at < rows.length; at += CHUNK) {
    const chunk = rows.slice(at, at + CHUNK);
    const known = await RequestModel.find({
      'source.system': origin.system,
      'source.id': { $in: chunk.map((row) => row.sourceId) },
    })
      .select({ 'source.id': 1, 'source.fingerprint': 1, 'source.assumed': 1, state: 1, unitId: 1 })
      .lean();
    const byId = new Map(known.map((row) => [row.source?.id, row]));
    outcomes.push(...chunk.map((row) => outcomeOf(byId.get(row.sourceId), row, origin.unitId)));
  }
  return outcomes;
}

/**
 * Brings rows of a file in as requests of the origin's unit, inside the caller's transaction. A row whose source is
 * known changes its request only when its values changed, so the same file twice changes nothing.
 * @returns per row what happened, with the request as it is now
 */
export async function upsertImported(
  origin: ImportOrigin,
  rows: readonly ImportedRequest[],
): Promise<ImportedResult[]> {
  requireTransaction('An imported request');
  const known = await requestsBySource(
    origin.system,
    rows.map((row) => row.sourceId),
  );
  const results: ImportedResult[] = [];
  for (const row of rows) {
    const existing = known.get(row.sourceId);
    const outcome = outcomeOf(existing, row, origin.unitId);
    const request =
      outcome === 'created'
        ? await insert(origin, row)
        : outcome === 'updated' && existing
          ? await update(origin, existing, row)
          : (existing ?? null);
    const before = outcome === 'updated' && existing ? contentOf(existing) : null;
    results.push({ sourceId: row.sourceId, outcome, request, before });
  }
  return results;
}

async function insert(origin: ImportOrigin, row: ImportedRequest): Promise<RequestRow> {
  const _id = new Types.ObjectId();
  const history = WAY.map((to, at): HistoryEntry => {
    const [entry] = born(to, 'imported').history;
    return { ...(entry as HistoryEntry), from: WAY[at - 1] ?? null };
  });
  const [made] = await RequestModel.create([
    {
      _id,
      ...born('accepted'),
      history,
      ...stored(origin, row),
      unitId: new Types.ObjectId(origin.unitId),
      // Where the task is done is not where the tenant serves: the source names no county of ours.
      county: null,
      createdBy: origin.createdBy === null ? null : new Types.ObjectId(origin.createdBy),
      createdAt: contextNow(),
    } as never,
  ]);
  if (!made) throw new Error('Request was not created');
  await recordAudit({
    action: 'requests/import',
    subjectType: 'Request',
    subjectId: _id,
    to: 'accepted',
    facts: { importId: origin.importId },
  });
  return made.toObject<RequestRow>();
}

async function update(origin: ImportOrigin, existing: RequestRow, row: ImportedRequest): Promise<RequestRow> {
  return editRow(RequestModel, existing._id, {
    version: existing.version,
    set: stored(origin, row),
    action: 'requests/import',
    facts: { importId: origin.importId },
  });
}

function stored(origin: ImportOrigin, row: ImportedRequest): Record<string, unknown> {
  const { label, address, latitude, longitude } = row.place;
  const point =
    latitude === null || longitude === null
      ? {}
      : { point: { type: 'Point', coordinates: [longitude, latitude] } };
  return {
    title: row.title,
    titleKeys: titleKeysOf(row.title),
    description: row.description,
    category: row.category,
    place: { label, address, ...point },
    risks: row.risks,
    support: row.support,
    contactName: row.contactName,
    source: {
      system: origin.system,
      id: row.sourceId,
      importId: new Types.ObjectId(origin.importId),
      fingerprint: row.fingerprint,
      original: row.original,
      assumed: [...row.assumed],
    },
  };
}
