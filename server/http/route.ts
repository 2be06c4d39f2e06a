import type { z } from 'zod';
import type { AccountActor, Actor } from '../core/actor.ts';
import type { AppError, FieldIssue } from '../core/errors.ts';
import type { Locale } from '../core/locale.ts';
import type { Permission } from '../core/permissions.ts';
import type { SessionControls } from './session.ts';

/**
 * One declaration per action feeds the page, the API operation, OpenAPI, `npm run routes`, docs/access.md and the
 * start-up check (S-1). Nothing else may register a handler.
 */
export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
export type Access = 'public' | 'signed-in' | Permission;
export type Door = 'page' | 'api';
/** Where the tenant of the work comes from (S-5): nowhere, the public path, or the session's or token's membership. */
export type TenantRule = 'none' | 'slug' | 'member';
export type RateClass = 'read' | 'write' | 'sign-in' | 'mail' | 'heavy' | 'bulk';

export interface TenantInfo {
  readonly id: string;
  readonly slug: string;
  readonly name: Readonly<Record<Locale, string>>;
  readonly zone: string;
  readonly locale: Locale;
  readonly colour: string | null;
  /** All that was read of it, for the tenants feature alone: it need not be read again by the same page. */
  readonly facts: unknown;
}

/** A file that came with a multipart form. */
export interface UploadedFile {
  readonly name: string;
  readonly bytes: Buffer;
}

export interface RouteContext<P = unknown, Q = unknown, B = unknown> {
  readonly actor: Actor;
  /** The signed-in account. @throws NotSignedIn on routes that the public may call. */
  readonly account: AccountActor;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly file: UploadedFile | null;
  readonly tenant: TenantInfo | null;
  readonly locale: Locale;
  readonly zone: string;
  readonly door: Door;
  readonly requestId: string;
  readonly ip: string;
  readonly publicUrl: string;
  /** The version the caller saw (`If-Match`, or `_version` of a form). */
  readonly version: number | null;
  readonly session: SessionControls;
  readonly now: Date;
}

export interface Flash {
  readonly kind: 'success' | 'info' | 'error';
  /** A message key and its parameters: the text is made in the reader's language. */
  readonly key: string;
  readonly params?: Readonly<Record<string, string | number>>;
}

export type PageResult =
  | {
      readonly kind: 'view';
      readonly view: string;
      readonly model: object;
      readonly status?: number;
    }
  | { readonly kind: 'redirect'; readonly to: string; readonly flash?: Flash }
  | BinaryResult;

/** A file that is never whole in memory: its length, and its parts as they are sent. */
export interface SentInParts {
  readonly length: number;
  read(): AsyncIterable<Buffer>;
}

export interface BinaryResult {
  readonly kind: 'file';
  readonly bytes: Buffer | SentInParts;
  readonly contentType: string;
  readonly fileName: string;
  readonly inline?: boolean;
  /** Public facts that any web page may read, e.g. a verifier in a browser (CORS); never anything of a person. */
  readonly shared?: boolean;
}

export const view = (name: string, model: object, options: { status?: number } = {}): PageResult => ({
  kind: 'view',
  view: name,
  model,
  ...options,
});
export const seeOther = (to: string, flash?: Flash): PageResult =>
  flash ? { kind: 'redirect', to, flash } : { kind: 'redirect', to };
/** A file that verifiers anywhere ask for: keys, issuers, status lists. */
export const sharedFile = (bytes: Buffer, contentType: string, fileName: string): BinaryResult => ({
  ...file(bytes, contentType, fileName, true),
  shared: true,
});
export const file = (
  bytes: Buffer | SentInParts,
  contentType: string,
  fileName: string,
  inline = false,
): BinaryResult => ({
  kind: 'file',
  bytes,
  contentType,
  fileName,
  inline,
});

/** What a form is shown again with after a refusal: the issues beside their fields, and what was typed. */
export interface FormFailure {
  readonly issues: readonly FieldIssue[];
  readonly values: Readonly<Record<string, unknown>>;
  readonly error: AppError;
}

type Infer<T> = T extends z.ZodType ? z.output<T> : Record<string, never>;
type Contextual<P, Q, B> = RouteContext<Infer<P>, Infer<Q>, Infer<B>>;

