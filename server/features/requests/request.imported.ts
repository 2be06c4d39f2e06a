import { createHash } from 'node:crypto';
import type { Types } from 'mongoose';
import { recordAudit } from '../../db/audit.ts';
import { requireTransaction } from '../../db/transaction.ts';
import { editRow } from '../../db/transition.ts';
import { RequestModel } from './request.model.ts';
import type { RequestRow } from './request.model.ts';
import { titleKeysOf } from './request.search.ts';

/** What an import writes of a request: what taking the import back restores. */
const IMPORTED_FIELDS = [
  'title',
  'description',
  'category',
  'place',
  'risks',
  'support',
  'contactName',
  'source',
] as const;
export type ImportedContent = Pick<RequestRow, (typeof IMPORTED_FIELDS)[number]>;

/** What people may change besides. */
const OTHER_FIELDS = ['state', 'unitId', 'county', 'conditions', 'contactPhone'] as const;

export const contentOf = (row: RequestRow): ImportedContent =>
  Object.fromEntries(IMPORTED_FIELDS.map((field) => [field, row[field]])) as unknown as ImportedContent;

/**
 * A short text that changes with anything a person can change of a request: the same mark later says that nobody has
 * touched it. Of contents, not of versions: what was changed and changed back is untouched.
 */
export function requestMark(row: RequestRow): string {
  const said = [...IMPORTED_FIELDS, ...OTHER_FIELDS].map((field) => row[field] ?? null);
  return createHash('sha256').update(JSON.stringify(said)).digest('hex').slice(0, 32);
}

/** Requests by id, as they are stored. */
export async function requestsById(ids: readonly Types.ObjectId[]): Promise<Map<string, RequestRow>> {
  const rows = await RequestModel.find({ _id: { $in: [...ids] } }).lean();
  return new Map(rows.map((row) => [String(row._id), row]));
}

/** Requests of a source by the source's ids. */
export async function requestsBySource(
  system: string,
  sourceIds: readonly string[],
): Promise<Map<string, RequestRow>> {
  const rows = await RequestModel.find({
    'source.system': system,
    'source.id': { $in: [...sourceIds] },
  }).lean();
  return new Map(rows.map((row) => [row.source?.id ?? '', row]));
}

/** Removes a request that an import made, inside the caller's transaction; who asks has seen that nothing hangs on it. */
export async function takeBackRequest(row: RequestRow, facts: Record<string, unknown>): Promise<void> {
  requireTransaction('Taking a request back');
  await RequestModel.deleteOne({ _id: row._id, version: row.version });
  await recordAudit({
    action: 'requests/take-back',
    subjectType: 'Request',
    subjectId: row._id,
    from: row.state,
    facts,
  });
}

/** Gives a request back what it said before an import, inside the caller's transaction. */
export async function restoreRequest(
  row: RequestRow,
  before: ImportedContent,
  facts: Record<string, unknown>,
): Promise<RequestRow> {
  return editRow(RequestModel, row._id, {
    version: row.version,
    set: { ...before, titleKeys: titleKeysOf(before.title) },
    action: 'requests/restore',
    facts,
  });
}
