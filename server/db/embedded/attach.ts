import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { ensureCredentials, socketUri } from './credentials.ts';
import { socketPath } from './runtime-folder.ts';

/** Addresses of an embedded server that runs already. */
export interface RunningAddresses {
  readonly app: string;
  readonly migrate: string;
  readonly backup: string;
}

/** In the data folder: where the server listens, whatever runtime folder another shell's settings would name. */
export const SOCKET_FILE = 'database.socket';

function recordedSocket(dataDir: string): string | null {
  try {
    return readFileSync(join(dataDir, SOCKET_FILE), 'utf8').trim();
  } catch {
    return null;
  }
}

/**
 * Addresses of the embedded server of a data folder that a running Linli holds, so that commands work beside it; null
 * when none answers. Starts nothing.
 */
export async function findRunning(dataDir: string, env: NodeJS.ProcessEnv): Promise<RunningAddresses | null> {
  const credentialsFile = join(dataDir, 'keys', 'database.json');
  if (!existsSync(credentialsFile)) return null;
  const socket = recordedSocket(dataDir) ?? socketPath(realpathSync(dataDir), env);
  if (!existsSync(socket)) return null;
  const credentials = ensureCredentials(credentialsFile);
  const uri = (user: keyof RunningAddresses): string =>
    socketUri(socket, { database: 'linli', user, password: credentials[user], authSource: 'linli' });
  const client = new MongoClient(uri('app'), { serverSelectionTimeoutMS: 1_500 });
  try {
    await client.connect();
    await client.db().command({ ping: 1 });
    return { app: uri('app'), migrate: uri('migrate'), backup: uri('backup') };
  } catch {
    // Nobody listens behind the socket file: a leftover of a server that was killed.
    return null;
  } finally {
    await client.close();
  }
}
