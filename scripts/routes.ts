import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compose } from '../server/compose.ts';
import { loadConfig } from '../server/config.ts';
import { publishRoutes } from '../server/http/router.ts';
import type { PublishedRoute } from '../server/http/route.ts';

const HELP = `npm run routes -- [--json]

Lists every route of Linli on both doors: method, path, who may call it, how it is protected, what it takes.
--json prints an array for programs. Needs no database.`;

/** Every route as published; also the source of docs/access.md. */
export function listRoutes(): PublishedRoute[] {
  const folder = mkdtempSync(join(tmpdir(), 'linli-routes-'));
  try {
    const { routes } = compose(loadConfig({ ...process.env, LINLI_DATA: folder, NODE_ENV: 'development' }));
    return publishRoutes(routes);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function main(): void {
  if (process.argv.includes('--help')) {
    console.log(HELP);
    return;
  }
  const routes = listRoutes();
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify(routes, null, 2));
    return;
  }
  for (const { method, path, access, csrf, door } of routes) {
    console.log(`${door.padEnd(4)} ${method.padEnd(6)} ${path.padEnd(56)} ${access.padEnd(26)} ${csrf}`);
  }
  console.log(`${routes.length} routes`);
}

if (import.meta.main) main();
