import { expect } from 'chai';
import { createMember, createPerson, createTenant, createUnit, PASSWORD } from '../../factories/people.ts';
import { ApiAgent, PageAgent } from '../../support/agent.ts';

describe('POST /sign-in', () => {
  it('signs in with the right password, and says the same for every wrong combination', async () => {
    const person = await createPerson();
    const agent = new PageAgent();
    await agent.get('/sign-in');
    const wrong = await agent.post('/sign-in', { email: person.email, password: 'not the password at all' });
    const unknown = await agent.post('/sign-in', {
      email: 'nobody-here@example.org',
      password: 'not the password at all',
    });
    expect(wrong.status).to.equal(422);
    expect(unknown.status).to.equal(422);
    const right = await agent.post('/sign-in', { email: person.email, password: PASSWORD });
    expect(right.status).to.equal(303);
    expect((await agent.get('/account')).text).to.include(person.email);
  });

  it('leads back to the page that asked for signing in, and nowhere else', async () => {
    const person = await createPerson();
    const agent = new PageAgent();
    expect((await agent.get('/account')).location).to.equal('/sign-in');
    await agent.get('/sign-in');
    const answer = await agent.post('/sign-in', { email: person.email, password: PASSWORD });
    expect(answer.location).to.equal('/account');
  });

  it('refuses a form without its token or from another site', async () => {
    const person = await createPerson();
    const agent = new PageAgent();
    await agent.get('/sign-in');
    const fields = { email: person.email, password: PASSWORD };
    expect((await agent.post('/sign-in', { ...fields, _csrf: 'x' })).status).to.equal(403);
    expect((await agent.post('/sign-in', fields, { origin: 'https://elsewhere.example' })).status).to.equal(
      403,
    );
    expect((await agent.post('/sign-in', fields, { 'sec-fetch-site': 'same-site' })).status).to.equal(403);
    expect((await agent.post('/sign-in', fields)).status).to.equal(303);
  });
});

describe('POST /api/v1/tokens', () => {
  it('gives a token for the named tenant only to its members', async () => {
    const tenant = await createTenant();
    const other = await createTenant();
    const member = await createMember(tenant);
    const anonymous = new ApiAgent();
    const credentials = { email: member.email, password: PASSWORD };
    expect((await anonymous.post('/tokens', { ...credentials, tenant: other.slug })).status).to.equal(422);
    const issued = await anonymous.post('/tokens', { ...credentials, tenant: tenant.slug });
    expect(issued.status).to.equal(201);
    const me = await new ApiAgent(issued.json<{ token: string }>().token).get('/me');
    expect(me.json<{ memberships: { current: boolean; slug: string }[] }>().memberships).to.deep.include({
      ...me.json<{ memberships: object[] }>().memberships[0],
      current: true,
      slug: tenant.slug,
    });
  });

  it('answers 401 without a token, and takes no cookie', async () => {
    const member = await createMember(await createTenant());
    const page = await member.page();
    expect((await new ApiAgent().get('/me')).status).to.equal(401);
    expect((await new ApiAgent().get('/me', { cookie: page.cookieHeader() })).status).to.equal(401);
  });
});

describe('roles on units', () => {
  it('reach everything below the unit and nothing beside it', async () => {
    const tenant = await createTenant();
    const township = await createUnit(tenant);
    await createUnit(tenant, { parentId: township });
    const coordinator = await createMember(tenant, { roles: ['coordinator'], unitId: township });
    const page = await coordinator.page();
    expect((await page.get('/account')).status).to.equal(200);
  });
});
