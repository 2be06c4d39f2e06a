import { expect } from 'chai';
import { MembershipModel } from '../../../server/features/memberships/membership.model.ts';
import { PageAgent } from '../../support/agent.ts';
import type { ApiAgent } from '../../support/agent.ts';
import {
  createMember,
  createMembership,
  createPerson,
  createTenant,
  inTenant,
  memberOf,
  PASSWORD,
} from '../../factories/people.ts';
import type { Member, TestPerson } from '../../factories/people.ts';
import { createPosition, createShift } from '../../factories/requests.ts';
import { atOffset } from '../../support/app.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';

const askable = {
  consents: ['terms', 'asked-by-others'].map((purpose) => ({
    purpose: purpose as 'terms',
    version: '2026-11',
    givenAt: new Date(0),
    withdrawnAt: null,
    how: 'self' as const,
    recordedBy: null,
  })),
};
interface Offers {
  data: {
    id: string;
    state: string;
    joins: boolean;
    personName: string;
    tenant: { slug: string };
    version: number;
  }[];
}

describe('offers of other tenants', function () {
  this.timeout(60_000);

  /** A member of `home` whom `asking` may find, and an offer of `asking` to them; all by HTTP. */
  async function asked() {
    const [home, asking] = [await createTenant(), await createTenant()];
    const person = await createPerson({ ...askable, name: '陈邻居' });
    const member = memberOf(home, person, await createMembership(home, person));
    const coordinator = await createMember(asking, { roles: ['coordinator'] });
    const positionId = await createPosition(asking, { shiftId: await createShift(asking) });
    const desk = await coordinator.api();
    const { outcomes } = await offerAll(desk, positionId);
    expect(outcomes).to.not.be.empty;
    return { home, asking, person, member, desk, coordinator, positionId };
  }
  const candidatesOf = async (desk: ApiAgent, positionId: string) =>
    (await desk.get(`/positions/${positionId}/candidates?limit=100`)).json<{
      data: { handle: string; name: string | null; membershipId: string | null }[];
    }>().data;
  async function offerAll(desk: ApiAgent, positionId: string) {
    const handles = (await candidatesOf(desk, positionId))
      .filter(({ name }) => name === null)
      .map(({ handle }) => handle);
    return (await desk.post(`/positions/${positionId}/offers`, { handles })).json<{
      outcomes: { assignmentId: string | null; refusal: string | null }[];
    }>();
  }
  const offersOf = async (member: Member): Promise<Offers['data']> =>
    (await (await member.api()).get('/me/offers')).json<Offers>().data;
  const membershipIn = (tenant: Tenant, { personId }: TestPerson) =>
    inTenant(tenant.id, async () => MembershipModel.findOne({ personId }).lean());

  it('are nameless until accepted; accepting makes a place, a name and a membership, once', async () => {
    const { asking, person, member, desk } = await asked();
    const [offer] = await offersOf(member);
    expect(offer).to.include({ state: 'offered', joins: true });
    expect(offer?.tenant.slug).to.equal(asking.slug);
    const before = await desk.get(`/assignments/${offer!.id}`);
    expect(before.json()).to.include({ state: 'offered', personName: '' });
    expect(before.text).to.not.include(person.name);
    expect(await membershipIn(asking, person)).to.equal(null);
    const own = await member.api();
    const answers = await Promise.all([1, 2, 3].map(() => own.post(`/me/offers/${offer!.id}/accept`)));
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 409, 409]);
    const membership = await membershipIn(asking, person);
    expect(membership).to.include({ state: 'approved', kind: 'volunteer', personName: person.name });
    expect(membership?.grants).to.deep.equal([]);
    expect((await desk.get(`/assignments/${offer!.id}`)).json()).to.include({
      state: 'accepted',
      personName: person.name,
    });
    const there = await memberOf(asking, person, String(membership?._id)).api();
    expect((await there.get(`/assignments/${offer!.id}`)).json()).to.include({ state: 'accepted' });
    expect((await offersOf(member))[0]).to.include({ state: 'accepted', joins: false });
  });

  it('can be declined, without the organisation ever learning who', async () => {
    const { asking, person, member, desk } = await asked();
    const page = await member.page();
    const offer = (await offersOf(member))[0]!;
    for (const language of ['zh-CN', 'en']) {
      const shown = await page.get(`/offers?lang=${language}`);
      expect(shown.text)
        .to.include(asking.name[language as 'en'])
        .and.include(`/offers/${offer.id}/accept`);
    }
    expect((await page.get('/')).text).to.include(`/offers/${offer.id}/accept`);
    const declined = await page.post(`/offers/${offer.id}/decline`);
    expect(declined.location).to.equal('/offers');
    expect((await desk.get(`/assignments/${offer.id}`)).json()).to.include({
      state: 'declined',
      personName: '',
    });
    expect(await membershipIn(asking, person)).to.equal(null);
    expect(await offersOf(member)).to.deep.equal([]);
  });

  it('are nobody else’s, whatever they may do where they are', async () => {
    const { home, asking, member } = await asked();
    const offer = (await offersOf(member))[0]!;
    for (const stranger of [
      await createMember(home, { roles: ['administrator', 'coordinator'] }),
      await createMember(asking, { roles: ['coordinator'] }),
    ]) {
      const api = await stranger.api();
      expect((await api.post(`/me/offers/${offer.id}/accept`)).status).to.equal(404);
      expect((await api.post(`/me/offers/${offer.id}/decline`)).status).to.equal(404);
      expect((await api.get('/me/offers')).json<Offers>().data).to.deep.equal([]);
    }
    expect((await offersOf(member))[0]).to.include({ state: 'offered' });
  });

  it('need no membership anywhere, and end with their time', async () => {
    const asking = await createTenant();
    const person = await createPerson(askable);
    const desk = await (await createMember(asking, { roles: ['coordinator'] })).api();
    const positionId = await createPosition(asking, { shiftId: await createShift(asking) });
    await offerAll(desk, positionId);
    const page = new PageAgent();
    await page.get('/sign-in');
    await page.post('/sign-in', { email: person.email, password: PASSWORD });
    expect((await page.get('/')).location).to.equal('/offers');
    const shown = await page.get('/offers');
    const id = /\/offers\/([0-9a-f]{24})\/accept/.exec(shown.text)?.[1];
    await atOffset(3 * 86_400_000, async () => {
      const late = await page.post(`/offers/${id}/accept`);
      expect(late.status).to.equal(409);
    });
  });

  it('are not made to whom the tenant turned away, suspended or is still deciding about', async () => {
    const asking = await createTenant();
    const desk = await (await createMember(asking, { roles: ['coordinator'] })).api();
    const positionId = await createPosition(asking, { shiftId: await createShift(asking) });
    const states = ['submitted', 'first_review', 'needs_correction', 'rejected', 'ended', 'suspended'];
    const before = (await candidatesOf(desk, positionId)).length;
    for (const state of states) {
      const person = await createPerson(askable);
      await createMembership(asking, person, { state });
      expect(await candidatesOf(desk, positionId), state).to.have.length(before);
    }
    await createPerson(askable);
    expect(await candidatesOf(desk, positionId)).to.have.length(before + 1);
  });
});
