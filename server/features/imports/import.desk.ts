import { Types } from 'mongoose';
import type { Actor } from '../../core/actor.ts';
import { Conflict, Invalid, NotFound, PreconditionFailed } from '../../core/errors.ts';
import type { FieldIssue } from '../../core/errors.ts';
import type { AuditAction } from '../../db/audit-verbs.ts';
import { inTransaction } from '../../db/transaction.ts';
import { editRow } from '../../db/transition.ts';
import { accessToRun } from './import.access.ts';
import { ImportLineModel, ImportModel } from './import.model.ts';
import type { ImportLineRow, ImportRow, ImportState } from './import.model.ts';
import { parseApart } from './import.parser.ts';
import { cellText, isFatal } from './import.row.rules.ts';
import { judgedOf, settleLines, tallied, writeLines } from './import.store.ts';
import type { SettledLine } from './import.store.ts';
import { tallyCounts, tallyNotices } from './import.tally.rules.ts';
import { IMPORT_FIELDS } from './import.types.ts';
import type { ImportDefaults, ImportField, JudgedLine, RowFixes, TableRow } from './import.types.ts';

/** Rows are mended before they are applied, and those that were refused afterwards too. */
const OPEN: readonly ImportState[] = ['checked', 'done', 'failed'];
/** Lines that have come to something belong to what they made. */
const APPLIED: readonly ImportLineRow['outcome'][] = ['created', 'updated', 'unchanged'];

/** What a person makes of one row: texts instead of cells, or leaving it out. */
export interface LineChange {
  readonly fixes?: RowFixes;
  readonly skipped?: boolean;
}

/** All rows with one fault and one text in it. */
export interface Fault {
  readonly field: string;
  readonly code: string;
  readonly value: string;
}

export interface DeskFacts {
  readonly defaults: ImportDefaults;
  /** Today on the tenant's calendar. */
  readonly today: string;
}

interface Change {
  readonly known: ImportLineRow;
  readonly line: SettledLine;
}

const toTableRow = (line: JudgedLine, change: LineChange = {}): TableRow => ({
  line: line.line,
  cells: line.original,
  ragged: line.ragged,
  fixes: change.fixes ?? line.fixes,
  skipped: change.skipped ?? line.skipped,
});

function mustBeOpen(job: ImportRow, line?: ImportLineRow): void {
  if (!OPEN.includes(job.state)) throw new Conflict('wrong-state', { state: job.state });
  if (line && APPLIED.includes(line.outcome)) throw new Conflict('wrong-state', { state: line.outcome });
}

/**
 * Judges rows with their changes once more, and with them the rows whose ids that frees or takes: of two rows with one
 * id the first is taken, or the one that was applied already.
 */
async function judgeAnew(
  job: ImportRow,
  lines: readonly ImportLineRow[],
  change: (line: ImportLineRow) => LineChange,
  facts: DeskFacts,
): Promise<Change[]> {
  const judge = async (rows: readonly TableRow[]): Promise<Map<number, JudgedLine>> => {
    const read = await parseApart({
      kind: 'rows',
      table: { columns: job.columns, rows },
      mapping: job.mapping,
      ...facts,
    });
    return new Map(read.lines.map((line) => [line.line, line]));
  };
  const rows = lines.map((line) => toTableRow(judgedOf(line), change(line)));
  let judged = await judge(rows);
  const keys = new Set([...lines.map(({ key }) => key), ...[...judged.values()].map(({ key }) => key)]);
  keys.delete('');
  const numbers = lines.map(({ line }) => line);
  const others = await ImportLineModel.find({
    importId: job._id,
    key: { $in: [...keys] },
    line: { $nin: numbers },
  }).lean();
  const open = others.filter(({ outcome }) => !APPLIED.includes(outcome));
  if (others.length > 0) {
    const applied = others.filter(({ outcome }) => APPLIED.includes(outcome));
    const rest = [...rows, ...open.map((line) => toTableRow(judgedOf(line)))].sort((a, b) => a.line - b.line);
    judged = await judge([...applied.map((line) => toTableRow(judgedOf(line))), ...rest]);
  }
  const known = [...lines, ...open].sort((a, b) => a.line - b.line);
  const settled = await settleLines(
    known.flatMap(({ line }) => judged.get(line) ?? []),
    { system: job.mapping.system, unitId: String(job.unitId) },
  );
  const byLine = new Map(settled.map((line) => [line.line, line]));
  return known.flatMap((row) => {
    const line = byLine.get(row.line);
    return line ? [{ known: row, line }] : [];
  });
}

/** Stores what was judged anew and adds it up. @throws PreconditionFailed when a row has become another meanwhile */
async function store(
  actor: Actor,
  id: string,
  changes: readonly Change[],
  action: AuditAction,
): Promise<void> {
  await inTransaction(async () => {
    const job = await accessToRun(actor, id);
    mustBeOpen(job);
    if ((await writeLines(changes)) < changes.length) throw new PreconditionFailed();
    const [gone, come] = [
      changes.map(({ known }) => tallied(known)),
      changes.map(({ line }) => tallied(line)),
    ];
    await editRow(ImportModel, job._id, {
      version: job.version,
      set: {
        notices: tallyNotices(job.notices, gone, come),
        ...tallyCounts(job, gone, come, job.state === 'checked'),
      },
      action,
      facts: { lines: changes.slice(0, 20).map(({ known }) => known.line), count: changes.length },
    });
  });
}

