import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { acrossTenants, asTenant, runInContext } from '../server/core/context.ts';
import { now } from '../server/core/clock.ts';
import { compose } from '../server/compose.ts';
import type { Config } from '../server/config.ts';
import { connect, database } from '../server/db/connect.ts';
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
export async function seedPlace(session: Session, options: PlaceOptions = {}): Promise<DemoCounts> {
  const { config, services } = session;
  if ((await database().collection('tenants').countDocuments({}, { limit: 1 })) > 0) {
    throw new Error(
      'This database is not empty. Seeds go into an empty one: choose another LINLI_DATA or MONGODB_URI.',
    );
  }
  const { counts, signIns } = await acrossTenants('seed: an empty database', () =>
    seedDemo(
      { ...services, recordHours: (served) => recordHours(session, served) },
      {
        seed: options.seed ?? DEMO_SEED,
        people: options.people ?? DEMO_PEOPLE,
        today: now(),
        ...(options.requests === undefined ? {} : { requests: options.requests }),
        ...(options.report ? { report: options.report } : {}),
      },
    ),
  );
  // What happened long ago in the story is nobody's news today.
  await database()
    .collection('outboxmessages')
    .updateMany({ state: 'waiting' }, { $set: { state: 'dropped' } });
  const file = join(config.dataDir, 'first-sign-in.json');
  writeFileSync(file, `${JSON.stringify(signIns, null, 2)}\n`, { mode: 0o600 });
  return counts;
}

/** The same for the very first start, on the connection that web and jobs go on to use. */
export async function fillDemoPlace(config: Config, mongodbUri: string): Promise<DemoCounts> {
  await connect(mongodbUri);
  const composed = compose(config);
  const session: Session = { config, composed, services: composed.services };
  return runInContext(
    {
      requestId: 'first-start',
      actor: { kind: 'operator', command: 'start' },
      tenantId: null,
      crossTenant: null,
    },
    () => seedPlace(session),
  );
}

/** Records worked on at once: different people's, so they rarely meet. */
const AT_ONCE = 12;

/** Turns served shifts into records and posts the older ones through the real services, as their coordinator would. */
async function recordHours({ services, composed }: Session, served: ServedShift): Promise<void> {
  const { hours, assignments } = services;
  await asTenant(served.tenantId, async () => {
    await inBatches(served.assignmentIds, async (id) => {
      const row = await assignments.row(id);
      if (row) await hours.openFromAssignment(row);
    });
  });
  const { confirmer } = served;
  if (!confirmer) return;
  const identity = await composed.identities.forSession({
    ...confirmer,
    accountVersion: 1,
    authenticatedAt: 0,
  });
  if (!identity) throw new Error('The coordinator of the seed cannot act');
  const { actor } = identity;
  await runInContext({ requestId: 'seed', actor, tenantId: null, crossTenant: null }, () =>
    asTenant(served.tenantId, async () => {
      const waiting = await hours.recordIdsOf(served.assignmentIds);
      await inBatches(waiting, async (id) => {
        const [outcome] = await hours.approveMany(actor, [id]);
        if (outcome?.refusal && outcome.refusal !== 'nothing-to-post')
          throw new Error(`The seed's hours were refused: ${outcome.refusal}`);
      });
    }),
  );
}

async function inBatches<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += AT_ONCE)
    await Promise.all(items.slice(at, at + AT_ONCE).map(work));
}
