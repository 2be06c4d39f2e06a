import { AppError } from '../../core/errors.ts';
import { decodeTable } from './import.decode.ts';
import { judgeTable } from './import.judge.ts';
import { guessMapping, unknownColumns } from './import.mapping.rules.ts';
import { bestFitting, mappingFor } from './import.saved.rules.ts';
import type { ParseJob, ParseResult } from './import.parser.ts';

/** Entry of the process that reads files from outside; import.parser.ts starts it and bounds its memory and time. */
function work(job: ParseJob): ParseResult {
  const table =
    job.kind === 'file'
      ? decodeTable(job.bytes)
      : { ...job.table, encoding: 'utf-8' as const, delimiter: ',' };
  const saved = bestFitting(job.saved ?? [], table.columns);
  const proposed = saved ? mappingFor(saved, table.columns) : guessMapping(table.columns, job.defaults);
  const mapping = { ...proposed, ...job.mapping };
  const unknown = unknownColumns(mapping, table.columns);
  if (unknown.length > 0)
    return {
      ok: false,
      issues: unknown.map((field) => ({ path: `columns.${field}`, code: 'column-unknown' })),
    };
  if (mapping.columns.title === undefined)
    // A table in which nothing can be a title is no list of opportunities; a person may still name the column.
    return {
      ok: false,
      issues: [{ path: job.kind === 'file' ? 'file' : 'columns.title', code: 'column-title-missing' }],
    };
  return {
    ok: true,
    encoding: table.encoding,
    delimiter: table.delimiter,
    columns: table.columns,
    mapping,
    savedId: saved?.id ?? null,
    lines: judgeTable(table.rows, mapping, job.today),
  };
}

function answer(job: ParseJob): ParseResult {
  try {
    return work(job);
  } catch (err) {
    // What is wrong with the file goes back as data; anything else is a bug and ends the process as an error.
    if (err instanceof AppError) return { ok: false, issues: [...err.issues] };
    throw err;
  }
}

// Ctrl-C in a terminal reaches the whole group: who asked for this file decides when to give it up.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());
process.once('message', (job) => process.send?.(answer(job as ParseJob)));
