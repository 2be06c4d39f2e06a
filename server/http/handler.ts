import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { IncomingHttpHeaders } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import type { AccountActor, Actor, ActorMembership } from '../core/actor.ts';
import { can, canEverywhere, isClosed } from '../core/actor.ts';
import { runInContext } from '../core/context.ts';
import { now } from '../core/clock.ts';
import {
  Conflict,
  Forbidden,
  Invalid,
  Malformed,
  NotFound,
  NotSignedIn,
  PreconditionFailed,
  PreconditionRequired,
  TooMany,
  UnsupportedType,
} from '../core/errors.ts';
import { logger } from '../core/logger.ts';
import { countRequest } from '../core/metrics.ts';
import { createForm, pickLocale } from '../i18n/index.ts';
import type { I18n, Locale } from '../i18n/index.ts';
import { once } from '../db/idempotency.ts';
import { inQueue } from '../core/queue.ts';
import { inTransaction } from '../db/transaction.ts';
import { identify } from './authenticate.ts';
import type { Identities, Identity, SessionLimits } from './authenticate.ts';
import { keptForm, PROOF_FIELD } from './kept-form.ts';
import { assertSameOrigin, assertToken } from './csrf.ts';
import { toAppError } from './error-handler.ts';
import { pageContext } from './page-context.ts';
import { rememberLetterSize } from './reading.ts';
import type { NavEntry } from './page-context.ts';
import { parseBody, parseParams, parseQuery } from './parse.ts';
import { isUnsafe } from './route.ts';
import type {
  BinaryResult,
  Door,
  PageResult,
  Route,
  RouteContext,
  SentInParts,
  TenantInfo,
  UploadedFile,
} from './route.ts';
import { cookieIn, cookieLocale } from './language.ts';
import { safeReturnPath, save, sessionControls } from './session.ts';
import { rateOf } from './throttle.ts';
import type { Throttle } from './throttle.ts';
import { receiveUpload, whileReceiving } from './upload.ts';
import type { Views } from './views.ts';

/** What every route's handler works with; made once by app.ts. */
export interface HandlerKit {
  readonly publicUrl: string;
  readonly mailbox: boolean;
  readonly i18n: I18n;
  readonly views: Views;
  readonly identities: Identities;
  readonly throttle: Throttle;
  readonly limits: SessionLimits;
  readonly navigation: readonly NavEntry[];
}

/** How long a proved password counts for the actions that need it fresh (S-22). */
const FRESH_MS = 10 * 60_000;

interface Work {
  readonly route: Route;
  readonly door: Door;
  readonly req: Request;
  readonly res: Response;
  readonly kit: HandlerKit;
  readonly identity: Identity | null;
  readonly tenant: TenantInfo | null;
  readonly locale: Locale;
  readonly upload: UploadedFile | null;
}

/** The Express handler of one declared route on one door. */
export function handlerFor(route: Route, door: Door, kit: HandlerKit): RequestHandler {
  return async (req, res) => {
    const began = performance.now();
    res.once('finish', () =>
      countRequest({ route: route.name, door, status: res.statusCode }, (performance.now() - began) / 1000),
    );
    const identity = await identify(req, door, kit.identities, kit.limits);
    if (door === 'page') res.locals.identity = identity;
    const locale = localeOf(req, identity, null);
    if (!identity && route.access !== 'public') return refuseAnonymous(route, req, res, door, kit);
    await throttleRequest(route, identity, req, kit);
    if (door === 'page' && isUnsafe(route.method)) assertSameOrigin(req, kit.publicUrl);
    const upload = await uploadOf(route, identity, req, res);
    if (door === 'page' && isUnsafe(route.method)) assertToken(req);
    const tenant = await tenantFor(route, req, identity, kit);
    const work: Work = {
      route,
      door,
      req,
      res,
      kit,
      identity: confine(identity, tenant, route),
      tenant,
      locale: localeOf(req, identity, tenant) ?? locale,
      upload,
    };
    await runInContext(
      {
        requestId: res.locals.requestId,
        actor: actorOf(work),
        tenantId: tenant?.id ?? null,
        crossTenant: null,
        ...(isUnsafe(route.method) ? {} : { read: readAlready(tenant ?? identity?.tenant ?? null) }),
      },
      () => perform(work),
    );
  };
}

