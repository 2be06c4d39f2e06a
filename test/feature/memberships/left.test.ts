import { expect } from 'chai';
import sharp from 'sharp';
import { MembershipModel } from '../../../server/features/memberships/membership.model.ts';
import { createServed } from '../../factories/hours.ts';
import {
  createMember,
  createMembership,
  createTenant,
  inTenant,
  memberOf,
  PASSWORD,
  signedIn,
} from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { ApiAgent } from '../../support/agent.ts';
import type { PageAgent } from '../../support/agent.ts';
import { testApp } from '../../support/app.ts';
import { upload } from '../walls/place.rows.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Signed in, and sent to this place of several. */
async function actingIn(member: Member): Promise<PageAgent> {
  const page = await signedIn(member);
  await page.get('/account');
  const { membershipId } = member;
  expect((await page.post('/session/membership', { membershipId })).status).to.equal(303);
  await page.get('/account');
  return page;
}
/** What the mailbox shows for an address. */
async function mailsTo(address: string): Promise<{ subject: string; links: string[] }[]> {
  const { url, sweep } = await testApp();
  await sweep('messages/deliver');
  const all = (await (await fetch(`${url}/dev/mailbox.json`)).json()) as {
    to: string;
    subject: string;
    links: string[];
  }[];
  return all.filter(({ to }) => to.includes(address));
}

