import type { Db, MongoClient } from 'mongodb';
import type { Credentials } from './credentials.ts';

/** Which collections the application may change rows of; of the others it may only add and read. */
export interface AppScope {
  readonly changeable: readonly string[];
}

const APP_ROLE = 'linliApp';
const READ_AND_ADD = [
  'find',
  'insert',
  'listCollections',
  'listIndexes',
  'collStats',
  'dbStats',
  'changeStream',
];
const CHANGE = ['update', 'remove'];

interface Privilege {
  resource: { db: string; collection: string };
  actions: string[];
}

/**
 * What the application's own user may do: rows, never collections or indexes. With a scope, rows of the named
 * collections may be changed and removed and all others (ledger, audit trail) only added to; without one, all.
 */
function appPrivileges(db: string, scope: AppScope | null): Privilege[] {
  const everywhere = { db, collection: '' };
  if (scope === null) return [{ resource: everywhere, actions: [...READ_AND_ADD, ...CHANGE] }];
  return [
    { resource: everywhere, actions: READ_AND_ADD },
    ...[...new Set(scope.changeable)]
      .sort()
      .map((collection) => ({ resource: { db, collection }, actions: CHANGE })),
  ];
}

/** Sets the rights of the application's user on one database; repeating it changes nothing. */
export async function setAppRole(db: Db, scope: AppScope | null): Promise<void> {
  const wanted = appPrivileges(db.databaseName, scope);
  const info = await db.command({ rolesInfo: APP_ROLE, showPrivileges: true });
  const present = (info['roles'] as { privileges: Privilege[] }[])[0];
  if (!present) await db.command({ createRole: APP_ROLE, privileges: wanted, roles: [] });
  else if (canonical(present.privileges) !== canonical(wanted)) {
    await db.command({ updateRole: APP_ROLE, privileges: wanted });
  }
}

const canonical = (privileges: Privilege[]): string =>
  privileges
    .map(({ resource, actions }) => `${resource.collection}:${[...actions].sort().join(',')}`)
    .sort()
    .join(';');

/** Creates the users of a database that are missing. They live in that database, the backup's in `admin`. */
export async function ensureUsers(
  client: MongoClient,
  database: string,
  credentials: Credentials,
): Promise<void> {
  const db = client.db(database);
  const present = await db.command({ usersInfo: 1 });
  const names = (present['users'] as { user: string }[]).map(({ user }) => user);
  const roles = {
    migrate: ['readWrite', 'dbAdmin'],
    app: [APP_ROLE],
    backup: ['read', { role: 'backup', db: 'admin' }],
  };
  for (const [user, wanted] of Object.entries(roles)) {
    if (names.includes(user)) continue;
    if (user === 'app') await setAppRole(db, null);
    await db.command({ createUser: user, pwd: credentials[user as keyof Credentials], roles: wanted });
  }
}
