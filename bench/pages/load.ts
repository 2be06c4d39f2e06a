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

/** Seconds to wait for an answer on a machine that is busy with other things. */
const PATIENCE = 60;
/** Connections of the busy measurement. */
const CONNECTIONS = 10;
const TICKS_PER_SECOND = 100;

/** CPU seconds that a process has used so far (Linux). */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** So many requests, however long they take: a machine that is busy with other things measures longer, not less. */
async function burst(
  url: string,
  cookie: string,
  connections: number,
  amount: number,
): Promise<{ times: number[]; total: number; seconds: number }> {
  const times: number[] = [];
  const run = autocannon({ url, connections, amount, timeout: PATIENCE, headers: { cookie } });
  const refusals: Record<number, number> = {};
  run.on('response', (_client, status, _bytes, milliseconds) => {
    if (status === 200) times.push(milliseconds);
    else refusals[status] = (refusals[status] ?? 0) + 1;
  });
  const { requests, non2xx, errors, duration } = await run;
  // Now and then the product turns a request away on a machine that others keep busy; it says so, and that is no page.
  if (non2xx + errors > requests.total / 50)
    throw new Error(`${url}: ${JSON.stringify(refusals)} refused, ${errors} errors`);
  return { times, total: requests.total, seconds: duration };
}

/** Asks for a page so often, first to warm it up. @throws Error when any answer is not a page */
export async function measure(
  server: Server,
  path: string,
  cookie: string,
  amount: number,
): Promise<Measured> {
  const url = `${server.url}${path}`;
  const shown = await fetch(url, { headers: { cookie }, redirect: 'manual' });
  const bytes = (await shown.arrayBuffer()).byteLength;
  if (shown.status !== 200) throw new Error(`${url} answered ${shown.status}`);
  await burst(url, cookie, CONNECTIONS, amount / 2);
  const before = cpuSeconds(server.pid);
  const busy = await burst(url, cookie, CONNECTIONS, amount);
  const cpu = cpuSeconds(server.pid) - before;
  const alone = await burst(url, cookie, 1, amount / 4);
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
