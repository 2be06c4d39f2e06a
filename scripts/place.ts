import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { acrossTenants } from '../server/core/context.ts';
import { now } from '../server/core/clock.ts';
import { database } from '../server/db/connect.ts';
import { seedDemo } from '../server/features/demo/index.ts';
import type { DemoCounts, ServedShift } from '../server/features/demo/index.ts';
import type { Session } from './connect.ts';

const DEMO_SEED = 330_122;
const DEMO_PEOPLE = 3_000;

export interface PlaceOptions {
  readonly seed?: number;
  readonly people?: number;
  readonly requests?: number;
  readonly report?: (line: string) => void;
}

/**
 * Fills an empty database with a generated place and keeps the sign-ins of its cast in `first-sign-in.json` (mode 0600).
 * @throws Error when there is a tenant already: a seed never mixes with real data
 */
export async function seedPlace(
  { config, services }: Pick<Session, 'config' | 'services'>,
  options: PlaceOptions = {},
): Promise<DemoCounts> {
  if ((await database().collection('tenants').countDocuments({}, { limit: 1 })) > 0) {
    throw new Error(
      'This database is not empty. Seeds go into an empty one: choose another LINLI_DATA or MONGODB_URI.',
    );
  }
  const { counts, signIns } = await acrossTenants('seed: an empty database', () =>
    seedDemo(
      { ...services, recordHours: (served) => recordHours(services, served) },
      {
        seed: options.seed ?? DEMO_SEED,
        people: options.people ?? DEMO_PEOPLE,
        today: now(),
        ...(options.requests === undefined ? {} : { requests: options.requests }),
        ...(options.report ? { report: options.report } : {}),
      },
    ),
  );
  const file = join(config.dataDir, 'first-sign-in.json');
  writeFileSync(file, `${JSON.stringify(signIns, null, 2)}\n`, { mode: 0o600 });
  return counts;
}