/** The file that comes with the request; while it comes, its place among the requests is somebody else's (F-27). */
async function uploadOf(
  route: Route,
  identity: Identity | null,
  req: Request,
  res: Response,
): Promise<UploadedFile | null> {
  const { uploadBytes } = route;
  if (!uploadBytes) return null;
  // Nobody's file is taken into memory who may not do with it what they ask.
  assertPermitted(route, identity?.actor ?? null);
  const receive = (): Promise<UploadedFile | null> =>
    whileReceiving(identity?.actor.accountId ?? '', () => receiveUpload(req, res, uploadBytes));
  return res.locals.place ? res.locals.place.lend(receive) : receive();
}

/** The tenant came with the answer to who is asking, or was found by its slug. */
const readAlready = (tenant: TenantInfo | null): Map<string, unknown> =>
  new Map(tenant ? [[`tenant:${tenant.id}`, Promise.resolve(tenant.facts)]] : []);

/**
 * Anonymous visitors are sent to the sign-in form and back; the API answers 401. So does the page of a form that somebody filled
 * in while their sign-in ended: it holds what they wrote.
 */
async function refuseAnonymous(
  route: Route,
  req: Request,
  res: Response,
  door: Door,
  kit: HandlerKit,
): Promise<void> {
  if (door === 'api') throw new NotSignedIn();
  if (isUnsafe(route.method) && keptForm(req) !== null) {
    assertSameOrigin(req, kit.publicUrl);
    throw new NotSignedIn();
  }
  const back = req.method === 'GET' ? safeReturnPath(req.originalUrl, kit.publicUrl) : null;
  if (back !== null && back !== '/') {
    req.session.returnTo = back;
    await save(req);
  }
  res.redirect(303, '/sign-in');
}

async function throttleRequest(
  route: Route,
  identity: Identity | null,
  req: Request,
  kit: HandlerKit,
): Promise<void> {
  const rate = rateOf(route.rate, identity !== null);
  if (!rate) return;
  const key = identity ? identity.actor.accountId : `ip:${req.ip ?? 'unknown'}`;
  await kit.throttle.consume(rate, key);
}

async function tenantFor(
  route: Route,
  req: Request,
  identity: Identity | null,
  kit: HandlerKit,
): Promise<TenantInfo | null> {
  if (route.tenant === 'none') return null;
  if (route.tenant === 'slug') {
    const tenant = await kit.identities.tenantBySlug(
      String(req.params['tenantSlug']),
      route.closedToo ? 'ever' : 'open',
    );
    if (!tenant) throw new NotFound();
    return tenant;
  }
  if (!identity?.tenant) throw new Forbidden('members-only');
  return identity.tenant;
}

/** Rights of one tenant mean nothing on another tenant's public pages. */
function confine(identity: Identity | null, tenant: TenantInfo | null, route: Route): Identity | null {
  if (!identity || route.tenant !== 'slug' || identity.tenant?.id === tenant?.id) return identity;
  return { ...identity, actor: { ...identity.actor, membership: null } };
}

function actorOf({ identity, door }: Pick<Work, 'identity' | 'door'>): Actor {
  return identity?.actor ?? { kind: 'anonymous', door };
}

/** The language of this answer: chosen in the address, by the person, by the tenant, by the browser. */
export function localeOf(req: Request, identity: Identity | null, tenant: TenantInfo | null): Locale {
  const chosen = typeof req.query['lang'] === 'string' ? req.query['lang'] : cookieLocale(req);
  return pickLocale({
    user: chosen ?? identity?.locale,
    tenant: tenant?.locale,
    acceptLanguage: req.get('accept-language'),
  });
}

/** The language as far as the headers tell it, for answers before anything else is known. */
export const localeOfHeaders = (headers: IncomingHttpHeaders): Locale =>
  pickLocale({
    user: cookieIn(headers),
    tenant: undefined,
    acceptLanguage: headers['accept-language'],
  });

/** Why somebody of this membership lacks a permission: most do because they are no member, or none at present. */
function whyNot(membership: ActorMembership | null): string {
  if (!membership) return 'members-only';
  if (membership.over !== null) return membership.over === 'left' ? 'has-left' : 'has-closed';
  if (membership.state === 'approved') return 'not-permitted';
  return membership.state === 'suspended' ? 'member-suspended' : 'not-yet-member';
}

