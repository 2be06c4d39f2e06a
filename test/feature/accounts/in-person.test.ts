import { expect } from 'chai';
import { Types } from 'mongoose';
import { phoneKey } from '../../../server/features/accounts/account.rules.ts';
import { AccountModel, AccountTokenModel } from '../../../server/features/accounts/account.model.ts';
import { PersonModel } from '../../../server/features/people/person.model.ts';
import {
  createMember,
  createMembership,
  createTenant,
  createUnit,
  PASSWORD,
} from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { ApiAgent, PageAgent } from '../../support/agent.ts';
import { atOffset, testApp } from '../../support/app.ts';

const NEW = 'a quiet evening by the river';
const digits = (): string =>
  String(parseInt(new Types.ObjectId().toString().slice(-8), 16)).padStart(10, '0');
let n = 0;
const number = (): string => `13${String((n += 1) % 10)}${digits().slice(-8)}`;
const asked = (overrides: object = {}): Record<string, unknown> => ({
  name: '当面登记',
  phone: number(),
  phoneSeen: true,
  consentHow: 'spoken',
  consent: true,
  ...overrides,
});
interface Registered {
  membershipId: string;
  personId: string;
  start: string;
}
async function registered(
  coordinator: Member,
  overrides: object = {},
): Promise<Registered & { phone: string }> {
  const body = asked(overrides);
  const answer = await (await coordinator.api()).post('/people', body);
  expect(answer.status, answer.text).to.equal(201);
  return { ...answer.json<Registered>(), phone: String(body['phone']) };
}
const codesOf = (text: string): string[] =>
  (JSON.parse(text) as { errors?: { code: string }[] }).errors?.map(({ code }) => code) ?? [];
const mailTo = async (to: string): Promise<{ text: string; links: string[] }[]> => {
  await (await testApp()).sweep('messages/deliver');
  const { url } = await testApp();
  const all = (await (await fetch(`${url}/dev/mailbox.json`)).json()) as {
    to: string;
    text: string;
    links: string[];
  }[];
  return all.filter((mail) => mail.to.includes(to));
};
const enters = async (email: string, password: string): Promise<boolean> => {
  const page = new PageAgent();
  await page.get('/sign-in');
  return (await page.post('/sign-in', { email, password })).status === 303;
};

describe('mobile numbers', () => {
  it('are one number however they are written', () => {
    for (const text of ['13812345678', '+86 138 1234 5678', '0086-138-1234-5678', '８６13812345678'])
      expect(phoneKey(text), text).to.equal('+8613812345678');
    expect(phoneKey('+852 6123 4567')).to.equal('+85261234567');
    for (const text of ['12812345678', '1381234567', '+86 571 8888 8888', 'a@b.c', '', '13812345678 or so'])
      expect(phoneKey(text), text).to.equal(null);
  });
});

