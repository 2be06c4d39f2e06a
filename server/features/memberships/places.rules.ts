import type { Over } from '../../core/actor.ts';
import { FORMER } from '../../core/states.ts';

/** A membership of an account, for choosing where to act. */
export interface OwnPlace {
  readonly id: string;
  readonly tenantId: string;
  readonly state: string;
  /** Why only one's own record is open there; null where one may act. */
  readonly over: Over | null;
}

/**
 * Where somebody may act, or at least read what is recorded of them: memberships that are not over, and of each organisation
 * that they left, and belong to no more, the last one.
 * @param rows memberships of one account, none of them rejected or withdrawn
 */
export function placesAmong<
  Row extends { readonly _id: unknown; readonly tenantId: unknown; readonly state: string },
>(rows: readonly Row[]): Row[] {
  const later = (one: Row, other: Row): boolean =>
    other.state !== FORMER || (one.state === FORMER && String(other._id) > String(one._id));
  return rows.filter(
    (row) =>
      row.state !== FORMER ||
      !rows.some(
        (other) => other !== row && String(other.tenantId) === String(row.tenantId) && later(row, other),
      ),
  );
}
