import { expect } from 'chai';
import { OutboxModel } from '../../../server/db/outbox.ts';
import { inTransaction } from '../../../server/db/transaction.ts';
import { HoursModel } from '../../../server/features/hours/hours.model.ts';
import { createMember, createTenant, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { createPosition, createRequest, createShift } from '../../factories/requests.ts';
import type { Answer } from '../../support/agent.ts';
import { atOffset, testApp } from '../../support/app.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NO_HOURS = '不记录志愿服务时长：本次活动有偿';
type Suited = { shiftId: string; nature: string };

const codesOf = (answer: Answer): string[] =>
  (answer.json<{ errors?: { path: string; code: string }[] }>().errors ?? []).map(
    ({ path, code }) => `${path}: ${code}`,
  );
/** Local day and wall time of the tenant's zone. */
const wall = (at: number): { date: string; time: string } => {
  const text = new Date(at + 8 * HOUR).toISOString();
  return { date: text.slice(0, 10), time: text.slice(11, 16) };
};
const stretch = (from: number, to: number): { date: string; startTime: string; endTime: string } => ({
  date: wall(from).date,
  startTime: wall(from).time,
  endTime: wall(to).time,
});

/** paid, compulsory and duty-time activities cannot produce volunteer hours. */
describe('what is no volunteer service', function () {
  this.timeout(60_000);

  it('is said before anybody signs up, attended like anything else, and gives no hours by whatever way', async () => {
    const { composed, sweep, url } = await testApp();
    const { assignments, attendance, hours } = composed.services;
    const tenant = await createTenant();
    const coordinator = await createMember(tenant, { roles: ['coordinator'] });
    const desk = await coordinator.api();
    const deskPage = await coordinator.page();
    const startsAt = Date.now() + 10 * MINUTE;
    const shiftId = await createShift(tenant, {
      startsAt: new Date(startsAt),
      endsAt: new Date(startsAt + HOUR),
    });
    const positionId = await createPosition(tenant, { shiftId, maximum: 10 });
    const change = async (body: object): Promise<Answer> => {
      const { version } = (await desk.get(`/shifts/${shiftId}`)).json<{ version: number }>();
      return desk.patch(`/shifts/${shiftId}`, body, { 'if-match': `"v${version}"` });
    };
    expect((await desk.get(`/shifts/${shiftId}`)).json()).to.include({ nature: 'volunteer' });
    expect((await change({ nature: 'paid' })).json()).to.include({ nature: 'paid' });
    expect((await deskPage.get(`/shifts/${shiftId}`)).text).to.include(NO_HOURS);
    expect((await deskPage.get(`/shifts/${shiftId}/edit`)).text).to.match(/value="paid" selected/);

    // Before they sign up.
    const members = await Promise.all([createMember(tenant), createMember(tenant), createMember(tenant)]);
    const [byCode, byList, forgetful] = members as [Member, Member, Member];
    const [api, page] = [await byCode.api(), await byCode.page()];
    const publicPath = `/t/${tenant.slug}/opportunities`;
    expect((await page.get(publicPath)).text).to.include(NO_HOURS);
    expect((await page.get(`${publicPath}/${shiftId}`)).text).to.include(NO_HOURS);
    const { data, others } = (await api.get('/me/opportunities')).json<{
      data: Suited[];
      others: Suited[];
    }>();
    expect([...data, ...others].find((one) => one.shiftId === shiftId)?.nature).to.equal('paid');
    const places: string[] = [];
    for (const member of members) {
      const made = await (await member.api()).post(`/positions/${positionId}/assignments`);
      expect(made.json()).to.include({ state: 'accepted', nature: 'paid' });
      places.push(String(made.json()['id']));
    }
    const [first, second, third] = places as [string, string, string];

    // Whoever has a place is told when it becomes something else; whoever came has come for what it was.
    expect(codesOf(await change({ nature: 'volunteer' }))).to.deep.equal(['tellPeople: people-must-be-told']);
    expect((await change({ nature: 'volunteer', tellPeople: true })).json()).to.include({
      nature: 'volunteer',
    });
    expect((await change({ nature: 'paid', tellPeople: true })).status).to.equal(200);
    await sweep('messages/deliver');
    const told = await inTenant(tenant.id, () =>
      OutboxModel.find({ kind: 'assignments/moved', subjectId: first }).lean(),
    );
    expect(told.map(({ state }) => state)).to.deep.equal(['sent', 'sent']);
    const mails = (await (await fetch(`${url}/dev/mailbox.json`)).json()) as { to: string; text: string }[];
    expect(mails.some(({ to, text }) => to.includes(byCode.email) && text.includes(NO_HOURS))).to.equal(true);

    const codeNow = async (): Promise<string> =>
      String((await desk.get(`/shifts/${shiftId}/attendance`)).json()['code']);
    expect((await desk.get(`/shifts/${shiftId}/attendance`)).json()).to.include({ nature: 'paid' });
    const code = await codeNow();
    expect((await api.post('/check-ins', { code })).json()).to.include({ did: 'checked-in', nature: 'paid' });
    for (const tellPeople of [false, true])
      expect(codesOf(await change({ nature: 'volunteer', tellPeople }))).to.deep.equal([
        'nature: nature-is-fixed',
      ]);
    expect((await (await forgetful.api()).post('/check-ins', { code })).status).to.equal(201);
    const listed = (mark: string): Promise<Answer> =>
      desk.post(`/assignments/${second}/attendance`, { mark });
    expect((await listed('check-in')).status).to.equal(200);
    await atOffset(40 * MINUTE, async () => {
      const gone = await page.post('/check-ins', { code: await codeNow() });
      expect(gone.location).to.equal(`/assignments/${first}`);
      const shown = (await page.get(gone.location ?? '')).text;
      expect(shown).to.include('签退成功。本次活动不记录志愿服务时长').and.include(NO_HOURS);
      expect((await listed('check-out')).status).to.equal(200);
    });
    await atOffset(3 * HOUR, async () => {
      await inTenant(tenant.id, () => inTransaction(() => attendance.close(third)));
      await inTenant(tenant.id, async () => hours.recordServed(await assignments.rows(places), null));
      expect((await deskPage.get(`/shifts/${shiftId}/attendance`)).text).to.include(NO_HOURS);
      const rows = await inTenant(tenant.id, () => assignments.rows(places));
      expect(rows.map(({ state }) => state)).to.deep.equal(['checked_out', 'checked_out', 'checked_out']);

      // Nor by hand, for that time or for what says of itself that it was something else.
      const during = stretch(startsAt + MINUTE, startsAt + 31 * MINUTE);
      const after = stretch(startsAt + 70 * MINUTE, startsAt + 100 * MINUTE);
      const backEntries = `/memberships/${byList.membershipId}/back-entries`;
      const reason = '当天手机没电，名单在办公室';
      const entry = { name: '交通引导', witness: '王阿姨' };
      const { witness: _witness, ...entered } = { ...entry, reason };
      expect(codesOf(await api.post('/hours', { ...entry, ...during }))).to.deep.equal([
        'startTime: shift-without-hours',
      ]);
      expect(codesOf(await desk.post(backEntries, { ...entered, ...during }))).to.deep.equal([
        'startTime: shift-without-hours',
      ]);
      for (const nature of ['paid', 'compulsory', 'duty_time'])
        for (const answer of [
          await api.post('/hours', { ...entry, ...after, nature }),
          await desk.post(backEntries, { ...entered, ...after, nature }),
        ]) {
          expect(answer.status).to.equal(422);
          expect(codesOf(answer)).to.deep.equal(['nature: not-volunteer-service']);
        }
      expect((await deskPage.post(backEntries, { ...entered, ...after })).text).to.include(
        'id="f-nature-error"',
      );
      expect(await inTenant(tenant.id, () => HoursModel.countDocuments({}))).to.equal(0);
      expect((await api.post('/hours', { ...entry, ...after })).status).to.equal(201);
      expect((await desk.post(backEntries, { ...entered, ...after, nature: 'volunteer' })).status).to.equal(
        201,
      );
    });
  });

  it('stays what it is in copies and templates', async () => {
    const tenant = await createTenant();
    const desk = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const requestId = await createRequest(tenant);
    const { date } = wall(Date.now() + 72 * HOUR);
    const made = await desk.post(`/requests/${requestId}/shifts`, {
      date,
      startTime: '09:00',
      endTime: '11:00',
      nature: 'duty_time',
    });
    expect(made.json(), made.text).to.include({ nature: 'duty_time' });
    const shiftId = String(made.json()['id']);
    await createPosition(tenant, { shiftId });
    expect((await desk.post(`/shifts/${shiftId}/repetitions`, { times: 2 })).status).to.equal(201);
    const copies = (await desk.get(`/shifts?requestId=${requestId}`)).json<{ data: { nature: string }[] }>();
    expect(copies.data.map(({ nature }) => nature)).to.deep.equal(['duty_time', 'duty_time']);
    const template = await desk.post(`/shifts/${shiftId}/templates`, { name: '护学岗', for: 'unit' });
    const used = await desk.post(`/requests/${requestId}/template-shifts`, {
      templateId: template.json()['id'],
      date: wall(Date.now() + 120 * HOUR).date,
    });
    expect(used.json(), used.text).to.include({ nature: 'duty_time' });
  });
});
