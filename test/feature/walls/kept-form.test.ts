import { expect } from 'chai';
import { createMember, createPerson, createTenant, signedIn } from '../../factories/people.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { PageAgent } from '../../support/agent.ts';
import type { Answer } from '../../support/agent.ts';

const NOTE = '想帮邻居 <b>"&';
const hidden = (answer: Answer): Record<string, string> =>
  Object.fromEntries(
    [...answer.text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)].map(
      ([, name = '', value = '']) => [name, value],
    ),
  );

/** What was written must not be lost because a sign-in ended meanwhile; what is secret never comes back into a page. */
describe('a form that was open too long', function () {
  this.timeout(60_000);
  let tenant: Tenant;
  before(async () => {
    tenant = await createTenant();
  });

  it('comes back with what was written when the sign-in ended, and is taken after signing in', async () => {
    const path = `/t/${tenant.slug}/memberships`;
    const visitor = new PageAgent();
    const refused = await visitor.post(path, { kind: 'volunteer', motivation: NOTE });
    expect(refused.status).to.equal(401);
    expect(refused.text).to.include(`action="${path}"`).and.include('href="/sign-in" target="_blank"');
    expect(refused.text).to.not.include(NOTE);
    expect(hidden(refused)).to.include({ kind: 'volunteer' });
    expect(hidden(refused)['motivation']).to.include('想帮邻居');

    const person = await createPerson();
    const page = await signedIn(person);
    // The token is of the session before.
    const stale = await page.post(path, { kind: 'volunteer', motivation: NOTE, _csrf: 'of-before' });
    expect(stale.status).to.equal(403);
    expect(hidden(stale)['_csrf']).to.not.equal('of-before').and.not.equal(undefined);
    const sent = await page.post(path, { kind: 'volunteer', motivation: NOTE });
    expect([sent.status, sent.location]).to.deep.equal([303, '/join']);
  });

  it('is not shown to other pages, and keeps neither passwords nor a mere button', async () => {
    const visitor = new PageAgent();
    const foreign = await visitor.post(
      `/t/${tenant.slug}/memberships`,
      { motivation: NOTE },
      { origin: 'https://elsewhere.example' },
    );
    expect(foreign.text).to.not.include('name="motivation"');
    const register = await visitor.post('/register', {
      name: '丁一',
      email: 'ding@example.org',
      password: 'a quiet evening by the river',
      _csrf: 'of-before',
    });
    expect(register.status).to.equal(403);
    expect(hidden(register)).to.include({ name: '丁一', email: 'ding@example.org', password: '' });
    expect(register.text).to.not.include('a quiet evening');
    const again = await visitor.post('/register', { name: '丁一', email: 'ding@example.org', password: '' });
    expect([again.status, again.text.includes('value="丁一"')]).to.deep.equal([422, true]);
    const identity = await visitor.post('/account/identity', { kind: 'passport', number: 'E12345678' });
    expect(identity.status).to.equal(401);
    expect(hidden(identity)).to.include({ kind: 'passport', number: '' });
    expect(identity.text).to.not.include('E12345678');
    const member = await createMember(tenant);
    const button = await new PageAgent().post(`/memberships/${member.membershipId}/leaving`);
    expect([button.status, button.location]).to.deep.equal([303, '/sign-in']);
  });
});
