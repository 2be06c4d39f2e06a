import { expect } from 'chai';
import { MembershipModel } from '../../../server/features/memberships/membership.model.ts';
import type { HoursStory } from '../../../server/features/hours/hours.schema.ts';
import { UnitModel } from '../../../server/features/units/unit.model.ts';
import {
  asOperator,
  createMember,
  createTenant,
  createUnit,
  documentNumber,
  inTenant,
} from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { byTwo } from '../../factories/proposals.ts';
import { createPosition, createShift } from '../../factories/requests.ts';
import { createServed } from '../../factories/hours.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import type { ApiAgent } from '../../support/agent.ts';
import { atOffset, testApp } from '../../support/app.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const storyOf = async (api: ApiAgent, id: string): Promise<HoursStory['story']> =>
  (await api.get(`/hours/${id}`)).json<HoursStory>().story;
/** What happened, how, in whose part, by whom. */
const told = (story: HoursStory['story']): string[] =>
  story.map(({ what, way, by }) => [what, way, by.part, by.name].filter((one) => one !== null).join(' '));
const firstId = async (api: ApiAgent): Promise<string> =>
  (await api.get('/hours')).json<{ data: { id: string }[] }>().data[0]?.id ?? '';
const localDay = (daysAgo: number): string =>
  new Date(Date.now() + 8 * HOUR - daysAgo * DAY).toISOString().slice(0, 10);
const served = (more: object): object => ({
  name: '陪护老人',
  date: localDay(2),
  startTime: '08:00',
  endTime: '10:00',
  ...more,
});
const named = (tenant: Tenant, name: string, roles: readonly string[]): Promise<Member> =>
  createMember(tenant, { roles: roles as never, person: { name } });

