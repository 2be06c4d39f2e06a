import { expect } from 'chai';
import { asOperator, createMember, createPerson, createTenant } from '../../factories/people.ts';
import { PersonModel } from '../../../server/features/people/person.model.ts';
import { findableToFit, hasConsent } from '../../../server/features/people/index.ts';
import { NEVER_SEEN, personView } from '../../../server/features/memberships/membership.schema.ts';
import type { ApiAgent } from '../../support/agent.ts';

interface State {
  purpose: string;
  given: boolean;
  outdated: boolean;
  givenAt: string | null;
  withdrawnAt: string | null;
}

describe('one’s own consents', function () {
  this.timeout(60_000);
  const statesOf = async (api: ApiAgent): Promise<Record<string, State>> =>
    Object.fromEntries(
      (await api.get('/me/consents')).json<{ data: State[] }>().data.map((state) => [state.purpose, state]),
    );

  it('are given and taken back one by one, with date and version, and act at once (R-6.1)', async () => {
    const member = await createMember(await createTenant());
    const api = await member.api();
    expect(Object.keys(await statesOf(api))).to.deep.equal(['terms', 'asked-by-others', 'location']);
    const findable = async (): Promise<boolean> => {
      const rows = await asOperator(() => findableToFit(['330122'], 10_000));
      return rows.some((row) => String(row._id) === member.personId);
    };
    expect(await findable()).to.equal(false);
    const give = (purpose: string, given: boolean) => api.post(`/me/consents/${purpose}`, { given });
    expect((await give('asked-by-others', true)).status).to.equal(200);
    expect(await findable()).to.equal(true);
    await give('asked-by-others', true);
    await give('location', true);
    expect((await give('asked-by-others', false)).status).to.equal(200);
    expect(await findable()).to.equal(false);
    const states = await statesOf(api);
    expect(states['asked-by-others']).to.include({ given: false, outdated: false });
    expect(states['asked-by-others']?.withdrawnAt).to.be.a('string');
    expect(states['location']).to.include({ given: true, withdrawnAt: null });
    // The past stays written down.
    const row = await PersonModel.findById(member.personId).lean();
    expect(row?.consents.map(({ purpose, how }) => `${purpose} ${how}`)).to.deep.equal([
      'terms self',
      'asked-by-others self',
      'location self',
    ]);
    expect((await give('terms', false)).json<{ code: string }>().code).to.equal('consent-by-leaving');
    expect((await give('guardian', true)).status).to.equal(409);
    expect((await give('nonsense', true)).status).to.equal(404);
    expect((await api.post('/me/consents/location', { given: 'perhaps' })).status).to.be.within(400, 422);
  });

  it('to a text that was changed count no longer, and are asked for again', async () => {
    const person = await createPerson({
      consents: ['terms', 'location'].map((purpose) => ({
        purpose: purpose as 'terms',
        version: '2020-01',
        givenAt: new Date(0),
        withdrawnAt: null,
        how: 'self' as const,
        recordedBy: null,
      })),
    });
    const member = await createMember(await createTenant());
    await PersonModel.updateOne(
      { _id: member.personId },
      { $set: { consents: (await PersonModel.findById(person.personId).lean())?.consents } },
    );
    const page = await member.page();
    expect((await page.get('/account/consents?lang=en')).text).to.include('The text was changed');
    const before = await PersonModel.findById(member.personId).lean();
    expect(before && hasConsent(before, 'location')).to.equal(false);
    expect((await page.post('/account/consents/location', { given: 'true' })).location).to.equal(
      '/account/consents',
    );
    const after = await PersonModel.findById(member.personId).lean();
    expect(after && hasConsent(after, 'location')).to.equal(true);
    // The profile form does not agree to new terms by the way.
    const api = await member.api();
    const { version } = (await api.get('/me/profile')).json<{ version: number }>();
    await api.patch('/me/profile', { homeLabel: '桐君' }, { 'if-match': `"v${version}"` });
    expect((await statesOf(api))['terms']).to.include({ given: false, outdated: true });
    expect((await page.post('/account/consents/terms', { given: 'true' })).status).to.equal(303);
    expect((await statesOf(api))['terms']).to.include({ given: true, outdated: false });
  });
});

describe('who sees what of me', function () {
  this.timeout(60_000);

  it('tells for each organisation what the code there shows, and no more', async () => {
    const tenant = await createTenant();
    const member = await createMember(tenant, { person: { name: '可见人', phone: '13812340000' } });
    const seen = (await (await member.api()).get('/me/visibility')).json<{
      data: { slug: string; sees: { phone: string; name: string; membershipId: string } }[];
      never: string[];
    }>();
    expect(seen.data.map(({ slug }) => slug)).to.deep.equal([tenant.slug]);
    const coordinator = await createMember(tenant, { roles: ['coordinator'] });
    const there = await (await coordinator.api()).get(`/people/${member.personId}`);
    expect(seen.data[0]?.sees).to.deep.equal(there.json());
    const shown = Object.keys(personView.shape);
    expect(NEVER_SEEN.filter((fact) => shown.includes(fact))).to.deep.equal([]);
    const page = await member.page();
    expect((await page.get('/account/visibility?lang=en')).text)
      .to.include('13812340000')
      .and.include('your emergency contact');
  });
});
