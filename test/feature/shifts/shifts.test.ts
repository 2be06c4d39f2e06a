import { expect } from 'chai';
import { ObjectId } from 'mongodb';
import { createMember, createTenant, createUnit, inTenant } from '../../factories/people.ts';
import { createOpening, createPosition, createRequest, createShift } from '../../factories/requests.ts';
import { database } from '../../../server/db/connect.ts';
import { inTransaction } from '../../../server/db/transaction.ts';
import { atOffset, testApp } from '../../support/app.ts';
import { inDays, tomorrow } from '../../support/days.ts';

const HOUR = 3_600_000;
interface Refusal {
  errors: { path: string; code: string }[];
}
const times = { date: tomorrow(), startTime: '22:00', endTime: '02:00' };

describe('POST /requests/:id/shifts', () => {
  it('reads wall time in the tenant’s zone, past midnight too', async () => {
    const tenant = await createTenant();
    const api = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const requestId = await createRequest(tenant);
    const made = await api.post(`/requests/${requestId}/shifts`, times);
    expect(made.status, made.text).to.equal(201);
    const { startsAt, endsAt, state } = made.json<{ startsAt: string; endsAt: string; state: string }>();
    expect(state).to.equal('draft');
    expect(startsAt).to.equal(`${tomorrow()}T14:00:00.000Z`);
    expect(Date.parse(endsAt) - Date.parse(startsAt)).to.equal(4 * HOUR);
  });

  it('refuses times that make no sense, beside their fields, in both languages', async () => {
    const tenant = await createTenant();
    const member = await createMember(tenant, { roles: ['coordinator'] });
    const requestId = await createRequest(tenant);
    const page = await member.page();
    for (const locale of ['zh-CN', 'en'])
      expect((await page.get(`/requests/${requestId}/shifts/new?lang=${locale}`)).status).to.equal(200);
    const long = await page.post(`/requests/${requestId}/shifts`, {
      ...times,
      endTime: '21:00',
      riskLevel: 'none',
    });
    expect(long.status).to.equal(422);
    expect(long.text).to.include('id="f-endTime-error"');
    const right = await page.post(`/requests/${requestId}/shifts`, { ...times, riskLevel: 'none' });
    expect(right.status).to.equal(303);
    const over = await createRequest(tenant, { state: 'closed' });
    const api = await member.api();
    expect((await api.post(`/requests/${over}/shifts`, times)).json()['code']).to.equal('wrong-state');
  });
});

describe('POST /shifts/:id/publication', () => {
  it('says what is missing with a link to each field, and publishes once it is there (R-2.4, R-1.29)', async () => {
    const tenant = await createTenant();
    const member = await createMember(tenant, { roles: ['coordinator'] });
    const requestId = await createRequest(tenant, { risks: '', state: 'draft' });
    const shiftId = await createShift(tenant, { requestId, state: 'draft' });
    const page = await member.page();
    await page.get(`/shifts/${shiftId}`);
    const refused = await page.post(`/shifts/${shiftId}/publication`);
    expect(refused.status).to.equal(422);
    expect(refused.text).to.include(`/requests/${requestId}/edit#f-risks`);
    expect(refused.text).to.include(`/shifts/${shiftId}/positions/new`);
    const api = await member.api();
    const codes = (await api.post(`/shifts/${shiftId}/publication`)).json<{ errors: { code: string }[] }>();
    expect(codes.errors.map(({ code }) => code)).to.have.members(['no-risks', 'no-positions']);
    await createPosition(tenant, { shiftId });
    const fix = await api.patch(`/requests/${requestId}`, { risks: '无' }, { 'if-match': '"v1"' });
    expect(fix.status).to.equal(200);
    expect((await page.post(`/shifts/${shiftId}/publication`)).status).to.equal(303);
    expect((await api.get(`/requests/${requestId}`)).json()['state']).to.equal('in_progress');
    const shown = await page.get(`/shifts/${shiftId}?lang=en`);
    expect(shown.text).to.include('1 more').and.include(`/t/${tenant.slug}/opportunities/${shiftId}`);
  });

  it('refuses a request that nobody took on, a start in the past, and people who may not publish', async () => {
    const tenant = await createTenant();
    const api = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const waiting = await createOpening(tenant, {
      request: { state: 'submitted' },
      shift: { state: 'draft' },
    });
    const early = await api.post(`/shifts/${waiting.shiftId}/publication`);
    expect(early.json()['code']).to.equal('request-not-accepted');
    const past = await createOpening(tenant, {
      shift: { state: 'draft', startsAt: new Date(Date.now() - HOUR) },
    });
    const late = await api.post(`/shifts/${past.shiftId}/publication`);
    expect(late.json()['errors']).to.deep.include({ path: 'date', code: 'starts-in-the-past' });
    const officer = await (await createMember(tenant, { roles: ['officer'] })).api();
    expect((await officer.post(`/shifts/${past.shiftId}/publication`)).status).to.equal(403);
    const volunteer = await (await createMember(tenant)).api();
    expect((await volunteer.get(`/shifts/${past.shiftId}`)).status).to.equal(403);
  });
});

