import { expect } from 'chai';
import { ROLES } from '../../../server/core/permissions.ts';
import { createMember, createTenant } from '../../factories/people.ts';
import { createOpening } from '../../factories/requests.ts';

interface Found {
  role: string;
  done: number;
  shown: boolean;
  steps: { key: string; href: string; done: boolean; look: boolean }[];
}

describe('the first visit', function () {
  this.timeout(60_000);

  it('shows each role its own steps on the home page, in both languages, and every step leads to a page', async () => {
    const tenant = await createTenant();
    for (const role of ROLES) {
      const member = await createMember(tenant, { roles: [role] });
      const [page, api] = [await member.page(), await member.api()];
      const found = (await api.get('/me/first-steps')).json<Found>();
      expect([found.role, found.done, found.shown]).to.deep.equal([role, 0, true]);
      for (const [lang, word] of [
        ['zh-CN', '新手引导'],
        ['en', 'First steps'],
      ] as const)
        expect((await page.get(`/?lang=${lang}`)).text, role).to.include(word);
      for (const { href } of found.steps) {
        const answer = await page.get(href);
        expect(answer.status, `${role}: ${href}`).to.equal(200);
      }
      // Looking at a page by its own address is no step followed.
      expect((await api.get('/me/first-steps')).json<Found>().done, role).to.equal(0);
    }
  });

  it('ticks what was done and what was followed, and goes when nothing is left', async () => {
    const tenant = await createTenant();
    const opening = await createOpening(tenant);
    const member = await createMember(tenant, {
      person: {
        skills: [{ code: 'first-aid', level: 1 }],
        availability: [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({
          weekday,
          startMinute: 0,
          endMinute: 1440,
        })),
      } as never,
    });
    const api = await member.api();
    const done = async (): Promise<string[]> =>
      (await api.get('/me/first-steps'))
        .json<Found>()
        .steps.filter((step) => step.done)
        .map(({ key }) => key);
    expect(await done()).to.deep.equal(['profile']);
    expect((await api.post(`/positions/${opening.positionId}/assignments`)).status).to.equal(201);
    expect(await done()).to.deep.equal(['profile', 'sign-up']);
    // A step that is done by doing is not ticked by following it.
    await api.post('/me/first-steps/followed', { step: 'certificate' });
    expect(await done()).to.deep.equal(['profile', 'sign-up']);

    const auditor = await createMember(tenant, { roles: ['auditor'] });
    const page = await auditor.page();
    await page.get('/');
    const followed = await page.post('/first-steps/followed', { step: 'trail' });
    expect([followed.status, followed.location]).to.deep.equal([303, '/audit']);
    const found = (await (await auditor.api()).get('/me/first-steps')).json<Found>();
    expect(found.steps.filter((step) => step.done).map(({ key }) => key)).to.deep.equal(['trail']);
    const unknown = await (await auditor.api()).post('/me/first-steps/followed', { step: 'need' });
    expect(unknown.status, unknown.text).to.equal(422);
  });

  it('is closed for the account, not for the browser, and opened again from the menu', async () => {
    const tenant = await createTenant();
    const member = await createMember(tenant, { roles: ['coordinator'] });
    const [one, other] = [await member.page(), await member.page()];
    expect((await one.get('/')).text).to.include('id="first-steps"');
    const closed = await one.post('/first-steps/shown', { shown: 'closed' });
    expect([closed.status, closed.location]).to.deep.equal([303, '/']);
    const home = await other.get('/');
    expect(home.text).to.not.include('id="first-steps"');
    expect(home.text).to.include('href="/first-steps"');
    const own = await other.get('/first-steps');
    expect(own.text).to.include('id="first-steps"').and.include('name="shown" value="open"');
    await other.post('/first-steps/shown', { shown: 'open' });
    expect((await one.get('/')).text).to.include('id="first-steps"');
  });
});
