import { expect } from 'chai';
import { createServed, storedHours } from '../../factories/hours.ts';
import { asOperator, createMember, createTenant, documentNumber, PASSWORD } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { PageAgent } from '../../support/agent.ts';
import type { ApiAgent } from '../../support/agent.ts';
import { testApp } from '../../support/app.ts';
import { AccountModel } from '../../../server/features/accounts/account.model.ts';
import { MembershipModel } from '../../../server/features/memberships/membership.model.ts';
import { PersonModel } from '../../../server/features/people/person.model.ts';
import { inTenant } from '../../factories/people.ts';
import { byTwo } from '../../factories/proposals.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { Types } from 'mongoose';

const DAY_MS = 86_400_000;
const NOBODY = { person: { identity: 'none' } } as const;
const localDay = (daysAgo: number): string =>
  new Date(Date.now() + 8 * 3_600_000 - daysAgo * DAY_MS).toISOString().slice(0, 10);
const served = (overrides: object = {}): object => ({
  name: '陪护老人',
  date: localDay(2),
  startTime: '08:00',
  endTime: '13:00',
  ...overrides,
});
const logged = (overrides: object = {}): object => served({ witness: '张三', ...overrides });
const entered = (overrides: object = {}): object =>
  served({ reason: '当天手机没电，签到表存于办公室', ...overrides });
const joinedLongAgo = (...members: Member[]): Promise<unknown> =>
  Promise.all(
    members.map(({ tenant, membershipId }) =>
      inTenant(tenant.id, () =>
        MembershipModel.updateOne(
          { _id: membershipId },
          { $set: { createdAt: new Date(Date.now() - 60 * DAY_MS) } },
        ),
      ),
    ),
  );
/** As if this member had the rights from that one. */
const grantedBy = (member: Member, granter: Member): Promise<unknown> =>
  inTenant(member.tenant.id, () =>
    MembershipModel.updateOne(
      { _id: member.membershipId },
      { $set: { 'grants.$[].grantedBy': new Types.ObjectId(granter.accountId) } },
    ),
  );
const seenByOperator = async (member: Member, number: string): Promise<void> => {
  const { identityDocuments } = (await testApp()).composed.services;
  await asOperator(() =>
    identityDocuments.verifyAsOperator(member.personId, { type: 'resident-id', number }),
  );
};
const ALL = ['coordinator', 'officer', 'reviewer', 'administrator'] as const;
const codeOf = (answer: { json<T>(): T }): unknown => answer.json<{ code?: string }>().code;

/** Somebody with every role, and more accounts of theirs with every role: what one human can make alone. */
async function oneHuman(tenant: Tenant, numbers: 'the same' | 'other ones'): Promise<Member[]> {
  const first = await createMember(tenant, { roles: ALL, ...NOBODY });
  const others = [
    await createMember(tenant, { roles: ALL, ...NOBODY }),
    await createMember(tenant, { roles: ALL, ...NOBODY }),
  ];
  const number = documentNumber();
  for (const member of [first, ...others]) {
    const stated = numbers === 'the same' ? number : documentNumber();
    await (await member.api()).post('/me/identity', { number: stated });
  }
  for (const member of others) await grantedBy(member, first);
  await joinedLongAgo(first, ...others);
  return [first, ...others];
}

/** Every way in which these accounts can try to have the record posted. */
async function tryAll(agents: readonly ApiAgent[], id: string): Promise<void> {
  for (const agent of agents) {
    await agent.post(`/hours/${id}/approve`);
    await agent.post('/hours/approvals', { ids: [id] });
    await agent.post(`/hours/${id}/review`, { verdict: 'approved', reason: '我看见了' });
  }
}

