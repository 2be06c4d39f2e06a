import { expect } from 'chai';
import { runInContext, asTenant } from '../../../server/core/context.ts';
import { OutboxModel } from '../../../server/db/outbox.ts';
import { HoursModel } from '../../../server/features/hours/hours.model.ts';
import { MembershipModel } from '../../../server/features/memberships/membership.model.ts';
import { createServed, storedHours } from '../../factories/hours.ts';
import {
  createMember,
  createMembership,
  createTenant,
  createUnit,
  inTenant,
  memberOf,
} from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { byTwo } from '../../factories/proposals.ts';
import { actorOf } from '../../support/actor.ts';
import { testApp } from '../../support/app.ts';

const DAY_MS = 86_400_000;
type Refusals = { outcomes: { id: string; refusal: string | null }[] };
const codesOf = (answer: { json<T>(): T }): string[] =>
  answer
    .json<{ errors: { path: string; code: string }[] }>()
    .errors.map(({ path, code }) => `${path}: ${code}`);
/** As if they had joined a month ago. */
const joinedLongAgo = (member: Member): Promise<unknown> =>
  inTenant(member.tenant.id, () =>
    MembershipModel.updateOne(
      { _id: member.membershipId },
      { $set: { createdAt: new Date(Date.now() - 30 * DAY_MS) } },
    ),
  );
const localDay = (daysAgo: number): string =>
  new Date(Date.now() + 8 * 3_600_000 - daysAgo * DAY_MS).toISOString().slice(0, 10);
const log = (overrides: object = {}): object => ({
  name: '帮邻居修灯',
  date: localDay(2),
  startTime: '08:00',
  endTime: '09:30',
  witness: '王阿姨',
  ...overrides,
});

