import { expect } from 'chai';
import { Types } from 'mongoose';
import { HoursModel } from '../../../server/features/hours/hours.model.ts';
import { MembershipModel } from '../../../server/features/memberships/membership.model.ts';
import { TenantModel } from '../../../server/features/tenants/tenant.model.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { createServed } from '../../factories/hours.ts';
import {
  asOperator,
  createMember,
  createMembership,
  createTenant,
  createTwice,
  inTenant,
  memberOf,
} from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { byTwo, createSecond } from '../../factories/proposals.ts';
import type { Answer, ApiAgent } from '../../support/agent.ts';
import { watchViolations } from '../../support/violations.ts';

const DAY_MS = 86_400_000;
const localDay = (daysAgo: number): string =>
  new Date(Date.now() + 8 * 3_600_000 - daysAgo * DAY_MS).toISOString().slice(0, 10);
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
const settings = (tenant: Tenant, set: object): Promise<unknown> =>
  asOperator(() =>
    TenantModel.updateOne(
      { _id: new Types.ObjectId(tenant.id) },
      { $set: Object.fromEntries(Object.entries(set).map(([name, value]) => [`settings.${name}`, value])) },
    ),
  );
const idOf = (answer: Answer): string => {
  expect(answer.status, answer.text).to.be.within(200, 201);
  return answer.json<{ id: string }>().id;
};

