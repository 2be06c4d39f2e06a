import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { buildApp } from './app.ts';
import type { WebApp } from './app.ts';
import type { Actor } from './core/actor.ts';
import { setClockOffset } from './core/clock.ts';
import { asTenant, runInContext } from './core/context.ts';
import { logger, version } from './core/logger.ts';
import { compose } from './compose.ts';
import type { Composed } from './compose.ts';
import type { Config } from './config.ts';
import { connect, database, disconnect, isReachable } from './db/connect.ts';
import { assertSameKeys } from './db/installation.ts';
import { pendingMigrations } from './db/migrate.ts';
import { within } from './db/patience.ts';
import { passportSetup } from './http/passport.ts';
import { healthHandlers } from './http/health.ts';
import { navigation } from './navigation.ts';

export interface RunningWeb {
  readonly url: string;
  /** Ordered: readiness red, no new connections, requests under way finish, then the database. */
  stop(): Promise<void>;
}

/** How long requests under way may take after a stop was asked for. */
const DRAIN_MS = 10_000;
/** Whoever asks for readiness wants to know soon. */
const ANSWER_MS = 1_000;

export interface WebOptions {
  readonly mongodbUri: string;
  /** Somebody else closes the connection to the database. */
  readonly keepConnection?: boolean;
  /** How long a process that stops goes on taking connections, so that a balancer sees it is not ready any more. */
  readonly lingerMs?: number;
}

/**
 * Starts the web process: configuration and database in, listening server out. The only side effects of the server.
 * @throws Error with code EADDRINUSE when the port is taken
 */
export async function startWeb(config: Config, options: WebOptions): Promise<RunningWeb> {
  setClockOffset(config.clockOffsetMs);
  await connect(options.mongodbUri);
  let web: WebApp | null = null;
  const readiness = {
    draining: false,
    async problems() {
      if (!(await isReachable())) return ['database'];
      const pending = await within(ANSWER_MS, pendingMigrations(database())).catch(() => null);
      if (pending === null) return ['database'];
      return pending.length > 0 ? ['migrations'] : [];
    },
  };
  const server = createServer(LIMITS, (req, res) => {
    // Whoever asks on this connection next must find another process.
    if (readiness.draining) res.setHeader('Connection', 'close');
    if (web) web.serve(req, res);
    else res.writeHead(503, { 'Retry-After': '1' }).end();
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = SILENT_MS;
  const port = await listen(server, config);
  const url = config.port === port ? config.publicUrl : config.publicUrl.replace(/:0$|:0\//, `:${port}`);
  const composed = compose(config, { publicUrl: url });
  await assertSameKeys(composed.keyPrints);
  passportSetup();
  web = buildApp({
    config,
    kit: { ...composed, navigation, mailbox: config.mailbox },
    routes: composed.routes,
    assets: composed.assets,
    plumbing: [...healthHandlers(readiness, version), { path: '/sw.js', handler: composed.serviceWorker }],
    sessionSecrets: [composed.sessionSecret],
  });
  logger.info({ url, version }, 'web is ready');
  prepareSearch(composed).catch((err: unknown) => logger.warn({ err }, 'search: nobody was read ahead'));
  return {
    url,
    async stop() {
      readiness.draining = true;
      logger.info('web: stopping');
      await delay(options.lingerMs ?? 0);
      await close(server);
      web?.stop();
      composed.channels.email.close();
      await composed.search.close();
      if (!options.keepConnection) await disconnect();
      logger.info('web: stopped');
    },
  };
}

/** Most organisations that are looked at for being large. */
const MOST_TENANTS = 500;

/** Large organisations are read into memory before anybody asks, so that the first answer knows everybody, too. */
async function prepareSearch({ services: { matching, tenants } }: Composed): Promise<void> {
  const actor: Actor = { kind: 'operator', command: 'start' };
  await runInContext({ requestId: 'start', actor, tenantId: null, crossTenant: null }, async () => {
    for (const { id } of await tenants.listOpen(MOST_TENANTS)) await asTenant(id, () => matching.prepare());
  });
}

/** Slow and idle clients cost little (F-27); looked after every few seconds, not every half minute as Node would. */
const LIMITS = {
  requestTimeout: 30_000,
  headersTimeout: 10_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 2_000,
} as const;
const MAX_CONNECTIONS = 2_000;
/** Whoever takes none of their answer for so long is cut off; no answer of ours takes half of it. */
const SILENT_MS = 60_000;

function listen(server: Server, config: Config): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.port, config.host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(timer);
}
