import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { ObjectId } from 'mongodb';
import { database } from '../../../server/db/connect.ts';
import { AssignmentModel } from '../../../server/features/assignments/assignment.model.ts';
import { createMember, createTenant, createTwice, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { createPosition, createShift } from '../../factories/requests.ts';
import { atOffset, testApp } from '../../support/app.ts';
import { ApiAgent, PageAgent } from '../../support/agent.ts';

const MINUTE = 60_000;

describe('the day of a shift', function () {
  this.timeout(60_000);

  /** A shift that begins in ten minutes and lasts an hour, run by a coordinator, with these members on it. */
  async function scene(people = 1) {
    const tenant = await createTenant();
    const coordinator = await createMember(tenant, { roles: ['coordinator'] });
    const desk = await coordinator.api();
    const startsAt = new Date(Date.now() + 10 * MINUTE);
    const shiftId = await createShift(tenant, {
      startsAt,
      endsAt: new Date(startsAt.getTime() + 60 * MINUTE),
    });
    const positionId = await createPosition(tenant, { shiftId, maximum: 10 });
    const members = await Promise.all(Array.from({ length: people }, () => createMember(tenant)));
    const places = await Promise.all(
      members.map(async (member) => {
        const api = await member.api();
        const answer = await api.post(`/positions/${positionId}/assignments`);
        expect(answer.json()).to.include({ state: 'accepted' });
        return { member, api, id: String(answer.json()['id']) };
      }),
    );
    return { tenant, coordinator, desk, shiftId, places };
  }
  const codeOf = async (desk: ApiAgent, shiftId: string): Promise<string> =>
    String((await desk.get(`/shifts/${shiftId}/attendance`)).json()['code']);
  const stored = (member: Member, id: string) =>
    inTenant(member.tenant.id, async () => AssignmentModel.findById(id).lean());

  it('lets people in and out by the code at the place, typed anyhow, and records the server’s time', async () => {
    const { desk, shiftId, places } = await scene();
    const [{ member, api, id }] = places as [(typeof places)[0]];
    const code = await codeOf(desk, shiftId);
    expect(code).to.match(/^[A-Z0-9]{6}$/);
    const typed = ` ${code.slice(0, 3).toLowerCase()}-${code.slice(3).toLowerCase()} `;
    const before = Date.now();
    expect((await api.post('/check-ins', { code: typed })).json()).to.include({ id, did: 'checked-in' });
    const row = await stored(member, id);
    expect(row?.checkIn?.method).to.equal('code');
    expect(row?.checkIn?.at.getTime()).to.be.within(before, Date.now());
    expect((await api.post(`/assignments/${id}/check-in`, { code })).json()).to.include({
      code: 'wrong-state',
    });
    await atOffset(70 * MINUTE, async () => {
      expect((await api.post(`/assignments/${id}/check-out`, { code })).json()).to.include({
        code: 'code-not-valid',
      });
      const now = await codeOf(desk, shiftId);
      expect((await api.post(`/assignments/${id}/check-out`, { code: now })).json()).to.include({
        state: 'checked_out',
      });
    });
    expect((await api.get('/hours')).json<{ data: object[] }>().data).to.have.length(1);
  });

  it('takes no code of another shift, of yesterday, guessed, or too early; the form says so beside the field', async () => {
    const { desk, shiftId, places } = await scene();
    const other = await scene();
    const [{ member, api }] = places as [(typeof places)[0]];
    const refusal = async (code: string) => (await api.post('/check-ins', { code })).json()['code'];
    expect(await refusal(await codeOf(other.desk, other.shiftId))).to.equal('code-not-valid');
    expect(await refusal('AAAAAA')).to.equal('code-not-valid');
    const old = await codeOf(desk, shiftId);
    await atOffset(5 * MINUTE, async () => expect(await refusal(old)).to.equal('code-not-valid'));
    const page = await member.page();
    for (const [language, word] of [
      ['zh-CN', '签到'],
      ['en', 'Check in'],
    ] as const) {
      expect((await page.get(`/check-in?lang=${language}&code=${old}`)).text)
        .to.include(`value="${old}"`)
        .and.include(word);
      const wrong = await page.post(`/check-ins?lang=${language}`, { code: 'AAAAAA' });
      expect(wrong.status).to.be.within(400, 499);
      expect(wrong.text).to.include('id="f-code-error"');
    }
    await atOffset(-3 * 60 * MINUTE, async () =>
      expect(await refusal(await codeOf(desk, shiftId))).to.equal('check-in-too-early'),
    );
    const stranger = await (await createMember(member.tenant)).api();
    expect((await stranger.post('/check-ins', { code: old })).json()['code']).to.equal('nothing-to-check-in');
  });

  it('is run by the coordinator: in, out, not come, excused; never for oneself, never by a volunteer', async () => {
    const { tenant, coordinator, desk, shiftId, places } = await scene(3);
    const [came, absent, sick] = places as [(typeof places)[0], (typeof places)[0], (typeof places)[0]];
    const mark = (id: string, what: string, reason = '') =>
      desk.post(`/assignments/${id}/attendance`, { mark: what, reason });
    expect((await mark(absent.id, 'no-show')).json()).to.include({ code: 'shift-not-started' });
    await atOffset(20 * MINUTE, async () => {
      expect((await mark(came.id, 'check-in')).json()).to.include({ state: 'checked_in' });
      expect((await mark(absent.id, 'no-show')).json()).to.include({ state: 'no_show' });
      expect((await mark(sick.id, 'excused', '发烧')).json()).to.include({ state: 'excused' });
      expect((await mark(came.id, 'check-out')).json()).to.include({ state: 'checked_out' });
      expect((await mark(came.id, 'check-in')).json()).to.include({ code: 'wrong-state' });
    });
    expect((await came.api.get(`/shifts/${shiftId}/attendance`)).status).to.equal(403);
    expect(
      (await came.api.post(`/assignments/${absent.id}/attendance`, { mark: 'check-in' })).status,
    ).to.equal(403);
    // The coordinator serves too: somebody else keeps the list for them.
    const own = await createPosition(tenant, { shiftId });
    const place = await desk.post(`/positions/${own}/assignments`);
    expect((await mark(String(place.json()['id']), 'check-in')).json()).to.include({ code: 'not-your-own' });
    const page = await coordinator.page();
    for (const language of ['zh-CN', 'en']) {
      const list = await page.get(`/shifts/${shiftId}/attendance?lang=${language}`);
      expect(list.text).to.include(came.member.name).and.include('<svg');
    }
  });

  it('is never run for oneself by another account of the same human', async () => {
    const { tenant, shiftId } = await scene(0);
    const [desk, volunteer] = await createTwice(tenant, ['coordinator']);
    const { PersonModel } = await import('../../../server/features/people/person.model.ts');
    await PersonModel.updateOne({ _id: volunteer.personId }, { $set: { birthDate: '1900-01-01' } });
    const [deskApi, own] = [await desk.api(), await volunteer.api()];
    const positionId = await createPosition(tenant, { shiftId });
    const place = await own.post(`/positions/${positionId}/assignments`);
    expect(place.status, place.text).to.equal(201);
    const { id } = place.json<{ id: string }>();
    const other = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const mark = (api: ApiAgent, what: string) =>
      api.post(`/assignments/${id}/attendance`, { mark: what, reason: '' });
    await atOffset(20 * MINUTE, async () => {
      for (const what of ['check-in', 'check-out', 'no-show', 'excused']) {
        const answer = await mark(deskApi, what);
        expect([answer.status, answer.json()['code']], what).to.deep.equal([403, 'not-your-own']);
      }
      expect((await mark(other, 'check-in')).json()).to.include({ state: 'checked_in' });
      expect((await mark(deskApi, 'check-out')).json()['code']).to.equal('not-your-own');
    });
  });

  it('counts one check-in of many at once, and many people at once each once', async () => {
    const { desk, shiftId, places } = await scene(6);
    const code = await codeOf(desk, shiftId);
    const [first, ...others] = places as [(typeof places)[0], ...typeof places];
    const answers = await Promise.all(
      [1, 2, 3, 4].map(() => first.api.post(`/assignments/${first.id}/check-in`, { code })),
    );
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 409, 409, 409]);
    const crowd = await Promise.all(others.map(({ api }) => api.post('/check-ins', { code })));
    expect(crowd.map(({ status }) => status)).to.deep.equal(others.map(() => 201));
    const list = (await desk.get(`/shifts/${shiftId}/attendance`)).json<{ people: { state: string }[] }>();
    expect(list.people.map(({ state }) => state)).to.deep.equal(places.map(() => 'checked_in'));
    // A press that is sent again with its key is the same press: it does not check out.
    const key = { 'idempotency-key': 'the-same-press-0001' };
    const [again] = others;
    await atOffset(65 * MINUTE, async () => {
      const now = await codeOf(desk, shiftId);
      const once = await again!.api.post('/check-ins', { code: now }, key);
      const twice = await again!.api.post('/check-ins', { code: now }, key);
      expect([once.json()['did'], twice.json()['did']]).to.deep.equal(['checked-out', 'checked-out']);
      expect(twice.headers.get('idempotent-replayed')).to.equal('true');
    });
  });

  it('closes what was forgotten at the planned end, marked; who never came is a no-show', async () => {
    const { desk, shiftId, places } = await scene(2);
    const [came, absent] = places as [(typeof places)[0], (typeof places)[0]];
    await came.api.post('/check-ins', { code: await codeOf(desk, shiftId) });
    await atOffset(24 * 60 * MINUTE, async () => {
      await (await testApp()).sweep('assignments/close');
    });
    const row = await stored(came.member, came.id);
    expect(row).to.include({ state: 'checked_out' });
    expect(row?.checkOut).to.include({ method: 'automatic' });
    expect(row?.checkOut?.at.getTime()).to.equal(row?.endsAt.getTime());
    expect((await stored(absent.member, absent.id))?.state).to.equal('no_show');
  });

  it('does not begin without insurance where a body is at risk (R-1.33)', async () => {
    const { tenant, desk } = await scene();
    const startsAt = new Date(Date.now() + 5 * MINUTE);
    const risky = await createShift(tenant, {
      startsAt,
      endsAt: new Date(startsAt.getTime() + 30 * MINUTE),
    });
    const member = await createMember(tenant, { person: { birthDate: '1980-01-01' } });
    const api = await member.api();
    const place = await api.post(
      `/positions/${await createPosition(tenant, { shiftId: risky })}/assignments`,
    );
    // Known as risky only after somebody had a place: nobody gets one without insurance.
    await database()
      .collection('shifts')
      .updateOne({ _id: new ObjectId(risky) }, { $set: { riskLevel: 'bodily' } });
    const code = await codeOf(desk, risky);
    const refused = await api.post(`/assignments/${String(place.json()['id'])}/check-in`, { code });
    expect(refused.json()).to.include({ code: 'insurance-missing' });
  });

  it('takes a code that was kept without network at the time that the code itself says, once', async () => {
    const { desk, shiftId, places } = await scene();
    const [{ member, api, id }] = places as [(typeof places)[0]];
    const coming = await codeOf(desk, shiftId);
    const shown = Date.now();
    let going = '';
    await atOffset(40 * MINUTE, async () => {
      going = await codeOf(desk, shiftId);
    });
    await atOffset(75 * MINUTE, async () => {
      expect((await api.post('/check-ins', { code: coming })).json()).to.include({
        code: 'nothing-to-check-in',
      });
      const key = { 'idempotency-key': randomUUID() };
      const first = await api.post('/check-ins', { code: coming, kept: true }, key);
      expect(first.json(), first.text).to.include({ id, did: 'checked-in' });
      expect((await api.post('/check-ins', { code: coming, kept: true }, key)).json()).to.include({
        did: 'checked-in',
      });
      expect((await api.post('/check-ins', { code: coming, kept: true })).json()).to.include({
        code: 'code-used',
      });
      expect((await api.post('/check-ins', { code: going, kept: true })).json()).to.include({
        did: 'checked-out',
      });
    });
    const row = await stored(member, id);
    expect(row?.checkIn?.at.getTime()).to.be.within(shown - MINUTE, shown + MINUTE);
    expect(row?.checkOut?.at.getTime()).to.be.within(shown + 38 * MINUTE, shown + 41 * MINUTE);
    expect(row?.checkIn?.lateMinutes).to.be.within(73, 76);
    const [record] = (await api.get('/hours')).json<{
      data: { notes: string[]; recordedMinutes: number }[];
    }>().data;
    expect(record?.notes).to.include('code-kept-offline');
    expect(record?.recordedMinutes).to.be.within(28, 31);
  });

  it('keeps of where somebody was only how far it is from the place, and only of who agreed', async () => {
    const { tenant, coordinator, desk, shiftId, places } = await scene(2);
    const [agreed, other] = places as [(typeof places)[0], (typeof places)[0]];
    const { ShiftModel } = await import('../../../server/features/shifts/shift.model.ts');
    await inTenant(tenant.id, () =>
      ShiftModel.updateOne(
        { _id: shiftId },
        { $set: { 'place.point': { type: 'Point', coordinates: [119.69, 29.8] } } },
      ),
    );
    await agreed.api.post('/me/consents/location', { given: true });
    const code = await codeOf(desk, shiftId);
    const at = { latitude: 29.81, longitude: 119.69 };
    for (const { api } of [agreed, other])
      expect((await api.post('/check-ins', { code, ...at })).status).to.equal(201);
    expect((await stored(agreed.member, agreed.id))?.checkIn?.distanceMetres).to.be.within(1_100, 1_120);
    expect((await stored(other.member, other.id))?.checkIn?.distanceMetres).to.equal(null);
    expect(JSON.stringify(await stored(agreed.member, agreed.id))).to.not.include('29.81');
    // What is far away, the shift says: 500 metres unless somebody set it.
    const shift = (await desk.get(`/shifts/${shiftId}`)).json<{ version: number; radiusMetres: number }>();
    expect(shift.radiusMetres).to.equal(500);
    const within = (radiusMetres: number, version: number) =>
      desk.patch(`/shifts/${shiftId}`, { radiusMetres }, { 'if-match': `"v${version}"` });
    expect((await within(10, shift.version)).status).to.equal(422);
    const wide = await within(2_000, shift.version);
    expect(wide.json(), wide.text).to.include({ radiusMetres: 2_000 });
    const notesOf = async ({ api }: (typeof places)[0]) =>
      (await api.get('/hours')).json<{ data: { notes: string[] }[] }>().data[0]?.notes;
    await atOffset(9 * MINUTE, async () => {
      const now = await codeOf(desk, shiftId);
      await agreed.api.post('/check-ins', { code: now, ...at });
      expect(await notesOf(agreed))
        .to.be.an('array')
        .that.does.not.include('far-from-place');
      await within(1_000, Number(wide.json()['version']));
      await other.api.post('/me/consents/location', { given: true });
      await other.api.post('/check-ins', { code: now, ...at });
      expect(await notesOf(other)).to.include('far-from-place');
      // Whoever confirms several at once reads it there.
      const queue = await (await coordinator.page()).get('/hours/queue');
      expect(queue.text).to.include('签到时离现场较远');
    });
  });

  it('lets people in and out at a device that is nobody’s, by number or personal code', async () => {
    const { desk, coordinator, shiftId, places } = await scene(2);
    const [one, other] = places as [(typeof places)[0], (typeof places)[0]];
    const opened = await desk.post(`/shifts/${shiftId}/kiosks`);
    expect(opened.status).to.equal(201);
    const link = new URL(String(opened.json()['link'])).pathname;
    const device = new PageAgent();
    // Nothing but a link yet, and looking at it takes nothing.
    expect((await device.get('/kiosk')).text).to.include('这台设备尚未启用');
    expect((await device.get(link)).text).to.include('使用此设备');
    const pairing = [await device.post(link), await new PageAgent().post(link)];
    expect(pairing.map(({ status }) => status)).to.deep.equal([303, 404]);
    expect(pairing[0]?.headers.getSetCookie().find((one) => one.startsWith('__Host-kiosk='))).to.match(
      /HttpOnly; Secure; SameSite=Strict/,
    );
    // A copied link, or the address of the screen, is nothing on another device.
    expect((await new PageAgent().get(link)).status).to.equal(404);
    expect((await new PageAgent().get('/kiosk')).text).to.include('这台设备尚未启用');
    expect((await new ApiAgent('').post('/kiosk', { who: '13900000000' })).status).to.equal(404);
    const screen = await device.get('/kiosk');
    expect(screen.status).to.equal(200);
    // Nobody is signed in there whose language it could be: each says what they read.
    expect(screen.text)
      .to.match(/href="\/kiosk\?lang(=|&#x3D;)en"/)
      .and.match(/href="\/kiosk\?letters(=|&#x3D;)large"/);
    for (const { member } of places) expect(screen.text).to.not.include(member.name);
    const own = await (await one.member.page()).get('/check-in');
    const personal = />([A-Z0-9]{6})<\/p>/.exec(own.text)?.[1] ?? '';
    const done = await device.post('/kiosk', { who: personal });
    expect(done.text).to.include('已签到').and.to.not.include(one.member.name);
    expect((await stored(one.member, one.id))?.checkIn).to.deep.include({ method: 'kiosk' });
    expect(String((await stored(one.member, one.id))?.checkIn?.by)).to.equal(coordinator.accountId);
    // Pressed twice: still in.
    await device.post('/kiosk', { who: personal });
    expect((await stored(one.member, one.id))?.state).to.equal('checked_in');
    const unknown = await device.post('/kiosk', { who: '13900000000' });
    expect([unknown.status, unknown.text.includes('没有使用该号码')]).to.deep.equal([409, true]);
    const { PersonModel } = await import('../../../server/features/people/person.model.ts');
    await PersonModel.updateOne({ _id: other.member.personId }, { $set: { phone: '13912345678' } });
    await device.post('/kiosk', { who: '139 1234 5678' });
    expect((await stored(other.member, other.id))?.state).to.equal('checked_in');
    await atOffset(70 * MINUTE, async () => {
      expect((await device.post('/kiosk', { who: personal })).text).to.include('已签退');
    });
    const [record] = (await one.api.get('/hours')).json<{ data: { grade: string }[] }>().data;
    expect(record?.grade).to.equal('kiosk');
    // It opens nothing else, and nobody was signed in by it.
    expect((await device.get('/hours')).status).to.equal(303);
    expect((await desk.post(`/shifts/${shiftId}/kiosks/end`)).status).to.equal(200);
    expect((await device.post('/kiosk', { who: personal })).location).to.equal('/kiosk');
    expect((await device.get('/kiosk')).text).to.include('这台设备尚未启用');
    const stranger = await (await createMember(await createTenant(), { roles: ['coordinator'] })).api();
    expect((await stranger.post(`/shifts/${shiftId}/kiosks`)).status).to.equal(404);
  });

  it('takes a link once and for minutes, whoever else tries, and keeps whoever is signed in', async () => {
    const { desk, coordinator, shiftId } = await scene(1);
    const open = async (): Promise<string> =>
      new URL(String((await desk.post(`/shifts/${shiftId}/kiosks`)).json()['link'])).pathname;
    const race = await open();
    const nobody = new ApiAgent('');
    const answers = await Promise.all(Array.from({ length: 6 }, () => nobody.post(race)));
    expect(answers.filter(({ status }) => status === 201)).to.have.length(1);
    expect(answers.filter(({ status }) => status === 404)).to.have.length(5);
    const signedIn = await coordinator.page();
    expect((await signedIn.post(await open())).status).to.equal(303);
    expect((await signedIn.get('/shifts')).status).to.equal(200);
    expect((await signedIn.get('/kiosk')).text).to.not.include('这台设备尚未启用');
    const late = await open();
    await atOffset(11 * MINUTE, async () => expect((await nobody.post(late)).status).to.equal(404));
    // Nor does it outlive its shift.
    await atOffset(26 * 60 * MINUTE, async () =>
      expect((await signedIn.get('/kiosk')).text).to.include('这台设备尚未启用'),
    );
  });

  it('counts wrong numbers of a device, over all processes, and says so; right ones are not counted', async () => {
    const { desk, shiftId, places } = await scene(1);
    const [one] = places as [(typeof places)[0]];
    const link = new URL(String((await desk.post(`/shifts/${shiftId}/kiosks`)).json()['link'])).pathname;
    const device = new PageAgent();
    await device.get(link);
    expect((await device.post(link)).status).to.equal(303);
    const own = await (await one.member.page()).get('/check-in');
    const personal = />([A-Z0-9]{6})<\/p>/.exec(own.text)?.[1] ?? '';
    for (let turn = 0; turn < 14; turn += 1)
      expect((await device.post('/kiosk', { who: personal })).status).to.equal(200);
    const wrong = await Promise.all(
      Array.from({ length: 16 }, (_none, at) => device.post('/kiosk', { who: `139000000${10 + at}` })),
    );
    expect(wrong.filter(({ text }) => text.includes('没有使用该号码')).length).to.be.at.most(12);
    const refused = await device.post('/kiosk', { who: personal });
    expect([refused.status, refused.text.includes('输错的号码过多')]).to.deep.equal([409, true]);
    // Another device of the shift is not held up.
    const other = new URL(String((await desk.post(`/shifts/${shiftId}/kiosks`)).json()['link'])).pathname;
    const second = new PageAgent();
    await second.get(other);
    expect((await second.post(other)).status).to.equal(303);
    expect((await second.post('/kiosk', { who: personal })).status).to.equal(200);
  });
});
