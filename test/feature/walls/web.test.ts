import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { expect } from 'chai';
import { createMember, createPerson, createTenant, PASSWORD } from '../../factories/people.ts';
import type { TestPerson } from '../../factories/people.ts';
import { createRequest } from '../../factories/requests.ts';
import { AccountModel, AccountTokenModel } from '../../../server/features/accounts/account.model.ts';
import { asOperator } from '../../factories/people.ts';
import { asPlatform } from '../../../server/core/context.ts';
import { OutboxModel } from '../../../server/db/outbox.ts';
import { publishRoutes } from '../../../server/http/router.ts';
import { ApiAgent, PageAgent } from '../../support/agent.ts';
import { atOffset, testApp } from '../../support/app.ts';

interface Raw {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}
/** A request as no browser would let one be made: any host, any header. */
async function raw(path: string, headers: Record<string, string>, method = 'GET', body = ''): Promise<Raw> {
  const url = new URL((await testApp()).url);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: url.hostname,
        port: url.port,
        path,
        method,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (part: string) => (text += part));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
async function signedIn(person: TestPerson, password = PASSWORD): Promise<PageAgent> {
  const page = new PageAgent();
  await page.get('/sign-in');
  const answer = await page.post('/sign-in', { email: person.email, password });
  if (answer.status !== 303) throw new Error(`Sign-in answered ${answer.status}`);
  return page;
}

