import { pino } from 'pino';
import type { Logger } from 'pino';
import { createRequire } from 'node:module';

/**
 * JSON lines in UTC. Levels are promises: error = a person must act now, warn = look today, info = business facts.
 * Only ids are logged, never names, addresses or texts people typed (S-52); errors are passed as `{ err }`.
 */
type Mixin = () => Record<string, unknown>;
let mixin: Mixin = () => ({});

/** The context module hangs itself in here; a direct import would be a cycle. */
export function setLogMixin(next: Mixin): void {
  mixin = next;
}

const REDACTED = [
  'password',
  'token',
  'cookie',
  'authorization',
  'idNumber',
  '*.password',
  '*.token',
  '*.idNumber',
];

/** Error texts of the driver quote key values: keep the code and the stack's frames, drop the quoted values. */
function serializeError(err: unknown): Record<string, unknown> {
  if (!(err instanceof Error)) return { message: String(err) };
  const code = (err as { code?: unknown }).code;
  return {
    type: err.name,
    message: scrub(err.message),
    ...(code === undefined ? {} : { code }),
    stack: err.stack === undefined ? undefined : scrub(err.stack),
    ...(err.cause === undefined ? {} : { cause: serializeError(err.cause) }),
  };
}

/** Removes what looks like personal data or secrets: quoted duplicate keys, addresses, long digit runs. */
export function scrub(text: string): string {
  return text
    .replace(/dup key: \{[^}]*\}/g, 'dup key: {…}')
    .replace(/[^\s@"'<>]+@[^\s@"'<>]+/g, '…@…')
    .replace(/\d{11,}[Xx]?/g, '…');
}

/** Built anew by `configureLogger`; import the binding, not a copy of it. */
export let logger: Logger = build('silent', undefined);

function build(level: string, file: string | undefined): Logger {
  const options = {
    level,
    base: { app: 'linli', pid: process.pid },
    timestamp: () => `,"time":"${new Date(Date.now()).toISOString()}"`,
    redact: { paths: REDACTED, censor: '[redacted]' },
    serializers: { err: serializeError },
    mixin: () => mixin(),
  };
  if (file === undefined) return pino(options, pino.destination(2));
  return pino(options, pino.destination({ dest: file, mkdir: true, sync: false }));
}

/** Sets level and destination (a file, or standard error). Called once by each entry point. */
export function configureLogger(options: { level: string; file?: string }): Logger {
  logger = build(options.level, options.file);
  return logger;
}

/** Version of the application, for the log's first line and /readyz. */
export const version: string = (createRequire(import.meta.url)('../../package.json') as { version: string })
  .version;
