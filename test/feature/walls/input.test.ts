import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { database } from '../../../server/db/connect.ts';
import { ROLES } from '../../../server/core/permissions.ts';
import { createMember } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { ApiAgent, PageAgent } from '../../support/agent.ts';
import type { Answer } from '../../support/agent.ts';
import { testApp } from '../../support/app.ts';
import { patienceMs } from '../../support/patience.ts';
import { AWKWARD, nearly, sampleOf, textFields } from '../../support/schema-values.ts';
import type { JsonSchema } from '../../support/schema-values.ts';
import { pathAt } from './addresses.ts';
import { BODIES } from './bodies.ts';
import { createPlace } from './place.ts';
import type { Place } from './place.ts';

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { in: string; name: string; schema: JsonSchema }[];
  readonly requestBody?: { content: Record<string, { schema: JsonSchema }> };
  readonly responses: Readonly<Record<string, unknown>>;
}
interface Call {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
  /** Of a JSON body; null where there is none. */
  readonly body: JsonSchema | null;
}

/** Ends what the test acts with, or is throttled by design. */
const NOT_WALKED =
  /^memberships\/leave|^accounts\/(sign-out|end-|revoke-|create-|change-password|ask-for-email|remove-phone)/;
const RUNS = Number(process.env['LINLI_FUZZ'] ?? 4);
const FUZZ_SEED = Number(process.env['LINLI_FUZZ_SEED'] ?? 20_261_124);
/** The generator goes on for this long, with new bodies in every round. */
const FUZZ_MS = Number(process.env['LINLI_FUZZ_MINUTES'] ?? 0) * 60_000;
const THOROUGH = process.env['LINLI_FUZZ'] !== undefined || process.env['LINLI_NAUGHTY'] !== undefined;
/** A whole list through every action takes half an hour and more: in parts, it tells how far it is. */
const PARTS = THOROUGH ? 20 : 1;
/** A list of one's own, as JSON, in place of ours. */
const NAUGHTY: readonly string[] = process.env['LINLI_NAUGHTY']
  ? (JSON.parse(readFileSync(process.env['LINLI_NAUGHTY'], 'utf8')) as string[])
  : AWKWARD;

/**
 * What comes in, at every declared operation: shapes that no field takes, fields that no action has, texts that broke
 * other programs, and what a generator makes of the published document. Never a 500 (S-9, S-33, S-36, S-38).
 */