describe('every answer', function () {
  this.timeout(120_000);

  it('carries the headers that browsers need to protect people, errors and files included (S-26, S-27)', async () => {
    const page = await (await createMember(await createTenant())).page();
    const { url } = await testApp();
    const asset = /href="(\/assets\/[^"]+\.css)"/.exec((await page.get('/')).text)?.[1] ?? '';
    const nonces = new Set<string>();
    const cases: readonly (readonly [string, number])[] = [
      ['/', 200],
      ['/account', 200],
      ['/join', 200],
      ['/nowhere', 404],
      ['/requests/new', 403],
      ['/api/v1/me', 401],
      ['/api/v1/nowhere', 404],
      ['/healthz', 200],
      [asset, 200],
    ];
    for (const [path, status] of cases) {
      const answer = await fetch(`${url}${path}`, {
        headers: { cookie: page.cookieHeader() },
        redirect: 'manual',
      });
      expect(answer.status, path).to.equal(status);
      const get = (name: string): string => answer.headers.get(name) ?? '';
      expect(get('strict-transport-security'), path).to.match(/max-age=31536000; includeSubDomains/);
      expect(get('x-content-type-options'), path).to.equal('nosniff');
      expect(get('referrer-policy'), path).to.not.equal('');
      expect(get('cross-origin-opener-policy'), path).to.equal('same-origin');
      expect(get('cross-origin-resource-policy'), path).to.equal('same-origin');
      expect(answer.headers.has('x-powered-by'), path).to.equal(false);
      const policy = get('content-security-policy');
      for (const rule of [
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
        'report-uri',
      ])
        expect(policy, path).to.include(rule);
      expect(policy, path).to.not.include('unsafe-inline');
      const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? '';
      expect(nonces.has(nonce), `${path} repeats a nonce`).to.equal(false);
      nonces.add(nonce);
    }
    const redirected = await fetch(`${url}/account`, { redirect: 'manual' });
    expect([redirected.status, redirected.headers.get('x-content-type-options')]).to.deep.equal([
      303,
      'nosniff',
    ]);
    const large = await raw(
      '/api/v1/register',
      { host: new URL(url).host, 'content-type': 'application/json' },
      'POST',
      JSON.stringify({ name: 'x'.repeat(300_000) }),
    );
    expect([large.status, large.headers['x-content-type-options']]).to.deep.equal([413, 'nosniff']);
  });

  it('sets no cookie that a script, another site or plain http could have (S-20)', async () => {
    const { url } = await testApp();
    const person = await createPerson();
    const page = await signedIn(person);
    const seen: string[] = [];
    const collect = async (path: string, init: RequestInit = {}): Promise<void> => {
      const answer = await fetch(`${url}${path}`, { redirect: 'manual', ...init });
      seen.push(...answer.headers.getSetCookie());
    };
    const { composed } = await testApp();
    const paths = publishRoutes(composed.routes)
      .filter(({ door, method, path }) => door === 'page' && method === 'GET' && !path.includes(':'))
      .map(({ path }) => path);
    for (const path of paths)
      for (const cookie of ['', page.cookieHeader()])
        await collect(`${path}?lang=en&letters=large`, { headers: cookie ? { cookie } : {} });
    const form = new PageAgent();
    await form.get('/sign-in');
    const entered = await form.post('/sign-in', { email: person.email, password: PASSWORD });
    seen.push(...entered.headers.getSetCookie());
    expect(new Set(seen.map((one) => one.split('=')[0]))).to.deep.equal(
      new Set(['__Host-linli', '__Host-device', '__Host-lang', '__Host-letters']),
    );
    for (const cookie of seen) {
      expect(cookie).to.match(/^__Host-/);
      expect(cookie)
        .to.match(/; Secure/i)
        .and.match(/; HttpOnly/i)
        .and.match(/; SameSite=(Lax|Strict)/i);
      expect(cookie).to.match(/; Path=\/(;|$)/i);
      expect(cookie).to.not.match(/; Domain/i);
    }
  });

  it('that is personal is kept by nobody, and sits at no path that looks like a file (S-32)', async () => {
    const member = await createMember(await createTenant());
    const page = await member.page();
    const { url } = await testApp();
    for (const path of ['/', '/account', '/profile', '/hours', '/assignments', '/api/v1/me']) {
      const headers: Record<string, string> = path.startsWith('/api')
        ? { authorization: `Bearer ${(await member.api()).token}` }
        : { cookie: page.cookieHeader() };
      const answer = await fetch(`${url}${path}`, { headers });
      expect([answer.status, answer.headers.get('cache-control')], path).to.deep.equal([200, 'no-store']);
      expect(answer.headers.get('etag'), path).to.equal(null);
    }
    for (const path of ['/account/x.css', '/profile.js', '/account;.css', '/account%2f.css', '/hours/x.png'])
      expect((await page.get(path)).status, path).to.equal(404);
    const out = await page.post('/sign-out');
    expect(out.headers.get('clear-site-data') ?? '').to.include('"cache"');
  });

  it('is the same page whatever layout, view or language file is asked for (S-30)', async () => {
    const visitor = new PageAgent();
    const bare = (text: string): string =>
      text
        .replace(/nonce="[^"]*"|value="[^"]*"|lang(?:=|&#x3D;)[a-zA-Z-]+/g, '')
        .replace(/[A-Za-z0-9_-]{22,}/g, '');
    for (const path of ['/', '/register', '/sign-in', '/forgotten']) {
      const plain = await visitor.get(`${path}?lang=en`);
      expect(plain.status).to.equal(200);
      for (const key of [
        'layout',
        'view',
        'partial',
        'settings[views]',
        '_locals',
        'cache',
        'template',
        'locale',
        '__proto__',
      ]) {
        const other = await visitor.get(`${path}?lang=en&${encodeURIComponent(key)}=../../package.json`);
        expect(other.status, `${path} ${key}`).to.be.oneOf([200, 400]);
        if (other.status === 200) expect(bare(other.text), `${path} ${key}`).to.equal(bare(plain.text));
      }
      for (const lang of ['../../etc/passwd', 'xx', 'constructor', '__proto__'])
        expect((await visitor.get(`${path}?lang=${encodeURIComponent(lang)}`)).status).to.equal(200);
    }
  });

  it('goes to our own host only, whatever host or forwarding is claimed (S-35, S-18)', async () => {
    const { url } = await testApp();
    const own = new URL(url).host;
    for (const host of ['evil.example', `${own}.evil.example`, `evil.example:80`, `${own}@evil.example`])
      expect((await raw('/', { host })).status, host).to.be.oneOf([400, 404]);
    const forged = await raw('/sign-in', {
      host: own,
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'gopher',
    });
    expect(forged.status).to.equal(200);
    expect(forged.text).to.not.include('evil.example');
    const person = await createPerson();
    const asked = await raw(
      '/api/v1/password-resets',
      {
        host: own,
        'x-forwarded-host': 'evil.example',
        forwarded: 'host=evil.example',
        'content-type': 'application/json',
      },
      'POST',
      JSON.stringify({ email: person.email }),
    );
    expect(asked.status).to.equal(202);
    await (await testApp()).sweep('messages/deliver');
    const mails = (await (await fetch(`${url}/dev/mailbox.json`)).json()) as {
      to: string;
      links: string[];
    }[];
    const links = mails.filter(({ to }) => to.includes(person.email)).flatMap((mail) => mail.links);
    expect(links.length).to.be.greaterThan(0);
    for (const link of links) expect(link.startsWith(`${url}/`), link).to.equal(true);
    // What the database holds opens nothing, and the link serves its one purpose only.
    const secret =
      links
        .find((link) => link.includes('/reset/'))
        ?.split('/')
        .at(-1) ?? '';
    expect(secret).to.have.length(43);
    expect(JSON.stringify(await AccountTokenModel.find({ address: person.email }).lean())).to.not.include(
      secret,
    );
    const rows = await asOperator(() =>
      asPlatform(async () => OutboxModel.find({}).sort({ _id: -1 }).limit(50).lean()),
    );
    expect(JSON.stringify(rows.map(({ data }) => data))).to.not.include(secret);
    for (const path of [
      `/confirm/${secret}`,
      `/email-changes/${secret}`,
      `/email-changes/${secret}/undo`,
      `/starts/${secret}`,
    ])
      expect(
        (await new ApiAgent().post(path, path.startsWith('/starts') ? { password: PASSWORD } : {})).status,
        path,
      ).to.equal(404);
  });
});

