import { expect } from 'chai';
import {
  createMember,
  createMembership,
  createPerson,
  createTenant,
  createUnit,
} from '../../factories/people.ts';

interface People {
  data: {
    id: string;
    name: string;
    skills: { code: string; level: number; verified: boolean }[];
    age: number | null;
  }[];
  nextCursor: string | null;
}

describe('GET /people', function () {
  this.timeout(60_000);

  it('shows approved members within reach, page by page, by name, and nothing that is the person’s own', async () => {
    const tenant = await createTenant();
    const [here, beside] = [await createUnit(tenant), await createUnit(tenant)];
    const coordinator = await createMember(tenant, { roles: ['coordinator'], unitId: here });
    const seen = await createMember(tenant, {
      unitId: here,
      person: {
        name: '欧阳静',
        phone: '13900000000',
        birthDate: '1980-05-06',
        homeLabel: '秘密住处',
        emergencyContact: { name: '紧急联系甲', phone: '13911111111', relation: '配偶' },
        skills: [{ code: 'first-aid', level: 2 }],
      } as never,
    });
    await createMember(tenant, { unitId: beside, person: { name: '欧阳远' } });
    await createMembership(tenant, await createPerson({ name: '欧阳未' }), {
      state: 'submitted',
      unitId: here,
    });
    const api = await coordinator.api();
    const found = await api.get('/people?q=ouyang');
    expect(found.json<People>().data.map(({ name }) => name)).to.deep.equal(['欧阳静']);
    expect(found.json<People>().data[0]).to.include({ id: seen.personId, phone: '13900000000' });
    for (const secret of ['秘密住处', '紧急联系甲', '13911111111', '1980-05-06', 'consents', 'availability'])
      expect(found.text).to.not.include(secret);
    const first = (await api.get('/people?limit=1')).json<People>();
    const second = (await api.get(`/people?limit=1&cursor=${first.nextCursor}`)).json<People>();
    expect(first.data[0]?.id).to.not.equal(second.data[0]?.id);
    expect(second.nextCursor).to.equal(null);
  });

  it('shows one member on a page in both languages; everybody else is missing', async () => {
    const tenant = await createTenant();
    const coordinator = await createMember(tenant, { roles: ['coordinator'] });
    const member = await createMember(tenant, { person: { name: '诸葛明', phone: '13900000001' } });
    const applicant = await createPerson();
    await createMembership(tenant, applicant, { state: 'submitted' });
    const foreign = await createMember(await createTenant());
    const page = await coordinator.page();
    for (const language of ['zh-CN', 'en']) {
      const shown = await page.get(`/people/${member.personId}?lang=${language}`);
      expect(shown.status).to.equal(200);
      expect(shown.text).to.include('诸葛明').and.include('tel:13900000001');
    }
    expect((await page.get(`/memberships/${member.membershipId}`)).text).to.include(
      `/people/${member.personId}`,
    );
    for (const other of [applicant, foreign])
      expect((await page.get(`/people/${other.personId}`)).status).to.equal(404);
    // Who only looks after the records of the place reads who is there, and has no call to ring them.
    const auditor = await createMember(tenant, { roles: ['auditor'] });
    const looked = await (await auditor.api()).get(`/people/${member.personId}`);
    expect(looked.json<People['data'][0]>()).to.include({ name: '诸葛明', phone: null, age: null });
    const auditorPage = await (await auditor.page()).get(`/people/${member.personId}`);
    expect(auditorPage.text).to.include('诸葛明').and.not.include('13900000001');
    const volunteer = await member.api();
    expect((await volunteer.get('/people')).status).to.equal(403);
    expect((await volunteer.get(`/people/${coordinator.personId}`)).status).to.equal(403);
  });
});