describe('the story of an hours record', function () {
  this.timeout(120_000);

  /** A shift of two hours that begins in ten minutes, with one volunteer on it. */
  async function scene() {
    const tenant = await createTenant();
    const leader = await named(tenant, '组织甲', ['coordinator']);
    const volunteer = await named(tenant, '志愿乙', []);
    const startsAt = new Date(Date.now() + 10 * MINUTE);
    const shiftId = await createShift(tenant, { startsAt, endsAt: new Date(startsAt.getTime() + 2 * HOUR) });
    const positionId = await createPosition(tenant, { shiftId, maximum: 5 });
    const [desk, own] = [await leader.api(), await volunteer.api()];
    const taken = await own.post(`/positions/${positionId}/assignments`);
    expect(taken.status, taken.text).to.equal(201);
    const { id } = taken.json<{ id: string }>();
    const code = async (): Promise<string> =>
      String((await desk.get(`/shifts/${shiftId}/attendance`)).json()['code']);
    return { tenant, leader, volunteer, desk, own, shiftId, assignmentId: id, code };
  }

  it('says that the person came and went by the code, and who confirmed it', async () => {
    const { desk, own, code, tenant } = await scene();
    await own.post('/check-ins', { code: await code() });
    await atOffset(2 * HOUR, async () => own.post('/check-ins', { code: await code() }));
    const id = await firstId(own);
    await atOffset(3 * HOUR, async () =>
      expect((await desk.post(`/hours/${id}/approve`)).json()).to.include({ state: 'posted' }),
    );
    const expected = [
      'checked-in code self',
      'checked-out code self',
      'recorded system',
      'confirmed coordinator 组织甲',
    ];
    const auditor = await (await createMember(tenant, { roles: ['auditor'] })).api();
    for (const reader of [own, desk, auditor])
      expect(told(await storyOf(reader, id))).to.deep.equal(expected);
  });

  it('says that a coordinator noted it, that a device did, and that a check-out was forgotten', async () => {
    const { desk, own, assignmentId } = await scene();
    expect(
      (await desk.post(`/assignments/${assignmentId}/attendance`, { mark: 'check-in' })).status,
    ).to.equal(200);
    await atOffset(7 * HOUR, async () => (await testApp()).sweep('assignments/close'));
    const story = await storyOf(own, await firstId(own));
    expect(told(story)).to.deep.equal([
      'checked-in coordinator coordinator 组织甲',
      'checked-out forgotten system',
      'recorded system',
    ]);
    expect(Date.parse(story[1]!.at) - Date.parse(story[1]!.counted!)).to.be.above(2 * HOUR);
    const kiosk = await createTenant();
    const [opener, member] = [
      await named(kiosk, '设备丙', ['coordinator']),
      await named(kiosk, '来者丁', []),
    ];
    const seen = await createServed(kiosk, member, { kioskOf: opener });
    expect(told(await storyOf(await member.api(), seen))[0]).to.equal('checked-in kiosk coordinator 设备丙');
  });

  it('says that the shift was called off, or the membership stopped, and by whom', async () => {
    for (const why of ['shift-cancelled', 'membership-stopped'] as const) {
      const { desk, own, code, shiftId, tenant, volunteer } = await scene();
      const officer = await (await named(tenant, '部门戊', ['reviewer', 'officer'])).api();
      await own.post('/check-ins', { code: await code() });
      await atOffset(70 * MINUTE, async () => {
        await (await testApp()).sweep('shifts/start');
        const done =
          why === 'shift-cancelled'
            ? await desk.post(`/shifts/${shiftId}/cancellation`, { reason: '雷雨大风' })
            : await officer.post(`/memberships/${volunteer.membershipId}/standing`, {
                to: 'suspended',
                reason: '多次违反规定',
              });
        expect(done.status, done.text).to.equal(200);
      });
      const auditor = await (await createMember(tenant, { roles: ['auditor'] })).api();
      const { data } = (await auditor.get(`/memberships/${volunteer.membershipId}/hours`)).json<{
        data: { id: string }[];
      }>();
      expect(told(await storyOf(auditor, data[0]!.id)).slice(0, 2)).to.deep.equal([
        'checked-in code self',
        `checked-out ${why} organisation ${why === 'shift-cancelled' ? '组织甲' : '部门戊'}`,
      ]);
    }
  });

  it('says who typed a back-entry, who wanted to confirm it, who released it, and who took it back', async () => {
    const tenant = await createTenant();
    const [volunteer, typist, reviewer, first] = [
      await createMember(tenant, { person: { name: '志愿乙', identity: 'none', birthDate: null } }),
      await named(tenant, '补录甲', ['coordinator']),
      await named(tenant, '复核丁', ['reviewer']),
      await named(tenant, '复核戊', ['reviewer']),
    ];
    const own = await volunteer.api();
    await inTenant(tenant.id, () =>
      MembershipModel.updateOne(
        { _id: volunteer.membershipId },
        { $set: { createdAt: new Date(Date.now() - 60 * DAY) } },
      ),
    );
    const entered = await (
      await typist.api()
    ).post(
      `/memberships/${volunteer.membershipId}/back-entries`,
      served({ reason: '当天手机没电，签到表存于办公室' }),
    );
    expect(entered.status, entered.text).to.equal(201);
    const { id, state } = entered.json<{ id: string; state: string }>();
    expect(state).to.equal('under_check');
    const desk = await reviewer.api();
    const { identityDocuments } = (await testApp()).composed.services;
    await asOperator(() =>
      identityDocuments.verifyAsOperator(volunteer.personId, {
        type: 'resident-id',
        number: documentNumber(),
      }),
    );
    const review = await desk.post(`/hours/${id}/review`, { verdict: 'approved', reason: '已核对签到表' });
    expect(review.status, review.text).to.equal(200);
    const proposing = await first.api();
    const before = await storyOf(own, id);
    const proposed = await proposing.post(`/hours/${id}/reversal`, { reason: '签到表有误' });
    expect(proposed.status, proposed.text).to.equal(201);
    // What is only proposed is the reviewers' to know.
    expect(told(await storyOf(own, id))).to.deep.equal(told(before));
    expect(told(await storyOf(desk, id)).at(-1)).to.equal('reversal-proposed reviewer 复核戊');
    await desk.post(`/proposals/${proposed.json<{ id: string }>().id}/refusal`, { reason: '不成立' });
    await byTwo(desk, proposing, `/hours/${id}/reversal`, { reason: '签到表是别人的' });
    const story = await storyOf(own, id);
    expect(story.find(({ what }) => what === 'entered-afterwards')).to.deep.include({
      by: { part: 'coordinator', name: '补录甲' },
      reason: '当天手机没电，签到表存于办公室',
    });
    expect(story.find(({ what }) => what === 'released')).to.deep.include({
      by: { part: 'reviewer', name: '复核丁' },
      reason: '已核对签到表',
    });
    expect(told(story)).to.include('held at-submission system');
    expect(told(story).slice(-2)).to.deep.equal([
      'reversal-proposed reviewer 复核戊',
      'reversed reviewer 复核丁',
    ]);
    expect(story.at(-1)?.reason).to.equal('签到表是别人的');
  });

  it('names to the person nobody who is a fellow volunteer, also by now', async () => {
    const tenant = await createTenant();
    const [volunteer, once] = [
      await named(tenant, '志愿乙', []),
      await named(tenant, '曾任甲', ['coordinator']),
    ];
    const id = await createServed(tenant, volunteer, { seenBy: once });
    const reader = await (await named(tenant, '组织丙', ['coordinator'])).api();
    expect((await reader.post(`/hours/${id}/approve`)).json()).to.include({ state: 'posted' });
    await inTenant(tenant.id, () =>
      MembershipModel.updateOne({ _id: once.membershipId }, { $set: { grants: [] } }),
    );
    const own = await volunteer.api();
    expect(told(await storyOf(own, id))).to.include('checked-in coordinator coordinator');
    expect(JSON.stringify(await storyOf(own, id))).not.to.include('曾任甲');
    for (const lang of ['zh-CN', 'en']) {
      const page = await (await volunteer.page()).get(`/hours/${id}?lang=${lang}`);
      expect(page.text).not.to.include('曾任甲');
      expect(page.text).to.include('组织丙');
    }
    expect(told(await storyOf(reader, id))).to.include('checked-in coordinator coordinator 曾任甲');
  });

  it('tells of a claim who raised it, who answered, and what was recorded before it', async () => {
    const tenant = await createTenant();
    const [volunteer, leader, reviewer] = [
      await named(tenant, '志愿乙', []),
      await named(tenant, '组织甲', ['coordinator']),
      await named(tenant, '复核丁', ['reviewer', 'coordinator']),
    ];
    const [own, desk] = [await volunteer.api(), await reviewer.api()];
    const id = await createServed(tenant, volunteer, { seenBy: leader, hoursAgo: 30 });
    expect((await (await leader.api()).post(`/hours/${id}/approve`)).json()).to.include({ state: 'posted' });
    const claim = await own.post(`/hours/${id}/claims`, { wrong: 'not-served', text: '那天我没有去' });
    expect(claim.status, claim.text).to.equal(201);
    const answered = await desk.post(`/hours/claims/${claim.json<{ id: string }>().id}/answer`, {
      verdict: 'founded',
      reason: '签到表上没有',
    });
    expect(answered.status, answered.text).to.equal(200);
    const story = await storyOf(own, id);
    expect(told(story).slice(-3)).to.deep.equal([
      'claimed self',
      'claim-founded organisation 复核丁',
      'reversed reviewer 复核丁',
    ]);
    expect(story.at(-3)?.reason).to.equal('那天我没有去');
  });

  it('is told to nobody who may not see the record, and in words in both languages', async () => {
    const tenant = await createTenant();
    const volunteer = await named(tenant, '志愿乙', []);
    const id = await createServed(tenant, volunteer, { left: 'automatic' });
    const strangers = [
      await createMember(tenant),
      await createMember(tenant, { roles: ['coordinator'], unitId: await createUnit(tenant) }),
      await createMember(await createTenant(), { roles: ['coordinator', 'auditor', 'reviewer'] }),
    ];
    for (const stranger of strangers)
      expect((await (await stranger.api()).get(`/hours/${id}`)).status).to.equal(404);
    const page = await volunteer.page();
    for (const [lang, ...words] of [
      ['zh-CN', '时长的来历', '签到', '凭现场签到码', '志愿者本人', '生成记录'],
      ['en', 'How these hours came about', 'Came', 'With the code at the place', 'the volunteer', 'Recorded'],
    ] as const) {
      const { text } = await page.get(`/hours/${id}?lang=${lang}`);
      for (const word of words) expect(text).to.include(word);
    }
  });

  it('names the unit in the reader’s language while it has that name, and leads an auditor back', async () => {
    const tenant = await createTenant();
    const volunteer = await named(tenant, '志愿丙', []);
    const unitId = await createUnit(tenant, { name: '东山社区' });
    const name = (zh: string): Promise<unknown> =>
      inTenant(tenant.id, () =>
        UnitModel.updateOne({ _id: unitId }, { $set: { name: { 'zh-CN': zh, en: 'Dongshan' } } }),
      );
    await name('东山社区');
    const id = await createServed(tenant, volunteer, { unitId });
    const auditor = await (await createMember(tenant, { roles: ['auditor'] })).page();
    const english = async (): Promise<string> => (await auditor.get(`/hours/${id}?lang=en`)).text;
    expect(await english())
      .to.include('>Dongshan<')
      .and.not.include('东山社区');
    expect(await english()).to.match(/class="crumbs"[^]*href="\/hours\/held"/);
    await name('东山村');
    expect(await english()).to.include('东山社区');
  });
});
