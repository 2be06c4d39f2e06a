import { expect } from 'chai';
import { Types } from 'mongoose';
import { createServed } from '../../factories/hours.ts';
import { createMember, createPerson, createTenant, PASSWORD } from '../../factories/people.ts';
import { createOpening, createRequest } from '../../factories/requests.ts';
import { createSession } from '../../factories/training.ts';
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

  it('counts to each desk what waits for it, and to an instructor what they teach', async () => {
    const tenant = await createTenant();
    await createRequest(tenant, { state: 'submitted' });
    await createRequest(tenant, { state: 'draft' });
    const officer = await createMember(tenant, { roles: ['officer'] });
    const claimant = await (await createMember(tenant)).api();
    const claimed = await claimant.post('/credentials', {
      type: 'mediator',
      number: 'M-1',
      issuer: '县司法局',
      issuedOn: '2026-01-05',
      validFrom: '2026-01-05',
    });
    expect(claimed.status, claimed.text).to.equal(201);
    const counts = (text: string): string[] =>
      [...text.matchAll(/desk-task" href="([^"]+)"><strong>(\d+)</g)].map(
        (one) => `${one[1]?.replaceAll('&#x3D;', '=')} ${one[2]}`,
      );
    expect(counts((await (await officer.page()).get('/')).text)).to.deep.equal([
      '/requests?state=submitted 1',
      '/memberships?state=submitted 0',
      '/credentials/reviews 1',
    ]);
    const instructor = await createMember(tenant, { roles: ['instructor'] });
    const page = await instructor.page();
    expect(counts((await page.get('/')).text)).to.deep.equal(['/training 0']);
    const instructors = [{ personId: new Types.ObjectId(instructor.personId), name: instructor.name }];
    await createSession(tenant, { instructors });
    await createSession(tenant, { instructors, state: 'draft' });
    await createSession(tenant, {
      instructors,
      startsAt: new Date(Date.now() - 86_400_000),
      endsAt: new Date(Date.now() - 82_800_000),
    });
    expect(counts((await page.get('/')).text)).to.deep.equal(['/training 1']);
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