export interface RouteSpec<P, Q, B, O extends z.ZodType> {
  /** `feature/verb`, unique. */
  readonly name: string;
  readonly method: Method;
  /** The page's path; the API's is the same below `/api/v1` unless `apiPath` says otherwise. */
  readonly path: string;
  readonly apiPath?: string;
  readonly access: Access;
  /** The permission must hold in the whole tenant, not only in part of it: what is changed holds for everybody there. */
  readonly whole?: boolean;
  readonly tenant: TenantRule;
  readonly doors?: readonly Door[];
  /** With `tenant: 'slug'`: answered for organisations that have closed, too. What they issued is checked for ever. */
  readonly closedToo?: boolean;
  /** One sentence for OpenAPI. */
  readonly summary: string;
  readonly rate?: RateClass;
  /** `Idempotency-Key` is honoured (F-3). Default: every POST that is not a sign-in. */
  readonly idempotent?: boolean;
  /** Needs `If-Match` / `_version` (F-40). */
  readonly versioned?: boolean;
  /** Runs in one transaction. Default: every unsafe method. False needs a reason in a comment beside it. */
  readonly transaction?: boolean;
  /** Takes one multipart file of at most this many bytes in the field `file`. */
  readonly uploadBytes?: number;
  /** A mail program may press it for the reader (RFC 8058): the API door takes its form too, of which nothing is read. */
  readonly fromMail?: boolean;
  /** Needs a password proved within the last ten minutes (S-22). */
  readonly fresh?: boolean;
  /**
   * Requests that would fight over one row wait for each other in this process instead of retrying against each other.
   * Only a courtesy to the database, which decides all the same; names the row, null for none.
   */
  readonly queue?: (params: Infer<P>) => string | Promise<string | null>;
  /** Visitors without a session all see the same page, the nonce aside: it may be kept for a moment (shared-pages.ts). */
  readonly shared?: boolean;
  readonly input: { readonly params?: P; readonly query?: Q; readonly body?: B };
  readonly output: O;
  /** API status of success; default 200, 201 for POST. */
  readonly status?: number;
  readonly run: (context: Contextual<P, Q, B>) => Promise<z.input<O> | BinaryResult>;
  readonly page?: (output: z.output<O>, context: Contextual<P, Q, B>) => PageResult | Promise<PageResult>;
  /** Shows the form again with what was wrong; without it the error page is shown. Body and query may be unparsed. */
  readonly invalid?: (
    failure: FormFailure,
    context: RouteContext<Infer<P>, unknown, unknown>,
  ) => PageResult | Promise<PageResult>;
}

/** A declared route with its types erased, as the registry keeps it. */
export interface Route extends Omit<
  RouteSpec<z.ZodType, z.ZodType, z.ZodType, z.ZodType>,
  'run' | 'page' | 'invalid' | 'queue'
> {
  readonly feature: string;
  readonly doors: readonly Door[];
  readonly rate: RateClass;
  readonly idempotent: boolean;
  readonly transaction: boolean;
  readonly queue?: (params: never) => string | Promise<string | null>;
  readonly run: (context: RouteContext) => Promise<unknown>;
  readonly page?: (output: unknown, context: RouteContext) => PageResult | Promise<PageResult>;
  readonly invalid?: (failure: FormFailure, context: RouteContext) => PageResult | Promise<PageResult>;
}

export const isUnsafe = (method: Method): boolean => method !== 'get';

/** Declares a route. */
export function route<
  O extends z.ZodType,
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(spec: RouteSpec<P, Q, B, O>): Route {
  const unsafe = isUnsafe(spec.method);
  const [feature = ''] = spec.name.split('/');
  return {
    ...(spec as unknown as Route),
    feature,
    doors: spec.doors ?? ['page', 'api'],
    rate: spec.rate ?? (unsafe ? 'write' : 'read'),
    idempotent: spec.idempotent ?? (spec.method === 'post' && spec.rate !== 'sign-in'),
    transaction: spec.transaction ?? unsafe,
  };
}

export const apiPathOf = (declared: Route): string => `/api/v1${declared.apiPath ?? declared.path}`;
/** Browsers' forms know only GET and POST. */
export const pageMethodOf = (declared: Route): 'get' | 'post' => (isUnsafe(declared.method) ? 'post' : 'get');

/** What an outsider may know of a route (`npm run routes -- --json`). */
export interface PublishedRoute {
  readonly method: string;
  readonly path: string;
  readonly access: string;
  /** Asks for the permission in the whole tenant. */
  readonly whole: boolean;
  readonly csrf: 'token' | 'bearer' | 'none';
  readonly input: { params: string[]; query: string[]; body: string[] };
  readonly feature: string;
  readonly name: string;
  readonly tenant: TenantRule;
  readonly rate: RateClass;
  readonly door: Door;
}
