import { Agent, request } from 'node:http';
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';

/** What came back of many requests. */
export interface Load {
  /** Milliseconds of each answer below 400, in the order in which they came. */
  readonly accepted: number[];
  /** How often each status was answered; 0 for no answer at all. */
  readonly statuses: Record<number, number>;
  /** Answers of 503 that say when to come again. */
  saysWhen: number;
}

export interface Aim {
  readonly url: string;
  readonly headers?: Record<string, string>;
  readonly connections: number;
}

/** Asks over and over, on so many connections at once, for so long; nobody waits as politely as Retry-After says. */
export async function flood(aim: Aim, milliseconds: number): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: aim.connections });
  const load: Load = { accepted: [], statuses: {}, saysWhen: 0 };
  const until = performance.now() + milliseconds;
  const client = async (): Promise<void> => {
    while (performance.now() < until) await ask(aim, agent, load);
  };
  await Promise.all(Array.from({ length: aim.connections }, client));
  agent.destroy();
  return load;
}

function ask({ url, headers }: Aim, agent: Agent, load: Load): Promise<void> {
  const began = performance.now();
  return new Promise((resolve) => {
    const settle = (status: number): void => {
      load.statuses[status] = (load.statuses[status] ?? 0) + 1;
      if (status > 0 && status < 400) load.accepted.push(performance.now() - began);
      resolve();
    };
    request(url, { agent, headers }, (answer) => {
      if (answer.statusCode === 503 && Number(answer.headers['retry-after']) > 0) load.saysWhen += 1;
      answer.resume();
      answer.once('end', () => settle(answer.statusCode ?? 0));
      answer.once('error', () => settle(0));
    })
      .once('error', () => settle(0))
      .end();
  });
}

/** The value below which this share of the numbers lies. */
export function percentile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Opens a connection, sends the beginning of a request and nothing more for now. */
export function begin(url: string, text: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: hostname, port: Number(port) }, () => {
      socket.write(text);
      resolve(socket);
    });
    // Being cut off is what such a client must expect.
    socket.on('error', reject);
    socket.resume();
  });
}
