import { MongoClient, MongoServerError } from 'mongodb';
import { setTimeout as delay } from 'node:timers/promises';
import { StartProblem } from './problem.ts';
import { socketUri } from './credentials.ts';
import { REPLICA_SET } from './server.ts';

const PRIMARY_MS = 30_000;
const AUTHENTICATION_FAILED = 18;
const ALREADY_INITIALISED = 23;
const NOT_YET_INITIALISED = 94;
const CLIENT_OPTIONS = { serverSelectionTimeoutMS: 10_000, maxPoolSize: 2 } as const;

/**
 * A client of the operator on a one-member set that is ready to write: initiated and given its operator on the first
 * start (through the localhost exception, which that closes), reconfigured when the socket's path changed.
 */
export async function openSet(socket: string, password: string): Promise<MongoClient> {
  const uri = socketUri(socket, { database: 'admin', user: 'operator', password });
  const client = new MongoClient(uri, CLIENT_OPTIONS);
  try {
    await client.connect();
  } catch (err) {
    await client.close();
    if (!(err instanceof MongoServerError) || err.code !== AUTHENTICATION_FAILED) throw err;
    await initiate(socket, password);
    return openSet(socket, password);
  }
  try {
    await untilPrimary(client, () => followSocket(client, socket));
    return client;
  } catch (err) {
    await client.close();
    throw err;
  }
}

async function initiate(socket: string, password: string): Promise<void> {
  const client = new MongoClient(socketUri(socket, { database: 'admin' }), CLIENT_OPTIONS);
  try {
    const admin = client.db('admin');
    const config = { _id: REPLICA_SET, members: [{ _id: 0, host: socket }] };
    await admin.command({ replSetInitiate: config }).catch((err: unknown) => {
      if (!(err instanceof MongoServerError) || err.code !== ALREADY_INITIALISED) throw refused(err);
    });
    await untilPrimary(client);
    await admin
      .command({ createUser: 'operator', pwd: password, roles: ['root'] })
      .catch((err: unknown) => Promise.reject(refused(err)));
  } finally {
    await client.close();
  }
}

/** The server has its users already and knows other passwords than the folder does. */
function refused(err: unknown): unknown {
  if (err instanceof MongoServerError && /requires authentication|not authorized/i.test(err.message)) {
    return new StartProblem(
      'The database does not accept the passwords in the data folder (keys/database.json): put back the file that belongs to this database.',
    );
  }
  return err;
}

interface SetConfig {
  version: number;
  members: { host: string }[];
}

/**
 * The data folder was moved: the set's only member has a new address, which only a forced change can say. A server that
 * has just started takes a moment to read its configuration; until then there is nothing to change.
 */
async function followSocket(client: MongoClient, socket: string): Promise<void> {
  const admin = client.db('admin');
  const answer = await admin.command({ replSetGetConfig: 1 }).catch((err: unknown) => {
    if (err instanceof MongoServerError && err.code === NOT_YET_INITIALISED) return null;
    throw err;
  });
  if (answer === null) return;
  const config = answer['config'] as SetConfig;
  const [member] = config.members;
  if (!member || member.host === socket) return;
  const moved = { ...config, version: config.version + 1, members: [{ ...member, host: socket }] };
  await admin.command({ replSetReconfig: moved, force: true });
}

/** Waits until the only member takes writes; `meanwhile` is done again and again as long as it does not. */
async function untilPrimary(client: MongoClient, meanwhile?: () => Promise<void>): Promise<void> {
  const until = performance.now() + PRIMARY_MS;
  for (;;) {
    const hello = await client.db('admin').command({ hello: 1 });
    if (hello['isWritablePrimary'] === true) return;
    if (performance.now() > until)
      throw new StartProblem('The database did not become writable within 30 s.');
    await meanwhile?.();
    await delay(10);
  }
}
