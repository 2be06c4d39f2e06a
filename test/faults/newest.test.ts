import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { Types } from 'mongoose';
import { CertificateModel } from '../../server/features/certificates/certificate.model.ts';
import { HoursModel } from '../../server/features/hours/hours.model.ts';
import { RecognitionModel } from '../../server/features/recognition/recognition.model.ts';
import { BankGiftModel } from '../../server/features/time-bank/time-bank.model.ts';
import type { Tenant } from '../../server/features/tenants/index.ts';
import { TenantModel } from '../../server/features/tenants/tenant.model.ts';
import { createServed, repeatPosted } from '../factories/hours.ts';
import {
  asOperator,
  createMember,
  createMembership,
  createTenant,
  inTenant,
  memberOf,
} from '../factories/people.ts';
import type { Member } from '../factories/people.ts';
import type { ApiAgent } from '../support/agent.ts';
import { atOffset, freshTestApp, stopTestApp, testApp } from '../support/app.ts';
import { startCommand } from '../support/command.ts';
import { environment, expectVerified, persist, startProcesses } from '../support/processes.ts';
import type { Processes } from '../support/processes.ts';
import { startReplicaSet } from '../support/replica-set.ts';
import type { TestReplicaSet } from '../support/replica-set.ts';

const MINUTE = 60_000;
/** Nobody here is in anybody's way, so waiting shorter than one is told to tells as much. */
const PACE = 0.2;
const CROWD = 12;

type Json = Record<string, unknown> & { id: string };

/**
 * The time bank, recognition, hours that go along and certificates for many: asked for in two processes at once under one key,
 * with commits of which nobody is told what they came to, and with processes killed in the middle (F-2, F-3, F-4).
 */
