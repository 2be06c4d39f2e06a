import type { ErrorRequestHandler, Request, Response } from 'express';
import mongoose from 'mongoose';
import {
  AppError,
  Conflict,
  Malformed,
  NotFound,
  TooLarge,
  Unavailable,
  UnsupportedType,
} from '../core/errors.ts';
import { currentContext } from '../core/context.ts';
import { logger } from '../core/logger.ts';
import type { Locale } from '../core/locale.ts';
import type { I18n } from '../i18n/index.ts';
import { outageOf } from '../db/outage.ts';
import { isDuplicateKey } from '../db/transaction.ts';
import { refusedQuery } from './refused-query.ts';

interface HttpLike {
  status?: number;
  statusCode?: number;
  type?: string;
  code?: string;
}

/** What people are told when the database cannot now. */
const OUTAGES = { away: 'database-unavailable', slow: 'database-slow', busy: 'busy' } as const;

/** Translates what libraries throw into our own refusals; null for what nobody foresaw (a bug). */
export function toAppError(err: unknown): AppError | null {
  if (err instanceof AppError) return err;
  if (isDuplicateKey(err)) return new Conflict('already-exists', {}, [], err);
  if (err instanceof mongoose.Error.CastError || err instanceof mongoose.Error.ValidationError)
    return new Malformed('malformed', {}, [], err);
  const outage = outageOf(err);
  if (outage !== null) return new Unavailable(OUTAGES[outage], err);
  return fromHttp(err as HttpLike);
}

/** body-parser, multer and the router throw objects with a status. */
function fromHttp(err: HttpLike): AppError | null {
  // The database's errors carry numbers.
  if (typeof err?.code === 'string' && err.code.startsWith('LIMIT_'))
    return err.code === 'LIMIT_FILE_SIZE' ? new TooLarge('file-too-large') : new Malformed('malformed');
  const status = err?.status ?? err?.statusCode;
  if (status === 413) return new TooLarge();
  if (status === 415) return new UnsupportedType();
  // A path that is not valid percent-encoding names nothing.
  if (status === 400 && err instanceof URIError) return new NotFound();
  if (status !== undefined && status >= 400 && status < 500) return new Malformed('malformed');
  return null;
}

export interface ErrorPages {
  readonly i18n: I18n;
  /** Renders the HTML error page; falls back to plain text when that fails itself. */
  render(req: Request, res: Response, model: ErrorModel): string;
  localeOf(req: Request): Locale;
}

export interface ErrorModel {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly message: string;
  readonly requestId: string;
  readonly back: string;
  /** The page itself, where it may well open the next time; null of forms, which a link cannot send. */
  readonly again: string | null;
  /** The filters of the page's address that were refused, in words. */
  readonly refused: readonly { readonly label: string; readonly value: string; readonly text: string }[];
  /** The same page without them; null where it was not the address that was refused. */
  readonly without: string | null;
}

/** The one handler: problem+json for the API door, a page with the way back for people (S-33). */
export function errorHandler(pages: ErrorPages): ErrorRequestHandler {
  return (err: unknown, req, res, next) => {
    // The request itself is "destroyed" as soon as its body was read to the end (uploads); the socket tells who has gone.
    if (res.headersSent || req.socket.destroyed) {
      next(err);
      return;
    }
    const known = toAppError(err);
    if (!known || known.status === 503)
      logger.error({ err, requestId: res.locals.requestId }, known ? 'unavailable' : 'unexpected error');
    const status = known?.status ?? 500;
    if (known && 'retryAfterSeconds' in known) res.setHeader('Retry-After', String(known.retryAfterSeconds));
    res.status(status);
    res.setHeader('Cache-Control', 'no-store');
    if (req.path.startsWith('/api/')) sendProblem(req, res, pages, known, status);
    else sendPage(req, res, pages, known, status);
  };
}

/** The words for a code, falling back from the particular to the general. */
export function messageOf(
  i18n: I18n,
  locale: Locale,
  error: Pick<AppError, 'code' | 'details'> | null,
  status: number,
): string {
  // A wait of minutes is said in minutes: whoever tries again after "a moment" is refused once more.
  const seconds = error?.code === 'too-many' ? Number(error.details['retryAfterSeconds']) : 0;
  if (seconds > 60) return i18n.t(locale, 'errors.too-many-wait', { count: Math.ceil(seconds / 60) });
  const params = Object.fromEntries(
    Object.entries(error?.details ?? {}).filter((entry): entry is [string, string | number] =>
      ['string', 'number'].includes(typeof entry[1]),
    ),
  );
  const key = `errors.${error?.code ?? 'unexpected'}`;
  if (i18n.has(locale, key)) return i18n.t(locale, key, params);
  return i18n.t(locale, `errors.status.${status}`);
}

function sendProblem(
  req: Request,
  res: Response,
  { i18n, localeOf }: ErrorPages,
  error: AppError | null,
  status: number,
): void {
  const locale = localeOf(req);
  const code = error?.code ?? 'unexpected';
  res.type('application/problem+json').send(
    JSON.stringify({
      type: `/problems/${code}`,
      title: i18n.t(locale, `errors.status.${status}`),
      status,
      code,
      detail: messageOf(i18n, locale, error, status),
      instance: res.locals.requestId,
      ...(error && error.issues.length > 0
        ? {
            errors: error.issues.map(({ path, code: issue, params }) => ({
              path,
              code: issue,
              ...(params ? { params } : {}),
            })),
          }
        : {}),
      ...(error && Array.isArray(error.details['reasons']) ? { reasons: error.details['reasons'] } : {}),
      ...(error && typeof error.details['state'] === 'string' ? { state: error.details['state'] } : {}),
    }),
  );
}

function sendPage(
  req: Request,
  res: Response,
  pages: ErrorPages,
  error: AppError | null,
  status: number,
): void {
  const locale = pages.localeOf(req);
  const model: ErrorModel = {
    status,
    code: error?.code ?? 'unexpected',
    title: pages.i18n.t(locale, `errors.status.${status}`),
    message: messageOf(pages.i18n, locale, error, status),
    requestId: res.locals.requestId ?? currentContext()?.requestId ?? '',
    back: backOf(req),
    again: status >= 500 && req.method === 'GET' ? req.originalUrl : null,
    ...refusedOf(req, pages, error),
  };
  try {
    res.type('html').send(pages.render(req, res, model));
  } catch (renderError) {
    logger.error({ err: renderError }, 'the error page failed');
    res.type('text').send(`${status} ${model.message} (${model.requestId})`);
  }
}

/** What was wrong with the address of a page that somebody asked for. */
function refusedOf(
  req: Request,
  { i18n, localeOf }: ErrorPages,
  error: AppError | null,
): Pick<ErrorModel, 'refused' | 'without'> {
  const found = error && req.method === 'GET' ? refusedQuery(req.path, req.query, error) : null;
  if (!found) return { refused: [], without: null };
  const locale = localeOf(req);
  return {
    without: found.without,
    refused: found.filters.map(({ name, value, issue }) => ({
      label: i18n.has(locale, `errors.filter.${name}`) ? i18n.t(locale, `errors.filter.${name}`) : name,
      value,
      text: messageOf(i18n, locale, { code: issue.code, details: { ...issue.params } }, 422),
    })),
  };
}

/** Where "back" leads: the page the form stood on, if it was ours. */
function backOf(req: Request): string {
  const referer = req.get('referer');
  if (referer === undefined) return '/';
  try {
    const url = new URL(referer);
    return url.host === req.get('host') ? `${url.pathname}${url.search}` : '/';
  } catch {
    return '/';
  }
}