/** @throws Forbidden where the route asks for a permission that the account does not have where it acts */
function assertPermitted({ access, whole, method, tenant }: Route, actor: AccountActor | null): void {
  // Whatever anybody may do in their own organisation by themselves, nobody does in one that has closed.
  if (access === 'signed-in' && tenant === 'member' && isUnsafe(method) && isClosed(actor))
    throw new Forbidden('has-closed');
  if (access === 'public' || access === 'signed-in') return;
  if (!actor || !can(actor, access)) throw new Forbidden(whyNot(actor?.membership ?? null));
  if (whole && !canEverywhere(actor, access)) throw new Forbidden('needs-whole');
}

async function perform(work: Work): Promise<void> {
  const { route, door, identity } = work;
  assertPermitted(route, identity?.actor ?? null);
  if (!(await isProved(work))) return;
  const context = contextOf(work);
  try {
    context.query = parseQuery(route.input.query, work.req.query);
    context.body = bodyOf(work);
    const output = await execute(work, context);
    await (door === 'page' ? answerPage(work, output, context) : answerApi(work, output));
  } catch (err) {
    await answerFailure(work, context, err);
  }
}

/** Whether the password was proved lately enough for the action, or comes with its form. If not, it has been asked for. */
async function isProved(work: Work): Promise<boolean> {
  const { route, identity, kit, req } = work;
  const stale = (identity?.actor.authenticatedAt ?? 0) < kit.limits.now() - FRESH_MS;
  if (!route.fresh || !stale) return true;
  if (work.door === 'api') throw new Forbidden('password-needed-again');
  const typed = (req.body as Record<string, unknown> | undefined)?.[PROOF_FIELD];
  try {
    if (typeof typed !== 'string' || !identity) throw new Forbidden('password-needed-again');
    await kit.identities.prove(identity.actor, typed);
    await sessionControls(req, now()).proved();
    return true;
  } catch (err) {
    if (!(err instanceof Forbidden || err instanceof Invalid || err instanceof TooMany)) throw err;
    await askForProof(work, err);
    return false;
  }
}

/**
 * A form that was filled in comes back with the password to add, so that nothing is written twice; else the password is asked for on
 * a page of its own, which leads back (S-22). Nothing of the action has happened yet.
 */
async function askForProof(work: Work, why: Forbidden | Invalid | TooMany): Promise<void> {
  const { route, req, res, kit, locale } = work;
  const from = URL.parse(req.get('referer') ?? '');
  const before = from?.origin === new URL(kit.publicUrl).origin ? `${from.pathname}${from.search}` : null;
  const page = req.method === 'GET' && route.page !== undefined;
  const back = safeReturnPath(page ? req.originalUrl : before, kit.publicUrl);
  const kept = keptForm(req);
  if (kept !== null) {
    const issues =
      why instanceof Forbidden ? [] : [{ path: PROOF_FIELD, code: why.issues[0]?.code ?? why.code }];
    const form = createForm({ i18n: kit.i18n, locale, messages: 'accounts.proof', issues });
    const label = kit.i18n.t(locale, 'accounts.proof.current.label');
    const field = form.input(PROOF_FIELD, 'password', {
      required: true,
      autocomplete: 'current-password',
      label,
    });
    const model = { kept, field, errors: form.errors, cancel: back ?? '/' };
    return sendResult(work, { kind: 'view', view: 'errors/proof', model, status: why.status });
  }
  if (back !== null) req.session.returnTo = back;
  await save(req);
  res.redirect(303, '/account/proof');
}

/** Hidden fields of our own forms; they are not the action's input. */
const FORM_GUARDS = ['_csrf', '_key', '_version', PROOF_FIELD];

function rawBody({ req, door }: Work): Record<string, unknown> {
  const body = (req.body ?? {}) as Record<string, unknown>;
  if (door === 'api') return body;
  return Object.fromEntries(Object.entries(body).filter(([key]) => !FORM_GUARDS.includes(key)));
}

function bodyOf(work: Work): unknown {
  if (!isUnsafe(work.route.method)) return {};
  const types = work.door === 'api' ? ['application/json'] : ['application/x-www-form-urlencoded'];
  if (work.route.uploadBytes) types.push('multipart/form-data');
  if (work.route.fromMail) types.push('application/x-www-form-urlencoded', 'multipart/form-data');
  // Nothing sent is nothing wrongly sent: many programs say `Content-Length: 0` and no type.
  const sent = work.req.get('content-length') !== '0';
  if (sent && work.req.is(types) === false) throw new UnsupportedType();
  return parseBody(
    work.route.input.body,
    work.door === 'api' ? work.req.body : rawBody(work),
    work.route.uploadBytes ? 'page' : work.door,
    work.route.method === 'patch',
  );
}

