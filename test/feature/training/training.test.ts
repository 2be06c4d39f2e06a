import { expect } from 'chai';
import { allChecks, runChecks } from '../../../server/verify/index.ts';
import { acrossTenants } from '../../../server/core/context.ts';
import { database } from '../../../server/db/connect.ts';
import { localDate } from '../../../server/core/time.ts';
import { LedgerEntryModel } from '../../../server/features/hours/ledger.model.ts';
import { asOperator, createMember, createTenant, createUnit, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { byTwo } from '../../factories/proposals.ts';
import { createPosition, createShift } from '../../factories/requests.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import type { ApiAgent } from '../../support/agent.ts';
import { atOffset, testApp } from '../../support/app.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const ZONE = 'Asia/Shanghai';
/** Local date some days from now, and clock times far from midnight. */
const dayAhead = (days: number): string => localDate(new Date(Date.now() + days * DAY), ZONE);

interface Enrolment {
  readonly id: string;
  readonly state: string;
  readonly placeInLine: number | null;
  readonly creditId: string | null;
}
interface Session {
  readonly id: string;
  readonly version: number;
  readonly state: string;
  readonly taken: number;
  readonly startsAt: string;
  readonly refusals: { readonly code: string; readonly courses: string[] }[];
  readonly own: Enrolment | null;
}

let tenant: Tenant;
let officer: Member;
let planner: ApiAgent;
let instructor: Member;
let teacher: ApiAgent;

async function course(change: object = {}): Promise<string> {
  const made = await planner.post('/courses', {
    title: `个案工作${Math.random().toString(36).slice(2, 8)}`,
    dimension: 'ability',
    tracks: ['professional'],
    minutes: 360,
    passMark: 60,
    category: 'professional',
    mode: 'inPerson',
    ...change,
  });
  expect(made.status, made.text).to.equal(201);
  const { id } = made.json<{ id: string }>();
  expect((await planner.post(`/courses/${id}/state`, { to: 'open' })).status).to.equal(200);
  return id;
}

let days = 3;
async function session(courseId: string, change: object = {}): Promise<string> {
  const made = await planner.post(`/courses/${courseId}/sessions`, {
    date: dayAhead((days += 1)),
    startTime: '09:00',
    endTime: '12:00',
    place: { label: '会议室' },
    capacity: 10,
    instructors: [instructor.personId],
    ...change,
  });
  expect(made.status, made.text).to.equal(201);
  const [first] = made.json<{ data: Session[] }>().data;
  expect((await planner.post(`/sessions/${first?.id}/publication`)).status).to.equal(200);
  return first?.id ?? '';
}
const offsetTo = async (id: string, minutes: number): Promise<number> =>
  new Date((await planner.get(`/sessions/${id}`)).json<Session>().startsAt).getTime() -
  Date.now() +
  minutes * 60_000;
const show = async (api: ApiAgent, id: string): Promise<Session> => (await api.get(`/sessions/${id}`)).json();
const signUp = async (api: ApiAgent, id: string): Promise<Enrolment> => {
  const answer = await api.post(`/sessions/${id}/enrolments`);
  expect(answer.status, answer.text).to.equal(201);
  return answer.json();
};

describe('training', function () {
  this.timeout(60_000);
  before(async () => {
    tenant = await createTenant();
    officer = await createMember(tenant, { roles: ['officer'] });
    instructor = await createMember(tenant, { roles: ['instructor'] });
    planner = await officer.api();
    teacher = await instructor.api();
  });

  it('goes from signing up by the code and an assessment to posted credit hours, once', async () => {
    const id = await session(await course());
    const person = await createMember(tenant, { kind: 'social-worker' });
    const own = await person.api();
    const enrolment = await signUp(own, id);
    expect(enrolment.state).to.equal('enrolled');
    expect((await own.post(`/sessions/${id}/enrolments`)).json()['code']).to.equal('already-signed-up');
    await atOffset(await offsetTo(id, 10), async () => {
      const [own, teacher] = await Promise.all([person.api(), instructor.api()]);
      expect((await own.get(`/sessions/${id}/desk`)).status).to.equal(403);
      const desk = (await teacher.get(`/sessions/${id}/desk`)).json<{
        code: string;
        people: { id: string }[];
      }>();
      expect(desk.people.map((one) => one.id)).to.deep.equal([enrolment.id]);
      expect((await own.post(`/sessions/${id}/attendance`, { code: 'ZZZZZZ' })).json()['code']).to.equal(
        'code-not-valid',
      );
      const come = await own.post(`/sessions/${id}/attendance`, { code: desk.code });
      expect([come.status, come.json<Enrolment>().state]).to.deep.equal([200, 'attended']);
      expect((await own.post(`/enrolments/${enrolment.id}/assessment`, { score: 90 })).status).to.equal(403);
      const path = `/enrolments/${enrolment.id}/assessment`;
      expect((await teacher.post(path, {})).status).to.equal(422);
      expect((await teacher.post(path, { score: 59 })).json<Enrolment>().state).to.equal('failed');
      const answers = await Promise.all([1, 2, 3].map(() => teacher.post(path, { score: 80 })));
      expect(answers.filter(({ status }) => status === 200)).to.have.length(1);
      const mine = (await own.get('/credits')).json<{
        data: { id: string; state: string; evidence: string[] }[];
      }>();
      expect(mine.data.map(({ state, evidence }) => ({ state, evidence }))).to.deep.equal([
        { state: 'posted', evidence: ['attendance', 'passCertificate'] },
      ]);
      const lines = await inTenant(tenant.id, () =>
        LedgerEntryModel.find({ account: `credit:${person.personId}` }).lean(),
      );
      // The course is of six hours, this session of three: nobody learned longer than it lasted.
      expect(lines.map(({ minutes }) => minutes)).to.deep.equal([180]);
    });
  });

  it('opens the result again when the posting is reversed, and posts anew', async () => {
    const id = await session(await course({ passMark: null }));
    const person = await createMember(tenant);
    const own = await person.api();
    const { id: enrolmentId } = await signUp(own, id);
    const judge = await createMember(tenant, { roles: ['reviewer'] });
    await atOffset(await offsetTo(id, 10), async () => {
      // Tokens of today are over by then.
      const [own, teacher, reviewer] = await Promise.all([person.api(), instructor.api(), judge.api()]);
      expect((await teacher.post(`/sessions/${id}/completion`)).json()['count']).to.equal(0);
      await teacher.post(`/enrolments/${enrolmentId}/attendance`, { mark: 'absent' });
      await teacher.post(`/enrolments/${enrolmentId}/attendance`, { mark: 'present' });
      expect((await teacher.post(`/sessions/${id}/completion`)).json()['count']).to.equal(1);
      const { creditId, state } = (await show(own, id)).own as Enrolment;
      expect(state).to.equal('credited');
      const reversed = await byTwo(tenant, reviewer, `/credits/${creditId}/reversal`, { reason: '记错人' });
      expect(reversed.status, reversed.text).to.equal(200);
      expect((await show(own, id)).own?.state).to.equal('assessed');
      const again = await teacher.post(`/enrolments/${enrolmentId}/assessment`, { passed: true });
      expect(again.json<Enrolment>().state).to.equal('credited');
      const feedback = await own.post(`/enrolments/${enrolmentId}/feedback`, { rating: 5, text: '很好' });
      expect(feedback.status).to.equal(200);
    });
  });

  it('never seats more than there are, however many press at once; the next in line comes up', async () => {
    const id = await session(await course(), { capacity: 2 });
    const people = await Promise.all(Array.from({ length: 6 }, () => createMember(tenant)));
    const apis = await Promise.all(people.map((one) => one.api()));
    const answers = await Promise.all(apis.map((api) => signUp(api, id)));
    const states = answers.map(({ state }) => state);
    expect(states.filter((state) => state === 'enrolled')).to.have.length(2);
    expect(states.filter((state) => state === 'waitlisted')).to.have.length(4);
    const leaver = states.indexOf('enrolled');
    const left = await apis[leaver]?.post(`/enrolments/${answers[leaver]?.id}/cancellation`);
    expect(left?.json<Enrolment>().state).to.equal('cancelled');
    const after = await Promise.all(apis.map((api) => show(api, id)));
    const invited = after.findIndex(({ own }) => own?.state === 'invited');
    expect(after[invited]?.taken).to.equal(2);
    const accepted = await apis[invited]?.post(`/enrolments/${after[invited]?.own?.id}/acceptance`);
    expect(accepted?.json<Enrolment>().state).to.equal('enrolled');
    expect((await show(planner, id)).taken).to.equal(2);
  });

  it('keeps people out of two places at once, shifts included, and what is to be learned before', async () => {
    const first = await course();
    const second = await course({ prerequisites: [first] });
    const id = await session(first);
    const { startsAt } = await show(planner, id);
    const person = await createMember(tenant);
    const own = await person.api();
    const start = new Date(startsAt);
    const shiftId = await createShift(tenant, {
      state: 'published',
      startsAt: new Date(start.getTime() + HOUR),
      endsAt: new Date(start.getTime() + 5 * HOUR),
    });
    const positionId = await createPosition(tenant, { shiftId });
    await signUp(own, id);
    const shift = await own.post(`/positions/${positionId}/assignments`);
    expect([shift.status, shift.json()['code']]).to.deep.equal([409, 'assignment-refused']);
    const other = await createMember(tenant);
    const busy = await other.api();
    expect((await busy.post(`/positions/${positionId}/assignments`)).status).to.equal(201);
    expect((await show(busy, id)).refusals.map(({ code }) => code)).to.deep.equal(['overlapping-time']);
    const refused = await busy.post(`/sessions/${id}/enrolments`);
    expect([refused.status, refused.json()['code']]).to.deep.equal([409, 'training-refused']);
    const later = await session(second);
    const early = await own.post(`/sessions/${later}/enrolments`);
    expect(early.json()['code']).to.equal('training-refused');
    expect((await show(own, later)).refusals[0]).to.include({ code: 'prerequisite-missing' });
    const { id: enrolmentId } = (await show(own, id)).own as Enrolment;
    await atOffset(await offsetTo(id, 10), async () => {
      const teacher = await instructor.api();
      await teacher.post(`/enrolments/${enrolmentId}/attendance`, { mark: 'present' });
      await teacher.post(`/enrolments/${enrolmentId}/assessment`, { score: 60 });
    });
    expect((await signUp(own, later)).state).to.equal('enrolled');
    // An instructor is in one place at a time, too.
    const clash = await planner.post(`/courses/${first}/sessions`, {
      date: localDate(start, ZONE),
      startTime: '11:00',
      endTime: '13:00',
      place: { label: '另一间' },
      capacity: 5,
      instructors: [instructor.personId],
    });
    const [twin] = clash.json<{ data: Session[] }>().data;
    expect((await planner.post(`/sessions/${twin?.id}/publication`)).json()['errors']).to.deep.equal([
      { path: 'instructors', code: 'instructor-busy' },
    ]);
  });

  it('asks people by offers, answers applications, and nobody decides for themselves', async () => {
    const id = await session(await course(), { admission: 'approval', instructors: [] });
    const [applicant, invited] = await Promise.all([createMember(tenant), createMember(tenant)]);
    const [own, guest] = await Promise.all([applicant.api(), invited.api()]);
    const applied = await signUp(own, id);
    expect(applied.state).to.equal('applied');
    const mine = await signUp(planner, id);
    expect((await planner.post(`/enrolments/${mine.id}/approval`)).json()['code']).to.equal('not-your-own');
    expect((await teacher.post(`/enrolments/${applied.id}/approval`)).status).to.equal(403);
    expect((await planner.post(`/enrolments/${applied.id}/approval`)).json<Enrolment>().state).to.equal(
      'enrolled',
    );
    const outcome = await planner.post(`/sessions/${id}/invitations`, {
      personIds: [invited.personId, applicant.personId, officer.personId],
    });
    expect(
      outcome.json<{ data: { refusal: string | null }[] }>().data.map(({ refusal }) => refusal),
    ).to.deep.equal([null, 'already-signed-up', 'not-your-own']);
    const asked = (await guest.get('/training')).json<{ data: Enrolment[] }>().data[0] as Enrolment;
    expect(asked.state).to.equal('invited');
    expect((await guest.post(`/enrolments/${asked.id}/acceptance`)).json<Enrolment>().state).to.equal(
      'enrolled',
    );
    // Called off: everybody goes, with the reason.
    expect((await planner.post(`/sessions/${id}/cancellation`, { reason: '场地停电' })).status).to.equal(200);
    expect((await guest.get('/training')).json<{ data: Enrolment[] }>().data[0]?.state).to.equal('cancelled');
  });

  it('repeats by weeks, moves with its people, and lets an invitation run out', async () => {
    const courseId = await course();
    const made = await planner.post(`/courses/${courseId}/sessions`, {
      date: dayAhead(70),
      startTime: '14:00',
      endTime: '16:00',
      place: { label: '阶梯教室' },
      capacity: 3,
      times: 3,
      everyWeeks: 2,
    });
    const { data } = made.json<{ data: Session[] }>();
    expect(data.map((one) => localDate(new Date(one.startsAt), ZONE))).to.deep.equal([
      dayAhead(70),
      dayAhead(84),
      dayAhead(98),
    ]);
    const id = data[0]?.id ?? '';
    const person = await createMember(tenant);
    const own = await person.api();
    expect((await own.get(`/sessions/${id}`)).status).to.equal(404);
    await planner.post(`/sessions/${id}/publication`);
    await planner.post(`/sessions/${id}/invitations`, { personIds: [person.personId] });
    const { version } = await show(planner, id);
    const terms = {
      date: dayAhead(71),
      startTime: '14:00',
      endTime: '16:00',
      place: { label: '阶梯教室' },
      capacity: 3,
    };
    const moved = await planner.send('PUT', `/sessions/${id}`, terms, { 'if-match': `"v${version}"` });
    expect(moved.status, moved.text).to.equal(200);
    expect((await show(own, id)).own?.state).to.equal('invited');
    await atOffset(4 * DAY, async () => {
      const { sweep } = await testApp();
      await sweep('offers/expire');
      expect((await show(await person.api(), id)).own).to.equal(null);
    });
    await atOffset(90 * DAY, async () => {
      const { sweep } = await testApp();
      await sweep('training/close');
      expect((await show(await person.api(), id)).state).to.equal('closed');
    });
  });

  it('lets only those serve who were trained first', async () => {
    const courseId = await course({ passMark: null });
    const id = await session(courseId);
    const { startsAt } = await show(planner, id);
    const after = new Date(new Date(startsAt).getTime() + 2 * DAY);
    const shiftId = await createShift(tenant, {
      state: 'published',
      startsAt: after,
      endsAt: new Date(after.getTime() + 2 * HOUR),
    });
    const coordinator = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const unknown = await coordinator.post(`/shifts/${shiftId}/positions`, {
      name: '调解员',
      required: 1,
      trainings: ['0'.repeat(24)],
    });
    expect(unknown.status).to.equal(422);
    const made = await coordinator.post(`/shifts/${shiftId}/positions`, {
      name: '调解员',
      required: 1,
      trainings: [courseId],
    });
    expect(made.status, made.text).to.equal(201);
    const { id: positionId } = made.json<{ id: string }>();
    const person = await createMember(tenant);
    const own = await person.api();
    const refused = await own.post(`/positions/${positionId}/assignments`);
    expect(refused.json<{ reasons: { code: string }[] }>().reasons.map(({ code }) => code)).to.deep.equal([
      'training-missing',
    ]);
    const { id: enrolmentId } = await signUp(own, id);
    await atOffset(await offsetTo(id, 10), async () => {
      const teacher = await instructor.api();
      await teacher.post(`/enrolments/${enrolmentId}/attendance`, { mark: 'present' });
      await teacher.post(`/sessions/${id}/completion`);
      const taught = await (await person.api()).post(`/positions/${positionId}/assignments`);
      expect(taught.status, taught.text).to.equal(201);
    });
  });

  it('shows its pages to who may see them', async () => {
    const first = await course({
      passMark: null,
      materials: [{ title: '讲义', url: 'https://example.org/a' }],
    });
    const courseId = await course({ prerequisites: [first] });
    const [open, asked] = [await session(first), await session(courseId, { admission: 'approval' })];
    const person = await createMember(tenant);
    await signUp(await person.api(), open);
    await planner.post(`/sessions/${open}/invitations`, {
      personIds: [(await createMember(tenant)).personId],
    });
    const pages = {
      person: await person.page(),
      officer: await officer.page(),
      instructor: await instructor.page(),
    };
    const seen: [keyof typeof pages, string, RegExp][] = [
      ['person', '/sessions', /培训日程/],
      ['person', '/courses', /课程目录/],
      ['person', `/courses/${courseId}`, /先修课程/],
      ['person', `/sessions/${open}`, /您已入班/],
      ['person', `/sessions/${asked}`, /需先完成/],
      ['person', '/training', /即将参加/],
      ['instructor', '/training', /我讲授的/],
      ['instructor', `/sessions/${open}/desk`, /签到与考核/],
      ['officer', `/sessions/${open}/desk`, /邀请成员/],
      ['officer', '/courses/new', /能力维度/],
      ['officer', `/courses/${courseId}/edit`, /合格分/],
      ['officer', `/courses/${courseId}/sessions/new`, /名额/],
      ['officer', `/sessions/${open}/edit`, /讲师/],
    ];
    for (const [who, path, words] of seen) {
      const page = await pages[who].get(path);
      expect(page.status, `${who} ${path}`).to.equal(200);
      expect(page.text, `${who} ${path}`).to.match(words);
    }
    const wrong = await pages.officer.post('/courses', { title: '' });
    expect(wrong.status).to.equal(422);
    await atOffset(await offsetTo(open, 10), async () => {
      const desk = await (await instructor.page()).get(`/sessions/${open}/desk`);
      expect(desk.text).to.match(/code-big/);
    });
  });

  it('offers to plan a session only to whoever may, and tells who teaches it without a warning', async () => {
    const courseId = await course();
    const part = await createMember(tenant, { roles: ['officer'], unitId: await createUnit(tenant) });
    const way = `/courses/${courseId}/sessions/new`;
    for (const [who, offered] of [
      [officer, true],
      [part, false],
    ] as const) {
      const page = await who.page();
      expect((await page.get(`/courses/${courseId}`)).text.includes(way)).to.equal(offered);
      expect((await page.get(way)).status).to.equal(offered ? 200 : 403);
    }
    const taught = (await (await instructor.page()).get(`/sessions/${await session(courseId)}`)).text;
    expect(taught)
      .to.match(/notice-info[^]*您是本次培训的讲师/)
      .and.not.include('notice-warning');
  });

  it('leaves everything of training as it must be', async () => {
    const { composed } = await testApp();
    const own = allChecks(database() as never, composed.invariants).filter(({ name }) =>
      /^(training|offers|credits)\//.test(name),
    );
    expect(own.length).to.be.above(1);
    const { ok, checks } = await asOperator(() => acrossTenants('test', () => runChecks(own)));
    expect(ok, JSON.stringify(checks.filter(({ violations }) => violations > 0))).to.equal(true);
  });
});
