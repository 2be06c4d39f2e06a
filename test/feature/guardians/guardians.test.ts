import { expect } from 'chai';
import { Types } from 'mongoose';
import sharp from 'sharp';
import { comesOfAge, hasConsent, isMinor } from '../../../server/features/people/index.ts';
import { phoneKey } from '../../../server/features/accounts/account.rules.ts';
import { AccountModel, AccountTokenModel } from '../../../server/features/accounts/account.model.ts';
import { GuardianRequestModel } from '../../../server/features/guardians/guardian.model.ts';
import { PersonModel } from '../../../server/features/people/person.model.ts';
import { AssignmentModel } from '../../../server/features/assignments/assignment.model.ts';
import type { Role } from '../../../server/core/permissions.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { createMember, createMembership, createTenant, inTenant, PASSWORD } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { createOpening, createPosition, createShift } from '../../factories/requests.ts';
import { ApiAgent, PageAgent } from '../../support/agent.ts';
import type { Answer } from '../../support/agent.ts';
import { atOffset, testApp } from '../../support/app.ts';

const year = new Date().getUTCFullYear();
const SIXTEEN = `${year - 17}-06-15`;
const TWELVE = `${year - 12}-01-01`;
let n = 0;
const address = (who: string): string => `${who}-${(n += 1)}-${new Types.ObjectId().toString()}@example.org`;

interface Mail {
  to: string;
  subject: string;
  text: string;
  links: string[];
}
async function mailTo(to: string): Promise<Mail[]> {
  await (await testApp()).sweep('messages/deliver');
  const { url } = await testApp();
  const all = (await (await fetch(`${url}/dev/mailbox.json`)).json()) as Mail[];
  return all.filter((mail) => mail.to.includes(to));
}
async function linkTo(to: string, part: string): Promise<string> {
  const link = (await mailTo(to)).flatMap(({ links }) => links).find((one) => one.includes(part));
  if (!link) throw new Error(`No link with ${part} for ${to}`);
  return link.replace((await testApp()).url, '');
}
const secretOf = (link: string): string => link.split('/').at(-1) ?? '';
const codes = (answer: Answer): string[] =>
  answer.json<{ errors?: { code: string }[] }>().errors?.map(({ code }) => code) ?? [];

