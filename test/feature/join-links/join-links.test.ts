import { expect } from 'chai';
import { Types } from 'mongoose';
import { database } from '../../../server/db/connect.ts';
import { AuditModel } from '../../../server/db/audit.ts';
import { JoinLinkModel } from '../../../server/features/join-links/join-link.model.ts';
import {
  createMember,
  createPerson,
  createTenant,
  createUnit,
  inTenant,
  PASSWORD,
} from '../../factories/people.ts';
import type { Member, TestPerson } from '../../factories/people.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { PageAgent } from '../../support/agent.ts';
import type { Answer, ApiAgent } from '../../support/agent.ts';
import { atOffset, testApp } from '../../support/app.ts';

const HOUR = 3_600_000;
const fresh = (who: string): string => `${who}-${new Types.ObjectId().toString()}@example.org`;

interface JoinLink {
  id: string;
  href: string | null;
  state: string;
  uses: number;
  maxUses: number;
  personal: boolean;
}
interface Waiting {
  id: string;
  personId: string;
  unitId: string;
  kind: string;
  motivation: string;
  invitedBy: string | null;
}

async function mailsTo(to: string): Promise<{ subject: string; text: string; links: string[] }[]> {
  await (await testApp()).sweep('messages/deliver');
  const { url } = await testApp();
  const all = (await (await fetch(`${url}/dev/mailbox.json`)).json()) as {
    to: string;
    subject: string;
    text: string;
    links: string[];
  }[];
  return all.filter((mail) => mail.to.includes(to));
}
/** The newest link with this part in a mail to the address, without the host. */
async function linkTo(to: string, part: string): Promise<string> {
  const { url } = await testApp();
  const found = (await mailsTo(to)).flatMap(({ links }) => links).filter((one) => one.includes(part));
  if (!found[0]) throw new Error(`No link with ${part} for ${to}`);
  return found[0].replace(url, '');
}
async function signedIn({ email }: { email: string }): Promise<PageAgent> {
  const page = new PageAgent();
  await page.get('/sign-in');
  await page.post('/sign-in', { email, password: PASSWORD });
  await page.get('/account');
  return page;
}
/** An answer without what differs from one page to the next. */
const bare = ({ status, text }: Answer): string =>
  `${status} ${text}`.replace(/[A-Za-z0-9_-]{22,}/g, 'TOKEN').replace(/nonce="[^"]*"/g, '');

