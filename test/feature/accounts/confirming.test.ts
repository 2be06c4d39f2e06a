import { expect } from 'chai';
import { Types } from 'mongoose';
import { AccountModel, AccountTokenModel } from '../../../server/features/accounts/account.model.ts';
import { PersonModel } from '../../../server/features/people/person.model.ts';
import { ApiAgent, PageAgent } from '../../support/agent.ts';
import { testApp } from '../../support/app.ts';

const OWN = 'nine herons on the wall';
const FOREIGN = 'wolves before the gate';
const NEW = 'a lantern in the rain';
let made = 0;
const freshAddress = (): string => `claimed-${process.pid}-${(made += 1)}@example.org`;
const freshNumber = (): string => `198${process.pid % 10}${String(2_000_000 + (made += 1))}`;

const register = async (identifier: string, who: 'owner' | 'stranger'): Promise<void> => {
  const answer = await new ApiAgent().post('/register', {
    name: who === 'owner' ? '周静' : '吴四',
    email: identifier,
    password: who === 'owner' ? OWN : FOREIGN,
    terms: true,
  });
  expect(answer.status, answer.text).to.equal(202);
};
/** Paths of the links that were sent to confirm it, the first registration's first. */
async function linksTo(identifier: string): Promise<string[]> {
  const { url, sweep } = await testApp();
  await sweep('messages/deliver');
  const all = (await (await fetch(`${url}/dev/mailbox.json?limit=1000`)).json()) as {
    to: string;
    links: string[];
  }[];
  return all
    .filter(({ to }) => to.includes(identifier))
    .flatMap(({ links }) => links)
    .filter((link) => link.includes('/confirm/'))
    .map((link) => link.replace(url, ''))
    .reverse();
}
const opens = async (identifier: string, password: string): Promise<boolean> => {
  const page = new PageAgent();
  await page.get('/sign-in');
  return (await page.post('/sign-in', { email: identifier, password })).status === 303;
};
const whoOpens = (identifier: string): Promise<boolean[]> =>
  Promise.all([OWN, FOREIGN].map((password) => opens(identifier, password)));
async function nameOf(identifier: string): Promise<string | undefined> {
  const account = await AccountModel.findOne({
    $or: [{ emailKey: identifier }, { phone: `+86${identifier}` }],
  }).lean();
  return (await PersonModel.findById(account?.personId).lean())?.name;
}

