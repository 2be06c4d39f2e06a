import { randomBytes } from 'node:crypto';
import type { RequestHandler } from 'express';
import helmet from 'helmet';
import type { Identity } from './authenticate.ts';

declare module 'express-serve-static-core' {
  interface Locals {
    nonce: string;
    requestId: string;
    /** Who asks, once known: an error page keeps their navigation and language. */
    identity?: Identity | null;
  }
}

/** Pages that need more than the strict default: the QR scanner's WASM. */
export type CspExtra = 'wasm';

/** What search engines may list: the front page and what a place shows everybody. A certificate's page is for whoever holds it (S-57). */
const LISTED = /^\/(t\/|$)/;

/**
 * Security headers on every answer, errors and files included (S-26, S-27). Scripts and styles come from us and carry
 * this answer's nonce; nothing inline, nothing from elsewhere, no framing.
 */
export function securityHeaders(): RequestHandler {
  const rest = helmet({
    contentSecurityPolicy: false,
    strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: true },
    referrerPolicy: { policy: 'strict-origin-when-cross-origin' },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    crossOriginEmbedderPolicy: false,
    xFrameOptions: { action: 'deny' },
  });
  return (req, res, next) => {
    // Of letters that no template escapes: a kept page is cut where the nonce stands (shared-pages.ts).
    res.locals.nonce = randomBytes(16).toString('base64url');
    res.setHeader('Content-Security-Policy', contentSecurityPolicy(res.locals.nonce));
    res.setHeader(
      'Permissions-Policy',
      'camera=(self), geolocation=(self), microphone=(), payment=(), usb=()',
    );
    // Personal by default; static files and public answers that may be shared say so themselves (S-32).
    res.setHeader('Cache-Control', 'no-store');
    if (!LISTED.test(req.path)) res.setHeader('X-Robots-Tag', 'noindex');
    rest(req, res, next);
  };
}

export function contentSecurityPolicy(nonce: string, extra: readonly CspExtra[] = []): string {
  const scripts = [
    `'nonce-${nonce}'`,
    "'strict-dynamic'",
    ...(extra.includes('wasm') ? ["'wasm-unsafe-eval'"] : []),
  ];
  return [
    "default-src 'none'",
    `script-src ${scripts.join(' ')}`,
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'self'",
    'report-uri /csp-reports',
  ].join('; ');
}