describe('inviting people by a link', function () {
  this.timeout(60_000);
  let tenant: Tenant;
  let unitId: string;
  let coordinator: Member;
  let officer: ApiAgent;
  let api: ApiAgent;
  before(async () => {
    tenant = await createTenant();
    unitId = await createUnit(tenant, { name: '青苗小组' });
    coordinator = await createMember(tenant, { roles: ['coordinator'], unitId });
    officer = await (await createMember(tenant, { roles: ['officer', 'reviewer'] })).api();
    api = await coordinator.api();
  });
  beforeEach(async () => {
    await database().collection('rate_limits').deleteMany({});
  });

  async function made(body: object = {}): Promise<JoinLink> {
    const answer = await api.post('/join-links', { unitId, ...body });
    expect(answer.status, answer.text).to.equal(201);
    return answer.json<JoinLink>();
  }
  const pathOf = async ({ href }: JoinLink): Promise<string> =>
    (href ?? '').replace((await testApp()).url, '');
  const stateOf = async ({ id }: JoinLink): Promise<JoinLink> =>
    (await api.get(`/join-links/${id}`)).json<JoinLink>();
  const waitingOf = async ({ personId }: Pick<TestPerson, 'personId'>): Promise<Waiting | undefined> =>
    (await officer.get('/memberships?state=submitted&limit=100'))
      .json<{ data: Waiting[] }>()
      .data.find((row) => row.personId === personId);

  it('is made on a page, copied, shown as a code, listed and ended; nothing is hidden behind a script', async () => {
    const page = await coordinator.page();
    const form = await page.get('/join-links/new');
    expect(form.status).to.equal(200);
    // Only units within reach are offered.
    expect(form.text).to.include('青苗小组').and.not.include(`value="${tenant.rootUnitId}"`);
    const wrong = await page.post('/join-links', {
      unitId,
      kind: 'volunteer',
      email: 'no address',
      note: '一起来',
      maxUses: '5',
      days: '3',
    });
    expect(wrong.status).to.equal(422);
    expect(wrong.text).to.include('id="f-email-error"').and.include('一起来');
    const late = await page.post('/join-links', { unitId, kind: 'volunteer', maxUses: '5', days: '31' });
    expect(late.status).to.equal(422);
    expect(late.text).to.include('id="f-days-error"');
    const done = await page.post('/join-links', {
      unitId,
      kind: 'volunteer',
      email: '',
      note: '一起来',
      maxUses: '5',
      days: '3',
    });
    expect(done.status).to.equal(303);
    const shown = await page.get(done.location ?? '');
    const { url } = await testApp();
    expect(shown.text)
      .to.include('class="qr"')
      .and.include(`data-copy="${url}/t/${tenant.slug}/join/`)
      .and.include('一起来');
    for (const language of ['zh-CN', 'en']) {
      const list = await page.get(`/join-links?lang=${language}`);
      expect(list.text).to.include('一起来').and.include(`lang="${language}"`);
    }
    const id = (done.location ?? '').split('/').at(-1) ?? '';
    expect((await page.post(`/join-links/${id}/revocation`)).status).to.equal(303);
    expect((await page.get(`/join-links/${id}`)).text).to.not.include('class="qr"');
    const again = await api.post(`/join-links/${id}/revocation`);
    expect([again.status, again.json()['code']]).to.deep.equal([409, 'join-link-over']);
  });

  it('keeps no code in the database, and leads nobody anywhere once it is ended, over or used up', async () => {
    const link = await made({ maxUses: 1, days: 2 });
    const path = await pathOf(link);
    const code = path.split('/').at(-1) ?? '';
    const stored = await inTenant(tenant.id, () => JoinLinkModel.findById(link.id).lean());
    expect(JSON.stringify(stored)).to.not.include(code);
    const visitor = new PageAgent();
    expect((await visitor.get(path)).status).to.equal(200);
    const unknown = await visitor.get(path.replace(code, 'A'.repeat(43)));
    expect(unknown.status).to.equal(404);
    // Who holds it may still ask, like anybody.
    expect(unknown.text).to.include(`href="/t/${tenant.slug}/join"`);
    await atOffset(49 * HOUR, async () => expect(bare(await visitor.get(path))).to.equal(bare(unknown)));
    const person = await createPerson();
    const page = await signedIn(person);
    expect((await page.post(`${path}/application`)).status).to.equal(303);
    expect(await stateOf(link)).to.include({ state: 'spent', uses: 1, href: null });
    expect(bare(await visitor.get(path))).to.equal(bare(unknown));
    const late = await signedIn(await createPerson());
    expect((await late.post(`${path}/application`)).status).to.equal(404);
    const elsewhere = await createTenant();
    const other = await made();
    const foreign = (await pathOf(other)).replace(tenant.slug, elsewhere.slug);
    expect((await visitor.get(foreign)).status).to.equal(404);
    await api.post(`/join-links/${other.id}/revocation`);
    expect(bare(await visitor.get(await pathOf(other)))).to.equal(bare(unknown));
  });

  it('fills unit and kind in for somebody with an account, who waits for the ordinary review', async () => {
    const link = await made({ kind: 'community-worker', note: '欢迎 <b>大家</b>' });
    const path = await pathOf(link);
    const person = await createPerson();
    const page = new PageAgent();
    const landing = await page.get(`${path}?lang=en`);
    expect(landing.text)
      .to.include('欢迎 &lt;b&gt;大家')
      .and.include('青苗小组')
      .and.include('Community worker');
    // Reading changed nothing, and signing in leads back to the application.
    expect((await stateOf(link)).uses).to.equal(0);
    expect((await page.get(`${path}/application`)).location).to.equal('/sign-in');
    await page.get('/sign-in');
    const back = await page.post('/sign-in', { email: person.email, password: PASSWORD });
    expect(back.location).to.equal(`${path}/application`);
    await page.get(back.location ?? '');
    const sent = await page.post(`${path}/application`, { motivation: '住在附近' });
    expect(sent.location).to.equal('/join');
    expect(await waitingOf(person)).to.deep.include({
      unitId,
      kind: 'community-worker',
      motivation: '住在附近',
      invitedBy: coordinator.accountId,
    });
    const desk = await (await createMember(tenant, { roles: ['officer'] })).page();
    const row = await waitingOf(person);
    expect((await desk.get(`/memberships/${row?.id}`)).text).to.include(coordinator.name);
    const twice = await page.post(`${path}/application`);
    expect(twice.location).to.equal('/join');
    expect((await stateOf(link)).uses).to.equal(1);
    const entries = await inTenant(tenant.id, () =>
      AuditModel.find({ subjectType: 'JoinLink', subjectId: link.id }).lean(),
    );
    expect(entries.map(({ action }) => action).sort()).to.deep.equal(['join-links/create', 'join-links/use']);
  });

  it('leads somebody new through registration to the same application', async () => {
    const path = await pathOf(await made({ kind: 'social-worker' }));
    const visitor = new PageAgent();
    const landing = await visitor.get(path);
    const [, href = ''] = /href="(\/register\?[^"]+)"/.exec(landing.text) ?? [];
    const form = await visitor.get(href.replaceAll('&amp;', '&').replaceAll('&#x3D;', '='));
    expect(form.text).to.include(tenant.name['zh-CN']);
    const email = fresh('new');
    const code = path.split('/').at(-1) ?? '';
    const sent = await visitor.post('/register', {
      name: '新来的人',
      email,
      password: 'a quiet evening by the river',
      terms: 'true',
      place: tenant.slug,
      link: code,
    });
    expect(sent.location).to.equal('/register/sent');
    const confirm = await linkTo(email, '/confirm/');
    await visitor.get(confirm);
    expect((await visitor.post(confirm)).status).to.equal(303);
    const rows = (await officer.get('/memberships?state=submitted&limit=100')).json<{
      data: (Waiting & { personName: string })[];
    }>().data;
    expect(rows.find(({ personName }) => personName === '新来的人')).to.deep.include({
      unitId,
      kind: 'social-worker',
      invitedBy: coordinator.accountId,
    });
  });

  it('is mailed to one address, for one use, one hour at a time and no other account', async () => {
    const person = await createPerson();
    const link = await made({ email: person.email.toUpperCase(), note: '王阿姨推荐您' });
    expect(link).to.include({ personal: true, maxUses: 1, href: null });
    const [mail] = await mailsTo(person.email);
    expect(mail?.text).to.include('王阿姨推荐您').and.include('青苗小组');
    const path = await linkTo(person.email, `/t/${tenant.slug}/join/`);
    const other = await signedIn(await createPerson());
    const refused = await other.post(`${path}/application`);
    expect([refused.status, refused.text.includes('error-summary')]).to.deep.equal([409, true]);
    const own = await signedIn(person);
    await atOffset(2 * HOUR, async () => {
      const page = await signedIn(person);
      const stale = await page.get(path);
      expect(stale.status).to.equal(200);
      expect(stale.text).to.include(`action="${path}/renewal"`);
      expect((await page.post(`${path}/application`)).status).to.equal(404);
      expect((await page.post(`${path}/renewal`)).status).to.equal(200);
      const renewed = await linkTo(person.email, `/t/${tenant.slug}/join/`);
      expect(renewed).to.not.equal(path);
      await page.get(`${renewed}/application`);
      expect((await page.post(`${renewed}/application`)).location).to.equal('/join');
      expect((await page.get(renewed)).status).to.equal(404);
    });
    expect((await own.post(`${path}/application`)).status).to.equal(404);
    expect(await waitingOf(person)).to.deep.include({ unitId });
    expect(await stateOf(link)).to.include({ state: 'spent' });
  });

  it('sends one address at most three mails an hour, and tells nobody, nor whether it has an account', async () => {
    const known = await createPerson();
    const unknown = fresh('nobody');
    const shapes: string[] = [];
    for (const email of [known.email, unknown]) {
      const answers: Answer[] = [];
      for (let i = 0; i < 5; i += 1) answers.push(await api.post('/join-links', { unitId, email }));
      const elsewhere = await createTenant();
      const stranger = await (await createMember(elsewhere, { roles: ['coordinator'] })).api();
      answers.push(await stranger.post('/join-links', { unitId: elsewhere.rootUnitId, email }));
      expect(await mailsTo(email)).to.have.length(3);
      shapes.push(
        answers
          .map(({ status, text }) =>
            `${status} ${text}`
              .replaceAll(email, 'EMAIL')
              .replace(/"(id|createdAt|expiresAt|createdBy|unitId|unitName)":"[^"]*"/g, '"$1":""'),
          )
          .join('\n'),
      );
      // After the hour there are more, up to six a day.
      await atOffset(90 * 60_000, async () => {
        for (let i = 0; i < 5; i += 1) await api.post('/join-links', { unitId, email });
        expect(await mailsTo(email)).to.have.length(6);
      });
      await atOffset(5 * HOUR, async () => {
        await api.post('/join-links', { unitId, email });
        expect(await mailsTo(email)).to.have.length(6);
      });
    }
    expect(shapes[0]).to.equal(shapes[1]);
    const anybody = new PageAgent();
    await anybody.get('/sign-in');
    const renewals = await Promise.all(
      ['A'.repeat(43), 'x'].map((code) => anybody.post(`/t/${tenant.slug}/join/${code}/renewal`)),
    );
    expect(new Set(renewals.map(bare)).size).to.equal(1);
  });

  it('sends no more of them though many are asked for in the same moment, by whatever organisations', async () => {
    const elsewhere = await createTenant();
    const stranger = await (await createMember(elsewhere, { roles: ['coordinator'] })).api();
    const email = fresh('nobody');
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_unused, at) =>
        at % 2 === 0
          ? api.post('/join-links', { unitId, email })
          : stranger.post('/join-links', { unitId: elsewhere.rootUnitId, email }),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([201]));
    expect(await mailsTo(email)).to.have.length(3);
  });

  it('lets exactly as many in as it says, however many press at once', async () => {
    const link = await made({ maxUses: 3 });
    const path = await pathOf(link);
    const pages = await Promise.all(
      (await Promise.all(Array.from({ length: 8 }, () => createPerson()))).map((one) => signedIn(one)),
    );
    const answers = await Promise.all(pages.map((page) => page.post(`${path}/application`)));
    const let_in = answers.filter(({ location }) => location === '/join');
    expect(let_in, answers.map(({ status }) => status).join()).to.have.length(3);
    for (const { status } of answers.filter(({ location }) => location !== '/join'))
      expect(status).to.be.oneOf([404, 409, 503]);
    expect(await stateOf(link)).to.include({ uses: 3, state: 'spent' });
  });

  it('is made by those who may register people there, and seen by nobody else', async () => {
    const link = await made();
    const beside = await createUnit(tenant);
    const refused = await api.post('/join-links', { unitId: beside });
    expect(refused.status).to.equal(403);
    expect((await api.post('/join-links', { unitId })).status).to.equal(201);
    const neighbour = await (await createMember(tenant, { roles: ['coordinator'], unitId: beside })).api();
    expect((await neighbour.get(`/join-links/${link.id}`)).status).to.equal(404);
    expect((await neighbour.post(`/join-links/${link.id}/revocation`)).status).to.equal(404);
    expect((await neighbour.get('/join-links')).json<{ data: object[] }>().data).to.deep.equal([]);
    for (const role of ['officer', 'reviewer', 'auditor', 'administrator', 'instructor'] as const)
      expect(
        (await (await (await createMember(tenant, { roles: [role] })).api()).get('/join-links')).status,
      ).to.equal(403);
  });
});

