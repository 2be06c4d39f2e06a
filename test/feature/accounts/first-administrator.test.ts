import { expect } from 'chai';
import { Types } from 'mongoose';
import { createPerson, createTenant } from '../../factories/people.ts';
import { ApiAgent, PageAgent } from '../../support/agent.ts';
import { testApp } from '../../support/app.ts';

const password = 'a quiet evening by the river';
const form = { name: '首位管理员', password, terms: 'true' };
const nextAddress = (): string => `first-${new Types.ObjectId().toString()}@example.org`;

describe('the first administrator of an organisation', function () {
  this.timeout(60_000);

  /** The link that `npm run tenant -- invite-admin` prints. */
  async function invited(tenantId: string, address: string): Promise<string> {
    const { composed } = await testApp();
    return `/invitations/${await composed.services.accounts.inviteAdministrator(tenantId, address)}`;
  }

  it('is made by a link, once, with a password that nobody else knows (S-24, S-18)', async () => {
    const tenant = await createTenant();
    const address = nextAddress();
    const link = await invited(tenant.id, address);
    const page = new PageAgent();
    for (let i = 0; i < 2; i += 1) {
      const shown = await page.get(`${link}?lang=en`);
      expect([shown.status, shown.text.includes(address), shown.text.includes(tenant.name.en)]).to.deep.equal(
        [200, true, true],
      );
    }
    for (const wrong of [{ name: '' }, { password: 'short' }, { password: address }]) {
      const again = await page.post(link, { ...form, ...wrong });
      expect(again.status, JSON.stringify(wrong)).to.equal(422);
      expect(again.text.match(/aria-invalid="true"/g)).to.have.length(1);
    }
    expect((await page.post(link, form)).location).to.equal('/sign-in');
    expect((await page.post(link, form)).status).to.equal(404);
    expect((await page.get(link)).status).to.equal(404);
    const token = await new ApiAgent().post('/tokens', { email: address, password, tenant: tenant.slug });
    const api = new ApiAgent(token.json<{ token: string }>().token);
    expect((await api.get('/settings')).status).to.equal(200);
    // A link of another purpose, or one that nobody made, is none.
    const secret = link.split('/').at(-1);
    for (const other of [`/reset/${secret}`, `/start/${secret}`, `/invitations/${'A'.repeat(43)}`])
      expect((await page.get(other)).status, other).to.equal(404);
  });

  it('has account and office at once or neither (F-2), and no address of somebody else’s', async () => {
    const address = nextAddress();
    const nowhere = await invited(new Types.ObjectId().toString(), address);
    const page = new PageAgent();
    await page.get('/sign-in');
    expect((await page.post(nowhere, form)).status).to.be.within(400, 499);
    const { accounts } = (await testApp()).composed.services;
    const left = await accounts.invitationOf(nowhere.split('/').at(-1) ?? '');
    expect(left?.address, 'the link is not used up').to.equal(address);
    const signIn = await new ApiAgent().post('/tokens', { email: address, password, tenant: 'x' });
    expect(signIn.status).to.be.within(401, 422);
    const somebody = await createPerson();
    const taken = await invited((await createTenant()).id, somebody.email);
    await page.get(`${taken}?lang=en`);
    const refused = await page.post(taken, form);
    expect([refused.status, refused.text.includes('already an account with this address')]).to.deep.equal([
      409,
      true,
    ]);
  });
});
