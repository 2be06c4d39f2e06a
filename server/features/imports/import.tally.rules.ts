import type { ImportCounts, ImportNotice, LineOutcome } from './import.model.ts';
import type { RowProblem } from './import.types.ts';

/** A line as far as the sums over all lines need it. */
export interface Tallied {
  readonly outcome: LineOutcome;
  readonly expected: Exclude<LineOutcome, 'pending'>;
  readonly problems: readonly RowProblem[];
  readonly assumed: readonly string[];
  /** Whether the row is taken: only then what it assumes matters. */
  readonly accepted: boolean;
}

/** Refusals by what is there already, not by the row: looked at anew whenever it is checked. */
const STANDING = ['other-unit', 'request-closed', 'not-applied'];
export const ownProblems = (problems: readonly RowProblem[]): RowProblem[] =>
  problems.filter(({ code }) => !STANDING.includes(code));

const noticesOfLine = ({ problems, assumed, accepted }: Tallied): { field: string; code: string }[] => [
  ...problems.map(({ field, code }) => ({ field, code })),
  ...(accepted ? assumed.map((field) => ({ field, code: 'assumed' })) : []),
];

/** What was noticed in all lines together, the most frequent first; `gone` lines are taken out of `known`. */
export function tallyNotices(
  known: readonly ImportNotice[],
  gone: readonly Tallied[],
  come: readonly Tallied[],
): ImportNotice[] {
  const sums = new Map(known.map((notice) => [`${notice.field}:${notice.code}`, { ...notice }]));
  const add = (by: number) => (notice: { field: string; code: string }) => {
    const key = `${notice.field}:${notice.code}`;
    const sum = sums.get(key) ?? { ...notice, count: 0 };
    sums.set(key, { ...sum, count: sum.count + by });
  };
  gone.flatMap(noticesOfLine).forEach(add(-1));
  come.flatMap(noticesOfLine).forEach(add(1));
  return [...sums.values()]
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || a.field.localeCompare(b.field) || a.code.localeCompare(b.code));
}

export interface Sums {
  readonly counts: ImportCounts;
  readonly skipped: number;
}

/**
 * The counts after lines became others. While a file is only checked, a line counts as what it would come to; afterwards
 * as what it came to, and a pending one not at all.
 */
export function tallyCounts(
  known: Sums,
  gone: readonly Tallied[],
  come: readonly Tallied[],
  checked: boolean,
): Sums {
  const counts = { ...known.counts };
  let { skipped } = known;
  const add = (line: Tallied, by: number): void => {
    const as = checked ? line.expected : line.outcome;
    if (as === 'skipped') skipped += by;
    else if (as !== 'pending') counts[as] += by;
  };
  for (const line of gone) add(line, -1);
  for (const line of come) add(line, 1);
  return { counts, skipped };
}
