import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { LANGUAGES, render, translator } from './naive.views.ts';
import type { Translate } from './naive.views.ts';

/** What every naive page has around it. Documents are of any shape: types would only be in the way of what is compared. */
export const PAGE = 25;
export type Any = any; // eslint-disable-line @typescript-eslint/no-explicit-any

export const wrap =
  (work: (req: Request, res: Response, next: NextFunction) => Promise<void>): RequestHandler =>
  (req, res, next) =>
    void work(req, res, next).catch(next);

const ALL = ['volunteer', 'coordinator', 'auditor'];
const [WORK, LOOK, BOTH] = [['coordinator'], ['auditor'], ['coordinator', 'auditor']];
/** Where to go, and for whom. */
const NAV = [
  { href: '/', key: 'nav.home', icon: 'home', roles: ALL, phone: true },
  { href: '/audit', key: 'audit.title', icon: 'list-check', roles: LOOK, phone: true, desk: true },
  { href: '/requests', key: 'nav.requests', icon: 'clipboard-list', roles: BOTH, phone: true, desk: true },
  { href: '/shifts', key: 'nav.shifts', icon: 'calendar-event', roles: WORK, phone: true, desk: true },
  { href: '/hours/queue', key: 'nav.confirmHours', icon: 'checks', roles: WORK, phone: true, desk: true },
  { href: '/hours/held', key: 'hours.held.title', icon: 'eye-exclamation', roles: LOOK, desk: true },
  { href: '/members', key: 'nav.memberships', icon: 'users', roles: BOTH, phone: true, desk: true },
  { href: '/reviews', key: 'reviews.title', icon: 'checks', roles: LOOK, desk: true },
  { href: '/talent-pools', key: 'talent-pools.title', icon: 'users-group', roles: LOOK, desk: true },
  {
    href: '/re-registration/overview',
    key: 're-registration.overview.title',
    icon: 'calendar-due',
    roles: LOOK,
    desk: true,
  },
  { href: '/curricula/overview', key: 'curricula.overview.title', icon: 'books', roles: LOOK, desk: true },
  { href: '/mine', key: 'nav.opportunities', icon: 'search', roles: ALL, phone: true },
  { href: '/check-in', key: 'nav.checkIn', icon: 'qrcode', roles: ALL, phone: true },
  { href: '/hours', key: 'nav.hours', icon: 'clock', roles: ALL, phone: true },
  { href: '/profile', key: 'nav.me', icon: 'user', roles: ALL, phone: true },
  { href: '/assignments', key: 'nav.myShifts', icon: 'calendar-event', roles: ALL },
  { href: '/offers', key: 'assignments.offers.title', icon: 'mail-opened', roles: ALL },
  { href: '/certificates', key: 'nav.certificates', icon: 'certificate', roles: ALL },
  { href: '/recognition', key: 'recognition.title', icon: 'star', roles: ALL },
  { href: '/credentials', key: 'nav.credentials', icon: 'id-badge-2', roles: ALL },
  { href: '/sessions', key: 'training.sessions.title', icon: 'calendar-event', roles: ALL },
  { href: '/training', key: 'training.own.title', icon: 'school', roles: ALL },
  { href: '/curricula/own', key: 'curricula.own.title', icon: 'books', roles: ALL },
  { href: '/qualifications', key: 'talent-pools.own.title', icon: 'rosette', roles: ALL },
  { href: '/re-registration', key: 're-registration.title', icon: 'refresh', roles: ALL },
  { href: '/credits', key: 'credits.title', icon: 'school', roles: ALL },
  { href: '/ledger/periods', key: 'hours.periods.title', icon: 'book', roles: LOOK, desk: true },
  { href: '/plans', key: 'plans.title', icon: 'route', roles: BOTH, desk: true },
  { href: '/imports', key: 'nav.imports', icon: 'file-import', roles: BOTH, desk: true },
  { href: '/exclusions', key: 'matching.exclusions.title', icon: 'user-off', roles: WORK, desk: true },
  { href: '/units', key: 'nav.units', icon: 'sitemap', roles: BOTH, desk: true },
];

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
  const nav = NAV.filter((entry) => entry.roles.some((role) => roles.includes(role))).map((entry) => ({
    ...entry,
    current: entry.href === req.path,
    tab: entry.phone === true && (tabs += 1) <= 5,
  }));
  res.send(
    render(view, 'app', {
      ...around,
      nav,
      topNav: nav.slice(0, 6),
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
