import { expect } from 'chai';
import { Types } from 'mongoose';
import type { Role } from '../../../server/core/permissions.ts';
import { AssignmentModel } from '../../../server/features/assignments/assignment.model.ts';
import { MembershipModel } from '../../../server/features/memberships/membership.model.ts';
import { SavedSearchModel } from '../../../server/features/saved-searches/saved-search.model.ts';
import { EnrolmentModel } from '../../../server/features/training/enrolment.model.ts';
import { createServed } from '../../factories/hours.ts';
import {
  createMember,
  createPerson,
  createTenant,
  documentNumber,
  inTenant,
  memberOf,
  PASSWORD,
} from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { createOpening } from '../../factories/requests.ts';
import { createSession } from '../../factories/training.ts';
import { PageAgent } from '../../support/agent.ts';
import type { Answer } from '../../support/agent.ts';
import { testApp } from '../../support/app.ts';

describe('joining an organisation', function () {
  this.timeout(60_000);

  async function signedIn({ email }: { email: string }): Promise<PageAgent> {
    const page = new PageAgent();
    await page.get('/sign-in');
    await page.post('/sign-in', { email, password: PASSWORD });
    return page;
  }

  async function applied() {
    const tenant = await createTenant();
    const person = await createPerson();
    const page = await signedIn(person);
    await page.get(`/t/${tenant.slug}/join`);
    const answer = await page.post(`/t/${tenant.slug}/memberships`, {
      kind: 'volunteer',
      motivation: '想帮忙',
    });
    expect(answer.location).to.equal('/join');
    const officer = await createMember(tenant, { roles: ['officer', 'reviewer'] });
    const reviewer = await createMember(tenant, { roles: ['reviewer'] });
    const waiting = await (await officer.api()).get('/memberships?state=submitted');
    const [row] = waiting.json<{ data: { id: string; version: number; motivation: string }[] }>().data;
    expect(row?.motivation).to.equal('想帮忙');
    return { tenant, person, page, officer, reviewer, id: String(row?.id) };
  }
  const review = (id: string) => `/memberships/${id}/review`;

  it('speaks to who waits as to an applicant', async () => {
    const { page, id } = await applied();
    await page.get('/join');
    await page.post('/session/membership', { membershipId: id, returnTo: `/memberships/${id}` });
    const shown = (await page.get(`/memberships/${id}`)).text;
    expect(shown).to.include('申请时间').and.include('撤回后可以重新申请');
    expect(shown).to.not.include('加入时间').and.not.include('除成员权限外');
    const refused = await page.get('/opportunities');
    expect(refused.status).to.equal(403);
    expect(refused.text).to.include('href="/join"').and.not.include('您的角色');
  });

  it('lists in the menu what is recorded of members only for who is or was one, and says why it ended', async () => {
    const { tenant, page, reviewer, id } = await applied();
    const menu = async (): Promise<string> =>
      /<nav[\s\S]*<\/nav>/.exec((await page.get('/account?lang=en')).text)?.[0] ?? '';
    const records = ['/hours', '/certificates', '/appraisals', '/awards'].map((path) => `href="${path}"`);
    await page.get('/join');
    await page.post('/session/membership', { membershipId: id });
    const first = await menu();
    expect(first).to.include('href="/profile"');
    for (const record of records) expect(first).to.not.include(record);
    await inTenant(tenant.id, () => MembershipModel.updateOne({ _id: id }, { $set: { state: 'approved' } }));
    const end = { to: 'ended', reason: '搬到外县' };
    const ended = await (await reviewer.api()).post(`/memberships/${id}/standing`, end);
    expect(ended.status, ended.text).to.equal(200);
    const told = (await page.get('/join?lang=en')).text;
    expect(told).to.include('This membership has ended').and.include('What was said: 搬到外县');
    // Whoever asks again has a record here already.
    await page.post(`/t/${tenant.slug}/memberships`, { kind: 'volunteer' });
    const row = await inTenant(tenant.id, () => MembershipModel.findOne({ state: 'submitted' }).lean());
    await page.post('/session/membership', { membershipId: String(row?._id) });
    const again = await menu();
    for (const record of records) expect(again).to.include(record);
  });

  it('repeats to nobody as the organisation’s word what they wrote themselves when they left', async () => {
    const member = await createMember(await createTenant());
    const page = await member.page();
    await page.get('/join');
    await page.post(`/memberships/${member.membershipId}/leaving`, { reason: '太忙' });
    const told = (await page.get('/join?lang=en')).text;
    expect(told).to.include('This membership has ended').and.not.include('太忙');
  });

  it('tells the applicant what comes next in every state, and why it was refused', async () => {
    const { tenant, page, officer, id } = await applied();
    const desk = await officer.api();
    const home = async (): Promise<string> => (await page.get('/join')).text;
    expect(await home())
      .to.include('正在等组织者审核')
      .and.include('href="/profile"');
    // The form could only be refused: whoever asked already is sent to what was asked.
    const again = await page.get(`/t/${tenant.slug}/join`);
    expect([again.status, again.location]).to.deep.equal([303, '/join']);

    await desk.post(review(id), { verdict: 'needs_correction', reason: '请写明住在哪个村' });
    expect(await home())
      .to.include('再次提交')
      .and.include('请写明住在哪个村');
    await page.post('/session/membership', { membershipId: id, returnTo: `/memberships/${id}` });
    expect((await page.get(`/memberships/${id}`)).text).to.include('组织者说明：请写明住在哪个村');
    expect((await page.post(`/memberships/${id}/answer`, { to: 'submitted' })).status).to.equal(303);
    expect(await home()).to.not.include('请写明住在哪个村');

    await desk.post(review(id), { verdict: 'rejected', reason: '今年名额已满' });
    const refused = await home();
    expect(refused).to.include('没有通过').and.include('组织者说明：今年名额已满').and.include('再次申请');
    expect(refused.split(`href="/t/${tenant.slug}/join"`).length, 'offered once').to.equal(2);
    expect((await page.get(`/t/${tenant.slug}/join`)).status).to.equal(200);
    expect((await page.post(`/t/${tenant.slug}/memberships`, { kind: 'volunteer' })).location).to.equal(
      '/join',
    );
    expect(await home()).to.not.include('今年名额已满');
  });

  it('is the applicant’s alone until it is handed in', async () => {
    const tenant = await createTenant();
    const person = await createPerson();
    const page = await signedIn(person);
    await page.get(`/t/${tenant.slug}/join`);
    const kept = await page.post(`/t/${tenant.slug}/memberships`, { motivation: '还没想好', draft: 'true' });
    expect(kept.status, kept.text).to.equal(303);
    const row = await inTenant(tenant.id, () =>
      MembershipModel.findOne({ personId: person.personId }).lean(),
    );
    const id = String(row?._id);
    expect(row?.state).to.equal('draft');
    const officer = await createMember(tenant, { roles: ['officer', 'reviewer'] });
    const [api, desk] = [await officer.api(), await officer.page()];
    const listed = async (): Promise<string[]> =>
      (await api.get('/memberships')).json<{ data: { id: string }[] }>().data.map((one) => one.id);
    expect(await listed()).to.deep.equal([officer.membershipId]);
    expect((await api.get('/memberships?state=draft')).status).to.be.within(400, 422);
    for (const path of [`/memberships/${id}`, `/memberships/${new Types.ObjectId().toString()}`])
      expect([(await api.get(path)).status, (await desk.get(path)).status], path).to.deep.equal([404, 404]);
    const early = await api.post(`/memberships/${id}/review`, { verdict: 'rejected', reason: '不合适' });
    expect(early.status).to.equal(404);

    await page.get('/join');
    await page.post('/session/membership', { membershipId: id, returnTo: `/memberships/${id}` });
    expect((await page.get(`/memberships/${id}`)).text).to.include('还没想好');
    const sent = await page.post(`/memberships/${id}/answer`, { to: 'submitted', motivation: '想好了' });
    expect(sent.status, sent.text).to.equal(303);
    expect(await listed()).to.deep.equal([id, officer.membershipId].sort().reverse());
    expect((await api.get(`/memberships/${id}`)).json()).to.include({ motivation: '想好了' });
  });

  it('stays the applicant’s alone when it is taken back as it lay', async () => {
    const tenant = await createTenant();
    const person = await createPerson();
    const page = await signedIn(person);
    await page.get(`/t/${tenant.slug}/join`);
    await page.post(`/t/${tenant.slug}/memberships`, { motivation: '还没想好', draft: 'true' });
    const row = await inTenant(tenant.id, () =>
      MembershipModel.findOne({ personId: person.personId }).lean(),
    );
    const id = String(row?._id);
    await page.get('/join');
    await page.post('/session/membership', { membershipId: id, returnTo: `/memberships/${id}` });
    await page.get(`/memberships/${id}`);
    expect((await page.post(`/memberships/${id}/answer`, { to: 'withdrawn' })).status).to.equal(303);
    const officer = await createMember(tenant, { roles: ['officer', 'reviewer'] });
    const api = await officer.api();
    const listed = async (filter: string): Promise<string[]> =>
      (await api.get(`/memberships${filter}`)).json<{ data: { id: string }[] }>().data.map((one) => one.id);
    expect(await listed('')).to.deep.equal([officer.membershipId]);
    expect(await listed('?state=withdrawn')).to.deep.equal([]);
    expect((await api.get(`/memberships/${id}`)).status).to.equal(404);
    // What was handed in and then taken back, a desk had seen.
    const { id: sentId, page: sender, tenant: other } = await applied();
    await sender.get('/join');
    await sender.post('/session/membership', { membershipId: sentId, returnTo: `/memberships/${sentId}` });
    await sender.get(`/memberships/${sentId}`);
    expect((await sender.post(`/memberships/${sentId}/answer`, { to: 'withdrawn' })).status).to.equal(303);
    const there = await (await createMember(other, { roles: ['officer'] })).api();
    expect((await there.get('/memberships?state=withdrawn')).json<{ data: unknown[] }>().data).to.have.length(
      1,
    );
    expect((await there.get(`/memberships/${sentId}`)).status).to.equal(200);
  });

  it('is asked once, seen first and finally by two, and told by mail', async () => {
    const { tenant, person, page, officer, reviewer, id } = await applied();
    const twice = await page.post(`/t/${tenant.slug}/memberships`, { kind: 'volunteer', motivation: '' });
    expect(twice.location).to.equal('/join');
    const [first, final] = [await officer.api(), await reviewer.api()];
    const version = async (): Promise<string> =>
      (await first.get(`/memberships/${id}`)).headers.get('etag') ?? '';
    const step = async (api: typeof first, verdict: string) =>
      api.post(review(id), { verdict }, { 'if-match': await version() });
    expect((await step(final, 'approved')).json()).to.include({ code: 'wrong-state' });
    expect((await step(first, 'first_review')).json()).to.include({ state: 'first_review' });
    expect((await step(first, 'approved')).json()).to.include({ code: 'second-reviewer-needed' });
    const stale = await final.post(review(id), { verdict: 'approved' }, { 'if-match': '"v1"' });
    expect(stale.status).to.equal(412);
    expect((await step(final, 'approved')).json()).to.include({ state: 'approved' });
    await (await testApp()).sweep('messages/deliver');
    const { url } = await testApp();
    const mails = (await (await fetch(`${url}/dev/mailbox.json`)).json()) as { to: string }[];
    expect(mails.some(({ to }) => to.includes(person.email))).to.equal(true);
    await page.get('/account');
    await page.post('/session/membership', { membershipId: id });
    expect((await page.get('/')).status).to.equal(200);
  });

  it('is seen by two humans, whatever accounts they have, who lend no role to themselves either (S-10)', async () => {
    const { tenant, id } = await applied();
    const unnumbered = { person: { identity: 'none' } } as const;
    const office = (...roles: Role[]) => createMember(tenant, { ...unnumbered, roles });
    const [one, two] = [await office('officer', 'reviewer'), await office('administrator', 'reviewer')];
    const other = await office('reviewer');
    const [first, second, final] = [await one.api(), await two.api(), await other.api()];
    const number = documentNumber();
    for (const api of [first, second])
      expect((await api.post('/me/identity', { number })).status).to.be.oneOf([200, 201]);
    const etag = async (of = id) => ({
      'if-match': (await second.get(`/memberships/${of}`)).headers.get('etag') ?? '',
    });
    const word = async (api: typeof first, verdict: string) =>
      (await api.post(review(id), { verdict }, await etag())).json();
    expect(await word(first, 'first_review')).to.include({ state: 'first_review' });
    expect(await word(second, 'approved')).to.include({ code: 'second-reviewer-needed' });
    expect(await word(final, 'approved')).to.include({ state: 'approved' });
    const grant = await second.post(
      `/memberships/${one.membershipId}/grants`,
      { role: 'auditor', unitId: tenant.rootUnitId },
      await etag(one.membershipId),
    );
    expect(grant.json()).to.include({ code: 'not-your-own' });
    const standing = await second.post(
      `/memberships/${one.membershipId}/standing`,
      { to: 'suspended', reason: '原因' },
      await etag(one.membershipId),
    );
    expect(standing.json()).to.include({ code: 'not-your-own' });
  });

  it('can be sent back with a reason, mended, and taken back by the person alone', async () => {
    const { page, officer, id } = await applied();
    const api = await officer.api();
    const etag = async () => ({
      'if-match': (await api.get(`/memberships/${id}`)).headers.get('etag') ?? '',
    });
    const silent = await api.post(review(id), { verdict: 'needs_correction' }, await etag());
    expect(silent.status).to.equal(422);
    await api.post(review(id), { verdict: 'needs_correction', reason: '请写明专长' }, await etag());
    await page.get('/account');
    await page.post('/session/membership', { membershipId: id });
    const own = await page.get(`/memberships/${id}`);
    expect(own.text).to.include('请写明专长');
    expect(
      (await page.post(`/memberships/${id}/answer`, { to: 'submitted', motivation: '会急救' })).status,
    ).to.equal(303);
    expect((await api.get(`/memberships/${id}`)).json()).to.include({
      state: 'submitted',
      motivation: '会急救',
    });
    expect((await api.post(`/memberships/${id}/answer`, { to: 'withdrawn' })).status).to.equal(404);
    expect((await page.post(`/memberships/${id}/answer`, { to: 'withdrawn' })).status).to.equal(303);
    expect((await api.get(`/memberships/${id}`)).json()).to.include({ state: 'withdrawn' });
  });

  it('ends, is suspended and resumed by others with a reason; rights end on the very next request', async () => {
    const tenant = await createTenant();
    const member = await createMember(tenant, { roles: ['coordinator'] });
    const reviewer = await createMember(tenant, { roles: ['reviewer'] });
    const [own, api] = [await member.api(), await reviewer.api()];
    const standing = async (to: string, reason = '原因') =>
      api.post(
        `/memberships/${member.membershipId}/standing`,
        { to, reason },
        { 'if-match': (await api.get(`/memberships/${member.membershipId}`)).headers.get('etag') ?? '' },
      );
    expect((await own.get('/requests')).status).to.equal(200);
    expect((await standing('suspended', '')).status).to.equal(422);
    expect((await standing('suspended')).json()).to.include({ state: 'suspended' });
    expect((await own.get('/requests')).status).to.equal(403);
    expect((await standing('approved')).json()).to.include({ state: 'approved' });
    expect((await own.get('/requests')).status).to.equal(200);
    expect((await standing('ended')).json()).to.include({ state: 'ended' });
    // The token was for this membership: it opens nothing of the place any more.
    expect((await own.get('/requests')).status).to.be.oneOf([401, 403]);
    // Who left may ask again, and starts from the beginning: what they were once allowed does not come back.
    const page = await signedIn(member);
    await page.get(`/t/${tenant.slug}/join`);
    await page.post(`/t/${tenant.slug}/memberships`, { kind: 'volunteer', motivation: '又回来' });
    const waiting = (await api.get('/memberships?state=submitted')).json<{
      data: { id: string; personId: string; motivation: string; grants: object[] }[];
    }>().data;
    expect(waiting).to.have.length(1);
    expect(waiting[0]).to.deep.include({ personId: member.personId, motivation: '又回来', grants: [] });
    expect(waiting[0]?.id).to.not.equal(member.membershipId);
    const self = await api.post(
      `/memberships/${reviewer.membershipId}/standing`,
      { to: 'ended', reason: 'x' },
      {
        'if-match': '"v1"',
      },
    );
    expect(self.json()).to.include({ code: 'not-your-own' });
  });

  /** Somebody with a shift, a training, a search and a calendar address ahead, hours behind, and another who waits in line. */
  async function busy() {
    const tenant = await createTenant();
    const member = await createMember(tenant);
    const next = await createMember(tenant);
    const opening = await createOpening(tenant, { position: { required: 1, maximum: 1 } });
    const { sessionId } = await createSession(tenant, { title: '家访' });
    const served = await createServed(tenant, member, { title: '往日的服务' });
    const api = await member.api();
    const made = async (answer: Promise<Answer>): Promise<string> => {
      const { status, text, json } = await answer;
      expect(status, text).to.be.within(200, 201);
      return json<{ id: string }>().id;
    };
    const place = await made(api.post(`/positions/${opening.positionId}/assignments`));
    const line = await made((await next.api()).post(`/positions/${opening.positionId}/assignments`));
    const seat = await made(api.post(`/sessions/${sessionId}/enrolments`));
    await made(api.post('/me/saved-searches', { name: '我找的', words: '陪伴' }));
    const { url } = (await api.post('/calendar-feed')).json<{ url: string }>();
    const feed = async (): Promise<number> => (await fetch(url)).status;
    expect(await feed()).to.equal(200);
    const states = async (): Promise<string[]> =>
      inTenant(tenant.id, async () => [
        String((await AssignmentModel.findById(place).lean())?.state),
        String((await AssignmentModel.findById(line).lean())?.state),
        String((await EnrolmentModel.findById(seat).lean())?.state),
      ]);
    expect(await states()).to.deep.equal(['accepted', 'waitlisted', 'enrolled']);
    const searches = async (): Promise<number> =>
      inTenant(tenant.id, () => SavedSearchModel.countDocuments({ personId: member.personId }));
    const desk = await createMember(tenant, { roles: ['reviewer', 'coordinator'] });
    return { tenant, member, api, desk, opening, place, served, states, searches, feed };
  }

  it('is left by the member alone: what was ahead goes to others at once, the hours stay (R-6.11)', async () => {
    const { tenant, member, api, desk, opening, place, served, states, searches, feed } = await busy();
    const leave = `/memberships/${member.membershipId}/leaving`;
    expect((await (await desk.api()).post(leave)).status).to.equal(404);
    const page = await member.page();
    const shown = await page.get(`/memberships/${member.membershipId}`);
    expect(shown.text).to.include(leave).and.include('退出组织');
    for (const path of ['/account', '/join'])
      expect((await page.get(path)).text, path).to.include(`/memberships/${member.membershipId}`);
    const left = await page.post(leave, { reason: '搬家了' });
    expect([left.status, left.location]).to.deep.equal([303, '/join']);
    // Whoever waited is asked, or has the place.
    const [own, next, seat] = await states();
    expect([own, seat]).to.deep.equal(['replaced', 'cancelled']);
    expect(next).to.not.equal('waitlisted');
    expect([await searches(), await feed()]).to.deep.equal([0, 404]);
    const day = await (await desk.page()).get(`/shifts/${opening.shiftId}/attendance`);
    expect(day.text).to.not.include(`/assignments/${place}`);
    expect((await (await desk.api()).get(`/hours/${served}`)).status).to.equal(200);
    expect((await api.get('/me/saved-searches')).status).to.be.oneOf([401, 403]);
    const kept = await (await desk.api()).get(`/memberships/${member.membershipId}`);
    expect(kept.json<{ history: { to: string; reason: string | null }[] }>().history.at(-1)).to.include({
      to: 'ended',
      reason: '搬家了',
    });
    // Nothing of the address comes back with the person.
    await page.get(`/t/${tenant.slug}/join`);
    await page.post(`/t/${tenant.slug}/memberships`, { kind: 'volunteer', motivation: '' });
    expect(await feed()).to.equal(404);
  });

  it('that is suspended frees shifts ahead and keeps the seat in training; ended, it frees that too', async () => {
    const { member, desk, place, states, searches, feed } = await busy();
    const api = await desk.api();
    const standing = (to: string): Promise<Answer> =>
      api.post(`/memberships/${member.membershipId}/standing`, { to, reason: '查证中' });
    expect((await standing('suspended')).status).to.equal(200);
    const [own, next, seat] = await states();
    expect([own, seat]).to.deep.equal(['replaced', 'enrolled']);
    expect(next).to.not.equal('waitlisted');
    const told = await (await desk.page()).get(`/assignments/${place}?lang=en`);
    expect(told.text).to.include('Given up: the membership is suspended.');
    expect(await searches()).to.equal(1);
    expect((await standing('ended')).status).to.equal(200);
    expect((await states())[2]).to.equal('cancelled');
    expect([await searches(), await feed()]).to.deep.equal([0, 404]);
  });

  it('is not left by the last who could give anybody a role', async () => {
    const tenant = await createTenant();
    const only = await createMember(tenant, { roles: ['administrator'] });
    const leave = (who: typeof only) => async (): Promise<Answer> =>
      (await who.api()).post(`/memberships/${who.membershipId}/leaving`);
    expect((await leave(only)()).json()).to.include({ status: 409, code: 'last-administrator' });
    const page = await only.page();
    await page.get(`/memberships/${only.membershipId}`);
    await page.post(`/memberships/${only.membershipId}/leaving`, {});
    expect((await page.get(`/memberships/${only.membershipId}`)).text).to.include('请先让另一个人担任管理员');
    const second = await createMember(tenant, { roles: ['administrator'] });
    expect((await leave(only)()).status).to.equal(200);
    expect((await leave(second)()).json()).to.include({ code: 'last-administrator' });
  });

  it('keeps somebody who can give roles, however two lose that right in the same moment', async () => {
    type Take = (who: Member, helper: Member) => Promise<Answer>;
    const leave: Take = async (who) => (await who.api()).post(`/memberships/${who.membershipId}/leaving`);
    const standing =
      (to: string): Take =>
      async (who, helper) =>
        (await helper.api()).post(`/memberships/${who.membershipId}/standing`, { to, reason: 'x' });
    const revoke: Take = async (who) =>
      (await who.api()).post(
        `/memberships/${who.membershipId}/grants/revocation`,
        { role: 'administrator', unitId: who.tenant.rootUnitId },
        { 'if-match': '"v1"' },
      );
    const ways: readonly (readonly [Take, Take])[] = [
      [leave, leave],
      [standing('suspended'), standing('suspended')],
      [standing('ended'), leave],
      [revoke, revoke],
      [revoke, standing('ended')],
      [leave, revoke],
    ];
    for (const [index, [one, other]] of ways.entries()) {
      const tenant = await createTenant();
      const roles = ['administrator', 'officer', 'reviewer'] as const;
      const [a, b] = [await createMember(tenant, { roles }), await createMember(tenant, { roles })];
      // Not the one by the other, or the first to lose the right would stand in the second one's way.
      const helper = await createMember(tenant, { roles: ['officer', 'reviewer'] });
      const answers = await Promise.all([one(a, helper), other(b, helper)]);
      expect(answers.map(({ status }) => (status < 300 ? 200 : status)).sort(), `way ${index}`).to.deep.equal(
        [200, 409],
      );
      expect(answers.map((answer) => answer.json()['code'])).to.include('last-administrator');
    }
  });

  it('gives roles by administrators only, never to oneself, within the tenant', async () => {
    const tenant = await createTenant();
    const administrator = await createMember(tenant, { roles: ['administrator'] });
    const member = await createMember(tenant);
    const api = await administrator.api();
    const grant = (who: { membershipId: string }, unitId: string) =>
      api.post(
        `/memberships/${who.membershipId}/grants`,
        { role: 'coordinator', unitId },
        { 'if-match': '"v1"' },
      );
    expect((await grant(administrator, tenant.rootUnitId)).json()).to.include({ code: 'not-your-own' });
    const foreign = await createTenant();
    expect((await grant(member, foreign.rootUnitId)).status).to.equal(404);
    expect((await grant(member, tenant.rootUnitId)).status).to.equal(200);
    expect(
      (await (await memberOf(tenant, member, member.membershipId).api()).get('/requests')).status,
    ).to.equal(200);
    const taken = await api.post(
      `/memberships/${member.membershipId}/grants/revocation`,
      { role: 'coordinator', unitId: tenant.rootUnitId },
      { 'if-match': '"v2"' },
    );
    expect(taken.status).to.be.oneOf([200, 201]);
    expect((await (await member.api()).get('/requests')).status).to.equal(403);
  });

  it('takes one of many applications sent at once, and the same press twice as one', async () => {
    const tenant = await createTenant();
    const person = await createPerson();
    const officer = await (await createMember(tenant, { roles: ['officer'] })).api();
    const rows = async () =>
      (await officer.get('/memberships?state=submitted')).json<{ data: { personId: string }[] }>().data;
    const pages = await Promise.all([1, 2, 3, 4].map(() => signedIn(person)));
    await Promise.all(pages.map((page) => page.get(`/t/${tenant.slug}/join`)));
    const press = (page: PageAgent, fields = {}) =>
      page.post(`/t/${tenant.slug}/memberships`, { kind: 'volunteer', motivation: '一起', ...fields });
    const answers = await Promise.all(pages.map((page) => press(page)));
    expect(answers.map(({ status, location }) => `${status} ${location}`)).to.deep.equal(
      answers.map(() => '303 /join'),
    );
    expect((await rows()).map(({ personId }) => personId)).to.deep.equal([person.personId]);
    const other = await signedIn(await createPerson());
    await other.get(`/t/${tenant.slug}/join`);
    const _key = 'the-same-application-01';
    const [once, twice] = [await press(other, { _key }), await press(other, { _key })];
    expect([once.location, twice.location]).to.deep.equal(['/join', '/join']);
    expect(twice.headers.get('idempotent-replayed')).to.equal('true');
    expect(await rows()).to.have.length(2);
  });

  it('hears one of two final words said at once', async () => {
    const { tenant, officer, reviewer, id } = await applied();
    const [first, one] = [await officer.api(), await reviewer.api()];
    const two = await (await createMember(tenant, { roles: ['reviewer'] })).api();
    const etag = async () => ({
      'if-match': (await first.get(`/memberships/${id}`)).headers.get('etag') ?? '',
    });
    await first.post(review(id), { verdict: 'first_review' }, await etag());
    const seen = await etag();
    const words = await Promise.all([
      one.post(review(id), { verdict: 'approved' }, seen),
      two.post(review(id), { verdict: 'rejected', reason: '材料不全' }, seen),
    ]);
    const won = words.filter(({ status }) => status === 200);
    expect(won, words.map(({ text }) => text).join()).to.have.length(1);
    expect(words.find(({ status }) => status !== 200)?.status).to.be.oneOf([409, 412]);
    const stored = (await first.get(`/memberships/${id}`)).json<{ state: string; history: object[] }>();
    expect(stored.state).to.equal(won[0]?.json()['state']);
    expect(stored.history).to.have.length(3);
  });

  it('says in both languages what joining is, and what stands in the way', async () => {
    const { tenant, page, officer, id } = await applied();
    const stranger = await signedIn(await createPerson());
    for (const [language, word] of [
      ['zh-CN', '申请'],
      ['en', 'Join'],
    ] as const) {
      const form = await stranger.get(`/t/${tenant.slug}/join?lang=${language}`);
      expect(form.status).to.equal(200);
      expect(form.text).to.include(word).and.include(`lang="${language}"`);
    }
    const { url } = await testApp();
    const wrong = await stranger.post(
      `/t/${tenant.slug}/memberships`,
      { kind: 'king', motivation: '会唱歌' },
      { referer: `${url}/t/${tenant.slug}/join` },
    );
    expect(wrong.status).to.equal(422);
    expect(wrong.text).to.include('id="f-kind-error"').and.include('会唱歌');
    // The form stands at an address that only takes forms; the other language leads to the one it was asked at.
    expect(wrong.text).to.include(`href="/t/${tenant.slug}/join?lang`);
    expect(wrong.text).to.not.include(`href="/t/${tenant.slug}/memberships?`);
    // An applicant reads their own application and nobody's list.
    await page.get('/account');
    await page.post('/session/membership', { membershipId: id });
    expect((await page.get(`/memberships/${id}`)).status).to.equal(200);
    expect((await page.get('/memberships')).status).to.equal(403);
    expect((await page.get(`/memberships/${officer.membershipId}`)).status).to.equal(404);
  });
});