describe('a form of another site', function () {
  this.timeout(60_000);

  it('changes nothing, whatever it says of where it comes from (S-25)', async () => {
    const person = await createPerson();
    const page = await signedIn(person);
    await page.get('/account');
    const { url } = await testApp();
    const evil = 'https://evil.example';
    const choose = async (
      headers: Record<string, string>,
      fields: Record<string, string> = {},
    ): Promise<number> => (await page.post('/account/locale', { locale: 'en', ...fields }, headers)).status;
    const table: readonly (readonly [Record<string, string>, Record<string, string>, number])[] = [
      [{ origin: url, 'sec-fetch-site': 'same-origin' }, {}, 303],
      [{ origin: url }, {}, 303],
      [{ origin: evil }, {}, 403],
      [{ origin: evil, 'sec-fetch-site': 'same-origin' }, {}, 303],
      [{ origin: url, 'sec-fetch-site': 'same-site' }, {}, 403],
      [{ origin: url, 'sec-fetch-site': 'cross-site' }, {}, 403],
      [{ origin: url, 'sec-fetch-site': 'none' }, {}, 403],
      [{ origin: 'null' }, {}, 403],
      [{ origin: '' }, {}, 403],
      [{ origin: url, 'sec-fetch-site': 'same-origin' }, { _csrf: '' }, 403],
      [{ origin: url, 'sec-fetch-site': 'same-origin' }, { _csrf: 'x'.repeat(43) }, 403],
      [{ origin: url, 'content-type': 'text/plain' }, {}, 403],
      [{ origin: url, 'content-type': 'application/json' }, {}, 403],
    ];
    for (const [headers, fields, status] of table) {
      const got = await choose(headers, fields);
      // A page that says same-origin and another origin at once is no browser: either answer refuses an attack.
      if (headers['origin'] === evil && headers['sec-fetch-site']) expect(got).to.be.oneOf([303, 403]);
      else expect(got, JSON.stringify([headers, fields])).to.equal(status);
    }
    // Another session's token is worth nothing here.
    const other = await signedIn(await createPerson());
    const foreign = /name="_csrf" value="([^"]+)"/.exec((await other.get('/account')).text)?.[1] ?? '';
    expect(await choose({ origin: url }, { _csrf: foreign.replaceAll('&#x3D;', '=') })).to.equal(403);
    // Nor do addresses that are only opened.
    const { composed } = await testApp();
    const unsafe = publishRoutes(composed.routes).filter(
      ({ door, method, path }) => door === 'page' && method !== 'GET' && !path.includes(':'),
    );
    const readable = new Set(
      publishRoutes(composed.routes)
        .filter(({ door, method }) => door === 'page' && method === 'GET')
        .map(({ path }) => path),
    );
    for (const { path } of unsafe.filter((one) => !readable.has(one.path)))
      expect((await page.get(path)).status, `GET ${path}`).to.be.oneOf([403, 404, 405]);
  });

  it('cannot lead anybody elsewhere after signing in (S-31)', async () => {
    const person = await createPerson();
    for (const path of [
      '//evil.example',
      '/\\evil.example',
      '/%09/evil.example',
      '/..//evil.example',
      '/account?next=//evil.example',
    ]) {
      const page = new PageAgent();
      await page.get(path);
      await page.get('/sign-in');
      const answer = await page.post('/sign-in', { email: person.email, password: PASSWORD });
      const { url } = await testApp();
      expect(new URL(answer.location ?? '/', url).origin, path).to.equal(new URL(url).origin);
    }
  });
});

