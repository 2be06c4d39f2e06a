import { expect } from 'chai';
import { CLOSED_PERMISSIONS, FORMER_PERMISSIONS } from '../../../server/core/permissions.ts';
import { database } from '../../../server/db/connect.ts';
import { publishRoutes } from '../../../server/http/router.ts';
import { TenantModel } from '../../../server/features/tenants/tenant.model.ts';
import { createServed } from '../../factories/hours.ts';
import { createMember, PASSWORD } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { ApiAgent } from '../../support/agent.ts';
import type { Answer, PageAgent } from '../../support/agent.ts';
import { testApp } from '../../support/app.ts';
import { pathAt } from '../walls/addresses.ts';
import { BODIES } from '../walls/bodies.ts';
import { createPlace } from '../walls/place.ts';
import type { Place } from '../walls/place.ts';

/**
 * What is answered to whoever has left an organisation, and why; everything else that is not public is refused there in
 * words that say so. An operation that is in neither fails the test: whoever adds one decides.
 */
const ANSWERED: Readonly<Record<string, string>> = {
  'appraisals/contest': 'what was said of one is contested',
  'appraisals/own': 'read',
  'appraisals/show': 'read',
  'awards/add-evidence': 'belongs to a claim made before',
  'awards/contest': 'what was decided is contested',
  'awards/own': 'read',
  'awards/remove-evidence': 'taken back',
  'awards/show': 'read',
  'awards/show-evidence': 'read',
  'awards/withdraw': 'taken back',
  'certificates/credential': 'proved',
  'certificates/issue': 'proved (R-1.18)',
  'certificates/json': 'proved',
  'certificates/list': 'read',
  'certificates/pdf': 'proved',
  'certificates/show': 'read',
  'hours/appeal': 'what was decided is contested',
  'hours/ask-transfer': 'hours given are taken along',
  'hours/claim': 'what was recorded is contested (R-1.23)',
  'hours/claim-add-evidence': 'belongs to contesting',
  'hours/claim-form': 'belongs to contesting',
  'hours/claim-gap': 'what was not recorded is contested (R-1.23)',
  'hours/claim-gap-form': 'belongs to contesting',
  'hours/claim-remove-evidence': 'taken back',
  'hours/claim-show': 'read',
  'hours/claim-show-evidence': 'read',
  'hours/claim-withdraw': 'taken back',
  'hours/claims-own': 'read',
  'hours/entries': 'read (R-1.22)',
  'hours/list-own': 'read (R-1.22)',
  'hours/show': 'read (R-1.22)',
  'hours/transfers': 'read',
  'hours/withdraw-transfer': 'taken back',
};
/** What belongs to the account and the person, whatever the organisation. */
const OWN: Readonly<Record<string, string>> = {
  'accounts/ask-for-email': 'the account',
  'accounts/change-password': 'the account',
  'accounts/create-own-token': 'a key to what is answered here, and no more',
  'accounts/email-form': 'the account',
  'accounts/end-other-sessions': 'the account',
  'accounts/end-session': 'the account',
  'accounts/password-form': 'the account',
  'accounts/proof-form': 'the account',
  'accounts/prove': 'the account',
  'accounts/remove-phone': 'the account',
  'accounts/remove-phone-form': 'the account',
  'accounts/revoke-token': 'the account',
  'accounts/set-locale': 'the account',
  'accounts/show': 'the account',
  'accounts/switch': 'leads to the other places',
  'guardians/ask': 'the person',
  'guardians/own': 'the person',
  'identity-documents/own': 'the person: certificates ask for it',
  'identity-documents/state': 'the person: certificates ask for it',
  'join-links/apply': 'the way back in',
  'join-links/apply-form': 'the way back in',
  'memberships/answer-own': 'a membership that is over takes no answer',
  'memberships/apply': 'the way back in',
  'memberships/leave': 'a membership that is over is not left twice',
  'memberships/show': 'read',
  'memberships/where': 'leads to the record and back in',
  'offer-answers/accept': 'asked from outside, like anybody who agreed to it',
  'offer-answers/accept-form': 'asked from outside, like anybody who agreed to it',
  'offers/accept': 'asked from outside, like anybody who agreed to it',
  'offers/decline': 'said no',
  'offers/list-own': 'asked from outside, like anybody who agreed to it',
  'offers/why': 'asked from outside, like anybody who agreed to it',
  'opportunities/sign-up': 'leads to joining',
  'people/consents': 'the person',
  'people/edit-profile': 'the person',
  'people/profile': 'the person',
  'people/set-consent': 'the person',
  'people/visibility': 'the person',
};
/** Of these the walk names none that there is. */
const MISSING = /^offer-answers\/|^join-links\/apply-form$|^people\/set-consent$/;
/** Its file is gone once one door removed it. */
const ONCE = /remove-evidence$/;

