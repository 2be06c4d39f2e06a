import { expect } from 'chai';
import { createServed } from '../../factories/hours.ts';
import { createMember, createTenant, createUnit } from '../../factories/people.ts';

interface Given {
  data: { id: string; grade: string; state: string }[];
  nextCursor: string | null;
  totalMinutes: number;
  waitingMinutes: number;
  months: { minutes: number }[];
  personName: string;
}

describe('GET /memberships/:id/hours', function () {
  this.timeout(60_000);

  it('shows what a member gave, with its evidence, to who sees hours within reach', async () => {
    const tenant = await createTenant();
    const unitId = await createUnit(tenant);
    const volunteer = await createMember(tenant, { unitId, person: { name: '服务的人' } });
    const coordinator = await createMember(tenant, { roles: ['coordinator'], unitId });
    const desk = await coordinator.api();
    const path = `/memberships/${volunteer.membershipId}/hours`;
    const [posted, waiting, elsewhere] = [
      await createServed(tenant, volunteer, { hoursAgo: 30, unitId, seenBy: coordinator }),
      await createServed(tenant, volunteer, { hoursAgo: 20, unitId }),
      await createServed(tenant, volunteer, { hoursAgo: 10 }),
    ];
    expect((await desk.post(`/hours/${posted}/approve`)).json()).to.include({ state: 'posted' });
    const given = (await desk.get(path)).json<Given>();
    expect(given.personName).to.equal('服务的人');
    expect(given.data.map(({ id, grade, state }) => [id, grade, state])).to.deep.equal([
      [waiting, 'device', 'submitted'],
      [posted, 'supervisor', 'posted'],
    ]);
    expect(given.totalMinutes).to.be.above(0);
    expect(given.months.reduce((sum, { minutes }) => sum + minutes, 0)).to.equal(given.totalMinutes);
    // What was done in a unit out of reach is listed for who sees the whole.
    const whole = await (await createMember(tenant, { roles: ['auditor'] })).api();
    expect((await whole.get(path)).json<Given>().data.map(({ id }) => id)).to.deep.equal([
      elsewhere,
      waiting,
      posted,
    ]);
    const first = (await whole.get(`${path}?limit=2`)).json<Given>();
    expect(
      (await whole.get(`${path}?limit=2&cursor=${first.nextCursor}`)).json<Given>().data.map(({ id }) => id),
    ).to.deep.equal([posted]);
    const page = await coordinator.page();
    for (const [language, evidence, title] of [
      ['zh-CN', '组织者确认', '服务的人的时长'],
      ['en', 'Coordinator', 'Hours of 服务的人'],
    ] as const) {
      const { text } = await page.get(`${path}?lang=${language}`);
      expect(text).to.include(title).and.include(evidence).and.include(`/hours/${posted}`);
    }
    expect((await page.get(`/memberships/${volunteer.membershipId}`)).text).to.include(`href="${path}"`);
    const own = await (await volunteer.page()).get('/hours?lang=en');
    expect(own.text).to.include('Code at the place');
  });

  it('is missing for members out of reach and elsewhere, and refused to who sees no hours', async () => {
    const tenant = await createTenant();
    const volunteer = await createMember(tenant);
    const path = `/memberships/${volunteer.membershipId}/hours`;
    const unitId = await createUnit(tenant);
    const status = async (member: Awaited<ReturnType<typeof createMember>>): Promise<number> =>
      (await (await member.api()).get(path)).status;
    expect(await status(await createMember(tenant, { roles: ['coordinator'], unitId }))).to.equal(404);
    expect(await status(await createMember(await createTenant(), { roles: ['coordinator'] }))).to.equal(404);
    expect(await status(await createMember(tenant, { roles: ['administrator'] }))).to.equal(403);
    expect(await status(await createMember(tenant))).to.equal(403);
    expect(await status(volunteer)).to.equal(403);
    const none = await (await createMember(tenant, { roles: ['coordinator'] })).page();
    expect((await none.get(`${path}?lang=en`)).text).to.include('No service recorded yet');
  });
});
