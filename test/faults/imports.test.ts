import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { createMember, createTenant, inTenant } from '../factories/people.ts';
import { nycFile, nycRow } from '../feature/imports/samples.ts';
import { bring } from '../feature/imports/bring.ts';
import { freshTestApp, stopTestApp, testApp } from '../support/app.ts';
import { startCommand } from '../support/command.ts';
import type { Command } from '../support/command.ts';
import { expectVerified } from '../support/processes.ts';
import { eventually } from '../support/temporary.ts';
import { database } from '../../server/db/connect.ts';
import { ImportLineModel, ImportModel } from '../../server/features/imports/import.model.ts';
import type { ImportRow } from '../../server/features/imports/import.model.ts';
import { RequestModel } from '../../server/features/requests/request.model.ts';
import { PositionModel, ShiftModel } from '../../server/features/shifts/shift.model.ts';

const ROWS = 200;
const KILLS = Number(process.env['LINLI_FAULT_ROUNDS'] ?? 1);
const from = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10);

/** F-41: whatever moment the process that applies or takes back is killed at, another one goes on without loss or doubles. */
describe('an import whose worker is killed', function () {
  this.timeout(300_000);
  before(async () => {
    await freshTestApp();
  });
  after(async () => stopTestApp());

  async function startJobs(): Promise<Command> {
    const { mongodbUri, dataDir } = await testApp();
    const jobs = startCommand(['scripts/start-jobs.ts'], {
      MONGODB_URI: mongodbUri,
      LINLI_DATA: dataDir,
      NODE_ENV: 'test',
      LOG_LEVEL: 'error',
    });
    await jobs.says('Linli jobs are running');
    return jobs;
  }
  /** A killed worker's lease and transaction end by themselves in a minute and a half; nobody waits for that here. */
  async function forget(): Promise<void> {
    await database().collection('workclaims').deleteMany({});
  }

  /** Kills worker after worker at random moments, and lets the last one finish. */
  async function under(tenantId: string, id: string, goal: ImportRow['state']): Promise<number> {
    const stateNow = (): Promise<ImportRow> =>
      inTenant(tenantId, async () => (await ImportModel.findById(id).lean()) as ImportRow);
    let killed = 0;
    for (; killed < KILLS; killed += 1) {
      const jobs = await startJobs();
      await sleep(200 + Math.random() * 1_300);
      const over = (await stateNow()).state === goal;
      jobs.child.kill('SIGKILL');
      expect(await jobs.ended).to.equal('SIGKILL');
      await forget();
      if (over) break;
    }
    const last = await startJobs();
    await eventually(`the import is ${goal}`, async () => (await stateNow()).state === goal, 200_000);
    last.child.kill('SIGTERM');
    expect(await last.ended, last.stderr()).to.equal(0);
    return killed;
  }

  it('is applied once, and taken back once', async () => {
    const tenant = await createTenant();
    const member = await createMember(tenant, { roles: ['coordinator'] });
    const api = await member.api();
    const file = nycFile(Array.from({ length: ROWS }, () => nycRow()));
    const { id, version } = await bring(member, file, { from });
    expect((await api.post(`/imports/${id}/start`, {}, { 'if-match': `"v${version}"` })).status).to.equal(
      202,
    );
    const count = (): Promise<number[]> =>
      inTenant(tenant.id, async () => [
        await RequestModel.countDocuments({}),
        await ShiftModel.countDocuments({}),
        await PositionModel.countDocuments({}),
      ]);
    expect(await under(tenant.id, id, 'done'), 'killed while it was applied').to.be.above(0);
    expect(await count()).to.deep.equal([ROWS, ROWS, ROWS]);
    const shown = (await api.get(`/imports/${id}`)).json<{
      version: number;
      counts: object;
      settled: number;
    }>();
    expect(shown.counts).to.deep.equal({ read: ROWS, created: ROWS, updated: 0, unchanged: 0, rejected: 0 });
    expect(shown.settled).to.equal(ROWS);
    await expectVerified();
    // The same file once more has no effect (S-42).
    expect((await bring(member, file, { from })).counts).to.include({
      created: 0,
      updated: 0,
      unchanged: ROWS,
    });

    const undo = await api.post(`/imports/${id}/undo`, {}, { 'if-match': `"v${shown.version}"` });
    expect(undo.status, undo.text).to.equal(202);
    expect(await under(tenant.id, id, 'undone'), 'killed while it was taken back').to.be.above(0);
    expect(await count()).to.deep.equal([0, 0, 0]);
    await inTenant(tenant.id, async () => {
      expect((await ImportModel.findById(id).lean())?.undo).to.include({
        total: ROWS,
        removed: ROWS,
        left: 0,
      });
      expect(await ImportLineModel.countDocuments({ 'undo.outcome': 'removed' })).to.equal(ROWS);
    });
    await expectVerified();
  });
});