describe('PATCH /shifts/:id', () => {
  it('moves nobody silently: with taken places it needs to be told, and listeners tell', async () => {
    const tenant = await createTenant();
    const api = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const { shiftId } = await createOpening(tenant, { position: { taken: 1 } });
    const move = { date: inDays(5), startTime: '09:00', endTime: '11:00' };
    const seen = { 'if-match': '"v1"' };
    const silent = await api.patch(`/shifts/${shiftId}`, move, seen);
    expect(silent.status).to.equal(422);
    expect(silent.json<Refusal>().errors[0]).to.include({ path: 'tellPeople', code: 'people-must-be-told' });
    expect((await api.patch(`/shifts/${shiftId}`, { policyNumber: 'P-1' }, seen)).status).to.equal(200);
    const told = await api.patch(`/shifts/${shiftId}`, { ...move, tellPeople: true }, { 'if-match': '"v2"' });
    expect(told.status, told.text).to.equal(200);
    expect(told.json()).to.include({ startsAt: `${inDays(5)}T01:00:00.000Z`, policyNumber: 'P-1' });
    const stale = await api.patch(`/shifts/${shiftId}`, move, seen);
    expect(stale.status).to.equal(412);
  });

  it('shows the form with its times and warns of the people who have a place', async () => {
    const tenant = await createTenant();
    const page = await (await createMember(tenant, { roles: ['coordinator'] })).page();
    const { shiftId } = await createOpening(tenant, { position: { taken: 2 } });
    const form = await page.get(`/shifts/${shiftId}/edit`);
    expect(form.status, form.text.slice(0, 500)).to.equal(200);
    expect(form.text).to.include('name="tellPeople"');
    const saved = await page.post(`/shifts/${shiftId}`, {
      _version: '1',
      date: inDays(6),
      startTime: '09:00',
      endTime: '11:00',
      riskLevel: 'bodily',
      policyNumber: 'P-2',
      tellPeople: 'true',
    });
    expect(saved.status, saved.text.slice(0, 500)).to.equal(303);
  });
});

describe('positions', () => {
  it('are added, changed and removed, and never shrink below the places taken', async () => {
    const tenant = await createTenant();
    const member = await createMember(tenant, { roles: ['coordinator'] });
    const [api, page] = [await member.api(), await member.page()];
    const shiftId = await createShift(tenant, { state: 'draft' });
    for (const locale of ['zh-CN', 'en'])
      expect((await page.get(`/shifts/${shiftId}/positions/new?lang=${locale}`)).status).to.equal(200);
    const wrong = await page.post(`/shifts/${shiftId}/positions`, {
      name: '救护员',
      required: '5',
      maximum: '3',
      admission: 'direct',
    });
    expect(wrong.status).to.equal(422);
    expect(wrong.text).to.include('id="f-maximum-error"');
    const made = await api.post(`/shifts/${shiftId}/positions`, {
      name: '救护员',
      required: 2,
      skills: [{ code: 'first-aid', minLevel: 2 }],
      credentialLevel: 'assistant',
      languages: ['zh'],
      minAge: 18,
    });
    expect(made.status, made.text).to.equal(201);
    const position = made.json<{ id: string; maximum: number; credentials: object[] }>();
    expect(position.maximum).to.equal(2);
    expect(position.credentials).to.deep.equal([{ type: 'social-worker', level: 'assistant' }]);
    const edit = await page.get(`/positions/${position.id}/edit`);
    expect(edit.text).to.include('value="first-aid" selected');
    const patched = await api.patch(`/positions/${position.id}`, { maximum: 4 }, { 'if-match': '"v1"' });
    expect(patched.json()).to.include({ maximum: 4, required: 2, minAge: 18 });
    const list = await api.get(`/positions?shiftId=${shiftId}`);
    expect(list.json<{ data: object[] }>().data).to.have.length(1);
    const taken = await createPosition(tenant, { shiftId, maximum: 3, taken: 2 });
    const low = await api.patch(`/positions/${taken}`, { required: 1, maximum: 1 }, { 'if-match': '"v1"' });
    expect(low.json<Refusal>().errors[0]).to.include({ path: 'maximum', code: 'places-taken' });
    expect((await page.post(`/positions/${position.id}/removal`)).status).to.equal(303);
    expect((await api.get(`/positions/${position.id}`)).status).to.equal(404);
    const live = await createPosition(tenant);
    expect((await api.post(`/positions/${live}/removal`)).json()['code']).to.equal('position-was-published');
  });

  it('give ten racing people exactly the seats there are (invariant 3)', async () => {
    const tenant = await createTenant();
    const positionId = await createPosition(tenant, { maximum: 3 });
    const { composed } = await testApp();
    const { shifts } = composed.services;
    const tries = await Promise.all(
      Array.from({ length: 10 }, () =>
        inTenant(tenant.id, () => inTransaction(() => shifts.reserveSeat(positionId))),
      ),
    );
    expect(tries.filter(Boolean)).to.have.length(3);
    const rows = await inTenant(tenant.id, async () => {
      await inTransaction(() => shifts.releaseSeat(positionId));
      const numbers = [
        await inTransaction(() => shifts.nextWaitSeq(positionId)),
        await inTransaction(() => shifts.nextWaitSeq(positionId)),
      ];
      return { ...(await shifts.positionFacts(positionId)), numbers };
    });
    expect(rows.position.taken).to.equal(2);
    expect(rows.numbers).to.deep.equal([1, 2]);
  });
});

