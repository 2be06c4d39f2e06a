import { readFileSync } from 'node:fs';
import autocannon from 'autocannon';
import { percentile } from '../../test/support/load.ts';

/** What one page cost. Times in milliseconds. */
export interface Measured {
  readonly perSecond: number;
  readonly p50: number;
  readonly p95: number;
  /** Of one request at a time: the server's own time, without a queue before it. */
  readonly alone50: number;
  readonly alone95: number;
  /** CPU time of the server process for one answer, system time included. */
  readonly cpuMs: number;
  readonly bytes: number;
}

export interface Server {
  readonly url: string;
  readonly pid: number;
}

const CONNECTIONS = 10;
const TICKS_PER_SECOND = 100;

/** CPU seconds that a process has used so far (Linux). */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function burst(
  url: string,
  cookie: string,
  connections: number,
  seconds: number,
): Promise<{ times: number[]; total: number; seconds: number }> {
  const times: number[] = [];
  const run = autocannon({ url, connections, duration: seconds, headers: { cookie } });
  run.on('response', (_client, _status, _bytes, milliseconds) => times.push(milliseconds));
  const { requests, non2xx, errors, duration } = await run;
  if (non2xx + errors > 0) throw new Error(`${url}: ${non2xx} refusals, ${errors} errors`);
  return { times, total: requests.total, seconds: duration };
}

/** Asks for a page for so long, first to warm it up. @throws Error when any answer is not a page */
export async function measure(
  server: Server,
  path: string,
  cookie: string,
  seconds: number,
): Promise<Measured> {
  const url = `${server.url}${path}`;
  const shown = await fetch(url, { headers: { cookie }, redirect: 'manual' });
  const bytes = (await shown.arrayBuffer()).byteLength;
  if (shown.status !== 200) throw new Error(`${url} answered ${shown.status}`);
  await burst(url, cookie, CONNECTIONS, 1);
  const before = cpuSeconds(server.pid);
  const busy = await burst(url, cookie, CONNECTIONS, seconds);
  const cpu = cpuSeconds(server.pid) - before;
  const alone = await burst(url, cookie, 1, Math.max(1, seconds / 2));
  return {
    perSecond: busy.total / busy.seconds,
    p50: percentile(busy.times, 0.5),
    p95: percentile(busy.times, 0.95),
    alone50: percentile(alone.times, 0.5),
    alone95: percentile(alone.times, 0.95),
    cpuMs: (cpu * 1_000) / busy.total,
    bytes,
  };
}
