import type { Types } from 'mongoose';
import { inTransaction } from '../../db/transaction.ts';
import { editRow } from '../../db/transition.ts';
import { forecastImported } from '../requests/index.ts';
import { ImportLineModel, ImportModel } from './import.model.ts';
import type { ImportCounts, ImportNotice, ImportRow } from './import.model.ts';
import type { ParsedFile } from './import.parser.ts';
import type { JudgedLine } from './import.types.ts';

/** Rows one insert sends. */
const INSERT_LINES = 1_000;

/** What applying would come to now; other imports may have been applied since the file was first checked. */
export async function refreshForecast(row: ImportRow): Promise<ImportRow> {
  const lines = await ImportLineModel.find({ importId: row._id, outcome: 'pending' })
    .select({ fingerprint: 1, assumed: 1, 'parsed.sourceId': 1 })
    .lean();
  const outcomes = await forecastImported(
    { system: row.mapping.system, unitId: String(row.unitId) },
    lines.map(({ parsed, fingerprint, assumed }) => ({
      sourceId: parsed?.sourceId ?? '',
      fingerprint,
      assumed,
    })),
  );
  const counts = { ...countOutcomes(row.total, row.total - lines.length, outcomes) };
  return inTransaction(async () =>
    editRow(ImportModel, row._id, { version: row.version, set: { counts }, action: 'imports/check' }),
  );
}

/** What applying the file would come to now. */
export async function forecast(read: ParsedFile, unitId: string): Promise<ImportCounts> {
  const taken = read.lines.flatMap(({ parsed, fingerprint, assumed }) =>
    parsed ? [{ sourceId: parsed.sourceId, fingerprint, assumed }] : [],
  );
  const outcomes = await forecastImported({ system: read.mapping.system, unitId }, taken);
  return countOutcomes(read.lines.length, read.lines.length - taken.length, outcomes);
}

function countOutcomes(
  total: number,
  rejected: number,
  outcomes: Awaited<ReturnType<typeof forecastImported>>,
): ImportCounts {
  const count = (outcome: string): number => outcomes.filter((one) => one === outcome).length;
  return {
    read: total,
    created: count('created'),
    updated: count('updated'),
    unchanged: count('unchanged'),
    rejected: rejected + count('other-unit') + count('request-closed'),
  };
}

/** The fields of an import that a reading decides. */
export function judgedFields(
  read: ParsedFile,
  counts: ImportCounts,
): Pick<ImportRow, 'mapping' | 'notices' | 'total' | 'appliedTo' | 'counts'> {
  return {
    mapping: read.mapping,
    notices: noticesOf(read.lines),
    total: read.lines.length,
    appliedTo: 0,
    counts,
  };
}

/** What was noticed in all lines together, the most frequent first. */
function noticesOf(lines: readonly JudgedLine[]): ImportNotice[] {
  const counts = new Map<string, ImportNotice>();
  const add = (field: string, code: string): void => {
    const key = `${field}:${code}`;
    const known = counts.get(key) ?? { field, code, count: 0 };
    counts.set(key, { ...known, count: known.count + 1 });
  };
  for (const { parsed, problems, assumed } of lines) {
    for (const { field, code } of problems) add(field, code);
    if (parsed) for (const field of assumed) add(field, 'assumed');
  }
  return [...counts.values()].sort((a, b) => b.count - a.count || a.field.localeCompare(b.field));
}

/** Stores judged lines, inside the caller's transaction. */
export async function insertLines(importId: Types.ObjectId, lines: readonly JudgedLine[]): Promise<void> {
  for (let at = 0; at < lines.length; at += INSERT_LINES) {
    const batch = lines.slice(at, at + INSERT_LINES).map((line) => ({
      importId,
      line: line.line,
      original: line.original,
      parsed: line.parsed,
      fingerprint: line.fingerprint,
      problems: line.problems,
      assumed: line.assumed,
      outcome: line.parsed ? 'pending' : 'rejected',
      requestId: null,
    }));
    // Lean: the values were made by our own rules, and thousands of documents need no second check.
    await ImportLineModel.insertMany(batch as never, { lean: true, ordered: true });
  }
}