describe('GET /shifts', () => {
  it('lists by day from today within reach, and jumps to another day', async () => {
    const tenant = await createTenant();
    const [mine, other] = [await createUnit(tenant), await createUnit(tenant)];
    const request = await createRequest(tenant, { unitId: mine, title: '河道巡护' });
    await createOpening(tenant, { shift: { requestId: request } });
    await createOpening(tenant, { request: { unitId: other, title: '别处的班次' } });
    const past = await createRequest(tenant, { unitId: mine, title: '上周的班次' });
    await createShift(tenant, {
      requestId: past,
      state: 'ended',
      startsAt: new Date(Date.now() - 7 * 24 * HOUR),
    });
    const member = await createMember(tenant, { roles: ['coordinator'], unitId: mine });
    const page = await member.page();
    for (const locale of ['zh-CN', 'en']) {
      const shown = await page.get(`/shifts?lang=${locale}`);
      expect(shown.status, shown.text.slice(0, 500)).to.equal(200);
      expect(shown.text).to.include('河道巡护').and.not.include('别处的班次').and.not.include('上周的班次');
    }
    expect((await page.get(`/shifts?from=${inDays(-10)}`)).text).to.include('上周的班次');
    const api = await member.api();
    const ended = (await api.get('/shifts?state=ended')).json<{ data: { title: string }[] }>();
    expect(ended.data.map(({ title }) => title)).to.deep.equal(['上周的班次']);
  });
});

describe('at a glance', () => {
  it('each day says how many are still needed, or that it is covered, within reach; the past needs nobody', async () => {
    const tenant = await createTenant();
    const [mine, other] = [await createUnit(tenant), await createUnit(tenant)];
    const member = await createMember(tenant, { roles: ['coordinator'], unitId: mine });
    const [api, page] = [await member.api(), await member.page()];
    const on = (days: number) => ({ startsAt: new Date(`${inDays(days)}T02:00:00Z`) });
    const requestId = await createRequest(tenant, { unitId: mine, title: '十一人' });
    const gone = await createShift(tenant, { requestId, ...on(-1), state: 'ended' });
    await createPosition(tenant, { shiftId: gone, required: 5, maximum: 5 });
    await createOpening(tenant, {
      shift: { requestId, ...on(2) },
      position: { required: 12, maximum: 12, taken: 1 },
    });
    await createOpening(tenant, { request: { unitId: mine }, shift: on(3), position: { taken: 1 } });
    await createOpening(tenant, { request: { unitId: other }, shift: on(3), position: { required: 3 } });
    const days = (await api.get(`/shift-days?from=${inDays(-1)}&days=5`)).json<{ data: object[] }>().data;
    expect(days).to.deep.equal([
      { date: inDays(-1), shifts: 1, missing: 0 },
      { date: inDays(0), shifts: 0, missing: 0 },
      { date: inDays(1), shifts: 0, missing: 0 },
      { date: inDays(2), shifts: 1, missing: 11 },
      { date: inDays(3), shifts: 1, missing: 0 },
    ]);
    for (const locale of ['zh-CN', 'en']) {
      const shown = await page.get(`/shifts?lang=${locale}`);
      expect(shown.text)
        .to.include(`/shifts?from&#x3D;${inDays(2)}`)
        .and.include('class="day-missing"');
    }
    const listed = await page.get('/requests?lang=en');
    expect(listed.text).to.include('11 more').and.include('Covered').and.include('class="fill-bar"');
  });
});