async function asked(overrides: object = {}): Promise<{ email: string; guardian: string }> {
  const [email, guardian] = [address('young'), address('parent')];
  const answer = await new ApiAgent().post('/register', {
    name: '陈小明',
    email,
    password: 'a quiet evening by the river',
    terms: true,
    birthDate: SIXTEEN,
    guardianName: '陈母',
    guardianEmail: guardian,
    ...overrides,
  });
  expect(answer.status, answer.text).to.equal(202);
  return { email, guardian };
}
async function picture(): Promise<Buffer> {
  return sharp({ create: { width: 40, height: 30, channels: 3, background: '#eee' } })
    .png()
    .toBuffer();
}
async function sendPaper(
  token: string | null,
  path: string,
  fields: Record<string, string>,
): Promise<Response> {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  body.append('file', new Blob([(await picture()) as Uint8Array<ArrayBuffer>]), 'paper.png');
  return fetch(`${(await testApp()).url}/api/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body,
  });
}

describe('coming of age', () => {
  it('is a day in the calendar of the mainland', () => {
    expect(comesOfAge('2008-11-24').toISOString()).to.equal('2026-11-23T16:00:00.000Z');
    expect(comesOfAge('2008-02-29').toISOString()).to.equal('2026-02-28T16:00:00.000Z');
    expect([isMinor('2008-11-25', '2026-11-24'), isMinor('2008-11-24', '2026-11-24')]).to.deep.equal([
      true,
      false,
    ]);
    expect([isMinor(null, '2026-11-24'), isMinor('', '2026-11-24')]).to.deep.equal([false, false]);
  });
});

describe('a minor who registers', function () {
  this.timeout(60_000);

  it('has no account before the guardian agreed, and one that waits for its own address afterwards (R-1.37)', async () => {
    const tenant = await createTenant();
    const [people, accounts] = [await PersonModel.countDocuments(), await AccountModel.countDocuments()];
    const { email, guardian } = await asked({ place: tenant.slug });
    expect([await PersonModel.countDocuments(), await AccountModel.countDocuments()]).to.deep.equal([
      people,
      accounts,
    ]);
    expect(await mailTo(email)).to.deep.equal([]);
    const link = await linkTo(guardian, '/guardian/');
    const visitor = new PageAgent();
    for (let i = 0; i < 2; i += 1) {
      const page = await visitor.get(`${link}?lang=en`);
      expect(page.status).to.equal(200);
      expect(page.text).to.include('陈小明').and.include(tenant.name.en).and.not.include('children below 14');
    }
    expect(await AccountModel.countDocuments()).to.equal(accounts);
    const careless = await visitor.post(`${link}/consent`, { relation: 'mother' });
    expect([careless.status, careless.text.includes('id="f-agree-error"')]).to.deep.equal([422, true]);
    const agreed = await visitor.post(`${link}/consent`, { relation: 'mother', agree: 'true' });
    expect(agreed.location, agreed.text).to.equal('/guardian-answers/consent');
    expect((await visitor.get('/guardian-answers/consent?lang=en')).text).to.include('It can begin');
    expect((await visitor.post(`${link}/consent`, { relation: 'mother', agree: 'true' })).status).to.equal(
      404,
    );
    const account = await AccountModel.findOne({ emailKey: email }).lean();
    const person = await PersonModel.findById(account?.personId).lean();
    expect(account?.state).to.equal('unconfirmed');
    expect(person?.birthDate).to.equal(SIXTEEN);
    expect(person?.guardian).to.deep.include({ name: '陈母', relation: 'mother', address: guardian });
    expect(person && hasConsent(person, 'guardian')).to.equal(true);
    expect(await GuardianRequestModel.countDocuments({ guardianAddress: guardian })).to.equal(0);
    const confirm = await linkTo(email, '/confirm/');
    expect((await new ApiAgent().post(`/confirm/${secretOf(confirm)}`)).status).to.equal(200);
    const token = await new ApiAgent().post('/tokens', { email, password: 'a quiet evening by the river' });
    expect(token.status, token.text).to.equal(201);
    const me = await new ApiAgent(token.json<{ token: string }>().token).get('/me');
    expect(me.json<{ memberships: { slug: string }[] }>().memberships.map(({ slug }) => slug)).to.deep.equal([
      tenant.slug,
    ]);
  });

  it('leaves nothing behind when the guardian refuses or does not answer', async () => {
    const [refused, silent] = [await asked(), await asked({ birthDate: TWELVE })];
    const link = await linkTo(refused.guardian, '/guardian/');
    const other = await linkTo(silent.guardian, '/guardian/');
    expect((await new PageAgent().get(`${other}?lang=en`)).text).to.include('For children below 14');
    expect((await new ApiAgent().post(`/guardian-requests/${secretOf(link)}/refusal`)).status).to.equal(200);
    expect((await new PageAgent().get(link)).status).to.equal(404);
    expect(await GuardianRequestModel.countDocuments({ guardianAddress: refused.guardian })).to.equal(0);
    await atOffset(8 * 86_400_000, async () => {
      const late = await new ApiAgent().post(`/guardian-requests/${secretOf(other)}/consent`, {
        relation: 'father',
        agree: true,
      });
      expect(late.status).to.equal(404);
    });
    expect(await AccountModel.countDocuments({ emailKey: { $in: [refused.email, silent.email] } })).to.equal(
      0,
    );
    // The database deletes what was never answered.
    const { expiresAt } =
      (await GuardianRequestModel.findOne({ guardianAddress: silent.guardian }).lean()) ?? {};
    expect(expiresAt?.getTime()).to.be.below(Date.now() + 7.01 * 86_400_000);
  });

  it('is answered once, whatever is pressed in the same moment', async () => {
    const { email, guardian } = await asked();
    const secret = secretOf(await linkTo(guardian, '/guardian/'));
    const path = `/guardian-requests/${secret}`;
    const presses = [0, 1, 2].flatMap(() => [
      new ApiAgent()
        .post(`${path}/consent`, { relation: 'mother', agree: true })
        .then((one) => ['yes', one] as const),
      new ApiAgent().post(`${path}/refusal`).then((one) => ['no', one] as const),
    ]);
    const answers = await Promise.all(presses);
    const heard = answers.filter(([, { status }]) => status === 200).map(([what]) => what);
    expect(heard).to.have.length(1);
    expect(answers.every(([, { status }]) => [200, 404].includes(status))).to.equal(true);
    expect(await AccountModel.countDocuments({ emailKey: email })).to.equal(heard[0] === 'yes' ? 1 : 0);
  });

  it('must name somebody else, old enough for the place, and tells nobody which addresses are known', async () => {
    const tenant = await createTenant();
    const known = await createMember(tenant);
    const register = (overrides: object): Promise<Answer> =>
      new ApiAgent().post('/register', {
        name: '陈小明',
        email: address('young'),
        password: 'a quiet evening by the river',
        terms: true,
        birthDate: SIXTEEN,
        guardianName: '陈母',
        guardianEmail: address('parent'),
        ...overrides,
      });
    const email = address('same');
    expect(codes(await register({ email, guardianEmail: email }))).to.deep.equal(['guardian-own-address']);
    expect(codes(await register({ guardianName: '', guardianEmail: '' }))).to.deep.equal([
      'guardian-needed',
      'guardian-needed',
    ]);
    // Whoever names a guardian is taken at their word: nobody is set up without that guardian being asked.
    expect(codes(await register({ birthDate: '' }))).to.deep.equal(['required']);
    for (const [language, words] of [
      ['zh-CN', '未满 18 周岁必填'],
      ['en', 'needed below 18'],
    ]) {
      const { text } = await new PageAgent().get(`/register?lang=${language}`);
      expect(text.split(`<span class="field-optional">${words}</span>`)).to.have.length(4);
    }
    expect(codes(await register({ birthDate: `${year - 9}-01-01`, place: tenant.slug }))).to.deep.equal([
      'below-lowest-age',
    ]);
    const guardian = address('parent');
    const answer = await register({ email: known.email, guardianEmail: guardian });
    const fresh = await register({});
    expect([answer.status, answer.text]).to.deep.equal([fresh.status, fresh.text]);
    const link = await linkTo(guardian, '/guardian/');
    const before = await AccountModel.countDocuments();
    const agreed = await new ApiAgent().post(`/guardian-requests/${secretOf(link)}/consent`, {
      relation: 'father',
      agree: true,
    });
    expect(agreed.status, agreed.text).to.equal(200);
    expect(await AccountModel.countDocuments()).to.equal(before);
    expect((await mailTo(known.email)).length).to.equal(1);
    const page = new PageAgent();
    await page.get('/register?lang=en');
    const form = await page.post('/register', {
      name: '陈小明',
      email: address('young'),
      password: 'a quiet evening by the river',
      terms: 'true',
      birthDate: SIXTEEN,
    });
    expect(form.status).to.equal(422);
    expect(form.text).to.include('id="f-guardianEmail-error"').and.include('<details class="aside" open');
  });

  it('cannot have a guardian flooded with mail', async () => {
    const guardian = address('parent');
    for (let i = 0; i < 5; i += 1) await asked({ guardianEmail: guardian });
    expect((await mailTo(guardian)).length).to.equal(3);
    // Nor by one minor who asks again and again, nor by many in the same moment.
    const [patient, busy] = [address('parent'), address('parent')];
    for (let i = 0; i < 5; i += 1) await asked({ guardianEmail: patient, email: `again-${patient}` });
    await Promise.all(Array.from({ length: 8 }, () => asked({ guardianEmail: busy })));
    for (const one of [patient, busy])
      expect(await AccountTokenModel.countDocuments({ address: one, purpose: 'guardian-consent' })).to.equal(
        3,
      );
  });
});

describe('a guardian who takes the consent back', function () {
  this.timeout(60_000);

  it('frees the places ahead, closes the account and takes away what was optional; hours stay', async () => {
    const tenant = await createTenant();
    const { people } = (await testApp()).composed.services;
    expect(people).to.be.an('object');
    const member = await createMember(tenant, {
      person: { name: '陈小明', birthDate: '1990-01-01', phone: '13800001111', homeLabel: '桐君' },
    });
    const guardian = address('parent');
    const page = await member.page();
    // Nobody makes themselves a minor by the profile.
    const api = await member.api();
    const { version } = (await api.get('/me/profile')).json<{ version: number }>();
    const changed = await api.patch('/me/profile', { birthDate: SIXTEEN }, { 'if-match': `"v${version}"` });
    expect(codes(changed)).to.deep.equal(['guardian-first']);
    const grown = await page.get('/account/guardian?lang=en');
    expect(grown.text, 'no form first for who is 18 or older')
      .to.include('You are 18 or older')
      .and.include('<details class="aside">');
    const wrong = await page.post('/account/guardian', {
      birthDate: '1990-01-01',
      guardianName: '陈母',
      guardianEmail: guardian,
    });
    expect([wrong.status, wrong.text.includes('id="f-birthDate-error"')]).to.deep.equal([422, true]);
    expect(wrong.text, 'where the error is').to.include('<details class="aside" open');
    const sent = await page.post('/account/guardian', {
      birthDate: SIXTEEN,
      guardianName: '陈母',
      guardianEmail: guardian,
    });
    expect(sent.location).to.equal('/account/guardian');
    expect((await api.get('/me/guardian')).json()).to.deep.include({ needed: false, given: false });
    const secret = secretOf(await linkTo(guardian, '/guardian/'));
    const agree = await new ApiAgent().post(`/guardian-requests/${secret}/consent`, {
      relation: 'mother',
      agree: true,
    });
    expect(agree.status, agree.text).to.equal(200);
    expect((await api.get('/me/guardian')).json()).to.deep.include({ given: true, guardianName: '陈母' });
    const again = (await api.get('/me/profile')).json<{ version: number }>();
    const older = await api.patch(
      '/me/profile',
      { birthDate: '1990-01-01' },
      { 'if-match': `"v${again.version}"` },
    );
    expect(codes(older)).to.deep.equal(['birth-date-fixed']);
    const opening = await createOpening(tenant, { position: { minAge: null } as never });
    const taken = await api.post(`/positions/${opening.positionId}/assignments`);
    expect(taken.status, taken.text).to.equal(201);

    const back = await linkTo(guardian, '/guardian-withdrawals/');
    const visitor = new PageAgent();
    for (let i = 0; i < 2; i += 1) expect((await visitor.get(`${back}?lang=en`)).text).to.include('陈小明');
    expect((await visitor.post(back)).location).to.equal('/guardian-answers/withdrawal');
    expect((await visitor.post(back)).status).to.equal(404);
    const row = await PersonModel.findById(member.personId).lean();
    expect(row).to.deep.include({ phone: null, homeLabel: '', birthDate: SIXTEEN });
    expect(row && hasConsent(row, 'guardian')).to.equal(false);
    expect((await api.get('/me')).status).to.equal(401);
    expect((await page.get('/account')).location).to.equal('/sign-in');
    const coordinator = await createMember(tenant, { roles: ['coordinator'] });
    const desk = await coordinator.api();
    const place = await desk.get(`/assignments/${taken.json<{ id: string }>().id}`);
    expect(place.json<{ state: string }>().state).to.equal('cancelled_by_org');
    const position = await desk.get(`/shifts/${opening.shiftId}`);
    expect(position.text).to.include('"taken":0');

    // A paper brings the account back.
    const paper = await sendPaper(desk.token, `/memberships/${member.membershipId}/guardian-consent`, {
      birthDate: SIXTEEN,
      guardianName: '陈母',
      relation: 'mother',
    });
    expect(paper.status, await paper.text()).to.equal(201);
    // Whoever runs the desk finds the guardian on the page of a minor, and of nobody who is of age.
    const desks = await coordinator.page();
    const link = (one: Member): string => `/memberships/${one.membershipId}/guardian-consent`;
    const adult = await createMember(tenant, { person: { birthDate: '1990-01-01' } });
    expect((await desks.get(`/memberships/${member.membershipId}`)).text).to.include(link(member));
    expect((await desks.get(`/memberships/${adult.membershipId}`)).text).to.not.include(link(adult));
    const reopened = await new ApiAgent().post('/tokens', { email: member.email, password: PASSWORD });
    expect(reopened.status).to.equal(201);
  });

  /** A member below 18 whose guardian agreed by a link, and the link that takes it back. */
  async function young(
    tenant: Tenant,
    roles: readonly Role[] = [],
  ): Promise<{ member: Member; back: string }> {
    const member = await createMember(tenant, { roles, person: { birthDate: '1990-01-01' } });
    const guardian = address('parent');
    const api = await member.api();
    const body = { birthDate: SIXTEEN, guardianName: '陈母', guardianEmail: guardian };
    expect((await api.post('/me/guardian', body)).status).to.be.below(300);
    const secret = secretOf(await linkTo(guardian, '/guardian/'));
    const agree = { relation: 'mother', agree: true };
    expect((await new ApiAgent().post(`/guardian-requests/${secret}/consent`, agree)).status).to.equal(200);
    return { member, back: secretOf(await linkTo(guardian, '/guardian-withdrawals/')) };
  }

  it('takes every role and calendar address with it: a closed account is not who can still give roles', async () => {
    const tenant = await createTenant();
    const { member, back } = await young(tenant, ['administrator', 'coordinator']);
    const other = await createMember(tenant, { roles: ['administrator'] });
    const feed = (await (await member.api()).post('/calendar-feed')).json<{ url: string }>();
    const reads = async (): Promise<number> => (await fetch(feed.url)).status;
    expect(await reads()).to.equal(200);
    expect((await new ApiAgent().post(`/guardian-withdrawals/${back}`)).status).to.equal(200);
    expect(await reads()).to.equal(404);
    const shown = await (await other.api()).get(`/memberships/${member.membershipId}`);
    expect(shown.json<{ grants: unknown[] }>().grants).to.deep.equal([]);
    const leaving = await (await other.api()).post(`/memberships/${other.membershipId}/leaving`);
    expect(leaving.json()).to.include({ status: 409, code: 'last-administrator' });
  });

  it('is heard also where nobody else could give roles, and nobody below 18 is given that right', async () => {
    const tenant = await createTenant();
    const { back } = await young(tenant, ['administrator']);
    expect((await new ApiAgent().post(`/guardian-withdrawals/${back}`)).status).to.equal(200);
    const giver = await createMember(tenant, { roles: ['administrator'] });
    const { member } = await young(tenant);
    const give = async (role: Role): Promise<Answer> =>
      (await giver.api()).post(
        `/memberships/${member.membershipId}/grants`,
        { role, unitId: tenant.rootUnitId },
        { 'if-match': '"v1"' },
      );
    const refused = await give('administrator');
    expect([refused.status, refused.json()['code']]).to.deep.equal([409, 'minors-give-no-roles']);
    expect((await give('coordinator')).status).to.be.below(300);
  });

  it('says so once, and not after the eighteenth birthday, by whatever way', async () => {
    const tenant = await createTenant();
    const desk = await createMember(tenant, { roles: ['coordinator'] });
    const { member, back } = await young(tenant);
    const grown = new Date(comesOfAge(SIXTEEN).getTime() + 60_000).getTime() - Date.now();
    await atOffset(grown, async () => {
      expect((await new ApiAgent().post(`/guardian-withdrawals/${back}`)).status).to.equal(404);
      // Who opens it all the same is told why, and who came of age that their guardian decides no more.
      const over = await new PageAgent().get(`/guardian-withdrawals/${back}?lang=en`);
      expect([over.status, over.text.includes('has turned 18 and decides alone')]).to.deep.equal([404, true]);
      const own = await (await member.page()).get('/account/guardian?lang=en');
      expect(own.text).to.include('Now you alone decide').and.include('You are 18 or older');
      const path = `/memberships/${member.membershipId}/guardian-consent/withdrawal`;
      const told = await (await desk.api()).post(path);
      expect([told.status, told.json()['code']]).to.deep.equal([409, 'no-guardian-consent']);
    });
    // A day of birth that was corrected ends a link that was made before.
    await PersonModel.updateOne({ _id: member.personId }, { $set: { birthDate: '1990-01-01' } });
    expect((await new ApiAgent().post(`/guardian-withdrawals/${back}`)).status).to.equal(404);
    await PersonModel.updateOne({ _id: member.personId }, { $set: { birthDate: SIXTEEN } });
    const presses = Array.from({ length: 4 }, () => new ApiAgent().post(`/guardian-withdrawals/${back}`));
    const statuses = (await Promise.all(presses)).map(({ status }) => status);
    expect(statuses.sort()).to.deep.equal([200, 404, 404, 404]);
  });

  const PASSWORD_ANEW = 'three lanterns over the water';

  it('lets whoever came of age have the account back by their own address and consent, and nobody before', async () => {
    const tenant = await createTenant();
    const { member, back } = await young(tenant);
    expect((await new ApiAgent().post(`/guardian-withdrawals/${back}`)).status).to.equal(200);
    const forget = async (email: string): Promise<Answer> =>
      new ApiAgent().post('/password-resets', { email });
    const shape = ({ status, text }: Answer): string => `${status} ${text}`;
    // Below eighteen only a guardian opens it: no link is sent, and nothing tells that there is an account.
    expect(shape(await forget(member.email))).to.equal(shape(await forget(address('nobody'))));
    expect(await mailTo(member.email)).to.deep.equal([]);

    const grown = new Date(comesOfAge(SIXTEEN).getTime() + 60_000).getTime() - Date.now();
    await atOffset(grown, async () => {
      // Being eighteen changes nothing by itself: closed, unwritten to, without any consent.
      const before = await PersonModel.findById(member.personId).lean();
      expect(before?.consents.every(({ withdrawnAt }) => withdrawnAt !== null)).to.equal(true);
      const asBefore = await new ApiAgent().post('/tokens', { email: member.email, password: PASSWORD });
      expect(asBefore.status).to.equal(422);
      expect(shape(await forget(member.email))).to.equal(shape(await forget(address('nobody'))));
      const link = await linkTo(member.email, '/reset/');
      const secret = secretOf(link);

      const visitor = new PageAgent();
      const form = await visitor.get(`${link}?lang=en`);
      expect(form.text).to.include('Have your account back').and.include('name="agree"');
      const silent = await visitor.post(link, { password: PASSWORD_ANEW });
      expect([silent.status, silent.text.includes('id="f-agree-error"')]).to.deep.equal([422, true]);
      expect((await AccountModel.findById(member.accountId).lean())?.state).to.equal('disabled');
      const agreed = { password: PASSWORD_ANEW, agree: true };
      const presses = Array.from({ length: 4 }, () =>
        new ApiAgent().post(`/password-resets/${secret}`, agreed),
      );
      const statuses = (await Promise.all(presses)).map(({ status }) => status);
      expect(
        statuses.filter((status) => status === 200),
        String(statuses),
      ).to.have.length(1);
      expect(
        statuses.every((status) => [200, 404, 409].includes(status)),
        String(statuses),
      ).to.equal(true);

      const row = await PersonModel.findById(member.personId).lean();
      const standing = row?.consents.filter(({ withdrawnAt }) => withdrawnAt === null) ?? [];
      expect(standing.map(({ purpose, how }) => [purpose, how])).to.deep.equal([['terms', 'self']]);
      expect(row).to.deep.include({ phone: null, homeLabel: '', availability: [] });
      const token = await new ApiAgent().post('/tokens', { email: member.email, password: PASSWORD_ANEW });
      expect(token.status, token.text).to.equal(201);
      const old = await new ApiAgent().post('/tokens', { email: member.email, password: PASSWORD });
      expect(old.status).to.equal(422);
      // From now on it is an account like any other: a forgotten password asks for nothing more.
      await forget(member.email);
      const links = (await mailTo(member.email)).flatMap(({ links: all }) => all);
      const next = links.filter((one) => one.includes('/reset/') && !one.endsWith(secret)).at(-1) ?? '';
      const plain = await visitor.get(next.replace((await testApp()).url, ''));
      expect([plain.status, plain.text.includes('name="agree"')]).to.deep.equal([200, false]);
    });
  });

  it('lets whoever has nothing but a number come back the same way, by a sheet from who registered them', async () => {
    const tenant = await createTenant();
    const { member, back } = await young(tenant);
    const phone = `139${String(Date.now()).slice(-8)}`;
    await AccountModel.updateOne(
      { _id: member.accountId },
      { $set: { email: null, emailKey: null, phone: phoneKey(phone), madeIn: tenant.id } },
    );
    expect((await new ApiAgent().post(`/guardian-withdrawals/${back}`)).status).to.equal(200);
    const desk = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const sheet = `/memberships/${member.membershipId}/start-sheet`;
    // Below eighteen only a guardian opens it.
    for (const answer of [await desk.get(sheet), await desk.post(sheet)])
      expect([answer.status, answer.json<{ code: string }>().code]).to.deep.equal([409, 'no-account']);
    await atOffset(new Date(comesOfAge(SIXTEEN).getTime() + 60_000).getTime() - Date.now(), async () => {
      const later = await (await createMember(tenant, { roles: ['coordinator'] })).api();
      expect((await later.post(sheet)).status).to.be.below(300);
      const { link } = (await later.get(sheet)).json<{ link: string }>();
      const path = new URL(link).pathname;
      expect((await AccountModel.findById(member.accountId).lean())?.state).to.equal('disabled');
      const visitor = new PageAgent();
      for (const [language, words] of [
        ['en', 'Agree and open my account'],
        ['zh-CN', '同意并恢复账号'],
      ] as const)
        expect((await visitor.get(`${path}?lang=${language}`)).text)
          .to.include(words)
          .and.include('name="agree"');
      const silent = await visitor.post(path, { password: PASSWORD_ANEW });
      expect([silent.status, silent.text.includes('id="f-agree-error"')]).to.deep.equal([422, true]);
      expect((await visitor.post(path, { password: PASSWORD_ANEW, agree: 'true' })).location).to.equal(
        '/sign-in',
      );
      expect((await visitor.post(path, { password: PASSWORD_ANEW, agree: 'true' })).status).to.equal(404);
      const token = await new ApiAgent().post('/tokens', { email: phone, password: PASSWORD_ANEW });
      expect(token.status, token.text).to.equal(201);
      const row = await PersonModel.findById(member.personId).lean();
      expect(
        row?.consents
          .filter(({ withdrawnAt }) => withdrawnAt === null)
          .map(({ purpose, how }) => [purpose, how]),
      ).to.deep.equal([['terms', 'self']]);
    });
  });

  it('says to whoever registers anew with the address of a closed account how to have it back', async () => {
    const { member, back } = await young(await createTenant());
    expect((await new ApiAgent().post(`/guardian-withdrawals/${back}`)).status).to.equal(200);
    const register = (): Promise<Answer> =>
      new ApiAgent().post('/register', {
        name: '陈小明',
        email: member.email,
        password: PASSWORD_ANEW,
        terms: true,
      });
    expect((await register()).status).to.equal(202);
    expect(await mailTo(member.email)).to.deep.equal([]);
    const grown = new Date(comesOfAge(SIXTEEN).getTime() + 60_000).getTime() - Date.now();
    await atOffset(grown, async () => {
      expect((await register()).status).to.equal(202);
      expect(await linkTo(member.email, '/forgotten')).to.equal('/forgotten');
    });
  });

  it('leaves no place ahead, though one is taken in the same moment', async () => {
    const tenant = await createTenant();
    const shiftId = await createShift(tenant);
    for (let round = 0; round < 4; round += 1) {
      const { member, back } = await young(tenant);
      const api = await member.api();
      const positionId = await createPosition(tenant, { shiftId });
      await Promise.all([
        api.post(`/positions/${positionId}/assignments`),
        new ApiAgent().post(`/guardian-withdrawals/${back}`),
      ]);
      const states = await inTenant(tenant.id, () =>
        AssignmentModel.distinct('state', { personId: member.personId }),
      );
      expect(states, `round ${round}`).to.not.include('accepted');
    }
  });
});

describe('the guardian’s paper', function () {
  this.timeout(60_000);

  it('is attached by a coordinator who registers a minor face to face, and taken back as easily', async () => {
    const tenant = await createTenant();
    const coordinator = await createMember(tenant, { roles: ['coordinator'] });
    const page = await coordinator.page();
    const fields = {
      name: '王小红',
      birthDate: SIXTEEN,
      phone: `139${String(Date.now()).slice(-8)}`,
      phoneSeen: 'true',
      guardianName: '王父',
      relation: 'father',
      kind: 'volunteer',
      unitId: tenant.rootUnitId,
      consentHow: 'signed',
      consent: 'true',
    };
    expect((await page.get('/people/new-minor?lang=en')).status).to.equal(200);
    const bare = await page.post('/people/minors', fields);
    expect([bare.status, bare.text.includes('id="f-file-error"')]).to.deep.equal([422, true]);
    const nonsense = await page.upload('/people/minors', fields, { name: 'x.png', bytes: 'no picture' });
    expect(nonsense.status).to.equal(422);
    const adult = await page.upload(
      '/people/minors',
      { ...fields, birthDate: '1980-01-01' },
      { name: 'x.png', bytes: await picture() },
    );
    expect([adult.status, adult.text.includes('id="f-birthDate-error"')]).to.deep.equal([422, true]);
    const made = await page.upload('/people/minors', fields, { name: 'x.png', bytes: await picture() });
    expect(made.location, made.text).to.match(/start-sheet$/);
    const membershipId = made.location?.split('/')[2] ?? '';
    const api = await coordinator.api();
    const papers = (await api.get(`/memberships/${membershipId}/guardian-consent`)).json<{
      given: boolean;
      papers: { id: string }[];
    }>();
    expect([papers.given, papers.papers.length]).to.deep.equal([true, 1]);
    const shown = await page.get(`/memberships/${membershipId}/guardian-consent/${papers.papers[0]?.id}`);
    expect(shown.headers.get('content-type')).to.equal('image/webp');
    expect((await page.get(`/memberships/${membershipId}/guardian-consent?lang=en`)).text).to.include('王父');
    const stranger = await createMember(await createTenant(), { roles: ['coordinator'] });
    expect(
      (
        await (
          await stranger.api()
        ).get(`/memberships/${membershipId}/guardian-consent/${papers.papers[0]?.id}`)
      ).status,
    ).to.equal(404);
    const back = await page.post(`/memberships/${membershipId}/guardian-consent/withdrawal`);
    expect(back.status).to.equal(303);
    expect((await api.get(`/memberships/${membershipId}/guardian-consent`)).json()).to.deep.include({
      given: false,
    });
    expect((await api.post(`/memberships/${membershipId}/guardian-consent/withdrawal`)).status).to.equal(409);
  });

  it('makes nobody a minor who is known to be of age, acts for somebody, or belongs elsewhere too', async () => {
    const [tenant, elsewhere] = [await createTenant(), await createTenant()];
    const desk = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const grown = await createMember(tenant, { person: { birthDate: '1990-01-01' } });
    const administrator = await createMember(tenant, {
      roles: ['administrator'],
      person: { birthDate: null },
    });
    const guest = await createMember(tenant, { person: { birthDate: null } });
    await createMembership(elsewhere, guest);
    const young = await createMember(tenant, { person: { birthDate: null } });
    const fields = { birthDate: SIXTEEN, guardianName: '陈母', relation: 'mother' };
    const attach = async ({ membershipId }: Member): Promise<[number, string | undefined]> => {
      const answer = await sendPaper(desk.token, `/memberships/${membershipId}/guardian-consent`, fields);
      const { code, errors } = (await answer.json()) as { code?: string; errors?: { code: string }[] };
      return [answer.status, errors?.[0]?.code ?? code];
    };
    expect(await attach(grown)).to.deep.equal([422, 'recorded-of-age']);
    expect(await attach(administrator)).to.deep.equal([409, 'guardian-by-themselves']);
    expect(await attach(guest)).to.deep.equal([409, 'guardian-by-themselves']);
    expect((await attach(young))[0]).to.equal(201);
    // The page says so instead of a form that would only be refused, with the way back.
    const page = await (await createMember(tenant, { roles: ['coordinator'] })).page();
    for (const [{ membershipId }, why] of [
      [grown, 'this person is 18 or older'],
      [administrator, 'has a role here'],
      [guest, 'belongs to another organisation'],
    ] as const) {
      const { text } = await page.get(`/memberships/${membershipId}/guardian-consent?lang=en`);
      expect(text).to.include(why).and.include(`href="/memberships/${membershipId}"`);
      expect(text).not.to.include('name="file"');
    }
    const open = await page.get(`/memberships/${young.membershipId}/guardian-consent?lang=en`);
    expect(open.text).to.include('name="file"');
    // So none of them can be shut out by somebody who then takes a paper back.
    for (const { membershipId } of [grown, administrator, guest])
      expect((await desk.post(`/memberships/${membershipId}/guardian-consent/withdrawal`)).status).to.equal(
        409,
      );
    expect((await (await administrator.api()).get('/me')).status).to.equal(200);
  });
});