describe('registering somebody face to face', function () {
  this.timeout(60_000);

  it('is refused without a record of the consent, and says what is missing beside the field (R-1.4)', async () => {
    const coordinator = await createMember(await createTenant(), { roles: ['coordinator'] });
    const api = await coordinator.api();
    const before = await AccountModel.countDocuments();
    const refused = async (overrides: object): Promise<string[]> => {
      const answer = await api.post('/people', asked(overrides));
      expect(answer.status, answer.text).to.equal(422);
      return codesOf(answer.text);
    };
    expect(await refused({ consent: false })).to.include('consent-needed');
    expect(await refused({ consentHow: undefined })).to.have.length.greaterThan(0);
    expect(await refused({ phone: '' })).to.include('phone-or-email');
    expect(await refused({ phone: '12345' })).to.include('not-a-phone');
    expect(await refused({ phoneSeen: false })).to.include('phone-not-seen');
    expect(await refused({ email: 'no address' })).to.include('not-an-email');
    expect(await refused({ birthDate: '2999-01-01' })).to.include('in-the-future');
    expect(await refused({ birthDate: '2015-01-01' })).to.include('guardian-needed');
    expect(await AccountModel.countDocuments()).to.equal(before);
    const page = await coordinator.page();
    expect((await page.get('/memberships?lang=en')).text).to.include('href="/people/new"');
    await page.get('/people/new?lang=en');
    const form = await page.post('/people', { name: '王芳', phone: '12345', consentHow: 'spoken' });
    expect(form.status).to.equal(422);
    expect(form.text)
      .to.include('id="f-phone-error"')
      .and.include('id="f-consent-error"')
      .and.include('王芳');
  });

  it('makes an account with a number, a consent with its witness and a membership that waits for review', async () => {
    const coordinator = await createMember(await createTenant(), { roles: ['coordinator'] });
    const made = await registered(coordinator, { consentHow: 'signed', birthDate: '1950-02-03' });
    expect(made.start).to.equal('sheet');
    const person = await PersonModel.findById(made.personId).lean();
    expect(person?.consents).to.have.length(1);
    expect(person?.consents[0]).to.deep.include({ purpose: 'terms', how: 'signed' });
    expect(String(person?.consents[0]?.recordedBy)).to.equal(coordinator.accountId);
    const account = await AccountModel.findOne({ personId: made.personId }).lean();
    expect(account).to.deep.include({
      email: null,
      phone: `+86${made.phone}`,
      state: 'active',
      passwordHash: null,
    });
    const api = await coordinator.api();
    const membership = await api.get(`/memberships/${made.membershipId}`);
    expect(membership.json<{ state: string }>().state).to.equal('submitted');
    // Nobody enters before a password was chosen, and there is no password to guess.
    expect(await enters(made.phone, '')).to.equal(false);
    const again = await api.post('/people', asked({ phone: `+86 ${made.phone}` }));
    expect(again.status).to.equal(409);
    expect(again.json<{ code: string }>().code).to.equal('account-known');
  });

  it('lets the person start with the sheet, once, and sign in with the number', async () => {
    const coordinator = await createMember(await createTenant(), { roles: ['coordinator'] });
    const page = await coordinator.page();
    await page.get('/people/new?lang=en');
    const phone = number();
    const answer = await page.post('/people', {
      name: '李奶奶',
      phone,
      phoneSeen: 'true',
      consentHow: 'spoken',
      consent: 'true',
    });
    expect(answer.location, answer.text).to.match(/^\/memberships\/[0-9a-f]{24}\/start-sheet$/);
    const sheetPath = answer.location ?? '';
    const sheet = await page.get(sheetPath);
    expect(sheet.text).to.include('<svg').and.include(phone);
    const api = await coordinator.api();
    const { link } = (await api.get(sheetPath)).json<{ link: string }>();
    const { url } = await testApp();
    const path = link.replace(url, '');
    // What the database holds does not open the account.
    const secret = path.split('/').at(-1) ?? '';
    expect(JSON.stringify(await AccountTokenModel.find({ purpose: 'start' }).lean())).to.not.include(secret);
    const visitor = new PageAgent();
    const form = await visitor.get(`${path}?lang=en`);
    expect(form.text).to.include('李奶奶').and.include(phone);
    expect((await visitor.post(path, { password: 'short' })).text).to.include('id="f-password-error"');
    expect((await visitor.post(path, { password: NEW })).location).to.equal('/sign-in');
    expect((await visitor.post(path, { password: NEW })).status).to.equal(404);
    expect([await enters(phone, NEW), await enters(`+86 ${phone}`, NEW)]).to.deep.equal([true, true]);
    expect((await api.get(sheetPath)).json()).to.deep.include({ link: null, started: true });
    const token = await new ApiAgent().post('/tokens', { email: phone, password: NEW });
    const me = await new ApiAgent(token.json<{ token: string }>().token).get('/me');
    expect(me.json()).to.deep.include({ email: null, phone });
  });

  it('makes a new sheet when the old one is over; the one before ends', async () => {
    const coordinator = await createMember(await createTenant(), { roles: ['coordinator'] });
    const made = await registered(coordinator);
    const sheet = `/memberships/${made.membershipId}/start-sheet`;
    const api = await coordinator.api();
    const secretNow = async (): Promise<string | undefined> =>
      (await api.get(sheet)).json<{ link: string | null }>().link?.split('/').at(-1);
    const first = await secretNow();
    expect((await api.post(sheet)).status).to.equal(201);
    const second = await secretNow();
    expect(second).to.be.a('string').and.not.equal(first);
    const start = (secret: string | undefined) => new ApiAgent().post(`/starts/${secret}`, { password: NEW });
    expect((await start(first)).status).to.equal(404);
    await atOffset(61 * 60_000, async () => {
      expect((await start(second)).status).to.equal(404);
      const later = await coordinator.api();
      expect((await later.get(sheet)).json()).to.deep.include({ link: null, started: false });
    });
    expect((await start(second)).status).to.equal(200);
  });

  it('counts a number that the coordinator saw as proved, also beside an address that is not yet', async () => {
    const coordinator = await createMember(await createTenant(), { roles: ['coordinator'] });
    const email = `both-${new Types.ObjectId().toString()}@example.org`;
    const { personId } = await registered(coordinator, { email });
    const account = await AccountModel.findOne({ personId }).lean();
    expect(account).to.include({ state: 'unconfirmed', confirmedAt: null });
    expect(account?.phoneVerifiedAt).to.be.instanceOf(Date);
  });

  it('mails the link when there is an address, which the link proves', async () => {
    const coordinator = await createMember(await createTenant(), { roles: ['coordinator'] });
    const email = `face-${new Types.ObjectId().toString()}@example.org`;
    const made = await registered(coordinator, { phone: '', email });
    expect(made.start).to.equal('mail');
    const [mail] = await mailTo(email);
    const secret = mail?.links
      .find((link) => link.includes('/start/'))
      ?.split('/')
      .at(-1);
    expect((await new ApiAgent().post(`/starts/${secret}`, { password: NEW })).status).to.equal(200);
    expect(await enters(email, NEW)).to.equal(true);
    // Whoever has an address asks for a new password there; no coordinator hands the account over.
    const api = await coordinator.api();
    const sheet = await api.post(`/memberships/${made.membershipId}/start-sheet`);
    expect([sheet.status, sheet.json<{ code: string }>().code]).to.deep.equal([409, 'start-sheet-refused']);
  });

  it('hands over no account that opens more than this place', async () => {
    const [tenant, other] = [await createTenant(), await createTenant()];
    const coordinator = await createMember(tenant, { roles: ['coordinator'] });
    const [elsewhere, trusted] = [await registered(coordinator), await registered(coordinator)];
    const account = await AccountModel.findOne({ personId: elsewhere.personId }).lean();
    await createMembership(other, {
      name: 'x',
      email: '',
      accountId: String(account?._id),
      personId: elsewhere.personId,
    });
    const administrator = await createMember(tenant, { roles: ['administrator', 'officer', 'reviewer'] });
    const admin = await administrator.api();
    await admin.post(`/memberships/${trusted.membershipId}/review`, { verdict: 'first_review' });
    const second = await (await createMember(tenant, { roles: ['reviewer'] })).api();
    await second.post(`/memberships/${trusted.membershipId}/review`, { verdict: 'approved' });
    const granted = await admin.post(`/memberships/${trusted.membershipId}/grants`, {
      role: 'officer',
      unitId: tenant.rootUnitId,
    });
    expect(granted.status, granted.text).to.equal(200);
    const api = await coordinator.api();
    for (const { membershipId } of [elsewhere, trusted]) {
      expect((await api.post(`/memberships/${membershipId}/start-sheet`)).status).to.equal(409);
      expect((await api.get(`/memberships/${membershipId}/start-sheet`)).json()).to.deep.include({
        allowed: false,
        link: null,
      });
      expect(
        (await api.post(`/memberships/${membershipId}/phone`, { phone: number(), phoneSeen: true })).status,
      ).to.equal(409);
    }
    const own = await api.post(`/memberships/${coordinator.membershipId}/start-sheet`);
    expect(own.status).to.equal(403);
  });

  it('keeps to the coordinator’s own units', async () => {
    const tenant = await createTenant();
    const [mine, theirs] = [await createUnit(tenant), await createUnit(tenant)];
    const coordinator = await createMember(tenant, { roles: ['coordinator'], unitId: mine });
    const api = await coordinator.api();
    const made = await api.post('/people', asked({ unitId: mine }));
    expect(made.status).to.equal(201);
    const refused = await api.post('/people', asked({ unitId: theirs }));
    expect([refused.status, codesOf(refused.text)]).to.deep.equal([422, ['not-a-choice']]);
    const neighbour = await createMember(tenant, { roles: ['coordinator'], unitId: theirs });
    const { membershipId } = made.json<Registered>();
    const foreign = await neighbour.api();
    const phone = { phone: number(), phoneSeen: true };
    expect((await foreign.post(`/memberships/${membershipId}/phone`, phone)).status).to.equal(404);
    expect((await foreign.post(`/memberships/${membershipId}/start-sheet`)).status).to.equal(404);
    expect((await foreign.get(`/memberships/${membershipId}/start-sheet`)).status).to.equal(404);
  });
});

