import type { Db, MongoClient } from 'mongodb';
import type { Credentials } from './credentials.ts';

/** The collections whose rows the application may add and read, never change or remove: ledger, audit trail. */
export interface AppScope {
  readonly appendOnly: readonly string[];
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

/** Agenda makes the indexes of its (unused) job log at every start, whatever it is told; nowhere else may the app. */
const AGENDA_LOG = { collection: 'agenda_logs', actions: ['createIndex', 'createCollection'] };

interface Privilege {
  resource: { db: string; collection: string };
  actions: string[];
}

/**
 * What the application's own user may do: rows, never collections or indexes. With a scope, rows of the collections that
 * exist (migrations make them all) may be changed and removed, except those of the append-only ones.
 */
export async function appPrivileges(db: Db, scope: AppScope | null): Promise<Privilege[]> {
  const everywhere = { db: db.databaseName, collection: '' };
  const agendaLog = {
    resource: { ...everywhere, collection: AGENDA_LOG.collection },
    actions: AGENDA_LOG.actions,
  };
  if (scope === null) return [{ resource: everywhere, actions: [...READ_AND_ADD, ...CHANGE] }, agendaLog];
  const present = await db.listCollections({}, { nameOnly: true }).toArray();
  const changeable = present
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('system.') && name !== AGENDA_LOG.collection)
    .filter((name) => !scope.appendOnly.includes(name));
  return [
    { resource: everywhere, actions: READ_AND_ADD },
    agendaLog,
    ...changeable.map((collection) => ({ resource: { ...everywhere, collection }, actions: CHANGE })),
  ];
}

/**
 * The append-only collections whose rows the user of this connection may change or remove all the same; all of them when
 * the server asks nobody who they are.
 */
export async function changeableOf(db: Db, appendOnly: readonly string[]): Promise<string[]> {
  const { authInfo } = (await db.command({ connectionStatus: 1, showPrivileges: true })) as {
    authInfo: { authenticatedUsers: unknown[]; authenticatedUserPrivileges: Privilege[] };
  };
  if (authInfo.authenticatedUsers.length === 0) return [...appendOnly];
  const reaches = ({ resource }: Privilege, name: string): boolean =>
    (resource as { anyResource?: boolean }).anyResource === true ||
    ((resource.db === '' || resource.db === db.databaseName) &&
      (resource.collection === '' || resource.collection === name));
  return appendOnly.filter((name) =>
    authInfo.authenticatedUserPrivileges.some(
      (one) => reaches(one, name) && one.actions.some((action) => CHANGE.includes(action)),
    ),
  );
}

/** Sets the rights of the application's user on one database; repeating it changes nothing. */
export async function setAppRole(db: Db, scope: AppScope | null): Promise<void> {
  const wanted = await appPrivileges(db, scope);
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
