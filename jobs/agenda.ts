import { MongoBackend } from '@agendajs/mongo-backend';
import { Agenda } from 'agenda';
import { onWake } from '../server/core/wake.ts';
import { logger } from '../server/core/logger.ts';
import { database } from '../server/db/connect.ts';
import { apartFromRequest } from '../server/db/patience.ts';
import { runSweep } from './sweep.ts';
import type { Sweep } from './sweep.ts';

/** How often agenda looks for due alarms. A number: as text it knows no milliseconds. */
const PROCESS_EVERY_MS = 1_000;

/**
 * An alarm whose process was killed, or could not be put back, rings again after so long; the trail is sealed within a
 * minute whatever happens. A pass that takes longer says so every third of it.
 */
const ALARM_LOCK_MS = 20_000;

/** What agenda hands to who is woken. */
interface Alarm {
  touch(): Promise<unknown>;
}

/** Full batches worked through in a row before the sweep waits for its next alarm. */
const MOST_PASSES = 50;

export interface AlarmClock {
  /** Waits for running sweeps, at most so long, then stops for good. */
  stop(timeoutMs: number): Promise<void>;
}

/**
 * The only file that knows agenda. It wakes sweeps and nothing else; a sweep that is woken while it runs in this
 * process runs once more afterwards instead of twice at once.
 */
export async function startAlarmClock(sweeps: readonly Sweep[]): Promise<AlarmClock> {
  const abort = new AbortController();
  const runner = createRunner(sweeps, abort.signal);
  const backend = new MongoBackend({
    mongo: database() as never,
    collection: 'agenda_jobs',
    ensureIndex: false,
  } as never);
  releaseQuietly(backend.repository);
  const agenda = new Agenda({
    backend,
    processEvery: PROCESS_EVERY_MS,
    defaultConcurrency: 1,
    defaultLockLifetime: ALARM_LOCK_MS,
  } as never);
  agenda.on('error', (err: unknown) => logger.error({ err }, 'agenda'));
  agenda.on('fail', (err: unknown) => logger.error({ err }, 'agenda job failed'));
  for (const { name } of sweeps) {
    const ring = async (alarm: Alarm): Promise<void> => touching(alarm, runner.run(name));
    agenda.define(
      name,
      ring as never,
      { concurrency: 1, lockLimit: 1, lockLifetime: ALARM_LOCK_MS } as never,
    );
  }
  await agenda.start();
  for (const sweep of sweeps)
    await agenda.every(sweep.everyMs as never, sweep.name, {}, { skipImmediate: false } as never);
  // Agenda keeps to the alarms of before a restart, up to an hour away: what fell due while nothing ran is done now.
  void catchUp();
  async function catchUp(): Promise<void> {
    for (const { name } of sweeps) await runner.run(name);
  }
  const unwake = onWake((name) => {
    if (sweeps.some((sweep) => sweep.name === name)) void apartFromRequest(() => runner.run(name));
  });
  return {
    async stop(timeoutMs) {
      unwake();
      abort.abort();
      await agenda
        .drain({ timeout: timeoutMs } as never)
        .catch((err: unknown) => logger.warn({ err }, 'agenda drain'));
      await runner.idle(timeoutMs);
    },
  };
}

/**
 * Agenda gives alarms back without waiting for it: where the database is away just then, nobody would catch that, and the
 * process would end. An alarm that was not given back rings again when its lock is over.
 */
export function releaseQuietly(repository: { unlockJob: (job: never) => Promise<void> }): void {
  const unlock = repository.unlockJob.bind(repository);
  repository.unlockJob = async (job) => {
    try {
      await unlock(job);
    } catch (err) {
      logger.warn({ err }, 'alarm not given back');
    }
  };
}

/** Keeps the alarm to itself while the work lasts. */
async function touching(alarm: Alarm, work: Promise<void>): Promise<void> {
  const timer = setInterval(() => {
    alarm.touch().catch((err: unknown) => logger.warn({ err }, 'alarm not kept'));
  }, ALARM_LOCK_MS / 3);
  try {
    await work;
  } finally {
    clearInterval(timer);
  }
}

interface Runner {
  run(name: string): Promise<void>;
  idle(timeoutMs: number): Promise<void>;
}

function createRunner(sweeps: readonly Sweep[], signal: AbortSignal): Runner {
  const byName = new Map(sweeps.map((sweep) => [sweep.name, sweep]));
  const running = new Map<string, Promise<void>>();
  const again = new Set<string>();
  const pass = async (name: string): Promise<void> => {
    const sweep = byName.get(name) as Sweep;
    let passes = 0;
    do {
      again.delete(name);
      try {
        const { done } = await runSweep(sweep, { signal });
        // A full batch leaves more behind it, as when thousands of certificates end at one midnight.
        if (done >= sweep.batch && (passes += 1) < MOST_PASSES) again.add(name);
      } catch (err) {
        // The database may be away; the next alarm tries again.
        logger.warn({ err, sweep: name }, 'sweep pass failed');
      }
    } while (again.has(name) && !signal.aborted);
  };
  return {
    run(name) {
      if (signal.aborted) return Promise.resolve();
      const current = running.get(name);
      if (current) {
        again.add(name);
        return current;
      }
      const started = pass(name).finally(() => running.delete(name));
      running.set(name, started);
      return started;
    },
    async idle(timeoutMs) {
      const timeout = new Promise<void>((resolve) => setTimeout(resolve, timeoutMs).unref());
      await Promise.race([Promise.allSettled([...running.values()]), timeout]);
    },
  };
}
