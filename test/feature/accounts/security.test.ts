import { expect } from 'chai';
import { Types } from 'mongoose';
import { asPlatform } from '../../../server/core/context.ts';
import { database } from '../../../server/db/connect.ts';
import { OutboxModel } from '../../../server/db/outbox.ts';
import { AccountModel, AccountTokenModel } from '../../../server/features/accounts/account.model.ts';
import { browserName } from '../../../server/features/accounts/account.view.ts';
import {
  asOperator,
  createMember,
  createPerson,
  createTenant,
  PASSWORD,
  signedIn,
} from '../../factories/people.ts';
import type { TestPerson } from '../../factories/people.ts';
import { ApiAgent, PageAgent } from '../../support/agent.ts';
import { atOffset, testApp } from '../../support/app.ts';

const NEW = 'another quiet evening by the river';
let n = 0;
const address = (): string => `moved-${(n += 1)}-${new Types.ObjectId().toString()}@example.org`;

async function leave(page: PageAgent): Promise<void> {
  await page.get('/account');
  await page.post('/sign-out');
  await page.get('/sign-in');
}
const mayEnter = (person: TestPerson, password: string, email = person.email): Promise<boolean> =>
  signedIn(person, password, email).then(
    () => true,
    () => false,
  );
/** What the mailbox shows for an address, newest first. */
async function mailTo(to: string): Promise<{ subject: string; text: string; links: string[] }[]> {
  const { url } = await testApp();
  const mails = (await (await fetch(`${url}/dev/mailbox.json`)).json()) as {
    to: string;
    subject: string;
    text: string;
    links: string[];
    sentAt: string;
  }[];
  return mails.filter((mail) => mail.to.includes(to));
}
async function linkFor(to: string, part: string): Promise<string> {
  await (await testApp()).sweep('messages/deliver');
  const { url } = await testApp();
  const link = (await mailTo(to)).flatMap(({ links }) => links).find((one) => one.includes(part));
  if (!link) throw new Error(`No link with ${part} for ${to}`);
  return link.replace(url, '');
}
const outboxRows = (kind: string): Promise<number> =>
  asOperator(() => asPlatform(async () => OutboxModel.countDocuments({ kind })));

