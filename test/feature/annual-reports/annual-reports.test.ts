import { expect } from 'chai';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { createServed } from '../../factories/hours.ts';
import { createMember, createTenant, createUnit } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { ApiAgent, PageAgent } from '../../support/agent.ts';
import { testApp } from '../../support/app.ts';

interface Report {
  id: string;
  state: string;
  edition: number;
  correction: string;
  figures: {
    records: number;
    people: number | null;
    minutes: number | null;
    late: number;
    grades: object[] | null;
  } | null;
}

const YEAR = new Date(Date.now() + 8 * 3_600_000).getUTCFullYear() - 1;

describe('annual reports', function () {
  this.timeout(60_000);
  let tenant: Tenant;
  let administrator: Member;
  let served: Member[];
  before(async () => {
    tenant = await createTenant();
    administrator = await createMember(tenant, { roles: ['administrator'] });
    const desk = await createMember(tenant, { roles: ['coordinator'] });
    served = await Promise.all(Array.from({ length: 5 }, () => createMember(tenant)));
    const api = await desk.api();
    for (const [at, member] of served.entries()) {
      const startsAt = new Date(Date.UTC(YEAR, 4, 3 + at, 2));
      const id = await createServed(tenant, member, {
        startsAt,
        endsAt: new Date(startsAt.getTime() + 7_200_000),
      });
      const answer = await api.post(`/hours/${id}/approve`);
      expect(answer.status, answer.text).to.equal(200);
    }
    // Of this year: not in the report.
    const id = await createServed(tenant, served[0] as Member);
    expect((await api.post(`/hours/${id}/approve`)).status).to.equal(200);
  });

  const draw = async (): Promise<unknown> => (await testApp()).sweep('annual-reports/draw');

  it('are drawn from the records of the year, published, read by everybody, and withdrawn for another edition', async () => {
    const api = await administrator.api();
    const list = (await api.get('/annual-reports')).json<{ data: Report[]; reportable: number[] }>();
    expect(list).to.deep.include({ data: [] });
    expect(list.reportable[0]).to.equal(YEAR);
    const begun = await api.post('/annual-reports', { year: YEAR });
    expect(begun.status, begun.text).to.be.within(200, 201);
    const { id } = begun.json<Report>();
    expect((await api.post(`/annual-reports/${id}/publication`, {})).status).to.equal(409);
    const again = await api.post('/annual-reports', { year: YEAR });
    expect([again.status, again.json<{ code: string }>().code]).to.deep.equal([409, 'report-exists']);
    await draw();
    const drawn = (await api.get(`/annual-reports/${id}`)).json<Report>();
    expect(drawn.state).to.equal('drawn');
    expect(drawn.figures).to.deep.include({
      records: 5,
      people: 5,
      minutes: 605,
      // Recorded long after their ten working days.
      late: 5,
      reversed: 0,
      grades: [{ grade: 'device', records: 5 }],
    });
    const visitor = new ApiAgent();
    const address = `/t/${tenant.slug}/annual-reports/${YEAR}`;
    expect((await visitor.get(address)).status).to.equal(404);
    expect((await api.post(`/annual-reports/${id}/publication`, { words: '说明一' })).status).to.equal(200);
    const read = await visitor.get(address);
    expect(read.status, read.text).to.equal(200);
    expect(read.json<Report & { words: string }>()).to.deep.include({
      edition: 1,
      words: '说明一',
      correction: '',
    });
    expect(read.json<Report>().figures).to.deep.include({ records: 5, minutes: 605, people: 5 });
    for (const { name } of served) expect(read.text).to.not.include(name);
    const page = new PageAgent();
    expect((await page.get(`/t/${tenant.slug}/annual-reports`)).text).to.include(`/annual-reports/${YEAR}`);
    expect((await page.get(`/t/${tenant.slug}/annual-reports/${YEAR}`)).text).to.include('说明一');

    const withdrawn = await api.post(`/annual-reports/${id}/withdrawal`, { reason: '漏了一个小组' });
    expect([withdrawn.status, withdrawn.json<Report>().state]).to.deep.equal([200, 'drawing']);
    expect((await visitor.get(address)).status).to.equal(404);
    await draw();
    expect((await api.post(`/annual-reports/${id}/publication`, {})).status).to.equal(200);
    expect((await visitor.get(address)).json<Report>()).to.deep.include({
      edition: 2,
      correction: '漏了一个小组',
    });
  });

  it('withhold from everybody what a few people did (R-1.24)', async () => {
    const small = await createTenant();
    const officer = await createMember(small, { roles: ['officer'] });
    const desk = await createMember(small, { roles: ['coordinator'] });
    const startsAt = new Date(Date.UTC(YEAR, 6, 6, 2));
    const hours = await createServed(small, await createMember(small), {
      startsAt,
      endsAt: new Date(startsAt.getTime() + 7_200_000),
    });
    expect((await (await desk.api()).post(`/hours/${hours}/approve`)).status).to.equal(200);
    const api = await officer.api();
    const { id } = (await api.post('/annual-reports', { year: YEAR })).json<Report>();
    await draw();
    expect((await api.get(`/annual-reports/${id}`)).json<Report>().figures).to.include({
      people: 1,
      minutes: 121,
    });
    await api.post(`/annual-reports/${id}/publication`, {});
    const read = await new ApiAgent().get(`/t/${small.slug}/annual-reports/${YEAR}`);
    expect(read.json<Report>().figures).to.include({ records: 1, people: null, minutes: null, grades: null });
    const page = await new PageAgent().get(`/t/${small.slug}/annual-reports/${YEAR}?lang=en`);
    expect(page.text).to.include('fewer than 5');
  });

  it('are begun on a page, with what is wrong beside the field, by who has the whole organisation', async () => {
    const page = await administrator.page();
    expect((await page.get('/annual-reports')).status).to.equal(200);
    const wrong = await page.post('/annual-reports', { year: String(YEAR + 1) });
    expect(wrong.status).to.equal(422);
    expect(wrong.text).to.include('请选择最近十年中已结束的年份');
    const begun = await page.post('/annual-reports', { year: String(YEAR - 1) });
    expect(begun.status).to.equal(303);
    const there = String(begun.location);
    expect((await page.get(there)).text).to.include('正在根据记录生成数据');
    await draw();
    expect((await page.get(there)).text).to.include('已确认的服务记录');
    const words = 'x'.repeat(2_001);
    const long = await page.post(`${there}/publication`, { words });
    expect([long.status, long.text.includes(words)]).to.deep.equal([422, true]);
    expect((await page.post(`${there}/publication`, { words: '好' })).status).to.equal(303);
    const empty = await page.post(`${there}/withdrawal`, { reason: '' });
    expect(empty.status).to.equal(422);
    const unitId = await createUnit(tenant, { name: '一个小组' });
    const part = await createMember(tenant, { roles: ['officer'], unitId });
    const refused = await (await part.api()).post('/annual-reports', { year: YEAR - 2 });
    expect(refused.status).to.equal(403);
    const auditor = await createMember(tenant, { roles: ['auditor'] });
    expect((await (await auditor.api()).get('/annual-reports')).status).to.equal(200);
    expect((await (await auditor.api()).post('/annual-reports', { year: YEAR - 2 })).status).to.equal(403);
  });
});
