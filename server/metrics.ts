import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { acrossTenants } from './core/context.ts';
import { logger } from './core/logger.ts';
import { gauge, metricsText } from './core/metrics.ts';
import { ClaimModel } from './db/claims.ts';
import { OutboxModel } from './db/outbox.ts';

export interface RunningMetrics {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Serves this process's figures on loopback only: they are for the machine's own collector, not for the network.
 * @throws Error with code EADDRINUSE when the port is taken
 */
export async function serveMetrics(port: number): Promise<RunningMetrics> {
  gauge('linli_outbox_waiting', 'Messages that wait to be sent', () =>
    acrossTenants('metrics: how many messages wait', () =>
      OutboxModel.countDocuments({ state: 'waiting', dueAt: { $gt: new Date(0) } }),
    ),
  );
  gauge('linli_sweep_dead', 'Rows that sweeps gave up; see npm run jobs -- dead', () =>
    ClaimModel.countDocuments({ dead: true }),
  );
  const server = createServer((req, res) => {
    if (req.url !== '/metrics') return void res.writeHead(404).end();
    metricsText().then(
      ({ contentType, text }) => res.writeHead(200, { 'Content-Type': contentType }).end(text),
      (err: unknown) => {
        logger.warn({ err }, 'metrics could not be read');
        res.writeHead(503).end();
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${actual}/metrics`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
