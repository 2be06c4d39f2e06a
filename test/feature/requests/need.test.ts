import { expect } from 'chai';
import { createRequest } from '../../factories/requests.ts';
import { createMember, createTenant, createUnit } from '../../factories/people.ts';
import { ApiAgent, PageAgent } from '../../support/agent.ts';
import { tomorrow } from '../../support/days.ts';

interface Created {
  id: string;
  state: string;
  version: number;
  shiftId: string | null;
  positionId: string | null;
}

const words = (unitId: string): Record<string, unknown> => ({
  unitId,
  title: '陪王奶奶散步',
  description: '每周一次，慢慢走。',
  category: 'elderly',
  place: { label: '桐君社区', address: '和平路1号', latitude: 29.79, longitude: 119.69 },
  conditions: '无',
  risks: '暂无已知风险',
  support: '饮水',
  contactName: '李明',
  contactPhone: '0571-00000000',
});
const shift = { date: tomorrow(), startTime: '09:00', endTime: '11:00' };
const position = { name: '陪伴者', required: 2, skills: [{ code: 'elderly-visit', minLevel: 2 }] };
const form = (unitId: string): Record<string, string> => ({
  unitId,
  title: '陪王奶奶散步',
  description: '每周一次',
  category: 'elderly',
  'place.label': '桐君社区',
  'place.latitude': '29.79',
  'place.longitude': '119.69',
  'shift.date': shift.date,
  'shift.startTime': '09:00',
  'shift.endTime': '11:00',
  'shift.riskLevel': 'none',
  'position.name': '陪伴者',
  'position.required': '2',
  'position.admission': 'direct',
  'position.skills.0.code': 'elderly-visit',
  'position.skills.0.minLevel': '2',
  'position.skills.1.code': '',
  'position.skills.1.minLevel': '',
  'position.credentialLevel': '',
});

describe('POST /requests', () => {
  it('writes the request, its first shift and its first position from one body, and publishes them in one press', async () => {
    const tenant = await createTenant();
    const api = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const answer = await api.post('/requests', { ...words(tenant.rootUnitId), shift, position });
    expect(answer.status, answer.text).to.equal(201);
    const made = answer.json<Created>();
    expect(made.state).to.equal('draft');
    const published = await api.post(`/shifts/${made.shiftId}/publication`);
    expect(published.status, published.text).to.equal(200);
    const request = (await api.get(`/requests/${made.id}`)).json<{
      state: string;
      history: { to: string; reason: string | null }[];
      places: { shifts: number; required: number; taken: number };
    }>();
    expect(request.state).to.equal('in_progress');
    expect(request.history.map(({ to }) => to)).to.deep.equal([
      'draft',
      'submitted',
      'screened',
      'dispatched',
      'accepted',
      'in_progress',
    ]);
    expect(request.history.at(-1)?.reason).to.equal('own-request');
    expect(request.places).to.include({ shifts: 1, required: 2, taken: 0 });
  });

  it('does the same from the form, and shows the form again with the fault beside its field', async () => {
    const tenant = await createTenant();
    const page = await (await createMember(tenant, { roles: ['coordinator'] })).page();
    const shown = await page.get('/requests/new');
    expect(shown.status, shown.text.slice(0, 400)).to.equal(200);
    const wrong = await page.post('/requests', {
      ...form(tenant.rootUnitId),
      title: '',
      'shift.date': '2020-02-30',
    });
    expect(wrong.status).to.equal(422);
    expect(wrong.text).to.include('id="f-title-error"').and.include('id="f-shift-date-error"');
    expect(wrong.text).to.include('每周一次');
    const late = await page.post('/requests', { ...form(tenant.rootUnitId), 'shift.endTime': '08:00' });
    expect(late.status).to.equal(422);
    expect(late.text).to.include('id="f-shift-endTime-error"');
    const right = await page.post('/requests', form(tenant.rootUnitId));
    expect(right.status, right.text.slice(0, 2_000)).to.equal(303);
    expect(right.location).to.match(/^\/shifts\/[0-9a-f]{24}$/);
    const shiftPage = await page.get(right.location ?? '');
    expect(shiftPage.status).to.equal(200);
    expect(shiftPage.text).to.include('陪伴者').and.include('独居老人探访');
    // Conditions, risks, support and a phone number are still missing.
    expect(shiftPage.text).to.include('#f-risks');
  });

  it('refuses a unit out of reach, and members who may not write', async () => {
    const tenant = await createTenant();
    const [mine, other] = [await createUnit(tenant), await createUnit(tenant)];
    const api = await (await createMember(tenant, { roles: ['coordinator'], unitId: mine })).api();
    const refused = await api.post('/requests', words(other));
    expect(refused.status).to.equal(422);
    expect(refused.json()['errors']).to.deep.include({ path: 'unitId', code: 'not-a-choice' });
    expect((await api.post('/requests', words(mine))).status).to.equal(201);
    const volunteer = await (await createMember(tenant)).api();
    expect((await volunteer.post('/requests', words(mine))).status).to.equal(403);
    expect((await new ApiAgent().post('/requests', words(mine))).status).to.equal(401);
  });
});

