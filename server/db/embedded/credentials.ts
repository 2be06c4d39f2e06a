import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** The people a server knows: `operator` sets it up, the others do one job each. */
export type DatabaseUser = 'operator' | 'migrate' | 'app' | 'backup';

export type Credentials = Record<DatabaseUser, string>;

/** The passwords of a data folder, made on the first start; they move with the folder. */
export function ensureCredentials(file: string): Credentials {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Credentials;
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ENOENT') throw err;
  }
  const made = newCredentials();
  const draft = `${file}.new`;
  writeFileSync(draft, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
  return made;
}

export function newCredentials(): Credentials {
  const password = (): string => randomBytes(24).toString('base64url');
  return { operator: password(), migrate: password(), app: password(), backup: password() };
}

/** The address of a database on a socket for one user. */
export function socketUri(
  socket: string,
  options: { database: string; user?: string; password?: string; authSource?: string },
): string {
  const { user, password, database, authSource = 'admin' } = options;
  const login = user && password ? `${encodeURIComponent(user)}:${encodeURIComponent(password)}@` : '';
  const query = new URLSearchParams({ directConnection: 'true', ...(login ? { authSource } : {}) });
  return `mongodb://${login}${encodeURIComponent(socket)}/${database}?${query.toString()}`;
}
