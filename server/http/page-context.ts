import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import type { I18n } from '../i18n/index.ts';
import type { Locale } from '../core/locale.ts';
import type { Permission } from '../core/permissions.ts';
import { can } from '../core/actor.ts';
import type { Identity } from './authenticate.ts';
import { csrfToken } from './csrf.ts';
import { letterSizeOf } from './reading.ts';
import type { TenantInfo } from './route.ts';
import type { NavItem, PageContext, PageUser } from './views.ts';

/** An entry of the main navigation, shown to whoever may use it. */
export interface NavEntry {
  readonly href: string;
  readonly key: string;
  readonly icon: string;
  readonly permission: Permission | 'public' | 'signed-in';
  /** In the phone's tab bar (at most five are shown). */
  readonly phone: boolean;
}

export interface PageParts {
  readonly req: Request;
  readonly res: Response;
  readonly identity: Identity | null;
  /** The same with the rights of the own organisation, whichever page this is. */
  readonly own?: Identity | null;
  readonly tenant: TenantInfo | null;
  readonly locale: Locale;
  readonly i18n: I18n;
  readonly navigation: readonly NavEntry[];
  readonly mailbox: boolean;
}

const DEFAULT_ZONE = 'Asia/Shanghai';

/** Everything a page shows around its own content. The CSRF token is a getter: it makes a session only where a form is drawn. */
export function pageContext(parts: PageParts): PageContext {
  const { req, res, identity, tenant, locale, i18n } = parts;
  const flashes = req.session?.flash ?? [];
  if (flashes.length > 0) delete (req.session as { flash?: unknown }).flash;
  return {
    locale,
    zone: tenant?.zone ?? DEFAULT_ZONE,
    nonce: res.locals.nonce,
    get csrfToken() {
      return req.session ? csrfToken(req) : null;
    },
    idempotencyKey: randomUUID(),
    path: req.path,
    fullUrl: addressOf(req),
    title: null,
    user: identity ? pageUser(identity, locale) : null,
    tenant: tenant ? { slug: tenant.slug, name: tenant.name[locale], colour: tenant.colour } : null,
    nav: navigationFor({ ...parts, identity: parts.own ?? identity }),
    flash: flashes.map((flash) => ({
      kind: flash.kind,
      text: i18n.t(locale, flash.key, { ...flash.params }),
    })),
    letters: letterSizeOf(req),
    mailboxEnabled: parts.mailbox,
  };
}

/** Where this page can be asked for again: a form shown again at the address it was sent to is often no page to open. */
function addressOf(req: Request): string {
  if (req.method === 'GET' || req.method === 'HEAD') return req.originalUrl;
  const from = URL.parse(req.get('referer') ?? '');
  return from && from.host === req.get('host') ? `${from.pathname}${from.search}` : '/';
}

function pageUser(identity: Identity, locale: Locale): PageUser {
  const { actor, memberships, tenant } = identity;
  return {
    name: actor.name,
    initials: [...actor.name].slice(-2).join('').toUpperCase(),
    tenantName: tenant?.name[locale] ?? '',
    tenantSlug: tenant?.slug ?? '',
    roles: actor.membership?.roles ?? [],
    memberships: memberships.map((choice) => ({
      id: choice.id,
      tenantName: choice.tenant.name[locale],
      current: choice.id === actor.membership?.id,
    })),
  };
}

const PHONE_TABS = 5;

function navigationFor({ req, identity, locale, i18n, navigation }: PageParts): NavItem[] {
  const visible = navigation.filter(({ permission }) => {
    if (permission === 'public') return true;
    if (!identity) return false;
    return permission === 'signed-in' || can(identity.actor, permission);
  });
  let tabs = 0;
  const here = currentOf(
    visible.map((entry) => entry.href),
    req.path,
  );
  return visible.map((entry) => ({
    href: entry.href,
    label: i18n.t(locale, entry.key),
    icon: entry.icon,
    current: entry.href === here,
    phone: entry.phone && (tabs += 1) <= PHONE_TABS,
    desk: isDesk(entry),
  }));
}

/** Work for others, unlike what every member does for themselves. */
const isDesk = ({ permission }: NavEntry): boolean =>
  !/^(public|signed-in|opportunities:see|.*-own)$/.test(permission);

/** The entry one is in: the longest whose path begins the page's, so that `/hours/queue` is not also `/hours`. */
function currentOf(hrefs: readonly string[], path: string): string | null {
  const inside = hrefs.filter((href) => path === href || (href !== '/' && path.startsWith(`${href}/`)));
  return inside.reduce<string | null>(
    (best, href) => (best === null || href.length > best.length ? href : best),
    null,
  );
}