/** The row of an import by its line. @throws NotFound */
export async function findLine(job: ImportRow, line: number): Promise<ImportLineRow> {
  const row = await ImportLineModel.findOne({ importId: job._id, line }).lean();
  if (!row) throw new NotFound();
  return row;
}

/** The fixes after a person sent texts: what equals the cell is none. */
function fixesAfter(job: ImportRow, line: ImportLineRow, sent: RowFixes): RowFixes {
  const fixes: Partial<Record<ImportField | 'row', string>> = { ...line.fixes, ...sent };
  for (const field of IMPORT_FIELDS) {
    const cell = cellText({ cells: line.original }, job.mapping, field);
    if (fixes[field] === cell) delete fixes[field];
  }
  if (fixes.row === '') delete fixes.row;
  return fixes;
}

/** Faults that these texts leave or make, beside their fields; those of fields nobody touched are another matter. */
function issuesOf(known: ImportLineRow, line: SettledLine, touched: ReadonlySet<string>): FieldIssue[] {
  const before = new Set(known.problems.map(({ field, code }) => `${field}:${code}`));
  return line.problems
    .filter(isFatal)
    .filter(({ field, code }) => touched.has(field) || !before.has(`${field}:${code}`))
    .map(({ field, code }) => ({ path: `fixes.${field}`, code }));
}

/**
 * Puts texts in the place of a row's cells and judges the row at once; the cells stay as they came.
 * @throws Invalid beside the fields whose new text cannot be read either; PreconditionFailed for another version (F-40)
 */
export async function fixLine(
  actor: Actor,
  at: { readonly id: string; readonly line: number; readonly version: number | null },
  sent: RowFixes | 'reset',
  facts: DeskFacts,
): Promise<void> {
  const job = await accessToRun(actor, at.id);
  const known = await findLine(job, at.line);
  if (at.version !== null && at.version !== known.version) throw new PreconditionFailed();
  mustBeOpen(job, known);
  const fixes = sent === 'reset' ? {} : fixesAfter(job, known, sent);
  const touched = new Set(
    [...IMPORT_FIELDS, 'row' as const].filter((field) => fixes[field] !== known.fixes[field]),
  );
  if (touched.size === 0) return;
  const changes = await judgeAnew(job, [known], () => ({ fixes }), facts);
  const own = changes.find(({ line }) => line.line === at.line);
  const issues = own && sent !== 'reset' ? issuesOf(known, own.line, touched) : [];
  if (issues.length > 0) throw new Invalid(issues);
  await store(actor, at.id, changes, 'imports/fix');
}

/** Leaves a row out, or takes it in again. */
export async function skipLine(
  actor: Actor,
  at: { readonly id: string; readonly line: number; readonly version: number | null },
  skipped: boolean,
  facts: DeskFacts,
): Promise<void> {
  const job = await accessToRun(actor, at.id);
  const known = await findLine(job, at.line);
  if (at.version !== null && at.version !== known.version) throw new PreconditionFailed();
  mustBeOpen(job, known);
  if (known.skipped === skipped) return;
  await store(actor, at.id, await judgeAnew(job, [known], () => ({ skipped }), facts), 'imports/skip');
}

/**
 * Mends, or leaves out, all rows with the same fault in one go.
 * @returns how many rows it was, and how many of them are taken now
 * @throws Invalid on `to` when no row gets better by it
 */
export async function mendAll(
  actor: Actor,
  at: { readonly id: string; readonly version: number | null },
  { fault, ...wish }: { readonly fault: Fault; readonly to: string; readonly skip: boolean },
  facts: DeskFacts,
): Promise<{ rows: number; taken: number }> {
  const job = await accessToRun(actor, at.id);
  if (at.version !== null && at.version !== job.version) throw new PreconditionFailed();
  mustBeOpen(job);
  const lines = await ImportLineModel.find({
    importId: new Types.ObjectId(at.id),
    outcome: { $in: ['pending', 'rejected'] },
    problems: { $elemMatch: { field: fault.field, code: fault.code, value: fault.value } },
  })
    .sort({ line: 1 })
    .lean();
  if (lines.length === 0) return { rows: 0, taken: 0 };
  const changes = await judgeAnew(
    job,
    lines,
    (line) =>
      wish.skip
        ? { skipped: true }
        : { fixes: fixesAfter(job, line, { [fault.field]: wish.to } as RowFixes) },
    facts,
  );
  const numbers = new Set(lines.map(({ line }) => line));
  const own = changes.filter(({ line }) => numbers.has(line.line));
  const still = own.flatMap(({ line }) =>
    line.problems.filter((problem) => problem.field === fault.field && isFatal(problem)),
  );
  const [first] = still;
  if (!wish.skip && first && still.length >= own.length) throw Invalid.field('to', first.code);
  await store(actor, at.id, changes, wish.skip ? 'imports/skip' : 'imports/replace');
  return { rows: own.length, taken: own.filter(({ line }) => line.outcome === 'pending').length };
}
