import type { Request } from 'express';
import { csrfSync } from 'csrf-sync';
import { Forbidden } from '../core/errors.ts';

/**
 * A change through the page door needs both: signals of the browser that the request comes from our own pages, and the
 * token bound to the session (S-25). The API door takes bearer tokens only and needs neither.
 */
const tokens = csrfSync({
  size: 32,
  getTokenFromState: (req) => req.session.csrfToken,
  storeTokenInState: (req, token) => {
    req.session.csrfToken = token as string;
  },
  getTokenFromRequest: (req) =>
    (req.body as { _csrf?: string } | undefined)?._csrf ?? req.get('x-csrf-token'),
});

/** The session's token, made on first use: visitors who see no form get no session. */
export const csrfToken = (req: Request): string => tokens.generateToken(req);

/** Whether the browser says that the request comes from a page of ours. */
export function isSameOrigin(req: Request, publicUrl: string): boolean {
  const site = req.get('sec-fetch-site');
  // `same-site` is a sibling subdomain, which may be another tenant's page.
  if (site !== undefined) return site === 'same-origin';
  return req.get('origin') === new URL(publicUrl).origin;
}

/** @throws Forbidden `cross-site` */
export function assertSameOrigin(req: Request, publicUrl: string): void {
  if (!isSameOrigin(req, publicUrl)) throw new Forbidden('cross-site');
}

/** @throws Forbidden `csrf-token` */
export function assertToken(req: Request): void {
  if (!tokens.isRequestValid(req)) throw new Forbidden('csrf-token');
}