describe('the books of hours, when commits are unsure and processes die', function () {
  this.timeout(180_000);
  let set: TestReplicaSet;
  let processes: Processes;
  let tenant: Tenant;
  let next: Tenant;
  let giver: Member;
  let desk: ApiAgent;
  let reviewer: ApiAgent;
  let farDesk: ApiAgent;
  let strikes = 0;

  before(async () => {
    set = await startReplicaSet({ members: 1 });
    await freshTestApp(set.uri);
    [tenant, next] = [await createTenant(), await createTenant()];
    await asOperator(() =>
      TenantModel.updateOne(
        { _id: tenant.id },
        { $set: { 'settings.timeBank': true, 'settings.bankRedeemFromAge': 0 } },
      ),
    );
    const roles = ['coordinator', 'reviewer', 'officer'] as const;
    desk = await (await createMember(tenant, { roles })).api();
    reviewer = await (await createMember(tenant, { roles })).api();
    farDesk = await (await createMember(next, { roles })).api();
    giver = await createMember(tenant, { person: { name: '苏晓' } });
    processes = await startProcesses({ web: 2, jobs: 0 });
  });
  after(async () => {
    try {
      for (const { child, ended } of processes.web) {
        child.kill('SIGTERM');
        await ended;
      }
    } finally {
      await stopTestApp();
      await set.stop();
    }
  });

  /** Asks both processes the same at once under one key, and nobody is told what became of the commits: there is one answer. */
  async function once(agent: ApiAgent, path: string, body: object = {}): Promise<Json> {
    const data = { failCommands: ['commitTransaction'], closeConnection: true };
    const stop = await set.failPoint(data, { times: 2 });
    const key = randomUUID();
    const [one, other] = await Promise.all(
      processes.urls.map((url) => persist(agent.at(url), path, body, key, PACE)),
    );
    strikes += Math.sign(await stop());
    expect(one?.answer.status, `${path} ${one?.answer.text}`).to.be.oneOf([200, 201]);
    expect(other?.answer.text, path).to.equal(one?.answer.text);
    return (one?.answer.json() ?? {}) as Json;
  }
  async function plainly(agent: ApiAgent, path: string, body: object = {}): Promise<Json> {
    const answer = await agent.post(path, body);
    expect(answer.status, `${path} ${answer.text}`).to.be.oneOf([200, 201]);
    return answer.json<Json>();
  }
  /** Lets the next insert into a collection wait in the database. @returns a function that waits until one does */
  async function hold(collection: string): Promise<() => Promise<void>> {
    const admin = (await set.member(0)).db('admin');
    // What a killed process left open is given up sooner than in real life.
    await admin.command({ setParameter: 1, transactionLifetimeLimitSeconds: 2 });
    const namespace = `${new URL((await testApp()).mongodbUri).pathname.slice(1)}.${collection}`;
    const data = { failCommands: ['insert'], namespace, blockConnection: true, blockTimeMS: 1_500 };
    const { count } = await admin.command({ configureFailPoint: 'failCommand', mode: { times: 1 }, data });
    return async () => {
      const entered = { waitForFailPoint: 'failCommand', timesEntered: Number(count) + 1, maxTimeMS: 20_000 };
      await admin.command(entered);
      await admin.client.close();
    };
  }
  const saved = async (agent: ApiAgent): Promise<[number, number]> => {
    const { savedMinutes, heldMinutes } = (await agent.get('/time-bank')).json<Record<string, number>>();
    return [savedMinutes ?? 0, heldMinutes ?? 0];
  };
  const approved = async (member: Member, hoursAgo: number): Promise<string> => {
    const id = await createServed(tenant, member, { hoursAgo });
    expect((await desk.post(`/hours/${id}/approve`)).status).to.equal(200);
    return id;
  };

  it('move saved time once: gifts, donations, redemptions, closings', async () => {
    const elder = await createMember(tenant);
    const [own, old] = [await giver.api(), await elder.api()];
    await plainly(own, '/time-bank/account');
    const { number } = await plainly(old, '/time-bank/account');
    const hours: string[] = [];
    for (const hoursAgo of [5, 9, 13]) hours.push(await approved(giver, hoursAgo));
    const kin = await plainly(own, '/time-bank/relatives', { number, relation: 'parent' });
    await plainly(desk, `/time-bank/relatives/${kin.id}/decision`, { verdict: 'confirmed', reason: 'x' });
    await once(own, '/time-bank/gifts', { kinshipId: kin.id, hours: 2 });
    await once(own, '/time-bank/donations', { hours: 0, minutes: 30 });
    expect([await saved(own), await saved(old)]).to.deep.equal([
      [363 - 150, 0],
      [120, 0],
    ]);
    const gifts = await inTenant(tenant.id, () => BankGiftModel.countDocuments({}));
    expect(gifts).to.equal(2);
    const asked = await once(old, '/time-bank/redemptions', { what: '买菜', hours: 1 });
    const path = `/time-bank/redemptions/${asked.id}`;
    expect(await saved(old)).to.deep.equal([60, 60]);
    await plainly(desk, `${path}/decision`, { verdict: 'confirmed', reason: 'x' });
    await once(desk, `${path}/settlement`, { hoursId: hours[0], hours: 0, minutes: 40 });
    expect(await saved(old)).to.deep.equal([80, 0]);
    const { id } = await once(reviewer, `/hours/${hours[0]}/reversal`, { reason: '录错了' });
    await once(desk, `/proposals/${id}/confirmation`);
    expect(await saved(old)).to.deep.equal([120, 0]);
    await once(old, '/time-bank/account/closing', { to: kin.id });
    expect([await saved(own), await saved(old)]).to.deep.equal([
      [363 - 150 - 121 + 120, 0],
      [0, 0],
    ]);
  });

  it('go one step for each press of recognition', async () => {
    const admin = await (await createMember(tenant, { roles: ['administrator'] })).api();
    const scheme = { code: 'first', kind: 'medal', nameZh: '初心', nameEn: 'First', hours: 1 };
    const { id: schemeId } = await plainly(admin, '/recognition-schemes', {
      ...scheme,
      effectiveFrom: '2020-01-01',
    });
    const own = await giver.api();
    const { id } = await plainly(own, '/recognition/applications', { schemeId });
    await plainly(desk, `/recognition-cases/${id}/review`, { verdict: 'reviewed', reason: 'x' });
    await once(reviewer, `/recognition-cases/${id}/publish`);
    await atOffset(8 * 24 * 60 * MINUTE, async () => (await testApp()).sweep('recognition/settle-notices'));
    const row = await inTenant(tenant.id, () => RecognitionModel.findById(id).lean());
    expect(row?.history.map(({ to }) => to).join(' ')).to.equal(
      'eligible applied reviewed published granted',
    );
    expect(strikes, 'commits that nobody was told of').to.be.above(4);
  });

  it('let very many hours go along, and certificates be made for many, when processes are killed in the middle', async () => {
    const mover = await createMember(tenant);
    const arrived = memberOf(next, mover, await createMembership(next, mover));
    await repeatPosted(tenant, await approved(mover, 30), 104);
    const crowd: Member[] = [];
    while (crowd.length < CROWD) crowd.push(await createMember(tenant));
    for (const [at, one] of crowd.entries()) await approved(one, 40 + 4 * at);
    await plainly(await mover.api(), '/hours/transfers', { tenantId: next.id });
    const open = async (agent: ApiAgent): Promise<Json> =>
      (await agent.get('/hours/transfers/desk')).json<{ data: Json[] }>().data[0] as Json;
    const yes = { verdict: 'yes', reason: 'x' };
    await plainly(desk, `/hours/transfers/${(await open(desk)).id}/decision`, yes);
    const { id } = await open(farDesk);

    // The process that carries the first piece over dies over it; whoever asks again is told what the other one did.
    const [victim, heir] = processes.web;
    const key = randomUUID();
    const path = `/hours/transfers/${id}/decision`;
    const met = await hold('ledgerentries');
    const broken = farDesk
      .at(processes.urls[0] ?? '')
      .post(path, yes, { 'idempotency-key': key })
      .catch(() => null);
    await met();
    victim?.child.kill('SIGKILL');
    await broken;
    const { answer } = await persist(farDesk.at(processes.urls[1] ?? ''), path, yes, key, PACE);
    expect(answer.json(), answer.text).to.include({ state: 'moving', records: 100 });
    expect(heir?.child.exitCode).to.equal(null);

    const wish = { scope: 'all', unitId: tenant.rootUnitId };
    const asked = await desk.at(processes.urls[1] ?? '').post('/certificate-batches', wish);
    expect(asked.status, asked.text).to.equal(201);
    const batch = asked.json<Json>();
    const progress = async () =>
      (await desk.get(`/certificate-batches/${batch.id}`)).json<{
        state: string;
        issued: number;
        refused: number;
        total: number;
      }>();
    // The jobs die over the first certificates; another process goes on when the lease is over.
    const made = await hold('certificates');
    const jobs = startCommand(['scripts/jobs.ts', 'run', 'certificates/make-batches'], await environment());
    await made();
    jobs.child.kill('SIGKILL');
    await jobs.ended;
    const { sweep } = await testApp();
    await atOffset(3 * MINUTE, async () => {
      await Promise.all([sweep('hours/move'), sweep('hours/move')]);
      await Promise.all([sweep('certificates/make-batches'), sweep('certificates/make-batches')]);
    });
    expect(await open(farDesk)).to.include({ state: 'done', records: 105 });
    const there = await inTenant(next.id, () =>
      HoursModel.countDocuments({ personId: new Types.ObjectId(arrived.personId) } as never),
    );
    expect(there).to.equal(105);
    const done = await progress();
    // Whose hours had all gone along by then has nothing here to certify.
    expect([done.state, done.issued + done.refused]).to.deep.equal(['done', done.total]);
    const numbers = await inTenant(tenant.id, () =>
      CertificateModel.find({}).select({ number: 1 }).sort({ number: 1 }).lean(),
    );
    // Numbers without gaps, none given twice.
    expect(numbers.map(({ number }) => Number(number.slice(-4)))).to.deep.equal(
      numbers.map((_one, at) => at + 1),
    );
    await expectVerified();
  });
});