describe('POST /shifts/:id/cancellation', () => {
  it('needs a reason, tells whoever listens, and cannot be done twice', async () => {
    const tenant = await createTenant();
    const member = await createMember(tenant, { roles: ['coordinator'] });
    const { shiftId } = await createOpening(tenant);
    const page = await member.page();
    await page.get(`/shifts/${shiftId}`);
    const bare = await page.post(`/shifts/${shiftId}/cancellation`, { reason: '' });
    expect(bare.status).to.equal(422);
    expect(bare.text).to.include('id="c-reason-error"');
    expect((await page.post(`/shifts/${shiftId}/cancellation`, { reason: '暴雨' })).status).to.equal(303);
    expect((await page.get(`/shifts/${shiftId}`)).text).to.include('暴雨');
    const again = await (await member.api()).post(`/shifts/${shiftId}/cancellation`, { reason: '暴雨' });
    expect(again.json()['code']).to.equal('wrong-state');
  });

  it('closes and opens sign-up again', async () => {
    const tenant = await createTenant();
    const api = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const { shiftId } = await createOpening(tenant);
    expect((await api.post(`/shifts/${shiftId}/lock`)).json()['state']).to.equal('locked');
    expect((await api.post(`/shifts/${shiftId}/publication`)).json()['state']).to.equal('published');
  });
});

describe('the clock of shifts', () => {
  it('starts and ends them, and cancels a bodily risk without a policy number (R-1.33)', async () => {
    const tenant = await createTenant();
    const api = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const startsAt = new Date(Date.now() + HOUR);
    const safe = await createOpening(tenant, { shift: { startsAt } });
    const risky = await createOpening(tenant, { shift: { startsAt, riskLevel: 'bodily' } });
    const insured = await createOpening(tenant, {
      shift: { startsAt, riskLevel: 'bodily', policyNumber: 'P-77', state: 'locked' },
    });
    const app = await testApp();
    const stateOf = async (shiftId: string): Promise<unknown> =>
      (await api.get(`/shifts/${shiftId}`)).json()['state'];
    await app.sweep('shifts/start');
    expect(await stateOf(safe.shiftId)).to.equal('published');
    await atOffset(HOUR + 60_000, () => app.sweep('shifts/start'));
    expect(await stateOf(safe.shiftId)).to.equal('running');
    expect(await stateOf(insured.shiftId)).to.equal('running');
    const cancelled = (await api.get(`/shifts/${risky.shiftId}`)).json();
    expect(cancelled).to.include({ state: 'cancelled', cancelReason: 'no-policy-number' });
    await app.sweep('shifts/end');
    expect(await stateOf(safe.shiftId)).to.equal('running');
    await atOffset(4 * HOUR, () => app.sweep('shifts/end'));
    expect(await stateOf(safe.shiftId)).to.equal('ended');
  });
});