describe('GET /requests/:id', () => {
  it('answers alike for what is missing, foreign, out of reach and malformed', async () => {
    const [tenant, foreign] = [await createTenant(), await createTenant()];
    const [mine, other] = [await createUnit(tenant), await createUnit(tenant)];
    const api = await (await createMember(tenant, { roles: ['coordinator'], unitId: mine })).api();
    const own = await createRequest(tenant, { unitId: mine });
    expect((await api.get(`/requests/${own}`)).status).to.equal(200);
    const ids = [
      await createRequest(foreign),
      await createRequest(tenant, { unitId: other }),
      'ffffffffffffffffffffffff',
      'not-an-id',
    ];
    for (const id of ids) {
      const answer = await api.get(`/requests/${id}`);
      expect(answer.status, id).to.equal(404);
      expect(answer.json()['code']).to.equal('not-found');
    }
  });
});

describe('PATCH /requests/:id', () => {
  it('needs the version that was seen, and copies the words onto shifts that are not over', async () => {
    const tenant = await createTenant();
    const api = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const made = (await api.post('/requests', { ...words(tenant.rootUnitId), shift })).json<Created>();
    const change = { title: '陪张爷爷下棋' };
    expect((await api.patch(`/requests/${made.id}`, change)).status).to.equal(428);
    const stale = await api.patch(`/requests/${made.id}`, change, { 'if-match': '"v99"' });
    expect(stale.status).to.equal(412);
    const right = await api.patch(`/requests/${made.id}`, change, { 'if-match': `"v${made.version}"` });
    expect(right.status, right.text).to.equal(200);
    expect(right.json()).to.include({ title: '陪张爷爷下棋', risks: '暂无已知风险' });
    expect((await api.get(`/shifts/${made.shiftId}`)).json()['title']).to.equal('陪张爷爷下棋');
  });

  it('empties on the page what was emptied in the form', async () => {
    const tenant = await createTenant();
    const member = await createMember(tenant, { roles: ['coordinator'] });
    const id = await createRequest(tenant, { risks: '地滑' });
    const page = await member.page();
    const edit = await page.get(`/requests/${id}/edit`);
    expect(edit.status).to.equal(200);
    expect(edit.text).to.include('地滑');
    const saved = await page.post(`/requests/${id}`, {
      _version: '1',
      title: '新标题',
      category: 'elderly',
      'place.label': '桐君社区',
      risks: '',
    });
    expect(saved.status, saved.text.slice(0, 1_000)).to.equal(303);
    const now = (await (await member.api()).get(`/requests/${id}`)).json();
    expect(now).to.include({ title: '新标题', risks: '', support: '' });
  });
});

