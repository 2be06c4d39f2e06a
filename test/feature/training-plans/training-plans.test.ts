import { expect } from 'chai';
import { addDays, addMonths, localDate, weekdayOf } from '../../../server/core/time.ts';
import { OutboxModel } from '../../../server/db/outbox.ts';
import { SessionModel } from '../../../server/features/training/session.model.ts';
import { EnrolmentModel } from '../../../server/features/training/enrolment.model.ts';
import { RegistrationWatchModel } from '../../../server/features/re-registration/watch.model.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { createMember, createTenant, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { createCourse } from '../../factories/training.ts';
import { testApp } from '../../support/app.ts';
import { Types } from 'mongoose';

const TODAY = localDate(new Date(), 'Asia/Shanghai');
/** A Monday at least a week from now. */
const MONDAY = addDays(TODAY, 7 + ((8 - weekdayOf(TODAY)) % 7));

interface Planned {
  readonly id: string;
  readonly title: string;
  readonly instructor: string | null;
  readonly startsAt: string;
  readonly pinned: boolean;
  readonly state: string;
  readonly sessionId: string | null;
  readonly invitations: {
    readonly personId: string;
    readonly minutes: number;
    readonly enrolmentId: string | null;
    readonly reasons: { readonly code: string; readonly params: Record<string, unknown> }[];
  }[];
}
interface Plan {
  readonly id: string;
  readonly version: number;
  readonly state: string;
  readonly failure: string | null;
  readonly excluded: { readonly personId: string }[];
  readonly outcome: {
    readonly before: { readonly all: number; readonly people: number };
    readonly closed: { readonly all: number; readonly urgent: number; readonly people: number };
    readonly sessions: number;
    readonly costCents: number;
  } | null;
  readonly proof: { readonly worth: number; readonly bound: number } | null;
}

/** A social worker whose registration ends so many days from now, without an hour of credit. */
async function registered(tenant: Tenant, days: number, person: object = {}): Promise<Member> {
  const member = await createMember(tenant, { kind: 'social-worker', person });
  const validTo = addDays(TODAY, days);
  await inTenant(tenant.id, () =>
    RegistrationWatchModel.create([
      {
        credentialId: new Types.ObjectId(),
        personId: member.personId,
        membershipId: member.membershipId,
        unitId: tenant.rootUnitId,
        personName: member.name,
        level: 'assistant',
        validFrom: addDays(addMonths(validTo, -36), 1),
        validTo,
        createdAt: new Date(),
      } as never,
    ]),
  );
  return member;
}

