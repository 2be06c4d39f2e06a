import { expect } from 'chai';
import { CertificateModel } from '../../../server/features/certificates/certificate.model.ts';
import { verifyCertificate } from '../../../server/features/certificates/certificate.offline.ts';
import { OutboxModel } from '../../../server/db/outbox.ts';
import { runChecks } from '../../../server/verify/index.ts';
import { acrossTenants } from '../../../server/core/context.ts';
import { createServed } from '../../factories/hours.ts';
import {
  asOperator,
  createMember,
  createMembership,
  createTenant,
  createUnit,
  inTenant,
  memberOf,
} from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { byTwo, createSecond } from '../../factories/proposals.ts';
import { as } from '../../support/actor.ts';
import type { ApiAgent } from '../../support/agent.ts';
import { testApp } from '../../support/app.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';

interface Issued {
  readonly id: string;
  readonly number: string;
  readonly code: string;
  readonly totalMinutes: number;
}

/** From last year's first day to today in the tenants' zone. */
const period = (): { from: string; to: string } => {
  const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
  return { from: `${Number(today.slice(0, 4)) - 1}-01-01`, to: today };
};

interface Scene {
  readonly tenant: Tenant;
  readonly volunteer: Member;
  readonly reviewer: Member;
  readonly own: ApiAgent;
  readonly desk: ApiAgent;
  /** The hours record that is posted. */
  readonly hoursId: string;
}

/** A volunteer with 121 posted minutes, and somebody who may confirm, reverse and revoke. */
async function scene(): Promise<Scene> {
  const tenant = await createTenant();
  const volunteer = await createMember(tenant, { person: { name: `欧阳明月` } });
  const reviewer = await createMember(tenant, { roles: ['coordinator', 'reviewer'] });
  const [own, desk] = [await volunteer.api(), await reviewer.api()];
  const hoursId = await createServed(tenant, volunteer);
  await desk.post(`/hours/${hoursId}/approve`);
  return { tenant, volunteer, reviewer, own, desk, hoursId };
}

const issue = (api: ApiAgent, overrides: object = {}): ReturnType<ApiAgent['post']> =>
  api.post('/certificates', { ...period(), locale: 'zh-CN', ...overrides });
const found = async (code: string): Promise<Record<string, unknown> | null> => {
  const { url } = await testApp();
  const answer = await fetch(`${url}/api/v1/certificates/verify/${code}`);
  return ((await answer.json()) as { certificate: Record<string, unknown> | null }).certificate;
};
const bytesFrom = async (api: ApiAgent, path: string): Promise<Buffer> => {
  const { url } = await testApp();
  const answer = await fetch(`${url}/api/v1${path}`, { headers: { authorization: `Bearer ${api.token}` } });
  expect(answer.status).to.equal(200);
  return Buffer.from(await answer.arrayBuffer());
};