describe('a number proved face to face', function () {
  this.timeout(60_000);

  it('signs in beside the address; the owner is told there and may give it up again (S-23)', async () => {
    const tenant = await createTenant();
    const [coordinator, member] = [
      await createMember(tenant, { roles: ['coordinator'] }),
      await createMember(tenant),
    ];
    const phone = number();
    const page = await coordinator.page();
    await page.get(`/memberships/${member.membershipId}/phone?lang=en`);
    const unseen = await page.post(`/memberships/${member.membershipId}/phone`, { phone });
    expect(unseen.status).to.equal(422);
    expect(unseen.text).to.include('id="f-phoneSeen-error"');
    const seen = await page.post(`/memberships/${member.membershipId}/phone`, { phone, phoneSeen: 'true' });
    expect(seen.location).to.equal(`/memberships/${member.membershipId}`);
    expect(await enters(phone, PASSWORD)).to.equal(true);
    expect((await mailTo(member.email)).some(({ text }) => text.includes(phone))).to.equal(true);
    const other = await createMember(tenant);
    const api = await coordinator.api();
    const taken = await api.post(`/memberships/${other.membershipId}/phone`, { phone, phoneSeen: true });
    expect([taken.status, taken.json<{ code: string }>().code]).to.deep.equal([409, 'phone-taken']);
    const changed = await api.post(`/memberships/${member.membershipId}/phone`, {
      phone: number(),
      phoneSeen: true,
    });
    expect(changed.json<{ code: string }>().code).to.equal('phone-set-already');
    const own = await member.page();
    expect((await own.get('/account?lang=en')).text).to.include(phone);
    await own.get('/account/phone/removal');
    const wrong = await own.post('/account/phone/removal', { current: 'not my password' });
    expect([wrong.status, wrong.text.includes('id="f-current-error"')]).to.deep.equal([422, true]);
    expect((await own.post('/account/phone/removal', { current: PASSWORD })).location).to.equal('/account');
    expect(await enters(phone, PASSWORD)).to.equal(false);
    expect((await own.get('/account/phone/removal?lang=en')).text).to.include('No number signs in');
  });

  it('is given to one of two who ask at the same moment', async () => {
    const tenant = await createTenant();
    const coordinator = await createMember(tenant, { roles: ['coordinator'] });
    const members = [await createMember(tenant), await createMember(tenant), await createMember(tenant)];
    const api = await coordinator.api();
    const phone = number();
    const answers = await Promise.all(
      members.map((one) => api.post(`/memberships/${one.membershipId}/phone`, { phone, phoneSeen: true })),
    );
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 409, 409]);
  });
});