describe('training plans', function () {
  this.timeout(120_000);

  it('go from what people lack to sessions and invitations, once, each with its reasons', async () => {
    const { sweep, composed } = await testApp();
    const tenant = await createTenant();
    const other = await createTenant();
    const [officer, stranger, instructor] = await Promise.all([
      createMember(tenant, { roles: ['officer'] }),
      createMember(other, { roles: ['officer'] }),
      createMember(tenant, { roles: ['instructor'] }),
    ]);
    const api = await officer.api();
    const colleague = await createMember(tenant, { roles: ['instructor'] });
    // Only the one teaches ethics, and the first Saturday is off here.
    const ethics = await createCourse(tenant, {
      instructors: [{ personId: new Types.ObjectId(instructor.personId), name: instructor.name }],
      title: '伦理',
      passMark: 60,
      minutes: 240,
      category: 'ethics',
    });
    const mediation = await createCourse(tenant, { title: '调解', tracks: ['semi-professional'] });
    const urgent = await registered(tenant, 50);
    const later = await registered(tenant, 600);
    // Only free on a day that the plan does not look at.
    const busy = await registered(tenant, 50, {
      availability: [{ weekday: 2, startMinute: 0, endMinute: 1_440 }],
    });
    const cadre = await createMember(tenant, { kind: 'community-worker' });
    await api.post('/curricula', {
      role: 'community-cadre',
      effectiveFrom: TODAY,
      courseIds: [mediation],
      withinMonths: 6,
    });
    const administrator = await createMember(tenant, { roles: ['administrator'] });
    const saturday = addDays(MONDAY, 5);
    const off = await (
      await administrator.api()
    ).post('/calendar/days', { date: saturday, kind: 'off', name: '年度盘点' });
    expect(off.status, off.text).to.be.below(300);
    const body = {
      from: MONDAY,
      to: addDays(MONDAY, 13),
      budget: 1_500,
      hourFee: 100,
      windows: ['saturday-day', 'sunday-day'],
      instructorIds: [colleague.personId, instructor.personId],
      rooms: [{ label: '一号教室', seats: 2, cost: 100 }],
    };
    const wrong = await api.post('/training-plans', { ...body, rooms: [] });
    expect(wrong.json<{ errors: { path: string }[] }>().errors[0]?.path).to.equal('rooms.0.label');
    expect((await (await urgent.api()).post('/training-plans', body)).status).to.equal(403);
    const asked = await api.post('/training-plans', body);
    expect(asked.status, asked.text).to.equal(202);
    const { id } = asked.json<Plan>();
    expect((await api.post('/training-plans', body)).json()['code']).to.equal('plan-running');
    await sweep('training-plans/solve');
    const show = async (): Promise<Plan> => (await api.get(`/training-plans/${id}`)).json();
    const sessions = async (): Promise<Planned[]> =>
      (await api.get(`/training-plans/${id}/sessions`)).json<{ data: Planned[] }>().data;
    const plan = await show();
    expect(plan.state, JSON.stringify(plan)).to.equal('proposed');
    // 72 hours are missing of three people, and one course of one.
    expect(plan.outcome?.before).to.include({ all: 3 * 72 * 60 + 180, people: 4 });
    expect(plan.outcome?.closed).to.include({ all: 240 + 240 + 180, people: 3, urgent: 240 });
    expect(plan.proof?.worth).to.equal(8 * 240 + 240 + 2 * 180 - 3);
    const found = await sessions();
    expect(found.map(({ title }) => title).sort()).to.deep.equal(['伦理', '调解'].sort());
    const session = found.find(({ title }) => title === '伦理') as Planned;
    expect(session.invitations.map(({ personId }) => personId).sort()).to.deep.equal(
      [urgent.personId, later.personId].sort(),
    );
    expect(session.instructor).to.equal(instructor.name);
    expect(found.some(({ startsAt }) => startsAt.startsWith(saturday))).to.equal(false);
    const desk = await api.post(`/courses/${ethics}/sessions`, {
      date: saturday,
      startTime: '09:00',
      endTime: '13:00',
      place: { label: '教室' },
      capacity: 5,
      instructors: [colleague.personId],
    });
    expect(desk.json()['errors']).to.deep.include({ path: 'instructors', code: 'not-this-course' });
    const reason = session.invitations.find(({ personId }) => personId === urgent.personId)?.reasons[0];
    expect(reason).to.deep.include({ code: 'lacks-total' });
    expect(reason?.params).to.include({ minutes: 72 * 60, dueOn: addDays(TODAY, 50) });

    // Nobody elsewhere sees it, and whoever is left out is left out.
    expect((await (await stranger.api()).get(`/training-plans/${id}`)).status).to.equal(404);
    const page = await officer.page();
    for (const path of [
      '/training-plans',
      '/training-plans/new',
      `/training-plans/${id}`,
      `/training-plans/${id}/sessions/${session.id}`,
    ])
      expect((await page.get(path)).status, path).to.equal(200);
    const without = await api.post(`/training-plans/${id}/exclusions`, { personId: later.personId });
    expect(without.json<Plan>().outcome?.closed).to.include({ all: 240 + 180, people: 2 });
    expect(
      (await api.post(`/training-plans/${id}/sessions/${session.id}/pin`, { pinned: true })).status,
    ).to.equal(200);
    const dropped = found.find(({ title }) => title === '调解') as Planned;
    const left = await api.post(`/training-plans/${id}/sessions/${dropped.id}/removal`);
    expect(left.json<Plan>().outcome).to.include({ sessions: 1 });
    // Moved to the other day: it stays there, and the next run keeps to everything that was decided.
    const to = session.startsAt.slice(0, 10) === addDays(MONDAY, 5) ? addDays(MONDAY, 6) : addDays(MONDAY, 5);
    const moved = await api.post(`/training-plans/${id}/sessions/${session.id}/move`, {
      date: to,
      startTime: '10:00',
      room: 0,
    });
    expect(moved.status, moved.text).to.equal(202);
    await sweep('training-plans/solve');
    const again = await sessions();
    const pinned = again.find((one) => one.pinned);
    expect(pinned).to.include({ title: '伦理', startsAt: `${to}T02:00:00.000Z` });
    expect(pinned?.invitations.map(({ personId }) => personId)).to.deep.equal([urgent.personId]);
    expect(again.some(({ title, startsAt }) => title === '调解' && startsAt === dropped.startsAt)).to.equal(
      false,
    );

    // Published twice and by two sweeps at once: everything is made once.
    const { version } = await show();
    const publish = () => api.post(`/training-plans/${id}/publication`, {}, { 'if-match': `"v${version}"` });
    const published = await Promise.all([publish(), publish()]);
    expect(published.filter(({ status }) => status === 202)).to.have.length(1);
    await Promise.all(
      [1, 2].map(() =>
        inTenant(tenant.id, () => composed.services.planPublishing.work(id).catch(() => undefined)),
      ),
    );
    await sweep('training-plans/publish');
    expect((await show()).state).to.equal('published');
    const made = await inTenant(tenant.id, async () => ({
      sessions: await SessionModel.countDocuments({ state: 'published' }),
      enrolments: await EnrolmentModel.find({ state: 'invited' }).lean(),
      messages: await OutboxModel.countDocuments({ kind: 'training/news' }),
    }));
    expect(made.sessions).to.equal(again.length);
    const invited = again.reduce((sum, { invitations }) => sum + invitations.length, 0);
    expect([made.enrolments.length, made.messages]).to.deep.equal([invited, invited]);
    // The invited person reads why, too.
    const own = await urgent.page();
    const { sessionId } = (await sessions()).find(({ title }) => title === '伦理') as Planned;
    const text = (await own.get(`/sessions/${sessionId}`)).text;
    expect(text).to.contain('还缺 72 小时').and.to.contain('参加本次可计 4 小时');
    expect(made.enrolments.some(({ personId }) => String(personId) === busy.personId)).to.equal(false);
    expect(made.enrolments.some(({ personId }) => String(personId) === cadre.personId)).to.equal(
      again.some(({ title }) => title === '调解'),
    );
    expect(ethics).to.be.a('string');
  });

  it('promise what the credit engine counts where a programme caps training, also when a session is taken out', async () => {
    const { sweep } = await testApp();
    const tenant = await createTenant();
    const [officer, reviewer] = await Promise.all([
      createMember(tenant, { roles: ['officer'] }),
      createMember(tenant, { roles: ['reviewer'] }),
    ]);
    const api = await officer.api();
    const rules = {
      programme: 'cn-assistant',
      cycle: { kind: 'fromRegistration', months: 36, windowMonthsBefore: 3 },
      requirement: { total: 72, maxByMode: { online: 4, inPerson: 5 } },
      conversions: [{ activity: 'training', rule: 'actual', needs: ['passCertificate'], capPerCycle: 6 }],
      openCycles: 'newRules',
      effective: [TODAY, null],
    };
    const published = await (await reviewer.api()).post('/programmes', { rules: JSON.stringify(rules) });
    expect(published.status, published.text).to.equal(201);
    for (const mode of ['online', 'online', 'inPerson'])
      await createCourse(tenant, { passMark: 60, minutes: 240, mode });
    await registered(tenant, 50);
    const asked = await api.post('/training-plans', {
      from: MONDAY,
      to: addDays(MONDAY, 13),
      mostEach: 3,
      windows: ['saturday-day', 'sunday-day'],
      rooms: [{ label: '教室', seats: 5 }],
    });
    expect(asked.status, asked.text).to.equal(202);
    const { id } = asked.json<Plan>();
    await sweep('training-plans/solve');
    const plan = (await api.get(`/training-plans/${id}`)).json<Plan>();
    // Four hours online and five in a room would be nine; six count in all.
    expect(plan.outcome?.before.all).to.equal(72 * 60);
    expect(plan.outcome?.closed.all).to.equal(360);
    expect(plan.proof?.worth).to.equal(8 * 360 - 2);
    const list = async (): Promise<Planned[]> =>
      (await api.get(`/training-plans/${id}/sessions`)).json<{ data: Planned[] }>().data;
    const [first, second, ...more] = await list();
    expect(more).to.deep.equal([]);
    expect([first, second].map((one) => one?.invitations[0]?.minutes)).to.deep.equal([240, 120]);
    const left = await api.post(`/training-plans/${id}/sessions/${String(first?.id)}/removal`);
    expect(left.json<Plan>().outcome?.closed.all).to.equal(240);
    const [one] = (await list())[0]?.invitations ?? [];
    expect(one?.minutes).to.equal(240);
    expect(one?.reasons.map(({ code, params }) => [code, params['minutes']])).to.deep.equal([
      ['lacks-total', 72 * 60],
      ['counts', 240],
    ]);
  });

  it('say when there is nothing to plan, and stop when nobody wants them', async () => {
    const { sweep } = await testApp();
    const tenant = await createTenant();
    const officer = await createMember(tenant, { roles: ['officer'] });
    const api = await officer.api();
    await createCourse(tenant);
    const body = { rooms: [{ label: '教室', seats: 5 }] };
    const { id } = (await api.post('/training-plans', body)).json<Plan>();
    await sweep('training-plans/solve');
    const failed = (await api.get(`/training-plans/${id}`)).json<Plan>();
    expect([failed.state, failed.failure]).to.deep.equal(['failed', 'plan-nobody-lacks']);
    expect((await api.post(`/training-plans/${id}/solve`)).json<Plan>().state).to.equal('queued');
    expect((await api.post(`/training-plans/${id}/cancel`)).json<Plan>().state).to.equal('cancelled');
    await sweep('training-plans/solve');
    expect((await api.get(`/training-plans/${id}`)).json<Plan>().state).to.equal('cancelled');
  });
});