describe('a forgotten password', function () {
  this.timeout(60_000);

  it('is replaced by a mailed link, once; every session and token ends, and the owner is told', async () => {
    const member = await createMember(await createTenant());
    const before = await signedIn(member);
    const api = await member.api();
    const diary = new URL((await api.post('/calendar-feed')).json<{ url: string }>().url).pathname;
    const visitor = new PageAgent();
    expect((await visitor.get(diary)).status).to.equal(200);
    expect((await visitor.get('/sign-in?lang=en')).text).to.include('/forgotten');
    await visitor.get('/forgotten');
    expect((await visitor.post('/forgotten', { email: member.email.toUpperCase() })).location).to.equal(
      '/forgotten/sent',
    );
    const link = await linkFor(member.email, '/reset/');
    // Scanners fetch links: that changes nothing.
    for (let i = 0; i < 3; i += 1) expect((await visitor.get(link)).status).to.equal(200);
    const weak = await visitor.post(link, { password: 'short' });
    expect(weak.status).to.equal(422);
    expect(weak.text).to.include('id="f-password-error"');
    expect((await visitor.post(link, { password: NEW })).location).to.equal('/sign-in');
    expect((await visitor.post(link, { password: NEW })).status).to.equal(404);
    // Whoever opens it once more is a press away from another one.
    const over = await visitor.get(link);
    expect([over.status, over.text.includes('btn-primary" href="/forgotten"')]).to.deep.equal([404, true]);
    expect([await mayEnter(member, PASSWORD), await mayEnter(member, NEW)]).to.deep.equal([false, true]);
    expect((await before.get('/account')).location).to.equal('/sign-in');
    expect((await api.get('/me')).status).to.equal(401);
    expect((await visitor.get(diary)).status).to.equal(404);
    // A browser that was signed in before is not shown as one that still is.
    const after = new PageAgent();
    await after.get('/sign-in');
    await after.post('/sign-in', { email: member.email, password: NEW });
    // The other one was opened above, with the new password.
    expect(
      (await after.get('/account')).text.match(/\/account\/sessions\/[0-9a-f]{24}\/end"/g),
    ).to.have.length(1);
    await (await testApp()).sweep('messages/deliver');
    expect((await mailTo(member.email)).map(({ subject }) => subject)).to.include('密码已修改');
  });

  it('tells nobody whether an address is known, by words, status or writes', async () => {
    const person = await createPerson();
    const rows = async (): Promise<number[]> => [
      await outboxRows('accounts/reset'),
      await AccountTokenModel.countDocuments({ purpose: 'reset-password' }),
    ];
    const cost = async (email: string): Promise<{ answer: string; written: number[] }> => {
      const before = await rows();
      const answer = await new ApiAgent().post('/password-resets', { email });
      const after = await rows();
      return {
        answer: `${answer.status} ${answer.text}`,
        written: after.map((count, at) => count - (before[at] ?? 0)),
      };
    };
    const known = await cost(person.email);
    const unknown = await cost(`nobody-${person.email}`);
    expect(known).to.deep.equal(unknown);
    expect(known.written).to.deep.equal([1, 1]);
    await (await testApp()).sweep('messages/deliver');
    expect(await mailTo(`nobody-${person.email}`)).to.deep.equal([]);
    expect((await new ApiAgent().post('/password-resets', { email: 'no address' })).status).to.equal(422);
  });

  it('sends at most three links an hour to one address, and a link lives an hour', async () => {
    const person = await createPerson();
    for (let i = 0; i < 5; i += 1)
      expect((await new ApiAgent().post('/password-resets', { email: person.email })).status).to.equal(202);
    expect(await AccountTokenModel.countDocuments({ address: person.email })).to.equal(3);
    const link = await linkFor(person.email, '/reset/');
    await atOffset(61 * 60_000, async () => {
      expect((await new PageAgent().get(link)).status).to.equal(404);
      const secret = link.split('/').at(-1) ?? '';
      expect((await new ApiAgent().post(`/password-resets/${secret}`, { password: NEW })).status).to.equal(
        404,
      );
    });
    expect(await mayEnter(person, PASSWORD)).to.equal(true);
  });

  it('sends no more of them when many ask in the same moment', async () => {
    const { email } = await createPerson();
    await database().collection('rate_limits').deleteMany({});
    const asked = Array.from({ length: 8 }, () => new ApiAgent().post('/password-resets', { email }));
    expect(new Set((await Promise.all(asked)).map(({ status }) => status))).to.deep.equal(new Set([202]));
    expect(await AccountTokenModel.countDocuments({ address: email })).to.equal(3);
  });

  it('proves the address of an account that was never confirmed; a disabled one stays closed', async () => {
    const [fresh, closed] = [await createPerson(), await createPerson()];
    await AccountModel.updateOne({ _id: fresh.accountId }, { $set: { state: 'unconfirmed' } });
    for (const person of [fresh, closed])
      await new ApiAgent().post('/password-resets', { email: person.email });
    const [link, other] = [await linkFor(fresh.email, '/reset/'), await linkFor(closed.email, '/reset/')];
    await AccountModel.updateOne({ _id: closed.accountId }, { $set: { state: 'disabled' } });
    const reset = (path: string) =>
      new ApiAgent().post(path.replace('/reset/', '/password-resets/'), { password: NEW });
    expect((await reset(link)).status).to.equal(200);
    expect((await reset(other)).status).to.equal(404);
    expect(await mayEnter(fresh, NEW)).to.equal(true);
  });
});

describe('changing one’s password', function () {
  this.timeout(60_000);

  it('needs the one until now, keeps this browser and ends all others', async () => {
    const person = await createPerson();
    const [here, there] = [await signedIn(person), await signedIn(person)];
    await here.get('/account/password');
    const wrong = await here.post('/account/password', { current: 'not my password', password: NEW });
    expect(wrong.status).to.equal(422);
    expect(wrong.text).to.include('id="f-current-error"');
    expect(
      (await here.post('/account/password', { current: PASSWORD, password: person.name })).status,
    ).to.equal(422);
    const sid = here.cookieHeader();
    expect((await here.post('/account/password', { current: PASSWORD, password: NEW })).location).to.equal(
      '/account',
    );
    expect(here.cookieHeader()).to.not.equal(sid);
    expect((await here.get('/account')).status).to.equal(200);
    expect((await there.get('/account')).location).to.equal('/sign-in');
    expect(await mayEnter(person, NEW)).to.equal(true);
  });

  it('counts wrong guesses like the front door', async () => {
    const member = await createMember(await createTenant());
    const api = await member.api();
    const answers: number[] = [];
    for (let i = 0; i < 22; i += 1)
      answers.push((await api.post('/me/password', { current: `guess number ${i}`, password: NEW })).status);
    expect(answers.slice(0, 20)).to.deep.equal(Array.from({ length: 20 }, () => 422));
    expect(answers.slice(20)).to.deep.equal([429, 429]);
  });
});

describe('another address', function () {
  this.timeout(60_000);

  it('takes over when its link is followed; the old one is told and takes the account back', async () => {
    const person = await createMember(await createTenant());
    const to = address();
    const page = await signedIn(person);
    const diary = new URL((await (await person.api()).post('/calendar-feed')).json<{ url: string }>().url)
      .pathname;
    await page.get('/account/email');
    expect((await page.post('/account/email', { email: to, current: 'wrong password' })).status).to.equal(
      422,
    );
    expect((await page.post('/account/email', { email: person.email, current: PASSWORD })).status).to.equal(
      422,
    );
    expect((await page.post('/account/email', { email: to, current: PASSWORD })).location).to.equal(
      '/account',
    );
    expect(await mayEnter(person, PASSWORD)).to.equal(true);
    const link = await linkFor(to, '/email-changes/');
    expect((await page.get(link)).status).to.equal(200);
    expect(await mayEnter(person, PASSWORD, to)).to.equal(false);
    expect((await page.post(link)).location).to.equal('/account');
    expect(await mayEnter(person, PASSWORD, to)).to.equal(true);
    expect(await mayEnter(person, PASSWORD)).to.equal(false);
    expect((await page.post(link)).status).to.equal(404);

    const undo = await linkFor(person.email, '/undo');
    const visitor = new PageAgent();
    // Whoever took it asks for what the old address may be sent in an hour, while that opens nothing.
    await database().collection('rate_limits').deleteMany({});
    for (let i = 0; i < 3; i += 1) await new ApiAgent().post('/password-resets', { email: person.email });
    await (await testApp()).sweep('messages/deliver');
    expect((await visitor.get(undo)).text).to.include(undo);
    expect((await visitor.get(diary)).status).to.equal(200);
    expect((await visitor.post(undo)).location).to.equal('/sign-in');
    expect((await visitor.get(diary)).status).to.equal(404);
    expect((await page.get('/account')).location).to.equal('/sign-in');
    expect(await mayEnter(person, PASSWORD)).to.equal(true);
    expect(
      await AccountTokenModel.countDocuments({ address: person.email, purpose: 'reset-password' }),
    ).to.equal(4);
    expect(await linkFor(person.email, '/reset/')).to.be.a('string');
  });

  it('that was asked for with a password that holds no more takes nothing over', async () => {
    for (const how of ['reset', 'change'] as const) {
      const person = await createPerson();
      const to = address();
      const thief = await signedIn(person);
      await thief.get('/account/email');
      await thief.post('/account/email', { email: to, current: PASSWORD });
      const link = await linkFor(to, '/email-changes/');
      if (how === 'reset') {
        await new ApiAgent().post('/password-resets', { email: person.email });
        const visitor = new PageAgent();
        const reset = await linkFor(person.email, '/reset/');
        await visitor.get(reset);
        expect((await visitor.post(reset, { password: NEW })).location).to.equal('/sign-in');
      } else {
        const owner = await signedIn(person);
        await owner.get('/account/password');
        const changed = await owner.post('/account/password', { current: PASSWORD, password: NEW });
        expect(changed.status, changed.text).to.equal(303);
      }
      expect((await thief.get('/account')).location, how).to.equal('/sign-in');
      const visitor = new PageAgent();
      expect((await visitor.post(link)).status, how).to.equal(404);
      expect(await mayEnter(person, NEW), how).to.equal(true);
      expect(await mayEnter(person, NEW, to), how).to.equal(false);
    }
  });

  it('is not flooded with mail by who does not own it', async () => {
    const to = address();
    const pages = [await signedIn(await createPerson()), await signedIn(await createPerson())];
    for (const page of pages) {
      await page.get('/account/email');
      for (let i = 0; i < 3; i += 1) await page.post('/account/email', { email: to, current: PASSWORD });
    }
    await (await testApp()).sweep('messages/deliver');
    expect(await mailTo(to)).to.have.length(3);
  });

  it('that belongs to somebody else is refused only to who controls it, and changes nothing', async () => {
    const [person, other] = [await createPerson(), await createPerson()];
    const page = await signedIn(person);
    await page.get('/account/email');
    expect((await page.post('/account/email', { email: other.email, current: PASSWORD })).location).to.equal(
      '/account',
    );
    const link = await linkFor(other.email, '/email-changes/');
    const visitor = new PageAgent();
    await visitor.get(link);
    expect((await visitor.post(link)).status).to.equal(409);
    expect([await mayEnter(person, PASSWORD), await mayEnter(other, PASSWORD)]).to.deep.equal([true, true]);
  });
});

describe('open sessions', function () {
  this.timeout(60_000);

  it('are listed without their secrets, and ended one by one or all but this', async () => {
    const person = await createPerson();
    const [here, second, third] = [await signedIn(person), await signedIn(person), await signedIn(person)];
    const stranger = await signedIn(await createPerson());
    const shown = await here.get('/account?lang=en');
    const ends = [...shown.text.matchAll(/\/account\/sessions\/([0-9a-f]{24})\/end"/g)].map(([, id]) => id);
    expect(ends).to.have.length(2);
    expect(shown.text).to.include('This browser');
    for (const cookie of here.cookieHeader().split(/[=;.]/)) {
      if (cookie.length > 20) expect(shown.text).to.not.include(decodeURIComponent(cookie));
    }
    await stranger.get('/account');
    expect((await stranger.post(`/account/sessions/${ends[0]}/end`)).status).to.equal(404);
    expect((await here.post(`/account/sessions/${ends[0]}/end`)).location).to.equal('/account');
    const alive = async (): Promise<number> => {
      const answers = await Promise.all([second, third].map((one) => one.get('/account')));
      return answers.filter(({ status }) => status === 200).length;
    };
    expect(await alive()).to.equal(1);
    expect((await here.post('/account/sessions/end')).location).to.equal('/account');
    expect(await alive()).to.equal(0);
    expect((await here.get('/account')).status).to.equal(200);
    expect((await stranger.get('/account')).status).to.equal(200);
  });

  it('are named by browser and system', () => {
    expect(
      browserName(
        'Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0 Mobile Safari/537.36',
      ),
    ).to.equal('Chrome · Android');
    expect(
      browserName(
        'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile MicroMessenger/8.0',
      ),
    ).to.equal('WeChat · iPhone');
    expect(browserName('')).to.equal('?');
  });
});

describe('guesses at the door', function () {
  this.timeout(60_000);

  it('are throttled whoever asks, and keep nobody out of a browser that knows the account', async () => {
    const person = await createPerson();
    const known = await signedIn(person);
    await leave(known);
    const guess = (agent: PageAgent, password: string) =>
      agent.post('/sign-in', { email: person.email, password });
    const stranger = new PageAgent();
    await stranger.get('/sign-in');
    const answers: number[] = [];
    for (let i = 0; i < 24; i += 1) answers.push((await guess(stranger, `guess number ${i}`)).status);
    expect(answers.slice(0, 20)).to.deep.equal(Array.from({ length: 20 }, () => 422));
    expect(answers.slice(20)).to.deep.equal([429, 429, 429, 429]);
    // The right password is refused like any other from an unknown browser, or it could be found out.
    const refused = await guess(stranger, PASSWORD);
    expect(refused.status).to.equal(429);
    // As long as it takes: "a moment" would send people into the next refusal.
    expect(refused.text)
      .to.match(/请 1[45] 分钟后再试/)
      .and.not.include('稍等片刻');
    expect((await guess(known, PASSWORD)).status).to.equal(303);
    // A mark of another account opens nothing, and a known browser has its own limit.
    const other = await signedIn(await createPerson());
    await leave(other);
    expect((await guess(other, PASSWORD)).status).to.equal(429);
    await leave(known);
    const own: number[] = [];
    for (let i = 0; i < 21; i += 1) own.push((await guess(known, `guess number ${i}`)).status);
    expect([own.at(0), own.at(-1)]).to.deep.equal([422, 429]);
  });
});
