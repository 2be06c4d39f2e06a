import { expect } from 'chai';
import { MembershipModel } from '../../../server/features/memberships/membership.model.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { createServed } from '../../factories/hours.ts';
import { createMember, createTenant, createUnit, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { byTwo } from '../../factories/proposals.ts';

interface Standing {
  year: number;
  minutes: number;
  missingMinutes: number;
  activities: number;
  missingActivities: number;
  met: boolean;
}
type Row = Standing & { membershipId: string; personName: string; joinedOn: string | null };
interface Below {
  data: Row[];
  nextCursor: string | null;
  looked: number;
  years: number[];
}

const YEAR = Number(new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 4));
/** Noon of a January day here: a day of the year whatever the time at which tests run. */
const inJanuary = (year: number, day: number, hours = 0): Date => new Date(Date.UTC(year, 0, day, 4 + hours));

const ask = async (tenant: Tenant, patch: object): Promise<void> => {
  const admin = await (await createMember(tenant, { roles: ['administrator'], kind: 'staff' })).api();
  const { version } = (await admin.get('/settings')).json<{ version: number }>();
  expect((await admin.patch('/settings', patch, { 'if-match': `"v${version}"` })).status).to.equal(200);
};
const serve = async (
  tenant: Tenant,
  member: Member,
  by: Member,
  { day, hours, title }: { day: number; hours: number; title: string },
): Promise<string> => {
  const [startsAt, endsAt] = [inJanuary(YEAR - 1, day), inJanuary(YEAR - 1, day, hours)];
  const id = await createServed(tenant, member, {
    startsAt,
    endsAt,
    cameAt: startsAt,
    leftAt: endsAt,
    title,
  });
  expect((await (await by.api()).post(`/hours/${id}/approve`)).json()).to.include({ state: 'posted' });
  return id;
};
const joinedIn = (member: Member, at: Date): Promise<unknown> =>
  inTenant(member.tenant.id, () =>
    MembershipModel.updateOne({ _id: member.membershipId }, { $set: { createdAt: at } }),
  );