describe('a session', function () {
  this.timeout(60_000);

  it('is another one after every change of rights, and nothing of an old one opens anything (S-19)', async () => {
    const tenant = await createTenant();
    const member = await createMember(tenant);
    const { url } = await testApp();
    const opens = async (cookie: string): Promise<boolean> =>
      (await fetch(`${url}/account`, { headers: { cookie }, redirect: 'manual' })).status === 200;
    const session = (page: PageAgent): string => /__Host-linli=[^;]+/.exec(page.cookieHeader())?.[0] ?? '';
    const visitor = new PageAgent();
    await visitor.get('/sign-in');
    const planted = session(visitor);
    await visitor.post('/sign-in', { email: member.email, password: PASSWORD });
    expect(session(visitor)).to.not.equal(planted);
    expect(await opens(planted)).to.equal(false);
    const first = session(visitor);
    await visitor.get('/account');
    await visitor.post('/session/membership', { membershipId: member.membershipId });
    expect([session(visitor) === first, await opens(first), await opens(session(visitor))]).to.deep.equal([
      false,
      false,
      true,
    ]);
    const before = session(visitor);
    await visitor.get('/account');
    const changed = await visitor.post('/account/password', {
      current: PASSWORD,
      password: 'another quiet evening by the river',
    });
    expect(changed.status).to.equal(303);
    expect([await opens(before), await opens(session(visitor))]).to.deep.equal([false, true]);
    const last = session(visitor);
    await visitor.get('/account');
    await visitor.post('/sign-out');
    expect(await opens(last)).to.equal(false);
  });

  it('ends by itself when nobody uses it, and after a day at most (S-19)', async () => {
    const { composed } = await testApp();
    const person = await createPerson();
    const page = await signedIn(person);
    expect((await page.get('/account')).status).to.equal(200);
    await atOffset(composed.config.sessionMaxMs + 60_000, async () => {
      expect((await page.get('/account')).location).to.equal('/sign-in');
    });
    expect(composed.config.sessionIdleMs).to.be.lessThan(composed.config.sessionMaxMs + 1);
  });
});

describe('a password', function () {
  this.timeout(60_000);

  it('counts to its last byte, spaces included, and is kept as argon2id (S-14, S-15)', async () => {
    const [base, last] = ['0123456789 quiet evenings by the river, year after year, with a friend, ', 'a'];
    const person = await createPerson();
    const page = await signedIn(person);
    await page.get('/account/password');
    const long = `  ${base}${last}`;
    expect(Buffer.byteLength(long)).to.be.greaterThan(73);
    expect((await page.post('/account/password', { current: PASSWORD, password: long })).status).to.equal(
      303,
    );
    const enters = (password: string): Promise<boolean> =>
      signedIn(person, password).then(
        () => true,
        () => false,
      );
    expect(await enters(`  ${base}b`)).to.equal(false);
    expect(await enters(long.trim())).to.equal(false);
    expect(await enters(`${long} `)).to.equal(false);
    expect(await enters(long)).to.equal(true);
    const account = await AccountModel.findById(person.accountId).lean();
    const [, kind, , parameters] = account?.passwordHash?.split('$') ?? [];
    expect(kind).to.equal('argon2id');
    expect(Object.fromEntries((parameters ?? '').split(',').map((part) => part.split('=')))).to.deep.equal({
      m: '19456',
      t: '2',
      p: '1',
    });
    const register = (password: string) =>
      new ApiAgent().post('/register', {
        name: '李明',
        email: `x-${Math.random()}@example.org`,
        password,
        terms: true,
      });
    for (const weak of ['short', 'password1234', '123456789012', 'aaaaaaaaaaaa', 'linli linli linli'])
      expect((await register(weak)).status, weak).to.equal(422);
    for (const strong of [
      '只有汉字也可以是一个好密码的',
      'no capitals or digits at all',
      '🙂'.repeat(3) + ' four five six',
    ])
      expect((await register(strong)).status, strong).to.equal(202);
  });
});

