import { expect } from 'chai';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { UnitModel } from '../../../server/features/units/unit.model.ts';
import { createMember, createTenant, createUnit, inTenant } from '../../factories/people.ts';
import { createOpening } from '../../factories/requests.ts';
import type { ApiAgent, PageAgent } from '../../support/agent.ts';

interface Unit {
  readonly id: string;
  readonly parentId: string | null;
  readonly version: number;
}
const unit = async (api: ApiAgent, id: string): Promise<Unit> => (await api.get(`/units/${id}`)).json<Unit>();
async function move(api: ApiAgent, id: string, parentId: string): Promise<{ status: number; text: string }> {
  const { version } = await unit(api, id);
  return api.post(
    `/units/${id}/move`,
    { parentId, reason: '县委编办 2026 年 9 号' },
    { 'if-match': `"v${version}"` },
  );
}
const statuses = async (agent: ApiAgent | PageAgent, paths: readonly string[]): Promise<number[]> =>
  Promise.all(paths.map(async (path) => (await agent.get(path)).status));

/** What `verify` asks of the whole database, of this tenant alone: other files plant damage in the same one. */
async function expectOneTree(tenant: Tenant): Promise<void> {
  const units = await inTenant(tenant.id, () => UnitModel.find({}).lean());
  const paths = new Map(units.map(({ _id, path }) => [String(_id), path.map(String)]));
  for (const { _id, parentId } of units) {
    const above = parentId === null ? [] : paths.get(String(parentId));
    expect(paths.get(String(_id))).to.deep.equal([...(above ?? ['no parent']), String(_id)]);
  }
}

describe('a unit that moves', function () {
  this.timeout(60_000);

  it('takes everything below with it: who may see it follows with the next request of sessions that are open (S-7)', async () => {
    const tenant = await createTenant();
    const [west, east] = [await createUnit(tenant), await createUnit(tenant)];
    const village = await createUnit(tenant, { parentId: west, name: '荷村' });
    const grid = await createUnit(tenant, { parentId: village });
    const administrator = await createMember(tenant, { roles: ['administrator'] });
    const [ofWest, ofEast] = [
      await createMember(tenant, { roles: ['coordinator'], unitId: west }),
      await createMember(tenant, { roles: ['coordinator'], unitId: east }),
    ];
    const opening = await createOpening(tenant, { request: { unitId: grid as never, title: '荷村夜巡' } });
    const api = await administrator.api();
    const page = await administrator.page();
    const [westApi, westPage] = [await ofWest.api(), await ofWest.page()];
    const [eastApi, eastPage] = [await ofEast.api(), await ofEast.page()];
    const paths = [`/requests/${opening.requestId}`];
    const seen = async (): Promise<number[]> =>
      (await Promise.all([westApi, westPage, eastApi, eastPage].map((one) => statuses(one, paths)))).flat();
    expect(await seen()).to.deep.equal([200, 200, 404, 404]);
    const lists = async (agent: ApiAgent): Promise<boolean> =>
      (await agent.get('/requests')).text.includes('荷村夜巡');
    expect([await lists(westApi), await lists(eastApi)]).to.deep.equal([true, false]);

    const form = await page.get(`/units/${village}/move?lang=en`);
    expect(form.status, form.text).to.equal(200);
    expect(form.text).to.include('Move 荷村').and.include(east).and.not.include(`value="${grid}"`);
    expect((await page.get('/units')).text).to.include(`/units/${grid}/move`);
    const { version } = await unit(api, village);
    const nothing = await page.post(`/units/${village}/move`, {
      parentId: east,
      reason: '',
      _version: String(version),
    });
    expect([nothing.status, nothing.text.includes('id="f-reason-error"')]).to.deep.equal([422, true]);
    const done = await page.post(`/units/${village}/move`, {
      parentId: east,
      reason: '区划调整',
      _version: String(version),
    });
    expect(done.location, done.text).to.equal('/units');
    expect(await seen()).to.deep.equal([404, 404, 200, 200]);
    expect([await lists(westApi), await lists(eastApi)]).to.deep.equal([false, true]);
    // What is counted for a place adds up to what is counted below it (invariant 10).
    const below = (id: string): Promise<number> =>
      inTenant(tenant.id, () => UnitModel.countDocuments({ path: id }).exec());
    expect(await Promise.all([tenant.rootUnitId, west, east, village].map(below))).to.deep.equal([
      5, 1, 3, 2,
    ]);
    const audit = await (await createMember(tenant, { roles: ['auditor'] })).api();
    expect((await audit.get('/audit?limit=5')).text).to.include('units/move');
    await expectOneTree(tenant);
  });

  it('goes nowhere that would break the tree, stays inside the mover’s reach, and the root stays', async () => {
    const [tenant, other] = [await createTenant(), await createTenant()];
    const [west, east] = [await createUnit(tenant), await createUnit(tenant)];
    const village = await createUnit(tenant, { parentId: west });
    const foreign = await createUnit(other);
    const api = await (await createMember(tenant, { roles: ['administrator'] })).api();
    const local = await (await createMember(tenant, { roles: ['administrator'], unitId: west })).api();
    const coordinator = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const told = async (agent: ApiAgent, id: string, to: string): Promise<unknown[]> => {
      const { status, text } = await move(agent, id, to);
      return [status, /below-itself|is-there-already|root-stays|not-a-choice/.exec(text)?.[0] ?? ''];
    };
    expect(await told(api, west, village)).to.deep.equal([422, 'below-itself']);
    expect(await told(api, west, west)).to.deep.equal([422, 'below-itself']);
    expect(await told(api, village, west)).to.deep.equal([422, 'is-there-already']);
    expect(await told(api, village, foreign)).to.deep.equal([422, 'not-a-choice']);
    expect(await told(api, tenant.rootUnitId, west)).to.deep.equal([409, 'root-stays']);
    expect(await told(local, village, east)).to.deep.equal([422, 'not-a-choice']);
    expect((await api.post(`/units/${village}/move`, { parentId: east, reason: 'x' })).status).to.equal(428);
    const blind = { 'if-match': '"v1"' };
    const body = { parentId: tenant.rootUnitId, reason: 'x' };
    expect((await local.post(`/units/${east}/move`, body, blind)).status).to.equal(404);
    expect((await api.post(`/units/${foreign}/move`, body, blind)).status).to.equal(404);
    expect((await coordinator.post(`/units/${village}/move`, body, blind)).status).to.equal(403);
  });

  it('cannot end below itself when two move at the same moment, nor lose a unit that is added meanwhile', async () => {
    const tenant = await createTenant();
    const api = await (await createMember(tenant, { roles: ['administrator'] })).api();
    for (let round = 0; round < 4; round += 1) {
      const [west, east] = [await createUnit(tenant), await createUnit(tenant)];
      const answers = await Promise.all([
        move(api, west, east),
        move(api, east, west),
        api.post('/units', { parentId: west, kind: 'grid', nameZh: '新网格', nameEn: 'New grid' }),
      ]);
      expect(answers.map(({ status }) => status).filter((status) => status === 200)).to.have.length(1);
      expect(answers[2].status, answers[2].text).to.be.oneOf([201, 409, 503]);
    }
    await expectOneTree(tenant);
  });
});