describe('actions that need the password again (S-22)', function () {
  this.timeout(60_000);
  const LATER = 11 * 60_000;

  it('ask for it ten minutes after it was proved, and lead on to where one was', async () => {
    const tenant = await createTenant();
    const [coordinator, member] = [
      await createMember(tenant, { roles: ['coordinator'] }),
      await createMember(tenant),
    ];
    const page = await coordinator.page();
    const path = `/memberships/${member.membershipId}/phone`;
    expect((await page.get(path)).status).to.equal(200);
    await atOffset(LATER, async () => {
      expect((await page.get(path)).location).to.equal('/account/proof');
      const before = page.cookieHeader();
      const form = await page.get('/account/proof?lang=en');
      expect(form.status).to.equal(200);
      const wrong = await page.post('/account/proof', { current: 'not my password' });
      expect([wrong.status, wrong.text.includes('id="f-current-error"')]).to.deep.equal([422, true]);
      expect((await page.post('/account/proof', { current: PASSWORD })).location).to.equal(path);
      // More rights, another session id (S-19).
      expect(page.cookieHeader()).to.not.equal(before);
      expect((await page.get(path)).status).to.equal(200);
    });
  });

  it('do nothing before it, whatever was sent; programs sign in anew', async () => {
    const tenant = await createTenant();
    const [coordinator, member] = [
      await createMember(tenant, { roles: ['coordinator'] }),
      await createMember(tenant),
    ];
    const [page, api] = [await coordinator.page(), await coordinator.api()];
    await page.get('/account');
    const { url } = await testApp();
    await atOffset(LATER, async () => {
      const phone = number();
      const path = `/memberships/${member.membershipId}/phone`;
      const sent = await page.post(path, { phone, phoneSeen: 'true' }, { referer: `${url}${path}` });
      expect([sent.status, sent.location]).to.deep.equal([403, null]);
      const refused = await api.post(path, { phone, phoneSeen: true });
      expect([refused.status, refused.json<{ code: string }>().code]).to.deep.equal([
        403,
        'password-needed-again',
      ]);
      expect(await AccountModel.countDocuments({ phone: phoneKey(phone) })).to.equal(0);
      const fresh = await coordinator.api();
      expect((await fresh.post(path, { phone, phoneSeen: true })).status).to.equal(200);
      expect((await page.post('/account/tokens', { name: 'x', days: '1' })).status).to.equal(403);
      // A page elsewhere is never led to.
      const sheet = `/memberships/${member.membershipId}/start-sheet`;
      const button = await page.post(sheet, {}, { referer: 'https://elsewhere.example/x' });
      expect(button.location).to.equal('/account/proof');
      expect((await page.post('/account/proof', { current: PASSWORD })).location).to.match(
        /^\/(account|memberships)/,
      );
    });
  });

  it('keep what was written: the password is added to the same form, and a wrong one loses nothing', async () => {
    const tenant = await createTenant();
    const [coordinator, member] = [
      await createMember(tenant, { roles: ['coordinator'] }),
      await createMember(tenant),
    ];
    const page = await coordinator.page();
    const path = `/memberships/${member.membershipId}/phone`;
    const phone = number();
    await page.get('/account?lang=en');
    await atOffset(LATER, async () => {
      const asked = await page.post(path, { phone, phoneSeen: 'true' });
      expect(asked.status).to.equal(403);
      expect(asked.text).to.include(`action="${path}"`);
      expect(asked.text)
        .to.include(`name="phone" value="${phone}"`)
        .and.include('name="phoneSeen" value="true"');
      const before = page.cookieHeader();
      const wrong = await page.post(path, { phone, phoneSeen: 'true', _proof: 'not my password' });
      expect([wrong.status, wrong.text.includes('id="f-_proof-error"')]).to.deep.equal([422, true]);
      expect(wrong.text).to.include(`name="phone" value="${phone}"`).and.not.include('not my password');
      expect(await AccountModel.countDocuments({ phone: phoneKey(phone) })).to.equal(0);
      const done = await page.post(path, { phone, phoneSeen: 'true', _proof: PASSWORD });
      expect([done.status, done.location]).to.deep.equal([303, `/memberships/${member.membershipId}`]);
      expect(page.cookieHeader()).to.not.equal(before);
      expect(await AccountModel.countDocuments({ phone: phoneKey(phone) })).to.equal(1);
      // It counts for the next ten minutes, too.
      expect((await page.get(path)).status).to.equal(200);
    });
  });
});
