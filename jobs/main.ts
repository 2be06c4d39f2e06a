import { setClockOffset } from '../server/core/clock.ts';
import { logger } from '../server/core/logger.ts';
import { compose } from '../server/compose.ts';
import type { Config } from '../server/config.ts';
import { connect, disconnect } from '../server/db/connect.ts';
import { assertSameKeys } from '../server/db/installation.ts';
import { startAlarmClock } from './agenda.ts';
import { allSweeps } from './registry.ts';

export interface RunningJobs {
  /** Waits for sweeps under way, then leaves; leases of what was cut off run out by themselves. */
  stop(): Promise<void>;
}

const DRAIN_MS = 8_000;

/** Starts the worker process, or the worker part of the default start. */
export async function startJobs(
  config: Config,
  options: { mongodbUri: string; keepConnection?: boolean },
): Promise<RunningJobs> {
  setClockOffset(config.clockOffsetMs);
  await connect(options.mongodbUri);
  const { services, channels, keyPrints } = compose(config);
  await assertSameKeys(keyPrints);
  const clock = await startAlarmClock(allSweeps(services));
  logger.info('jobs are running');
  return {
    async stop() {
      logger.info('jobs: stopping');
      await clock.stop(DRAIN_MS);
      channels.email.close();
      channels.sms?.close();
      if (!options.keepConnection) await disconnect();
      logger.info('jobs: stopped');
    },
  };
}
