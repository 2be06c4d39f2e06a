import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { allSweeps } from '../../jobs/registry.ts';
import type { DueRow, Sweep } from '../../jobs/sweep.ts';
import { drainSweep, runSweep } from '../../jobs/sweep.ts';
import { acrossTenants, asTenant, runInContext } from '../../server/core/context.ts';
import { now } from '../../server/core/clock.ts';
import { database } from '../../server/db/connect.ts';
import { createTenant } from '../factories/people.ts';
import { atOffset, freshTestApp, stopTestApp, testApp } from '../support/app.ts';
import { expectVerified } from '../support/processes.ts';
import { hours } from './sweeps/hours.ts';
import { people } from './sweeps/people.ts';
import { recognition } from './sweeps/recognition.ts';
import { records } from './sweeps/records.ts';
import { service } from './sweeps/service.ts';
import { training } from './sweeps/training.ts';

/** For every sweep there is: a new one without an entry fails the test. */
const ARRANGE = { ...hours, ...people, ...recognition, ...records, ...service, ...training };

/** Every stored row, apart from what is only about work under way. */
async function everything(): Promise<Record<string, string>> {
  const prints: Record<string, string> = {};
  for (const { name } of await database().listCollections({}, { nameOnly: true }).toArray()) {
    if (/^(workclaims|agenda_|rate_limits|sessions|system\.)/.test(name)) continue;
    const print = createHash('sha256');
    // As they are stored: what every row says is not looked at here, and there are thousands.
    for await (const row of database().collection(name).find({}, { raw: true }).sort({ _id: 1 }))
      print.update(row as unknown as Uint8Array);
    prints[name] = print.digest('hex');
  }
  return prints;
}

/** Each sweep of the registry, tried by several at once and again afterwards (F-16). */
describe('a sweep that runs twice and in parallel', function () {
  this.timeout(120_000);
  let sweeps: readonly Sweep[];

  before(async () => {
    await freshTestApp();
    sweeps = allSweeps((await testApp()).composed.services);
  });
  after(() => stopTestApp());

  const inSweep = <T>(name: string, work: () => Promise<T>): Promise<T> =>
    runInContext(
      { requestId: 'test', actor: { kind: 'sweep', name }, tenantId: null, crossTenant: null },
      work,
    );
  /** As if the row had been handed out several times: past its lease, or by a second clock. */
  const rush = (sweep: Sweep, rows: readonly DueRow[], times: number): Promise<unknown> =>
    inSweep(sweep.name, () =>
      Promise.allSettled(
        rows.flatMap((row) =>
          Array.from({ length: times }, () => asTenant(row.tenantId, () => sweep.run(row))),
        ),
      ),
    );

  it('is arranged for each there is', () => {
    expect(Object.keys(ARRANGE).sort()).to.deep.equal(sweeps.map(({ name }) => name).sort());
  });

  for (const [name, arrange] of Object.entries(ARRANGE))
    it(`has one effect: ${name}`, async () => {
      const sweep = sweeps.find((one) => one.name === name) as Sweep;
      const tenant = await createTenant();
      const arranged = await arrange(tenant);
      await atOffset(arranged.at, async () => {
        const rows = await inSweep(name, () =>
          acrossTenants('test', () => sweep.due({ now: now(), limit: 500, except: [] })),
        );
        const own = rows.filter(({ tenantId }) => tenantId === tenant.id);
        expect(own).to.have.length(arranged.rows);
        await Promise.all([rush(sweep, own, 3), runSweep(sweep), runSweep(sweep), runSweep(sweep)]);
        await drainSweep(sweep);
        expect(await arranged.effect()).to.deep.equal(arranged.expected);
        const once = await everything();
        await rush(sweep, own, 2);
        await Promise.all([runSweep(sweep), runSweep(sweep)]);
        expect(await everything()).to.deep.equal(once);
      });
    });

  it('leaves everything as it must be', () => expectVerified());
});
