import type {} from 'express-session';
import type {} from 'passport';
import type { Request } from 'express';
import { isDeepStrictEqual } from 'node:util';
import type { Flash } from './route.ts';

declare module 'express-session' {
  interface SessionData {
    flash: Flash[];
    returnTo: string;
    membershipId: string | null;
    /** Epoch milliseconds of sign-in: the absolute limit counts from here (S-19). */
    startedAt: number;
    /** Epoch milliseconds when the password was last proved (S-22). */
    authenticatedAt: number;
    /** The account's session version at sign-in; raising it ends every session (S-8). */
    accountVersion: number;
    /** What the browser said of itself when it signed in; shown to its owner only. */
    agent: string;
  }
}

/** What a route may do with the browser's session. Every change of rights makes a new session id (S-19). */
export interface SessionControls {
  /** The secret id of the browser's session; null for machines. */
  readonly id: string | null;
  /** Signs the account in, keeping only the safe return path. */
  signIn(account: SignedInAccount): Promise<void>;
  signOut(): Promise<void>;
  switchMembership(membershipId: string): Promise<void>;
  /** The safe local path to go on to after signing in, once. */
  takeReturnTo(): string | null;
  flash(message: Flash): void;
  /** The password was proved once more: ten minutes count from now, under a new session id. */
  proved(): Promise<void>;
  /** The mark that this browser got when it last signed in; null for machines and new browsers. */
  readonly device: string | null;
  markDevice(mark: string): void;
  /** The secret of a device at a shift: of its own cookie, for programs of the header `X-Kiosk`; nobody is signed in by it. */
  readonly kiosk: string | null;
  holdKiosk(secret: string, until: Date): void;
}

export interface SignedInAccount {
  readonly accountId: string;
  readonly accountVersion: number;
  readonly membershipId: string | null;
}

/** What passport keeps in the session. */
export interface SessionUser {
  readonly accountId: string;
}

/** How long a browser stays known: half a year. */
const DEVICE_MS = 180 * 86_400_000;

export function sessionControls(req: Request, now: Date): SessionControls {
  return {
    id: (req.sessionID as string | undefined) ?? null,
    async signIn({ accountId, accountVersion, membershipId }) {
      const returnTo = req.session.returnTo;
      // passport regenerates the session id and drops everything an attacker could have planted.
      await new Promise<void>((resolve, reject) => {
        req.logIn({ accountId } as Express.User, (err: unknown) => (err ? reject(err as Error) : resolve()));
      });
      req.session.startedAt = now.getTime();
      req.session.authenticatedAt = now.getTime();
      req.session.accountVersion = accountVersion;
      req.session.membershipId = membershipId;
      req.session.agent = (req.get('user-agent') ?? '').slice(0, 200);
      if (returnTo !== undefined) req.session.returnTo = returnTo;
      await save(req);
    },
    async signOut() {
      // What the browser kept of these pages goes too; the mark that it knows the account stays (S-17, S-32).
      req.res?.setHeader('Clear-Site-Data', '"cache", "storage"');
      await new Promise<void>((resolve, reject) => {
        req.session.destroy((err: unknown) => (err ? reject(err as Error) : resolve()));
      });
    },
    switchMembership: (membershipId) => renew(req, { membershipId }),
    takeReturnTo() {
      const { returnTo } = req.session;
      if (returnTo === undefined) return null;
      delete (req.session as { returnTo?: string }).returnTo;
      return returnTo;
    },
    flash(message) {
      const flashes = req.session.flash ?? [];
      if (!flashes.some((known) => isDeepStrictEqual(known, message)))
        req.session.flash = [...flashes, message];
    },
    device:
      /(?:^|;\s*)__Host-device=([A-Za-z0-9_.-]{1,100})(?:;|$)/.exec(req.get('cookie') ?? '')?.[1] ?? null,
    markDevice(mark) {
      req.res?.cookie('__Host-device', mark, {
        httpOnly: true,
        secure: true,
        sameSite: 'lax',
        path: '/',
        maxAge: DEVICE_MS,
      });
    },
    kiosk: req.originalUrl.startsWith('/api/')
      ? (req.get('x-kiosk') ?? null)
      : (/(?:^|;\s*)__Host-kiosk=([A-Za-z0-9_-]{1,100})(?:;|$)/.exec(req.get('cookie') ?? '')?.[1] ?? null),
    holdKiosk(secret, until) {
      req.res?.cookie('__Host-kiosk', secret, {
        httpOnly: true,
        secure: true,
        sameSite: 'strict',
        path: '/',
        maxAge: Math.max(0, until.getTime() - now.getTime()),
      });
    },
    proved: () => renew(req, { authenticatedAt: now.getTime() }),
  };
}

/** The same signed-in session under a new id, with a change. */
async function renew(
  req: Request,
  change: { membershipId?: string; authenticatedAt?: number },
): Promise<void> {
  const kept = { ...req.session } as Partial<Request['session']>;
  await new Promise<void>((resolve, reject) => {
    req.session.regenerate((err: unknown) => (err ? reject(err as Error) : resolve()));
  });
  const { passport } = kept as { passport?: unknown };
  Object.assign(req.session, {
    passport,
    startedAt: kept.startedAt,
    authenticatedAt: kept.authenticatedAt,
    accountVersion: kept.accountVersion,
    agent: kept.agent,
    membershipId: kept.membershipId,
    ...change,
  });
  await save(req);
}

/** Waits for the store: a redirect must not overtake what it relies on. */
export function save(req: Request): Promise<void> {
  return new Promise((resolve, reject) => {
    req.session.save((err: unknown) => (err ? reject(err as Error) : resolve()));
  });
}

/** A path on our own origin, or null (S-31): parsed like a browser would, never compared as text. */
export function safeReturnPath(candidate: unknown, publicUrl: string): string | null {
  if (typeof candidate !== 'string' || candidate.length > 2_000 || !candidate.startsWith('/')) return null;
  let url: URL;
  try {
    url = new URL(candidate, publicUrl);
  } catch {
    return null;
  }
  if (url.origin !== new URL(publicUrl).origin) return null;
  // Backslashes and control characters are read as slashes by some browsers.
  if (/[\\\p{Cc}]/u.test(candidate)) return null;
  return `${url.pathname}${url.search}`;
}
