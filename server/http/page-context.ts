import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import type { I18n } from '../i18n/index.ts';
import type { Locale } from '../core/locale.ts';
import type { Permission } from '../core/permissions.ts';
import { can, canEverywhere } from '../core/actor.ts';
import type { Identity } from './authenticate.ts';
import { csrfToken } from './csrf.ts';
import { letterSizeOf } from './reading.ts';
import type { TenantInfo } from './route.ts';
import type { NavGroup, NavItem, PageContext, PageUser } from './views.ts';

/** An entry of the main navigation, shown to whoever may use it. */
export interface NavEntry {
  readonly href: string;
  readonly key: string;
  readonly icon: string;
  readonly permission: Permission | 'public' | 'signed-in';
  /** Only for whom the permission holds in the whole organisation. */
  readonly whole?: boolean;
  /** What is recorded of members: nothing can be yet of whoever waits to be let in for the first time. */
  readonly recorded?: boolean;
  /** In the phone's tab bar (at most five are shown). */
  readonly phone: boolean;
  /** Which work for others it belongs to; none for what every member does for themselves. */
  readonly group?: NavGroup;
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
    guided: can(actor, 'home:see'),
    memberships: memberships.map((choice) => ({
      id: choice.id,
      tenantName: choice.tenant.name[locale],
      current: choice.id === actor.membership?.id,
    })),
  };
}

const PHONE_TABS = 5;

/** Lists by language, by which entries are seen, and by the one that the page is in. */
type Made = Map<string, readonly NavItem[]>;
const made = new WeakMap<readonly NavEntry[], Made>();
/** Few roles, few combinations of them, and two languages. */
const MOST_MADE = 2_000;

/** The entries that one may use. All who see the same are given the same list: what is drawn of it is drawn once (`kept`). */
function navigationFor({ req, identity, locale, i18n, navigation }: PageParts): readonly NavItem[] {
  let [shown, here] = ['', ''];
  const isNew = identity?.actor.membership?.recorded === false;
  for (const { permission, href, whole, recorded } of navigation) {
    const seen =
      permission === 'public' ||
      (identity !== null &&
        !(recorded && isNew) &&
        (permission === 'signed-in' || (whole ? canEverywhere : can)(identity.actor, permission)));
    shown += seen ? '1' : '0';
    if (seen && href.length > here.length && isInside(href, req.path)) here = href;
  }
  let all = made.get(navigation);
  if (!all || all.size >= MOST_MADE) made.set(navigation, (all = new Map()));
  const key = `${locale} ${shown} ${here}`;
  const known = all.get(key);
  if (known) return known;
  let tabs = 0;
  const visible = navigation.filter((_entry, at) => shown[at] === '1');
  const items = visible.map((entry) => ({
    href: entry.href,
    label: i18n.t(locale, entry.key),
    icon: entry.icon,
    current: entry.href === here,
    phone: entry.phone && (tabs += 1) <= PHONE_TABS,
    group: entry.group ?? 'own',
  }));
  all.set(key, items);
  return items;
}

/** Of those one is in, the longest is it: `/hours/queue` is not also `/hours`. */
const isInside = (href: string, path: string): boolean =>
  path === href || (href !== '/' && path.startsWith(href) && path[href.length] === '/');
