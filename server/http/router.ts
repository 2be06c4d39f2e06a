import { Router } from 'express';
import { PERMISSIONS } from '../core/permissions.ts';
import { MethodNotAllowed, NotFound } from '../core/errors.ts';
import { identify } from './authenticate.ts';
import { handlerFor } from './handler.ts';
import type { HandlerKit } from './handler.ts';
import { apiPathOf, isUnsafe, pageMethodOf } from './route.ts';
import type { Door, PublishedRoute, Route } from './route.ts';
import { fieldNames } from './openapi.ts';

/** The start-up check (S-1): what is not declared properly stops the process, not a visitor. */
export function checkRoutes(routes: readonly Route[]): void {
  const problems: string[] = [];
  const seen = new Set<string>();
  const names = new Set<string>();
  for (const route of routes) {
    const fault = (text: string): number => problems.push(`${route.name}: ${text}`);
    if (names.has(route.name)) fault('declared twice');
    names.add(route.name);
    if (!/^[a-z-]+\/[a-z-]+$/.test(route.name)) fault('name is not feature/verb');
    if (route.access !== 'public' && route.access !== 'signed-in' && !PERMISSIONS.includes(route.access))
      fault(`unknown permission ${route.access}`);
    if (route.access !== 'public' && route.access !== 'signed-in' && route.tenant !== 'member')
      fault('a permission needs tenant: member');
    if (route.whole && route.tenant !== 'member') fault('whole is for permissions');
    if (route.tenant === 'slug' && !route.path.startsWith('/t/:tenantSlug'))
      fault('tenant: slug needs /t/:tenantSlug');
    if (route.shared && (route.access !== 'public' || isUnsafe(route.method) || route.tenant !== 'slug'))
      fault('shared is for public pages of a place');
    if (route.doors.includes('page') && !route.page && !route.doors.includes('api'))
      fault('page door without a page');
    if (route.doors.includes('page') && !route.page) fault('page door without a page');
    for (const [door, method, path] of doorsOf(route)) {
      const key = `${method} ${path}`;
      if (seen.has(key)) fault(`${door} ${key} is taken`);
      seen.add(key);
    }
  }
  if (problems.length > 0) throw new Error(`Routes are not declared properly:\n${problems.join('\n')}`);
}

function doorsOf(route: Route): [Door, string, string][] {
  return route.doors.map((door) =>
    door === 'page' ? ['page', pageMethodOf(route), route.path] : ['api', route.method, apiPathOf(route)],
  );
}

/** Static paths before parameters, so that `/requests/new` is never read as an id. */
const specificity = (path: string): string =>
  path
    .split('/')
    .map((part) => (part.startsWith(':') ? '1' : part.startsWith('*') ? '2' : '0'))
    .join('');

/** What a path of our routes begins with: the door, and the first part that tells routes apart. */
function beginningOf(path: string): string {
  const [, first = '', second = '', third = ''] = path.split('/');
  if (first === 'api') return `api ${second} ${third}`;
  return first === 't' ? `t ${third}` : first;
}

/** Mounts every declared route on both doors, and answers 405 for a known path with another method. */
export function buildRouter(routes: readonly Route[], kit: HandlerKit): Router {
  checkRoutes(routes);
  const router = Router({ caseSensitive: true, strict: false });
  const methods = new Map<string, Set<string>>();
  const mounted = routes
    .flatMap((route) => doorsOf(route).map(([door, method, path]) => ({ route, door, method, path })))
    .sort((a, b) => specificity(a.path).localeCompare(specificity(b.path)));
  // Hundreds of patterns, of which a request could match a handful: they are looked for where the path begins.
  const parts = new Map<string, Router>();
  const partOf = (path: string): Router => {
    const beginning = beginningOf(path);
    if (/[:*]/.test(beginning)) throw new Error(`${path} begins with a parameter`);
    const part = parts.get(beginning) ?? Router({ caseSensitive: true, strict: false });
    parts.set(beginning, part);
    return part;
  };
  for (const { route, door, method, path } of mounted) {
    partOf(path)[method as 'get'](path, handlerFor(route, door, kit));
    methods.set(path, (methods.get(path) ?? new Set()).add(method.toUpperCase()));
  }
  for (const [path, allowed] of methods) {
    partOf(path).all(path, (req, res, next) => {
      if (allowed.has(req.method) || (req.method === 'HEAD' && allowed.has('GET'))) return next();
      // Another declared path of the same shape may take the method (`/requests/new` and `/requests/:id`).
      const elsewhere = mounted.some(
        (other) => other.method.toUpperCase() === req.method && matches(other.path, req.path),
      );
      if (elsewhere) return next();
      res.setHeader('Allow', [...allowed].sort().join(', '));
      throw new MethodNotAllowed();
    });
  }
  router.use((req, res, next) => {
    const part = parts.get(beginningOf(req.path));
    if (part) part(req, res, next);
    else next();
  });
  router.use(async (req, res) => {
    // Who mistypes an address keeps their navigation.
    if (!req.path.startsWith('/api'))
      res.locals.identity = await identify(req, 'page', kit.identities, kit.limits);
    throw new NotFound();
  });
  return router;
}

function matches(pattern: string, path: string): boolean {
  const own = pattern.split('/');
  const theirs = path.split('/');
  return (
    own.length === theirs.length && own.every((part, index) => part.startsWith(':') || part === theirs[index])
  );
}

/** The route list for outsiders, one entry a door. */
export function publishRoutes(routes: readonly Route[]): PublishedRoute[] {
  return routes
    .flatMap((route) =>
      doorsOf(route).map(([door, method, path]): PublishedRoute => ({
        method: method.toUpperCase(),
        path,
        access: route.access,
        whole: route.whole ?? false,
        csrf: !isUnsafe(route.method)
          ? 'none'
          : door === 'page'
            ? 'token'
            : route.access === 'public'
              ? 'none'
              : 'bearer',
        input: {
          params: fieldNames(route.input.params),
          query: fieldNames(route.input.query),
          body: fieldNames(route.input.body),
        },
        feature: route.feature,
        name: route.name,
        tenant: route.tenant,
        rate: route.rate,
        door,
      })),
    )
    .sort((a, b) => a.path.localeCompare(b.path) || a.method.localeCompare(b.method));
}