describe('an address', function () {
  this.timeout(60_000);

  it('that only looks like another is the same, or none: no second account, no other’s mail (S-46)', async () => {
    const person = await createPerson();
    const [local = '', domain = ''] = person.email.split('@');
    const wide = [...local]
      .map((letter) =>
        /[a-z]/.test(letter) ? String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0xfee0) : letter,
      )
      .join('');
    const before = await AccountModel.countDocuments();
    const register = (email: string) =>
      new ApiAgent().post('/register', {
        name: '李明',
        email,
        password: 'a quiet evening by the river',
        terms: true,
      });
    for (const same of [
      person.email.toUpperCase(),
      `${wide}@${domain}`,
      ` ${person.email} `,
      `${local}@EXAMPLE.ORG`,
    ])
      expect((await register(same)).status, same).to.equal(202);
    expect(await AccountModel.countDocuments()).to.equal(before);
    for (const none of [
      `${local}\u200b@${domain}`,
      `${local}\u202e@${domain}`,
      `${local}@${domain}\r\nBcc: x@example.org`,
      `${local}@${domain}, other@example.org`,
      `"${local}" <${person.email}>`,
      `${local}@127.0.0.1`,
      `${local}@@${domain}`,
    ])
      expect((await register(none)).status, JSON.stringify(none)).to.equal(422);
    for (const name of ['李\u202e明', 'Li\u200b Ming', 'Li\nMing', 'a\u0000b'])
      expect(
        (
          await new ApiAgent().post('/register', {
            name,
            email: 'fresh@example.org',
            password: 'a quiet evening by the river',
            terms: true,
          })
        ).status,
        JSON.stringify(name),
      ).to.equal(422);
    expect(await AccountModel.countDocuments()).to.equal(before);
  });

  it('gets mail alone, whatever the names around it hold (S-40)', async () => {
    const email = `alone-${Date.now()}@example.org`;
    const made = await new ApiAgent().post('/register', {
      name: 'Li, Ming <other@example.org>; "x"',
      email,
      password: 'a quiet evening by the river',
      terms: true,
    });
    expect(made.status, made.text).to.equal(202);
    await (await testApp()).sweep('messages/deliver');
    const { url } = await testApp();
    const mails = (await (await fetch(`${url}/dev/mailbox.json`)).json()) as { to: string }[];
    expect(mails.filter(({ to }) => to.includes(email)).length).to.equal(1);
    expect(mails.filter(({ to }) => /^other@example\.org$/.test(to)).length).to.equal(0);
  });
});

describe('words that are looked for', function () {
  this.timeout(60_000);

  it('are words: signs of a pattern stand for themselves, and none of them takes long (S-39)', async () => {
    const tenant = await createTenant();
    const coordinator = await createMember(tenant, { roles: ['coordinator'] });
    await createRequest(tenant, { title: '陪诊 (a+)+$ .*' });
    await createRequest(tenant, { title: '陪诊 aaaa' });
    const api = await coordinator.api();
    const found = async (q: string): Promise<string[]> => {
      const answer = await api.get(`/requests?q=${encodeURIComponent(q)}`);
      expect(answer.status, q).to.be.oneOf([200, 422]);
      return answer.status === 200
        ? answer.json<{ data: { title: string }[] }>().data.map(({ title }) => title)
        : [];
    };
    for (const pattern of ['.*', '^.*$', '(a+)+$', '[a-z]+', 'a{1,9}', '\\w+', '.']) {
      const titles = await found(pattern);
      expect(
        titles.filter((title) => !title.toLowerCase().includes(pattern.toLowerCase())),
        pattern,
      ).to.deep.equal([]);
    }
    expect((await found(`${'a'.repeat(50)}!`)).length).to.equal(0);
    for (const path of ['/memberships', '/people'])
      for (const q of ['.*', '(a+)+$', '$where', '\\'])
        expect(
          (await api.get(`${path}?q=${encodeURIComponent(q)}`)).json<{ data: unknown[] }>().data,
          `${path} ${q}`,
        ).to.deep.equal([]);
  });
});

describe('what is nobody’s business', () => {
  it('is not there: no metrics, panel, sources or repository in public (S-56)', async () => {
    const visitor = new PageAgent();
    for (const path of [
      '/metrics',
      '/.git/HEAD',
      '/.env',
      '/package.json',
      '/server/start.ts',
      '/api-docs',
      '/agenda',
      '/dash',
      '/debug',
      '/assets/../package.json',
      '/assets/app.js.map',
      '/assets/%2e%2e/%2e%2e/package.json',
    ])
      expect((await visitor.get(path)).status, path).to.equal(404);
  });
});
