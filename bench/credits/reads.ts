/**
 * The same as it really runs: how long one person's page of credit hours takes the database and us (p95), and how many social
 * workers the job of the product evaluates in a minute (reads, evaluation, stored results, progress), on a database of its own.
 */
import { Types } from 'mongoose';
import { compose } from '../../server/compose.ts';
import { loadConfig } from '../../server/config.ts';
import { acrossTenants, asTenant, runInContext } from '../../server/core/context.ts';
import { configureLogger } from '../../server/core/logger.ts';
import { addDays } from '../../server/core/time.ts';
import { connect, database, disconnect } from '../../server/db/connect.ts';
import { insertRows } from '../../server/db/insert.ts';
import { migrate } from '../../server/db/migrate.ts';
import { createCreditReading, createProgrammeService } from '../../server/features/credits/index.ts';
import { freshDatabase, startTestServer } from '../../test/support/mongod.ts';
import { temporaryFolder } from '../../test/support/temporary.ts';

const ENTRIES = 20;
const WANTED_A_MINUTE = 100_000;
const MOST_MS = 5;

function rows(n: number): { credential: object; watch: object; credits: object[]; personId: Types.ObjectId } {
  const personId = new Types.ObjectId();
  const credentialId = new Types.ObjectId();
  const unitId = new Types.ObjectId();
  const validFrom = addDays('2024-01-01', n % 1_000);
  const validTo = addDays(validFrom, 1_095);
  const own = {
    personId,
    membershipId: personId,
    personName: `社工${n}`,
    level: 'intermediate',
    validFrom,
    validTo,
  };
  const at = new Date('2026-11-01T00:00:00Z');
  return {
    personId,
    credential: {
      ...own,
      _id: credentialId,
      state: 'valid',
      type: 'social-worker',
      number: `B${n}`,
      issuedOn: validFrom,
      windowMonths: 3,
      createdAt: at,
    },
    watch: { ...own, credentialId, unitId, createdAt: at },
    credits: Array.from({ length: ENTRIES }, (_unused, k) => ({
      personId,
      membershipId: personId,
      unitId,
      personName: own.personName,
      state: 'posted',
      title: `培训${k}`,
      activity: k % 5 === 0 ? 'course' : 'training',
      dimension: 'ability',
      category: 'professional',
      date: addDays('2024-02-01', (n * 7 + k * 53) % 1_000),
      minutes: 60 + ((n * 31 + k * 17) % 400),
      evidence: ['passCertificate', 'passedTranscript'],
      createdAt: at,
    })),
  };
}

/** Seconds of processor time that the database has used. */
async function databaseCpu(): Promise<number> {
  const { extra_info: info } = (await database().admin().command({ serverStatus: 1 })) as {
    extra_info?: { user_time_us?: number; system_time_us?: number };
  };
  return ((info?.user_time_us ?? 0) + (info?.system_time_us ?? 0)) / 1e6;
}

/** Fills a place with so many social workers, and measures both. @returns whether both gates are met */
export async function measureReal(count: number): Promise<boolean> {
  await startTestServer();

  const db = await freshDatabase();
  configureLogger({ level: 'silent' });
  await migrate(db.migrateUri);
  await connect(db.uri);
  const composed = compose(
    loadConfig({ NODE_ENV: 'test', LINLI_DATA: temporaryFolder(), LOG_LEVEL: 'silent' }),
  );
  let passed = false;
  await runInContext(
    { requestId: 'bench', actor: { kind: 'operator', command: 'bench' }, tenantId: null, crossTenant: null },
    () =>
      acrossTenants('bench', async () => {
        const { tenants, runs } = composed.services;
        const tenant = await tenants.create({
          slug: 'bench',
          name: { 'zh-CN': '县', en: 'County' },
          kind: 'department',
        });
        await asTenant(tenant.id, async () => {
          const people: Types.ObjectId[] = [];
          for (let n = 0; n < count; n += 1_000) {
            const made = Array.from({ length: Math.min(1_000, count - n) }, (_unused, k) => rows(n + k));
            people.push(...made.map(({ personId }) => personId));
            await insertRows(
              'Credential',
              made.map(({ credential }) => credential),
            );
            await insertRows(
              'RegistrationWatch',
              made.map(({ watch }) => watch),
            );
            await insertRows(
              'Credit',
              made.flatMap(({ credits }) => credits),
            );
          }
          const reading = createCreditReading({ programmes: createProgrammeService({ tenants }), tenants });
          const taken: number[] = [];
          for (let k = 0; k < 1_000; k += 1) {
            const began = performance.now();
            await reading.of(String(people[(k * 7_919) % people.length]));
            taken.push(performance.now() - began);
          }
          taken.sort((a, b) => a - b);
          const at = (share: number): number => taken[Math.floor(share * (taken.length - 1))] ?? 0;
          const run = await runs.start(null);
          const [own, base] = [process.cpuUsage(), await databaseCpu()];
          const began = performance.now();
          await runs.work(String(run._id));
          const perMinute = Math.round((count / (performance.now() - began)) * 60_000);
          const used = process.cpuUsage(own);
          const seconds = (used.user + used.system) / 1e6;
          const theirs = (await databaseCpu()) - base;
          const done = await runs.latest();
          console.log(`\n${count} people in a database, with ${ENTRIES} entries each`);
          console.log(
            `one person with the reads: p50 ${at(0.5).toFixed(2)} ms, p95 ${at(0.95).toFixed(2)} ms (wanted ${MOST_MS})`,
          );
          console.log(`the job: ${done?.done} evaluated, ${perMinute} a minute (wanted ${WANTED_A_MINUTE})`);
          console.log(
            `of processor time: ${((seconds * 1e5) / count).toFixed(1)} s of ours and ${((theirs * 1e5) / count).toFixed(1)} s of the database for 100,000 people`,
          );
          passed = at(0.95) <= MOST_MS && perMinute >= WANTED_A_MINUTE && done?.done === count;
        });
      }),
  );
  await disconnect();
  return passed;
}