/** Own logs and back-entries of one human's accounts: held, shown to the auditor, on no certificate. */
async function expectHeld(numbers: 'the same' | 'other ones'): Promise<void> {
  const tenant = await createTenant();
  const accounts = await oneHuman(tenant, numbers);
  const agents = await Promise.all(accounts.map((member) => member.api()));
  const [buyer, seller] = [agents[1]!, agents[0]!];
  const ids: string[] = [];
  const log = await buyer.post('/hours', logged());
  expect(log.status).to.equal(201);
  ids.push(log.json<{ id: string }>().id);
  const entry = await seller.post(
    `/memberships/${accounts[1]!.membershipId}/back-entries`,
    entered({ date: localDay(3) }),
  );
  expect(entry.status).to.equal(201);
  ids.push(entry.json<{ id: string }>().id);
  // They vouch for each other, as far as they are let.
  for (const agent of agents)
    for (const { membershipId } of accounts)
      await agent.post(`/memberships/${membershipId}/identity`, { number: documentNumber() });
  const auditor = await createMember(tenant, { roles: ['auditor'] });
  const desk = await (await auditor.api()).get('/hours/held');
  for (const id of ids) {
    await tryAll(agents, id);
    expect((await storedHours(tenant, id)).state, id).to.equal('under_check');
    expect(desk.json<{ data: { id: string }[] }>().data.map((row) => row.id)).to.include(id);
  }
  const page = await (await auditor.page()).get('/hours/held');
  expect(page.text).to.include('没有第三人见证').and.to.include('补录');
  const issued = await buyer.post('/certificates', {
    from: localDay(30),
    to: localDay(0),
    locale: 'zh-CN',
  });
  expect(issued.status).to.equal(422);
}

