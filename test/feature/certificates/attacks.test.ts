import { expect } from 'chai';
import { verifyCertificate } from '../../../server/features/certificates/certificate.offline.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { createServed } from '../../factories/hours.ts';
import { createMember, createTenant, documentNumber } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import type { ApiAgent } from '../../support/agent.ts';
import { testApp } from '../../support/app.ts';

const codeOf = (answer: { json<T>(): T }): unknown => answer.json<{ code?: string }>().code;
const renamed = async (api: ApiAgent, name: string): Promise<void> => {
  const before = await api.get('/me/profile');
  const changed = await api.patch(
    '/me/profile',
    { name },
    { 'if-match': `"${before.json<{ version: number }>().version}"` },
  );
  expect(changed.status, changed.text).to.equal(200);
};

/** What somebody tries who would sell a certificate, or change one. */
describe('service certificates under attack', function () {
  this.timeout(120_000);

  interface Scene {
    tenant: Tenant;
    volunteer: Member;
    own: ApiAgent;
    desk: ApiAgent;
  }
  async function scene(person: object = {}): Promise<Scene> {
    const tenant = await createTenant();
    const volunteer = await createMember(tenant, { person: { name: '欧阳明月', ...person } });
    const desk = await (await createMember(tenant, { roles: ['coordinator', 'reviewer', 'officer'] })).api();
    const id = await createServed(tenant, volunteer, { hoursAgo: 30 });
    expect((await desk.post(`/hours/${id}/approve`)).json()).to.include({ state: 'posted' });
    return { tenant, volunteer, own: await volunteer.api(), desk };
  }

  it('state no name that the hours were not recorded under and that nobody has seen', async () => {
    const { tenant, volunteer, own, desk } = await scene({ birthDate: null });
    const number = documentNumber();
    expect((await own.post('/me/identity', { number })).status).to.equal(200);
    await renamed(own, '买时长的人');
    const refused = await own.post('/certificates', { scope: 'all' });
    expect([refused.status, codeOf(refused)]).to.deep.equal([409, 'name-not-seen']);
    const page = await volunteer.page();
    for (const [lang, why] of [
      ['zh-CN', '时长是以另一姓名记录的'],
      ['en', 'Hours were recorded under another name'],
    ] as const) {
      await page.get(`/certificates?lang=${lang}`);
      expect((await page.post('/certificates', { scope: 'all', locale: 'zh-CN' })).status).to.equal(303);
      expect((await page.get('/certificates')).text).to.include(why);
    }
    // Nor when the desk has it made for all.
    const batch = await desk.post('/certificate-batches', { scope: 'all' });
    expect(batch.status, batch.text).to.be.within(200, 202);
    await (await testApp()).sweep('certificates/make-batches');
    const { id } = batch.json<{ id: string }>();
    expect((await desk.get(`/certificate-batches/${id}`)).text).to.include('name-not-seen');
    // Under their own name they have it at once; under a new one when somebody has seen it.
    await renamed(own, '欧阳明月');
    expect((await own.post('/certificates', { scope: 'all' })).status).to.equal(201);
    await renamed(own, '欧阳明珠');
    expect((await own.post('/certificates', { scope: 'all', locale: 'en' })).status).to.equal(409);
    const officer = await (await createMember(tenant, { roles: ['officer'] })).api();
    expect(
      (await officer.post(`/memberships/${volunteer.membershipId}/identity`, { number })).status,
    ).to.equal(200);
    const issued = await own.post('/certificates', { scope: 'all', locale: 'en' });
    expect(issued.status, issued.text).to.equal(201);
    expect((await own.get(`/certificates/${issued.json<{ id: string }>().id}`)).json()).to.include({
      holder: '欧阳明珠',
    });
  });

  it('fail with any byte of the statement or of the paper changed, cut off or put behind', async () => {
    const { own } = await scene();
    const { url } = await testApp();
    const { id } = (await own.post('/certificates', { scope: 'all' })).json<{ id: string }>();
    const bytes = async (path: string): Promise<Buffer> =>
      Buffer.from(
        await (
          await fetch(`${url}/api/v1${path}`, { headers: { authorization: `Bearer ${own.token}` } })
        ).arrayBuffer(),
      );
    const [json, pdf] = [await bytes(`/certificates/${id}/json`), await bytes(`/certificates/${id}/pdf`)];
    const { trusted } = (await testApp()).composed.services.certificates.keys;
    const stands = (of: Buffer): boolean => verifyCertificate(of, trusted).valid;
    expect([stands(json), stands(pdf)]).to.deep.equal([true, true]);
    const flipped = (of: Buffer, at: number): Buffer => {
      const copy = Buffer.from(of);
      copy[at] = (copy[at] ?? 0) ^ 1;
      return copy;
    };
    for (let at = 0; at < json.length; at += 1)
      expect(stands(flipped(json, at)), `json ${at}`).to.equal(false);
    for (let at = 0; at < pdf.length; at += at < pdf.length - 6_000 ? 97 : 7)
      expect(stands(flipped(pdf, at)), `pdf ${at}`).to.equal(false);
    for (const file of [pdf, json])
      for (const changed of [
        file.subarray(0, -1),
        file.subarray(1),
        Buffer.concat([file, Buffer.from('\n')]),
        Buffer.concat([file, file]),
        Buffer.alloc(0),
      ])
        expect(stands(changed)).to.equal(false);
  });

  it('are found in public by their code alone, whatever else is tried, and name nobody in full', async () => {
    const { own, volunteer, tenant } = await scene();
    const { url } = await testApp();
    const { id, number, code } = (await own.post('/certificates', { scope: 'all' })).json<{
      id: string;
      number: string;
      code: string;
    }>();
    const asked = async (what: string): Promise<{ status: number; text: string }> => {
      const answer = await fetch(`${url}/certificates/verify/${encodeURIComponent(what)}`, {
        headers: { 'accept-language': 'zh-CN' },
      });
      return { status: answer.status, text: await answer.text() };
    };
    const page = await asked(code.toLowerCase());
    expect(page.status).to.equal(200);
    for (const secret of [
      '欧阳明月',
      '明月',
      volunteer.personId,
      volunteer.accountId,
      volunteer.email,
      tenant.id,
      id,
    ])
      expect(page.text, secret).not.to.include(secret);
    const api = await (await fetch(`${url}/api/v1/certificates/verify/${code}`)).text();
    for (const secret of ['明月', volunteer.personId, volunteer.accountId, volunteer.email, tenant.id, id])
      expect(api, secret).not.to.include(secret);
    const next = number.replace(/\d+$/, (digits) => String(Number(digits) + 1).padStart(digits.length, '0'));
    const swapped = `${code[1]}${code[0]}${code.slice(2)}`;
    const wrong = [
      number,
      next,
      id,
      swapped,
      code.slice(0, -1),
      `${code}0`,
      '0'.repeat(26),
      '*',

      '[$ne]',
      '%00',
      '{"$gt":""}',
    ];
    const without = (text: string): string =>
      text.replaceAll(/(nonce|value|content|data-[a-z]+)="[^"]*"/g, '');
    const texts = new Set<string>();
    for (const what of wrong) {
      const answer = await asked(what);
      expect([400, 404], `${what} ${answer.status}`).to.include(answer.status);
      if (answer.status === 404) texts.add(without(answer.text.replaceAll(what, '')).length.toString());
    }
    for (const what of wrong) {
      const answer = await fetch(`${url}/api/v1/certificates/verify/${encodeURIComponent(what)}`);
      if (answer.status === 200)
        expect(await answer.json(), what).to.deep.equal({ found: false, certificate: null });
    }
  });

  it('stay what they are when their holder leaves, and can be had afterwards', async () => {
    const { own, volunteer, desk } = await scene();
    const { code } = (await own.post('/certificates', { scope: 'all' })).json<{ code: string }>();
    const left = await own.post(`/memberships/${volunteer.membershipId}/leaving`, {});
    expect(left.status, left.text).to.be.within(200, 204);
    const { url } = await testApp();
    expect(await (await fetch(`${url}/api/v1/certificates/verify/${code}`)).json()).to.have.nested.property(
      'certificate.state',
      'valid',
    );
    // Free of charge and on need: also of whom the organisation has let go.
    const batch = await desk.post('/certificate-batches', { scope: 'all', locale: 'en' });
    expect(batch.status, batch.text).to.be.within(200, 202);
    await (await testApp()).sweep('certificates/make-batches');
    expect((await desk.get(`/certificate-batches/${batch.json<{ id: string }>().id}`)).json()).to.include({
      issued: 1,
    });
  });
});
