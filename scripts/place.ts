import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { acrossTenants, asTenant, runInContext } from '../server/core/context.ts';
import { now } from '../server/core/clock.ts';
import { compose } from '../server/compose.ts';
import type { Config } from '../server/config.ts';
import { connect, database } from '../server/db/connect.ts';
import { postStoredClaims } from '../server/features/credits/index.ts';
import { seedDemo } from '../server/features/demo/index.ts';
import type { DemoCounts, DemoLog, DemoSaver, ServedShift } from '../server/features/demo/index.ts';
import { inTransaction } from '../server/db/transaction.ts';
import type { Session } from './connect.ts';

const DEMO_SEED = 330_122;
const DEMO_PEOPLE = 3_000;
const DEMO_DEPARTMENT = 'tonglu';
const DEMO_APPRAISALS = 40;
/** Where the first training plan may hold its sessions. */
const DEMO_ROOMS = [
  { label: '县社会工作服务中心 201 教室', town: '城南街道', address: '', seats: 30, cost: 300 },
  { label: '分水镇便民服务中心会议室', town: '分水镇', address: '', seats: 20, cost: 150 },
];

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
      {
        ...services,
        recordHours: (served) => recordHours(session, served),
        postCredits,
        keepBank: (tenantId, savers) => keepBank(session, tenantId, savers),
        logHours: (tenantId, log) => logHours(session, tenantId, log),
      },
      {
        seed: options.seed ?? DEMO_SEED,
        people: options.people ?? DEMO_PEOPLE,
        today: now(),
        ...(options.requests === undefined ? {} : { requests: options.requests }),
        ...(options.report ? { report: options.report } : {}),
      },
    ),
  );
  for (const { id } of await services.tenants.listOpen(100))
    await asTenant(id, () => services.schemes.adopt('usual'));
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
    async () => {
      const counts = await seedPlace(session);
      // What a newcomer finds when they open the plans; it is made in the background once jobs run.
      const department = await session.services.tenants.findBySlug(DEMO_DEPARTMENT);
      if (department) await asTenant(department.id, () => startPlans(session));
      return counts;
    },
  );
}

/** A plan of positions and one of training, both of the whole place. */
async function startPlans({ services }: Session): Promise<void> {
  await services.plans.startFirst();
  const units = await services.units.all();
  await services.trainingPlans.startFirst(
    DEMO_ROOMS.map(({ town, ...room }) => ({
      ...room,
      unitId: units.find(({ name }) => name['zh-CN'] === town)?.id ?? '',
    })),
  );
}

/** Members who save what they served; the first gives some to the pool, names a relative and asks for service. */
async function keepBank(
  { services, composed }: Session,
  tenantId: string,
  savers: readonly DemoSaver[],
): Promise<void> {
  const { bank, hours, kinships, redemptions, tenants } = services;
  const numbers: string[] = [];
  for (const saver of savers) {
    const identity = await composed.identities.forSession({
      ...saver,
      accountVersion: 1,
      authenticatedAt: 0,
    });
    if (!identity) throw new Error('A saver of the seed cannot act');
    const { actor } = identity;
    await asTenant(
      tenantId,
      async () => {
        numbers.push((await bank.openAccount(actor)).number);
        const { data } = await hours.own(actor, 30, undefined);
        const posted = data.filter(({ state }) => state === 'posted').map(({ _id }) => _id);
        const [records, tenant] = [await hours.rowsOf(posted), await tenants.current()];
        await inTransaction(() => bank.earn(records, tenant));
        const [number] = numbers;
        if (numbers.length === 2 && number) await kinships.declare(actor, number, 'child');
        if (numbers.length > 1 || (await bank.standingOf(actor.personId)).savedMinutes < 180) return;
        await bank.donate(actor, { minutes: 60, note: '' });
        await redemptions.ask(actor, { what: '教父母用手机挂号', minutes: 60 });
      },
      actor,
    );
  }
}

/** Service that its own person enters; what the rules find worth a second look is held for whoever inspects hours. */
async function logHours({ services, composed }: Session, tenantId: string, log: DemoLog): Promise<void> {
  const { accountId, membershipId, ...entry } = log;
  const identity = await composed.identities.forSession({
    accountId,
    membershipId,
    accountVersion: 1,
    authenticatedAt: 0,
  });
  if (!identity) throw new Error('A member of the seed cannot act');
  const { actor } = identity;
  await asTenant(tenantId, () => services.hours.log(actor, { ...entry, unitId: null, submit: true }), actor);
}

/** Ledger entries of the credit hours that the seed says are posted. */
const postCredits = (tenantId: string): Promise<void> =>
  asTenant(tenantId, () => postStoredClaims('Asia/Shanghai'));

/** Turns served shifts into records and posts the older ones, by the hours feature's own rules, as their coordinator would. */
async function recordHours({ services, composed }: Session, served: ServedShift): Promise<void> {
  const { confirmer } = served;
  const identity =
    confirmer &&
    (await composed.identities.forSession({ ...confirmer, accountVersion: 1, authenticatedAt: 0 }));
  if (confirmer && !identity) throw new Error('The coordinator of the seed cannot act');
  await asTenant(served.tenantId, async () => {
    const records = await services.hours.recordServed(
      await services.assignments.rows(served.assignmentIds),
      identity?.actor ?? null,
    );
    // Of some of those who came lately their coordinator has still to say how it was.
    if (!confirmer)
      await inTransaction(async () => {
        for (const record of records.slice(-DEMO_APPRAISALS)) await services.appraisals.begin(record);
      });
  });
}
