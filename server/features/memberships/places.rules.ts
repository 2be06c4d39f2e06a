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

/** What an organisation said last to somebody, and when. */
export interface LastWord {
  readonly membershipId: string;
  readonly tenantId: string;
  readonly state: string;
  readonly at: Date;
  /** In the words of who decided; null where nothing was said. */
  readonly reason: string | null;
}

/** States of an application that came to nothing: no place of one's own, but an answer that its person is owed. */
export const CAME_TO_NOTHING: readonly string[] = ['rejected', 'withdrawn'];

/**
 * The applications that came to nothing and after which nothing followed: the newest row of an organisation, where it is one.
 * @param rows all memberships of one account, whatever became of them
 */
export function answersAmong<
  Row extends { readonly membershipId: string; readonly tenantId: string; readonly state: string },
>(rows: readonly Row[]): Row[] {
  return rows.filter(
    (row) =>
      CAME_TO_NOTHING.includes(row.state) &&
      !rows.some((other) => other.tenantId === row.tenantId && other.membershipId > row.membershipId),
  );
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
