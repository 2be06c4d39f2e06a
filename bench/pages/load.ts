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

/** A page to be measured: of which server, at which address, for whom. */
export interface Asked {
  readonly server: Server;
  readonly path: string;
  readonly cookie: string;
}

/** Of one server, what all its turns took together. */
interface Sums {
  readonly bytes: number;
  readonly busy: number[];
  readonly alone: number[];
  cpu: number;
  seconds: number;
  total: number;
}

/** Turns of each server: few and long, or what a process does anyhow would be measured with them. */
const TURNS = 3;

/** A process that serves people has long compiled what it runs often: so many requests, or so long, go before what is measured. */
const WARM_REQUESTS = 2_000;
const WARM_MS = 10_000;

async function warm(url: string, cookie: string, amount: number): Promise<void> {
  const until = performance.now() + WARM_MS;
  for (let asked = 0; asked < WARM_REQUESTS && (asked < amount / 2 || performance.now() < until);) {
    const step = Math.max(1, Math.round(amount / 6));
    await burst(url, cookie, CONNECTIONS, step);
    asked += step;
  }
}

/**
 * Asks for each page so often, first to warm it up, in turns: a machine is not equally fast all the time, and whatever slows
 * one of them for a while slows the others as well. @throws Error when any answer is not a page
 */
export async function measureInTurns(pages: readonly Asked[], amount: number): Promise<Measured[]> {
  const sums: Sums[] = [];
  for (const { server, path, cookie } of pages) {
    const shown = await fetch(`${server.url}${path}`, { headers: { cookie }, redirect: 'manual' });
    const bytes = (await shown.arrayBuffer()).byteLength;
    if (shown.status !== 200) throw new Error(`${server.url}${path} answered ${shown.status}`);
    await warm(`${server.url}${path}`, cookie, amount);
    sums.push({ bytes, busy: [], alone: [], cpu: 0, seconds: 0, total: 0 });
  }
  for (let turn = 0; turn < TURNS; turn += 1)
    for (const [at, page] of pages.entries()) await takeTurn(page, sums[at] as Sums, amount / TURNS);
  return sums.map((sum) => ({
    perSecond: sum.total / sum.seconds,
    p50: percentile(sum.busy, 0.5),
    p95: percentile(sum.busy, 0.95),
    alone50: percentile(sum.alone, 0.5),
    alone95: percentile(sum.alone, 0.95),
    cpuMs: (sum.cpu * 1_000) / sum.total,
    bytes: sum.bytes,
  }));
}

async function takeTurn({ server, path, cookie }: Asked, sum: Sums, amount: number): Promise<void> {
  const url = `${server.url}${path}`;
  const before = cpuSeconds(server.pid);
  const busy = await burst(url, cookie, CONNECTIONS, amount);
  sum.cpu += cpuSeconds(server.pid) - before;
  sum.seconds += busy.seconds;
  sum.total += busy.total;
  sum.busy.push(...busy.times);
  sum.alone.push(...(await burst(url, cookie, 1, amount / 4)).times);
}
