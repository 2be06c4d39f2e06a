import { expect } from 'chai';
import { OutboxModel } from '../../../server/db/outbox.ts';
import { OfferModel } from '../../../server/features/offers/offer.model.ts';
import { createMember, createTenant, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { createOpening } from '../../factories/requests.ts';
import { ApiAgent, PageAgent } from '../../support/agent.ts';
import { atOffset, testApp } from '../../support/app.ts';

interface Mail {
  to: string;
  subject: string;
  text: string;
  links: string[];
}

describe('the links of an offer’s mail', function () {
  this.timeout(60_000);

  /** An offer to a member of the tenant, and the two links of its mail as the mailbox shows them. */
  async function offered() {
    const tenant = await createTenant();
    const member = await createMember(tenant);
    const desk = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const { positionId, shiftId } = await createOpening(tenant);
    const { data } = (await desk.get(`/positions/${positionId}/candidates?limit=100`)).json<{
      data: { handle: string; membershipId: string | null }[];
    }>();
    const handles = data
      .filter(({ membershipId }) => membershipId === member.membershipId)
      .map(({ handle }) => handle);
    const made = await desk.post(`/positions/${positionId}/offers`, { handles });
    const { outcomes } = made.json<{ outcomes: [{ assignmentId: string }] }>();
    const app = await testApp();
    await app.sweep('messages/deliver');
    const mails = (await (await fetch(`${app.url}/dev/mailbox.json`)).json()) as Mail[];
    const mail = mails.find(({ to, text }) => to.includes(member.email) && text.includes('/offer-answers/'));
    const pathTo = (answer: string): string =>
      new URL(new RegExp(`http\\S+/offer-answers/\\S+/${answer}`).exec(mail?.text ?? '')?.[0] ?? '').pathname;
    const stateOf = async (): Promise<unknown> =>
      (await desk.get(`/assignments/${outcomes[0].assignmentId}`)).json()['state'];
    return { tenant, member, desk, shiftId, decline: pathTo('decline'), accept: pathTo('accept'), stateOf };
  }

  it('change nothing when opened, by whatever opens them; one press declines without a sign-in, once', async () => {
    const { tenant, member, decline, accept, stateOf } = await offered();
    const nobody = new PageAgent();
    const { url } = await testApp();
    for (const locale of ['zh-CN', 'en']) {
      const shown = await nobody.get(`${decline}?lang=${locale}`);
      expect(shown.status, shown.text.slice(0, 600)).to.equal(200);
      expect(shown.text.match(/<button class="btn btn-outline-danger"/g)).to.have.length(1);
      expect(shown.text).to.not.include(member.name);
    }
    for (const method of ['GET', 'HEAD'])
      expect((await fetch(`${url}${decline}`, { method })).status).to.equal(200);
    expect((await nobody.get(accept)).location).to.equal('/sign-in');
    expect(await stateOf()).to.equal('offered');
    // A form of another site, or without its token, is refused as everywhere.
    const blind = await fetch(`${url}${decline}`, { method: 'POST', headers: { origin: url } });
    expect(blind.status).to.equal(403);
    await nobody.get(decline);
    expect((await nobody.post(decline)).location).to.equal(decline);
    expect(await stateOf()).to.equal('declined');
    expect((await nobody.get(`${decline}?lang=en`)).text).to.include('Declined. Thank you');
    const again = await new ApiAgent().post(decline);
    expect(again.status, again.text).to.equal(200);
    expect(again.json()).to.include({ state: 'declined' });
    const page = await member.page();
    expect((await page.get(accept)).text).to.not.include('<button class="btn btn-primary"');
    expect((await page.post(accept)).status).to.equal(409);
    const rows = await inTenant(tenant.id, () => OfferModel.find().lean());
    expect(rows.map(({ state }) => state)).to.deep.equal(['declined']);
    const stored = JSON.stringify(await inTenant(tenant.id, () => OutboxModel.find().lean()));
    expect(stored).to.not.include(decline.split('/')[2]);
  });

  it('accept as the person who was asked and nobody else, once', async () => {
    const { tenant, member, accept, decline, stateOf } = await offered();
    const other: Member = await createMember(tenant);
    const stranger = await other.page();
    expect((await stranger.get(accept)).status).to.equal(404);
    await stranger.get('/account');
    expect((await stranger.post(accept)).status).to.equal(404);
    const visitor = new PageAgent();
    await visitor.get(accept);
    const page = await member.page();
    for (const locale of ['zh-CN', 'en']) {
      const shown = await page.get(`${accept}?lang=${locale}`);
      expect(shown.status, shown.text.slice(0, 600)).to.equal(200);
      expect(shown.text).to.include(`action="${accept}"`);
    }
    expect(await stateOf()).to.equal('offered');
    expect((await page.post(accept)).location).to.equal('/offers');
    expect(await stateOf()).to.equal('accepted');
    const twice = await (await member.api()).post(accept);
    expect(twice.json()).to.include({ state: 'accepted' });
    const late = await new ApiAgent().post(decline);
    expect(late.status).to.equal(409);
    expect(late.json()).to.include({ code: 'offer-over' });
    expect(await stateOf()).to.equal('accepted');
  });

  it('are nothing when they were tampered with, and say so when the offer is over', async () => {
    const { decline, stateOf } = await offered();
    const nobody = new ApiAgent();
    const [, , token = ''] = decline.split('/');
    const forged = `${token.startsWith('A') ? 'B' : 'A'}${token.slice(1)}`;
    for (const wrong of [forged, 'A'.repeat(64), 'x'])
      expect((await nobody.post(`/offer-answers/${wrong}/decline`)).status).to.equal(404);
    expect((await nobody.get(`/offer-answers/${token}`)).json()).to.include({ state: 'open' });
    await atOffset(2 * 86_400_000, async () => {
      expect((await nobody.get(`/offer-answers/${token}`)).json()).to.include({ state: 'over' });
      expect((await nobody.post(decline)).json()).to.include({ code: 'offer-over' });
    });
    expect(await stateOf()).to.equal('offered');
    expect((await nobody.post(decline)).status).to.equal(200);
  });
});