describe('a bodily risk (R-1.33)', () => {
  it('is not published, not kept and not checked in to without a policy number, and the message says so', async () => {
    const tenant = await createTenant();
    const member = await createMember(tenant, { roles: ['coordinator'] });
    const [api, page] = [await member.api(), await member.page()];
    const startsAt = new Date(Date.now() + HOUR);
    const { shiftId } = await createOpening(tenant, {
      shift: { state: 'draft', riskLevel: 'bodily', startsAt },
    });
    const missing = await api.post(`/shifts/${shiftId}/publication`);
    expect(missing.status).to.equal(422);
    expect(missing.json()['errors']).to.deep.equal([{ path: 'policyNumber', code: 'no-policy-number' }]);
    await page.get(`/shifts/${shiftId}?lang=en`);
    const refused = await page.post(`/shifts/${shiftId}/publication`);
    expect(refused.text).to.include('The insurance policy number').and.include('edit#f-policyNumber');
    const given = await api.patch(`/shifts/${shiftId}`, { policyNumber: 'P-9' }, { 'if-match': '"v1"' });
    expect(given.status).to.equal(200);
    expect((await api.post(`/shifts/${shiftId}/publication`)).status).to.equal(200);
    const taken = await api.patch(`/shifts/${shiftId}`, { policyNumber: '' }, { 'if-match': '"v3"' });
    expect(taken.json()['errors']).to.deep.equal([{ path: 'policyNumber', code: 'policy-number-needed' }]);
    const risen = await createOpening(tenant);
    const raised = await api.patch(
      `/shifts/${risen.shiftId}`,
      { riskLevel: 'bodily' },
      { 'if-match': '"v1"' },
    );
    expect(raised.json()['errors']).to.deep.equal([{ path: 'policyNumber', code: 'policy-number-needed' }]);
    // From before the rule: announced without a number. Nobody gets a place, nobody is checked in to it.
    const old = await createOpening(tenant, { shift: { startsAt } });
    const volunteer = await (await createMember(tenant)).api();
    const signUp = await volunteer.post(`/positions/${old.positionId}/assignments`);
    expect(signUp.status, signUp.text).to.equal(201);
    await database()
      .collection('shifts')
      .updateOne({ _id: new ObjectId(old.shiftId) }, { $set: { riskLevel: 'bodily' } });
    const late = await (await createMember(tenant)).api();
    const kept = await late.post(`/positions/${old.positionId}/assignments`);
    expect(kept.json<{ reasons: object[] }>().reasons).to.deep.equal([
      { code: 'not-insured', rule: 'insured' },
    ]);
    const mark = () =>
      atOffset(HOUR, () =>
        api.post(`/assignments/${signUp.json<{ id: string }>().id}/attendance`, { mark: 'check-in' }),
      );
    expect((await mark()).json()['code']).to.equal('insurance-missing');
    await api.patch(`/shifts/${old.shiftId}`, { policyNumber: 'P-10' }, { 'if-match': '"v1"' });
    expect((await mark()).status).to.equal(200);
  });
});

describe('the break of a shift', () => {
  it('is not service: it is taken off the minutes that a check-out records', async () => {
    const tenant = await createTenant();
    const api = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const volunteer = await createMember(tenant);
    const own = await volunteer.api();
    const startsAt = new Date(Math.floor(Date.now() / 60_000) * 60_000 + HOUR);
    const { shiftId, positionId } = await createOpening(tenant, { shift: { startsAt } });
    const pause = await api.patch(`/shifts/${shiftId}`, { breakMinutes: 30 }, { 'if-match': '"v1"' });
    expect(pause.status, pause.text).to.equal(200);
    const signUp = await own.post(`/positions/${positionId}/assignments`);
    const { id } = signUp.json<{ id: string }>();
    const mark = (at: number, what: string) =>
      atOffset(startsAt.getTime() + at - Date.now(), () =>
        api.post(`/assignments/${id}/attendance`, { mark: what }),
      );
    expect((await mark(-60_000, 'check-in')).status).to.equal(200);
    const out = await mark(2 * HOUR, 'check-out');
    expect(out.status, out.text).to.equal(200);
    const { data } = (await own.get('/hours')).json<{ data: [{ id: string }] }>();
    const record = (await own.get(`/hours/${data[0].id}`)).json();
    expect(record).to.include({ plannedMinutes: 120, recordedMinutes: 90, state: 'submitted' });
    expect(JSON.stringify(record)).to.include('break-taken-off');
    const page = await volunteer.page();
    expect((await page.get(`/hours/${data[0].id}?lang=en`)).text).to.include('Break taken off');
  });
});

describe('a shift of somebody else', () => {
  it('looks missing: foreign, out of reach, random and malformed ids alike', async () => {
    const [tenant, foreign] = [await createTenant(), await createTenant()];
    const [mine, other] = [await createUnit(tenant), await createUnit(tenant)];
    const api = await (await createMember(tenant, { roles: ['coordinator'], unitId: mine })).api();
    const [theirs, away] = [
      await createOpening(foreign),
      await createOpening(tenant, { request: { unitId: other } }),
    ];
    for (const [shiftId, positionId] of [
      [theirs.shiftId, theirs.positionId],
      [away.shiftId, away.positionId],
      ['f'.repeat(24), 'f'.repeat(24)],
      ['nope', 'nope'],
    ])
      for (const [method, path] of [
        ['GET', `/shifts/${shiftId}`],
        ['GET', `/positions/${positionId}`],
        ['POST', `/shifts/${shiftId}/publication`],
        ['POST', `/positions/${positionId}/removal`],
      ] as const) {
        const answer = await api.send(method, path, method === 'POST' ? {} : undefined);
        expect(answer.status, path).to.equal(404);
        expect(answer.json()['code'], path).to.equal('not-found');
      }
  });
});
