import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { ROLE_PERMISSIONS } from '../../server/core/permissions.ts';
import type { Role } from '../../server/core/permissions.ts';
import { NAV_GROUPS } from '../../server/http/views.ts';
import { navigation } from '../../server/navigation.ts';
import { LANGUAGES, render, translator } from './naive.views.ts';
import type { Translate } from './naive.views.ts';

/** What every naive page has around it. Documents are of any shape: types would only be in the way of what is compared. */
export const PAGE = 25;
export type Any = any; // eslint-disable-line @typescript-eslint/no-explicit-any

export const wrap =
  (work: (req: Request, res: Response, next: NextFunction) => Promise<void>): RequestHandler =>
  (req, res, next) =>
    void work(req, res, next).catch(next);

/** Who sees which way is the product's own list: a new page of it is a new entry of both. Only some are called otherwise here. */
const OWN: Record<string, string> = { '/memberships': '/members', '/opportunities': '/mine' };
const mayOf = (role: string): readonly string[] => ROLE_PERMISSIONS[role as Role] ?? [];
const NAV = navigation.map(({ href, key, icon, permission, phone, group }) => ({
  href: OWN[href] ?? href,
  key,
  icon,
  permission: permission as string,
  phone,
  group: group ?? 'own',
}));
type Entry = (typeof NAV)[number];

/** The works of a menu, where it has many entries. */
function sectionsOf(nav: readonly Entry[]): object[] {
  if (nav.length <= 6) return [{ items: nav }];
  const works = NAV_GROUPS.map((key) => ({
    key,
    title: `nav.group.${key}`,
    items: nav.filter(({ group }) => group === key),
  }));
  return works.filter(({ items }) => items.length > 0);
}

export const languageOf = (req: Request): string => {
  const asked = req.query['lang'];
  if (typeof asked === 'string' && LANGUAGES.includes(asked)) return asked;
  return req.acceptsLanguages(LANGUAGES) || 'zh-CN';
};

/** Words, language and number of the page asked for. */
export function asked(req: Request): { lng: string; t: Translate; page: number; skip: number } {
  const lng = languageOf(req);
  const page = Math.max(1, Number(req.query['page'] ?? 1));
  return { lng, t: translator(lng), page, skip: (page - 1) * PAGE };
}

/** Where the next page is, by its number. */
export function paged(req: Request, page: number, shown: number, total: number): object {
  const query = new URLSearchParams({ ...(req.query as Record<string, string>), page: String(page + 1) });
  return {
    count: shown,
    back: page > 1,
    first: req.path,
    next: page * PAGE < total ? `${req.path}?${query.toString()}` : null,
  };
}

export const rolesOf = (res: Response): string[] => [
  'volunteer',
  ...(res.locals['me'] as Any).memberships[0].grants.map((grant: Any) => grant.role),
];

export function show(req: Request, res: Response, view: string, model: Record<string, unknown>): void {
  const lng = languageOf(req);
  const { tenant } = req.app.locals as Any;
  const { me } = res.locals as Any;
  const around = {
    ...model,
    lng,
    otherLng: lng === 'en' ? 'zh-CN' : 'en',
    path: req.path,
    tenant,
    tenantName: tenant.name[lng],
  };
  if (!me) {
    res.send(render(view, 'public', around));
    return;
  }
  const roles = rolesOf(res);
  let tabs = 0;
  const may = new Set(['signed-in', ...roles.flatMap(mayOf)]);
  const nav = NAV.filter((entry) => may.has(entry.permission)).map((entry) => ({
    ...entry,
    current: entry.href === req.path,
    tab: entry.phone && (tabs += 1) <= 5,
  }));
  res.send(
    render(view, 'app', {
      ...around,
      nav,
      topNav: nav.slice(0, 6),
      menu: sectionsOf(nav),
      work: sectionsOf(nav.filter(({ group }) => group !== 'own')),
      csrf: (req.session as Any).csrf,
      key: randomUUID(),
      me: {
        name: me.person.name,
        initials: me.person.name.slice(-2),
        roles,
        several: me.memberships.length > 1,
        memberships: me.memberships.map((one: Any) => ({
          id: one.id,
          name: one.tenantId.name[lng],
          current: String(one.tenantId._id) === String(tenant._id),
        })),
      },
    }),
  );
}

/** "11 more", "covered", "full". */
export function badgeOf(seats: { missing: number; taken: number; maximum: number }, t: Translate): object {
  if (seats.taken >= seats.maximum) return { tone: 'grey', icon: 'users', text: t('shifts.coverage.full') };
  if (seats.missing > 0)
    return {
      tone: 'amber',
      icon: 'user-plus',
      text: t('shifts.coverage.needs', { count: seats.missing }),
    };
  return { tone: 'green', icon: 'circle-check', text: t('shifts.coverage.covered') };
}

export const sumOf = (rows: readonly Any[], of: (row: Any) => number): number =>
  rows.reduce((sum: number, row) => sum + of(row), 0);

export function seatsOf(positions: Any[]): { missing: number; taken: number; maximum: number } {
  return {
    missing: sumOf(positions, (one) => Math.max(0, one.required - one.taken)),
    taken: sumOf(positions, (one) => one.taken),
    maximum: sumOf(positions, (one) => one.maximum),
  };
}

export const choices = (
  t: Translate,
  values: readonly (readonly [value: string, label: string])[],
  chosen: unknown,
): object[] => [
  { value: '', label: t('common.word.all'), chosen: !chosen },
  ...values.map(([value, label]) => ({ value, label, chosen: value === chosen })),
];
