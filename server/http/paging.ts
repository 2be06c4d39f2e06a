import { DEFAULT_LIMIT } from './schema.ts';

/** Where a list goes on and where it begins, for `partials/pager`. */
export interface Pager {
  readonly next: string | null;
  readonly first: string | null;
}

/**
 * Links of a list's page: whatever was asked (filters, size) stays in the address, so that it can be shared, kept and gone
 * back to.
 * @param query what was asked, parsed or as typed, its cursor included
 */
export function pagerOf(
  path: string,
  query: Readonly<Record<string, unknown>>,
  nextCursor: string | null,
): Pager {
  return {
    next: nextCursor ? hrefOf(path, query, nextCursor) : null,
    first: query['cursor'] ? hrefOf(path, query, null) : null,
  };
}

function hrefOf(path: string, query: Readonly<Record<string, unknown>>, cursor: string | null): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    const said = typeof value === 'number' || (typeof value === 'string' && value !== '');
    const usual = name === 'limit' && value === DEFAULT_LIMIT;
    if (name !== 'cursor' && said && !usual) params.set(name, String(value));
  }
  if (cursor) params.set('cursor', cursor);
  return params.size === 0 ? path : `${path}?${params.toString()}`;
}
