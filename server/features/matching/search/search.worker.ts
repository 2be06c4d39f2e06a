import { parentPort, workerData } from 'node:worker_threads';
import { setTimeout as delay } from 'node:timers/promises';
import { openForReading } from '../../../db/reading.ts';
import { collect } from './collect.ts';
import { TenantEpoch } from './search.epoch.ts';
import { search } from './query.ts';
import type { SearchAnswer, SearchQuery } from './query.ts';
import { wall } from './wall.ts';
import { PoolReader, touchedSince } from './search.reading.ts';
import type { SearchedTenant } from './search.reading.ts';

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
/** A tenant whose people somebody will soon ask for. */
export interface SearchWarning {
  readonly soon: SearchedTenant;
}
/** Null where the database cannot be read, or was not for longer than an answer may be old. */
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
  /** While people are still being read: how many were, and how many there are at most. Null where everybody was looked at. */
  readonly reading: { readonly read: number; readonly most: number } | null;
}

/** Entries of the audit trail are committed so much later than their ids say, at most. */
const COMMIT_MS = 60_000;
/** Everybody is read again after so long, whatever the trail says. */
const RENEW_MS = 3_600_000;
/** News that come within so long are looked for at once. */
const GATHERED_MS = 50;
/** What one batch asks side by side, and the stream that waits. */
const POOL = 4;

const { uri, pollMs, mostBytes, stream } = workerData as SearchThread;
const epochs = new Map<string, TenantEpoch>();
const readings = new Map<string, Reading>();
const connected = openForReading(uri, POOL);
let seen = new Map<string, number>();
let wake: (() => void) | null = null;

/** A tenant's people while they are read. */
interface Reading {
  /** Those who were read so far; null before the first part. */
  part: TenantEpoch | null;
  read: number;
  most: number;
  /** Resolves with the first part. */
  readonly begun: Promise<void>;
  readonly done: Promise<void>;
}

const hasSameCounties = (epoch: TenantEpoch | undefined, { serviceCounties }: SearchedTenant): boolean =>
  epoch?.tenant.serviceCounties.join() === serviceCounties.join();

function ensure(tenant: SearchedTenant): TenantEpoch | null {
  const { id, zone, serviceCounties } = tenant;
  const known = epochs.get(id);
  const same = hasSameCounties(known, tenant);
  const old = known !== undefined && wall() - readAt(known) > RENEW_MS;
  if ((!known || !same || old) && !readings.has(id)) startReading({ id, zone, serviceCounties });
  return known && same ? known : null;
}

const readTimes = new WeakMap<TenantEpoch, number>();
const readAt = (epoch: TenantEpoch): number => readTimes.get(epoch) ?? 0;

function startReading(tenant: SearchedTenant): void {
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const reading: Reading = {
    part: null,
    read: 0,
    most: 0,
    begun,
    done: read(tenant, (part, many) => {
      [reading.part, reading.read] = [part, many];
      begin();
    })
      .catch(() => undefined)
      .finally(() => {
        readings.delete(tenant.id);
        begin();
      }),
  };
  readings.set(tenant.id, reading);
  void connected
    .then((db) => new PoolReader(db, tenant).most(new Date(wall())))
    .then((most) => (reading.most = most))
    .catch(() => undefined);
}

async function read(
  tenant: SearchedTenant,
  onPart: (part: TenantEpoch, read: number) => void,
): Promise<void> {
  const db = await connected;
  const began = new Date(wall());
  const epoch = await TenantEpoch.read(new PoolReader(db, tenant), began, {
    onPart,
    onRest: collect,
  });
  // Whatever was committed while it was read; a look in between would note as seen what this epoch does not know yet.
  await inTurn(async () => {
    const caught = new Date(wall());
    const { personIds } = await touchedSince(db, new Date(began.getTime() - COMMIT_MS), new Set());
    await epoch.refresh(personIds, caught);
    epoch.asOf = caught;
    readTimes.set(epoch, began.getTime());
    epoch.usedAt = wall();
    epochs.set(tenant.id, epoch);
  });
  evict();
  setImmediate(collect);
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

let turn: Promise<void> = Promise.resolve();

/** One after the other: looks for changes, and what an epoch that was just read still has to hear of. */
function inTurn(work: () => Promise<void>): Promise<void> {
  const done = turn.then(work);
  turn = done.catch(() => undefined);
  return done;
}

let polling: Promise<void> | null = null;

/** Looks for changes, together with whoever does so already. */
const poll = (): Promise<void> => (polling ??= inTurn(look).finally(() => (polling = null)));

/** Looks for changes once: of all that was committed before it began, nothing is missed. */
async function look(): Promise<void> {
  const began = new Date(wall());
  const { entries, personIds } = await touchedSince(
    await connected,
    new Date(began.getTime() - COMMIT_MS),
    new Set(seen.keys()),
  );
  for (const epoch of [...epochs.values()]) {
    await epoch.refresh(personIds, began);
    if (epoch.asOf < began) epoch.asOf = began;
  }
  const known = [...seen, ...entries.map((id) => [id, began.getTime()] as const)];
  seen = new Map(known.filter(([, at]) => at > began.getTime() - 2 * COMMIT_MS));
}

const isOld = ({ asOf }: TenantEpoch): boolean => wall() - asOf.getTime() > pollMs;

async function keepUp(): Promise<void> {
  await connected;
  for (;;) {
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    await Promise.race([delay(pollMs / 2), woken]);
    // What is changed together is looked for together.
    await delay(Math.min(GATHERED_MS, pollMs / 10));
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

/** What is known of the tenant's people, no older than one interval; null where nothing is. */
async function knownOf(tenant: SearchedTenant): Promise<TenantEpoch | null> {
  let epoch = ensure(tenant);
  if (!epoch) {
    await readings.get(tenant.id)?.begun;
    const part = readings.get(tenant.id)?.part;
    if (part) return part;
    // A reading that failed leaves what was known of other counties.
    epoch = epochs.get(tenant.id) ?? null;
    if (!epoch || !hasSameCounties(epoch, tenant)) return null;
  }
  // Looking takes longer than usual, or a look failed: nobody is answered from what may have changed long ago.
  if (isOld(epoch)) await poll().catch(() => undefined);
  return isOld(epoch) ? null : epoch;
}

async function answer({ query }: SearchTask): Promise<SearchNews['answer']> {
  const epoch = await knownOf(query.tenant);
  if (!epoch) return null;
  epoch.usedAt = wall();
  const began = process.hrtime.bigint();
  const found = search(epoch.now, query);
  const reading = readings.get(query.tenant.id);
  return {
    ...found,
    version: epoch.version,
    asOf: epoch.asOf,
    bytes: epoch.bytes,
    micros: Number((process.hrtime.bigint() - began) / 1_000n),
    reading: reading?.part === epoch ? { read: reading.read, most: reading.most } : null,
  };
}

/** One tenant after the other: nobody waits for them yet. */
let warming: Promise<void> = Promise.resolve();

parentPort?.on('message', (task: SearchTask | SearchWarning) => {
  if ('soon' in task) {
    warming = warming.then(async () => {
      const bytes = [...epochs.values()].reduce((sum, one) => sum + one.bytes, 0);
      // Room is left for those who are asked for.
      if (bytes < mostBytes / 2 && !ensure(task.soon)) await readings.get(task.soon.id)?.done;
    });
    return;
  }
  void answer(task)
    .catch(() => null)
    .then((found) => parentPort?.postMessage({ ask: task.ask, answer: found } satisfies SearchNews));
});
void keepUp();
if (stream) void listen();
