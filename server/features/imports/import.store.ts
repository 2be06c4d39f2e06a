import type { Types } from 'mongoose';
import { tenantBulkWrite } from '../../db/builders.ts';
import { inTransaction } from '../../db/transaction.ts';
import { editRow } from '../../db/transition.ts';
import { forecastImported } from '../requests/index.ts';
import type { ImportOutcome } from '../requests/index.ts';
import { ImportLineModel, ImportModel } from './import.model.ts';
import type { ImportLineRow, ImportRow } from './import.model.ts';
import type { ParsedFile } from './import.parser.ts';
import { ownProblems, tallyCounts, tallyNotices } from './import.tally.rules.ts';
import type { Tallied } from './import.tally.rules.ts';
import type { JudgedLine, RowProblem } from './import.types.ts';

/** Rows one insert sends. */
const INSERT_LINES = 1_000;

/** A judged line together with what applying it would come to now. */
export type SettledLine = JudgedLine & Pick<ImportLineRow, 'outcome' | 'expected'>;

const REFUSALS: readonly ImportOutcome[] = ['other-unit', 'request-closed'];

/** Why what is there already refuses the row, as a problem of the row. */
export const refusalOf = (outcome: ImportOutcome, key: string): RowProblem[] =>
  REFUSALS.includes(outcome) ? [{ field: 'id', code: outcome, value: key }] : [];

const expectedOf = (outcome: ImportOutcome): ImportLineRow['expected'] =>
  outcome === 'other-unit' || outcome === 'request-closed' ? 'rejected' : outcome;

/** Looks up what applying the lines would come to now, in their order; changes nothing. */
export async function settleLines(
  lines: readonly JudgedLine[],
  into: { readonly system: string; readonly unitId: string },
): Promise<SettledLine[]> {
  const taken = lines.filter(({ parsed, skipped }) => parsed && !skipped);
  const outcomes = await forecastImported(
    into,
    taken.map(({ key, fingerprint, assumed }) => ({ sourceId: key, fingerprint, assumed })),
  );
  const byLine = new Map(taken.map(({ line }, at) => [line, outcomes[at] ?? 'created']));
  return lines.map((line): SettledLine => {
    const outcome = byLine.get(line.line);
    const problems = ownProblems(line.problems);
    if (line.skipped) return { ...line, problems, outcome: 'skipped', expected: 'skipped' };
    if (!outcome) return { ...line, problems, outcome: 'rejected', expected: 'rejected' };
    return {
      ...line,
      problems: [...problems, ...refusalOf(outcome, line.key)],
      outcome: 'pending',
      expected: expectedOf(outcome),
    };
  });
}

/** A stored line as its judgement, to look at it once more. */
export const judgedOf = (row: ImportLineRow): JudgedLine => ({
  line: row.line,
  original: row.original,
  ragged: row.ragged,
  fixes: row.fixes,
  skipped: row.skipped,
  key: row.key,
  fingerprint: row.fingerprint,
  parsed: row.parsed,
  problems: row.problems,
  assumed: row.assumed,
});

export const tallied = (
  line: Pick<ImportLineRow, 'outcome' | 'expected' | 'parsed'> & Pick<JudgedLine, 'problems' | 'assumed'>,
): Tallied => ({
  outcome: line.outcome,
  expected: line.expected,
  problems: line.problems,
  assumed: line.assumed,
  accepted: line.parsed !== null && line.outcome !== 'skipped',
});

const EMPTY = { read: 0, created: 0, updated: 0, unchanged: 0, rejected: 0 };

/** The fields of an import that a reading decides. */
export function judgedFields(
  read: Pick<ParsedFile, 'mapping'>,
  lines: readonly SettledLine[],
): Pick<ImportRow, 'mapping' | 'notices' | 'total' | 'appliedTo' | 'counts' | 'skipped'> {
  const come = lines.map(tallied);
  return {
    mapping: read.mapping,
    notices: tallyNotices([], [], come),
    total: lines.length,
    appliedTo: 0,
    ...tallyCounts({ counts: { ...EMPTY, read: lines.length }, skipped: 0 }, [], come, true),
  };
}

/** Looks at a checked import once more: other imports may have been applied since. */
export async function refreshForecast(row: ImportRow): Promise<ImportRow> {
  const lines = await ImportLineModel.find({ importId: row._id }).sort({ line: 1 }).lean();
  const settled = await settleLines(lines.map(judgedOf), {
    system: row.mapping.system,
    unitId: String(row.unitId),
  });
  const changed = settled.flatMap((line, at) => {
    const known = lines[at];
    const same =
      known?.expected === line.expected && JSON.stringify(known.problems) === JSON.stringify(line.problems);
    return known && !same ? [{ known, line }] : [];
  });
  return inTransaction(async () => {
    const { counts, skipped, notices } = judgedFields(row, settled);
    await writeLines(changed);
    return editRow(ImportModel, row._id, {
      version: row.version,
      set: { counts, skipped, notices },
      action: 'imports/check',
    });
  });
}

/**
 * Stores lines that were judged anew, inside the caller's transaction.
 * @returns how many were still as they were known; fewer than given means that somebody else was faster
 */
export async function writeLines(
  changes: readonly { readonly known: ImportLineRow; readonly line: SettledLine }[],
): Promise<number> {
  if (changes.length === 0) return 0;
  const { modified } = await tenantBulkWrite(
    ImportLineModel,
    changes.map(({ known, line }) => ({
      updateOne: {
        filter: { _id: known._id, version: known.version },
        update: { $set: storedLine(line), $inc: { version: 1 } },
      },
    })) as never,
  );
  return modified;
}

const storedLine = (line: SettledLine): Partial<ImportLineRow> => ({
  line: line.line,
  original: { ...line.original },
  ragged: line.ragged,
  fixes: { ...line.fixes },
  skipped: line.skipped,
  key: line.key,
  fingerprint: line.fingerprint,
  parsed: line.parsed,
  problems: [...line.problems],
  assumed: [...line.assumed],
  outcome: line.outcome,
  expected: line.expected,
});

/** Stores settled lines, inside the caller's transaction. */
export async function insertLines(importId: Types.ObjectId, lines: readonly SettledLine[]): Promise<void> {
  for (let at = 0; at < lines.length; at += INSERT_LINES) {
    const batch = lines.slice(at, at + INSERT_LINES).map((line) => ({
      importId,
      ...storedLine(line),
      version: 1,
      requestId: null,
      trace: null,
      undo: null,
    }));
    // Lean: the values were made by our own rules, and thousands of documents need no second check.
    await ImportLineModel.insertMany(batch as never, { lean: true, ordered: true });
  }
}
