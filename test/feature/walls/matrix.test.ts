import { expect } from 'chai';
import { can } from '../../../server/core/actor.ts';
import type { AccountActor } from '../../../server/core/actor.ts';
import { database } from '../../../server/db/connect.ts';
import { ROLES } from '../../../server/core/permissions.ts';
import type { Permission } from '../../../server/core/permissions.ts';
import { publishRoutes } from '../../../server/http/router.ts';
import { createMember, createPerson, PASSWORD } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { actorOf } from '../../support/actor.ts';
import { ApiAgent, PageAgent } from '../../support/agent.ts';
import type { Answer } from '../../support/agent.ts';
import { testApp } from '../../support/app.ts';
import { pathAt } from './addresses.ts';
import { BODIES } from './bodies.ts';
import { createPlace } from './place.ts';
import type { Place } from './place.ts';

type Published = ReturnType<typeof publishRoutes>[number];

const RANDOM = '0123456789abcdef01234567';
/** A place whose every id is nobody's. */
const nowhere = (place: Place): Record<string, string> =>
  Object.fromEntries(Object.keys(place.ids).map((kind) => [kind, RANDOM]));
/** What no id looks like, as it stands in an address; each route meets one of them, in turn. */
const MALFORMED = [
  ...['$ne', '0', 'undefined', '-1', '[object%20Object]', '%00', '%27%20or%201%3D1--', '..%2F..%2Faudit'],
  ...[
    'z'.repeat(24),
    '0123456789abcdef0123456',
    '0123456789abcdef012345678',
    '１２３',
    '%F0%9F%A6%86',
    'a'.repeat(400),
  ],
];
const allBad = (place: Place, turn: number): Record<string, string> =>
  Object.fromEntries(Object.keys(place.ids).map((kind) => [kind, MALFORMED[turn % MALFORMED.length] ?? '']));
/** A page, not a bare line: with its heading and at least one way on. */
const leadsOn = ({ text, headers }: Answer): boolean =>
  (headers.get('content-type') ?? '').startsWith('text/html') && /<main[\s\S]*<h1[\s\S]*href="\//.test(text);
/** An answer without what differs by nature: the id asked for, the request's own id, the form's tokens. */
const bare = ({ status, text, location }: Answer, ids: Readonly<Record<string, string>>): string => {
  let plain = `${status} ${location ?? ''} ${text}`;
  for (const id of new Set(Object.values(ids))) plain = plain.replaceAll(id, 'ID');
  return plain
    .replace(/"instance":"[^"]*"/g, '')
    .replace(/(name="_(csrf|key)" value=)"[^"]*"/g, '$1""')
    .replace(/nonce="[^"]*"/g, '')
    .replace(/[A-Za-z0-9_-]{22,}/g, 'TOKEN');
};

/** Papers that only who is registered somewhere has. */
const ONLY_FOR_SOME = /\/re-registration\/package/;
/** What is there, and leaves only after two persons agreed (S-10). */
const ONLY_FOR_TWO = ['certificates/print-batch'];

const asFields = (body: object): Record<string, string> =>
  Object.fromEntries(Object.entries(body).map(([name, value]) => [name, String(value)]));

/**
 * Every declared route that names a row, on both doors, as every role (S-3, S-7, S-8): without the permission 403
 * whatever the id, with it the own row is there and a foreign one is missing exactly like one that never was.
 */
