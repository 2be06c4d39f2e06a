import { expect } from 'chai';
import { CertificateModel } from '../../../server/features/certificates/certificate.model.ts';
import { runChecks } from '../../../server/verify/index.ts';
import { acrossTenants } from '../../../server/core/context.ts';
import { createServed } from '../../factories/hours.ts';
import { asOperator, createMember, createTenant, createUnit, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { byTwo } from '../../factories/proposals.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import type { ApiAgent } from '../../support/agent.ts';
import { testApp } from '../../support/app.ts';
import { decodeQr, pdfText, rasterise } from '../../support/pdf.ts';

interface Certificate {
  id: string;
  code: string;
  number: string;
  activity: string | null;
  totalMinutes: number;
  periodFrom: string;
  periodTo: string;
}
interface Batch {
  id: string;
  state: string;
  total: number;
  issued: number;
  found: number;
  refused: number;
  cpuMsEach: number | null;
  refusals: { name: string; code: string }[];
}

describe('certificates by activity, of everything, and for many', function () {
  this.timeout(120_000);
  let tenant: Tenant;
  let officer: Member;
  let desk: ApiAgent;
  let volunteer: Member;
  let own: ApiAgent;
  const hours: string[] = [];

  const pdfOf = async (api: ApiAgent, path: string): Promise<Buffer> => {
    const { url } = await testApp();
    const answer = await fetch(`${url}/api/v1${path}`, { headers: { authorization: `Bearer ${api.token}` } });
    expect(answer.status).to.equal(200);
    return Buffer.from(await answer.arrayBuffer());
  };

  before(async () => {
    tenant = await createTenant();
    officer = await createMember(tenant, { roles: ['officer'] });
    desk = await officer.api();
    volunteer = await createMember(tenant, { person: { name: '苏晓' } });
    own = await volunteer.api();
    const coordinator = await (await createMember(tenant, { roles: ['coordinator', 'reviewer'] })).api();
    for (const [title, hoursAgo] of [
      ['江岸清洁', 100],
      ['阅读角值守', 60],
      ['江岸清洁', 20],
    ] as const) {
      const id = await createServed(tenant, volunteer, { title, hoursAgo });
      expect((await coordinator.post(`/hours/${id}/approve`)).status).to.equal(200);
      hours.push(id);
    }
    for (let n = 0; n < 3; n++) {
      const one = await createServed(tenant, await createMember(tenant), {
        hoursAgo: 40 + n,
        title: '江岸清洁',
      });
      expect((await coordinator.post(`/hours/${one}/approve`)).status).to.equal(200);
    }
  });

  it('state one activity alone, or everything from the first service to the last, once each', async () => {
    const activity = { scope: 'activity', hoursId: hours[0] };
    const answer = await own.post('/certificates', activity);
    expect(answer.status, answer.text).to.equal(201);
    const one = answer.json<Certificate>();
    expect(one).to.deep.include({ activity: '江岸清洁', totalMinutes: 242 });
    expect(
      (await own.post('/certificates', { ...activity, hoursId: hours[2] })).json<Certificate>().id,
    ).to.equal(one.id);
    const text = (await pdfText(await pdfOf(own, `/certificates/${one.id}/pdf`))).replaceAll(/\s/g, '');
    expect(text).to.include('江岸清洁').and.not.include('阅读角值守');
    const all = (await own.post('/certificates', { scope: 'all' })).json<Certificate>();
    expect(all).to.deep.include({ activity: null, totalMinutes: 363 });
    expect(all.id).to.not.equal(one.id);
    expect((await own.post('/certificates', { scope: 'all' })).json<Certificate>().id).to.equal(all.id);
    const newest = (await own.get('/certificates?limit=1')).json<{
      data: Certificate[];
      nextCursor: string;
    }>();
    expect(newest.data.map(({ id }) => id)).to.deep.equal([all.id]);
    const older = (await own.get(`/certificates?limit=1&cursor=${newest.nextCursor}`)).json<typeof newest>();
    expect(older.data.map(({ id }) => id)).to.deep.equal([one.id]);
    // Somebody else's record names an activity in which one never served; a period needs its ends.
    expect((await desk.post('/certificates', activity)).json<{ errors: object[] }>().errors).to.deep.equal([
      { path: 'from', code: 'nothing-recorded' },
    ]);
    expect((await own.post('/certificates', {})).json<{ errors: object[] }>().errors).to.deep.equal([
      { path: 'from', code: 'required' },
      { path: 'to', code: 'required' },
    ]);
    const composed = (await testApp()).composed;
    const checks = composed.invariants.filter(({ name }) => name.startsWith('certificates/'));
    const { checks: results } = await asOperator(() => acrossTenants('test', () => runChecks(checks)));
    const samples = results.flatMap((result) => result.samples);
    expect(
      samples.filter((sample) => sample.includes(one.number) || sample.includes(all.number)),
    ).to.deep.equal([]);
  });

  it('are made for everybody in one job with progress, by who may certify', async () => {
    const { composed, sweep } = await testApp();
    const team = await createUnit(tenant);
    const stranger = await createMember(tenant);
    const partial = await (await createMember(tenant, { roles: ['coordinator'], unitId: team })).api();
    expect((await (await stranger.api()).post('/certificate-batches', { scope: 'all' })).status).to.equal(
      403,
    );
    expect((await partial.post('/certificate-batches', { scope: 'all' })).status).to.equal(403);
    expect((await partial.post('/certificate-batches', { scope: 'all', unitId: team })).status).to.equal(422);
    const started = await desk.post('/certificate-batches', { scope: 'activity', hoursId: hours[0] });
    expect(started.status, started.text).to.equal(201);
    const { id } = started.json<Batch>();
    expect(started.json()).to.deep.include({ state: 'running', total: 4, issued: 0 });
    expect((await partial.get(`/certificate-batches/${id}`)).status).to.equal(404);
    expect((await desk.get(`/certificate-batches/${id}/print`)).status).to.equal(409);
    await sweep('certificates/make-batches');
    const done = (await desk.get(`/certificate-batches/${id}`)).json<Batch>();
    // The volunteer's own certificate of the activity is the same one.
    expect(done).to.deep.include({ state: 'done', issued: 3, found: 1, refused: 0 });
    expect(done.cpuMsEach).to.be.above(0);
    // Everybody's certificates in one hand need two persons.
    const alone = await desk.get(`/certificate-batches/${id}/print`);
    expect([alone.status, alone.json()['code']]).to.deep.equal([409, 'needs-two-persons']);
    const agreed = await byTwo(tenant, desk, `/certificate-batches/${id}/printing`, { reason: '年度表彰' });
    expect(agreed.status, agreed.text).to.equal(200);
    const pages = await rasterise(await pdfOf(desk, `/certificate-batches/${id}/print`), { scale: 2 });
    expect(pages).to.have.length(4);
    const codes = pages.map((page) => decodeQr(page)?.split('/').at(-1));
    const stored = await inTenant(tenant.id, () =>
      CertificateModel.find({ activityKey: { $ne: '' } })
        .select({ code: 1, number: 1, issuedBy: 1 })
        .lean(),
    );
    expect(codes.toSorted()).to.deep.equal(stored.map(({ code }) => code).sort());
    const again = await desk.post('/certificate-batches', { scope: 'activity', hoursId: hours[0] });
    await sweep('certificates/make-batches');
    expect((await desk.get(`/certificate-batches/${again.json<Batch>().id}`)).json()).to.deep.include({
      state: 'done',
      issued: 0,
      found: 4,
    });
    expect(composed.services.certificateBatches).to.be.an('object');
    const page = await officer.page();
    for (const language of ['zh-CN', 'en'])
      for (const path of [
        '/certificate-batches',
        `/certificate-batches/${id}`,
        '/certificates/issued',
        '/certificates',
      ]) {
        const shown = await page.get(path, { 'accept-language': language });
        expect(shown.status, path).to.equal(200);
      }
    const refused = await page.post('/certificate-batches', { scope: 'period', from: '', to: '' });
    expect(refused.status).to.equal(422);
  });
});
