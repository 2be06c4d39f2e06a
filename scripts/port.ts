import { createServer } from 'node:net';
import type { Config } from '../server/config.ts';
import { StartProblem } from '../server/db/embedded/index.ts';

type Address = Pick<Config, 'host' | 'port'>;

/**
 * Tries the port before anything slow is begun: a taken one is the most common obstacle.
 * @throws StartProblem with the way out
 */
export async function assertPortFree({ host, port }: Address): Promise<void> {
  if (port === 0) return;
  await new Promise<void>((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (err) => reject(portProblem(err, { host, port }) as Error));
    probe.listen(port, host, () => probe.close(() => resolve()));
  });
}

/** A failure to listen, told as a way out; any other error as it is. */
export function portProblem(err: unknown, { host, port }: Address): unknown {
  const notHere = `${host} is not an address of this machine.\nCorrect HOST, or leave it out for 127.0.0.1.`;
  const reasons: Record<string, string> = {
    EADDRINUSE: `Port ${port} on ${host} is taken by another program.\nStop that one, or choose another port: PORT=${port + 1} npm start`,
    EACCES: `Port ${port} may not be opened by this user.\nChoose one above 1023: PORT=3000 npm start`,
    EADDRNOTAVAIL: notHere,
    ENOTFOUND: notHere,
  };
  const { code, syscall } = err as NodeJS.ErrnoException;
  const reason = syscall === 'listen' || syscall === 'getaddrinfo' ? reasons[code ?? ''] : undefined;
  return reason ? new StartProblem(reason, { cause: err }) : err;
}