describe('hours that are for sale', function () {
  this.timeout(120_000);

  it('are held while one human has all the accounts and one number', () => expectHeld('the same'));
  it('are held while one human has all the accounts and invents numbers', () => expectHeld('other ones'));

  it('are not proved by a code that the person can read at home, nor by their own other account', async () => {
    const tenant = await createTenant();
    const [first, second] = (await oneHuman(tenant, 'the same')) as [Member, Member];
    const id = await createServed(tenant, second);
    for (const agent of [await first.api(), await second.api()]) {
      await tryAll([agent], id);
      expect((await storedHours(tenant, id)).state).to.equal('under_check');
    }
    expect((await storedHours(tenant, id)).anomalies.map(({ code }) => code)).to.include(
      'unseen-and-unverified',
    );
  });

  it('are not seen by an account of which nobody knows whose it is, nor confirmed among such', async () => {
    const tenant = await createTenant();
    const humans = await oneHuman(tenant, 'other ones');
    const buyer = await createMember(tenant, NOBODY);
    const agents = await Promise.all(humans.map((member) => member.api()));
    const own = await buyer.api();
    await own.post('/me/identity', { number: documentNumber() });
    const ids = [
      await createServed(tenant, buyer, { seenBy: humans[0]!, hoursAgo: 10 }),
      await createServed(tenant, buyer, { kioskOf: humans[1]!, hoursAgo: 20 }),
      // The code that their own other account showed.
      await createServed(tenant, buyer, { hoursAgo: 30 }),
    ];
    const auditor = await (await createMember(tenant, { roles: ['auditor'] })).api();
    for (const id of ids) await tryAll(agents, id);
    const desk = (await auditor.get('/hours/held')).json<{ data: { id: string }[] }>();
    for (const id of ids) {
      expect((await storedHours(tenant, id)).state, id).to.equal('under_check');
      expect(desk.data.map((row) => row.id)).to.include(id);
    }
    expect((await own.post('/certificates', { scope: 'all' })).status).to.equal(422);
    // What somebody saw who is known, the same accounts may confirm; and who is known may confirm what was held.
    const witness = await createMember(tenant, { roles: ['coordinator'] });
    const seen = await createServed(tenant, buyer, { seenBy: witness, hoursAgo: 40 });
    expect((await agents[2]!.post(`/hours/${seen}/approve`)).json()).to.include({ state: 'posted' });
    const reviewer = await (await createMember(tenant, { roles: ['reviewer'] })).api();
    const review = { verdict: 'approved', reason: '已核对签到表' };
    expect((await reviewer.post(`/hours/${ids[0]}/review`, review)).json()).to.include({ state: 'posted' });
  });

  it('are held when only somebody vouches who shares a browser, a mailbox or a number with the person', async () => {
    const tenant = await createTenant();
    const seller = await createMember(tenant, {
      roles: ['coordinator', 'reviewer'],
      person: { phone: '13900000017' },
    });
    const desk = await seller.api();
    const [atHome, atOffice, family] = [
      await createMember(tenant, NOBODY),
      await createMember(tenant, NOBODY),
      await createMember(tenant, { person: { identity: 'none', phone: '+86 139 0000 0017' } }),
    ];
    const browser = new PageAgent();
    for (const { email } of [seller, atHome]) {
      await browser.get('/sign-in');
      expect((await browser.post('/sign-in', { email, password: PASSWORD })).status).to.equal(303);
      await browser.post('/sign-out', {});
    }
    await AccountModel.updateOne(
      { _id: atOffice.accountId },
      { $set: { emailKey: seller.email.replace('@', '+2@') } },
    );
    for (const buyer of [atHome, atOffice, family]) {
      const id = await createServed(tenant, buyer, { seenBy: seller });
      await tryAll([desk], id);
      const { state, anomalies } = await storedHours(tenant, id);
      expect([state, anomalies.map(({ code }) => code)]).to.deep.equal(['under_check', ['nobody-known']]);
    }
    // Somebody without such a tie goes the ordinary way.
    const stranger = await createServed(tenant, await createMember(tenant), { seenBy: seller });
    expect((await desk.post(`/hours/${stranger}/approve`)).json()).to.include({ state: 'posted' });
  });

  it('are shown to the auditor and on no certificate, when the number only says later who confirmed them', async () => {
    const tenant = await createTenant();
    const buyer = await createMember(tenant, { person: { identity: 'none', birthDate: null } });
    const seller = await createMember(tenant, { roles: ALL, person: { identity: 'none', birthDate: null } });
    await joinedLongAgo(buyer, seller);
    const number = documentNumber();
    const [own, other] = [await buyer.api(), await seller.api()];
    await seenByOperator(seller, number);
    const id = await createServed(tenant, buyer);
    expect((await other.post(`/hours/${id}/approve`)).json()).to.include({ state: 'posted' });
    expect((await own.post('/me/identity', { number })).status).to.equal(200);
    const issued = await own.post('/certificates', { scope: 'all' });
    expect([issued.status, codeOf(issued)]).to.deep.equal([409, 'confirmed-by-own-account']);
    const auditor = await createMember(tenant, { roles: ['auditor'] });
    const desk = (await (await auditor.api()).get('/hours/held')).json<{ data: { id: string }[] }>();
    expect(desk.data.map((row) => row.id)).to.deep.equal([id]);
    expect((await (await auditor.page()).get('/hours/held')).text).to.include('同一人的另一账号');
    // A reviewer takes them back; then there is nothing left to certify.
    const reviewer = await createMember(tenant, { roles: ['reviewer'] });
    const taken = await byTwo(tenant, await reviewer.api(), `/hours/${id}/reversal`, { reason: '本人确认' });
    expect(taken.status, taken.text).to.equal(200);
    expect((await own.post('/certificates', { scope: 'all' })).status).to.equal(422);
  });

  it('count when somebody independent has seen the person and another the hours', async () => {
    const tenant = await createTenant();
    const department = await createTenant();
    const number = documentNumber();
    const volunteer = await createMember(tenant, { person: { identity: 'none', birthDate: null } });
    const officer = await createMember(tenant, { roles: ['officer'] });
    const coordinator = await createMember(tenant, { roles: ['coordinator'] });
    const reviewer = await createMember(tenant, { roles: ['reviewer'] });
    expect(department.id).to.not.equal(tenant.id);
    await joinedLongAgo(volunteer, officer, coordinator, reviewer);
    const own = await volunteer.api();
    await own.post('/me/identity', { number });
    const held = (await own.post('/hours', logged())).json<{ id: string; state: string }>();
    expect(held.state).to.equal('under_check');
    expect(codeOf(await (await coordinator.api()).post(`/hours/${held.id}/approve`))).to.equal(
      'held-for-review',
    );
    const review = { verdict: 'approved', reason: '已向张三核实' };
    const desk = await reviewer.api();
    expect(codeOf(await desk.post(`/hours/${held.id}/review`, review))).to.equal('subject-not-verified');
    const seen = await (
      await officer.api()
    ).post(`/memberships/${volunteer.membershipId}/identity`, { number });
    expect(seen.status).to.equal(200);
    expect((await desk.post(`/hours/${held.id}/review`, review)).json()).to.include({ state: 'posted' });
    // Once it is known who that is, the ordinary way is enough.
    const next = (await own.post('/hours', logged({ date: localDay(4), endTime: '09:30' }))).json<{
      id: string;
      state: string;
    }>();
    expect(next.state).to.equal('submitted');
    const approved = await (await coordinator.api()).post(`/hours/${next.id}/approve`);
    expect(approved.json()).to.include({ state: 'posted' });
  });
});

