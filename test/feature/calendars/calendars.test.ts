import { expect } from 'chai';
import { addWorkingDays, isWeekday } from '../../../server/features/calendars/index.ts';
import { HoursModel } from '../../../server/features/hours/hours.model.ts';
import { OutboxModel } from '../../../server/db/outbox.ts';
import { createServed, storedHours } from '../../factories/hours.ts';
import { createMember, createTenant, inTenant } from '../../factories/people.ts';
import { atOffset, testApp } from '../../support/app.ts';

const DAY_MS = 86_400_000;
type Year = { known: boolean; days: { date: string; kind: string; own: boolean; name: string }[] };

describe('the calendar of an organisation', function () {
  this.timeout(60_000);

  it('is the nation’s until the administrator sets a day, and again when it is taken back', async () => {
    const tenant = await createTenant();
    const member = await createMember(tenant, { roles: ['administrator'] });
    const api = await member.api();
    const dayOf = async (date: string) =>
      (await api.get('/calendar?year=2026')).json<Year>().days.find((day) => day.date === date);
    expect(await dayOf('2026-10-01')).to.deep.include({ kind: 'off', own: false });
    expect(await dayOf('2026-03-03')).to.equal(undefined);
    const set = await api.post('/calendar/days', {
      date: '2026-03-03',
      until: '2026-03-04',
      kind: 'off',
      name: '三月三',
    });
    expect(set.json()).to.deep.equal({ dates: ['2026-03-03', '2026-03-04'] });
    expect(await dayOf('2026-03-03')).to.deep.include({ kind: 'off', own: true, name: '三月三' });
    expect((await api.post('/calendar/days/2026-03-03/removal')).status).to.equal(200);
    expect(await dayOf('2026-03-03')).to.equal(undefined);
    expect((await api.post('/calendar/days/2026-03-03/removal')).status).to.equal(404);
    // A neighbour's days are the neighbour's.
    const other = await (await createMember(await createTenant(), { roles: ['administrator'] })).api();
    const theirs = (await other.get('/calendar?year=2026')).json<Year>().days;
    expect(theirs.some(({ own }) => own)).to.equal(false);
    expect(
      (await (await createMember(tenant, { roles: ['coordinator'] })).api()).get('/calendar'),
    ).to.not.equal(null);
    const page = await (await member.page()).get('/calendar?year=2027');
    expect(page.text).to.include('尚未公布');
  });

  it('refuses a stretch backwards or of months beside its field', async () => {
    const page = await (await createMember(await createTenant(), { roles: ['administrator'] })).page();
    await page.get('/calendar');
    const sent = { date: '2026-05-10', until: '2026-05-01', kind: 'off' };
    const refused = await page.post('/calendar/days', sent);
    expect(refused.status).to.equal(422);
    expect((await page.post('/calendar/days', { ...sent, until: '2026-09-01' })).text).to.include(
      '一次最多 31 天',
    );
    expect((await page.post('/calendar/days', { ...sent, until: '2026-05-12' })).status).to.equal(303);
  });
});

