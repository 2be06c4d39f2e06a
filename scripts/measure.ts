import type { Config } from '../server/config.ts';
import { StartProblem } from '../server/db/embedded/index.ts';
import type { Running } from './running.ts';
import { say } from './terminal.ts';

/**
 * Serves the figures of this process where METRICS_PORT is set; each process of a machine needs another.
 * @throws StartProblem when the port cannot be had
 */
export async function measure({ metricsPort }: Config, running: Running): Promise<void> {
  if (metricsPort === null) return;
  const { serveMetrics } = await import('../server/metrics.ts');
  try {
    const metrics = await serveMetrics(metricsPort);
    running.add({ name: 'Metrics', stop: () => metrics.stop() });
    say(`Metrics at ${metrics.url}`);
  } catch (err) {
    throw new StartProblem(
      `METRICS_PORT ${metricsPort} on 127.0.0.1 cannot be used (${(err as NodeJS.ErrnoException).code}).\nChoose another, or leave it out.`,
      { cause: err },
    );
  }
}
