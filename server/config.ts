import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';

/**
 * Everything that can be set from outside. This file is the only reader of the environment; `.env.example` is generated
 * from the schema's descriptions. Units stand in the names.
 */
const duration = z
  .string()
  .regex(
    /^-?P(?!$)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(?:\.\d+)?S)?)?$/,
    'an ISO 8601 duration such as P30D or PT2H',
  );

export const environmentSchema = z.object({
  NODE_ENV: z
    .enum(['development', 'test', 'production'])
    .default('development')
    .describe('production hides what only developers should see'),
  PORT: z.coerce.number().int().min(0).max(65535).default(3000).describe('TCP port of the web server'),
  HOST: z.string().min(1).default('127.0.0.1').describe('address the web server listens on'),
  PUBLIC_URL: z
    .url()
    .optional()
    .describe(
      'how people reach Linli; links in mail and certificates start with it. Default: http://127.0.0.1:PORT',
    ),
  LINLI_DATA: z.string().min(1).default('./data').describe('folder for the database, keys and logs'),
  MONGODB_URI: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\//, 'a mongodb:// address')
    .optional()
    .describe('an own replica set or sharded cluster; the embedded database is then not used'),
  MIGRATE_MONGODB_URI: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\//, 'a mongodb:// address')
    .optional()
    .describe('the same database as a user who may create indexes; default MONGODB_URI'),
  BACKUP_MONGODB_URI: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\//, 'a mongodb:// address')
    .optional()
    .describe('the same database as a user who may read everything, for npm run backup; default MONGODB_URI'),
  LINLI_MONGOD: z.string().optional().describe('path of a mongod to use for the embedded database'),
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\//, 'an smtp:// address')
    .optional()
    .describe('mail server; without it mail shows in the mailbox page'),
  SMS_GATEWAY_URL: z
    .string()
    .regex(/^https?:\/\//, 'an https:// address')
    .optional()
    .describe('takes text messages as POST of JSON; without it only a coordinator reaches mobile numbers'),
  SMS_GATEWAY_TOKEN: z.string().min(1).optional().describe('bearer token for that address'),
  MAIL_FROM: z.string().min(3).default('Linli <linli@localhost>').describe('sender of all mail'),
  TRUST_PROXY: z
    .string()
    .default('0')
    .describe('number of proxies in front, or their addresses separated by commas'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('least severe level that is logged'),
  LINLI_SEED: z.enum(['demo', 'none']).default('demo').describe('what the very first start loads'),
  LINLI_CLOCK_OFFSET: duration
    .optional()
    .describe('shifts every "now" of Linli, to try reminders and deadlines; refused in production'),
  METRICS_PORT: z.coerce.number().int().min(0).max(65535).optional().describe('port on loopback for metrics'),
  SESSION_IDLE_MINUTES: z.coerce
    .number()
    .int()
    .min(5)
    .default(12 * 60)
    .describe('a session ends after this many minutes without a request'),
  SESSION_MAX_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(90)
    .default(14)
    .describe('a session ends after this many days whatever happens'),
  MAX_REQUESTS: z.coerce
    .number()
    .int()
    .min(4)
    .max(1_000)
    .default(48)
    .describe('requests that one web process works on at once; more wait their turn'),
  MAX_WAITING: z.coerce
    .number()
    .int()
    .min(0)
    .max(10_000)
    .default(400)
    .describe('requests that may wait for their turn; whoever comes then is answered 503 at once'),
  SCAN_COMMAND: z
    .string()
    .min(1)
    .optional()
    .describe(
      'malware scanner for uploads: reads the file on standard input, ends with 0 for clean and 1 for harmful, such as "clamdscan -"',
    ),
  SEARCH_FROM_PEOPLE: z.coerce
    .number()
    .int()
    .min(1)
    .default(5_000)
    .describe(
      'organisations that may find so many people are searched in memory, smaller ones in the database',
    ),
  SEARCH_POLL_MILLISECONDS: z.coerce
    .number()
    .int()
    .min(50)
    .max(60_000)
    .default(2_000)
    .describe('how often the search looks for changes; its answers are at most so old'),
  SEARCH_MEGABYTES: z.coerce
    .number()
    .int()
    .min(10)
    .default(512)
    .describe(
      'memory for people to search among; whose organisation was not asked for the longest is dropped',
    ),
  SEARCH_STREAM: z
    .enum(['on', 'off'])
    .default('on')
    .describe('hear of changes at once through a change stream; without it the search only looks for them'),
  SECRET_KEY: z
    .string()
    .min(43)
    .optional()
    .describe(
      'master secret (32 bytes, base64url) when several machines serve one installation; default: kept in LINLI_DATA/keys',
    ),
});

export type Environment = z.infer<typeof environmentSchema>;

export interface Config {
  readonly environment: Environment['NODE_ENV'];
  readonly production: boolean;
  readonly port: number;
  readonly host: string;
  /** Without a trailing slash. */
  readonly publicUrl: string;
  /** Absolute path. */
  readonly dataDir: string;
  readonly mongodbUri: string | null;
  readonly migrateUri: string | null;
  readonly backupUri: string | null;
  readonly linliMongod: string | null;
  readonly smtpUrl: string | null;
  readonly sms: { readonly url: string | null; readonly token: string | null };
  readonly mailFrom: string;
  readonly trustProxy: number | string[];
  readonly logLevel: Environment['LOG_LEVEL'];
  readonly seed: Environment['LINLI_SEED'];
  /** Milliseconds added to the clock. */
  readonly clockOffsetMs: number;
  readonly metricsPort: number | null;
  readonly sessionIdleMs: number;
  readonly sessionMaxMs: number;
  /** Requests that a web process works on at once, and those that may wait for it (F-26). */
  readonly maxRequests: number;
  readonly maxWaiting: number;
  /** The search in memory: for how many people, how often it looks for changes, how much it may take. */
  readonly searchFromPeople: number;
  readonly searchPollMs: number;
  readonly searchMegabytes: number;
  readonly searchStream: boolean;
  readonly secretKey: string | null;
  /** Program and arguments that look at uploads; null for none. */
  readonly scanCommand: string | null;
  /** The development mailbox is served: no SMTP server and not production. */
  readonly mailbox: boolean;
}

/** Thrown with every problem of the environment at once, one a line. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** Reads `NAME_FILE` into `NAME`, for secrets that an orchestrator mounts as files. */
function withFiles(env: NodeJS.ProcessEnv, problems: string[]): NodeJS.ProcessEnv {
  const known = Object.keys(environmentSchema.shape);
  const merged: NodeJS.ProcessEnv = {};
  for (const name of known) {
    const file = env[`${name}_FILE`];
    // An empty variable means "not set": shells and compose files cannot say it otherwise.
    const value = env[name] === '' ? undefined : env[name];
    if (value !== undefined) merged[name] = value;
    if (file === undefined || file === '') continue;
    try {
      merged[name] = readFileSync(file, 'utf8').trim();
    } catch (err) {
      problems.push(`${name}_FILE: cannot be read (${(err as NodeJS.ErrnoException).code ?? 'error'})`);
    }
  }
  return merged;
}

/**
 * The frozen configuration.
 * @throws ConfigError listing all problems by variable name
 */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const problems: string[] = [];
  const parsed = environmentSchema.safeParse(withFiles(env, problems));
  if (!parsed.success) {
    for (const issue of parsed.error.issues) problems.push(`${issue.path.join('.')}: ${issue.message}`);
  }
  const value = parsed.data;
  if (value?.NODE_ENV === 'production') problems.push(...productionProblems(value));
  if (problems.length > 0 || !value)
    throw new ConfigError(
      `The configuration is not usable:\n${problems.map((line) => `  ${line}`).join('\n')}`,
    );
  return Object.freeze(shape(value));
}

function productionProblems(value: Environment): string[] {
  const problems: string[] = [];
  if (value.LINLI_CLOCK_OFFSET) problems.push('LINLI_CLOCK_OFFSET: refused when NODE_ENV=production');
  if (!value.PUBLIC_URL) problems.push('PUBLIC_URL: required when NODE_ENV=production');
  return problems;
}

function shape(value: Environment): Config {
  const production = value.NODE_ENV === 'production';
  return {
    environment: value.NODE_ENV,
    production,
    port: value.PORT,
    host: value.HOST,
    publicUrl: (value.PUBLIC_URL ?? `http://127.0.0.1:${value.PORT}`).replace(/\/+$/, ''),
    dataDir: resolve(value.LINLI_DATA),
    mongodbUri: value.MONGODB_URI ?? null,
    migrateUri: value.MIGRATE_MONGODB_URI ?? value.MONGODB_URI ?? null,
    backupUri: value.BACKUP_MONGODB_URI ?? null,
    linliMongod: value.LINLI_MONGOD ?? null,
    smtpUrl: value.SMTP_URL ?? null,
    sms: { url: value.SMS_GATEWAY_URL ?? null, token: value.SMS_GATEWAY_TOKEN ?? null },
    mailFrom: value.MAIL_FROM,
    trustProxy: /^\d+$/.test(value.TRUST_PROXY)
      ? Number(value.TRUST_PROXY)
      : value.TRUST_PROXY.split(',').map((part) => part.trim()),
    logLevel: value.LOG_LEVEL,
    seed: value.LINLI_SEED,
    clockOffsetMs: value.LINLI_CLOCK_OFFSET ? durationMs(value.LINLI_CLOCK_OFFSET) : 0,
    metricsPort: value.METRICS_PORT ?? null,
    sessionIdleMs: value.SESSION_IDLE_MINUTES * 60_000,
    sessionMaxMs: value.SESSION_MAX_DAYS * 86_400_000,
    maxRequests: value.MAX_REQUESTS,
    maxWaiting: value.MAX_WAITING,
    searchFromPeople: value.SEARCH_FROM_PEOPLE,
    searchPollMs: value.SEARCH_POLL_MILLISECONDS,
    searchMegabytes: value.SEARCH_MEGABYTES,
    searchStream: value.SEARCH_STREAM === 'on',
    secretKey: value.SECRET_KEY ?? null,
    scanCommand: value.SCAN_COMMAND ?? null,
    mailbox: !value.SMTP_URL && !production,
  };
}

const UNIT_MS = {
  Y: 365 * 86_400_000,
  M: 30 * 86_400_000,
  W: 7 * 86_400_000,
  D: 86_400_000,
  H: 3_600_000,
  m: 60_000,
  S: 1_000,
};

/** Milliseconds of an ISO 8601 duration; a year counts 365 days and a month 30, which is all a clock offset needs. */
export function durationMs(text: string): number {
  const [datePart = '', timePart = ''] = text.replace(/^-?P/, '').split('T');
  let total = 0;
  for (const [, amount, unit] of datePart.matchAll(/(\d+)([YMWD])/g))
    total += Number(amount) * UNIT_MS[unit as 'D'];
  for (const [, amount, unit] of timePart.matchAll(/([\d.]+)([HMS])/g)) {
    total += Number(amount) * UNIT_MS[(unit === 'M' ? 'm' : unit) as 'H'];
  }
  return text.startsWith('-') ? -total : total;
}
