import { join } from 'node:path';
import type { RequestHandler } from 'express';
import { contextNow, setContextLogging } from './core/context.ts';
import type { InvariantCheck } from './core/invariant.ts';
import { loadOrCreateSecret } from './core/keys.ts';
import { version } from './core/logger.ts';
import { deriveSecret } from './core/secrets.ts';
import type { Config } from './config.ts';
import { database, mongoClient } from './db/connect.ts';
import { createI18n } from './i18n/index.ts';
import type { I18n } from './i18n/index.ts';
import { createAssets } from './http/assets.ts';
import type { Identities } from './http/authenticate.ts';
import { openApiRoute } from './http/openapi.routes.ts';
import type { Route } from './http/route.ts';
import { createThrottle } from './http/throttle.ts';
import type { Throttle } from './http/throttle.ts';
import { createViews } from './http/views.ts';
import type { Views } from './http/views.ts';
import { createTransport } from './mail/transport.ts';
import type { MessageDefinition } from './mail/message.ts';
import {
  accountMessages,
  accountRoutes,
  createAccountService,
  createPasswords,
} from './features/accounts/index.ts';
import { createMembershipService } from './features/memberships/index.ts';
import { createMessageService, mailboxRoutes } from './features/messages/index.ts';
import { createPeopleService } from './features/people/index.ts';
import { skillRoutes } from './features/skills/index.ts';
import { createTenantService } from './features/tenants/index.ts';
import { createUnitService } from './features/units/index.ts';
import { createIdentities } from './identities.ts';

const VIEWS_ROOT = join(import.meta.dirname, '..', 'views');

/**
 * The composition root: every service, built once, by hand, readable from top to bottom. Web, jobs, scripts and tests
 * all start here; nothing below reaches for a global.
 */
export function compose(config: Config, options: { publicUrl?: string } = {}) {
  setContextLogging();
  const publicUrl = options.publicUrl ?? config.publicUrl;
  const master = config.secretKey
    ? Buffer.from(config.secretKey, 'base64url')
    : loadOrCreateSecret(join(config.dataDir, 'keys'), 'master');
  const i18n = createI18n({ strict: !config.production });
  const assets = createAssets(join(VIEWS_ROOT, 'assets', 'generated'));
  const views = createViews({ root: VIEWS_ROOT, i18n, assets, strict: !config.production });
  const throttle = createThrottle(() => ({ client: mongoClient(), dbName: database().databaseName }));

  const units = createUnitService();
  const tenants = createTenantService({ units });
  const people = createPeopleService();
  const memberships = createMembershipService({ people, units, tenants });
  const passwords = createPasswords();
  const accounts = createAccountService({
    passwords,
    people,
    guesses: throttle,
    linkKey: deriveSecret(master, 'account-token'),
  });

  const transport = createTransport({
    smtpUrl: config.smtpUrl,
    from: config.mailFrom,
    domain: new URL(publicUrl).hostname,
  });
  const definitions: MessageDefinition[] = [...accountMessages({ accounts, people, publicUrl })];
  const messages = createMessageService({
    definitions,
    transport,
    render: (kind, model, context) => views.renderMail(kind, model, context),
  });

  // Each feature's own checks for `npm run verify`.
  const invariants: InvariantCheck[] = [];
  const services = { units, tenants, people, memberships, passwords, accounts, messages };
  const routes: Route[] = [
    openApiRoute(() => routes, { publicUrl, version }),
    ...skillRoutes(),
    ...accountRoutes({ accounts, memberships, tenants, i18n }),
    ...(config.mailbox ? mailboxRoutes(messages) : []),
  ];
  return {
    config,
    publicUrl,
    i18n,
    views,
    assets: assets.middleware,
    throttle,
    transport,
    services,
    invariants,
    routes,
    identities: createIdentities(tenants),
    sessionSecret: deriveSecret(master, 'session').toString('base64url'),
    limits: { maxMs: config.sessionMaxMs, now: () => contextNow().getTime() },
  } satisfies Composition;
}

export interface Composition {
  readonly config: Config;
  readonly publicUrl: string;
  readonly i18n: I18n;
  readonly views: Views;
  readonly assets: RequestHandler;
  readonly throttle: Throttle;
  readonly routes: Route[];
  readonly identities: Identities;
  readonly [more: string]: unknown;
}

export type Composed = ReturnType<typeof compose>;
export type Services = Composed['services'];
