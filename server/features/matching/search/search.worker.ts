import { parentPort, workerData } from 'node:worker_threads';
import { setTimeout as delay } from 'node:timers/promises';
import { openForReading } from '../../../db/reading.ts';
import { TenantEpoch } from './search.epoch.ts';
import { search } from './query.ts';
import type { SearchAnswer, SearchQuery } from './query.ts';
import { wall } from './wall.ts';
import { PoolReader, touchedSince } from './search.reading.ts';

/** What the thread is started with. */
export interface SearchThread {
  readonly uri: string;
  readonly pollMs: number;
  /** Columns beyond this are dropped, those not asked for the longest first. */
  readonly mostBytes: number;
  /** False: changes are only looked for, never waited for. */
  readonly stream: boolean;
}
export interface SearchTask {
  readonly ask: number;
  readonly query: SearchQuery;
}
/** Null while the tenant's people are not in memory. */
export interface SearchNews {
  readonly ask: number;
  readonly answer: (SearchAnswer & SearchState) | null;
}
export interface SearchState {
  readonly version: number;
  /** Everything that was committed by then is in the answer. */
  readonly asOf: Date;
  readonly micros: number;
  readonly bytes: number;
}

/** Entries of the audit trail are committed so much later than their ids say, at most. */
const COMMIT_MS = 60_000;
/** Everybody is read again after so long, whatever the trail says. */
const RENEW_MS = 3_600_000;
/** What one batch asks side by side, and the stream that waits. */
const POOL = 4;

const { uri, pollMs, mostBytes, stream } = workerData as SearchThread;
const epochs = new Map<string, TenantEpoch>();
const reading = new Map<string, Promise<void>>();
const connected = openForReading(uri, POOL);
let seen = new Map<string, number>();
let wake: (() => void) | null = null;

function ensure(query: SearchQuery): TenantEpoch | null {
  const { tenant } = query;
  const key = tenant.id;
  const known = epochs.get(key);
  const same = known?.tenant.serviceCounties.join() === tenant.serviceCounties.join();
  const old = known !== undefined && wall() - readAt(known) > RENEW_MS;
  if ((!known || !same || old) && !reading.has(key))
    reading.set(
      key,
      read({ id: key, zone: tenant.zone, serviceCounties: tenant.serviceCounties })
        .catch(() => undefined)
        .finally(() => reading.delete(key)),
    );
  return known && same ? known : null;
}

const readTimes = new WeakMap<TenantEpoch, number>();
const readAt = (epoch: TenantEpoch): number => readTimes.get(epoch) ?? 0;

async function read(tenant: SearchQuery['tenant']): Promise<void> {
  const db = await connected;
  const began = new Date(wall());
  const epoch = await TenantEpoch.read(new PoolReader(db, tenant), began);
  // Whatever was committed while it was read.
  const { personIds } = await touchedSince(db, new Date(began.getTime() - COMMIT_MS), new Set());
  await epoch.refresh(personIds, new Date(wall()));
  readTimes.set(epoch, began.getTime());
  epoch.usedAt = wall();
  epochs.set(tenant.id, epoch);
  evict();
}

function evict(): void {
  const byUse = [...epochs].sort(([, a], [, b]) => a.usedAt - b.usedAt);
  let bytes = byUse.reduce((sum, [, epoch]) => sum + epoch.bytes, 0);
  for (const [key, epoch] of byUse.slice(0, -1)) {
    if (bytes <= mostBytes) return;
    epochs.delete(key);
    bytes -= epoch.bytes;
  }
}

/** Looks for changes once: of all that was committed before it began, nothing is missed. */
async function poll(): Promise<void> {
  const began = new Date(wall());
  const { entries, personIds } = await touchedSince(
    await connected,
    new Date(began.getTime() - COMMIT_MS),
    new Set(seen.keys()),
  );
  for (const epoch of epochs.values()) {
    await epoch.refresh(personIds, began);
    epoch.asOf = began;
  }
  const known = [...seen, ...entries.map((id) => [id, began.getTime()] as const)];
  seen = new Map(known.filter(([, at]) => at > began.getTime() - 2 * COMMIT_MS));
}

async function keepUp(): Promise<void> {
  await connected;
  for (;;) {
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    await Promise.race([delay(pollMs), woken]);
    // A database that is away makes answers old, and old answers are refused where they are asked for.
    if (epochs.size > 0) await poll().catch(() => undefined);
  }
}

/** A change stream only shortens the wait; without one the poll alone is enough. */
async function listen(): Promise<void> {
  const db = await connected;
  for (;;) {
    try {
      const changes = db
        .collection('auditentries')
        .watch([{ $match: { operationType: 'insert' } }, { $project: { _id: 1 } }]);
      for await (const _change of changes) wake?.();
    } catch {
      await delay(10 * pollMs);
    }
  }
}

parentPort?.on('message', ({ ask, query }: SearchTask) => {
  const began = process.hrtime.bigint();
  const epoch = ensure(query);
  if (!epoch) {
    parentPort?.postMessage({ ask, answer: null } satisfies SearchNews);
    return;
  }
  epoch.usedAt = wall();
  const answer = search(epoch.now, query);
  parentPort?.postMessage({
    ask,
    answer: {
      ...answer,
      version: epoch.version,
      asOf: epoch.asOf,
      bytes: epoch.bytes,
      micros: Number((process.hrtime.bigint() - began) / 1_000n),
    },
  } satisfies SearchNews);
});
void keepUp();
if (stream) void listen();
