import { expect } from 'chai';
import { Types } from 'mongoose';
import { acrossTenants } from '../../../server/core/context.ts';
import { database } from '../../../server/db/connect.ts';
import { OutboxModel } from '../../../server/db/outbox.ts';
import { TenantModel } from '../../../server/features/tenants/tenant.model.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { runChecks } from '../../../server/verify/index.ts';
import { createServed, storedHours } from '../../factories/hours.ts';
import { asOperator, createMember, createTenant, createUnit, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { byTwo } from '../../factories/proposals.ts';
import { createRequest } from '../../factories/requests.ts';
import type { ApiAgent } from '../../support/agent.ts';
import { atOffset, testApp } from '../../support/app.ts';

interface Own {
  account: { number: string } | null;
  savedMinutes: number;
  owedMinutes: number;
  heldMinutes: number;
  data: { what: string; minutes: number }[];
  relatives: { id: string; state: string; relativeName: string; personName: string }[];
}
const DAY = 86_400_000;

describe('the time bank', function () {
  this.timeout(120_000);
  let tenant: Tenant;
  let giver: Member;
  let elder: Member;
  let desk: Member;
  let second: Member;
  let own: ApiAgent;
  let old: ApiAgent;
  let api: ApiAgent;
  let hoursAgo = 5;

  before(async () => {
    await violations(true);
    tenant = await createTenant();
    giver = await createMember(tenant, { person: { name: '苏晓' } });
    elder = await createMember(tenant, { person: { name: '苏明远', birthDate: '1950-05-05' } });
    desk = await createMember(tenant, { roles: ['coordinator', 'reviewer'] });
    second = await createMember(tenant, { roles: ['coordinator', 'reviewer'] });
    [own, old, api] = [await giver.api(), await elder.api(), await desk.api()];
  });

  const standing = async (agent: ApiAgent): Promise<Own> => (await agent.get('/time-bank')).json<Own>();
  const amounts = async (agent: ApiAgent): Promise<number[]> => {
    const { savedMinutes, owedMinutes, heldMinutes } = await standing(agent);
    return [savedMinutes, owedMinutes, heldMinutes];
  };
  /** Service of two hours that is confirmed; 121 minutes with the minute stayed longer. */
  async function served(member: Member): Promise<string> {
    hoursAgo += 4;
    const id = await createServed(tenant, member, { hoursAgo });
    const answer = await api.post(`/hours/${id}/approve`);
    expect(answer.status, answer.text).to.equal(200);
    return id;
  }
  const rules = (set: object): Promise<unknown> =>
    asOperator(() =>
      TenantModel.updateOne(
        { _id: new Types.ObjectId(tenant.id) },
        { $set: Object.fromEntries(Object.entries(set).map(([name, value]) => [`settings.${name}`, value])) },
      ),
    );
  /** What other files broke by hand in the same database stays theirs. */
  const foreign = new Map<string, number>();
  const violations = async (note = false): Promise<string[]> => {
    const { composed } = await testApp();
    const checks = composed.invariants.filter(({ name }) => /^(time-bank|hours)\//.test(name));
    const { checks: results } = await asOperator(() => acrossTenants('test', () => runChecks(checks)));
    if (note) for (const { name, violations: count } of results) foreign.set(name, count);
    return results
      .filter(({ name, violations: count }) => count > (foreign.get(name) ?? 0))
      .flatMap(({ name, samples }) => samples.map((sample) => `${name} ${sample}`));
  };

  it('is the tenant’s choice, and only who opened an account saves', async () => {
    expect(await standing(own)).to.include({ on: false, account: null });
    expect((await own.post('/time-bank/account')).json()).to.include({ code: 'time-bank-off' });
    const admin = await createMember(tenant, { roles: ['administrator'] });
    const adminApi = await admin.api();
    const { version } = (await adminApi.get('/settings')).json<{ version: number }>();
    const patch = { timeBank: true, bankCapHours: 4, bankAreas: ['elderly'], bankExpiryMonths: 12 };
    const changed = await adminApi.patch('/settings', patch, { 'if-match': `"${version}"` });
    expect(changed.status, changed.text).to.equal(200);
    expect(changed.json()).to.deep.include(patch);
    await served(giver);
    expect((await own.post('/time-bank/account')).json<{ number: string }>().number).to.match(/^\d{10}$/);
    const again = await own.post('/time-bank/account');
    expect(again.json()).to.deep.equal((await standing(own)).account);
    expect(await amounts(own)).to.deep.equal([0, 0, 0]);
    const first = await served(giver);
    // The kind of service that the request names does not earn here, or does.
    const { category } = await storedHours(tenant, first);
    expect(await amounts(own)).to.deep.equal([category === 'elderly' ? 121 : 0, 0, 0]);
    await rules({ bankAreas: [] });
    await served(giver);
    await served(giver);
    // At most four hours are saved; the rest is the pool's.
    const all = category === 'elderly' ? 363 : 242;
    expect(await amounts(own)).to.deep.equal([240, 0, 0]);
    expect((await api.get('/time-bank/desk')).json()).to.include({ poolMinutes: all - 240 });
    // Hours of service are facts: nothing here changes them.
    expect((await own.get('/hours')).json()).to.include({ totalMinutes: 4 * 121 });
    expect(await violations()).to.deep.equal([]);
  });

  it('lets time be given to relatives whom a coordinator confirmed, and to nobody else', async () => {
    await old.post('/time-bank/account');
    const { number } = (await standing(old)).account as { number: string };
    const declared = await own.post('/time-bank/relatives', { number, relation: 'parent' });
    expect(declared.status, declared.text).to.equal(201);
    // The name is told when it is confirmed: a number found by chance tells nothing.
    expect(declared.json()).to.include({ state: 'declared', relativeName: '' });
    const { id } = declared.json<{ id: string }>();
    const errorsOf = async (path: string, body: object): Promise<unknown> =>
      (await own.post(path, body)).json<{ errors: object[] }>().errors;
    const gift = { kinshipId: id, hours: 1, minutes: 30 };
    expect(await errorsOf('/time-bank/gifts', gift)).to.deep.equal([
      { path: 'kinshipId', code: 'not-a-relative' },
    ]);
    for (const [to, code] of [
      ['0000000000', 'no-such-account'],
      [number, 'declared-already'],
    ] as const)
      expect(await errorsOf('/time-bank/relatives', { number: to, relation: 'parent' })).to.deep.equal([
        { path: 'number', code },
      ]);
    const verdict = { verdict: 'confirmed', reason: '已查看户口簿' };
    expect((await own.post(`/time-bank/relatives/${id}/decision`, verdict)).status).to.equal(403);
    expect((await api.post(`/time-bank/relatives/${id}/decision`, verdict)).json()).to.include({
      state: 'confirmed',
    });
    expect((await own.post('/time-bank/gifts', gift)).status).to.equal(201);
    expect(await amounts(old)).to.deep.equal([90, 0, 0]);
    expect(await errorsOf('/time-bank/gifts', { ...gift, hours: 9 })).to.deep.equal([
      { path: 'hours', code: 'not-enough-saved' },
    ]);
    // Nobody who saw nothing may confirm: not one of the two, by whatever account.
    const others = await standing(old);
    expect(others.relatives[0]).to.include({ personName: '苏晓', state: 'confirmed' });
    expect(await violations()).to.deep.equal([]);
  });

  it('sets time aside for service that is asked for and spends it when somebody’s posted hours say it was given', async () => {
    const ask = { what: '周三陪同去医院', hours: 1, minutes: 20 };
    expect((await own.post('/time-bank/redemptions', ask)).json()).to.include({
      code: 'too-young-to-redeem',
    });
    const asked = await old.post('/time-bank/redemptions', ask);
    expect(asked.status, asked.text).to.equal(201);
    const { id } = asked.json<{ id: string }>();
    const path = `/time-bank/redemptions/${id}`;
    expect(await amounts(old)).to.deep.equal([10, 0, 80]);
    expect((await old.post('/time-bank/redemptions', ask)).json<{ errors: object[] }>().errors).to.deep.equal(
      [{ path: 'hours', code: 'not-enough-saved' }],
    );
    expect((await old.post(`${path}/decision`, { verdict: 'confirmed', reason: 'x' })).status).to.equal(403);
    expect((await own.get(path)).status).to.equal(404);
    const hoursId = await served(giver);
    expect((await api.post(`${path}/settlement`, { hoursId, hours: 1 })).json()).to.include({
      code: 'wrong-state',
    });
    const taken = await api.post(`${path}/decision`, { verdict: 'confirmed', reason: '周三九点' });
    expect(taken.json()).to.include({ state: 'confirmed' });
    const page = await (await desk.page()).get(path);
    expect(page.text).to.include(`value="${hoursId}"`);
    const elderHours = await served(elder);
    const tried = async (body: object): Promise<unknown> =>
      (await api.post(`${path}/settlement`, body)).json<{ errors: object[] }>().errors;
    expect(await tried({ hoursId: elderHours, hours: 1 })).to.deep.equal([
      { path: 'hoursId', code: 'served-by-oneself' },
    ]);
    expect(await tried({ hoursId, hours: 2 })).to.deep.equal([{ path: 'hours', code: 'more-than-asked' }]);
    const before = (await amounts(old))[0] ?? 0;
    // Several at once: spent once, and the rest came back.
    const statuses = await Promise.all(
      [1, 2, 3].map(async () => (await api.post(`${path}/settlement`, { hoursId, hours: 1 })).status),
    );
    expect(statuses.filter((status) => status === 200)).to.have.length(1);
    expect(await amounts(old)).to.deep.equal([before + 20, 0, 0]);
    expect(await violations()).to.deep.equal([]);
    // The provider's hours are taken back: the coins they earned go, who redeemed has theirs again.
    const reversed = await byTwo(tenant, await second.api(), `/hours/${hoursId}/reversal`, {
      reason: '录错了',
    });
    expect(reversed.status, reversed.text).to.equal(200);
    expect((await old.get(path)).json()).to.include({ state: 'refunded' });
    expect(await amounts(old)).to.deep.equal([before + 80, 0, 0]);
    expect(await violations()).to.deep.equal([]);
  });

  it('shows as owed what was spent of hours that were taken back, and pays it first', async () => {
    const member = await createMember(tenant);
    const agent = await member.api();
    await agent.post('/time-bank/account');
    const hoursId = await served(member);
    expect((await agent.post('/time-bank/donations', { hours: 2 })).status).to.equal(201);
    await byTwo(tenant, await second.api(), `/hours/${hoursId}/reversal`, { reason: '录错了' });
    expect(await amounts(agent)).to.deep.equal([0, 120, 0]);
    await served(member);
    expect(await amounts(agent)).to.deep.equal([1, 0, 0]);
    expect(await violations()).to.deep.equal([]);
  });

  it('spends the pool on needs that another coordinator took on, and gives back what was called off', async () => {
    const requestId = await createRequest(tenant, { title: '独居老人送餐' });
    const { poolMinutes } = (await api.get('/time-bank/desk')).json<{ poolMinutes: number }>();
    const asked = await api.post('/time-bank/pool-redemptions', { requestId, hours: 1 });
    expect(asked.status, asked.text).to.equal(201);
    const { id } = asked.json<{ id: string }>();
    expect((await api.get('/time-bank/desk')).json()).to.include({ poolMinutes: poolMinutes - 60 });
    const decide = { verdict: 'confirmed', reason: '安排周五' };
    const path = `/time-bank/redemptions/${id}`;
    expect((await api.post(`${path}/decision`, decide)).json()).to.include({ code: 'not-your-own' });
    expect((await (await second.api()).post(`${path}/decision`, decide)).status).to.equal(200);
    expect((await api.post(`${path}/cancellation`, { reason: '已有人送' })).json()).to.include({
      state: 'cancelled',
    });
    expect((await api.get('/time-bank/desk')).json()).to.include({ poolMinutes });
    expect(await violations()).to.deep.equal([]);
  });

  it('lets what nobody used expire after the months that the tenant says', async () => {
    const before = await amounts(own);
    const { sweep } = await testApp();
    await atOffset(32 * DAY, () => sweep('time-bank/expire'));
    expect(await amounts(own)).to.deep.equal(before);
    await atOffset(400 * DAY, () => sweep('time-bank/expire'));
    expect(await amounts(own)).to.deep.equal([0, 0, 0]);
    expect((await standing(own)).data[0]).to.include({ what: 'bank-expire' });
    expect(await violations()).to.deep.equal([]);
  });

  it('has pages in both languages that work without JavaScript', async () => {
    await rules({ bankExpiryMonths: 0 });
    await served(giver);
    const page = await giver.page();
    for (const [language, word] of [
      ['zh-CN', '时间银行'],
      ['en', 'Time bank'],
    ] as const)
      for (const path of [
        '',
        '/gifts/new',
        '/donations/new',
        '/redemptions/new',
        '/relatives/new',
        '/account/closing',
      ]) {
        const shown = await page.get(`/time-bank${path}?lang=${language}`);
        expect(shown.status, path).to.equal(200);
        expect(shown.text).to.include(word);
      }
    const nothing = await page.post('/time-bank/donations', { hours: '', minutes: '', note: '' });
    expect([nothing.status, /aria-invalid="true"/.test(nothing.text)]).to.deep.equal([422, true]);
    const refused = await page.post('/time-bank/donations', { hours: '99', minutes: '0', note: '' });
    expect(refused.status).to.equal(422);
    expect(refused.text).to.include('Not enough time is saved');
    expect((await page.post('/time-bank/donations', { hours: '1', minutes: '', note: '' })).status).to.equal(
      303,
    );
    const deskPage = await desk.page();
    expect((await deskPage.get('/time-bank/pool-redemptions/new')).text).to.include('独居老人送餐');
    expect((await deskPage.get('/time-bank/desk')).status).to.equal(200);
    expect((await deskPage.get('/time-bank/closings/new?lang=zh-CN')).text).to.include('办理销户');
    const empty = await deskPage.post('/time-bank/closings', { number: '1', relative: '', reason: '' });
    expect([empty.status, /aria-invalid="true"/.test(empty.text)]).to.deep.equal([422, true]);
  });

  it('ends when its holder, or the desk for them, gives away what is saved, and may begin again', async () => {
    const closing = (agent: ApiAgent, body: object) => agent.post('/time-bank/account/closing', body);
    const errorsOf = (answer: { json<T>(): T }): unknown => answer.json<{ errors: object[] }>().errors;
    await rules({ bankCapHours: 0 });
    // What is set aside is called off first; an account goes to the pool or to a confirmed relative, and nowhere else.
    const { number } = (await standing(old)).account as { number: string };
    expect((await old.post('/time-bank/redemptions', { what: 'x', hours: 0, minutes: 1 })).status).to.equal(
      422,
    );
    await served(elder);
    const asked = await old.post('/time-bank/redemptions', { what: '买菜', hours: 1 });
    expect((await closing(old, { to: 'pool' })).json()).to.include({ code: 'redemptions-open' });
    const { id } = asked.json<{ id: string }>();
    const path = `/time-bank/redemptions/${id}`;
    const hoursId = await served(giver);
    expect((await api.post(`${path}/decision`, { verdict: 'confirmed', reason: 'x' })).status).to.equal(200);
    expect((await api.post(`${path}/settlement`, { hoursId, hours: 1 })).status).to.equal(200);
    expect(errorsOf(await closing(old, { to: id }))).to.deep.equal([{ path: 'to', code: 'not-a-relative' }]);
    const kin = (await standing(old)).relatives[0]?.id;
    const before = [await amounts(own), await amounts(old)].map(([saved = 0]) => saved);
    // Three at once: once.
    const answers = await Promise.all([1, 2, 3].map(() => closing(old, { to: kin })));
    expect(answers.filter(({ status }) => status === 200)).to.have.length(1);
    expect(await standing(old)).to.deep.include({ account: null, savedMinutes: 0 });
    expect((await amounts(own))[0]).to.equal((before[0] ?? 0) + (before[1] ?? 0));
    expect((await standing(old)).relatives.map(({ state }) => state)).to.deep.equal(['ended']);
    const { totalMinutes } = (await old.get('/hours')).json<{ totalMinutes: number }>();
    expect(totalMinutes).to.be.greaterThan(0);
    // Nothing is saved any more, and what comes back of before goes to the pool.
    await served(elder);
    expect(await amounts(old)).to.deep.equal([0, 0, 0]);
    const pool = async (): Promise<number> =>
      (await api.get('/time-bank/desk')).json<{ poolMinutes: number }>().poolMinutes;
    const inPool = await pool();
    const reversed = await byTwo(tenant, await second.api(), `/hours/${hoursId}/reversal`, {
      reason: '录错了',
    });
    expect(reversed.status, reversed.text).to.equal(200);
    expect(await pool()).to.equal(inPool + 60);
    expect(await violations()).to.deep.equal([]);
    // Opened again it is the same account; the desk ends it for somebody who cannot.
    expect((await old.post('/time-bank/account')).json()).to.include({ number });
    await served(elder);
    const ended = { number, relative: '', reason: '已迁往外地' };
    expect((await own.post('/time-bank/closings', ended)).status).to.equal(403);
    expect(errorsOf(await api.post('/time-bank/closings', { ...ended, number: '0000000000' }))).to.deep.equal(
      [{ path: 'number', code: 'no-such-account' }],
    );
    const { account } = await standing(own);
    expect(
      errorsOf(await api.post('/time-bank/closings', { ...ended, relative: account?.number })),
    ).to.deep.equal([{ path: 'relative', code: 'not-a-relative' }]);
    const closed = await byTwo(tenant, api, '/time-bank/closings', ended);
    expect(closed.status, closed.text).to.equal(200);
    expect(await pool()).to.equal(inPool + 60 + 121);
    const [mail] = await inTenant(tenant.id, () => OutboxModel.find({ kind: 'time-bank/closed' }).lean());
    expect(mail?.data).to.deep.equal({ reason: '已迁往外地' });
    // Nobody of the desk ends their own.
    const deskApi = await desk.api();
    await deskApi.post('/time-bank/account');
    const deskNumber = (await standing(deskApi)).account?.number;
    expect((await api.post('/time-bank/closings', { ...ended, number: deskNumber })).json()).to.include({
      code: 'not-your-own',
    });
    expect((await closing(deskApi, { to: 'pool' })).status).to.equal(200);
    expect(await violations()).to.deep.equal([]);
  });

  it('gives to the pool what people serve for a team, where the tenant says so', async () => {
    await rules({ bankTeams: true });
    const unitId = await createUnit(tenant);
    const pool = async (): Promise<number> =>
      (await api.get('/time-bank/desk')).json<{ poolMinutes: number }>().poolMinutes;
    const [saved, inPool] = [await amounts(own), await pool()];
    hoursAgo += 4;
    const hoursId = await createServed(tenant, giver, { hoursAgo, unitId });
    expect((await api.post(`/hours/${hoursId}/approve`)).status).to.equal(200);
    expect([await amounts(own), await pool()]).to.deep.equal([saved, inPool + 121]);
    const reversed = await byTwo(tenant, await second.api(), `/hours/${hoursId}/reversal`, {
      reason: '录错了',
    });
    expect(reversed.status, reversed.text).to.equal(200);
    expect([await amounts(own), await pool()]).to.deep.equal([saved, inPool]);
    expect(await violations()).to.deep.equal([]);
    await rules({ bankTeams: false });
  });

  it('is named by verify where its books were changed by hand', async () => {
    const tenantId = new Types.ObjectId(tenant.id);
    const planted = async (collection: string, filter: object, update: object, named: string) => {
      const rows = database().collection(collection);
      const row = await rows.findOne({ tenantId, ...filter });
      if (!row) throw new Error(`Nothing to plant in ${collection}`);
      await rows.updateOne({ _id: row._id }, update);
      expect((await violations()).join('\n')).to.include(named);
      await rows.replaceOne({ _id: row._id }, row);
    };
    await planted(
      'ledgerentries',
      { account: `bank:${giver.personId}` },
      { $inc: { minutes: -1_000_000 } },
      `bank:${giver.personId} holds -`,
    );
    await planted(
      'ledgerentries',
      { account: /^bank-hours:/, minutes: { $lt: 0 } },
      { $inc: { minutes: -7 } },
      'time-bank/earnings-follow-hours',
    );
    await planted(
      'timebankredemptions',
      { state: 'cancelled' },
      { $set: { state: 'confirmed' } },
      'is confirmed with 0 minutes set aside',
    );
    await planted(
      'timebankaccounts',
      { personId: new Types.ObjectId(giver.personId) },
      { $set: { closedAt: new Date() } },
      'time-bank/closed-hold-nothing',
    );
    await planted('timebankkinships', {}, { $set: { history: [] } }, 'went to no confirmed relative');
    expect(await violations()).to.deep.equal([]);
  });
});
