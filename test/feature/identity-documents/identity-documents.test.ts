import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { IdentityDocumentModel } from '../../../server/features/identity-documents/identity-document.model.ts';
import { createMember, createTenant, documentNumber } from '../../factories/people.ts';
import { testApp } from '../../support/app.ts';

const NOBODY = { person: { identity: 'none' } } as const;
const issues = (answer: { json<T>(): T }): string[] =>
  answer
    .json<{ errors: { path: string; code: string }[] }>()
    .errors.map(({ path, code }) => `${path}: ${code}`);

describe('identity documents', function () {
  this.timeout(60_000);

  it('are stated by the person, checked, sealed, and shown masked', async () => {
    const member = await createMember(await createTenant(), NOBODY);
    const api = await member.api();
    expect((await api.get('/me/identity')).json()).to.include({ level: 'none', maskedNumber: null });
    const wrong = await api.post('/me/identity', { type: 'resident-id', number: '110101190001010015' });
    expect([wrong.status, issues(wrong)]).to.deep.equal([422, ['number: document-check']]);
    const number = documentNumber();
    const page = await member.page();
    await page.get('/account/identity');
    expect((await page.post('/account/identity', { type: 'resident-id', number })).status).to.equal(303);
    const shown = await page.get('/account/identity');
    expect(shown.text).to.not.include(number);
    expect(shown.text).to.include(`••${number.slice(-2)}`);
    expect((await api.get('/me/identity')).json()).to.include({
      level: 'stated',
      maskedNumber: `1${'•'.repeat(15)}${number.slice(-2)}`,
      verifiedAt: null,
    });
    // The profile says 1990, the number 1900: the person is asked which is right (R-1.5).
    expect((await api.get('/me/identity')).json()).to.include({ otherBirthDate: true });
  });

  it('stand nowhere in the database in clear, and break when a bit is changed', async () => {
    const { mongodbUri } = await testApp();
    const member = await createMember(await createTenant(), NOBODY);
    const number = documentNumber();
    const api = await member.api();
    await api.post('/me/identity', { number }, { 'idempotency-key': `canary-${number.slice(-4)}` });
    const client = await new MongoClient(mongodbUri).connect();
    try {
      for (const { name } of await client.db().listCollections().toArray()) {
        const rows = await client.db().collection(name).find().sort({ _id: -1 }).limit(3_000).toArray();
        expect(JSON.stringify(rows).includes(number), name).to.equal(false);
      }
    } finally {
      await client.close();
    }
    const row = await IdentityDocumentModel.findOne({ personId: member.personId }).lean();
    const sealed = row?.sealed ?? '';
    const other = sealed.at(-5) === 'A' ? 'B' : 'A';
    await IdentityDocumentModel.updateOne(
      { personId: member.personId },
      { $set: { sealed: `${sealed.slice(0, -5)}${other}${sealed.slice(-4)}` } },
    );
    const broken = await api.get('/me/identity');
    expect(broken.status).to.equal(500);
    expect(broken.text).to.not.include(number);
  });

  it('are seen by an officer who types them, and never reads what was stated', async () => {
    const tenant = await createTenant();
    const number = documentNumber();
    const member = await createMember(tenant, { person: { identity: 'none', birthDate: null } });
    const officer = await createMember(tenant, { roles: ['officer'] });
    const api = await officer.api();
    await (await member.api()).post('/me/identity', { number });
    const path = `/memberships/${member.membershipId}/identity`;
    const page = await officer.page();
    expect((await page.get(path)).text).to.not.include(number.slice(-3));
    const differs = await api.post(path, { number: documentNumber() });
    expect([differs.status, issues(differs)]).to.deep.equal([422, ['number: document-differs']]);
    expect((await api.get(path)).json()).to.deep.equal({
      membershipId: member.membershipId,
      name: member.name,
      level: 'stated',
    });
    const again = await page.post(path, { type: 'resident-id', number: documentNumber() });
    expect(again.status).to.equal(422);
    expect(again.text).to.include('与本人填写的号码不一致');
    expect((await page.post(path, { type: 'resident-id', number })).status).to.equal(303);
    expect((await api.get(path)).json()).to.include({ level: 'verified' });
    // Another number has to be seen anew.
    await (await member.api()).post('/me/identity', { number: documentNumber() });
    expect((await api.get(path)).json()).to.include({ level: 'stated' });
  });

  it('are vouched for by those only who were seen themselves, never for another account of theirs', async () => {
    const tenant = await createTenant();
    const number = documentNumber();
    const member = await createMember(tenant, { person: { identity: 'none', birthDate: null } });
    const path = `/memberships/${member.membershipId}/identity`;
    const unseen = await (await createMember(tenant, { roles: ['officer'], ...NOBODY })).api();
    await unseen.post('/me/identity', { number: documentNumber() });
    expect((await unseen.post(path, { number })).json()).to.include({ code: 'verifier-not-verified' });
    const officer = await createMember(tenant, { roles: ['officer'], ...NOBODY });
    const same = await officer.api();
    await same.post('/me/identity', { number });
    expect((await same.post(path, { number })).json()).to.include({ code: 'not-your-own' });
    const seen = await (await createMember(tenant, { roles: ['officer'] })).api();
    expect((await seen.post(path, { number })).status).to.equal(200);
    const own = `/memberships/${officer.membershipId}/identity`;
    expect((await same.post(own, { number })).json()).to.include({ code: 'not-your-own' });
    const coordinator = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    expect((await coordinator.post(path, { number })).status).to.equal(403);
  });

  it('make nobody a minor without a guardian', async () => {
    const member = await createMember(await createTenant(), NOBODY);
    const digits = '110101202001010';
    const { checkCharacter } =
      await import('../../../server/features/identity-documents/identity-document.rules.ts');
    const young = `${digits}01${checkCharacter(`${digits}01`)}`;
    const refused = await (await member.api()).post('/me/identity', { number: young });
    expect(issues(refused)).to.deep.equal(['number: guardian-first']);
  });

  it('come before a certificate and before confirming the hours of others', async () => {
    const tenant = await createTenant();
    const volunteer = await createMember(tenant, NOBODY);
    const api = await volunteer.api();
    const period = { from: '2026-01-01', to: '2026-01-31', locale: 'zh-CN' };
    expect((await api.post('/certificates', period)).json()).to.include({ code: 'identity-needed' });
    const page = await volunteer.page();
    await page.get('/certificates');
    const led = await page.post('/certificates', period);
    expect(led.headers.get('location')).to.equal('/account/identity');
    await api.post('/me/identity', { number: documentNumber() });
    expect((await api.post('/certificates', period)).json()).to.not.include({ code: 'identity-needed' });
  });
});
