import { expect } from 'chai';
import { Validator } from '@seriousme/openapi-schema-validator';
import { PERMISSIONS } from '../../server/core/permissions.ts';
import { buildOpenApi } from '../../server/http/openapi.ts';
import { checkRoutes, publishRoutes } from '../../server/http/router.ts';
import { route } from '../../server/http/route.ts';
import type { Route } from '../../server/http/route.ts';
import { z } from 'zod';
import { staleDocuments } from '../../scripts/docs.ts';
import { ApiAgent, PageAgent } from '../support/agent.ts';
import { testApp } from '../support/app.ts';

describe('the route registry', () => {
  let routes: readonly Route[];
  before(async function () {
    // A server and an application start here; the machine may be busy with other things.
    this.timeout(120_000);
    routes = (await testApp()).composed.routes;
  });

  it('stops the start of a route that is not declared properly', () => {
    const wrong = (overrides: object): Route => ({
      ...route({
        name: 'things/list',
        method: 'get',
        path: '/things',
        access: 'public',
        tenant: 'none',
        summary: '',
        input: {},
        output: z.object({}),
        run: async () => ({}),
      }),
      ...overrides,
    });
    const page = () => ({ kind: 'redirect' as const, to: '/' });
    expect(() => checkRoutes([wrong({ page })])).to.not.throw();
    expect(() => checkRoutes([wrong({ page, access: 'things:invented' })])).to.throw('unknown permission');
    expect(() => checkRoutes([wrong({ page, access: 'home:see' })])).to.throw('tenant: member');
    expect(() => checkRoutes([wrong({ page, tenant: 'slug' })])).to.throw('tenantSlug');
    expect(() => checkRoutes([wrong({})])).to.throw('without a page');
    expect(() => checkRoutes([wrong({ page }), wrong({ page, name: 'things/other' })])).to.throw('is taken');
  });

  it('is described by a valid OpenAPI 3.1 document with every API operation', async () => {
    const document = buildOpenApi(routes, { publicUrl: 'http://127.0.0.1:3000', version: '0.0.0' });
    const result = await new Validator().validate(document as never);
    expect(result.errors ?? [], JSON.stringify(result.errors)?.slice(0, 800)).to.deep.equal([]);
    const described = Object.entries(document['paths'] as Record<string, object>).flatMap(
      ([path, operations]) => Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const declared = publishRoutes(routes)
      .filter(({ door }) => door === 'api')
      .map(({ method, path }) => `${method} ${path.replace(/:([A-Za-z]+)/g, '{$1}')}`);
    expect(described.sort()).to.deep.equal(declared.sort());
    const served = await new ApiAgent().get('/openapi.json');
    expect(served.status).to.equal(200);
    expect(Object.keys(served.json<{ paths: object }>().paths).sort()).to.deep.equal(
      Object.keys(document['paths'] as object).sort(),
    );
  });

  it('uses every permission it grants, and grants every permission it asks for', () => {
    const asked = new Set(
      routes.map(({ access }) => access).filter((access) => access !== 'public' && access !== 'signed-in'),
    );
    for (const access of asked) expect(PERMISSIONS).to.include(access);
  });

  it('shows a form again, with what was typed, wherever a person types something', () => {
    // These bodies come from buttons, links and hidden fields: nobody types there.
    const pressed = [
      'accounts/set-locale',
      'accounts/switch',
      'first-steps/set-shown',
      'attendance/mark',
      'imports/skip',
    ];
    const dead = routes
      .filter(({ method, page, invalid }) => method !== 'get' && page && !invalid)
      .filter(
        ({ input }) => Object.keys((input.body as { shape?: object } | undefined)?.shape ?? {}).length > 0,
      )
      .map(({ name }) => name);
    expect(dead).to.have.members(pressed);
  });

  it('answers anonymous callers of protected routes with 401 or the way to sign in', async () => {
    const anonymous = new ApiAgent();
    const visitor = new PageAgent();
    const id = '0123456789abcdef01234567';
    for (const { method, path, access, door } of publishRoutes(routes)) {
      if (access === 'public') continue;
      const concrete = path.replace(/:[A-Za-z]+/g, id);
      if (door === 'api') {
        const answer = await anonymous.send(
          method,
          concrete.replace('/api/v1', ''),
          method === 'GET' ? undefined : {},
        );
        expect(answer.status, `${method} ${path}`).to.equal(401);
      } else if (method === 'GET') {
        const answer = await visitor.get(concrete);
        expect([answer.status, answer.location], `${method} ${path}`).to.deep.equal([303, '/sign-in']);
      } else {
        const answer = await visitor.post(concrete);
        expect([answer.status, answer.location], `${method} ${path}`).to.deep.equal([303, '/sign-in']);
      }
    }
  });

  it('answers unknown paths with 404 and known paths with another method with 405', async () => {
    const anonymous = new ApiAgent();
    expect((await anonymous.get('/nothing-here')).status).to.equal(404);
    expect((await anonymous.send('DELETE', '/openapi.json')).status).to.equal(405);
    expect((await new PageAgent().get('/me/x.css')).status).to.equal(404);
  });

  it('is documented in docs/access.md and .env.example as it is', () => {
    expect(staleDocuments(), 'run npm run docs').to.deep.equal([]);
  });
});