type Filling = { -readonly [Key in keyof RouteContext]: RouteContext[Key] };

/** The context before query and body are parsed: what went wrong there is told in it. */
function contextOf(work: Work): Filling {
  const { route, req, res, identity, tenant } = work;
  const instant = now();
  return {
    actor: actorOf(work),
    get account(): AccountActor {
      if (!identity) throw new NotSignedIn();
      return identity.actor;
    },
    params: parseParams(route.input.params, req.params),
    query: {},
    body: {},
    file: work.upload,
    tenant,
    locale: work.locale,
    zone: tenant?.zone ?? 'Asia/Shanghai',
    door: work.door,
    requestId: res.locals.requestId,
    ip: req.ip ?? 'unknown',
    publicUrl: work.kit.publicUrl,
    version: versionOf(work),
    session: sessionControls(req, instant),
    now: instant,
  };
}

/** The version the caller saw. @throws PreconditionRequired on edits that do not say */
function versionOf({ route, req, door }: Work): number | null {
  const raw =
    door === 'api' ? req.get('if-match') : (req.body as { _version?: unknown } | undefined)?._version;
  const match = typeof raw === 'string' ? /^(?:W\/)?"?v?(\d{1,9})"?$/.exec(raw) : null;
  if (match) return Number(match[1]);
  if (route.versioned) throw new PreconditionRequired();
  return null;
}

function idempotencyKeyOf({ route, req, door }: Work): string | null {
  if (!route.idempotent) return null;
  const raw =
    door === 'api' ? req.get('idempotency-key') : (req.body as { _key?: unknown } | undefined)?._key;
  if (raw === undefined || raw === '') return null;
  if (typeof raw !== 'string' || !/^[\x21-\x7e]{8,255}$/.test(raw))
    throw new Malformed('idempotency-key-invalid');
  return raw;
}

/** Runs the action: in one transaction when it changes something, once per idempotency key. */
async function execute(work: Work, context: RouteContext): Promise<unknown> {
  const { route } = work;
  const act = async (): Promise<unknown> => {
    const output = await route.run(context);
    return isBinary(output) ? output : route.output.parse(output);
  };
  if (!route.transaction) return act();
  const queue = (await route.queue?.(context.params as never)) ?? null;
  return inQueue(queue, () => commit(work, context, act));
}

const digestOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('base64url');

async function commit(work: Work, context: RouteContext, act: () => Promise<unknown>): Promise<unknown> {
  const { route } = work;
  const key = idempotencyKeyOf(work);
  if (key === null) return inTransaction(act);
  const call = {
    route: route.name,
    key,
    input: {
      params: context.params,
      body: context.body,
      file: work.upload ? digestOf(work.upload.bytes) : null,
    },
  };
  const { output, replayed } = await inTransaction(() => once(call, act));
  if (replayed) work.res.setHeader('Idempotent-Replayed', 'true');
  return output;
}

const isBinary = (output: unknown): output is BinaryResult =>
  typeof output === 'object' &&
  output !== null &&
  (output as { kind?: unknown }).kind === 'file' &&
  'bytes' in output;

async function answerApi({ route, req, res }: Work, output: unknown): Promise<void> {
  if (isBinary(output)) return sendFile(res, output);
  const version = (output as { version?: unknown } | null)?.version;
  if (typeof version === 'number') res.setHeader('ETag', `"v${version}"`);
  const status = route.status ?? (route.method === 'post' ? 201 : 200);
  if (status === 204) return void res.status(204).end();
  if (req.method === 'GET' && typeof version === 'number' && req.get('if-none-match') === `"v${version}"`)
    return void res.status(304).end();
  res.status(status).json(output ?? {});
}

async function answerPage(work: Work, output: unknown, context: RouteContext): Promise<void> {
  if (isBinary(output)) return sendFile(work.res, output);
  const { page } = work.route;
  if (!page) throw new Error(`Route ${work.route.name} has no page`);
  await sendResult(work, await page(output, context));
}

