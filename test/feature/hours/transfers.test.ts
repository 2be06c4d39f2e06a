import { expect } from 'chai';
import { Types } from 'mongoose';
import { database } from '../../../server/db/connect.ts';
import { OutboxModel } from '../../../server/db/outbox.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { createServed, repeatPosted } from '../../factories/hours.ts';
import { createMember, createMembership, createTenant, inTenant, memberOf } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { byTwo } from '../../factories/proposals.ts';
import type { ApiAgent } from '../../support/agent.ts';
import { PageAgent } from '../../support/agent.ts';
import { testApp } from '../../support/app.ts';
import { watchViolations } from '../../support/violations.ts';

interface Transfer {
  id: string;
  state: string;
  minutes: number | null;
}

describe('hours that somebody takes along', function () {
  this.timeout(120_000);
  let old: Tenant;
  let next: Tenant;
  let third: Tenant;
  let mover: ApiAgent;
  let there: ApiAgent;
  let desk: ApiAgent;
  let newDesk: ApiAgent;
  let member: Member;
  let arrived: Member;
  const records: string[] = [];
  let code = '';
  let deskId = '';
  let newDeskId = '';

  before(async () => {
    await broken.note();
    old = await createTenant({ name: { 'zh-CN': '旧河社区', en: 'Old River' } });
    next = await createTenant({ name: { 'zh-CN': '新桥社区', en: 'New Bridge' } });
    third = await createTenant();
    member = await createMember(old, { person: { name: '林远' } });
    arrived = memberOf(next, member, await createMembership(next, member));
    [mover, there] = [await member.api(), await arrived.api()];
    const roles = ['coordinator', 'reviewer'] as const;
    const [here, far] = [await createMember(old, { roles }), await createMember(next, { roles })];
    [desk, newDesk] = [await here.api(), await far.api()];
    [deskId, newDeskId] = [here.accountId, far.accountId];
    for (const hoursAgo of [9, 40]) {
      const id = await createServed(old, member, { hoursAgo });
      expect((await desk.post(`/hours/${id}/approve`)).status).to.equal(200);
      records.push(id);
    }
    const from = `${new Date().getUTCFullYear() - 1}-01-01`;
    const to = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
    const issued = await mover.post('/certificates', { from, to });
    expect(issued.status, issued.text).to.equal(201);
    ({ code } = issued.json<{ code: string }>());
  });

  const broken = watchViolations(/^(hours|certificates|time-bank)\//);
  const total = async (agent: ApiAgent): Promise<number> =>
    (await agent.get('/hours')).json<{ totalMinutes: number }>().totalMinutes;
  const standing = async (): Promise<string> =>
    (await new PageAgent().get(`/certificates/verify/${code}?lang=en`)).text;
  const yes = { verdict: 'yes', reason: '已核对' };
  /** State and reader of what the outbox was given, in order. */
  const mails = async ({ id }: Tenant, kind: string): Promise<string[]> =>
    (await inTenant(id, () => OutboxModel.find({ kind }).sort({ _id: 1 }).lean())).map(({ data }) =>
      [data['state'], data['accountId']].filter(Boolean).join(' '),
    );

  it('go when the old organisation confirmed and the new one accepted, and say who recorded them', async () => {
    const ask = (tenantId: string) => mover.post('/hours/transfers', { tenantId });
    expect((await ask(third.id)).json<{ errors: object[] }>().errors).to.deep.equal([
      { path: 'tenantId', code: 'not-an-option' },
    ]);
    const asked = await ask(next.id);
    expect(asked.status, asked.text).to.equal(201);
    const { id } = asked.json<Transfer>();
    expect((await ask(next.id)).json<{ errors: object[] }>().errors).to.deep.equal([
      { path: 'tenantId', code: 'transfer-under-way' },
    ]);
    expect((await mover.post(`/hours/transfers/${id}/decision`, yes)).status).to.equal(403);
    // Nobody there hears of it before it is confirmed here.
    expect((await newDesk.get('/hours/transfers/desk')).json<{ data: object[] }>().data).to.deep.equal([]);
    expect((await newDesk.post(`/hours/transfers/${id}/decision`, yes)).status).to.equal(404);
    expect((await desk.post(`/hours/transfers/${id}/decision`, yes)).json()).to.include({
      state: 'confirmed',
    });
    const [offered] = (await newDesk.get('/hours/transfers/desk')).json<{ data: Transfer[] }>().data;
    expect(offered).to.include({ state: 'offered' });
    // Three at once: they come once.
    const answers = await Promise.all(
      [1, 2, 3].map(() => newDesk.post(`/hours/transfers/${offered?.id}/decision`, yes)),
    );
    expect(answers.filter(({ status }) => status === 200)).to.have.length(1);
    expect([await total(mover), await total(there)]).to.deep.equal([0, 242]);
    // Each desk was asked by mail, the person told of both decisions; what was overtaken is not sent any more.
    expect(await mails(old, 'hours/transfer-asked')).to.deep.equal([`requested ${deskId}`]);
    expect(await mails(next, 'hours/transfer-asked')).to.deep.equal([`offered ${newDeskId}`]);
    expect(await mails(old, 'hours/transfer-decided')).to.deep.equal(['confirmed', 'done']);
    await (await testApp()).sweep('messages/deliver');
    const sent = await inTenant(old.id, () =>
      OutboxModel.find({ kind: /transfer/ })
        .sort({ _id: 1 })
        .lean(),
    );
    expect(sent.map(({ state }) => state)).to.deep.equal(['dropped', 'dropped', 'sent']);
    const { data } = (await there.get('/hours')).json<{
      data: { id: string; state: string; recordedBy: object }[];
    }>();
    expect(data.map(({ state }) => state)).to.deep.equal(['posted', 'posted']);
    expect(data[0]?.recordedBy).to.deep.equal({ 'zh-CN': '旧河社区', en: 'Old River' });
    const browser = await arrived.page();
    await browser.get('/');
    await browser.post('/session/membership', { membershipId: arrived.membershipId });
    const page = await browser.get(`/hours/${data[0]?.id}?lang=zh-CN`);
    expect(page.text).to.include('由旧河社区记录并确认');
    expect(await broken.found()).to.deep.equal([]);
    // What was certified before is true as ever; nothing new is certified where the hours are no more.
    expect(await standing()).to.include('This certificate is genuine and still holds');
    expect((await mover.post('/certificates', { scope: 'all' })).status).to.equal(422);
  });

  it('stand on certificates of the new organisation with their origin', async () => {
    const issued = await there.post('/certificates', { scope: 'all' });
    expect(issued.status, issued.text).to.equal(201);
    const { id } = issued.json<{ id: string }>();
    const signed = await there.get(`/certificates/${id}/statement`);
    const text = signed.status === 200 ? signed.text : '';
    const stored = await database()
      .collection('certificates')
      .findOne({ _id: new Types.ObjectId(id) });
    expect(text || String(stored?.['signedJson'])).to.include('"origin":"旧河社区"');
    expect(await broken.found()).to.deep.equal([]);
  });

  it('are taken back where they were recorded, and so wherever they went', async () => {
    const { data } = (await there.get('/hours')).json<{ data: { id: string }[] }>();
    expect((await newDesk.post(`/hours/${data[0]?.id}/reversal`, { reason: 'x' })).json()).to.include({
      code: 'reverse-at-origin',
    });
    // On to a third organisation first: the origin stays, and the way back is followed.
    const last = await memberOf(third, member, await createMembership(third, member)).api();
    const thirdDesk = await (await createMember(third, { roles: ['reviewer'] })).api();
    const { id } = (await there.post('/hours/transfers', { tenantId: third.id })).json<Transfer>();
    expect((await newDesk.post(`/hours/transfers/${id}/decision`, yes)).status).to.equal(200);
    const [offered] = (await thirdDesk.get('/hours/transfers/desk')).json<{ data: Transfer[] }>().data;
    const done = await thirdDesk.post(`/hours/transfers/${offered?.id}/decision`, yes);
    expect(done.json(), done.text).to.include({ state: 'done', minutes: 242 });
    const reversed = await byTwo(old, desk, `/hours/${records[0]}/reversal`, { reason: '录错了' });
    expect(reversed.status, reversed.text).to.equal(200);
    expect([await total(mover), await total(there), await total(last)]).to.deep.equal([0, 0, 121]);
    expect((await desk.post(`/hours/${records[0]}/reversal`, { reason: 'x' })).status).to.equal(409);
    expect(await standing()).to.not.include('This certificate is genuine and still holds');
    expect(await broken.found()).to.deep.equal([]);
  });

  it('may be declined or withdrawn, and then stay', async () => {
    const other = await createMember(old);
    await createMembership(next, other);
    const own = await other.api();
    const hoursId = await createServed(old, other);
    await desk.post(`/hours/${hoursId}/approve`);
    const { id } = (await own.post('/hours/transfers', { tenantId: next.id })).json<Transfer>();
    await desk.post(`/hours/transfers/${id}/decision`, yes);
    const { data } = (await newDesk.get('/hours/transfers/desk')).json<{ data: Transfer[] }>();
    const offer = data.find(({ state }) => state === 'offered');
    const no = { verdict: 'no', reason: '名额已满' };
    expect((await newDesk.post(`/hours/transfers/${offer?.id}/decision`, no)).status).to.equal(200);
    expect((await own.get('/hours/transfers')).json<{ data: Transfer[] }>().data[0]).to.include({
      state: 'declined',
      reason: no.reason,
    });
    expect((await (await other.page()).get('/hours/transfers')).text).to.include(no.reason);
    const again = (await own.post('/hours/transfers', { tenantId: next.id })).json<Transfer>();
    await desk.post(`/hours/transfers/${again.id}/decision`, yes);
    expect((await own.post(`/hours/transfers/${again.id}/withdrawal`)).json()).to.include({
      state: 'withdrawn',
    });
    expect(await total(own)).to.equal(121);
    for (const [agent, path] of [
      [await member.page(), '/hours/transfers'],
      [await arrived.page(), '/hours/transfers'],
    ] as const)
      for (const language of ['zh-CN', 'en'])
        expect((await agent.get(`${path}?lang=${language}`)).status).to.equal(200);
    expect(await broken.found()).to.deep.equal([]);
  });

  it('are named by verify where one of the two books was changed by hand', async () => {
    const plant = async (collection: string, filter: object, update: object, named: string) => {
      const rows = database().collection(collection);
      const row = await rows.findOne(filter);
      if (!row) throw new Error(`Nothing to plant in ${collection}`);
      await rows.updateOne({ _id: row._id }, update);
      expect((await broken.found()).join('\n')).to.include(named);
      await rows.replaceOne({ _id: row._id }, row);
    };
    const tenantId = new Types.ObjectId(next.id);
    await plant(
      'ledgerentries',
      { tenantId, account: /^transfer:/ },
      { $inc: { minutes: 5 } },
      'over both organisations',
    );
    await plant(
      'hoursrecords',
      { tenantId: new Types.ObjectId(third.id), state: 'posted' },
      { $set: { state: 'reversed' } },
      'was when it went',
    );
    expect(await broken.found()).to.deep.equal([]);
  });

  it('go by pieces when they are very many, and are done once', async () => {
    const one = await createMember(old, { person: { name: '许多' } });
    const gone = memberOf(next, one, await createMembership(next, one));
    const [agent, arrivedAgent] = [await one.api(), await gone.api()];
    const id = await createServed(old, one);
    expect((await desk.post(`/hours/${id}/approve`)).status).to.equal(200);
    await repeatPosted(old, id, 109);
    const { id: asked } = (await agent.post('/hours/transfers', { tenantId: next.id })).json<Transfer>();
    expect((await desk.post(`/hours/transfers/${asked}/decision`, yes)).status).to.equal(200);
    const { data } = (await newDesk.get('/hours/transfers/desk')).json<{ data: Transfer[] }>();
    const offer = data.find(({ state }) => state === 'offered');
    const began = await newDesk.post(`/hours/transfers/${offer?.id}/decision`, yes);
    expect(began.json()).to.include({ state: 'moving', wanted: 110, records: 100 });
    // Both organisations and the person see how far it is, and both ledgers hold meanwhile.
    const [own] = (await agent.get('/hours/transfers')).json<{ data: Transfer[] }>().data;
    expect(own).to.include({ state: 'moving', wanted: 110, records: 100 });
    expect([await total(agent), await total(arrivedAgent)]).to.deep.equal([10 * 121, 100 * 121]);
    expect(await broken.found()).to.deep.equal([]);
    const { transfers } = (await testApp()).composed.services;
    // Two workers at once carry each piece over once.
    await Promise.allSettled([1, 2].map(() => inTenant(next.id, () => transfers.goOn(String(offer?.id)))));
    await (await testApp()).sweep('hours/move');
    expect([await total(agent), await total(arrivedAgent)]).to.deep.equal([0, 110 * 121]);
    const [done] = (await agent.get('/hours/transfers')).json<{ data: Transfer[] }>().data;
    expect(done).to.include({ state: 'done', records: 110, minutes: 110 * 121 });
    expect(await broken.found()).to.deep.equal([]);
  });
});
