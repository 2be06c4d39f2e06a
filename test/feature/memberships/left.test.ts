import { expect } from 'chai';
import { createServed } from '../../factories/hours.ts';
import { createMember, createTenant, PASSWORD } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { ApiAgent } from '../../support/agent.ts';

/** Whoever left, or was let go, may read what is recorded of them and prove it, and nothing else. */
describe('somebody who has left', function () {
  this.timeout(60_000);

  async function gone(how: 'leaves' | 'is let go') {
    const tenant = await createTenant();
    const desk = await createMember(tenant, { roles: ['coordinator', 'officer', 'reviewer'] });
    const member = await createMember(tenant);
    const hoursId = await createServed(tenant, member);
    expect((await (await desk.api()).post(`/hours/${hoursId}/approve`)).status).to.equal(200);
    const before = await member.api();
    const page = await member.page();
    const answer =
      how === 'leaves'
        ? await before.post(`/memberships/${member.membershipId}/leaving`)
        : await (
            await desk.api()
          ).post(`/memberships/${member.membershipId}/standing`, { to: 'ended', reason: '查证属实' });
    expect(answer.status, answer.text).to.equal(200);
    return { tenant, desk, member, hoursId, before, page };
  }

  const tokenOf = async (member: Member, slug?: string): Promise<ApiAgent> => {
    const answer = await new ApiAgent('').post('/tokens', {
      email: member.email,
      password: PASSWORD,
      name: 'own records',
      ...(slug ? { tenant: slug } : {}),
    });
    expect(answer.status, answer.text).to.equal(201);
    return new ApiAgent(answer.json<{ token: string }>().token);
  };

  for (const how of ['leaves', 'is let go'] as const)
    it(`reads own hours and gets a certificate on both doors (${how})`, async () => {
      const { tenant, member, hoursId, before, page } = await gone(how);
      // What was signed in before goes on reading in the browser; a key of the membership is worth nothing.
      expect((await before.get('/hours')).status).to.equal(401);
      for (const path of ['/hours', `/hours/${hoursId}`, '/certificates'])
        expect((await page.get(path)).status, path).to.equal(200);
      const shown = (await page.get('/hours?lang=en')).text;
      expect(shown).to.include('You have left this organisation');
      expect(shown).to.not.match(/href="\/(hours\/new|opportunities|first-steps|time-bank)"/);
      const joined = await page.get('/join?lang=en');
      expect(joined.text).to.include('See my hours and certificates');
      // The public page of the organisation leads to asking again.
      expect(joined.text).to.include(`/t/${tenant.slug}/opportunities`);
      for (const slug of [tenant.slug, undefined]) {
        const api = await tokenOf(member, slug);
        expect(
          (await api.get('/hours')).json<{ data: { id: string }[] }>().data.map(({ id }) => id),
        ).to.include(hoursId);
        const to = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
        const issued = await api.post('/certificates', { from: '2026-01-01', to, locale: 'zh-CN' });
        expect(issued.status, issued.text).to.be.oneOf([200, 201]);
        expect(
          (await api.get(`/certificates/${issued.json<{ id: string }>().id}/credential`)).status,
        ).to.equal(200);
        for (const path of ['/shifts', '/me/saved-searches', '/me/opportunities', '/memberships', '/people'])
          expect((await api.get(path)).status, path).to.be.oneOf([403, 404]);
        expect((await api.post('/hours', {})).status).to.equal(403);
      }
    });

  it('is a member again as if for the first time, and acts as that', async () => {
    const { tenant, desk, member, page } = await gone('leaves');
    const old = await tokenOf(member, tenant.slug);
    await page.get(`/t/${tenant.slug}/join`);
    await page.post(`/t/${tenant.slug}/memberships`, { kind: 'volunteer', motivation: '' });
    // The key of the membership that ended is worth nothing once there is another.
    expect((await old.get('/hours')).status).to.equal(401);
    const [waiting] = (await (await desk.api()).get('/memberships?state=submitted')).json<{
      data: { id: string }[];
    }>().data;
    expect(waiting?.id).to.be.a('string').that.does.not.equal(member.membershipId);
    const api = await tokenOf(member, tenant.slug);
    expect((await api.get('/hours')).status).to.equal(200);
  });
});
