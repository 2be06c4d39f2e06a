import type { Locale } from './locale.ts';
import type { Permission, Role } from './permissions.ts';

/** Where a permission holds: everywhere in the tenant, or on these units (already expanded downwards). */
export type Reach = 'tenant' | ReadonlySet<string>;

/** A signed-in person, acting in at most one tenant at a time (S-5). */
export interface AccountActor {
  readonly kind: 'account';
  readonly accountId: string;
  readonly personId: string;
  readonly name: string;
  readonly locale: Locale;
  /** How the request came in; API tokens never reach page-only routes. */
  readonly door: 'page' | 'api';
  readonly membership: ActorMembership | null;
  /** When the session last proved the password (S-22); epoch milliseconds. */
  readonly authenticatedAt: number;
  /** How the list of first steps stands on the account's home page, and which of them were followed. */
  readonly firstSteps: { readonly shown: 'auto' | 'open' | 'closed'; readonly seen: readonly string[] };
}

export type Over = 'left' | 'closed';

export interface ActorMembership {
  readonly id: string;
  readonly tenantId: string;
  readonly unitId: string;
  readonly state: string;
  /**
   * Why nothing is begun here any more, and only one's own record is open: the person left, or was let go, or the organisation
   * closed. Null where neither is so.
   */
  readonly over: Over | null;
  /** Whether they are or were a member there, so that something may be recorded of them. */
  readonly recorded: boolean;
  /** What the person is here: a volunteer, a social worker, … */
  readonly kind: string;
  readonly roles: readonly Role[];
  readonly permissions: ReadonlyMap<Permission, Reach>;
}

/** A background sweep working on one row of one tenant. */
export interface SweepActor {
  readonly kind: 'sweep';
  readonly name: string;
}

/** An operator's command on the machine. */
export interface OperatorActor {
  readonly kind: 'operator';
  readonly command: string;
}

export interface AnonymousActor {
  readonly kind: 'anonymous';
  readonly door: 'page' | 'api';
}

export type Actor = AccountActor | SweepActor | OperatorActor | AnonymousActor;

/** Whether the actor holds the permission: on that unit, or anywhere in the tenant when no unit is named. */
export function can(actor: Actor, permission: Permission, unitId?: string): boolean {
  if (actor.kind !== 'account') return false;
  const reach = actor.membership?.permissions.get(permission);
  if (reach === undefined) return false;
  if (reach === 'tenant' || unitId === undefined) return true;
  return reach.has(unitId);
}

/** Whether the organisation that the actor acts in has closed. */
export const isClosed = (actor: Actor | null): boolean =>
  actor?.kind === 'account' && actor.membership?.over === 'closed';

/** Whether the permission holds in the whole tenant: what changes something for all of it asks for that. */
export const canEverywhere = (actor: Actor, permission: Permission): boolean =>
  reachOf(actor, permission) === 'tenant';

/** The units on which the permission holds; `'tenant'` for all, an empty set for none. Used to scope lists. */
export function reachOf(actor: Actor, permission: Permission): Reach {
  if (actor.kind !== 'account') return new Set();
  return actor.membership?.permissions.get(permission) ?? new Set();
}

/** A short, personal-data-free name for logs and audit rows. */
export function actorLabel(actor: Actor): string {
  switch (actor.kind) {
    case 'account':
      return `account:${actor.accountId}`;
    case 'sweep':
      return `sweep:${actor.name}`;
    case 'operator':
      return `operator:${actor.command}`;
    case 'anonymous':
      return 'anonymous';
  }
}
