import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { compose } from '../../../server/compose.ts';
import { asPlatform } from '../../../server/core/context.ts';
import { OutboxModel } from '../../../server/db/outbox.ts';
import { AccountModel } from '../../../server/features/accounts/account.model.ts';
import { startWeb } from '../../../server/main.ts';
import { asOperator } from '../../factories/people.ts';
import { ApiAgent, PageAgent } from '../../support/agent.ts';
import { testApp, testConfig } from '../../support/app.ts';

const SECRET = 'a river under seven bridges';
const NEW = 'seven bridges over a river';
let made = 0;
/** Numbers of no network. */
const freshNumber = (): string => `199${process.pid % 10}${String(1_000_000 + (made += 1))}`;
const registration = (email: string) => ({ name: '林知秋', email, password: SECRET, terms: true });

interface Text {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly links: readonly string[];
}
/** What the mailbox shows for a number, newest first. */
async function textsTo(number: string): Promise<Text[]> {
  const { url, sweep } = await testApp();
  await sweep('messages/deliver');
  const all = (await (await fetch(`${url}/dev/mailbox.json?limit=1000`)).json()) as Text[];
  return all.filter(({ to }) => to === `+86${number}`);
}
async function linkTo(number: string, part: string): Promise<string> {
  const { url } = await testApp();
  const link = (await textsTo(number)).flatMap(({ links }) => links).find((one) => one.includes(part));
  return (link ?? `no ${part} for ${number}`).replace(url, '');
}
const signIn = async (email: string, password: string): Promise<number> => {
  const page = new PageAgent();
  await page.get('/sign-in');
  return (await page.post('/sign-in', { email, password })).status;
};
const accountOf = (number: string) => AccountModel.findOne({ phone: `+86${number}` }).lean();

describe('a mobile number', function () {
  this.timeout(60_000);

  it('registers somebody by a text message, which proves it; written in any way it is one', async () => {
    const number = freshNumber();
    const page = new PageAgent();
    expect((await page.get('/register?lang=en')).text).to.include('E-mail or mobile number');
    const written = `+86 ${number.slice(0, 3)} ${number.slice(3)}`;
    const sent = await page.post('/register', { ...registration(written), terms: 'on' });
    expect(sent.location).to.equal('/register/sent');
    expect((await accountOf(number))?.phoneVerifiedAt).to.equal(null);
    expect(await signIn(number, SECRET)).to.not.equal(303);
    const [text] = await textsTo(number);
    expect(text?.html).to.equal('');
    expect(text?.text).to.match(/^Linli: .+ https?:\/\/\S+ .+\n$/);
    const link = await linkTo(number, '/confirm/');
    expect((await page.get(link)).status).to.equal(200);
    expect((await page.post(link)).location).to.equal('/sign-in');
    expect((await page.post(link)).status).to.equal(404);
    const account = await accountOf(number);
    expect(account).to.include({ state: 'active', email: null });
    expect(account?.phoneVerifiedAt).to.be.instanceOf(Date);
    expect(await signIn(number, SECRET)).to.equal(303);
  });

  it('that is known answers like any other, and its owner is told (S-16)', async () => {
    const number = freshNumber();
    const api = new ApiAgent();
    const first = await api.post('/register', registration(number));
    await api.post(await linkTo(number, '/confirm/'), {});
    const again = await api.post('/register', { ...registration(number), password: NEW });
    expect([again.status, again.text]).to.deep.equal([first.status, first.text]);
    const subjects = (await textsTo(number)).map(({ subject }) => subject);
    expect(subjects).to.include('您已经注册过');
    expect(
      [await signIn(number, SECRET), await signIn(number, NEW)].map((status) => status === 303),
    ).to.deep.equal([true, false]);
  });

  it('is sent at most three confirmations an hour', async () => {
    const number = freshNumber();
    for (let i = 0; i < 5; i += 1) await new ApiAgent().post('/register', registration(number));
    expect(await textsTo(number)).to.have.length(3);
  });

  it('is sent no more of them when many ask in the same moment', async () => {
    const number = freshNumber();
    await Promise.all(
      Array.from({ length: 8 }, () => new ApiAgent().post('/register', registration(number))),
    );
    expect(await textsTo(number)).to.have.length(3);
  });

  it('gets its owner a new password, once, and says nothing of numbers that are not known', async () => {
    const number = freshNumber();
    await new ApiAgent().post('/register', registration(number));
    await new ApiAgent().post(await linkTo(number, '/confirm/'), {});
    const answers = [];
    for (const email of [number, freshNumber()]) {
      const { status, text } = await new ApiAgent().post('/password-resets', { email });
      answers.push([status, text]);
    }
    expect(answers[0]).to.deep.equal(answers[1]);
    const link = (await linkTo(number, '/reset/')).replace('/reset/', '/password-resets/');
    expect((await new ApiAgent().post(link, { password: NEW })).status).to.equal(200);
    expect((await new ApiAgent().post(link, { password: SECRET })).status).to.equal(404);
    expect(await signIn(number, NEW)).to.equal(303);
    expect((await textsTo(number)).map(({ subject }) => subject)).to.include('密码已修改');
  });

  it('is refused beside the field where nothing can be sent to it, with the way that is left', async () => {
    const { mongodbUri } = await testApp();
    const config = testConfig({
      SMTP_URL: 'smtp://127.0.0.1:9',
    });
    const web = await startWeb(config, { mongodbUri, keepConnection: true });
    try {
      const page = new PageAgent(web.url);
      expect((await page.get('/forgotten?lang=en')).text).to.include('only a mobile number?');
      for (const [path, body] of [
        ['/forgotten', { email: freshNumber() }],
        ['/register', { ...registration(freshNumber()), terms: 'on' }],
      ] as const) {
        const answer = await page.post(path, body);
        expect([path, answer.status]).to.deep.equal([path, 422]);
        expect(answer.text).to.include('id="f-email-error"').and.include('mobile numbers');
      }
    } finally {
      await web.stop();
    }
  });
});

