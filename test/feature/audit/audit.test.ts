import { expect } from 'chai';
import { parse } from 'csv-parse/sync';
import { createServed } from '../../factories/hours.ts';
import { createMember, createTenant, createUnit } from '../../factories/people.ts';

interface Entries {
  data: { action: string; actorName: string | null; subjectId: string; reason: string | null; at: string }[];
  nextCursor: string | null;
}

describe('the audit trail', function () {
  this.timeout(60_000);

  async function scene() {
    const tenant = await createTenant();
    const volunteer = await createMember(tenant);
    const coordinator = await createMember(tenant, { roles: ['coordinator'], person: { name: '周组织' } });
    const auditor = await createMember(tenant, { roles: ['auditor'] });
    const hoursId = await createServed(tenant, volunteer);
    await (await coordinator.api()).post(`/hours/${hoursId}/reject`, { reason: '=1+1 没有到场' });
    return { tenant, volunteer, coordinator, auditor, hoursId };
  }

  it('tells who did what and why, newest first, filtered and page by page', async () => {
    const { auditor, hoursId } = await scene();
    const api = await auditor.api();
    const all = (await api.get('/audit?limit=100')).json<Entries>().data;
    expect(all.map(({ at }) => at)).to.deep.equal(
      all
        .map(({ at }) => at)
        .sort()
        .reverse(),
    );
    const of = async (query: string): Promise<Entries['data']> =>
      (await api.get(`/audit?${query}`)).json<Entries>().data;
    const rejected = await of('action=hours/reject');
    expect(rejected).to.have.length(1);
    expect(rejected[0]).to.deep.include({ actorName: '周组织', subjectId: hoursId, reason: '=1+1 没有到场' });
    const feature = await of('action=hours');
    expect(feature.length).to.be.above(1);
    expect(feature.every(({ action }) => action.startsWith('hours/'))).to.equal(true);
    expect((await of(`subjectType=HoursRecord&subjectId=${hoursId}`)).length).to.be.above(1);
    expect(await of('from=2999-01-01')).to.deep.equal([]);
    const first = (await api.get('/audit?limit=2')).json<Entries>();
    const second = (await api.get(`/audit?limit=2&cursor=${first.nextCursor}`)).json<Entries>();
    expect([...first.data, ...second.data].map(({ action, at }) => `${at} ${action}`)).to.deep.equal(
      all.slice(0, 4).map(({ action, at }) => `${at} ${action}`),
    );
    expect((await api.get('/audit?action=$ne')).status).to.be.oneOf([400, 422]);
  });

  it('is a page in both languages, and a file in which nothing runs; taking it is an entry', async () => {
    const { auditor, hoursId } = await scene();
    const page = await auditor.page();
    for (const [language, word] of [
      ['zh-CN', '操作记录'],
      ['en', 'Audit trail'],
    ] as const) {
      const shown = await page.get(`/audit?lang=${language}`);
      expect(shown.status).to.equal(200);
      expect(shown.text).to.include(word).and.include('周组织').and.include(`/hours/${hoursId}`);
    }
    const second = await createMember(auditor.tenant, { roles: ['auditor'] });
    const proposed = await page.post('/audit/exports', { action: 'hours/reject', reason: '省厅检查' });
    expect(proposed.status).to.equal(303);
    const file = `${proposed.location}/files`;
    expect((await page.post(file)).location).to.equal(proposed.location);
    const seen = await (await second.page()).get(`${proposed.location}?lang=zh-CN`);
    expect(seen.text).to.include('导出审计记录').and.include('省厅检查');
    const confirmed = await (await second.api()).post(`${proposed.location}/confirmation`);
    expect(confirmed.json(), confirmed.text).to.include({ state: 'confirmed' });
    // The second agreed to it, the first takes it.
    expect((await (await second.page()).post(file)).status).to.equal(403);
    const taken = await page.post(file);
    expect(taken.headers.get('content-type')).to.equal('text/csv; charset=utf-8');
    const rows = parse<Record<string, string>>(taken.text, { bom: true, columns: true });
    expect(rows).to.have.length(1);
    expect(rows[0]?.['reason']).to.match(/^'=1\+1/);
    const entries = (await (await auditor.api()).get('/audit?action=audit/export')).json<Entries>().data;
    expect(entries).to.have.length(1);
  });

  it('is for who audits the whole organisation, and tells nothing of another', async () => {
    const { tenant, volunteer, coordinator } = await scene();
    for (const member of [volunteer, coordinator])
      expect((await (await member.api()).get('/audit')).status).to.equal(403);
    const part = await createMember(tenant, { roles: ['auditor'], unitId: await createUnit(tenant) });
    expect((await (await part.api()).get('/audit')).json()).to.include({ code: 'audit-needs-whole' });
    const other = await createMember(await createTenant(), { roles: ['auditor'] });
    const foreign = await (await other.api()).get(`/audit?membershipId=${volunteer.membershipId}`);
    expect(foreign.json<Entries>().data).to.deep.equal([]);
    expect((await (await other.api()).get('/audit?action=hours')).json<Entries>().data).to.deep.equal([]);
  });
});
