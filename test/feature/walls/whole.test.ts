import { expect } from 'chai';
import { can, canEverywhere } from '../../../server/core/actor.ts';
import { ROLES } from '../../../server/core/permissions.ts';
import type { Permission } from '../../../server/core/permissions.ts';
import { publishRoutes } from '../../../server/http/router.ts';
import { createMember, createUnit } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { actorOf } from '../../support/actor.ts';
import { testApp } from '../../support/app.ts';
import { pathAt } from './addresses.ts';
import { BODIES } from './bodies.ts';
import { createPlace } from './place.ts';
import type { Place } from './place.ts';

/** What is defined for a whole organisation is not changed by who answers for a part of it (S-7). */
describe('a role on a part of an organisation', function () {
  this.timeout(300_000);
  let place: Place;
  let routes: readonly ReturnType<typeof publishRoutes>[number][];
  const part = new Map<string, Member>();
  const whole = new Map<string, Member>();

  before(async () => {
    const { composed } = await testApp();
    routes = publishRoutes(composed.routes).filter((one) => one.whole);
    place = await createPlace('整体');
    const unitId = await createUnit(place.tenant);
    for (const role of ROLES) {
      part.set(role, await createMember(place.tenant, { roles: [role], unitId }));
      whole.set(role, await createMember(place.tenant, { roles: [role] }));
    }
  });

  it('changes nothing that holds for all of it, on neither door', async () => {
    expect(routes.length).to.be.above(40);
    const wrong: string[] = [];
    for (const { door, method, path, name, access } of routes) {
      for (const member of part.values()) {
        const actor = await actorOf(member);
        if (!can(actor, access as Permission)) continue;
        expect(canEverywhere(actor, access as Permission)).to.equal(false);
        const concrete = pathAt(path, place.ids) ?? path.replace(/:[a-zA-Z]+/g, '0123456789abcdef01234567');
        const body = BODIES[name]?.(place.ids) ?? {};
        const api = await member.api();
        const answer =
          door === 'api'
            ? await api.send(method, concrete.replace('/api/v1', ''), method === 'GET' ? undefined : body)
            : method === 'GET'
              ? await (await member.page()).get(concrete)
              : await (await member.page()).post(concrete, {});
        const named = door === 'page' || (answer.json() as { code?: string }).code === 'needs-whole';
        if (answer.status !== 403 || !named) wrong.push(`${door} ${method} ${path}: ${answer.status}`);
      }
    }
    expect(wrong).to.deep.equal([]);
  });

  it('is shown no way to what it would be refused', async () => {
    const officer = await (part.get('officer') as Member).page();
    const all = await (whole.get('officer') as Member).page();
    const hrefs = { home: '/inspections', pools: '/talent-pools/new', reports: 'action="/annual-reports"' };
    expect((await all.get('/')).text).to.include(hrefs.home);
    expect((await officer.get('/')).text).to.not.include(hrefs.home);
    expect((await all.get('/talent-pools')).text).to.include(hrefs.pools);
    expect((await officer.get('/talent-pools')).text).to.not.include(hrefs.pools);
    expect((await all.get('/annual-reports')).text).to.include(hrefs.reports);
    expect((await officer.get('/annual-reports')).text).to.not.include(hrefs.reports);
    const pool = `/talent-pools/${place.ids['poolId'] ?? ''}`;
    expect((await officer.get(pool)).status).to.be.oneOf([200, 404]);
    for (const [role, path] of [
      ['administrator', '/settings'],
      ['administrator', '/calendar'],
      ['auditor', '/audit'],
    ] as const) {
      const home = async (member: Member | undefined): Promise<string> =>
        (await (await (member as Member).page()).get('/')).text;
      expect(await home(whole.get(role)), path).to.include(`href="${path}"`);
      expect(await home(part.get(role)), path).to.not.include(`href="${path}"`);
    }
  });
});
