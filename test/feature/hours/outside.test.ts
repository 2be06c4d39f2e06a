import { expect } from 'chai';
import { createServed, storedHours } from '../../factories/hours.ts';
import { createMember, createTenant, createTwice, documentNumber } from '../../factories/people.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { atOffset } from '../../support/app.ts';

const DAY = 86_400_000;
const NOBODY = { person: { identity: 'none', birthDate: null } } as const;
const codeOf = (answer: { json<T>(): T }): unknown => answer.json<{ code?: string }>().code;
const idsOf = (answer: { json<T>(): T }): string[] =>
  answer.json<{ data: { id: string }[] }>().data.map(({ id }) => id);
const saw = { verdict: 'approved', reason: '已核对签到表' };

describe('hours of which one alone says that they are true', function () {
  this.timeout(60_000);
  let tenant: Tenant;
  before(async () => {
    tenant = await createTenant();
  });

  it('are held while only their confirmer noted the coming and knows who the person is', async () => {
    const seller = await createMember(tenant, { roles: ['coordinator', 'reviewer', 'officer'] });
    const buyer = await createMember(tenant, NOBODY);
    const [desk, own] = [await seller.api(), await buyer.api()];
    const number = documentNumber();
    await own.post('/me/identity', { number });
    // The seller has seen the document, they say.
    const vouched = await desk.post(`/memberships/${buyer.membershipId}/identity`, { number });
    expect(vouched.status, vouched.text).to.equal(200);
    const id = await createServed(tenant, buyer, { seenBy: seller });
    const bulk = await desk.post('/hours/approvals', { ids: [id] });
    expect(bulk.json<{ outcomes: object[] }>().outcomes).to.deep.equal([{ id, refusal: 'held-for-review' }]);
    expect((await storedHours(tenant, id)).anomalies.map(({ code }) => code)).to.deep.equal(['sole-witness']);
    expect(codeOf(await desk.post(`/hours/${id}/review`, saw))).to.equal('sole-witness');
    expect((await own.post('/certificates', { scope: 'all' })).status).to.equal(422);
    const auditor = await createMember(tenant, { roles: ['auditor'] });
    expect(idsOf(await (await auditor.api()).get('/hours/held'))).to.include(id);
    expect((await (await auditor.page()).get(`/hours/${id}`)).text).to.include('就是登记到场的人');
    const reviewer = await (await createMember(tenant, { roles: ['reviewer'] })).api();
    expect((await reviewer.post(`/hours/${id}/review`, saw)).json()).to.include({ state: 'posted' });
  });

  it('are contested, once held, before another reviewer, not before the desk nor another account of who refused', async () => {
    const [first, again] = await Promise.all(
      (await createTwice(tenant, ['reviewer', 'coordinator'])).map((member) => member.api()),
    );
    const desk = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const reviewer = await (await createMember(tenant, { roles: ['reviewer'] })).api();
    const seller = await createMember(tenant, { roles: ['coordinator'] });
    const buyer = await createMember(tenant, NOBODY);
    await (await buyer.api()).post('/me/identity', { number: documentNumber() });
    const id = await createServed(tenant, buyer, { seenBy: seller, hoursAgo: 30 });
    await (await seller.api()).post(`/hours/${id}/approve`);
    await first!.post(`/hours/${id}/review`, { verdict: 'rejected', reason: '无人见到' });
    const contested = await (await buyer.api()).post(`/hours/${id}/appeal`, { reason: '我在现场' });
    expect(contested.json()).to.include({ state: 'appealed' });
    expect(codeOf(await desk.post(`/hours/${id}/approve`))).to.equal('held-for-review');
    expect(codeOf(await desk.post(`/hours/${id}/reject`, { reason: 'x' }))).to.equal('held-for-review');
    expect(idsOf(await desk.get('/hours/queue'))).to.not.include(id);
    for (const agent of [first!, again!])
      for (const verdict of ['approved', 'rejected'])
        expect(codeOf(await agent.post(`/hours/${id}/review`, { verdict, reason: 'x' }))).to.equal(
          'appeal-needs-another',
        );
    expect(idsOf(await reviewer.get('/hours/held'))).to.include(id);
    expect((await reviewer.post(`/hours/${id}/review`, saw)).json()).to.include({ state: 'posted' });
    // What was never held is answered by the desk; by no other account of who refused.
    const plain = await createMember(tenant);
    const other = await createServed(tenant, plain, { hoursAgo: 50 });
    await first!.post(`/hours/${other}/reject`, { reason: '名单上没有' });
    await (await plain.api()).post(`/hours/${other}/appeal`, { reason: '我在' });
    for (const [verb, body] of [
      ['approve', {}],
      ['reject', { reason: 'x' }],
    ] as const)
      expect(codeOf(await again!.post(`/hours/${other}/${verb}`, body))).to.equal('appeal-needs-another');
    expect((await desk.post(`/hours/${other}/approve`)).json()).to.include({ state: 'posted' });
  });

  it('are not let by at the review by whom the volunteer named as the only witness', async () => {
    const reviewer = await createMember(tenant, { roles: ['reviewer'] });
    const volunteer = await createMember(tenant, NOBODY);
    await atOffset(2 * DAY, async () => {
      const date = new Date(Date.now() + 8 * 3_600_000 + DAY).toISOString().slice(0, 10);
      const entry = {
        name: '陪诊',
        date,
        startTime: '08:00',
        endTime: '10:00',
        witness: ` ${reviewer.name} `,
      };
      const logged = (await (await volunteer.api()).post('/hours', entry)).json<{
        id: string;
        state: string;
      }>();
      expect(logged).to.include({ state: 'under_check' });
      const answer = await (await reviewer.api()).post(`/hours/${logged.id}/review`, saw);
      expect(codeOf(answer)).to.equal('sole-witness');
    });
  });
});
