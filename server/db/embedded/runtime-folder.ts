import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartProblem } from './problem.ts';

/** Socket addresses hold 108 bytes with their end mark on Linux, 104 elsewhere. */
const MAX_SOCKET_BYTES = 100;
const SOCKET_NAME = 'mongod.sock';

/**
 * The folder of the database's socket: short whatever the data folder is called, the same for the same data folder,
 * another one after the folder was moved. Only the owner may enter it.
 * @throws StartProblem when every candidate belongs to somebody else
 */
export function socketPath(dataDir: string, env: { XDG_RUNTIME_DIR?: string | undefined }): string {
  const uid = process.getuid?.() ?? 0;
  const key = createHash('sha256').update(realpathSync(dataDir)).digest('hex').slice(0, 12);
  const candidates = [
    ...(env.XDG_RUNTIME_DIR ? [join(env.XDG_RUNTIME_DIR, `linli-${key}`)] : []),
    join(tmpdir(), `linli-${uid}-${key}`),
    join('/tmp', `linli-${uid}-${key}`),
  ];
  const reasons: string[] = [];
  for (const folder of new Set(candidates)) {
    const path = join(folder, SOCKET_NAME);
    const reason =
      Buffer.byteLength(path) > MAX_SOCKET_BYTES ? 'its path is too long' : unusable(folder, uid);
    if (reason === null) return path;
    reasons.push(`  ${folder}: ${reason}`);
  }
  throw new StartProblem(
    `No folder for the database's socket can be used:\n${reasons.join('\n')}\nSet XDG_RUNTIME_DIR to a short folder that only you can enter.`,
  );
}

/** Makes the folder if needed and returns why it cannot be trusted, or null. */
function unusable(folder: string, uid: number): string | null {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (err) {
    const { code, message } = err as NodeJS.ErrnoException;
    if (code !== 'EEXIST') return message;
  }
  const stat = lstatSync(folder);
  if (!stat.isDirectory()) return 'it is not a folder';
  if (stat.uid !== uid) return `it belongs to another user (uid ${stat.uid})`;
  if ((stat.mode & 0o077) !== 0) chmodSync(folder, 0o700);
  return null;
}