describe('hours after a check-out', function () {
  this.timeout(60_000);

  it('are recorded once, confirmed by another person, posted by double entry', async () => {
    const { composed } = await testApp();
    const tenant = await createTenant();
    const volunteer = await createMember(tenant);
    const coordinator = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const id = await createServed(tenant, volunteer);
    const record = await storedHours(tenant, id);
    const again = await inTenant(tenant.id, () => composed.services.assignments.row(record.assignmentId!));
    await inTenant(tenant.id, () => composed.services.hours.openFromAssignment(again!));
    const own = await volunteer.api();
    expect((await own.get('/hours')).json<{ data: object[] }>().data).to.have.length(1);
    expect((await own.get(`/hours/${id}`)).json()).to.include({
      state: 'submitted',
      grade: 'device',
      plannedMinutes: 120,
      recordedMinutes: 121,
    });
    expect((await coordinator.post(`/hours/${id}/approve`)).json()).to.include({ state: 'posted' });
    const entries = (await own.get('/hours/entries')).json<{ data: { minutes: number }[] }>().data;
    expect(entries.map(({ minutes }) => minutes)).to.deep.equal([121]);
    expect((await own.get('/hours')).json()).to.include({ totalMinutes: 121, waitingMinutes: 0 });
    expect((await coordinator.post(`/hours/${id}/approve`)).json()).to.include({ code: 'wrong-state' });
  });

  it('say how well they are evidenced', async () => {
    const tenant = await createTenant();
    const volunteer = await createMember(tenant);
    for (const [left, grade] of [
      ['code', 'device'],
      ['coordinator', 'supervisor'],
      ['automatic', 'roster'],
    ] as const) {
      const id = await createServed(tenant, volunteer, {
        left,
        hoursAgo: { code: 5, coordinator: 9, automatic: 13 }[left],
      });
      expect((await storedHours(tenant, id)).grade).to.equal(grade);
    }
  });

  it('are never confirmed by the person themselves, by any door', async () => {
    const tenant = await createTenant();
    const coordinator = await createMember(tenant, { roles: ['coordinator', 'reviewer'] });
    const id = await createServed(tenant, coordinator);
    const api = await coordinator.api();
    const page = await coordinator.page();
    await page.get(`/hours/${id}`);
    expect(page.last?.text).to.not.include(`/hours/${id}/approve`);
    expect((await api.post(`/hours/${id}/approve`)).json()).to.include({ code: 'not-your-own' });
    expect((await api.post(`/hours/${id}/reject`, { reason: 'x' })).json()).to.include({
      code: 'not-your-own',
    });
    const refused = await page.post(`/hours/${id}/approve`);
    expect(refused.status).to.equal(403);
    expect(refused.text).to.include('不能为自己办理');
    const bulk = (await api.post('/hours/approvals', { ids: [id] })).json<Refusals>();
    expect(bulk.outcomes).to.deep.equal([{ id, refusal: 'not-your-own' }]);
    const paged = await page.post('/hours/approvals', { ids: id });
    expect(paged.text).to.include('不能为自己办理');
    expect((await api.get('/hours/queue')).json<{ data: object[] }>().data).to.deep.equal([]);
    const other = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    await other.post(`/hours/${id}/approve`);
    expect((await api.post(`/hours/${id}/reversal`, { reason: 'x' })).json()).to.include({
      code: 'not-your-own',
    });
    expect((await storedHours(tenant, id)).state).to.equal('posted');
  });

  it('are the person’s own also under another account: people are compared, not accounts', async () => {
    const { composed } = await testApp();
    const tenant = await createTenant();
    const volunteer = await createMember(tenant);
    const other = await createMember(tenant, { roles: ['coordinator', 'reviewer'] });
    const id = await createServed(tenant, volunteer);
    const real = await actorOf(other);
    const second = { ...real, personId: volunteer.personId };
    const { hours } = composed.services;
    await runInContext({ requestId: 'test', actor: second, tenantId: null, crossTenant: null }, () =>
      asTenant(tenant.id, async () => {
        const outcomes = await hours.approveMany(second, [id]);
        expect(outcomes).to.deep.equal([{ id, refusal: 'not-your-own' }]);
        expect((await hours.queue(second, 10, undefined)).data).to.deep.equal([]);
      }),
    );
    const outcomes = await (await other.api()).post('/hours/approvals', { ids: [id] });
    expect(outcomes.json<Refusals>().outcomes).to.deep.equal([{ id, refusal: null }]);
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

  it('of another tenant, of a unit out of reach, unknown and malformed are missing alike', async () => {
    const [one, other] = [await createTenant(), await createTenant()];
    const volunteer = await createMember(one);
    const id = await createServed(one, volunteer);
    const team = await createUnit(one);
    const elsewhere = memberOf(other, volunteer, await createMembership(other, volunteer));
    for (const stranger of [
      await createMember(other, { roles: ['coordinator', 'reviewer', 'auditor'] }),
      await createMember(one, { roles: ['coordinator', 'reviewer'], unitId: team }),
      elsewhere,
    ]) {
      const api = await stranger.api();
      const shapes = new Set<string>();
      for (const asked of [id, '0123456789abcdef01234567', 'nonsense']) {
        const answer = await api.get(`/hours/${asked}`);
        shapes.add(`${answer.status} ${answer.text.replace(/"instance":"[^"]*"/, '')}`);
      }
      expect([...shapes]).to.have.length(1);
      expect([...shapes][0]).to.match(/^404/);
    }
    const coordinator = await (await createMember(other, { roles: ['coordinator'] })).api();
    expect((await coordinator.post(`/hours/${id}/approve`)).status).to.equal(404);
    const bulk = await coordinator.post('/hours/approvals', { ids: [id] });
    expect(bulk.json<Refusals>().outcomes).to.deep.equal([{ id, refusal: 'not-found' }]);
  });
});

describe('confirming hours', function () {
  this.timeout(60_000);

  it('shows what waits within reach, oldest first, page by page, and needs the permission', async () => {
    const tenant = await createTenant();
    const [near, far] = [await createUnit(tenant), await createUnit(tenant)];
    const volunteer = await createMember(tenant);
    const desk = await createMember(tenant, { roles: ['coordinator'], unitId: near });
    const ids: string[] = [];
    for (const hoursAgo of [5, 11, 8])
      ids.push(await createServed(tenant, volunteer, { hoursAgo, unitId: near }));
    await createServed(tenant, volunteer, { hoursAgo: 20, unitId: far });
    const api = await desk.api();
    type Queue = { data: { id: string }[]; nextCursor: string | null };
    const first = (await api.get('/hours/queue?limit=2')).json<Queue>();
    const rest = (await api.get(`/hours/queue?limit=2&cursor=${first.nextCursor ?? ''}`)).json<Queue>();
    expect([...first.data, ...rest.data].map(({ id }) => id)).to.deep.equal([ids[1], ids[2], ids[0]]);
    expect(rest.nextCursor).to.equal(null);
    expect((await (await volunteer.api()).get('/hours/queue')).status).to.equal(403);
    const page = await desk.page();
    await page.get('/hours/queue');
    expect(page.last?.text).to.include('确认所选');
    expect((await page.get('/hours/queue?lang=en')).text).to.include('Confirm');
    expect((await page.post('/hours/approvals', { ids })).location).to.equal('/hours/queue');
    expect((await api.get('/hours/queue')).json<Queue>().data).to.deep.equal([]);
    expect((await page.post('/hours/approvals')).location).to.equal('/hours/queue');
  });

  it('is counted on the desk as the queue has it: without one’s own and without what others must decide', async () => {
    const { composed } = await testApp();
    const tenant = await createTenant();
    const unitId = await createUnit(tenant);
    const volunteer = await createMember(tenant);
    const desk = await createMember(tenant, { roles: ['coordinator'], unitId });
    const served = (member: Member, hoursAgo: number): Promise<string> =>
      createServed(tenant, member, { hoursAgo, unitId });
    await served(volunteer, 5);
    await served(desk, 5);
    await createServed(tenant, volunteer, { hoursAgo: 40 });
    const contest = async (hoursAgo: number, fields: object): Promise<unknown> => {
      const _id = await served(volunteer, hoursAgo);
      const change = { $set: { state: 'appealed', ...fields } };
      return inTenant(tenant.id, () => HoursModel.updateOne({ _id }, change as never));
    };
    await contest(8, {});
    await contest(11, { confirmedByPersonId: desk.personId });
    await contest(14, { anomalies: [{ code: 'round-numbers', facts: {} }] });
    const actor = await actorOf(desk);
    const { data } = (await (await desk.api()).get('/hours/queue')).json<{ data: object[] }>();
    const count = await inTenant(tenant.id, () => composed.services.hours.waitingCount(actor));
    expect([data.length, count]).to.deep.equal([2, 2]);
  });

  it('is answered with a reason, contested once, and decided by somebody else', async () => {
    const tenant = await createTenant();
    const volunteer = await createMember(tenant);
    const [first, second] = [
      await createMember(tenant, { roles: ['coordinator'] }),
      await createMember(tenant, { roles: ['coordinator'] }),
    ];
    const [own, rejecter, other] = [await volunteer.api(), await first.api(), await second.api()];
    const id = await createServed(tenant, volunteer);
    expect((await rejecter.post(`/hours/${id}/reject`, { reason: '' })).status).to.equal(422);
    const page = await first.page();
    await page.get(`/hours/${id}`);
    expect((await page.post(`/hours/${id}/reject`, { reason: ' ' })).location).to.equal(`/hours/${id}`);
    expect((await page.get(`/hours/${id}`)).text).to.include('请填写理由');
    expect((await own.post(`/hours/${id}/appeal`, { reason: '我在' })).json()).to.include({
      code: 'wrong-state',
    });
    await rejecter.post(`/hours/${id}/reject`, { reason: '名单上没有' });
    expect((await own.get(`/hours/${id}`)).json()).to.include({ rejectionReason: '名单上没有' });
    expect((await (await volunteer.page()).get('/hours')).text).to.include('名单上没有');
    expect((await other.post(`/hours/${id}/appeal`, { reason: 'x' })).json()).to.include({
      code: 'only-the-person',
    });
    expect((await own.post(`/hours/${id}/appeal`, { reason: '我在现场' })).json()).to.include({
      state: 'appealed',
    });
    expect((await rejecter.get('/hours/queue')).json<{ data: object[] }>().data).to.deep.equal([]);
    for (const verb of ['approve', 'reject']) {
      const body = verb === 'reject' ? { reason: '仍然' } : {};
      const answer = await rejecter.post(`/hours/${id}/${verb}`, body);
      expect(answer.json()).to.include({ code: 'appeal-needs-another' });
    }
    expect((await (await second.page()).get(`/hours/${id}`)).text).to.include('我在现场');
    expect((await other.post(`/hours/${id}/approve`)).json()).to.include({ state: 'posted' });
    const kinds = await inTenant(tenant.id, () =>
      OutboxModel.find({ subjectId: id }).sort({ _id: 1 }).select({ kind: 1 }).lean(),
    );
    expect(kinds.map(({ kind }) => kind)).to.deep.equal(['hours/rejected', 'hours/confirmed']);
  });

  it('shows the ledger of a member to whoever may see their hours', async () => {
    const tenant = await createTenant();
    const team = await createUnit(tenant);
    const volunteer = await createMember(tenant);
    const desk = await (await createMember(tenant, { roles: ['coordinator', 'reviewer'] })).api();
    const id = await createServed(tenant, volunteer);
    await desk.post(`/hours/${id}/approve`);
    await byTwo(tenant, desk, `/hours/${id}/reversal`, { reason: '登记有误' });
    type Entries = { data: { minutes: number; cause: string }[] };
    const seen = (await desk.get(`/hours/entries?personId=${volunteer.personId}`)).json<Entries>().data;
    expect(seen.map(({ minutes, cause }) => `${cause} ${minutes}`)).to.deep.equal([
      'reversal -121',
      'hours 121',
    ]);
    for (const stranger of [
      await createMember(tenant),
      await createMember(tenant, { roles: ['coordinator'], unitId: team }),
      await createMember(await createTenant(), { roles: ['coordinator'] }),
    ]) {
      const answer = await (await stranger.api()).get(`/hours/entries?personId=${volunteer.personId}`);
      expect(answer.status).to.equal(404);
    }
  });
});

describe('service that nobody scheduled', function () {
  this.timeout(60_000);

  it('waits for confirmation as soon as the form of the page was sent, as the page then says', async () => {
    const volunteer = await createMember(await createTenant());
    await joinedLongAgo(volunteer);
    const page = await volunteer.page();
    const form = await page.get('/hours/new');
    const hidden = [...form.text.matchAll(/<input type="hidden" name="([a-z]+)" value="([^"]*)">/g)];
    const typed = Object.entries(log()).filter(([, value]) => typeof value === 'string');
    const sent = await page.post('/hours', {
      ...(Object.fromEntries(typed) as Record<string, string>),
      ...Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value])),
      nature: 'volunteer',
    });
    expect(sent.status, sent.text).to.equal(303);
    const own = await volunteer.api();
    expect((await own.get(sent.location ?? '')).json()).to.include({ state: 'submitted' });
    const shown = (await page.get(`${sent.location}?lang=en`)).text;
    expect(shown).to.include('It waits for confirmation').and.not.include('/submit"');
  });

  it('is logged by the volunteer and confirmed by a person who was not the only one to see it', async () => {
    const tenant = await createTenant();
    const team = await createUnit(tenant, { name: '桐君街道' });
    const volunteer = await createMember(tenant);
    await joinedLongAgo(volunteer);
    const witness = await createMember(tenant, { roles: ['coordinator'], person: { name: '王阿姨' } });
    const own = await volunteer.api();
    const logged = await own.post('/hours', log({ unitId: team }));
    expect(logged.json()).to.include({
      state: 'submitted',
      grade: 'self',
      recordedMinutes: 90,
      unitId: team,
    });
    const id = String(logged.json()['id']);
    expect((await (await witness.api()).post(`/hours/${id}/approve`)).json()).to.include({
      code: 'sole-witness',
    });
    const confirmer = await createMember(tenant, { roles: ['coordinator'] });
    const other = await confirmer.api();
    const posted = (await other.post(`/hours/${id}/approve`)).json<{ state: string; activity: object }>();
    expect(posted.state).to.equal('posted');
    // All that a service record states, although only the name was typed.
    expect(posted.activity).to.deep.include({
      name: '帮邻居修灯',
      content: '帮邻居修灯',
      place: '桐君街道',
      unitName: '桐君街道',
      leaderName: confirmer.name,
    });
    expect(codesOf(await own.post('/hours', log({ startTime: '09:29', endTime: '10:00' })))).to.deep.equal([
      'startTime: overlaps-recorded',
    ]);
    expect((await own.post('/hours', log({ startTime: '09:30', endTime: '10:00' }))).status).to.equal(201);
  });

  it('is refused in the future, before joining, for too long, without a witness, in a unit that is not ours', async () => {
    const tenant = await createTenant();
    const volunteer = await createMember(tenant);
    await joinedLongAgo(volunteer);
    const foreign = await createUnit(await createTenant());
    const own = await volunteer.api();
    const refused = async (overrides: object): Promise<string[]> =>
      codesOf(await own.post('/hours', log(overrides)));
    expect(await refused({ date: '2999-01-01' })).to.deep.equal(['date: in-the-future']);
    expect(await refused({ date: localDay(40) })).to.deep.equal(['date: before-membership']);
    expect(await refused({ startTime: '08:00', endTime: '07:30' })).to.deep.equal(['endTime: log-too-long']);
    expect(await refused({ unitId: foreign })).to.deep.equal(['unitId: invalid-id']);
    expect(await refused({ witness: ' ' })).to.have.length(1);
    // The night before last, over midnight.
    const night = await own.post('/hours', log({ startTime: '22:30', endTime: '00:30' }));
    expect(night.json()).to.include({ recordedMinutes: 120 });
    for (const extra of ['state', 'recordedMinutes', 'personId', 'grade', 'tenantId'])
      expect((await own.post('/hours', log({ [extra]: 'x' }))).status, extra).to.equal(400);
  });

  it('cannot claim the time of a shift, nor the same time twice at once', async () => {
    const tenant = await createTenant();
    const volunteer = await createMember(tenant);
    await joinedLongAgo(volunteer);
    const own = await volunteer.api();
    const answers = await Promise.all([1, 2, 3, 4].map(() => own.post('/hours', log())));
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([201, 422, 422, 422]);
    await createServed(tenant, volunteer, { startsAt: new Date(`${localDay(1)}T10:00:00+08:00`) });
    expect(
      codesOf(await own.post('/hours', log({ date: localDay(1), startTime: '11:00', endTime: '12:30' }))),
    ).to.deep.equal(['startTime: overlaps-recorded']);
  });

  it('may be kept as a draft that only its person hands in', async () => {
    const tenant = await createTenant();
    const volunteer = await createMember(tenant);
    await joinedLongAgo(volunteer);
    const own = await volunteer.api();
    const draft = (await own.post('/hours', log({ submit: false }))).json();
    expect(draft).to.include({ state: 'open' });
    const id = String(draft['id']);
    const desk = await createMember(tenant, { roles: ['coordinator'] });
    const api = await desk.api();
    expect((await api.get('/hours/queue')).json<{ data: object[] }>().data).to.deep.equal([]);
    expect((await api.post(`/hours/${id}/submit`)).json()).to.include({ code: 'only-the-person' });
    const page = await volunteer.page();
    expect((await page.get(`/hours/${id}`)).text).to.include(`/hours/${id}/submit`);
    expect((await page.post(`/hours/${id}/submit`)).status).to.equal(303);
    expect((await own.post(`/hours/${id}/submit`)).json()).to.include({ code: 'wrong-state' });
    expect((await api.post(`/hours/${id}/approve`)).json()).to.include({ state: 'posted' });
  });

  it('has a form in both languages that says beside the field what is wrong', async () => {
    const tenant = await createTenant();
    const volunteer = await createMember(tenant);
    await joinedLongAgo(volunteer);
    const page = await volunteer.page();
    expect((await page.get('/hours/new?lang=en')).text).to.include('Who saw it');
    expect((await page.get('/hours/new?lang=zh-CN')).text).to.include('见证人');
    const wrong = await page.post('/hours', { ...(log({ date: '2999-01-01' }) as Record<string, string>) });
    expect(wrong.status).to.equal(422);
    expect(wrong.text).to.include('id="f-date-error"').and.include('帮邻居修灯');
    // Whoever is asked says what it was; programs of before it was asked need not.
    expect(wrong.text).to.include('id="f-nature-error"');
    const done = await page.post('/hours', {
      ...(log({ nature: 'volunteer' }) as Record<string, string>),
    });
    expect(done.location).to.match(/^\/hours\/[0-9a-f]{24}$/);
    for (const language of ['en', 'zh-CN']) {
      expect((await page.get(`${done.location!}?lang=${language}`)).status).to.equal(200);
      expect((await page.get(`/hours?lang=${language}`)).text).to.include('帮邻居修灯');
    }
  });
});