describe('the ten working days (R-1.13)', function () {
  this.timeout(60_000);
  const due = (tenantId: string) =>
    inTenant(tenantId, () => OutboxModel.find({ kind: 'hours/due' }).sort({ createdAt: 1 }).lean());

  it('are on the record, remind whoever may confirm on the eighth and the tenth, and mark what came later', async () => {
    const tenant = await createTenant();
    const volunteer = await createMember(tenant);
    const coordinator = await createMember(tenant, { roles: ['coordinator'] });
    const id = await createServed(tenant, volunteer);
    const record = await storedHours(tenant, id);
    expect(record.late).to.equal(false);
    expect(record.dueOn).to.match(/^\d{4}-\d{2}-\d{2}$/);
    const { sweep } = await testApp();
    await sweep('hours/remind');
    expect(await due(tenant.id)).to.deep.equal([]);
    const until = (date: string): number => Date.parse(`${date}T02:00:00Z`) - Date.now();
    await atOffset(until(record.remindAt?.toISOString().slice(0, 10) ?? ''), async () => {
      await sweep('hours/remind');
      await sweep('hours/remind');
    });
    expect((await due(tenant.id)).map(({ data }) => data['accountId'])).to.deep.equal([
      coordinator.accountId,
    ]);
    await atOffset(until(record.dueOn ?? ''), () => sweep('hours/remind'));
    expect(await due(tenant.id)).to.have.length(2);
    await atOffset(until(record.dueOn ?? '') + DAY_MS, async () => {
      await sweep('hours/remind');
      const answer = await (await coordinator.api()).post(`/hours/${id}/approve`);
      expect(answer.json()).to.include({ state: 'posted', late: true });
    });
    expect(await due(tenant.id)).to.have.length(2);
    expect((await storedHours(tenant, id)).remindAt).to.equal(null);
  });

  it('follow the organisation’s own calendar, and a contest has its own', async () => {
    const tenant = await createTenant();
    const administrator = await (await createMember(tenant, { roles: ['administrator'] })).api();
    const volunteer = await createMember(tenant);
    const api = await volunteer.api();
    const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
    const first = await storedHours(tenant, await createServed(tenant, volunteer));
    // One more day off among the ten: the limit ends a working day later.
    const free = addWorkingDays(today, 3, { isWorkingDay: isWeekday });
    await administrator.post('/calendar/days', { date: free, kind: 'off' });
    // Of somebody else, at the same time: hours before it may be yesterday.
    const second = await storedHours(tenant, await createServed(tenant, await createMember(tenant)));
    expect((second.dueOn ?? '') > (first.dueOn ?? '')).to.equal(true);
    // What waits already is counted again, also when the day is worked after all.
    const dueNow = async () => (await storedHours(tenant, String(first._id))).dueOn;
    expect((await dueNow()) ?? '').to.satisfy((due: string) => due > (first.dueOn ?? ''));
    expect((await administrator.post(`/calendar/days/${free}/removal`)).status).to.equal(200);
    expect(await dueNow()).to.equal(first.dueOn);
    await administrator.post('/calendar/days', { date: free, kind: 'off' });
    const coordinator = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    await coordinator.post(`/hours/${String(first._id)}/reject`, { reason: '没有看到' });
    const contested = (await api.post(`/hours/${String(first._id)}/appeal`, { reason: '我在' })).json<{
      appealDueOn: string;
    }>();
    expect(contested.appealDueOn > today).to.equal(true);
    expect(
      (await inTenant(tenant.id, () => HoursModel.findById(first._id).lean()))?.remindAt,
    ).to.be.an.instanceOf(Date);
  });

  it('are not prolonged when they are over: days that are called off afterwards make nothing timely', async () => {
    const tenant = await createTenant();
    const administrator = await createMember(tenant, { roles: ['administrator'] });
    const [volunteer, other] = [await createMember(tenant), await createMember(tenant)];
    const coordinator = await createMember(tenant, { roles: ['coordinator'] });
    const [id, posted] = [await createServed(tenant, volunteer), await createServed(tenant, other)];
    expect((await (await coordinator.api()).post(`/hours/${posted}/approve`)).status).to.equal(200);
    const claim = await (
      await other.api()
    ).post(`/hours/${posted}/claims`, { wrong: 'not-served', text: '我没去' });
    expect(claim.status, claim.text).to.equal(201);
    const { dueOn } = await storedHours(tenant, id);
    const claimed = claim.json<{ id: string; dueOn: string }>();
    const last = [dueOn ?? '', claimed.dueOn].sort().at(-1) ?? '';
    await atOffset(Date.parse(`${last}T02:00:00Z`) - Date.now() + 3 * DAY_MS, async () => {
      const admin = await administrator.api();
      const off = await admin.post('/calendar/days', {
        date: dueOn,
        until: last,
        kind: 'off',
        name: '补放假',
      });
      expect(off.status, off.text).to.be.within(200, 201);
      expect((await storedHours(tenant, id)).dueOn).to.equal(dueOn);
      const approved = await (await coordinator.api()).post(`/hours/${id}/approve`);
      expect(approved.json()).to.include({ state: 'posted', late: true, dueOn });
      const reviewer = await (await createMember(tenant, { roles: ['reviewer', 'coordinator'] })).api();
      const answered = await reviewer.post(`/hours/claims/${claimed.id}/answer`, {
        verdict: 'refused',
        reason: '签到表上有',
      });
      expect(answered.json(), answered.text).to.include({ late: true, dueOn: claimed.dueOn });
    });
  });
});
