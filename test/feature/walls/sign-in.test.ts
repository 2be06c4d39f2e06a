import { expect } from 'chai';
import { createMember, createPerson, createTenant, PASSWORD, signedIn } from '../../factories/people.ts';
import { AccountModel } from '../../../server/features/accounts/account.model.ts';
import { publishRoutes } from '../../../server/http/router.ts';
import { ApiAgent, PageAgent } from '../../support/agent.ts';
import { atOffset, testApp } from '../../support/app.ts';

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
    for (const weak of [
      'short',
      'password1234',
      '123456789012',
      'aaaaaaaaaaaa',
      'linli linli linli',
      'dragon-monkey-99',
    ])
      expect((await register(weak)).status, weak).to.equal(422);
    for (const strong of [
      '只有汉字也可以是一个好密码的',
      'no capitals or digits at all',
      '🙂'.repeat(3) + ' four five six',
      '!?$%&/()=#+*',
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