describe('service certificates', function () {
  this.timeout(60_000);

  it('are one for the same hours, however often and at once they are asked for', async () => {
    const { composed } = await testApp();
    const { tenant, volunteer, own } = await scene();
    const overHttp = await Promise.all(Array.from({ length: 10 }, () => issue(own)));
    // Past the process's queue too, as other web processes would be.
    const direct = await Promise.all(
      Array.from({ length: 10 }, () =>
        as(volunteer, (actor) => composed.services.certificates.issue(actor, period(), 'zh-CN')),
      ),
    );
    for (const answer of overHttp) expect(answer.status, answer.text).to.equal(201);
    const ids = [
      ...overHttp.map((answer) => answer.json<Issued>().id),
      ...direct.map(({ _id }) => String(_id)),
    ];
    expect(new Set(ids).size).to.equal(1);
    expect(await inTenant(tenant.id, () => CertificateModel.countDocuments({}))).to.equal(1);
    expect(overHttp[0]!.json()).to.include({ totalMinutes: 121 });
  });

  it('are numbered without gaps when many people ask at once, and another when there are other hours', async () => {
    const { tenant, desk, own, volunteer } = await scene();
    const people = await Promise.all(Array.from({ length: 6 }, () => createMember(tenant)));
    for (const person of people) {
      await desk.post(`/hours/${await createServed(tenant, person)}/approve`);
    }
    const { composed } = await testApp();
    const issued = await Promise.all(
      [...people, volunteer].map((person) =>
        as(person, (actor) => composed.services.certificates.issue(actor, period(), 'en')),
      ),
    );
    const serials = issued.map(({ number }) => Number(number.split('-').at(-1))).sort((a, b) => a - b);
    expect(serials).to.deep.equal([1, 2, 3, 4, 5, 6, 7]);
    await desk.post(`/hours/${await createServed(tenant, volunteer, { hoursAgo: 30 })}/approve`);
    const second = (await issue(own, { locale: 'en' })).json<Issued>();
    expect(second).to.include({ totalMinutes: 242 });
    expect(second.number.endsWith('000008')).to.equal(true);
  });

  it('prove themselves offline, and not when a byte changes', async () => {
    const { composed } = await testApp();
    const { own, volunteer, tenant } = await scene();
    const { id, number } = (await issue(own)).json<Issued>();
    const [pdf, json] = [
      await bytesFrom(own, `/certificates/${id}/pdf`),
      await bytesFrom(own, `/certificates/${id}/json`),
    ];
    const { trusted } = composed.services.certificates.keys;
    for (const bytes of [pdf, json]) {
      const verdict = verifyCertificate(bytes, trusted);
      expect(verdict).to.include({ valid: true });
      if (!verdict.valid) return;
      expect(verdict.statement).to.deep.include({ number, totalMinutes: 121 });
      expect(verdict.statement.person.displayName).to.equal(volunteer.name);
      expect(verdict.statement.tenant.slug).to.equal(tenant.slug);
      const changed = Buffer.from(bytes);
      changed[Math.floor(changed.length / 2)]! ^= 1;
      expect(verifyCertificate(changed, trusted)).to.include({ valid: false });
    }
    const { url } = await testApp();
    const published = (await (await fetch(`${url}/certificates/keys.json`)).json()) as {
      keys: { kid: string }[];
    };
    expect(published.keys.map(({ kid }) => kid)).to.include(composed.services.certificates.keys.currentId);
  });

  it('are made whole by whoever asks next when their maker was killed', async () => {
    const { tenant, own } = await scene();
    const { id } = (await issue(own)).json<Issued>();
    await inTenant(tenant.id, () =>
      CertificateModel.updateOne(
        { _id: id },
        { $set: { pdf: null, signedJson: null, pdfSha256: null, keyId: null } },
      ),
    );
    expect((await bytesFrom(own, `/certificates/${id}/pdf`)).subarray(0, 5).toString()).to.equal('%PDF-');
    expect((await issue(own)).json<Issued>().id).to.equal(id);
  });

  it('show in public the minimum, with a masked name and out of search engines', async () => {
    const { url } = await testApp();
    const { own, volunteer } = await scene();
    const { code, number } = (await issue(own)).json<Issued>();
    const seen = (await found(code))!;
    expect(seen).to.deep.include({ number, state: 'valid', totalMinutes: 121, minutesNow: 121 });
    expect(seen['maskedName']).to.equal('欧**月');
    for (const language of ['zh-CN', 'en']) {
      const page = await fetch(`${url}/certificates/verify/${code}`, {
        headers: { 'accept-language': language },
      });
      expect(page.status).to.equal(200);
      expect(page.headers.get('x-robots-tag')).to.equal('noindex');
      const text = await page.text();
      expect(text).to.include(number).and.not.include(volunteer.name);
      expect(text).to.include(language === 'en' ? 'genuine' : '真实有效');
    }
    expect((await fetch(`${url}/`)).headers.get('x-robots-tag')).to.equal(null);
  });

  it('answer every code that is not theirs alike', async () => {
    const { url } = await testApp();
    const { own } = await scene();
    const { code } = (await issue(own)).json<Issued>();
    const last = code.endsWith('0') ? '1' : '0';
    const answers = await Promise.all(
      [`${code.slice(0, -1)}${last}`, 'ABCDEFGHJKMNPQRSTVWXYZ2345', 'x', '%24ne', '..%2F..'].map(
        async (typed) => {
          const answer = await fetch(`${url}/api/v1/certificates/verify/${typed}`);
          return `${answer.status} ${await answer.text()}`;
        },
      ),
    );
    expect([...new Set(answers)]).to.deep.equal(['200 {"found":false,"certificate":null}']);
    // As read from paper: grouped, in small letters, with look-alikes.
    const typed = code
      .toLowerCase()
      .replace(/(.{5})/g, '$1-')
      .replaceAll('0', 'o')
      .replaceAll('1', 'l');
    expect(await found(typed)).to.include({ state: 'valid' });
  });

  it('say how much still stands after a reversal, also when other hours came since', async () => {
    const { tenant, own, desk, volunteer, hoursId } = await scene();
    const { code, id } = (await issue(own)).json<Issued>();
    await desk.post(`/hours/${await createServed(tenant, volunteer, { hoursAgo: 30 })}/approve`);
    expect(await found(code)).to.include({ state: 'valid', minutesNow: 121 });
    await byTwo(tenant, desk, `/hours/${hoursId}/reversal`, { reason: '登记有误' });
    expect(await found(code)).to.include({ state: 'changed-since', minutesNow: 0 });
    expect((await own.get(`/certificates/${id}`)).json()).to.include({ state: 'changed-since' });
    expect((await issue(own)).json<Issued>())
      .to.include({ totalMinutes: 121 })
      .and.not.include({ id });
  });

  it('can be revoked with a reason by the desk, never by the holder, and then issued anew', async () => {
    const { own, desk, reviewer, tenant } = await scene();
    const second = await createSecond(tenant);
    const { id, code, number } = (await issue(own)).json<Issued>();
    expect((await own.post(`/certificates/${id}/revocation`, { reason: 'x' })).status).to.equal(403);
    expect((await desk.post(`/certificates/${id}/revocation`, { reason: '' })).status).to.equal(422);
    const answers = await Promise.all(
      [1, 2, 3].map(() => desk.post(`/certificates/${id}/revocation`, { reason: '姓名有误' })),
    );
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([201, 409, 409]);
    // Nothing happened yet: one proposes, another confirms.
    expect(await found(code)).to.include({ state: 'valid' });
    const proposal = answers.find(({ status }) => status === 201)?.json<{ id: string }>().id;
    const alone = await desk.post(`/proposals/${proposal}/confirmation`);
    expect([alone.status, alone.json()['code']]).to.deep.equal([403, 'proposed-by-yourself']);
    const confirmed = await Promise.all(
      [1, 2, 3].map(() => second.post(`/proposals/${proposal}/confirmation`)),
    );
    expect(confirmed.map(({ status }) => status).sort()).to.deep.equal([200, 409, 409]);
    expect(await found(code)).to.include({ state: 'revoked' });
    const again = (await issue(own)).json<Issued>();
    expect(again.id).to.not.equal(id);
    expect(await found(again.code)).to.include({ state: 'valid' });
    const listed = await desk.get(`/certificates/issued?number=${number.toLowerCase()}`);
    expect(listed.json<{ data: object[] }>().data).to.have.length(1);
    const mine = await createServed(tenant, reviewer);
    const other = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    await other.post(`/hours/${mine}/approve`);
    const ownDesk = (await issue(desk)).json<Issued>();
    const refused = await desk.post(`/certificates/${ownDesk.id}/revocation`, { reason: 'x' });
    expect(refused.json()).to.include({ code: 'not-your-own' });
    const kinds = await inTenant(tenant.id, () =>
      OutboxModel.find({ kind: /^certificates/, subjectId: id })
        .select({ kind: 1 })
        .lean(),
    );
    expect(kinds.map(({ kind }) => kind).sort()).to.deep.equal([
      'certificates/issued',
      'certificates/revoked',
    ]);
  });

  it('are certified only by the tenant that recorded the hours', async () => {
    const { volunteer } = await scene();
    const other = await createTenant();
    const there = memberOf(other, volunteer, await createMembership(other, volunteer));
    const answer = await issue(await there.api());
    expect(answer.status).to.equal(422);
    expect(answer.json<{ errors: object[] }>().errors).to.deep.equal([
      { path: 'from', code: 'nothing-recorded' },
    ]);
  });

  it('are missing for strangers: of another tenant, another unit, unknown and malformed alike', async () => {
    const { own, tenant } = await scene();
    const { id } = (await issue(own)).json<Issued>();
    const team = await createUnit(tenant);
    const strangers = [
      await createMember(tenant),
      await createMember(tenant, { roles: ['coordinator', 'reviewer'], unitId: team }),
      await createMember(await createTenant(), { roles: ['coordinator', 'reviewer', 'auditor'] }),
    ];
    const shape = ({ status, text }: { status: number; text: string }): string =>
      `${status} ${text.replace(/"instance":"[^"]*"/, '')}`;
    for (const stranger of strangers) {
      const api = await stranger.api();
      for (const path of ['', '/pdf', '/json']) {
        const answers = await Promise.all(
          [id, '0123456789abcdef01234567', 'nonsense'].map((one) => api.get(`/certificates/${one}${path}`)),
        );
        expect(answers.map(({ status }) => status)).to.deep.equal([404, 404, 404]);
        expect(new Set(answers.map(shape)).size).to.equal(1);
      }
    }
    const auditor = await (await createMember(tenant, { roles: ['auditor'] })).api();
    expect((await auditor.get(`/certificates/${id}`)).status).to.equal(200);
  });

  it('have their pages in both languages and refuse a period beside its field', async () => {
    const { volunteer, reviewer } = await scene();
    const page = await volunteer.page();
    await page.get('/certificates');
    const future = await page.post('/certificates', { from: '2026-01-01', to: '2999-01-01', locale: 'en' });
    expect(future.status).to.equal(422);
    expect(future.text).to.include('id="f-to-error"');
    const done = await page.post('/certificates', { ...period(), locale: 'en' });
    expect(done.status).to.equal(303);
    const desk = await reviewer.page();
    const second = await createSecond(reviewer.tenant);
    await desk.get('/certificates');
    for (const language of ['zh-CN', 'en']) {
      for (const [agent, path] of [
        [page, done.location!],
        [page, '/certificates'],
        [desk, done.location!],
        [desk, '/certificates/issued'],
      ] as const) {
        const shown = await agent.get(path, { 'accept-language': language });
        expect(shown.status, path).to.equal(200);
      }
    }
    const without = await page.post(`${done.location!}/revocation`, { reason: '没有权限' });
    expect(without.status).to.equal(403);
    const revoked = await desk.post(`${done.location!}/revocation`, { reason: '重复开具' });
    expect(revoked.status).to.equal(303);
    expect((await desk.get(done.location!)).text)
      .to.include('等待第二人确认')
      .and.include('重复开具');
    const [{ id }] = (await second.get('/proposals')).json<{ data: [{ id: string }] }>().data;
    expect((await second.post(`/proposals/${id}/confirmation`)).status).to.equal(200);
    expect((await page.get(done.location!)).text).to.include('重复开具');
  });

  it('are checked by the invariants: the ledger they name, both files, the numbers', async () => {
    const { composed } = await testApp();
    const { tenant, own } = await scene();
    const { id, number } = (await issue(own)).json<Issued>();
    const checks = composed.invariants.filter(({ name }) => /^(certificates|hours)\//.test(name));
    const violations = async (): Promise<string[]> => {
      const { checks: results } = await asOperator(() => acrossTenants('test', () => runChecks(checks)));
      return results.flatMap(({ samples }) => samples).filter((sample) => sample.includes(number));
    };
    expect(await violations()).to.deep.equal([]);
    const tamper = (set: object): Promise<unknown> =>
      inTenant(tenant.id, () => CertificateModel.updateOne({ _id: id }, { $set: set }));
    const { signedJson } = await inTenant(
      tenant.id,
      async () => (await CertificateModel.findById(id).lean())!,
    );
    await tamper({ totalMinutes: 9_999 });
    expect(await violations()).to.deep.equal([`${number} is kept with 9999 and states 121 of 121 minutes`]);
    await tamper({ totalMinutes: 121, signedJson: '{}' });
    expect(await violations()).to.deep.equal([`${number}: not-a-certificate`]);
    await tamper({ signedJson });
    expect(await violations()).to.deep.equal([]);
  });
});
