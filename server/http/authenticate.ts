import type { Request } from 'express';
import type { AccountActor } from '../core/actor.ts';
import type { Locale } from '../core/locale.ts';
import type { Door, TenantInfo } from './route.ts';

/** One of the account's places, for the tenant switcher. */
export interface MembershipChoice {
  readonly id: string;
  readonly state: string;
  readonly tenant: TenantInfo;
}

/** What one indexed read says about who is asking. */
export interface Identity {
  readonly actor: AccountActor;
  /** The tenant of the acting membership. */
  readonly tenant: TenantInfo | null;
  readonly memberships: readonly MembershipChoice[];
  /** The language the person chose, if any. */
  readonly locale: Locale | null;
}

/** A stored session with whoever it belongs to. */
export interface BrowserSession {
  readonly session: Record<string, unknown>;
  readonly lastModified: Date | undefined;
  readonly identity: Identity | null;
}

/** Look-ups that the http layer needs and the features answer; injected by compose.ts. */
export interface Identities {
  /** Null when the account is disabled, the session's version is old, or the membership is gone. */
  forSession(session: {
    accountId: string;
    accountVersion: number;
    membershipId: string | null;
    authenticatedAt: number;
  }): Promise<Identity | null>;
  /** The browser's stored session by its secret id, and who it says is asking, in one read; null when there is none. */
  ofBrowser(sid: string): Promise<BrowserSession | null>;
  forToken(token: string): Promise<Identity | null>;
  /** Null for unknown tenants, and for closed ones unless they are asked for, too. */
  tenantBySlug(slug: string, which: 'open' | 'ever'): Promise<TenantInfo | null>;
  /** Whether it is the account's password; guesses count like those at the door. @throws Invalid, TooMany */
  prove(actor: AccountActor, password: string): Promise<void>;
}

/** Who is asking, or null; of browsers it was read with their session. Cookies are not looked at on the API door, tokens not on the page door. */
export async function identify(
  req: Request,
  door: Door,
  identities: Identities,
  limits: SessionLimits,
): Promise<Identity | null> {
  if (door === 'api') {
    const header = req.get('authorization') ?? '';
    const token = /^Bearer ([A-Za-z0-9_-]{20,200})$/.exec(header)?.[1];
    return token === undefined ? null : identities.forToken(token);
  }
  const identity = req.res?.locals.asking ?? null;
  const startedAt = req.session?.startedAt;
  return identity === null || startedAt === undefined || limits.now() - startedAt > limits.maxMs
    ? null
    : identity;
}

export interface SessionLimits {
  readonly maxMs: number;
  now(): number;
}
