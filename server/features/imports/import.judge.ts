import { createHash } from 'node:crypto';
import { CATEGORY_NAMES } from './import.categories.ts';
import { judgeRow } from './import.row.rules.ts';
import type { ImportMapping, JudgedLine, ParsedOpportunity, TableRow } from './import.types.ts';

/** Judges every row of a table, in order; the second row with one source id is rejected. */
export function judgeTable(rows: readonly TableRow[], mapping: ImportMapping, today: string): JudgedLine[] {
  const seen = new Set<string>();
  return rows.map((row): JudgedLine => {
    const judged = judgeRow(row, mapping, { today, categories: CATEGORY_NAMES });
    const { line, ragged, fixes = {}, skipped = false } = row;
    const key = judged.parsed?.sourceId ?? '';
    const base = { line, original: row.cells, ragged, fixes, skipped, key, ...judged };
    if (!judged.parsed) return { ...base, fingerprint: '' };
    if (!skipped && seen.has(key)) {
      const twice = { field: 'id', code: 'duplicate-in-file', value: key };
      return { ...base, parsed: null, problems: [...judged.problems, twice], fingerprint: '' };
    }
    if (!skipped) seen.add(key);
    return { ...base, fingerprint: fingerprintOf(judged.parsed) };
  });
}

/** Of what the row says, not of the day it is planned for: the same row next week is the same row. */
function fingerprintOf({ shift: _shift, ...said }: ParsedOpportunity): string {
  return createHash('sha256').update(JSON.stringify(said)).digest('hex');
}
