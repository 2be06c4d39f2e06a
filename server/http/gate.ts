import type { IncomingMessage, ServerResponse } from 'node:http';
import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import { Unavailable } from '../core/errors.ts';
import { createLane } from '../core/lane.ts';
import type { Lane, Turn } from '../core/lane.ts';
import type { Locale } from '../core/locale.ts';
import { logger } from '../core/logger.ts';
import { countRefused } from '../core/metrics.ts';

declare module 'express-serve-static-core' {
  interface Locals {
    /** This request's place among those worked on. */
    place?: Place;
  }
}

/** The place of one request; what waits for a slow client does not hold it. */
export interface Place {
  /** Gives the place up while the work waits for the client. @throws Unavailable when there is none afterwards */
  lend<T>(work: () => Promise<T>): Promise<T>;
  /** Gives the place up: the request waits for something else than this process. */
  leave(): void;
}

export interface GateLimits {
  /** Requests worked on at once. */
  readonly atOnce: number;
  /** Requests that wait for their turn. */
  readonly waiting: number;
}

export interface Gate {
  /** Refuses what would be refused anyway, before anything is done for it. @returns whether it was answered so */
  early(req: IncomingMessage, res: ServerResponse): boolean;
  /** Lets a request through when its turn comes. Mount it where the body is there and nothing was asked of the database. */
  readonly admit: RequestHandler;
  stop(): void;
}

export interface GateParts {
  readonly limits: GateLimits;
  /** Exact paths with a line of their own, so that people come in while others load pages: signing in. */
  readonly reserved: ReadonlySet<string>;
  /** Paths that are never refused: health, static files. */
  readonly exempt: (path: string) => boolean;
  /**
   * What is said to whoever is refused, made once for each language: it must cost next to nothing.
   * @param writes whether something was sent, which the same address cannot take again by a link
   */
  readonly page: (locale: Locale, writes: boolean) => string;
  readonly problem: (locale: Locale) => object;
  readonly localeOf: (headers: IncomingMessage['headers']) => Locale;
}

const RETRY_SECONDS = 2;
/**
 * Signing in hashes a password or two at a time: a sign-up day's crowd stands in line rather than being sent away, and
 * few at once, so that those who are inside go on (measured: with 4 instead of 16 their pages take a fifth of the time).
 */
const SIGN_IN = { atOnce: 4, patienceMs: 25_000, impatienceMs: 25_000 };
/** Somebody has pressed a button: they rather wait than press again. */
const WRITE = { patienceMs: 10_000, impatienceMs: 1_000 };
const READ = { patienceMs: 1_500, impatienceMs: 100 };
/** Whoever has held a place for so long waits for something else than this process, and keeps nobody out any more. */
const HELD_MS = 3_000;
const SAMPLE_MS = 100;
/** A loop this late serves nobody in time. */
const LAG_MS = 250;

/**
 * Keeps one web process within what it can do (F-26): more than that waits its turn for a moment and is then told when
 * to come again, 503 with Retry-After, before any work for it. Signing in, changes and reading stand in lines of their
 * own, so that a crowd in one keeps nobody out of the others; health is never refused.
 */
export function createGate(parts: GateParts): Gate {
  const { waiting } = parts.limits;
  const half = Math.ceil(parts.limits.atOnce / 2);
  const signIn = createLane({ ...SIGN_IN, waiting });
  const write = createLane({ ...WRITE, atOnce: half, waiting });
  const read = createLane({ ...READ, atOnce: half, waiting });
  const watch = watchLoop((late) => read.narrow(late ? Math.ceil(half / 2) : null));
  const refuse = refusal(parts);
  const laneOf = (req: IncomingMessage): Lane => {
    if (parts.reserved.has(pathOf(req))) return signIn;
    return isRead(req) ? read : write;
  };
  return {
    early(req, res) {
      if (!laneOf(req).isFull() || parts.exempt(pathOf(req))) return false;
      refuse(req, res);
      return true;
    },
    async admit(req, res, next) {
      const lane = laneOf(req);
      // Made only for who has to wait: it costs more than the rest of this.
      let gone: AbortController | null = null;
      let closed = false;
      let held: Turn | null = null;
      let expiry: NodeJS.Timeout | undefined;
      const take = async (): Promise<boolean> => {
        held = lane.enterNow();
        if (!held && !closed) held = await lane.enter((gone ??= new AbortController()).signal);
        if (closed) held?.leave();
        const turn = held;
        if (turn) expiry = setTimeout(() => turn.leave(), HELD_MS).unref();
        return turn !== null;
      };
      const leave = (): void => {
        clearTimeout(expiry);
        held?.leave();
      };
      res.once('finish', leave);
      res.once('close', () => {
        closed = true;
        gone?.abort();
        leave();
      });
      if (!(await take())) return refuse(req, res);
      res.locals.place = {
        leave,
        async lend(work) {
          leave();
          const result = await work();
          if (!(await take())) throw new Unavailable('overloaded');
          return result;
        },
      };
      next();
    },
    stop: () => clearInterval(watch),
  };
}

/** The path as it was asked for; routers shorten `url` on their way. */
const pathOf = (req: IncomingMessage & { originalUrl?: string }): string =>
  (req.originalUrl ?? req.url ?? '').split('?', 1)[0] ?? '';

const isRead = (req: IncomingMessage): boolean => req.method === 'GET' || req.method === 'HEAD';

function watchLoop(tell: (late: boolean) => void): NodeJS.Timeout {
  let last = performance.now();
  return setInterval(() => {
    tell(performance.now() - last - SAMPLE_MS > LAG_MS);
    last = performance.now();
  }, SAMPLE_MS).unref();
}

/** What every answer carries (S-26, S-27); this one has no script and reports nothing. */
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'strict-origin-when-cross-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Robots-Tag': 'noindex',
  'Cache-Control': 'no-store',
  'Retry-After': String(RETRY_SECONDS),
};

function refusal({
  page,
  problem,
  localeOf,
}: GateParts): (req: IncomingMessage, res: ServerResponse) => void {
  const pages = new Map<string, Buffer>();
  const pageIn = (locale: Locale, writes: boolean): Buffer => {
    const kind = `${locale} ${writes}`;
    const made = pages.get(kind) ?? Buffer.from(page(locale, writes));
    pages.set(kind, made);
    return made;
  };
  const tell = tellOf();
  return (req, res) => {
    countRefused();
    tell();
    if (res.headersSent || res.destroyed) return;
    const locale = localeOf(req.headers);
    const requestId = String(res.getHeader('X-Request-Id') ?? randomUUID());
    const api = pathOf(req).startsWith('/api/');
    const body = api
      ? Buffer.from(JSON.stringify({ ...problem(locale), instance: requestId }))
      : pageIn(locale, !isRead(req));
    res.writeHead(503, {
      ...HEADERS,
      'X-Request-Id': requestId,
      'Content-Type': api ? 'application/problem+json; charset=utf-8' : 'text/html; charset=utf-8',
      'Content-Length': body.length,
    });
    res.end(req.method === 'HEAD' ? undefined : body);
  };
}

/** One line a second at most: a flood must not become a flood of lines. */
function tellOf(): () => void {
  let since = -Infinity;
  let count = 0;
  return () => {
    count += 1;
    if (performance.now() - since < 1_000) return;
    logger.warn({ refused: count }, 'more requests than can be served');
    since = performance.now();
    count = 0;
  };
}