describe('whatever comes in', function () {
  this.timeout(900_000 + patienceMs(process.env));
  let place: Place;
  let almighty: Member;
  let api: ApiAgent;
  let calls: readonly Call[];
  let faults: string[] = [];

  before(async () => {
    place = await createPlace('入口词');
    almighty = await createMember(place.tenant, { roles: ROLES.filter((role) => role !== 'volunteer') });
    api = await almighty.api();
    const { paths } = (await new ApiAgent().get('/openapi.json')).json<{
      paths: Record<string, Record<string, Operation>>;
    }>();
    calls = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): Call => ({
        name: operation.operationId.replace('.', '/'),
        method: method.toUpperCase(),
        path: path.replace(/\{([A-Za-z]+)\}/g, ':$1').replace('/api/v1', ''),
        operation,
        body: operation.requestBody?.content['application/json']?.schema ?? null,
      })),
    );
    calls = calls.filter(({ name }) => !NOT_WALKED.test(name));
    expect(calls.length).to.be.greaterThan(80);
  });
  beforeEach(() => (faults = []));
  // How fast one account may write is another test's business.
  const unthrottled = (): Promise<unknown> => database().collection('rate_limits').deleteMany({});
  const settle = (): void => {
    if (faults.length > 0) throw new Error(`${faults.length} faults:\n${faults.slice(0, 40).join('\n')}`);
  };
  const must = (holds: boolean, fault: string): void => {
    if (!holds) faults.push(fault);
  };

  const addressOf = ({ path }: Pick<Call, 'path'>, at: Place = place): string =>
    pathAt(path, at.ids) ??
    path
      .replace(/:tenantSlug/, at.tenant.slug)
      .replace(/:purpose/, 'location')
      .replace(/:[A-Za-z]+/g, 'x'.repeat(43));
  const send = (call: Call, body: unknown, agent = api): Promise<Answer> =>
    agent.send(call.method, addressOf(call), call.method === 'GET' ? undefined : body, {
      'if-match': '"v1"',
    });
  const bodyOf = (call: Call): Record<string, unknown> => ({
    ...(sampleOf(call.body ?? { type: 'object' }) as object),
    ...BODIES[call.name]?.(place.ids),
  });
  const isProblem = (answer: Answer): boolean => {
    if (!(answer.headers.get('content-type') ?? '').startsWith('application/problem+json')) return false;
    const { status, code, title, instance } = answer.json<Record<string, unknown>>();
    return status === answer.status && [code, title, instance].every((part) => typeof part === 'string');
  };
  const told = ({ status, text }: Answer): string => `${status} ${text.slice(0, 160)}`;
  /** No stack, driver or file of ours in any answer. */
  const leaks = (answer: Answer): boolean =>
    /node_modules|\.ts:\d+|Mongo[A-Z]|E11000|at async /.test(answer.text);

  /** Asks an operation for what a generator makes of its schemas; whatever the document does not know is a fault. */
  const generate = async (
    call: Call,
    at: Place,
    agents: readonly ApiAgent[],
    seed: number,
  ): Promise<number> => {
    const query = (call.operation.parameters ?? []).filter(({ in: where }) => where === 'query');
    const querySchema: JsonSchema = {
      type: 'object',
      properties: Object.fromEntries(query.map(({ name, schema }) => [name, schema])),
    };
    const success = Object.keys(call.operation.responses).filter((status) => /^[23]/.test(status));
    const ids = Object.values(at.ids);
    const property = fc.asyncProperty(
      nearly(call.body ?? { type: 'object' }, ids, BODIES[call.name]?.(at.ids) ?? null),
      nearly(querySchema, ids),
      fc.constantFrom(...agents),
      async (body, asked, agent) => {
        const search = new URLSearchParams(
          Object.entries((asked ?? {}) as object).map(([name, value]): [string, string] => [
            name,
            typeof value === 'string' ? value.toWellFormed() : JSON.stringify(value),
          ]),
        ).toString();
        const path = `${addressOf(call, at)}${search ? `?${search}` : ''}`;
        const answer = await agent.send(call.method, path, call.method === 'GET' ? undefined : body, {
          'if-match': '"v1"',
        });
        const fine =
          success.includes(String(answer.status)) ||
          answer.status === 304 ||
          (answer.status >= 400 && answer.status < 500 && isProblem(answer));
        must(
          fine && !leaks(answer),
          `${call.name} ${call.method} ${path} ${JSON.stringify(body)}: ${told(answer)}`,
        );
      },
    );
    await fc.assert(property, { numRuns: RUNS, seed });
    return RUNS;
  };

  it('in a shape that no field takes is refused before anything else, with an answer that says so', async () => {
    const hostile: readonly unknown[] = [
      { $ne: null },
      { $gt: '' },
      [[]],
      [{ $where: '1' }],
      1e30,
      { a: { b: 1 } },
    ];
    let turn = 0;
    for (const call of calls.filter(({ body }) => body !== null)) {
      await unthrottled();
      for (const field of Object.keys(call.body?.properties ?? {}))
        // Two of the shapes for each field, in turn; every shape for every field when asked to be thorough.
        for (const value of THOROUGH ? hostile : [hostile[turn++ % 6], hostile[turn++ % 6]]) {
          const answer = await send(call, { ...bodyOf(call), [field]: value });
          const label = `${call.name}.${field} = ${JSON.stringify(value)}: ${told(answer)}`;
          must(answer.status >= 400 && answer.status < 500 && isProblem(answer), label);
          must(!leaks(answer), label);
        }
    }
    settle();
  });

  it('with a field that the action does not have is refused whole, a prototype’s name too', async () => {
    const extra = [
      'tenantId',
      'role',
      'state',
      'minutes',
      'approvedBy',
      'verified',
      '_id',
      '__v',
      'createdAt',
    ];
    for (const [at, call] of calls.filter(({ body }) => body !== null).entries()) {
      await unthrottled();
      const tried = THOROUGH ? extra : [0, 1, 2].map((n) => extra[(at * 3 + n) % extra.length] as string);
      for (const field of tried.filter((name) => !(name in (call.body?.properties ?? {})))) {
        const answer = await send(call, { ...bodyOf(call), [field]: 'x' });
        must(answer.status === 400, `${call.name} took ${field}: ${told(answer)}`);
      }
      for (const key of ['__proto__', 'constructor', 'prototype']) {
        const body = JSON.stringify(bodyOf(call))
          .replace(/^\{/, `{"${key}":{"polluted":"yes"},`)
          .replace(',}', '}');
        const answer = await send(call, body);
        must(answer.status === 400, `${call.name} took ${key}: ${told(answer)}`);
      }
    }
    must(({} as { polluted?: string }).polluted === undefined, 'a prototype was changed');
    settle();
  });

  const textsBroke = 'as text that broke other programs is kept or refused on both doors, never a fault';
  for (let part = 0; part < PARTS; part += 1)
    it(PARTS === 1 ? textsBroke : `${textsBroke} (${part + 1} of ${PARTS})`, () => breakBy(part));

  async function breakBy(part: number): Promise<void> {
    const page = await almighty.page();
    const walked = calls.filter(({ body }) => body !== null && textFields(body).length > 0);
    const { composed } = await testApp();
    const pages = new Set(
      composed.routes.filter(({ doors }) => doors.includes('page')).map(({ name }) => name),
    );
    for (const [at, call] of walked.entries()) {
      if (at % PARTS !== part) continue;
      await unthrottled();
      const declared = composed.routes.find(({ name }) => name === call.name);
      // Some of the texts for each action, every text for some; all of them for all when asked to.
      const texts = THOROUGH ? NAUGHTY : NAUGHTY.filter((_text, n) => (n + at) % 10 === 0);
      for (const [n, naughty] of texts.entries()) {
        if (n % 100 === 99) await unthrottled();
        const filled = Object.fromEntries(textFields(call.body ?? {}).map((field) => [field, naughty]));
        const answer = await send(call, { ...bodyOf(call), ...filled });
        const label = `${call.name} ${JSON.stringify(naughty.slice(0, 40))}`;
        must(answer.status < 500 && !leaks(answer), `API ${label}: ${told(answer)}`);
        must(
          answer.status < 400 || isProblem(answer),
          `API ${label} is no problem document: ${told(answer)}`,
        );
        if (!pages.has(call.name) || !declared) continue;
        const address = addressOf({ ...call, path: declared.path });
        const shown = await page.post(address, { ...filled, _version: '1' } as Record<string, string>);
        must(shown.status < 500 && !leaks(shown), `page ${label}: ${shown.status}`);
        must(!/<script>alert|<img src=x/.test(shown.text), `page ${label} is not inert`);
      }
    }
    settle();
  }

  it('is stored and shown back unchanged and inert, or refused beside the field', async () => {
    await unthrottled();
    const page = await almighty.page();
    for (const [n, naughty] of NAUGHTY.entries()) {
      if (n % 100 === 99) await unthrottled();
      const made = await api.post('/requests', {
        unitId: place.tenant.rootUnitId,
        title: naughty,
        description: naughty,
      });
      must(
        [201, 422, 400].includes(made.status),
        `request ${JSON.stringify(naughty.slice(0, 40))}: ${told(made)}`,
      );
      if (made.status !== 201) continue;
      const { id } = made.json<{ id: string }>();
      const kept = (await api.get(`/requests/${id}`)).json<{ title: string; description: string }>();
      must(
        kept.title === naughty.trim() && kept.description === naughty.trim(),
        `${JSON.stringify(naughty.slice(0, 40))} became ${JSON.stringify(kept.title.slice(0, 40))}`,
      );
      const shown = await page.get(`/requests/${id}`);
      must(shown.status === 200, `page of ${JSON.stringify(naughty.slice(0, 40))}: ${shown.status}`);
      // Whatever could begin a tag or leave an attribute is escaped.
      if (/[<>"']/.test(naughty.trim()) && naughty.trim().length > 3)
        must(
          !shown.text.includes(naughty.trim()),
          `page of ${JSON.stringify(naughty.slice(0, 40))} is not inert`,
        );
    }
    settle();
  });

  it('as a generator makes it from the published document, gets an answer that the document knows', async () => {
    const until = performance.now() + FUZZ_MS;
    let [at, agents] = [place, [api, await place.volunteer.api()]];
    let [round, asked] = [0, 0];
    for (;;) {
      for (const call of calls) {
        await unthrottled();
        asked += await generate(call, at, agents, FUZZ_SEED + round);
      }
      round += 1;
      if (performance.now() >= until) break;
      // What was ended, taken back or used up in one round is there again in the next.
      at = await createPlace(`生成${round}词`);
      const second = await createMember(at.tenant, { roles: ROLES.filter((role) => role !== 'volunteer') });
      agents = [await second.api(), await at.volunteer.api()];
    }
    if (FUZZ_MS > 0) process.stdout.write(`${asked} generated requests in ${round} rounds\n`);
    settle();
  });

  it('as the first or last date that can be written is refused or answered, on every operation that takes dates (F-32)', async () => {
    const isDate = (schema: JsonSchema): boolean =>
      [schema, ...(schema.anyOf ?? [])].some(({ format }) => format === 'date' || format === 'date-time');
    let refused = 0;
    for (const call of calls) {
      await unthrottled();
      const inBody = Object.entries(call.body?.properties ?? {}).filter(([, one]) => isDate(one));
      const inQuery = (call.operation.parameters ?? []).filter(
        ({ in: where, schema }) => where === 'query' && isDate(schema),
      );
      for (const [date, at] of [
        ['9999-12-31', '9999-12-31T23:59:59Z'],
        ['0000-01-01', '0000-01-01T00:00:00Z'],
      ] as const) {
        for (const [field, schema] of inBody) {
          const value = JSON.stringify(schema).includes('"date-time"') ? at : date;
          const answer = await send(call, { ...bodyOf(call), [field]: value });
          must(
            answer.status >= 400 && answer.status < 500,
            `${call.name}.${field} = ${value}: ${told(answer)}`,
          );
          if (answer.text.includes('date-out-of-reach')) refused += 1;
        }
        for (const { name } of inQuery) {
          const answer = await api.send(call.method, `${addressOf(call)}?${name}=${date}`, undefined);
          must(answer.status < 500, `${call.name}?${name}=${date}: ${told(answer)}`);
        }
      }
    }
    expect(refused).to.be.greaterThan(15);
    settle();
  });

  it('with an id of another organisation inside is refused like one that names nothing (S-3)', async () => {
    const foreign = await createPlace('邻家词');
    const isId = (schema: JsonSchema): boolean =>
      [schema, ...(schema.anyOf ?? [])].some((one) => one.pattern === '^[0-9a-f]{24}$');
    const idOf = (ids: Readonly<Record<string, string>>, field: string): string =>
      ids[field] ?? ids['unitId'] ?? '';
    const silent = (answer: Answer, label: string): void =>
      must(
        !`${answer.text} ${decodeURIComponent(answer.location ?? '')}`.includes(foreign.word),
        `${label} told a word`,
      );
    let tried = 0;
    for (const call of calls) {
      await unthrottled();
      for (const [field] of Object.entries(call.body?.properties ?? {}).filter(([, one]) => isId(one))) {
        tried += 1;
        const label = `${call.name} with a foreign ${field}`;
        const answer = await send(call, { ...bodyOf(call), [field]: idOf(foreign.ids, field) });
        must(answer.status >= 400 && answer.status < 500, `${label}: ${told(answer)}`);
        silent(answer, label);
      }
      for (const { name } of (call.operation.parameters ?? []).filter(
        (one) => one.in === 'query' && isId(one.schema),
      )) {
        tried += 1;
        const label = `${call.name} filtered by a foreign ${name}`;
        const answer = await api.get(`${addressOf(call)}?${name}=${idOf(foreign.ids, name)}`);
        const rows = answer.status === 200 ? (answer.json<{ data?: unknown[] }>().data ?? []) : [];
        must(rows.length === 0 && answer.status < 500, `${label}: ${told(answer)}`);
        silent(answer, label);
      }
      const inner = /^(.*:[A-Za-z]+\/.*)(:[A-Za-z]+)(.*)$/.exec(call.path);
      if (!inner) continue;
      tried += 1;
      const [own, other] = [pathAt(call.path, place.ids), pathAt(call.path, foreign.ids)];
      if (own === null || other === null) continue;
      const [mine, theirs] = [own.split('/'), other.split('/')];
      const last = mine.findLastIndex((part, at) => part !== theirs[at]);
      const mixed = mine.map((part, at) => (at === last ? theirs[at] : part)).join('/');
      const answer = await api.send(call.method, mixed, call.method === 'GET' ? undefined : bodyOf(call), {
        'if-match': '"v1"',
      });
      // Who may not touch the outer thing is told that, whatever the inner one.
      must([403, 404].includes(answer.status), `${call.name} ${mixed}: ${told(answer)}`);
      silent(answer, call.name);
    }
    expect(tried).to.be.greaterThan(15);
    settle();
  });

  it('cannot choose the organisation: header, query, cookie and body only say what they always say (S-5)', async () => {
    const foreign = await createPlace('别家词');
    const { url } = await testApp();
    const theirs = foreign.tenant.id;
    const page = await almighty.page();
    for (const headers of [
      { 'x-tenant-id': theirs },
      { 'x-tenant': foreign.tenant.slug },
      { cookie: `tenant=${theirs}; membershipId=${foreign.volunteer.membershipId}` },
    ]) {
      const answer = await fetch(`${url}/api/v1/requests`, {
        headers: { authorization: `Bearer ${api.token}`, ...headers },
      });
      const text = await answer.text();
      expect([answer.status, text.includes(foreign.word), text.includes(place.word)]).to.deep.equal([
        200,
        false,
        true,
      ]);
    }
    for (const name of ['tenantId', 'tenant', 'membershipId'])
      expect((await api.get(`/requests?${name}=${theirs}`)).status, name).to.equal(400);
    const switched = await page.post('/session/membership', { membershipId: foreign.volunteer.membershipId });
    expect(switched.status).to.equal(404);
    expect((await page.get('/requests')).text).to.not.include(foreign.word);
  });

  it('over the limits of size, depth, fields and parameters is refused at once (S-34)', async () => {
    const { url } = await testApp();
    const headers = { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' };
    const status = async (path: string, init: RequestInit): Promise<number> =>
      (await fetch(`${url}/api/v1${path}`, init)).status;
    const big = JSON.stringify({ title: 'x'.repeat(3_000_000) });
    expect(await status('/requests', { method: 'POST', headers, body: big })).to.equal(413);
    let deep: unknown = 'x';
    for (let i = 0; i < 40; i += 1) deep = { a: deep };
    expect((await api.post('/requests', { title: deep })).status).to.equal(400);
    expect(await status('/requests', { method: 'POST', headers, body: '{"title":' })).to.equal(400);
    expect(
      await status('/requests', {
        method: 'POST',
        headers: { ...headers, 'content-type': 'text/plain' },
        body: 'x',
      }),
    ).to.equal(415);
    expect((await api.get('/requests?limit=5&limit=6')).status).to.equal(400);
    expect((await api.get(`/requests?q=${'x'.repeat(20_000)}`)).status).to.be.within(400, 431);
    expect((await api.get('/requests?nonsense=1')).status).to.equal(400);
    expect(await status('/requests', { method: 'TRACE', headers: {} } as never).catch(() => 405)).to.equal(
      405,
    );
    const form = new PageAgent();
    await form.get('/register');
    const many = Object.fromEntries(Array.from({ length: 3_000 }, (_unused, at) => [`f${at}`, 'x']));
    expect((await form.post('/register', many)).status).to.be.oneOf([400, 413, 422]);
  });

  it('as a form of parts that cannot be read, or a file of any name, is the sender’s fault and never ours (S-33)', async () => {
    await unthrottled();
    const { url } = await testApp();
    const post = async (body: string | Buffer, type = 'multipart/form-data; boundary=b'): Promise<number> => {
      const headers = { authorization: `Bearer ${api.token}`, 'content-type': type };
      const answer = await fetch(`${url}/api/v1/imports`, { method: 'POST', headers, body });
      const text = await answer.text();
      must(!/node_modules|\.ts:\d+|at async /.test(text), text.slice(0, 200));
      return answer.status;
    };
    const part = (header: string): string => `--b\r\n${header}\r\n\r\nx\r\n--b--\r\n`;
    const named = (name: string): string =>
      part(`Content-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: text/csv`);
    const bodies = [
      ...[
        '',
        'x',
        '--b',
        '--b--',
        '--b\r\n',
        '--b\r\n\r\n',
        part('no header at all'),
        part(': x'),
        part('a\0b: c'),
      ],
      ...[
        part('Content-Disposition: form-data'),
        part(`X: ${'y'.repeat(90_000)}`),
        named('a.csv').slice(0, -9),
      ],
      part('Content-Disposition: form-data; name="__proto__"'),
      ...NAUGHTY.filter((_text, at) => THOROUGH || at % 12 === 0).map((text) => named(text.toWellFormed())),
    ];
    for (const body of bodies) {
      const status = await post(body);
      must(status >= 400 && status < 500, `${JSON.stringify(body.slice(0, 80))}: ${status}`);
    }
    for (const boundary of ['', '; boundary=', '; boundary=é', `; boundary=${'b'.repeat(500)}`]) {
      const status = await post(named('a.csv'), `multipart/form-data${boundary}`);
      must(status >= 400 && status < 500, `a boundary of "${boundary.slice(0, 20)}": ${status}`);
    }
    settle();
  });

  it('that is nothing at all is taken by what needs nothing, whatever the program says of its type', async () => {
    const { url } = await testApp();
    const answer = await fetch(`${url}/api/v1/confirm/${'A'.repeat(43)}`, { method: 'POST' });
    expect([answer.status, ((await answer.json()) as { code: string }).code]).to.deep.equal([
      404,
      'link-not-valid',
    ]);
  });
});
