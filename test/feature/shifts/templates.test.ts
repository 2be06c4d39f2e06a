import { expect } from 'chai';
import { createMember, createTenant, createUnit } from '../../factories/people.ts';
import { createOpening, createPosition, createRequest } from '../../factories/requests.ts';
import { inDays } from '../../support/days.ts';

interface Template {
  id: string;
  name: string;
  forAll: boolean;
}
interface Refusal {
  errors: { path: string; code: string }[];
}

describe('shift templates', () => {
  it('are saved from a shift, used on another request, renamed and removed, on both doors', async () => {
    const tenant = await createTenant();
    const member = await createMember(tenant, { roles: ['coordinator'] });
    const [page, api] = [await member.page(), await member.api()];
    const day = inDays(5);
    const { shiftId } = await createOpening(tenant, {
      shift: {
        startsAt: new Date(`${day}T01:00:00Z`),
        endsAt: new Date(`${day}T03:30:00Z`),
        breakMinutes: 10,
        riskLevel: 'bodily',
        policyNumber: 'P-1',
      },
      position: { name: '送餐', required: 2, maximum: 3, taken: 1 },
    });
    await createPosition(tenant, {
      shiftId,
      name: '社工',
      skills: [{ code: 'first-aid', minLevel: 2 }],
      credentials: [{ type: 'social-worker', level: 'assistant' }],
      admission: 'approval',
    });
    for (const locale of ['zh-CN', 'en']) {
      expect((await page.get(`/shifts/${shiftId}/templates/new?lang=${locale}`)).status).to.equal(200);
      expect((await page.get(`/shift-templates?lang=${locale}`)).status).to.equal(200);
    }
    const saved = await page.post(`/shifts/${shiftId}/templates`, { name: '午间送餐', for: 'tenant' });
    expect(saved.status, saved.text.slice(0, 600)).to.equal(303);
    const twice = await page.post(`/shifts/${shiftId}/templates`, { name: '午间送餐', for: 'tenant' });
    expect(twice.status).to.equal(422);
    expect(twice.text).to.include('id="f-name-error"');
    const [template] = (await api.get('/shift-templates')).json<{ data: Template[] }>().data;
    expect(template).to.include({ name: '午间送餐', forAll: true });
    const requestId = await createRequest(tenant);
    for (const locale of ['zh-CN', 'en']) {
      const form = await page.get(`/requests/${requestId}/template-shifts/new?lang=${locale}`);
      expect(form.text).to.include(`value="${template?.id}"`);
    }
    const bare = await page.post(`/requests/${requestId}/template-shifts`, {
      templateId: '',
      date: inDays(9),
    });
    expect(bare.status).to.equal(422);
    const used = await api.post(`/requests/${requestId}/template-shifts`, {
      templateId: template?.id,
      date: inDays(9),
    });
    expect(used.status, used.text).to.equal(201);
    const shift = used.json<{ id: string; positions: object[] }>();
    expect(shift).to.include({
      startsAt: `${inDays(9)}T01:00:00.000Z`,
      endsAt: `${inDays(9)}T03:30:00.000Z`,
      state: 'draft',
      riskLevel: 'bodily',
      breakMinutes: 10,
      policyNumber: '',
      taken: 0,
      required: 3,
    });
    const stored = (await api.get(`/shifts/${shift.id}`)).json<{ positions: object[] }>();
    expect(stored.positions[1]).to.deep.include({
      name: '社工',
      admission: 'approval',
      skills: [{ code: 'first-aid', minLevel: 2 }],
      credentials: [{ type: 'social-worker', level: 'assistant' }],
    });
    const later = await api.post(`/requests/${requestId}/template-shifts`, {
      templateId: template?.id,
      date: inDays(10),
      startTime: '14:00',
      endTime: '16:00',
    });
    expect(later.json()['startsAt']).to.equal(`${inDays(10)}T06:00:00.000Z`);
    const at = `/shift-templates/${template?.id}`;
    expect((await page.post(at, { name: '', _version: '1' })).status).to.equal(422);
    expect((await page.post(at, { name: '晚间送餐', _version: '1' })).status).to.equal(303);
    expect((await api.patch(at, { name: '再改' }, { 'if-match': '"v1"' })).status).to.equal(412);
    expect((await page.get('/shift-templates')).text).to.include('晚间送餐');
    expect((await page.post(`${at}/removal`)).status).to.equal(303);
    expect((await api.get('/shift-templates')).json<{ data: Template[] }>().data).to.deep.equal([]);
    expect((await api.get(`/shifts/${shift.id}`)).status).to.equal(200);
  });

  it('serve their unit and those below it, are changed by who edits there, and stay inside the tenant', async () => {
    const [tenant, foreign] = [await createTenant(), await createTenant()];
    const [town, other] = [await createUnit(tenant), await createUnit(tenant)];
    const village = await createUnit(tenant, { parentId: town });
    const coordinator = async (unitId: string) =>
      (await createMember(tenant, { roles: ['coordinator'], unitId })).api();
    const [ofTown, ofVillage, ofOther] = [
      await coordinator(town),
      await coordinator(village),
      await coordinator(other),
    ];
    const { shiftId } = await createOpening(tenant, { request: { unitId: town } });
    const saved = await ofTown.post(`/shifts/${shiftId}/templates`, { name: '镇模板' });
    expect(saved.status, saved.text).to.equal(201);
    const forAll = await ofTown.post(`/shifts/${shiftId}/templates`, { name: '全县模板', for: 'tenant' });
    expect(forAll.json<Refusal>().errors[0]).to.include({ path: 'for', code: 'not-a-choice' });
    const names = async (api: typeof ofTown) =>
      (await api.get('/shift-templates')).json<{ data: Template[] }>().data.map(({ name }) => name);
    expect(await names(ofVillage)).to.deep.equal(['镇模板']);
    expect(await names(ofOther)).to.deep.equal([]);
    const { id } = saved.json<Template>();
    const stranger = await (await createMember(foreign, { roles: ['coordinator'] })).api();
    for (const api of [ofOther, stranger])
      expect((await api.post(`/shift-templates/${id}/removal`)).status).to.equal(404);
    expect((await ofVillage.post(`/shift-templates/${id}/removal`)).status).to.equal(403);
    const theirs = await createRequest(tenant, { unitId: other });
    const use = { templateId: id, date: inDays(9) };
    const refused = await ofOther.post(`/requests/${theirs}/template-shifts`, use);
    expect(refused.json<Refusal>().errors[0]).to.include({ path: 'templateId', code: 'not-a-choice' });
    const ours = await createRequest(tenant, { unitId: village });
    expect((await ofVillage.post(`/requests/${ours}/template-shifts`, use)).status).to.equal(201);
    expect((await ofTown.post(`/shift-templates/${id}/removal`)).status).to.equal(200);
  });
});