describe('the way of a request', () => {
  it('lets an officer screen what a resident asked, never reject without a reason', async () => {
    const tenant = await createTenant({ kind: 'department' });
    const asked = await new ApiAgent().post(`/t/${tenant.slug}/requests`, {
      title: '想有人陪我去医院',
      contactName: '王阿姨',
      contactPhone: '0571-12345678',
      placeLabel: '桐君社区',
      consent: true,
    });
    expect(asked.status, asked.text).to.equal(201);
    expect(asked.json()).to.deep.equal({ received: true });
    const officer = await (await createMember(tenant, { roles: ['officer'] })).api();
    const coordinator = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const [{ id } = { id: '' }] = (await officer.get('/requests?state=submitted')).json<{
      data: { id: string }[];
    }>().data;
    expect((await coordinator.post(`/requests/${id}/acceptance`)).json()['code']).to.equal(
      'screening-needed',
    );
    expect((await coordinator.post(`/requests/${id}/screening`, { verdict: 'screened' })).status).to.equal(
      403,
    );
    const bare = await officer.post(`/requests/${id}/screening`, { verdict: 'rejected' });
    expect(bare.status).to.equal(422);
    expect((await officer.post(`/requests/${id}/screening`, { verdict: 'screened' })).status).to.equal(200);
    const taken = await coordinator.post(`/requests/${id}/acceptance`);
    expect(taken.json()['state']).to.equal('accepted');
    const again = await coordinator.post(`/requests/${id}/acceptance`);
    expect(again.json()['code']).to.equal('wrong-state');
  });

  it('lets the coordinator of an organisation take on what it is asked directly', async () => {
    const tenant = await createTenant();
    const id = await createRequest(tenant, { state: 'submitted' });
    const page = await (await createMember(tenant, { roles: ['coordinator'] })).page();
    expect((await page.get(`/requests/${id}`)).text).to.include(`/requests/${id}/acceptance`);
    expect((await page.post(`/requests/${id}/acceptance`)).status).to.equal(303);
    const finish = await page.post(`/requests/${id}/completion`);
    expect(finish.status).to.equal(409);
  });
});

describe('GET /requests', () => {
  it('shows only units within reach, filters by state and by words, and pages by key', async () => {
    const tenant = await createTenant();
    const [mine, other] = [await createUnit(tenant), await createUnit(tenant)];
    const below = await createUnit(tenant, { parentId: mine });
    await createRequest(tenant, { unitId: mine, title: '河道清洁', state: 'draft' });
    await createRequest(tenant, { unitId: below, title: '送餐上门' });
    await createRequest(tenant, { unitId: other, title: '别处的事' });
    const member = await createMember(tenant, { roles: ['coordinator'], unitId: mine });
    const api = await member.api();
    const titles = async (query: string): Promise<string[]> =>
      (await api.get(`/requests?${query}`))
        .json<{ data: { title: string }[] }>()
        .data.map(({ title }) => title);
    expect(await titles('')).to.deep.equal(['送餐上门', '河道清洁']);
    expect(await titles('state=draft')).to.deep.equal(['河道清洁']);
    expect(await titles(`q=${encodeURIComponent('上门')}`)).to.deep.equal(['送餐上门']);
    expect(await titles(`q=${encodeURIComponent('.*')}`)).to.deep.equal([]);
    expect(await titles(`unitId=${other}`)).to.deep.equal([]);
    const first = (await api.get('/requests?limit=1')).json<{ data: object[]; nextCursor: string }>();
    expect(first.data).to.have.length(1);
    expect(await titles(`limit=1&cursor=${first.nextCursor}`)).to.deep.equal(['河道清洁']);
    const page = await member.page();
    for (const locale of ['zh-CN', 'en']) {
      const shown = await page.get(`/requests?lang=${locale}`);
      expect(shown.status, shown.text.slice(0, 400)).to.equal(200);
      expect(shown.text).to.include('送餐上门').and.not.include('别处的事');
    }
  });
});

describe('GET /t/:tenantSlug/requests/new', () => {
  it('asks a resident without an account, names what is missing, and says thanks', async () => {
    const tenant = await createTenant();
    const agent = new PageAgent();
    const path = `/t/${tenant.slug}/requests`;
    for (const locale of ['zh-CN', 'en'])
      expect((await agent.get(`${path}/new?lang=${locale}`)).status).to.equal(200);
    const wrong = await agent.post(path, { title: '要人帮忙', contactPhone: 'abc' });
    expect(wrong.status).to.equal(422);
    expect(wrong.text).to.include('id="f-contactName-error"').and.include('id="f-contactPhone-error"');
    expect(wrong.text).to.include('id="f-consent-error"');
    const right = await agent.post(path, {
      title: '要人帮忙',
      contactName: '王阿姨',
      contactPhone: '0571 1234 5678',
      placeLabel: '桐君社区',
      consent: 'true',
    });
    expect(right.location, right.text.slice(0, 1_000)).to.equal(`${path}/thanks`);
    expect((await agent.get(right.location ?? '')).status).to.equal(200);
  });
});