describe('the walls, route by route', function () {
  // Every role at every route: minutes, and on a busy machine many.
  this.timeout(900_000);
  let here: Place;
  let there: Place;
  let routes: readonly Published[];
  const members = new Map<string, Member>();

  before(async () => {
    const { composed } = await testApp();
    routes = publishRoutes(composed.routes);
    here = await createPlace('本地词');
    there = await createPlace('金丝雀');
    members.set('member', await createMember(here.tenant));
    for (const role of ROLES) members.set(role, await createMember(here.tenant, { roles: [role] }));
  });
  // The limits on how fast one account may write are another test's business.
  const unthrottled = (): Promise<unknown> => database().collection('rate_limits').deleteMany({});

  const send = (
    { method, path, name }: Published,
    agent: ApiAgent | PageAgent,
    ids: Readonly<Record<string, string>>,
  ): Promise<Answer> => {
    const concrete = pathAt(path, ids) ?? '';
    const body = BODIES[name]?.(here.ids) ?? {};
    if (agent instanceof ApiAgent)
      return agent.send(method, concrete.replace('/api/v1', ''), method === 'GET' ? undefined : body, {
        'if-match': '"v1"',
      });
    return method === 'GET'
      ? agent.get(concrete)
      : agent.post(concrete, { ...asFields(body), _version: '1' });
  };
  const walked = (door: string): Published[] =>
    routes.filter(
      (one) =>
        one.door === door &&
        one.access !== 'public' &&
        one.path.includes(':') &&
        pathAt(one.path, here.ids) !== null,
    );
  const allowed = (actor: AccountActor, access: string): boolean =>
    access === 'signed-in' || can(actor, access as Permission);
  /** All that is wrong is told at once: one hole seldom comes alone. */
  let faults: string[] = [];
  beforeEach(() => (faults = []));
  const settle = (): void => {
    if (faults.length > 0) throw new Error(`${faults.length} holes:\n${faults.join('\n')}`);
  };
  const must = (holds: boolean, fault: string): void => {
    if (!holds) faults.push(fault);
  };
  const silent = (answer: Answer, label: string): void => {
    const heard = `${answer.text} ${JSON.stringify([...answer.headers])} ${decodeURIComponent(answer.location ?? '')}`;
    must(!heard.includes(there.word), `${label} told a word of another tenant`);
    must(answer.status < 500, `${label}: ${answer.status}`);
  };

  /** Whether nobody who may do it was asked of this before: the other ids are tried with the first of them. */
  const first = (what: string): boolean => !asked.has(what) && asked.add(what) !== undefined;
  const asked = new Set<string>();

  it('covers every route that names a row', () => {
    const left = routes
      .filter(({ access, path }) => access !== 'public' && path.includes(':'))
      .filter(({ path }) => pathAt(path, here.ids) === null)
      .map(({ path }) => path.replace('/api/v1', ''));
    // A date is no row; whose day it is follows from the organisation alone. Tokens and sessions of an account are nobody else's, whatever the tenant; their own tests walk them.
    expect([...new Set(left)].sort()).to.deep.equal([
      '/account/consents/:purpose',
      '/account/sessions/:sessionId/end',
      '/account/tokens/:id/revocation',
      '/calendar/days/:date/removal',
      // A code of the catalogue, which is no row of anybody's until the organisation changes it.
      '/credential-types/:code',
      '/me/consents/:purpose',
      '/me/sessions/:sessionId/end',
      '/me/tokens/:id/revocation',
      '/offer-answers/:token/accept',
      // Names of programmes are the same everywhere; that versions stay in their place is tested in feature/credits.
      '/programmes/:name',
      '/t/:tenantSlug/join/:code/application',
      '/t/:tenantSlug/memberships',
      '/t/:tenantSlug/opportunities/:id/sign-up',
    ]);
  });

  it('hold for the API, for every role', async () => {
    for (const [role, member] of members) {
      await unthrottled();
      const api = await member.api();
      const actor = await actorOf(member);
      for (const [at, one] of walked('api').entries()) {
        if (at % 20 === 0) await unthrottled();
        const label = `${role}: ${one.method} ${one.path}`;
        const foreign = await send(one, api, there.ids);
        silent(foreign, label);
        const expected = allowed(actor, one.access) ? 404 : 403;
        must(
          foreign.status === expected,
          `${label} with a foreign id: ${foreign.status} instead of ${expected}; an action whose body is checked first needs one in BODIES (${one.name}): ${foreign.text.slice(0, 250)}`,
        );
        if (expected === 403) {
          // Refused before anybody looks for the row: for the member all ids are tried, for the others the own one.
          must((await send(one, api, here.ids)).status === 403, `${label} with an own id`);
          if (role !== 'member') continue;
        } else if (!first(`api ${label.slice(role.length)}`)) continue;
        const random = await send(one, api, nowhere(there));
        must(
          bare(random, nowhere(there)) === bare(foreign, there.ids),
          `${label}: foreign and random ids are answered differently`,
        );
        if (
          expected === 404 &&
          one.method === 'GET' &&
          !one.access.endsWith('-own') &&
          one.access !== 'signed-in'
        ) {
          const own = await send(one, api, here.ids);
          const found = ONLY_FOR_TWO.includes(one.name) ? 409 : 200;
          must(own.status === found, `${label} with an own id: ${own.status}`);
        }
        const malformed = await send(one, api, allBad(there, at));
        must(malformed.status === expected, `${label} with a malformed id: ${malformed.status}`);
      }
    }
    settle();
  });

  it('hold for the pages, for every role', async () => {
    for (const [role, member] of members) {
      await unthrottled();
      const page = await member.page();
      // The session's token changed when the place to act in was chosen.
      await page.get('/account');
      const actor = await actorOf(member);
      for (const [at, one] of walked('page').entries()) {
        if (at % 20 === 0) await unthrottled();
        const label = `${role}: ${one.method} ${one.path}`;
        const foreign = await send(one, page, there.ids);
        silent(foreign, label);
        const expected = allowed(actor, one.access) ? 404 : 403;
        must(
          foreign.status === expected,
          `${label} with a foreign id: ${foreign.status} instead of ${expected}`,
        );
        if (expected === 403 ? role !== 'member' : !first(`page ${label.slice(role.length)}`)) continue;
        const random = await send(one, page, nowhere(there));
        must(
          bare(random, nowhere(there)) === bare(foreign, there.ids),
          `${label}: foreign and random ids are answered differently`,
        );
        const malformed = await send(one, page, allBad(there, at));
        must(malformed.status === expected, `${label} with a malformed id: ${malformed.status}`);
        must(leadsOn(malformed), `${label} with a malformed id is no page that leads on`);
      }
    }
    settle();
  });

  it('let nobody without a membership in, and tell lists of the own tenant only', async () => {
    const person = await createPerson();
    const page = new PageAgent();
    await page.get('/sign-in');
    await page.post('/sign-in', { email: person.email, password: PASSWORD });
    await page.get('/account');
    for (const one of walked('page').filter(({ access }) => access !== 'signed-in')) {
      const answer = await send(one, page, here.ids);
      must(answer.status === 403, `no membership: ${one.method} ${one.path}: ${answer.status}`);
      must(!answer.text.includes(here.word), `no membership: ${one.path} told a word`);
    }
    for (const [role, member] of members) {
      await unthrottled();
      const [api, pages, actor] = [await member.api(), await member.page(), await actorOf(member)];
      for (const one of routes.filter(({ method, path }) => method === 'GET' && !path.includes(':'))) {
        const agent = one.door === 'api' ? api : pages;
        const answer = await agent.get(one.path.replace('/api/v1', ''));
        silent(answer, `${role}: ${one.path}`);
        if (one.access !== 'public' && !allowed(actor, one.access))
          must(answer.status === 403, `${role}: ${one.path}: ${answer.status} instead of 403`);
        else if (answer.status === 404 && ONLY_FOR_SOME.test(one.path)) continue;
        else if (answer.status !== 422 || one.input.query.length === 0)
          must(answer.status < 400, `${role}: ${one.path}: ${answer.status} ${answer.text.slice(0, 200)}`);
      }
    }
    settle();
  });

  it('take no form without its token or from another site, and no cookie on the API', async () => {
    const member = members.get('administrator') as Member;
    const page = await member.page();
    await page.get('/account');
    const { url } = await testApp();
    const cookie = page.cookieHeader();
    await unthrottled();
    const actions = routes.filter(({ method, access }) => method !== 'GET' && access !== 'public');
    for (const [at, one] of actions.entries()) {
      if (at % 20 === 0) await unthrottled();
      const path = pathAt(one.path, here.ids) ?? one.path.replace(/:[A-Za-z]+/g, RANDOM);
      const ask = (headers: Record<string, string>, fields: Record<string, string>) =>
        fetch(`${url}${path}`, {
          method: one.method,
          headers: { cookie, 'content-type': 'application/x-www-form-urlencoded', ...headers },
          body: new URLSearchParams(fields).toString(),
          redirect: 'manual',
        });
      if (one.door === 'api') {
        const answer = await fetch(`${url}${path}`, {
          method: one.method,
          headers: { cookie, 'content-type': 'application/json', origin: url },
          body: '{}',
        });
        must(answer.status === 401, `cookie on ${one.method} ${one.path}: ${answer.status}`);
        continue;
      }
      expect((await ask({ origin: url }, {})).status, `no token: ${one.path}`).to.equal(403);
      expect((await ask({ origin: 'https://evil.example' }, {})).status, `other site: ${one.path}`).to.equal(
        403,
      );
    }
    settle();
  });
});
