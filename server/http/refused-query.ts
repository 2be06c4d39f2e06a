import type { AppError, FieldIssue } from '../core/errors.ts';
import { visible } from './schema.ts';

/** A filter in the address that was refused, as it is shown to whoever asked for the page. */
export interface RefusedFilter {
  readonly name: string;
  /** What stood there: every sign visible, and no longer than a line. */
  readonly value: string;
  readonly issue: FieldIssue;
}

export interface RefusedQuery {
  readonly filters: readonly RefusedFilter[];
  /** The same page with what was not refused. */
  readonly without: string;
}

const MOST_SHOWN = 5;
const LONGEST_SHOWN = 60;

/**
 * Which filters of a page's address were refused, and the address without them. The page of a list goes with them: it
 * was counted under the filters.
 * @param query as it stands in the address, each name with its value or values
 * @returns null where it was not the query that was refused
 */
export function refusedQuery(
  path: string,
  query: Readonly<Record<string, unknown>>,
  error: Pick<AppError, 'status' | 'issues'>,
): RefusedQuery | null {
  if (error.status !== 400 && error.status !== 422) return null;
  const names = Object.keys(query);
  if (names.length === 0) return null;
  const nameOf = (issue: FieldIssue): string | undefined =>
    names.find((name) => issue.path === name || issue.path.startsWith(`${name}.`)) ??
    names.find((name) => name.startsWith(`${issue.path}.`));
  const found = new Map<string, FieldIssue>();
  for (const issue of error.issues) {
    const name = nameOf(issue);
    if (name !== undefined && !found.has(name)) found.set(name, issue);
  }
  const kept = new URLSearchParams();
  // Where no single name is to blame, none of them is kept.
  if (found.size > 0)
    for (const name of names)
      if (!found.has(name) && name !== 'cursor')
        for (const value of [query[name]].flat()) kept.append(name, String(value));
  const filters = [...found].slice(0, MOST_SHOWN).map(([name, issue]) => ({
    name: shown(name),
    value: [query[name]]
      .flat()
      .map((value) => shown(String(value)))
      .join(', '),
    issue,
  }));
  return { filters, without: kept.size > 0 ? `${path}?${kept.toString()}` : path };
}

const shown = (text: string): string => {
  const signs = [...visible(text)];
  return signs.length > LONGEST_SHOWN ? `${signs.slice(0, LONGEST_SHOWN).join('')}…` : signs.join('');
};