/** Whoever left, or was let go, may read what is recorded of them and prove it, and nothing else (R-1.18, R-1.22). */
describe('somebody who has left', function () {
  this.timeout(60_000);

  async function gone(how: 'leaves' | 'is let go') {
    const tenant = await createTenant();
    const desk = await createMember(tenant, { roles: ['coordinator', 'officer', 'reviewer'] });
    const member = await createMember(tenant);
    const hoursId = await createServed(tenant, member);
    expect((await (await desk.api()).post(`/hours/${hoursId}/approve`)).status).to.equal(200);
    const before = await member.api();
    const page = await member.page();
    const answer =
      how === 'leaves'
        ? await before.post(`/memberships/${member.membershipId}/leaving`)
        : await (
            await desk.api()
          ).post(`/memberships/${member.membershipId}/standing`, { to: 'ended', reason: '查证属实' });
    expect(answer.status, answer.text).to.equal(200);
    return { tenant, desk, member, hoursId, before, page };
  }

  const tokenOf = async (member: Member, slug?: string): Promise<ApiAgent> => {
    const answer = await new ApiAgent('').post('/tokens', {
      email: member.email,
      password: PASSWORD,
      name: 'own records',
      ...(slug ? { tenant: slug } : {}),
    });
    expect(answer.status, answer.text).to.equal(201);
    return new ApiAgent(answer.json<{ token: string }>().token);
  };

  for (const how of ['leaves', 'is let go'] as const)
    it(`reads own hours and gets a certificate on both doors (${how})`, async () => {
      const { tenant, member, hoursId, before, page } = await gone(how);
      // What was signed in before goes on reading in the browser; a key of the membership is worth nothing.
      expect((await before.get('/hours')).status).to.equal(401);
      for (const path of ['/hours', `/hours/${hoursId}`, '/certificates'])
        expect((await page.get(path)).status, path).to.equal(200);
      const shown = (await page.get('/hours?lang=en')).text;
      expect(shown).to.include('You have left this organisation');
      expect(shown).to.not.match(/href="\/(hours\/new|opportunities|first-steps|time-bank)"/);
      const joined = await page.get('/join?lang=en');
      expect(joined.text).to.include('See my hours and certificates');
      // The public page of the organisation leads to asking again.
      expect(joined.text).to.include(`/t/${tenant.slug}/opportunities`);
      for (const slug of [tenant.slug, undefined]) {
        const api = await tokenOf(member, slug);
        expect(
          (await api.get('/hours')).json<{ data: { id: string }[] }>().data.map(({ id }) => id),
        ).to.include(hoursId);
        const to = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
        const issued = await api.post('/certificates', { from: '2026-01-01', to, locale: 'zh-CN' });
        expect(issued.status, issued.text).to.be.oneOf([200, 201]);
        expect(
          (await api.get(`/certificates/${issued.json<{ id: string }>().id}/credential`)).status,
        ).to.equal(200);
        for (const path of ['/shifts', '/me/saved-searches', '/me/opportunities', '/memberships', '/people'])
          expect((await api.get(path)).status, path).to.be.oneOf([403, 404]);
        expect((await api.post('/hours', {})).status).to.equal(403);
      }
    });

  it('contests what is recorded, each on its clock, with files; mails about it lead where they can be opened', async () => {
    const tenant = await createTenant();
    const desk = await createMember(tenant, { roles: ['coordinator', 'reviewer'] });
    const other = await createMember(tenant, { roles: ['coordinator', 'reviewer'] });
    const member = await createMember(tenant);
    await inTenant(tenant.id, () =>
      MembershipModel.updateOne(
        { _id: member.membershipId },
        { $set: { createdAt: new Date(Date.now() - 60 * DAY) } },
      ),
    );
    const [by, second] = [await desk.api(), await other.api()];
    const done = async (
      agent: ApiAgent,
      path: string,
      body: object = {},
    ): Promise<{ id: string } & Record<string, unknown>> => {
      const answer = await agent.post(path, body);
      expect(answer.status, `${path}: ${answer.text}`).to.be.oneOf([200, 201]);
      return answer.json();
    };
    const [posted, rejected] = [
      await createServed(tenant, member, { hoursAgo: 30 }),
      await createServed(tenant, member, { hoursAgo: 60 }),
    ];
    await done(by, `/hours/${posted}/approve`);
    await done(by, `/hours/${rejected}/reject`, { reason: '没有来' });
    const [said] = (await by.get('/appraisals/desk')).json<{ data: { id: string; shiftId: string }[] }>()
      .data;
    await done(by, `/shifts/${said?.shiftId}/appraisals`, {
      quality: 'adequate',
      rows: [{ id: said?.id, note: '迟到' }],
    });
    const award = await done(by, `/memberships/${member.membershipId}/awards`, {
      origin: 'own',
      name: '优秀志愿者',
      awardedOn: '2026-03-05',
    });
    await done(await member.api(), `/memberships/${member.membershipId}/leaving`);
    const own = await tokenOf(member, tenant.slug);

    expect(await done(own, `/hours/${rejected}/appeal`, { reason: '我在场' })).to.include({
      state: 'appealed',
    });
    await done(second, `/hours/${rejected}/approve`);
    const wall = (at: number): string => new Date(at + 8 * HOUR).toISOString();
    const gap = (from: number): object => ({
      date: wall(from).slice(0, 10),
      startTime: '09:00',
      endTime: '10:00',
      name: '清扫',
      text: '漏记',
      nature: 'volunteer',
    });
    // As if they had left the day before.
    await inTenant(tenant.id, () =>
      MembershipModel.updateOne(
        { _id: member.membershipId },
        { $set: { 'history.1.at': new Date(Date.now() - DAY) } },
      ),
    );
    const later = { ...gap(Date.now()), startTime: '00:00', endTime: '00:01' };
    expect((await own.post('/hours/claims', later)).text).to.match(/after-membership|in-the-future/);
    const missing = await done(own, '/hours/claims', gap(Date.now() - 10 * DAY));
    const wrong = await done(own, `/hours/${posted}/claims`, { wrong: 'not-served', text: '不是我' });
    expect(wrong['dueOn']).to.match(/^\d{4}-/);
    const picture = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#fff' } })
      .png()
      .toBuffer();
    const file = await upload(own.token, `/hours/claims/${missing.id}/evidence`, 'photo.png', picture);
    expect((await second.get(`/hours/claims/${missing.id}/evidence/${file}`)).status).to.equal(200);
    await done(second, `/hours/claims/${missing.id}/answer`, { verdict: 'founded', reason: '属实' });
    await done(second, `/hours/claims/${wrong.id}/answer`, { verdict: 'refused', reason: '有签到' });
    await done(own, `/appraisals/${said?.id}/contest`, { reason: '不是这样' });
    await done(second, `/appraisals/${said?.id}/correction`, { quality: 'good', reason: '复核' });
    await done(own, `/awards/${award.id}/contest`, { reason: '日期不对' });
    await done(second, `/awards/${award.id}/correction`, {
      name: '优秀志愿者',
      awardedOn: '2026-03-06',
      awardedBy: '组织',
      reason: '更正',
    });
    const { totalMinutes } = (await own.get('/hours')).json<{ totalMinutes: number }>();
    expect(totalMinutes).to.equal(121 + 121 + 60);
    const today = wall(Date.now()).slice(0, 10);
    const certificate = await done(own, '/certificates', { from: '2026-01-01', to: today, locale: 'zh-CN' });
    expect(certificate['totalMinutes']).to.equal(totalMinutes);

    // Whoever has come to belong elsewhere opens the same links: from where they act they are led there.
    const elsewhere = await createTenant();
    const there = memberOf(elsewhere, member, await createMembership(elsewhere, member));
    const [here, away] = [await actingIn(member), await actingIn(there)];
    const mails = await mailsTo(member.email);
    expect(mails.length).to.be.at.least(7);
    for (const { subject, links } of mails)
      for (const link of links) {
        const path = new URL(link).pathname;
        expect((await here.get(path)).status, `${subject}: ${path}`).to.equal(200);
        if (/^\/(join|hours|certificates)$/.test(path)) continue;
        const answer = await away.get(path);
        expect(answer.status, `${subject}: ${path}`).to.equal(404);
        const [, id = ''] =
          /aria-labelledby="elsewhere"[\s\S]*?name="membershipId" value="([^"]+)"/.exec(answer.text) ?? [];
        expect(id, path).to.equal(member.membershipId);
        const chosen = await away.post('/session/membership', { membershipId: id, returnTo: path });
        expect(chosen.location).to.equal(path);
        expect((await away.get(path)).status, path).to.equal(200);
        await away.post('/session/membership', { membershipId: there.membershipId });
      }
  });

  it('takes the hours along to where they belong now', async () => {
    const { tenant, desk, member } = await gone('leaves');
    const next = await createTenant();
    await createMembership(next, member);
    const newDesk = await (await createMember(next, { roles: ['reviewer'] })).api();
    const own = await tokenOf(member, tenant.slug);
    const asked = await own.post('/hours/transfers', { tenantId: next.id });
    expect(asked.status, asked.text).to.equal(201);
    const { id } = asked.json<{ id: string }>();
    const yes = { verdict: 'yes', reason: '已核对' };
    expect((await (await desk.api()).post(`/hours/transfers/${id}/decision`, yes)).status).to.equal(200);
    const [offered] = (await newDesk.get('/hours/transfers/desk')).json<{ data: { id: string }[] }>().data;
    const accepted = await newDesk.post(`/hours/transfers/${offered?.id}/decision`, yes);
    expect(accepted.json(), accepted.text).to.include({ state: 'done', records: 1 });
    const total = async (slug: string): Promise<unknown> =>
      (await (await tokenOf(member, slug)).get('/hours')).json()['totalMinutes'];
    expect([await total(tenant.slug), await total(next.slug)]).to.deep.equal([0, 121]);
    expect((await own.get('/hours/transfers')).json<{ data: object[] }>().data[0]).to.include({
      state: 'done',
    });
    const page = await actingIn(member);
    for (const { links } of await mailsTo(member.email))
      for (const link of links) expect((await page.get(new URL(link).pathname)).status, link).to.equal(200);
  });

  it('keeps the right to contest while asking to join again, and when that is refused', async () => {
    const { desk, tenant, member, hoursId, page } = await gone('is let go');
    await page.get(`/t/${tenant.slug}/join`);
    await page.post(`/t/${tenant.slug}/memberships`, { kind: 'volunteer', motivation: '' });
    const claim = { wrong: 'not-served', text: '不是我' };
    const waiting = await tokenOf(member, tenant.slug);
    const made = await waiting.post(`/hours/${hoursId}/claims`, claim);
    expect(made.status, made.text).to.equal(201);
    await waiting.post(`/hours/claims/${made.json<{ id: string }>().id}/withdrawal`);
    const by = await desk.api();
    const [row] = (await by.get('/memberships?state=submitted')).json<{ data: { id: string }[] }>().data;
    const no = await by.post(`/memberships/${row?.id}/review`, { verdict: 'rejected', reason: '不符' });
    expect(no.status, no.text).to.equal(200);
    const again = await (await tokenOf(member, tenant.slug)).post(`/hours/${hoursId}/claims`, claim);
    expect(again.status, again.text).to.equal(201);
    // Who never belonged here is offered no form that is refused.
    const applicant = await createMember(tenant, { state: 'submitted' });
    const shown = await (await applicant.page()).get('/hours/claims');
    expect(shown.text).to.not.include('/hours/claims/new');
    expect((await (await applicant.page()).get('/hours/claims/new')).status).to.equal(409);
  });

  it('is a member again as if for the first time, and acts as that', async () => {
    const { tenant, desk, member, page } = await gone('leaves');
    const old = await tokenOf(member, tenant.slug);
    await page.get(`/t/${tenant.slug}/join`);
    await page.post(`/t/${tenant.slug}/memberships`, { kind: 'volunteer', motivation: '' });
    // The key of the membership that ended is worth nothing once there is another.
    expect((await old.get('/hours')).status).to.equal(401);
    const [waiting] = (await (await desk.api()).get('/memberships?state=submitted')).json<{
      data: { id: string }[];
    }>().data;
    expect(waiting?.id).to.be.a('string').that.does.not.equal(member.membershipId);
    const api = await tokenOf(member, tenant.slug);
    expect((await api.get('/hours')).status).to.equal(200);
  });
});
