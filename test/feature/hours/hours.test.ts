import { expect } from 'chai';
import { LedgerAccountModel, LedgerEntryModel } from '../../../server/features/hours/ledger.model.ts';
import { unbalanced } from '../../../server/features/hours/ledger.rules.ts';
import { createServed, storedHours } from '../../factories/hours.ts';
import { createMember, createMembership, createTenant, inTenant, memberOf } from '../../factories/people.ts';
import { as } from '../../support/actor.ts';
import { testApp } from '../../support/app.ts';

describe('hours', function () {
  this.timeout(60_000);

  it('are recorded once after check-out, confirmed by another person, posted by double entry', async () => {
    const tenant = await createTenant();
    const volunteer = await createMember(tenant);
    const coordinator = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const id = await createServed(tenant, volunteer);
    const own = await volunteer.api();
    expect((await own.get(`/hours/${id}`)).json()).to.include({
      state: 'submitted',
      grade: 'device',
      recordedMinutes: 121,
    });
    expect((await coordinator.post(`/hours/${id}/approve`)).json()).to.include({ state: 'posted' });
    const entries = (await own.get('/hours/entries')).json<{ data: { minutes: number }[] }>().data;
    expect(entries.map(({ minutes }) => minutes)).to.deep.equal([121]);
    expect((await own.get('/hours')).json()).to.include({ totalMinutes: 121 });
    expect((await coordinator.post(`/hours/${id}/approve`)).status).to.equal(409);
  });

  it('are never confirmed by the person themselves, by any door', async () => {
    const tenant = await createTenant();
    const coordinator = await createMember(tenant, { roles: ['coordinator', 'reviewer'] });
    const id = await createServed(tenant, coordinator);
    const api = await coordinator.api();
    const page = await coordinator.page();
    await page.get(`/hours/${id}`);
    expect(page.last?.text).to.not.include(`/hours/${id}/approve`);
    expect((await api.post(`/hours/${id}/approve`)).json()['code']).to.equal('not-your-own');
    expect((await api.post(`/hours/${id}/reject`, { reason: 'x' })).json()['code']).to.equal('not-your-own');
    const refused = await page.post(`/hours/${id}/approve`);
    expect(refused.status).to.equal(403);
    expect(refused.text).to.include('不能为自己办理');
    const bulk = await api.post('/hours/approvals', { ids: [id] });
    expect(bulk.json<{ outcomes: { refusal: string }[] }>().outcomes[0]?.refusal).to.equal('not-your-own');
    expect((await api.get('/hours/queue')).json<{ data: object[] }>().data).to.deep.equal([]);
  });

  it('end in one legal state when approved, rejected and reversed at once', async () => {
    const { composed } = await testApp();
    const tenant = await createTenant();
    const volunteer = await createMember(tenant);
    const coordinators = await Promise.all(
      [1, 2, 3].map(() => createMember(tenant, { roles: ['coordinator', 'reviewer'] })),
    );
    for (let round = 0; round < 6; round += 1) {
      const id = await createServed(tenant, volunteer, { hoursAgo: 10 + round * 3 });
      const { hours } = composed.services;
      await Promise.allSettled([
        as(coordinators[0]!, (actor) => hours.approve(actor, id)),
        as(coordinators[1]!, (actor) => hours.approve(actor, id)),
        as(coordinators[2]!, (actor) => hours.reject(actor, id, 'race')),
        as(coordinators[0]!, (actor) => hours.reverse(actor, id, 'race')),
      ]);
    }
    await inTenant(tenant.id, async () => {
      const entries = await LedgerEntryModel.find({}).lean();
      expect(unbalanced(entries)).to.deep.equal([]);
      for (const account of await LedgerAccountModel.find({}).lean()) {
        const own = entries
          .filter((entry) => entry.account === account.account)
          .sort((a, b) => a.seq - b.seq);
        expect(own.map((entry) => entry.seq)).to.deep.equal(own.map((_entry, index) => index + 1));
        expect(own.reduce((sum, entry) => sum + entry.minutes, 0)).to.equal(account.minutes);
        own.forEach((entry, index) => expect(entry.previousHash).to.equal(own[index - 1]?.hash ?? ''));
        expect(own.at(-1)?.hash).to.equal(account.head);
      }
    });
  });

  it('may be logged for service nobody scheduled, once, in the past, as a member', async () => {
    const tenant = await createTenant();
    const person = await createMember(tenant);
    const api = await person.api();
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    const body = {
      name: '帮邻居修灯',
      date: yesterday,
      startTime: '08:00',
      endTime: '09:30',
      witness: '王阿姨',
    };
    const early = await api.post('/hours', body);
    expect(early.status).to.equal(422);
    expect(early.json<{ errors: { code: string }[] }>().errors[0]?.code).to.equal('before-membership');
    const future = await api.post('/hours', { ...body, date: '2999-01-01' });
    expect(future.json<{ errors: { code: string }[] }>().errors[0]?.code).to.equal('in-the-future');
    expect((await api.post('/hours', { ...body, witness: '' })).status).to.equal(422);
  });

  it('count each minute once when somebody runs from one shift straight to the next', async () => {
    const [tenant, other] = [await createTenant(), await createTenant()];
    const volunteer = await createMember(tenant);
    const there = memberOf(other, volunteer, await createMembership(other, volunteer));
    const noon = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 10 * 3_600_000;
    const at = (minutes: number): Date => new Date(noon + minutes * 60_000);
    // Checked in at the second place while still checked in at the first: both are attended, each minute counts once.
    const first = await createServed(tenant, volunteer, {
      startsAt: at(0),
      endsAt: at(60),
      cameAt: at(0),
      leftAt: at(64),
    });
    const second = await createServed(other, there, {
      startsAt: at(60),
      endsAt: at(120),
      cameAt: at(50),
      leftAt: at(120),
    });
    expect((await storedHours(tenant, first)).recordedMinutes).to.equal(64);
    expect(await storedHours(other, second)).to.deep.include({
      recordedMinutes: 56,
      notes: ['counted-elsewhere'],
    });
    for (const [place, id] of [
      [tenant, first],
      [other, second],
    ] as const) {
      const coordinator = await (await createMember(place, { roles: ['coordinator'] })).api();
      expect((await coordinator.post(`/hours/${id}/approve`)).json()).to.include({ state: 'posted' });
    }
  });

  it('of another tenant cannot be seen or confirmed', async () => {
    const [one, other] = [await createTenant(), await createTenant()];
    const volunteer = await createMember(one);
    const id = await createServed(one, volunteer);
    const stranger = await (await createMember(other, { roles: ['coordinator', 'auditor'] })).api();
    expect((await stranger.get(`/hours/${id}`)).status).to.equal(404);
    expect((await stranger.post(`/hours/${id}/approve`)).status).to.equal(404);
    const elsewhere = memberOf(other, volunteer, await createMembership(other, volunteer));
    expect((await (await elsewhere.api()).get(`/hours/${id}`)).status).to.equal(404);
  });
});
