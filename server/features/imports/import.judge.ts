import { createHash } from 'node:crypto';
import { CATEGORY_NAMES } from './import.categories.ts';
import { judgeRow } from './import.row.rules.ts';
import type { ImportMapping, JudgedLine, ParsedOpportunity, TableRow } from './import.types.ts';

/** Judges every row of a table, in order; the second row with one source id is rejected. */
export function judgeTable(rows: readonly TableRow[], mapping: ImportMapping, today: string): JudgedLine[] {
  const seen = new Set<string>();
  return rows.map((row) => {
    const judged = judgeRow(row, mapping, { today, categories: CATEGORY_NAMES });
    const line = { line: row.line, original: row.cells, ragged: row.ragged };
    if (!judged.parsed) return { ...line, ...judged, fingerprint: '' };
    const { sourceId } = judged.parsed;
    if (seen.has(sourceId)) {
      const twice = { field: 'id', code: 'duplicate-in-file', value: sourceId };
      return { ...line, ...judged, parsed: null, problems: [...judged.problems, twice], fingerprint: '' };
    }
    seen.add(sourceId);
    return { ...line, ...judged, fingerprint: fingerprintOf(judged.parsed) };
  });
}

/** Of what the row says, not of the day it is planned for: the same row next week is the same row. */
function fingerprintOf({ shift: _shift, ...said }: ParsedOpportunity): string {
  return createHash('sha256').update(JSON.stringify(said)).digest('hex');
}