describe('an address or number that several people register', function () {
  this.timeout(60_000);

  it('belongs to whoever has it in hand: name and password are those of the press, whoever came first, whichever link', async () => {
    const cases = [
      ...(['owner', 'stranger'] as const).flatMap((first) =>
        [0, 1].map((pressed) => ({ identifier: freshAddress(), first, pressed })),
      ),
      { identifier: freshNumber(), first: 'stranger' as const, pressed: 0 },
      { identifier: freshNumber(), first: 'owner' as const, pressed: 1 },
    ];
    for (const { identifier, first } of cases) {
      await register(identifier, first);
      await register(identifier, first === 'owner' ? 'stranger' : 'owner');
    }
    for (const { identifier, first, pressed } of cases) {
      const about = `${identifier}, ${first} first, link ${pressed}`;
      const links = await linksTo(identifier);
      expect(links, about).to.have.length(2);
      const page = new PageAgent();
      const form = await page.get(`${links[pressed]}?lang=en`);
      expect(form.text, about).to.include(identifier).and.include('name="password"');
      const done = await page.post(links[pressed] ?? '', { name: '周静', password: OWN });
      expect(done.location, `${about}: ${done.text}`).to.equal('/sign-in');
      // The other link is over with it, on both doors.
      const other = links[1 - pressed] ?? '';
      const late = await page.get(`${other}?lang=en`);
      expect([late.status, late.text.includes('name="password"')], about).to.deep.equal([404, false]);
      expect((await page.post(other, { name: '吴四', password: FOREIGN })).status, about).to.equal(404);
      expect((await new ApiAgent().post(other, { password: FOREIGN })).status, about).to.equal(404);
      expect(await whoOpens(identifier), about).to.deep.equal([true, false]);
      expect(await nameOf(identifier), about).to.equal('周静');
    }
  });

  it('is not confirmed without a password then, neither by a machine nor by a form left empty; alone it is', async () => {
    const identifier = freshAddress();
    await register(identifier, 'stranger');
    await register(identifier, 'owner');
    const links = await linksTo(identifier);
    for (const link of links) {
      const answer = await new ApiAgent().post(link);
      expect([answer.status, answer.text.includes('password-to-confirm')]).to.deep.equal([422, true]);
      const empty = await new PageAgent().post(link, { name: '周静', password: '' });
      expect([empty.status, empty.text.includes('id="f-password-error"')]).to.deep.equal([422, true]);
      const weak = await new PageAgent().post(`${link}?lang=en`, { name: '周静', password: 'password' });
      expect([weak.status, weak.text.includes('at least 12')]).to.deep.equal([422, true]);
    }
    expect(await whoOpens(identifier)).to.deep.equal([false, false]);
    expect((await new ApiAgent().post(links[0] ?? '', { password: NEW, name: '周静' })).status).to.equal(200);
    expect(await opens(identifier, NEW)).to.equal(true);
    expect(await whoOpens(identifier)).to.deep.equal([false, false]);

    const alone = freshAddress();
    await register(alone, 'owner');
    expect((await new ApiAgent().post((await linksTo(alone))[0] ?? '')).status).to.equal(200);
    expect(await whoOpens(alone)).to.deep.equal([true, false]);
  });

  it('is the owner’s also when strangers used up its text messages, or the link of the first is over', async () => {
    const number = freshNumber();
    for (const who of ['stranger', 'stranger', 'stranger', 'owner'] as const) await register(number, who);
    // The same registration, sent again three times: no link tells that the owner registered too.
    const again = freshNumber();
    await register(again, 'stranger');
    for (let i = 0; i < 2; i += 1) await opens(again, FOREIGN);
    await register(again, 'owner');
    for (const one of [number, again]) {
      const links = await linksTo(one);
      expect(links).to.have.length(3);
      expect((await new ApiAgent().post(links[2] ?? '')).status).to.equal(422);
      expect((await new PageAgent().post(links[2] ?? '', { name: '周静', password: OWN })).location).to.equal(
        '/sign-in',
      );
      expect(await whoOpens(one)).to.deep.equal([true, false]);
    }

    const address = freshAddress();
    await register(address, 'stranger');
    const [first = ''] = await linksTo(address);
    await AccountTokenModel.updateMany({ address }, { $set: { expiresAt: new Date(Date.now() - 1_000) } });
    expect((await new PageAgent().get(first)).status).to.equal(404);
    expect((await new ApiAgent().post(first, { password: FOREIGN })).status).to.equal(404);
    await register(address, 'owner');
    const links = await linksTo(address);
    // Only the owner's link is left: a machine need not say the password again.
    expect((await new ApiAgent().post(links[1] ?? '')).status).to.equal(200);
    expect(await whoOpens(address)).to.deep.equal([true, false]);
    expect(await nameOf(address)).to.equal('周静');
    expect(await AccountTokenModel.countDocuments({ address, claim: { $ne: null } })).to.equal(0);
  });

  it('is not flooded with mail by who registers it, one after the other or all at once', async () => {
    const [patient, busy] = [freshAddress(), freshAddress()];
    for (let i = 0; i < 5; i += 1) await register(patient, 'stranger');
    await Promise.all(Array.from({ length: 8 }, () => register(busy, 'stranger')));
    for (const one of [patient, busy]) expect(await linksTo(one)).to.have.length(3);
  });

  it('has one winner when all links are pressed at once', async () => {
    const identifier = freshAddress();
    for (const who of ['stranger', 'owner', 'stranger'] as const) await register(identifier, who);
    const links = await linksTo(identifier);
    const answers = await Promise.all(
      links.map((link, at) => new ApiAgent().post(link, { name: `人${at}`, password: `${NEW} ${at}` })),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).to.have.length(1);
    expect(
      statuses.every((status) => [200, 404, 409].includes(status)),
      String(statuses),
    ).to.equal(true);
    const winner = statuses.indexOf(200);
    expect(await nameOf(identifier)).to.equal(`人${winner}`);
    expect(await Promise.all(links.map((_link, at) => opens(identifier, `${NEW} ${at}`)))).to.deep.equal(
      links.map((_link, at) => at === winner),
    );
  });

  it('keeps nothing that a stranger said of its owner: no birth date, no guardian who could close the account', async () => {
    const { url, sweep } = await testApp();
    const identifier = freshAddress();
    const guardian = freshAddress();
    await new ApiAgent().post('/register', {
      ...{ name: '吴四', email: identifier, password: FOREIGN, terms: true },
      ...{ birthDate: '2011-05-05', guardianName: '吴五', guardianEmail: guardian },
    });
    await sweep('messages/deliver');
    const mails = (await (await fetch(`${url}/dev/mailbox.json?limit=1000`)).json()) as {
      to: string;
      links: string[];
    }[];
    const asked = mails
      .find(({ to }) => to.includes(guardian))
      ?.links.find((one) => one.includes('/guardian/'));
    const secret = asked?.split('/').at(-1) ?? '';
    expect(
      (await new ApiAgent().post(`/guardian-requests/${secret}/consent`, { relation: 'father', agree: true }))
        .status,
    ).to.equal(200);
    await register(identifier, 'owner');
    const links = await linksTo(identifier);
    expect((await new ApiAgent().post(links[1] ?? '', { password: OWN })).status).to.equal(200);
    const account = await AccountModel.findOne({ emailKey: identifier }).lean();
    const person = await PersonModel.findById(account?.personId).lean();
    expect(person).to.include({ name: '周静', birthDate: null, guardian: null });
    expect(person?.consents.map(({ purpose }) => purpose)).to.deep.equal(['terms']);
    expect(
      await AccountTokenModel.countDocuments({
        accountId: account?._id ?? new Types.ObjectId(),
        purpose: 'guardian-withdrawal',
        usedAt: null,
      }),
    ).to.equal(0);
  });
});
