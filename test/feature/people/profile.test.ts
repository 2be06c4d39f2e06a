import { expect } from 'chai';
import { PersonModel } from '../../../server/features/people/person.model.ts';
import { MembershipModel } from '../../../server/features/memberships/membership.model.ts';
import { createMember, createTenant, inTenant } from '../../factories/people.ts';

interface Profile {
  version: number;
  name: string;
  skills: { code: string; level: number }[];
  consents: { purpose: string; version: string; givenAt: string }[];
}

describe('one’s own profile', function () {
  this.timeout(60_000);

  it('is read and changed on both doors; its name follows into every membership; the version guards it', async () => {
    const tenant = await createTenant();
    const member = await createMember(tenant);
    const api = await member.api();
    const before = await api.get('/me/profile');
    const etag = before.headers.get('etag') ?? '';
    const wanted = {
      name: '改名后',
      skills: [{ code: 'first-aid', level: 2 }],
      consents: ['asked-by-others'],
    };
    const blind = await api.patch('/me/profile', wanted);
    expect(blind.status).to.equal(428);
    const after = await api.patch('/me/profile', wanted, { 'if-match': etag });
    expect(after.status, after.text).to.equal(200);
    expect(after.json<Profile>()).to.include({ name: '改名后' });
    expect(after.json<Profile>().consents.map(({ purpose }) => purpose)).to.include.members([
      'terms',
      'asked-by-others',
    ]);
    expect((await api.patch('/me/profile', wanted, { 'if-match': etag })).status).to.equal(412);
    // A patch changes what it names and nothing else.
    const small = await api.patch(
      '/me/profile',
      { homeLabel: '城南街道' },
      { 'if-match': after.headers.get('etag') ?? '' },
    );
    expect(small.json<Profile>()).to.deep.include({
      name: '改名后',
      homeLabel: '城南街道',
      skills: [{ code: 'first-aid', level: 2 }],
    });
    const row = await inTenant(tenant.id, async () => MembershipModel.findById(member.membershipId).lean());
    expect(row?.personName).to.equal('改名后');
    const page = await member.page();
    for (const language of ['zh-CN', 'en'])
      expect((await page.get(`/profile?lang=${language}`)).text).to.include('改名后');
  });

  it('keeps each consent with its version and date, also of those withdrawn; terms cannot be unticked here', async () => {
    const member = await createMember(await createTenant());
    const api = await member.api();
    const save = async (consents: string[]) => {
      const now = await api.get('/me/profile');
      return api.patch('/me/profile', { consents }, { 'if-match': now.headers.get('etag') ?? '' });
    };
    await save(['asked-by-others']);
    await save([]);
    const stored = (await PersonModel.findById(member.personId).lean())?.consents ?? [];
    const asked = stored.filter(({ purpose }) => purpose === 'asked-by-others');
    expect(asked).to.have.length(1);
    expect(asked[0]?.withdrawnAt).to.be.instanceOf(Date);
    expect(asked[0]?.version).to.equal('2026-11');
    expect(stored.find(({ purpose }) => purpose === 'terms')?.withdrawnAt).to.equal(null);
  });

  it('says beside the field what is wrong, keeps what was typed, and takes nobody else’s fields', async () => {
    const member = await createMember(await createTenant());
    const api = await member.api();
    const now = await api.get('/me/profile');
    const wrong = await api.patch(
      '/me/profile',
      {
        name: '',
        birthDate: '2999-01-01',
        skills: [{ code: 'no-such-skill', level: 9 }],
      },
      { 'if-match': now.headers.get('etag') ?? '' },
    );
    expect(wrong.status).to.equal(422);
    expect(wrong.json<{ errors: { path: string }[] }>().errors.map(({ path }) => path)).to.include('name');
    for (const field of ['_id', 'personId', 'version', 'tenantId', 'createdAt'])
      expect(
        (
          await api.patch(
            '/me/profile',
            { [field]: 'x' },
            {
              'if-match': now.headers.get('etag') ?? '',
            },
          )
        ).status,
        field,
      ).to.equal(400);
    expect((await api.get('/me/profile')).json<Profile>().name).to.equal(member.name);
  });
});
