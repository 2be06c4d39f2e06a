import { createRequire } from 'node:module';
import type * as prom from 'prom-client';

const require = createRequire(import.meta.url);
// By the file: the library as a whole brings a tracer along, and watches over threads and memory that nobody may ever ask about.
const part = <Name extends 'Counter' | 'Gauge' | 'Histogram' | 'Registry' | 'collectDefaultMetrics'>(
  file: string,
): (typeof prom)[Name] => require(`prom-client/lib/${file}.js`) as (typeof prom)[Name];
const Registry = part<'Registry'>('registry');
const Counter = part<'Counter'>('counter');
const Gauge = part<'Gauge'>('gauge');
const Histogram = part<'Histogram'>('histogram');

/**
 * What one process counts about itself; names of routes and sweeps only, never ids, people or tenants (S-52). Served on
 * METRICS_PORT by server/metrics.ts.
 */
const registry = new Registry();
const requests = new Histogram({
  name: 'linli_http_request_seconds',
  help: 'Time from request to answer, by declared route',
  labelNames: ['route', 'door', 'status'] as const,
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  registers: [registry],
});
const sweeps = new Counter({
  name: 'linli_sweep_rows_total',
  help: 'Rows that background sweeps worked on, by outcome',
  labelNames: ['sweep', 'outcome'] as const,
  registers: [registry],
});

export function countRequest(labels: { route: string; door: string; status: number }, seconds: number): void {
  requests.observe({ ...labels, status: `${Math.floor(labels.status / 100)}xx` }, seconds);
}

const refused = new Counter({
  name: 'linli_http_refused_total',
  help: 'Requests that were sent away because more came than can be served',
  registers: [registry],
});

/** A request that found no place (F-26). */
export const countRefused = (): void => refused.inc();

export function countSweep(sweep: string, result: { done: number; failed: number; dead: number }): void {
  for (const outcome of ['done', 'failed', 'dead'] as const)
    if (result[outcome] > 0) sweeps.inc({ sweep, outcome }, result[outcome]);
}

/** A figure that is looked up when somebody reads the metrics. */
export function gauge(name: string, help: string, read: () => Promise<number>): void {
  if (registry.getSingleMetric(name)) return;
  new Gauge({
    name,
    help,
    registers: [registry],
    async collect() {
      this.set(await read());
    },
  });
}

let collecting = false;
/** Everything counted so far, in the text format of Prometheus. */
export async function metricsText(): Promise<{ contentType: string; text: string }> {
  if (!collecting) {
    collecting = true;
    part<'collectDefaultMetrics'>('defaultMetrics')({ register: registry });
  }
  return { contentType: registry.contentType, text: await registry.metrics() };
}
