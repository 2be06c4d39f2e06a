import { randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import compression from 'compression';
import express from 'express';
import type { Request, RequestHandler } from 'express';
import session from 'express-session';
import passport from 'passport';
import { pinoHttp } from 'pino-http';
import { NotFound } from './core/errors.ts';
import { logger } from './core/logger.ts';
import type { Locale } from './core/locale.ts';
import type { Config } from './config.ts';
import { mongoClient } from './db/connect.ts';
import { asRequest } from './db/patience.ts';
import { keptForm, unservedForm } from './http/kept-form.ts';
import type { KeptForm } from './http/kept-form.ts';
import { errorHandler, messageOf } from './http/error-handler.ts';
import type { ErrorModel } from './http/error-handler.ts';
import { createGate } from './http/gate.ts';
import type { Gate } from './http/gate.ts';
import type { HandlerKit } from './http/handler.ts';
import { localeOf, localeOfHeaders } from './http/handler.ts';
import { securityHeaders } from './http/headers.ts';
import { isAllowedHost, isLoopbackHttp } from './http/hosts.ts';
import { pageContext } from './http/page-context.ts';
import { apiPathOf } from './http/route.ts';
import type { Route } from './http/route.ts';
import { buildRouter } from './http/router.ts';
import { sharedPages } from './http/shared-pages.ts';
import { createSessionStore, takeAsking } from './http/session-store.ts';

export interface AppParts {
  readonly config: Config;
  readonly kit: HandlerKit;
  readonly routes: readonly Route[];
  readonly assets: RequestHandler;
  /** Health, readiness, the mailbox: mounted before sessions. */
  readonly plumbing: readonly { path: string; handler: RequestHandler }[];
  readonly sessionSecrets: readonly string[];
}

export interface WebApp {
  /** Answers a request. */
  readonly serve: RequestListener;
  /** Ends what watches over the load; the application answers no more. */
  stop(): void;
}

/** The whole web application, in the order in which a request meets it. No listening here. */
export function buildApp(parts: AppParts): WebApp {
  const { config, kit } = parts;
  const app = express();
  const gate = gateOf(parts);
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', 'simple');
  app.set('trust proxy', config.trustProxy);
  app.use(requestId, requestLog(config), securityHeaders());
  for (const { path, handler } of parts.plumbing) app.get(path, handler);
  app.use(allowedHosts(kit.publicUrl));
  app.use(parts.assets);
  app.use(compression());
  app.use(sharedPages());
  app.post('/csp-reports', express.json({ type: () => true, limit: '20kb' }), cspReport);
  app.use((_req, res, next) => asRequest(() => res.locals.place?.leave(), next));
  app.use(pageDoor(parts, gate));
  app.use('/api', express.json({ limit: '200kb', strict: true }), gate.admit);
  app.use(buildRouter(parts.routes, kit));
  app.use(errorHandler(errorPages(kit)));
  return {
    serve(req, res) {
      if (!gate.early(req, res)) app(req, res);
    },
    stop: () => gate.stop(),
  };
}

/** The load that this process takes; what it says to everybody beyond is made from the same words as other errors. */
function gateOf({ config, kit, routes, plumbing }: AppParts): Gate {
  const { i18n, views } = kit;
  const spared = new Set(plumbing.map(({ path }) => path));
  const error = { code: 'overloaded', details: {} };
  const text = (locale: Locale) => ({
    title: i18n.t(locale, 'errors.status.503'),
    message: messageOf(i18n, locale, error, 503),
  });
  return createGate({
    limits: { atOnce: config.maxRequests, waiting: config.maxWaiting },
    reserved: new Set(
      routes.filter(({ rate }) => rate === 'sign-in').flatMap((route) => [route.path, apiPathOf(route)]),
    ),
    exempt: (path) => spared.has(path) || path.startsWith('/assets/'),
    page: (locale, writes) =>
      views.render(
        'errors/busy',
        { ...text(locale), ...(writes ? { message: i18n.t(locale, 'errors.overloadedForm') } : {}), writes },
        {
          locale,
          zone: 'UTC',
          nonce: '',
          csrfToken: null,
          path: '/',
          fullUrl: '/',
          user: null,
          tenant: null,
          nav: [],
          flash: [],
          mailboxEnabled: false,
        },
      ),
    problem(locale) {
      const { title, message } = text(locale);
      return { type: '/problems/overloaded', title, status: 503, code: 'overloaded', detail: message };
    },
    localeOf: localeOfHeaders,
  });
}

const requestId: RequestHandler = (_req, res, next) => {
  res.locals.requestId = randomUUID();
  res.setHeader('X-Request-Id', res.locals.requestId);
  next();
};

/** One line a request, at its end; ids only, no query strings (they may hold what people searched for). */
function requestLog(config: Config): RequestHandler {
  if (config.logLevel === 'silent') return (_req, _res, next) => next();
  return pinoHttp({
    logger,
    quietReqLogger: true,
    autoLogging: { ignore: (req) => /^\/(assets|healthz|readyz)/.test(req.url ?? '') },
    genReqId: (_req, res) => (res as unknown as { locals: { requestId: string } }).locals.requestId,
    serializers: { req: () => undefined, res: () => undefined },
    customSuccessObject: (req, res, value: Record<string, unknown>) =>
      requestLine(req as Request, res.statusCode, value),
    customErrorObject: (req, res, _err, value: Record<string, unknown>) =>
      requestLine(req as Request, res.statusCode, value),
    customLogLevel: (_req, res) => (res.statusCode >= 500 ? 'error' : 'info'),
  }) as unknown as RequestHandler;
}

function requestLine(req: Request, status: number, value: Record<string, unknown>): Record<string, unknown> {
  return {
    method: req.method,
    path: (req.originalUrl ?? '').split('?')[0],
    status,
    ms: value['responseTime'],
    ip: req.ip,
  };
}

/** Unknown hosts are told nothing: links and cookies are made for our own address only (S-35). */
function allowedHosts(publicUrl: string): RequestHandler {
  return (req, _res, next) => {
    if (!isAllowedHost(req.get('host'), publicUrl)) throw new NotFound();
    next();
  };
}

/** Sessions and form bodies exist on the page door only; `/api` never sees a cookie. */
function pageDoor(parts: AppParts, gate: Gate): RequestHandler {
  const { config } = parts;
  const chain = express.Router();
  if (isLoopbackHttp(parts.kit.publicUrl)) {
    // Browsers accept Secure cookies on loopback over plain http, express-session would not send them.
    chain.use((req, _res, next) => {
      Object.defineProperty(req, 'secure', { value: true });
      next();
    });
  }
  chain.use(
    // The whole body first: a slow client takes nobody's place (F-27).
    express.urlencoded({ extended: false, limit: '200kb', parameterLimit: 1_000 }),
    gate.admit,
    session({
      name: '__Host-linli',
      secret: [...parts.sessionSecrets],
      resave: false,
      saveUninitialized: false,
      rolling: true,
      store: createSessionStore(
        {
          client: mongoClient() as never,
          collectionName: 'sessions',
          stringify: false,
          autoRemove: 'disabled', // its TTL index is a migration
          touchAfter: 300,
          ttl: Math.ceil(config.sessionIdleMs / 1000),
        },
        parts.kit.identities,
      ),
      cookie: { httpOnly: true, secure: true, sameSite: 'lax', path: '/', maxAge: config.sessionIdleMs },
    }),
    takeAsking,
    passport.session(),
  );
  return (req, res, next) =>
    req.path.startsWith('/api/') || req.path === '/api' ? next() : chain(req, res, next);
}

const cspReport: RequestHandler = (req, res) => {
  const report = (req.body as { 'csp-report'?: Record<string, unknown> } | undefined)?.['csp-report'];
  logger.warn(
    {
      directive: String(report?.['effective-directive'] ?? '').slice(0, 60),
      blocked: String(report?.['blocked-uri'] ?? '').slice(0, 200),
    },
    'CSP violation',
  );
  res.status(204).end();
};

/** Refusals that acting elsewhere may mend. */
const OF_ANOTHER_PLACE = new Set(['not-found', 'not-permitted', 'members-only', 'has-left', 'has-closed']);

/** Where whoever holds an invitation that is over may ask like anybody else; the same for one that never was. */
const joinPathOf = (path: string): string | null => /^\/t\/[a-z0-9-]+\/join(?=\/)/.exec(path)?.[0] ?? null;

/** States of a membership in which an organisation is not open yet. */
const WAITING = ['draft', 'submitted', 'needs_correction', 'first_review'];

/** What somebody wrote is lost by no refusal that they can do nothing about. */
function keptAfter({ status, code }: ErrorModel, req: Request, publicUrl: string): KeptForm | null {
  if (status >= 500) return unservedForm(req, publicUrl);
  // Both are found only after the request was seen to come from a page of ours.
  return ['csrf-token', 'not-signed-in'].includes(code) ? keptForm(req) : null;
}

function errorPages(kit: HandlerKit): Parameters<typeof errorHandler>[0] {
  return {
    i18n: kit.i18n,
    localeOf: (req) => localeOf(req, req.res?.locals.identity ?? null, null),
    render(req, res, model) {
      const identity = res.locals.identity ?? null;
      const page = pageContext({
        req,
        res,
        identity,
        tenant: identity?.tenant ?? null,
        locale: localeOf(req, identity, null),
        i18n: kit.i18n,
        navigation: kit.navigation,
        mailbox: kit.mailbox,
      });
      // A link may be of another of the reader's places than the one they act in; whether it is, is not told.
      // Where one only waits to be let in, nothing would open.
      const opens = new Set(
        identity?.memberships.filter(({ state }) => !WAITING.includes(state)).map(({ id }) => id),
      );
      const elsewhere = OF_ANOTHER_PLACE.has(model.code)
        ? (page.user?.memberships ?? []).filter(({ id, current }) => !current && opens.has(id))
        : [];
      const askHref = model.code === 'link-not-valid' ? joinPathOf(req.path) : null;
      // A link for a new password that is over: another one is a press away.
      const anewHref =
        model.code === 'link-not-valid' && req.path.startsWith('/reset/') ? '/forgotten' : null;
      const kept = keptAfter(model, req, kit.publicUrl);
      return kit.views.render('errors/show', { ...model, elsewhere, askHref, anewHref, kept }, page);
    },
  };
}