describe('an application', function () {
  this.timeout(60_000);

  it('is kept as a draft that nobody sees waiting, sent in by the person, with the unit they chose', async () => {
    const tenant = await createTenant();
    const unitId = await createUnit(tenant, { name: '河畔社区' });
    const officer = await (await createMember(tenant, { roles: ['officer', 'reviewer'] })).api();
    const person = await createPerson();
    const page = await signedIn(person);
    expect((await page.get(`/t/${tenant.slug}/join`)).text).to.include('河畔社区');
    const kept = await page.post(`/t/${tenant.slug}/memberships`, {
      kind: 'volunteer',
      unitId,
      motivation: '还没想好',
      draft: 'true',
    });
    expect(kept.location).to.equal('/join');
    const waiting = (await officer.get('/memberships?state=submitted')).json<{ data: Waiting[] }>().data;
    expect(waiting).to.deep.equal([]);
    const [, id = ''] =
      /name="membershipId" value="([0-9a-f]{24})"/.exec((await page.get('/join')).text) ?? [];
    const there = await page.post('/session/membership', {
      membershipId: id,
      returnTo: `/memberships/${id}`,
    });
    expect(there.location).to.equal(`/memberships/${id}`);
    expect((await page.get(`/memberships/${id}`)).text).to.include('还没想好');
    const away = await page.post('/session/membership', {
      membershipId: id,
      returnTo: 'https://evil.example/',
    });
    expect(away.location).to.equal('/');
    await page.get(`/memberships/${id}`);
    expect(
      (await page.post(`/memberships/${id}/answer`, { to: 'submitted', motivation: '想好了' })).status,
    ).to.equal(303);
    expect((await officer.get(`/memberships/${id}`)).json()).to.include({
      state: 'submitted',
      motivation: '想好了',
      unitId,
    });
    expect(await mailsTo(person.email)).to.have.length(1);
  });
});
