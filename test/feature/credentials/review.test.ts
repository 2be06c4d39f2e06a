import { expect } from 'chai';
import { createMember, createTenant, documentNumber } from '../../factories/people.ts';

const claim = {
  level: 'intermediate',
  number: 'TEST-2026-000001',
  issuer: '',
  issuedOn: '2025-03-15',
  validFrom: '2025-03-15',
};

describe('a social worker’s certificate', () => {
  it('is verified by two different officers, neither of them its holder', async () => {
    const tenant = await createTenant();
    const holder = await (await createMember(tenant, { roles: ['officer', 'reviewer'] })).api();
    const first = await (await createMember(tenant, { roles: ['officer', 'reviewer'] })).api();
    const second = await (await createMember(tenant, { roles: ['reviewer'] })).api();
    const made = await holder.post('/credentials', claim);
    expect(made.status).to.equal(201);
    expect(made.json()).to.include({ state: 'under_review', validTo: '2028-03-14' });
    const path = `/credentials/${String(made.json()['id'])}/review`;
    expect((await holder.post(path, { verdict: 'first_pass' })).json()['code']).to.equal('not-your-own');
    expect((await first.post(path, { verdict: 'first_pass' })).status).to.equal(200);
    expect((await first.post(path, { verdict: 'valid' })).json()['code']).to.equal('second-reviewer-needed');
    expect((await second.post(path, { verdict: 'valid' })).json()['state']).to.equal('valid');
  });

  it('is verified by two humans, whatever accounts they have; credit hours and pools are no different', async () => {
    const tenant = await createTenant();
    const nobody = { person: { identity: 'none' } } as const;
    const both = { ...nobody, roles: ['officer', 'reviewer'] } as const;
    const twins = await Promise.all([createMember(tenant, nobody), createMember(tenant, both)]);
    const other = await (await createMember(tenant, both)).api();
    const [own, second] = await Promise.all(twins.map((one) => one.api()));
    if (!own || !second) throw new Error('nobody');
    const number = documentNumber();
    // The holder's other account is an officer's.
    for (const one of [own, second])
      expect((await one.post('/me/identity', { number })).status).to.be.oneOf([200, 201]);
    const id = String((await own.post('/credentials', claim)).json()['id']);
    const path = `/credentials/${id}/review`;
    expect((await second.post(path, { verdict: 'first_pass' })).json()['code']).to.equal('not-your-own');
    const credit = await own.post('/credits', {
      title: '培训',
      activity: 'training',
      dimension: 'ability',
      category: 'professional',
      date: '2025-06-01',
      hours: 2,
      evidence: ['passCertificate'],
    });
    const reviewed = await second.post(`/credits/${String(credit.json()['id'])}/review`, {
      verdict: 'posted',
      evidence: ['passCertificate'],
    });
    expect(reviewed.json()['code']).to.equal('not-your-own');
    const pool = await other.post('/talent-pools', { nameZh: '甲', nameEn: 'A', open: true, rules: [] });
    const applied = await own.post(`/talent-pools/${String(pool.json()['id'])}/applications`);
    const place = `/pool-memberships/${String(applied.json()['id'])}/review`;
    expect((await second.post(place, { verdict: 'first_pass' })).json()['code']).to.equal('not-your-own');
    // Nor are the two words those of one human with two offices.
    const third = await createMember(tenant, both);
    const [one, two] = [await third.api(), await (await createMember(tenant, both)).api()];
    const shared = documentNumber();
    for (const api of [one, two]) await api.post('/me/identity', { number: shared });
    for (const [way, last] of [
      [path, 'valid'],
      [place, 'certified'],
    ] as const) {
      expect((await one.post(way, { verdict: 'first_pass' })).status).to.equal(200);
      expect((await two.post(way, { verdict: last })).json()['code']).to.equal('second-reviewer-needed');
      expect((await other.post(way, { verdict: last })).status).to.equal(200);
    }
  });

  it('needs a reason for every no, and comes back for correction', async () => {
    const tenant = await createTenant();
    const holder = await (await createMember(tenant)).api();
    const officer = await (await createMember(tenant, { roles: ['officer'] })).api();
    const id = String((await holder.post('/credentials', claim)).json()['id']);
    const refused = await officer.post(`/credentials/${id}/review`, { verdict: 'needs_correction' });
    expect(refused.status).to.equal(422);
    expect(refused.json<{ errors: object[] }>().errors).to.deep.include({ path: 'reason', code: 'required' });
    expect(
      (await officer.post(`/credentials/${id}/review`, { verdict: 'needs_correction', reason: '编号有误' }))
        .status,
    ).to.equal(200);
    expect(
      (await holder.post(`/credentials/${id}/correction`, { ...claim, number: 'TEST-2026-000002' })).json(),
    ).to.include({ state: 'under_review', number: 'TEST-2026-000002' });
  });

  it('is nobody else’s business: foreign, random and malformed ids look the same', async () => {
    const tenant = await createTenant();
    const holder = await (await createMember(tenant)).api();
    const stranger = await (
      await createMember(await createTenant(), { roles: ['officer', 'reviewer'] })
    ).api();
    const colleague = await (await createMember(tenant)).api();
    const id = String((await holder.post('/credentials', claim)).json()['id']);
    const answers = await Promise.all([
      stranger.get(`/credentials/${id}`),
      stranger.get('/credentials/0123456789abcdef01234567'),
      stranger.get('/credentials/nonsense'),
      colleague.get(`/credentials/${id}`),
    ]);
    const shape = answers.map((answer) => ({ ...answer.json(), instance: '' }));
    for (const answer of answers) expect(answer.status).to.equal(404);
    for (const one of shape) expect(one).to.deep.equal(shape[0]);
  });

  it('refuses dates that cannot be, beside their fields', async () => {
    const holder = await (await createMember(await createTenant())).api();
    const answer = await holder.post('/credentials', { ...claim, issuedOn: '2999-01-01' });
    expect(answer.status).to.equal(422);
    expect(answer.json<{ errors: object[] }>().errors).to.deep.include({
      path: 'issuedOn',
      code: 'in-the-future',
    });
  });
});
