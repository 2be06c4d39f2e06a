/**
 * Every refusal Linli can give. The class decides the HTTP status, `code` (kebab-case) decides the message, which comes
 * from the locale files (`errors.<code>`), so errors carry no prose for users. Anything that is not an AppError is a bug.
 */
export interface FieldIssue {
  /** Dotted path of the input field, e.g. `skills.0.level`. */
  readonly path: string;
  /** Kebab-case code, worded in the locale files under `errors.<code>`. */
  readonly code: string;
  readonly params?: Readonly<Record<string, string | number>>;
}

export type ErrorDetails = Readonly<Record<string, unknown>>;

export abstract class AppError extends Error {
  abstract readonly status: number;
  readonly code: string;
  readonly details: ErrorDetails;
  readonly issues: readonly FieldIssue[];

  constructor(code: string, details: ErrorDetails = {}, issues: readonly FieldIssue[] = [], cause?: unknown) {
    super(code, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.details = details;
    this.issues = issues;
  }
}

/** 400: the request's shape is wrong (not a field rule): malformed JSON, operator objects, unknown keys. */
export class Malformed extends AppError {
  readonly status = 400;
}
/** 401: nobody is signed in, or the token is not valid. Pages redirect to the sign-in form instead. */
export class NotSignedIn extends AppError {
  readonly status = 401;
  constructor(code = 'not-signed-in') {
    super(code);
  }
}
/** 403: signed in, may see it, may not do it. */
export class Forbidden extends AppError {
  readonly status = 403;
}
/** 404: missing, foreign, invisible and malformed ids all look the same (S-2). */
export class NotFound extends AppError {
  readonly status = 404;
  constructor(code = 'not-found') {
    super(code);
  }
}
/** 405: the path exists, the method does not. */
export class MethodNotAllowed extends AppError {
  readonly status = 405;
  constructor() {
    super('method-not-allowed');
  }
}
/** 409: the request is fine, the state of things is not. */
export class Conflict extends AppError {
  readonly status = 409;
}
/** 413: larger than we read. */
export class TooLarge extends AppError {
  readonly status = 413;
  constructor(code = 'too-large') {
    super(code);
  }
}
/** 415: a content type that the route does not take. */
export class UnsupportedType extends AppError {
  readonly status = 415;
  constructor() {
    super('unsupported-type');
  }
}
/** 412: If-Match does not name the version that is stored. */
export class PreconditionFailed extends AppError {
  readonly status = 412;
  constructor() {
    super('version-changed');
  }
}
/** 422: field rules; forms are shown again with all issues beside their fields. */
export class Invalid extends AppError {
  readonly status = 422;
  constructor(issues: readonly FieldIssue[], code = 'invalid') {
    super(code, {}, issues);
  }
  /** One issue on one field. */
  static field(path: string, code: string, params?: Record<string, string | number>): Invalid {
    return new Invalid([params ? { path, code, params } : { path, code }]);
  }
}
/** 429: throttled; `retryAfterSeconds` goes into Retry-After. */
export class TooMany extends AppError {
  readonly status = 429;
  readonly retryAfterSeconds: number;
  constructor(retryAfterSeconds: number, code = 'too-many') {
    super(code, { retryAfterSeconds });
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
/** 503: the database or the process cannot serve now; worth trying again. */
export class Unavailable extends AppError {
  readonly status = 503;
  readonly retryAfterSeconds: number = 5;
  constructor(code = 'unavailable', cause?: unknown) {
    super(code, {}, [], cause);
  }
}
/** 428: an edit that does not say which version it changes. */
export class PreconditionRequired extends AppError {
  readonly status = 428;
  constructor() {
    super('version-required');
  }
}
