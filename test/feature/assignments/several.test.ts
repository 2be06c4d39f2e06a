import { expect } from 'chai';
import { createMember, createMembership, createTenant, memberOf } from '../../factories/people.ts';
import { createOpening } from '../../factories/requests.ts';

const HOUR = 3_600_000;
const START = new Date(Math.floor(Date.now() / HOUR) * HOUR + 96 * HOUR);
const at = (from: number, to: number) => ({
  startsAt: new Date(START.getTime() + from * HOUR),
  endsAt: new Date(START.getTime() + to * HOUR),
});
interface Finding {
  code: string;
  rule?: string;
  params?: Record<string, string | number>;
}
interface Outcomes {
  signedUp: number;
  data: {
    positionId: string;
    state: string | null;
    refusal: string | null;
    reasons: Finding[];
    warnings: Finding[];
  }[];
}

describe('POST /assignments', () => {
  it('answers for each: a place, a refusal that names the rule and the shift in the way, a warning', async () => {
    const tenant = await createTenant();
    const member = await createMember(tenant);
    const api = await member.api();
    const first = await createOpening(tenant, { request: { title: '社区早餐' }, shift: at(0, 2) });
    const across = await createOpening(tenant, { shift: at(1, 3) });
    const close = await createOpening(tenant, { request: { title: '午间送餐' }, shift: at(2.25, 3) });
    const asked = await createOpening(tenant, { shift: at(30, 32), position: { admission: 'approval' } });
    const draft = await createOpening(tenant, { shift: { ...at(40, 42), state: 'draft' } });
    const positionIds = [first, across, close, asked, draft].map(({ positionId }) => positionId);
    const answer = await api.post('/assignments', { positionIds });
    expect(answer.status, answer.text).to.equal(200);
    const { signedUp, data } = answer.json<Outcomes>();
    expect(signedUp).to.equal(3);
    expect(data.map(({ state }) => state)).to.deep.equal(['accepted', null, 'accepted', 'requested', null]);
    expect(data[1]).to.include({ refusal: 'assignment-refused' });
    expect(data[1]?.reasons).to.have.length(1);
    expect(data[1]?.reasons[0]).to.deep.include({ code: 'overlapping-shift' });
    expect(data[1]?.reasons[0]?.params).to.include({
      shift: '社区早餐',
      startsAt: at(0, 2).startsAt.toISOString(),
    });
    expect(data[2]?.warnings[0]).to.deep.include({ code: 'little-time-between' });
    expect(data[2]?.warnings[0]?.params).to.include({ shift: '社区早餐', gap: 15 });
    expect(data[4]).to.include({ refusal: 'not-found' });
    const again = await api.post('/assignments', { positionIds: [across.positionId, first.positionId] });
    expect(again.status).to.equal(409);
    expect(again.json()).to.include({ code: 'none-signed-up' });
    expect(again.json<{ reasons: Finding[] }>().reasons.map(({ code }) => code)).to.deep.equal([
      'overlapping-shift',
      'already-signed-up',
    ]);
    expect((await api.post('/assignments', { positionIds: [] })).status).to.equal(422);
    expect(
      (await api.post('/assignments', { positionIds: Array(11).fill(first.positionId) })).status,
    ).to.equal(422);
    const [accepted] = (await api.get('/assignments'))
      .json<{ data: { id: string; title: string }[] }>()
      .data.filter(({ title }) => title === '午间送餐');
    const page = await member.page();
    for (const locale of ['zh-CN', 'en'])
      expect((await page.get(`/assignments/${accepted?.id}?lang=${locale}`)).text).to.include('社区早餐');
  });

  it('works from the ticked boxes of the page, and warns there of what is far away', async () => {
    const tenant = await createTenant();
    const member = await createMember(tenant);
    const page = await member.page();
    const far = { type: 'Point' as const, coordinates: [119.69, 29.99] as [number, number] };
    const one = await createOpening(tenant, { request: { title: '山上护林' }, shift: at(0, 2) });
    const other = await createOpening(tenant, {
      request: { title: '镇上义诊', place: { label: '卫生院', address: '', point: far } },
      shift: at(3, 5),
    });
    const clash = await createOpening(tenant, { request: { title: '撞期的班次' }, shift: at(1, 2) });
    for (const locale of ['zh-CN', 'en']) {
      const shown = await page.get(`/opportunities?lang=${locale}`);
      expect(shown.status, shown.text.slice(0, 500)).to.equal(200);
      expect(shown.text).to.include(`value="${one.positionId}"`).and.include('form="several"');
    }
    const nothing = await page.post('/assignments', {});
    expect(nothing.status).to.equal(422);
    expect(nothing.text).to.include('one to ten');
    const done = await page.post('/assignments', {
      positionIds: [one.positionId, other.positionId, clash.positionId],
    });
    expect(done.status, done.text.slice(0, 500)).to.equal(200);
    expect(done.text).to.include('Overlaps your shift 山上护林');
    expect(done.text).to.include('60 minutes for 22');
    const none = await page.post('/assignments', { positionIds: clash.positionId });
    expect(none.status).to.equal(409);
    expect(none.text).to.include('Overlaps your shift 山上护林');
    const single = await page.post(`/positions/${clash.positionId}/assignments`, {});
    expect(single.status).to.equal(409);
    expect(single.text).to.include('Overlaps your shift 山上护林');
  });

  it('names one’s own shift of another tenant to oneself only, never to the coordinator', async () => {
    const [here, there] = [await createTenant(), await createTenant()];
    const member = await createMember(here);
    const away = memberOf(there, member, await createMembership(there, member));
    const secret = await createOpening(there, { request: { title: '别家的班次' }, shift: at(60, 62) });
    const wanted = await createOpening(here, { shift: at(61, 63), position: { admission: 'approval' } });
    const own = await member.api();
    const asked = await own.post(`/positions/${wanted.positionId}/assignments`);
    expect(asked.json()['state']).to.equal('requested');
    const elsewhere = await away.api();
    expect((await elsewhere.post(`/positions/${secret.positionId}/assignments`)).status).to.equal(201);
    const coordinator = await (await createMember(here, { roles: ['coordinator'] })).api();
    const admitted = await coordinator.post(`/assignments/${asked.json<{ id: string }>().id}/admit`);
    expect(admitted.status).to.equal(409);
    expect(admitted.text).to.not.include('别家的班次');
    const second = await createOpening(here, { shift: at(60.5, 62) });
    const told = await own.post(`/positions/${second.positionId}/assignments`);
    expect(told.status).to.equal(409);
    expect(told.json<{ reasons: Finding[] }>().reasons[0]?.params).to.include({ shift: '别家的班次' });
  });
});