/** What somebody tries who has several accounts, knows every door, and presses at the very same moment. */
describe('hours under attack', function () {
  this.timeout(180_000);
  const broken = watchViolations(/^(hours|time-bank)\//);
  before(() => broken.note());
  afterEach(async () => expect(await broken.found()).to.deep.equal([]));

  const confirmedAfterwards = (tenant: Tenant): Promise<number> =>
    inTenant(tenant.id, () =>
      HoursModel.countDocuments({ grade: 'back-entry', postedAt: { $ne: null } } as never),
    );
  /** Service of so many members, each entered afterwards. */
  async function entered(tenant: Tenant, typist: Member, count: number): Promise<string[]> {
    const api = await typist.api();
    const ids: string[] = [];
    for (let at = 0; at < count; at += 1) {
      const volunteer = await createMember(tenant);
      await joinedLongAgo(volunteer);
      const body = {
        ...{ name: '陪护老人', date: localDay(2), startTime: '08:00', endTime: '09:00' },
        reason: '当天手机没电，签到表存于办公室',
      };
      ids.push(idOf(await api.post(`/memberships/${volunteer.membershipId}/back-entries`, body)));
    }
    return ids;
  }

  it('keep the quota of back-entries under twenty confirmations at once', async () => {
    const tenant = await createTenant();
    await settings(tenant, { backEntryQuota: 3 });
    const typist = await createMember(tenant, { roles: ['coordinator'] });
    const approver = await createMember(tenant, { roles: ['coordinator'] });
    await joinedLongAgo(typist, approver);
    const ids = await entered(tenant, typist, 20);
    const api = await approver.api();
    const answers = await Promise.all(ids.map((id) => api.post(`/hours/${id}/approve`)));
    const posted = answers.filter(({ status }) => status === 200);
    expect(posted.length, answers.map(({ status }) => status).join()).to.equal(3);
    expect(await confirmedAfterwards(tenant)).to.equal(3);
    for (const id of ids) await api.post(`/hours/${id}/approve`);
    expect(await confirmedAfterwards(tenant)).to.equal(3);
  });

  it('keep it for one human with two accounts, and after what was confirmed is taken back', async () => {
    const tenant = await createTenant();
    await settings(tenant, { backEntryQuota: 2 });
    const typist = await createMember(tenant, { roles: ['coordinator'] });
    const [first, second] = await createTwice(tenant, ['coordinator']);
    await joinedLongAgo(typist, first, second);
    const ids = await entered(tenant, typist, 4);
    const [one, other] = [await first.api(), await second.api()];
    const answers = await Promise.all(
      ids.flatMap((id, at) => [(at % 2 === 0 ? one : other).post(`/hours/${id}/approve`)]),
    );
    expect(answers.filter(({ status }) => status === 200).length).to.equal(2);
    const posted = ids.filter((_id, at) => answers[at]?.status === 200);
    const reviewer = await (await createMember(tenant, { roles: ['reviewer'] })).api();
    const reversed = await byTwo(tenant, reviewer, `/hours/${posted[0]}/reversal`, { reason: '录错了' });
    expect(reversed.status, reversed.text).to.equal(200);
    for (const id of ids) for (const api of [one, other]) await api.post(`/hours/${id}/approve`);
    expect(await confirmedAfterwards(tenant)).to.equal(2);
  });

  interface Bank {
    tenant: Tenant;
    elder: ApiAgent;
    desk: ApiAgent;
    deskOf: Member;
  }
  /** An elder who has saved two hours. */
  async function bank(): Promise<Bank> {
    const tenant = await createTenant();
    await settings(tenant, { timeBank: true, bankRedeemFromAge: 0 });
    const person = await createMember(tenant);
    const deskOf = await createMember(tenant, { roles: ['coordinator', 'reviewer'] });
    const [elder, desk] = [await person.api(), await deskOf.api()];
    await elder.post('/time-bank/account');
    const id = await createServed(tenant, person, { hoursAgo: 50 });
    expect((await desk.post(`/hours/${id}/approve`)).status).to.equal(200);
    return { tenant, elder, desk, deskOf };
  }
  async function taken({ elder, desk }: Bank): Promise<string> {
    const id = idOf(await elder.post('/time-bank/redemptions', { what: '陪同就医', hours: 1 }));
    expect(
      (await desk.post(`/time-bank/redemptions/${id}/decision`, { verdict: 'confirmed', reason: 'x' }))
        .status,
    ).to.equal(200);
    return `/time-bank/redemptions/${id}`;
  }
  const saved = async (api: ApiAgent): Promise<number> =>
    (await api.get('/time-bank')).json<{ savedMinutes: number }>().savedMinutes;

  it('spend no minute twice, whatever is asked of an account at once', async () => {
    const { elder } = await bank();
    const asked = Array.from({ length: 6 }, (_none, at) => [
      elder.post('/time-bank/donations', { hours: 1, note: String(at) }),
      elder.post('/time-bank/redemptions', { what: `陪同就医${at}`, hours: 1 }),
    ]).flat();
    const done = (await Promise.all(asked)).filter(({ status }) => status === 201);
    expect(done.length).to.equal(2);
    const { savedMinutes, owedMinutes } = (await elder.get('/time-bank')).json<{
      savedMinutes: number;
      owedMinutes: number;
    }>();
    expect([savedMinutes, owedMinutes]).to.deep.equal([1, 0]);
  });

  it('save no more than the limit, whoever gives and whatever is earned at once', async () => {
    const place = await bank();
    const { tenant, elder, desk } = place;
    const { number } = (await elder.get('/time-bank')).json<{ account: { number: string } }>().account;
    const givers: { api: ApiAgent; kinshipId: string }[] = [];
    for (let at = 0; at < 3; at += 1) {
      const giver = await createMember(tenant);
      const api = await giver.api();
      await api.post('/time-bank/account');
      const hoursId = await createServed(tenant, giver, { hoursAgo: 9 });
      expect((await desk.post(`/hours/${hoursId}/approve`)).status).to.equal(200);
      const kinshipId = idOf(await api.post('/time-bank/relatives', { number, relation: 'parent' }));
      const verdict = { verdict: 'confirmed', reason: '已查看户口簿' };
      idOf(await desk.post(`/time-bank/relatives/${kinshipId}/decision`, verdict));
      givers.push({ api, kinshipId });
    }
    await settings(tenant, { bankCapHours: 4 });
    await Promise.all(
      givers.map(({ api, kinshipId }) => api.post('/time-bank/gifts', { kinshipId, hours: 1, minutes: 30 })),
    );
    // 121 and one gift of 90 fit below 240; whatever would go beyond is refused.
    expect(await saved(elder)).to.equal(211);
  });

  it('leave nothing spent on hours that are taken back at the very moment they are settled', async () => {
    for (let round = 0; round < 4; round += 1) {
      const place = await bank();
      const { tenant, elder, desk } = place;
      const path = await taken(place);
      const provider = await createMember(tenant);
      const hoursId = await createServed(tenant, provider);
      expect((await desk.post(`/hours/${hoursId}/approve`)).status).to.equal(200);
      const second = await createSecond(tenant);
      const proposal = idOf(await desk.post(`/hours/${hoursId}/reversal`, { reason: '录错了' }));
      const [settled, reversed] = await Promise.all([
        desk.post(`${path}/settlement`, { hoursId, hours: 1 }),
        second.post(`/proposals/${proposal}/confirmation`),
      ]);
      expect(reversed.status, reversed.text).to.equal(200);
      const { state } = (await elder.get(path)).json<{ state: string }>();
      expect(state, `settlement answered ${settled.status}`).to.equal(
        settled.status === 200 ? 'refunded' : 'confirmed',
      );
      expect(await saved(elder)).to.equal(state === 'refunded' ? 121 : 61);
    }
  });

  it('give back what was spent on hours that somebody had brought along, when their origin takes them back', async () => {
    const place = await bank();
    const { tenant, elder, desk } = place;
    const old = await createTenant();
    const member = await createMember(old);
    const arrived = memberOf(tenant, member, await createMembership(tenant, member));
    const oldDesk = await (await createMember(old, { roles: ['coordinator', 'reviewer'] })).api();
    const origin = await createServed(old, member, { hoursAgo: 9 });
    expect((await oldDesk.post(`/hours/${origin}/approve`)).status).to.equal(200);
    const yes = { verdict: 'yes', reason: '已核对' };
    const transfer = idOf(await (await member.api()).post('/hours/transfers', { tenantId: tenant.id }));
    expect((await oldDesk.post(`/hours/transfers/${transfer}/decision`, yes)).status).to.equal(200);
    const [offered] = (await desk.get('/hours/transfers/desk')).json<{ data: { id: string }[] }>().data;
    expect((await desk.post(`/hours/transfers/${offered?.id}/decision`, yes)).status).to.equal(200);
    const [copy] = (await (await arrived.api()).get('/hours')).json<{ data: { id: string }[] }>().data;
    const path = await taken(place);
    const settled = await desk.post(`${path}/settlement`, { hoursId: copy?.id ?? '', hours: 1 });
    expect(settled.status, settled.text).to.equal(200);
    const reversed = await byTwo(old, oldDesk, `/hours/${origin}/reversal`, { reason: '录错了' });
    expect(reversed.status, reversed.text).to.equal(200);
    expect((await elder.get(path)).json()).to.include({ state: 'refunded' });
    expect(await saved(elder)).to.equal(121);
  });
});
