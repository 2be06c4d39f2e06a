import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { expect } from 'chai';
import { createMember, createPerson, createTenant, PASSWORD, signedIn } from '../../factories/people.ts';
import { createRequest } from '../../factories/requests.ts';
import { AccountTokenModel } from '../../../server/features/accounts/account.model.ts';
import { asOperator } from '../../factories/people.ts';
import { asPlatform } from '../../../server/core/context.ts';
import { OutboxModel } from '../../../server/db/outbox.ts';
import { publishRoutes } from '../../../server/http/router.ts';
import { ApiAgent, PageAgent } from '../../support/agent.ts';
import { testApp } from '../../support/app.ts';

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