async function sendResult(work: Work, result: PageResult): Promise<void> {
  const { req, res, kit } = work;
  if (result.kind === 'file') return sendFile(res, result);
  if (result.kind === 'redirect') {
    if (result.flash && req.session) sessionControls(req, now()).flash(result.flash);
    if (req.session && result.flash) await save(req);
    // Return paths are built by us or checked by safeReturnPath; a foreign origin here would be a bug.
    if (!result.to.startsWith('/') || result.to.startsWith('//'))
      throw new Error(`Unsafe redirect from ${work.route.name}`);
    res.redirect(303, result.to);
    return;
  }
  const page = pageContext({
    req,
    res,
    identity: work.identity,
    // On another organisation's pages one's own navigation still leads home.
    own: res.locals.identity ?? work.identity,
    tenant: work.tenant,
    locale: work.locale,
    i18n: kit.i18n,
    navigation: kit.navigation,
    mailbox: kit.mailbox,
  });
  const fragment =
    req.get('hx-request') === 'true' &&
    req.get('hx-boosted') !== 'true' &&
    req.get('hx-history-restore-request') !== 'true';
  // htmx swaps parts out of whole pages (hx-select), so both kinds of request get the same answer, made once.
  if (fragment) res.setHeader('Vary', 'HX-Request');
  rememberLanguage(req, res, work.locale);
  rememberLetterSize(req, res);
  const html = kit.views.render(result.view, result.model, page);
  if (isShared(work, result.status)) res.locals.keepPage?.(work.route, html);
  // Express would look the type up, read it again for its charset and ask what a cache has: none of that is open here.
  const body = Buffer.from(html);
  res.statusCode = result.status ?? 200;
  res.setHeader('Content-Type', 'text/html; charset=utf-8');
  res.setHeader('Content-Length', body.length);
  res.end(body);
}

/** Whether the next visitor sees the same: nobody is known, and the page drew no form that begins a session. */
const isShared = ({ route, req, res }: Work, status: number | undefined): boolean =>
  route.shared === true &&
  (status ?? 200) === 200 &&
  !res.locals.identity &&
  req.session?.csrfToken === undefined &&
  !res.hasHeader('Set-Cookie');

/** `?lang=` is a choice that should last: kept in a cookie, not on the server, so that reading a page changes nothing there. */
function rememberLanguage(req: Request, res: Response, locale: Locale): void {
  if (req.query['lang'] !== locale) return;
  res.append('Set-Cookie', `__Host-lang=${locale}; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax`);
}

async function sendFile(res: Response, result: BinaryResult): Promise<void> {
  const disposition = result.inline ? 'inline' : 'attachment';
  res.setHeader('Content-Type', result.contentType);
  res.setHeader(
    'Content-Disposition',
    `${disposition}; filename*=UTF-8''${encodeURIComponent(result.fileName)}`,
  );
  res.setHeader('Content-Security-Policy', "default-src 'none'; sandbox");
  if (result.shared) {
    res.setHeader('Access-Control-Allow-Origin', '*');
    res.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
  }
  res.status(200);
  if (Buffer.isBuffer(result.bytes)) return void res.end(result.bytes);
  await sendParts(res, result.bytes);
}

/** Sends part by part as fast as the client takes it; its place among the requests is somebody else's from now on (F-27). */
async function sendParts(res: Response, parts: SentInParts): Promise<void> {
  res.setHeader('Content-Length', parts.length);
  res.locals.place?.leave();
  try {
    await pipeline(Readable.from(parts.read()), res);
  } catch (err) {
    // What was begun can only be broken off: the length tells the client that it is not whole.
    logger.warn({ err }, 'file not sent to its end');
    res.destroy();
  }
}

/** A refused form is shown again with what was typed and what was wrong; everything else goes to the error handler. */
async function answerFailure(work: Work, context: RouteContext, err: unknown): Promise<void> {
  if (work.door === 'api') throw err;
  // A form knows no If-Match: for people it is a conflict with somebody else's change (F-40).
  const error = err instanceof PreconditionFailed ? new Conflict(err.code, {}, [], err) : toAppError(err);
  const { invalid } = work.route;
  const showable = error instanceof Invalid || error instanceof Conflict;
  if (!invalid || !showable) throw error ?? err;
  const result = await invalid(
    {
      issues: error.issues,
      values: isUnsafe(work.route.method) ? rawBody(work) : { ...work.req.query },
      error,
    },
    context,
  );
  await sendResult(work, result.kind === 'view' ? { ...result, status: error.status } : result);
}
