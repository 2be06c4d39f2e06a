import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PERMISSIONS, ROLE_PERMISSIONS, ROLES } from '../server/core/permissions.ts';
import { environmentSchema } from '../server/config.ts';
import { listRoutes } from './routes.ts';

/**
 * Documents that are made from the code, so that they cannot lie: docs/access.md from the permissions and the route
 * registry, .env.example from the configuration schema. `npm run docs` writes them, a test proves them current.
 */
const ROOT = join(import.meta.dirname, '..');

export function accessDocument(): string {
  const matrix = PERMISSIONS.map((permission) => {
    const cells = ROLES.map((role) =>
      (ROLE_PERMISSIONS[role] as readonly string[]).includes(permission) ? '●' : '',
    );
    return `| \`${permission}\` | ${cells.join(' | ')} |`;
  });
  const routes = listRoutes().map(
    ({ door, method, path, access, whole, tenant, csrf, rate }) =>
      `| ${door} | ${method} | \`${path}\` | ${access}${whole ? ' (whole)' : ''} | ${tenant} | ${csrf} | ${rate} |`,
  );
  return `# Who may do what

Made by \`npm run docs\` from server/core/permissions.ts and the declared routes; do not edit by hand.

A role is granted on a unit and holds for everything below that unit, inside one tenant only. Every approved member has
what the column *volunteer* says. Page and API are two doors to one declaration. \`tenant\`: *none* – no tenant;
*slug* – the public path names it; *member* – the session's or token's membership. *(whole)*: a role on a part of the
organisation is not enough, since what is changed holds for all of it.

## Permissions of the roles
| permission | ${ROLES.join(' | ')} |
|---|${ROLES.map(() => ':-:').join('|')}|
${matrix.join('\n')}

## Routes
| door | method | path | who | tenant | csrf | rate |
|---|---|---|---|---|---|---|
${routes.join('\n')}
`;
}

export function environmentExample(): string {
  const lines = Object.entries(environmentSchema.shape).map(([name, schema]) => {
    const { description } = schema;
    const standard = schema.safeParse(undefined);
    const value = standard.success && standard.data !== undefined ? String(standard.data) : '';
    return `# ${description ?? ''}\n# ${name}=${value}\n`;
  });
  return `# Every setting of Linli, with its default. Secrets may come as NAME or, from a file, as NAME_FILE.\n# Made by npm run docs from server/config.ts.\n\n${lines.join('\n')}`;
}

const DOCUMENTS: readonly (readonly [string, () => string])[] = [
  ['docs/access.md', accessDocument],
  ['.env.example', environmentExample],
];

/** Names of the documents that differ from what the code says. */
export function staleDocuments(): string[] {
  return DOCUMENTS.filter(([file, make]) => {
    try {
      return readFileSync(join(ROOT, file), 'utf8') !== make();
    } catch {
      return true;
    }
  }).map(([file]) => file);
}

function main(): void {
  for (const [file, make] of DOCUMENTS) {
    writeFileSync(join(ROOT, file), make());
    console.log(file);
  }
}

if (import.meta.main) main();
