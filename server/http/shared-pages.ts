import type { Request, RequestHandler, Response } from 'express';
import { now } from '../core/clock.ts';
import { countRequest } from '../core/metrics.ts';
import { isStillTold } from '../db/shared-reading.ts';
import { commitsSoFar } from '../db/transaction.ts';
import { isLocale, pickLocale } from '../i18n/index.ts';
import { cookieLocale } from './language.ts';
import { letterSizeOf } from './reading.ts';
import type { Route } from './route.ts';

export { SHARED_SECONDS } from '../db/shared-reading.ts';

declare module 'express-serve-static-core' {
  interface Locals {
    /** Keeps the page that was made for this visitor, for those who come next; absent where it may be somebody's own. */
    keepPage?: (route: Route, html: string) => void;
  }
}

/**
 * Pages that every visitor without a session sees the same are made once and shown to whoever asks in the next moment: a
 * link to a call for help that goes round a town costs the database next to nothing. Any number of processes may do so: each
 * forgets by itself. Whoever is or was signed in, or has chosen anything on a form, always gets a page of their own.
 */
const MOST_PAGES = 200;
const MOST_CHARACTERS = 200_000;
const LONGEST_ADDRESS = 500;

interface SharedPage {
  readonly route: string;
  /** What stands between the places of the nonce, which is every answer's own. */
  readonly parts: readonly string[];
  readonly readAt: number;
  readonly commits: number;
}

/** Mount it behind the headers and before sessions: what is shown again asks for nothing behind it. */
export function sharedPages(): RequestHandler {
  const pages = new Map<string, SharedPage>();
  return (req, res, next) => {
    const key = keyOf(req);
    if (key === null) return next();
    const known = pages.get(key);
    if (known && isStillTold(known)) return show(res, known);
    if (known) pages.delete(key);
    const [readAt, commits] = [now().getTime(), commitsSoFar()];
    res.locals.keepPage = ({ name }, html) => {
      const parts = html.split(res.locals.nonce);
      if (html.length > MOST_CHARACTERS || parts.length === 1) return;
      pages.set(key, { route: name, parts, readAt, commits });
      for (const oldest of pages.keys()) {
        if (pages.size <= MOST_PAGES) break;
        pages.delete(oldest);
      }
    };
    next();
  };
}

function show(res: Response, { route, parts }: SharedPage): void {
  const began = performance.now();
  res.once('finish', () =>
    countRequest({ route, door: 'page', status: 200 }, (performance.now() - began) / 1_000),
  );
  res.status(200).type('html').send(parts.join(res.locals.nonce));
}

/** Everything of a request that changes what a visitor is shown; null for whoever gets a page of their own. */
function keyOf(req: Request): string | null {
  if (req.method !== 'GET' || !req.path.startsWith('/t/')) return null;
  const { cookie = '', ...headers } = req.headers;
  // A session, or a choice that this answer is to remember, or a part of a page.
  if (cookie.includes('__Host-linli=') || headers['hx-request'] !== undefined) return null;
  if (req.query['lang'] !== undefined || req.query['letters'] !== undefined) return null;
  if (req.originalUrl.length > LONGEST_ADDRESS) return null;
  const browser = pickLocale({ acceptLanguage: headers['accept-language'] });
  const chosen = cookieLocale(req);
  return [isLocale(chosen) ? chosen : '', browser, letterSizeOf(req), req.originalUrl].join(' ');
}