describe('a back-entry', function () {
  this.timeout(60_000);

  it('needs a reason, another person than who typed it, and stays marked', async () => {
    const tenant = await createTenant();
    const volunteer = await createMember(tenant);
    const [typist, second] = [
      await createMember(tenant, { roles: ['coordinator'] }),
      await createMember(tenant, { roles: ['coordinator'] }),
    ];
    await joinedLongAgo(volunteer, typist, second);
    const path = `/memberships/${volunteer.membershipId}/back-entries`;
    const api = await typist.api();
    expect((await api.post(path, entered({ reason: 'x' }))).status).to.equal(422);
    const own = `/memberships/${typist.membershipId}/back-entries`;
    expect(codeOf(await api.post(own, entered()))).to.equal('not-your-own');
    const made = (await api.post(path, entered())).json<{ id: string; state: string; grade: string }>();
    expect(made).to.include({ state: 'submitted', grade: 'back-entry' });
    expect(codeOf(await api.post(`/hours/${made.id}/approve`))).to.equal('entered-by-yourself');
    expect((await (await second.api()).post(`/hours/${made.id}/approve`)).json()).to.include({
      state: 'posted',
      grade: 'back-entry',
    });
    const page = await (await volunteer.page()).get(`/hours/${made.id}`);
    expect(page.text).to.include('补录：当天手机没电');
    // The same stretch is not entered twice.
    expect((await api.post(path, entered())).status).to.equal(422);
  });

  it('is not confirmed beyond the quota of a month, nor by a right that came from who typed it', async () => {
    const tenant = await createTenant();
    const volunteer = await createMember(tenant);
    const typist = await createMember(tenant, { roles: ['coordinator'] });
    const given = await createMember(tenant, { roles: ['coordinator'] });
    await joinedLongAgo(volunteer, typist, given);
    await grantedBy(given, typist);
    const path = `/memberships/${volunteer.membershipId}/back-entries`;
    const { id } = (await (await typist.api()).post(path, entered())).json<{ id: string }>();
    expect(codeOf(await (await given.api()).post(`/hours/${id}/approve`))).to.equal('authority-too-new');
    const free = await createMember(tenant, { roles: ['coordinator'] });
    const { TenantModel } = await import('../../../server/features/tenants/tenant.model.ts');
    const quota = (value: number): Promise<unknown> =>
      inTenant(tenant.id, () =>
        TenantModel.updateOne({ _id: tenant.id }, { $set: { 'settings.backEntryQuota': value } }),
      );
    await quota(0);
    expect(codeOf(await (await free.api()).post(`/hours/${id}/approve`))).to.equal('back-entry-quota');
    await quota(1);
    expect((await (await free.api()).post(`/hours/${id}/approve`)).json()).to.include({ state: 'posted' });
  });
});

describe('an entry of a newcomer', () => {
  it('is held minutes after they came', async () => {
    const tenant = await createTenant();
    const member = await createMember(tenant);
    await joinedLongAgo(member);
    await PersonModel.updateOne({ _id: member.personId }, { $set: { createdAt: new Date() } });
    const held = (await (await member.api()).post('/hours', logged())).json<{
      state: string;
      anomalies: { code: string }[];
    }>();
    expect(held.state).to.equal('under_check');
    expect(held.anomalies.map(({ code }) => code)).to.deep.equal(['fresh-account']);
  });
});
