import { expect } from 'chai';
import { createServed } from '../../factories/hours.ts';
import { createMember, createPerson, createTenant, PASSWORD } from '../../factories/people.ts';
import { createOpening } from '../../factories/requests.ts';
import { PageAgent } from '../../support/agent.ts';

describe('the front page', function () {
  this.timeout(60_000);

  it('says to visitors what Linli is, and which places use it, in both languages', async () => {
    const tenant = await createTenant();
    const visitor = new PageAgent();
    for (const [language, word] of [
      ['zh-CN', '注册'],
      ['en', 'Register'],
    ] as const) {
      const shown = await visitor.get(`/?lang=${language}`);
      expect(shown.status).to.equal(200);
      expect(shown.text).to.include(`lang="${language}"`).and.include(word).and.include('/register');
    }
    expect(tenant.slug).to.be.a('string');
  });

  it('answers a volunteer at one glance: what is next, what suits, what was given', async () => {
    const tenant = await createTenant();
    const member = await createMember(tenant);
    const coordinator = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const next = await createOpening(tenant, { request: { title: '陪诊下一班' } });
    await createOpening(tenant, {
      request: { title: '适合的任务' },
      shift: { startsAt: new Date(Date.now() + 6 * 86_400_000) },
    });
    await (await member.api()).post(`/positions/${next.positionId}/assignments`);
    const hours = await createServed(tenant, member);
    await coordinator.post(`/hours/${hours}/approve`);
    const page = await member.page();
    const shown = (await page.get('/')).text;
    const at = (word: string): number => shown.indexOf(word);
    expect(at('陪诊下一班')).to.be.above(0);
    expect(at('适合的任务')).to.be.above(at('陪诊下一班'));
    expect(shown).to.match(/stat-value">(<a href="\/hours">)?2/);
    expect(shown).to.not.include('/hours/queue');
  });

  it('shows a desk what waits, only to those who have one', async () => {
    const tenant = await createTenant();
    const volunteer = await createMember(tenant);
    await createServed(tenant, volunteer);
    const page = await (await createMember(tenant, { roles: ['coordinator'] })).page();
    expect((await page.get('/')).text).to.include('href="/hours/queue"');
  });

  it('leads who belongs nowhere to where they can join', async () => {
    const person = await createPerson();
    const page = new PageAgent();
    await page.get('/sign-in');
    await page.post('/sign-in', { email: person.email, password: PASSWORD });
    expect((await page.get('/')).location).to.equal('/join');
    expect((await page.get('/join')).status).to.equal(200);
  });
});