describe('what a volunteer is asked to give in a year', function () {
  this.timeout(60_000);

  it('is nothing until the organisation says so', async () => {
    const tenant = await createTenant();
    const volunteer = await createMember(tenant);
    expect((await (await volunteer.api()).get('/hours')).json()).to.deep.include({ yearly: null });
    expect((await (await volunteer.page()).get('/hours')).text).to.not.include('服务要求');
    const coordinator = await createMember(tenant, { roles: ['coordinator'], kind: 'staff' });
    expect((await (await coordinator.api()).get('/hours/yearly')).json<Below>().data).to.deep.equal([]);
    const page = await coordinator.page();
    expect((await page.get('/hours/yearly')).text).to.include('没有设定年度服务要求');
    expect((await page.get('/memberships')).text).to.not.include('/hours/yearly');
  });

  it('stands on one’s own page and in the API, as far as it is given', async () => {
    const tenant = await createTenant();
    await ask(tenant, { yearlyHours: 20, yearlyActivities: 1 });
    const volunteer = await createMember(tenant);
    const staff = await createMember(tenant, { roles: ['coordinator'], kind: 'staff' });
    const api = await volunteer.api();
    const own = async (): Promise<Standing> => (await api.get('/hours')).json<{ yearly: Standing }>().yearly;
    expect(await own()).to.include({ year: YEAR, missingMinutes: 1_200, missingActivities: 1, met: false });
    const id = await createServed(tenant, volunteer, { hoursAgo: 5 });
    await (await staff.api()).post(`/hours/${id}/approve`);
    expect(await own()).to.include({
      minutes: 121,
      missingMinutes: 1_079,
      activities: 1,
      missingActivities: 0,
    });
    const shown = (await (await volunteer.page()).get('/hours')).text;
    expect(shown).to.include(`${YEAR} 年对志愿者的服务要求`).and.to.include('max="1200"');
    await ask(tenant, { yearlyHours: 2 });
    expect(await own()).to.include({ met: true });
    expect((await (await volunteer.page()).get('/hours')).text).to.include('今年的服务要求已达到');
    // Whoever is no volunteer is asked nothing.
    expect((await (await staff.api()).get('/hours')).json()).to.deep.include({ yearly: null });
  });

  it('is listed for the coordinator where it was not given: by year, by what was posted and not taken back', async () => {
    const tenant = await createTenant();
    await ask(tenant, { yearlyHours: 4, yearlyActivities: 2 });
    const staff = await createMember(tenant, { roles: ['coordinator', 'reviewer'], kind: 'staff' });
    const [enough, oneActivity, tooLittle, joinedLater, joinedWithin] = [
      await createMember(tenant),
      await createMember(tenant),
      await createMember(tenant),
      await createMember(tenant),
      await createMember(tenant),
    ] as const;
    const before = new Date(Date.UTC(YEAR - 3, 5, 1));
    for (const member of [enough, oneActivity, tooLittle]) await joinedIn(member, before);
    await joinedIn(joinedLater, inJanuary(YEAR, 1));
    await joinedIn(joinedWithin, inJanuary(YEAR - 1, 20));
    await serve(tenant, enough, staff, { day: 5, hours: 2, title: '河道清洁' });
    const taken = await serve(tenant, enough, staff, { day: 6, hours: 2, title: '陪伴老人' });
    await serve(tenant, oneActivity, staff, { day: 7, hours: 5, title: '河道清洁' });
    await serve(tenant, tooLittle, staff, { day: 8, hours: 1, title: '河道清洁' });
    await serve(tenant, tooLittle, staff, { day: 9, hours: 1, title: '陪伴老人' });
    const api = await staff.api();
    const below = async (query = ''): Promise<Below> =>
      (await api.get(`/hours/yearly?year=${YEAR - 1}${query}`)).json<Below>();
    const names = ({ data }: Below): string[] => data.map(({ personName }) => personName);
    expect(names(await below())).to.deep.equal([oneActivity.name, tooLittle.name, joinedWithin.name]);
    expect(
      (await below()).data.map(({ missingMinutes, missingActivities }) => [
        missingMinutes,
        missingActivities,
      ]),
    ).to.deep.equal([
      [0, 1],
      [120, 0],
      [240, 2],
    ]);
    expect((await below()).data.map(({ joinedOn }) => joinedOn)).to.deep.equal([
      null,
      null,
      `${YEAR - 1}-01-20`,
    ]);
    expect((await below()).data.map(({ activities }) => activities)).to.deep.equal([1, 2, 0]);
    expect((await below()).years).to.deep.equal([YEAR, YEAR - 1]);
    const other = await createMember(tenant, { roles: ['reviewer'], kind: 'staff' });
    await byTwo(await other.api(), api, `/hours/${taken}/reversal`, { reason: '记错了' });
    expect(names(await below())).to.include(enough.name);
    // Paged by key: each once, in order, and no page without need.
    const first = await below('&limit=2');
    expect(names(first)).to.have.length(2);
    const second = await below(`&limit=2&cursor=${first.nextCursor}`);
    expect([...names(first), ...names(second)]).to.deep.equal(names(await below()));
    expect(second.nextCursor).to.equal(null);
    expect((await api.get(`/hours/yearly?year=${YEAR - 2}`)).status).to.equal(422);
    const page = await staff.page();
    expect((await page.get('/memberships')).text).to.include('href="/hours/yearly"');
    const shown = (await page.get(`/hours/yearly?year=${YEAR - 1}`)).text;
    expect(shown).to.include(tooLittle.name).and.to.include('2 小时').and.to.not.include(joinedLater.name);
  });

  it('is listed within reach alone, and to nobody without a desk', async () => {
    const tenant = await createTenant();
    await ask(tenant, { yearlyHours: 20 });
    const unitId = await createUnit(tenant, { name: '东街' });
    const [here, elsewhere] = [await createMember(tenant, { unitId }), await createMember(tenant)];
    const staff = await createMember(tenant, { roles: ['coordinator'], kind: 'staff', unitId });
    const told = (await (await staff.api()).get('/hours/yearly')).json<Below>().data;
    expect(told.map(({ personName }) => personName)).to.deep.equal([here.name]);
    expect((await (await elsewhere.api()).get('/hours/yearly')).status).to.equal(403);
    const foreign = await createMember(await createTenant(), { roles: ['coordinator'], kind: 'staff' });
    expect((await (await foreign.api()).get('/hours/yearly')).json<Below>().data).to.deep.equal([]);
  });
});