describe('a gateway for text messages', function () {
  this.timeout(60_000);
  const got: { headers: IncomingHttpHeaders; body: Record<string, unknown> }[] = [];
  let answer = 200;
  let gateway: Server;

  before(async () => {
    gateway = createServer((req, res) => {
      let text = '';
      req.on('data', (part: Buffer) => (text += part.toString('utf8')));
      req.on('end', () => {
        got.push({ headers: req.headers, body: JSON.parse(text) as Record<string, unknown> });
        res.writeHead(answer, answer === 302 ? { location: 'http://127.0.0.1:9/' } : {}).end();
      });
    });
    await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
  });
  after(() => void gateway.close());

  it('is given each message once, with one id however often; what it refuses is given up, what fails waits', async () => {
    const { url } = await testApp();
    const config = testConfig({
      SMTP_URL: 'smtp://127.0.0.1:9',
      SMS_GATEWAY_URL: `http://127.0.0.1:${(gateway.address() as AddressInfo).port}/send`,
      SMS_GATEWAY_TOKEN: 'open sesame',
    });
    const { services } = compose(config, { publicUrl: url });
    const number = freshNumber();
    await new ApiAgent().post('/register', registration(number));
    const account = await accountOf(number);
    const row = () =>
      asOperator(() =>
        asPlatform(() =>
          OutboxModel.findOne({ kind: 'accounts/confirm', subjectId: String(account?._id) }).lean(),
        ),
      );
    const id = String((await row())?._id);
    const deliver = (): Promise<string> =>
      asOperator(() => asPlatform(() => services.messages.deliver(id))).then(
        () => 'done',
        () => 'again',
      );
    const outcomes: [number, string, string | undefined][] = [];
    for (answer of [503, 429, 302, 200, 200]) outcomes.push([answer, await deliver(), (await row())?.state]);
    expect(outcomes).to.deep.equal([
      [503, 'again', 'waiting'],
      [429, 'again', 'waiting'],
      [302, 'again', 'waiting'],
      [200, 'done', 'sent'],
      [200, 'done', 'sent'],
    ]);
    expect(got).to.have.length(4);
    expect(
      new Set(got.map(({ body, headers }) => `${String(body['id'])} ${String(headers['idempotency-key'])}`))
        .size,
    ).to.equal(1);
    expect(got[0]?.headers.authorization).to.equal('Bearer open sesame');
    expect(got[0]?.body['to']).to.equal(`+86${number}`);
    expect(got[0]?.body['text']).to.match(/^【邻里】.*\/confirm\//);

    const other = freshNumber();
    await new ApiAgent().post('/register', registration(other));
    const refused = await asOperator(() =>
      asPlatform(async () => {
        const known = await accountOf(other);
        const found = await OutboxModel.findOne({
          kind: 'accounts/confirm',
          subjectId: String(known?._id),
        }).lean();
        answer = 400;
        await services.messages.deliver(String(found?._id));
        return OutboxModel.findById(found?._id).lean();
      }),
    );
    expect(refused?.state).to.equal('dead');
  });
});
