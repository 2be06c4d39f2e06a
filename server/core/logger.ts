import { pino } from 'pino';
import type { Logger } from 'pino';
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';

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

/** Lines wait until there are so many bytes of them, or so long: a write for each was a twentieth of what a page costs. */
const GATHERED_BYTES = 4_096;
const GATHERED_MS = 200;
/** More than this is lost while nothing can be written, as on a full disk: what people do is worth more than its log. */
const MOST_BYTES = 4_000_000;
/** Warnings and worse are written at once. */
const WARN = 40;

type Destination = ReturnType<typeof pino.destination>;

function destinationOf(file: string | undefined): Destination {
  const to = file === undefined ? { dest: 2 } : { dest: file, mkdir: true };
  // A thread ends without a word: it writes each line itself.
  if (!isMainThread) return pino.destination(to);
  const destination = pino.destination({
    ...to,
    sync: true,
    minLength: GATHERED_BYTES,
    maxLength: MOST_BYTES,
  });
  // What could not be written is tried again with the next lines; without a listener the process would end for it.
  destination.on('error', () => undefined);
  // Its own way to write all at once tries for ever where the disk is full, so a process that logs its end would never
  // end. Each of these writes what it can; the second what came while the first was at it.
  destination.flushSync = () => {
    destination.flush();
    destination.flush();
  };
  setInterval(() => destination.flush(), GATHERED_MS).unref();
  process.on('exit', () => destination.flushSync());
  return destination;
}

function build(level: string, file: string | undefined): Logger {
  const destination = destinationOf(file);
  return pino(
    {
      level,
      base: { app: 'linli', pid: process.pid },
      timestamp: () => `,"time":"${new Date(Date.now()).toISOString()}"`,
      redact: { paths: REDACTED, censor: '[redacted]' },
      serializers: { err: serializeError },
      mixin: () => mixin(),
      hooks: {
        logMethod(args, method, weight) {
          method.apply(this, args);
          if (weight >= WARN) destination.flush();
        },
      },
    },
    destination,
  );
}

/** Built anew by `configureLogger`; import the binding, not a copy of it. */
export let logger: Logger = pino({ level: 'silent' });

/** Sets level and destination (a file, or standard error). Called once by each entry point. */
export function configureLogger(options: { level: string; file?: string }): Logger {
  logger = build(options.level, options.file);
  return logger;
}

/** Version of the application, for the log's first line and /readyz. */
export const version: string = (createRequire(import.meta.url)('../../package.json') as { version: string })
  .version;