type Published = ReturnType<typeof publishRoutes>[number];
type Gone = { readonly member: Member; readonly api: ApiAgent; readonly page: PageAgent };

describe('whoever has left, at every operation', function () {
  this.timeout(300_000);
  let place: Place;
  let routes: readonly Published[];
  let left: Gone;
  let putOut: Gone;
  let never: Gone;

  /** Signed in anew on both doors, as after the membership ended. */
  async function gone(member: Member): Promise<Gone> {
    const answer = await new ApiAgent().post('/tokens', {
      email: member.email,
      password: PASSWORD,
      name: 'own records',
      tenant: member.tenant.slug,
    });
    expect(answer.status, answer.text).to.equal(201);
    const page = await member.page();
    await page.get('/account');
    return { member, page, api: new ApiAgent(answer.json<{ token: string }>().token) };
  }
  async function leave(member: Member): Promise<Gone> {
    const answer = await (await member.api()).post(`/memberships/${member.membershipId}/leaving`);
    expect(answer.status, answer.text).to.equal(200);
    return gone(member);
  }

  before(async () => {
    const { composed } = await testApp();
    // What is public is answered as to anybody.
    routes = publishRoutes(composed.routes)
      .filter(({ access }) => access !== 'public')
      .sort((one, other) => Number(one.method !== 'GET') - Number(other.method !== 'GET'));
    place = await createPlace('离开词');
    const { tenant } = place;
    const member = await createMember(tenant);
    const hoursId = await createServed(tenant, member);
    const desk = await createMember(tenant, { roles: ['coordinator', 'reviewer'] });
    const by = await desk.api();
    expect((await by.post(`/hours/${hoursId}/approve`)).status).to.equal(200);
    const end = { to: 'ended', reason: '查证属实' };
    expect((await by.post(`/memberships/${member.membershipId}/standing`, end)).status).to.equal(200);
    putOut = await gone(member);
    left = await leave(place.volunteer);
    never = await leave(await createMember(tenant));
  });

  const unthrottled = (): Promise<unknown> => database().collection('rate_limits').deleteMany({});
  const settle = (faults: readonly string[]): void => {
    if (faults.length > 0) throw new Error(`${faults.length} faults:\n${faults.join('\n')}`);
  };
  const mine = (name: string): boolean => name in ANSWERED || name in OWN;

  async function ask(
    { api, page }: Gone,
    { door, name, path, method }: Published,
    body: object,
  ): Promise<Answer> {
    const concrete = (pathAt(path, place.ids) ?? path)
      .replace('/api/v1', '')
      .replace(':tenantSlug', place.tenant.slug)
      .replace(
        /:sessionId|:id/g,
        name.startsWith('opportunities/') ? '0'.repeat(24) : (place.ids['sessionId'] ?? ''),
      )
      .replace(/:[A-Za-z]+/g, '0'.repeat(24));
    if (door === 'api')
      return api.send(method, concrete, method === 'GET' ? undefined : body, { 'if-match': '"v1"' });
    const fields = Object.fromEntries(Object.entries(body).map(([key, value]) => [key, String(value)]));
    return method === 'GET' ? page.get(concrete) : page.post(concrete, { ...fields, _version: '1' });
  }

  it('finds each in the table, once', () => {
    const open: readonly string[] = [...FORMER_PERMISSIONS, 'signed-in'];
    const names = new Set(routes.filter(({ access }) => open.includes(access)).map(({ name }) => name));
    expect([...Object.keys(ANSWERED), ...Object.keys(OWN)].sort()).to.deep.equal([...names].sort());
  });

  it('reads, proves, contests and takes back what is their own, and is told of everything else that they left, as a program', async () => {
    const faults: string[] = [];
    for (const [at, one] of routes.entries()) {
      if (at % 20 === 0) await unthrottled();
      const { door, name, path, method } = one;
      if (!mine(name) && door === 'page') continue;
      // What is recorded here is spoken of in earnest; the account is sent what it refuses by its own rules.
      const earnest = name in ANSWERED && !(ONCE.test(name) && door === 'api');
      const answer = await ask(
        left,
        one,
        earnest ? (BODIES[name]?.(place.ids) ?? {}) : { nothing: 'like this' },
      );
      const { status, text } = answer;
      const holds = !mine(name)
        ? status === 403 && text.includes('"has-left"')
        : MISSING.test(name)
          ? status === 404
          : method === 'GET'
            ? status === 200 || (status === 303 && name === 'opportunities/sign-up')
            : ![401, 403, 404].includes(status) && status < 500 && !text.includes('members-only');
      if (!holds) faults.push(`${door} ${method} ${name} ${path}: ${status} ${text.slice(0, 200)}`);
    }
    settle(faults);
  });

  it('is the same for whoever was put out, on pages too, and no row of others is there', async () => {
    const faults: string[] = [];
    for (const [at, one] of routes.entries()) {
      if (at % 20 === 0) await unthrottled();
      const { door, name, path, method } = one;
      const own = name in ANSWERED;
      if (own ? door === 'page' && method !== 'GET' : name in OWN || door === 'api') continue;
      const foreign = own && pathAt(path, place.ids) !== null && path.includes(':');
      const { status, text } = await ask(putOut, one, own ? (BODIES[name]?.(place.ids) ?? {}) : {});
      const holds = !own
        ? status === 403 && text.includes('href="/hours"')
        : foreign
          ? status === 404
          : method !== 'GET' || status === 200;
      if (!holds) faults.push(`${door} ${method} ${name} ${path}: ${status}`);
    }
    settle(faults);
  });

  /** Every page that links lead to, from the one they land on. */
  async function walk({ page }: Gone): Promise<{ pages: string[]; faults: string[] }> {
    const posts = routes.filter(({ door, method }) => door === 'page' && method !== 'GET');
    const known = posts.map(({ path, name }) => ({
      name,
      is: new RegExp(`^${path.replace(/:[A-Za-z]+/g, '[^/]+')}$`),
    }));
    const faults: string[] = [];
    const way = new Map([['/', 'the beginning']]);
    for (const [path, from] of way) {
      if (way.size % 20 === 0) await unthrottled();
      const { status, text, location, headers } = await page.get(path);
      if (status >= 400) faults.push(`${path}, linked from ${from}: ${status}`);
      if (location !== null && !way.has(location)) way.set(location, path);
      if (!(headers.get('content-type') ?? '').startsWith('text/html')) continue;
      const plain = text.replaceAll('&#x3D;', '=').replaceAll('&amp;', '&');
      for (const [, href = ''] of plain.matchAll(/<a [^>]*href="(\/[^"#]*)/g))
        if (!/[?&](lang|letters)=|^\/dev\//.test(href) && !way.has(href)) way.set(href, path);
      for (const [, action = ''] of plain.matchAll(/<form [^>]*method="post" [^>]*action="([^"]*)"/g)) {
        const name = known.find(({ is }) => is.test(action))?.name;
        if (name !== undefined && !mine(name)) faults.push(`${path} offers ${name}`);
      }
    }
    return { pages: [...way.keys()], faults };
  }

  it('comes from the first page to all of that by links, and meets none, and no form, that is refused', async () => {
    for (const who of [putOut, left]) {
      await unthrottled();
      const { pages, faults } = await walk(who);
      settle(faults);
      for (const page of ['/join', '/hours', '/certificates', '/appraisals', '/awards', '/hours/claims/new'])
        expect(pages, page).to.include(page);
    }
  });

  it('sees no empty table without any hours, but the way to say that some are missing', async () => {
    const { faults, pages } = await walk(never);
    settle(faults);
    expect(pages).to.include('/hours/claims/new');
    const { text } = await never.page.get('/hours?lang=en');
    expect(text).to.include('No service of yours is recorded here');
    expect(text).to.not.match(/chart-figure|grid-stats/);
    expect((await putOut.page.get('/hours?lang=en')).text).to.match(/chart-figure/);
  });

  describe('once the organisation has closed', () => {
    let member: Gone;
    let office: Gone;
    let earlier: ApiAgent;
    const setActive = (active: boolean): Promise<unknown> =>
      TenantModel.updateOne({ _id: place.tenant.id }, { $set: { active } });

    before(async () => {
      const { tenant, coordinator } = place;
      const person = await createMember(tenant);
      earlier = await person.api();
      await createMember(tenant, { state: 'submitted' });
      await setActive(false);
      member = await gone(person);
      office = await gone(coordinator);
    });
    after(() => setActive(true));

    it('answers its people and those who left alike: they read and prove, and say nothing that nobody is there to hear', async () => {
      const faults: string[] = [];
      const asked = new Set<string>();
      const closed: readonly string[] = CLOSED_PERMISSIONS;
      for (const [at, one] of routes.entries()) {
        if (at % 20 === 0) await unthrottled();
        const { access, door, name, path, method, tenant } = one;
        const own = closed.includes(access);
        if (tenant !== 'member' || (!own && asked.has(`${door} ${access}`))) continue;
        if (access !== 'signed-in') asked.add(`${door} ${access}`);
        if (own && method !== 'GET' && name !== 'certificates/issue') faults.push(`${name} writes`);
        for (const [who, person] of Object.entries(own ? { left, office } : { office })) {
          const { status, text } = await ask(person, one, BODIES[name]?.(place.ids) ?? {});
          const missing = who === 'office' && path.includes(':');
          const holds =
            own || (access === 'signed-in' && method === 'GET')
              ? status < 400 || (missing && status === 404) || (method !== 'GET' && status === 422)
              : status === 403 && (door === 'page' || text.includes('"has-closed"'));
          if (!holds)
            faults.push(`${who} ${door} ${method} ${name} ${path}: ${status} ${text.slice(0, 200)}`);
        }
      }
      settle(faults);
    });

    it('leads them to their record, and nowhere that is refused; what was issued is checked as before', async () => {
      for (const who of [member, office, left]) {
        const { faults, pages } = await walk(who);
        settle(faults);
        expect(pages)
          .to.include('/hours')
          .and.to.include('/certificates')
          .and.not.to.include('/hours/claims/new');
        expect((await who.page.get('/hours?lang=en')).text).to.include('This organisation has closed');
      }
      const { slug } = place.tenant;
      const visitor = new ApiAgent();
      for (const path of [`/t/${slug}/status-lists/1`, `/t/${slug}/did.json`])
        expect((await visitor.get(path)).status, path).to.equal(200);
      expect((await visitor.get(`/t/${slug}/opportunities`)).status).to.equal(404);
      const [known] = (await left.api.get('/certificates')).json<{ data: { code: string }[] }>().data;
      expect((await visitor.get(`/certificates/verify/${known?.code}`)).json()).to.include({ found: true });
    });

    it('gives keys for the record only, and none of the two kinds is worth more than it was made for', async () => {
      expect((await earlier.get('/hours')).status).to.equal(401);
      expect((await member.api.get('/hours')).status).to.equal(200);
      await setActive(true);
      expect((await member.api.get('/hours')).status).to.equal(401);
      expect((await earlier.get('/hours')).status).to.equal(200);
    });
  });
});
