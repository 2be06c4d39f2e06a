import { expect } from 'chai';
import ICAL from 'ical.js';
import { addDays, addMonths, localDate } from '../../../server/core/time.ts';
import { OutboxModel } from '../../../server/db/outbox.ts';
import { CredentialModel } from '../../../server/features/credentials/credential.model.ts';
import { EnrolmentModel } from '../../../server/features/training/enrolment.model.ts';
import { createMember, createTenant, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { createSession } from '../../factories/training.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import type { ApiAgent } from '../../support/agent.ts';
import { atOffset, testApp } from '../../support/app.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TODAY = localDate(new Date(), 'Asia/Shanghai');

/** Certified in the middle of a registration period, by the two steps that it takes. */
async function registered(tenant: Tenant, officer: ApiAgent, reviewer: ApiAgent): Promise<Member> {
  const member = await createMember(tenant, { kind: 'social-worker' });
  const own = await member.api();
  const validFrom = addMonths(TODAY, -30);
  const { id } = (
    await own.post('/credentials', {
      level: 'assistant',
      number: `N${member.personId.slice(-8)}`,
      issuedOn: validFrom,
      validFrom,
    })
  ).json<{ id: string }>();
  await officer.post(`/credentials/${id}/review`, { verdict: 'first_pass' });
  expect((await reviewer.post(`/credentials/${id}/review`, { verdict: 'valid' })).status).to.equal(200);
  return member;
}

describe('a learner', function () {
  this.timeout(60_000);
  let tenant: Tenant;
  let officer: ApiAgent;
  let reviewer: ApiAgent;
  let judge: Member;
  before(async () => {
    tenant = await createTenant();
    officer = await (await createMember(tenant, { roles: ['officer'] })).api();
    judge = await createMember(tenant, { roles: ['reviewer'] });
    reviewer = await judge.api();
  });

  it('sees what to take, and how much of it counts by the engine', async () => {
    const member = await registered(tenant, officer, reviewer);
    const own = await member.api();
    const assessed = await createSession(tenant, { minutes: 180, passMark: 60 });
    // Being there is no pass certificate: the programme counts nothing of it.
    const attended = await createSession(tenant, { minutes: 180, startsAt: new Date(Date.now() + 8 * DAY) });
    interface Take {
      programme: string;
      missing: { code: string; minutes: number }[];
      plannedMinutes: number;
      sessions: { sessionId: string; countedMinutes: number }[];
    }
    const take = async (): Promise<Take | undefined> =>
      (await own.get('/credits/suggestions'))
        .json<{ data: Take[] }>()
        .data.find(({ programme }) => programme === 'cn-assistant');
    const first = await take();
    expect(first?.missing).to.deep.equal([{ code: 'total', category: '', minutes: 72 * 60, pieces: 0 }]);
    expect(first?.sessions.map(({ sessionId, countedMinutes }) => [sessionId, countedMinutes])).to.deep.equal(
      [[assessed.sessionId, 180]],
    );
    expect((await (await member.page()).get('/credits')).text).to.contain('为您计 3 小时');
    // What one has signed up for is reckoned with, and not proposed again.
    expect((await own.post(`/sessions/${assessed.sessionId}/enrolments`)).status).to.equal(201);
    expect(await take()).to.deep.include({ plannedMinutes: 180, sessions: [] });
    expect((await take())?.missing[0]?.minutes).to.equal(69 * 60);
    expect((await (await member.page()).get('/credits')).text).to.not.contain('您已报名的培训');
    // What closes everything by itself is said, rather than that nothing could.
    const whole = await createSession(tenant, {
      minutes: 72 * 60,
      passMark: 60,
      startsAt: new Date(Date.now() + 9 * DAY),
    });
    expect((await own.post(`/sessions/${whole.sessionId}/enrolments`)).status).to.equal(201);
    expect(await take()).to.deep.include({ missing: [], sessions: [] });
    expect((await (await member.page()).get('/credits')).text).to.contain('您已报名的培训合格后即可补足');
    expect(attended.sessionId).to.be.a('string');
  });

  it('is reminded a day before, once for each time at which it is to begin', async () => {
    const { sweep } = await testApp();
    const startsAt = new Date(Date.now() + 5 * DAY);
    const { sessionId } = await createSession(tenant, {
      startsAt,
      remindAt: new Date(startsAt.getTime() - DAY),
    });
    const own = await (await createMember(tenant)).api();
    const enrolment = (await own.post(`/sessions/${sessionId}/enrolments`)).json<{ id: string }>();
    const reminders = () =>
      inTenant(tenant.id, () =>
        OutboxModel.countDocuments({ subjectId: enrolment.id, 'data.what': 'reminded' }),
      );
    await sweep('training/remind');
    expect(await reminders()).to.equal(0);
    await atOffset(4.5 * DAY, async () => {
      await Promise.all([sweep('training/remind'), sweep('training/remind')]);
      await sweep('training/remind');
    });
    expect(await reminders()).to.equal(1);
  });

  it('has a calendar address that programs understand, follows changes, and ends at will', async () => {
    const member = await createMember(tenant);
    const own = await member.api();
    const title = '群众工作，情理法怎么讲；调解协议与入户走访的分寸（含角色演练与讨论）';
    const { sessionId } = await createSession(tenant, { title, startsAt: new Date(Date.now() + 3 * DAY) });
    const enrolment = (await own.post(`/sessions/${sessionId}/enrolments`)).json<{ id: string }>();
    const { url } = (await own.post('/calendar-feed')).json<{ url: string }>();
    const read = async (address = url) => {
      const answer = await fetch(address);
      return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
    };
    const event = async () => {
      const { text } = await read();
      const found = new ICAL.Component(ICAL.parse(text) as never).getFirstSubcomponent('vevent');
      const value = (name: string): string => String(found?.getFirstPropertyValue(name));
      return {
        summary: value('summary'),
        uid: value('uid'),
        status: value('status'),
        sequence: Number(value('sequence')),
      };
    };
    const { status, type, text } = await read();
    expect([status, type]).to.deep.equal([200, 'text/calendar; charset=utf-8']);
    for (const one of text.split('\r\n')) expect(Buffer.byteLength(one)).to.be.at.most(75);
    expect(text).to.match(/DTSTART:\d{8}T\d{6}Z/);
    const before = await event();
    expect(before).to.include({ summary: title, status: 'CONFIRMED' });
    await own.post(`/enrolments/${enrolment.id}/cancellation`);
    const after = await event();
    expect(after).to.include({ uid: before.uid, status: 'CANCELLED' });
    expect(after.sequence).to.be.above(before.sequence);
    const page = await member.page();
    expect((await page.get('/calendar-feed')).status).to.equal(200);
    const renewed = (await own.post('/calendar-feed')).json<{ url: string }>().url;
    expect((await read()).status).to.equal(404);
    expect((await read(renewed)).status).to.equal(200);
    expect((await own.post('/calendar-feed/removal')).status).to.equal(204);
    expect((await read(renewed)).status).to.equal(404);
  });

  it('whose claim stood against a posting has it posted when the claim is gone', async () => {
    const { sessionId } = await createSession(tenant, { title: '同名课程' });
    const member = await createMember(tenant);
    const own = await member.api();
    const { id } = (await own.post(`/sessions/${sessionId}/enrolments`)).json<{ id: string }>();
    const endsAt = new Date(Date.now() + 7 * DAY + 3 * HOUR);
    const date = localDate(endsAt, 'Asia/Shanghai');
    await atOffset(7 * DAY + 4 * HOUR, async () => {
      const [own, teacher] = [
        await member.api(),
        await (await createMember(tenant, { roles: ['officer'] })).api(),
      ];
      const claim = await own.post('/credits', {
        title: '同名课程',
        activity: 'training',
        dimension: 'law',
        date,
        hours: 3,
        evidence: [],
      });
      expect(claim.status, claim.text).to.equal(201);
      await inTenant(tenant.id, () =>
        EnrolmentModel.updateOne({ _id: id }, { $set: { state: 'passed', passedOn: date } }),
      );
      expect((await teacher.post(`/enrolments/${id}/posting`)).json()['code']).to.equal(
        'credit-claimed-already',
      );
      await own.post(`/credits/${claim.json<{ id: string }>().id}/withdrawal`);
      expect((await teacher.post(`/enrolments/${id}/posting`)).json()['state']).to.equal('credited');
      expect((await teacher.post(`/enrolments/${id}/posting`)).json()['code']).to.equal('wrong-state');
    });
  });

  it('waits at one desk with everything else, which shows to each reviewer what they may decide', async () => {
    const place = await createTenant();
    const [clerk, final] = await Promise.all([
      createMember(place, { roles: ['officer'] }),
      createMember(place, { roles: ['reviewer'] }),
    ]);
    const [first, second] = await Promise.all([clerk.api(), final.api()]);
    const own = await (await createMember(place)).api();
    const claim = {
      level: 'assistant',
      number: 'R1',
      issuedOn: '2025-01-01',
      validFrom: addDays(TODAY, -100),
    };
    const { id } = (await own.post('/credentials', claim)).json<{ id: string }>();
    await own.post('/credits', {
      title: '自学',
      activity: 'training',
      dimension: 'law',
      date: TODAY,
      hours: 2,
      evidence: [],
    });
    const counts = async (api: ApiAgent): Promise<Record<string, number>> =>
      Object.fromEntries(
        (await api.get('/reviews'))
          .json<{ queues: { kind: string; count: number }[] }>()
          .queues.map(({ kind, count }) => [kind, count]),
      );
    expect(await counts(first)).to.deep.equal({
      credential: 1,
      pool: 0,
      credit: 1,
      award: 0,
      proposal: 0,
    });
    expect(await counts(second)).to.deep.equal({
      credential: 0,
      pool: 0,
      hoursClaim: 0,
      award: 0,
      appraisal: 0,
      proposal: 0,
    });
    await first.post(`/credentials/${id}/review`, { verdict: 'first_pass' });
    // One person never speaks twice on the same thing.
    expect(await counts(first)).to.include({ credential: 0 });
    expect(await counts(second)).to.include({ credential: 1 });
    expect((await (await final.page()).get('/reviews')).status).to.equal(200);
    expect(await inTenant(place.id, () => CredentialModel.countDocuments({}))).to.equal(1);
  });

  it('is asked with everybody of a talent pool', async () => {
    const pool = await officer.post('/talent-pools', {
      nameZh: '调解员',
      nameEn: 'Mediators',
      open: true,
      skills: [{ skill: '', level: 1 }],
    });
    expect(pool.status, pool.text).to.equal(201);
    const poolId = pool.json<{ id: string }>().id;
    const member = await createMember(tenant);
    const applied = (await (await member.api()).post(`/talent-pools/${poolId}/applications`)).json<{
      id: string;
    }>();
    await officer.post(`/pool-memberships/${applied.id}/review`, { verdict: 'first_pass' });
    const certified = await reviewer.post(`/pool-memberships/${applied.id}/review`, { verdict: 'certified' });
    expect(certified.status, certified.text).to.equal(200);
    const { sessionId } = await createSession(tenant);
    const nobody = await officer.post(`/sessions/${sessionId}/invitations`, {});
    expect(nobody.json<{ errors: { path: string }[] }>().errors[0]?.path).to.equal('personIds');
    const asked = await officer.post(`/sessions/${sessionId}/invitations`, { poolId });
    expect(asked.json<{ data: { personId: string; refusal: null }[] }>().data).to.deep.include({
      personId: member.personId,
      refusal: null,
      enrolmentId: asked.json<{ data: { enrolmentId: string }[] }>().data[0]?.enrolmentId,
    });
  });
});
