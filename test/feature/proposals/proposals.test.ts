import { expect } from 'chai';
import { Types } from 'mongoose';
import { AuditModel } from '../../../server/db/audit.ts';
import { OutboxModel } from '../../../server/db/outbox.ts';
import { MembershipModel } from '../../../server/features/memberships/membership.model.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { createServed, storedHours } from '../../factories/hours.ts';
import { createMember, createTenant, createTwice, createUnit, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import type { Answer, ApiAgent } from '../../support/agent.ts';
import { atOffset, testApp } from '../../support/app.ts';
import { watchViolations } from '../../support/violations.ts';

const HOUR = 3_600_000;

interface Proposal {
  readonly id: string;
  readonly state: string;
  readonly personName: string;
  readonly handedUp: boolean;
}

describe('acts that need two persons', function () {
  this.timeout(120_000);
  const broken = watchViolations(/^(hours|proposals)\//);
  before(() => broken.note());

  const codeOf = (answer: Answer): unknown => answer.json()['code'];
  const propose = (agent: ApiAgent, id: string, reason = '录错了'): Promise<Answer> =>
    agent.post(`/hours/${id}/reversal`, { reason });
  const confirm = (agent: ApiAgent, id: string): Promise<Answer> =>
    agent.post(`/proposals/${id}/confirmation`);

  async function posted(tenant: Tenant, volunteer: Member): Promise<string> {
    const id = await createServed(tenant, volunteer);
    const desk = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    expect((await desk.post(`/hours/${id}/approve`)).json()).to.include({ state: 'posted' });
    return id;
  }
  async function scene(parent?: Tenant) {
    const tenant = await createTenant(parent ? { parentSlug: parent.slug } : {});
    const volunteer = await createMember(tenant, { person: { name: '欧阳明月' } });
    const reviewer = await createMember(tenant, { roles: ['reviewer'] });
    return {
      tenant,
      volunteer,
      reviewer,
      first: await reviewer.api(),
      hoursId: await posted(tenant, volunteer),
    };
  }
  const grantedBy = (member: Member, by: Member): Promise<unknown> =>
    inTenant(member.tenant.id, () =>
      MembershipModel.updateOne({ _id: member.membershipId } as never, {
        $set: { 'grants.$[].grantedBy': new Types.ObjectId(by.accountId) },
      }),
    );

  it('change nothing until somebody else confirms; both are in the trail, and both are told', async () => {
    const { tenant, reviewer, first, hoursId } = await scene();
    const other = await createMember(tenant, { roles: ['reviewer'] });
    const second = await other.api();
    const proposed = await propose(first, hoursId);
    expect(proposed.status, proposed.text).to.equal(201);
    const { id } = proposed.json<Proposal>();
    expect((await storedHours(tenant, hoursId)).state).to.equal('posted');
    expect(codeOf(await propose(second, hoursId))).to.equal('proposed-already');
    expect(codeOf(await confirm(first, id))).to.equal('proposed-by-yourself');
    const desk = (await second.get('/reviews')).json<{ queues: { kind: string; count: number }[] }>();
    expect(desk.queues.find(({ kind }) => kind === 'proposal')?.count).to.equal(1);
    const page = await other.page();
    for (const [language, word] of [
      ['zh-CN', '冲销时长'],
      ['en', 'Take hours back'],
    ])
      for (const path of ['/proposals', `/proposals/${id}`])
        expect((await page.get(`${path}?lang=${language}`)).text, path)
          .to.include(word)
          .and.include('录错了')
          .and.include(reviewer.name);
    const answers = await Promise.all(Array.from({ length: 5 }, () => confirm(second, id)));
    expect(answers.filter(({ status }) => status === 200)).to.have.length(1);
    const row = await storedHours(tenant, hoursId);
    expect(row.history.filter(({ to }) => to === 'reversed')).to.have.length(1);
    const trail = await inTenant(tenant.id, () =>
      AuditModel.find({ action: /^proposals\// } as never)
        .sort({ at: 1, _id: 1 })
        .lean(),
    );
    expect(trail.map(({ action, accountId }) => [action, String(accountId)])).to.deep.equal([
      ['proposals/propose', reviewer.accountId],
      ['proposals/confirm', other.accountId],
    ]);
    const mails = await inTenant(tenant.id, () => OutboxModel.find({ kind: /^proposals\// }).lean());
    expect(mails.map(({ kind, data }) => [kind, data['accountId'] ?? data['state']])).to.have.deep.members([
      ['proposals/asked', other.accountId],
      ['proposals/decided', 'confirmed'],
    ]);
    expect(await broken.found()).to.deep.equal([]);
  });

  it('are not confirmed by the same human under another account, nor by whose hours they are', async () => {
    const { tenant, volunteer, hoursId } = await scene();
    const [one, twin] = await createTwice(tenant, ['reviewer']);
    const { id } = (await propose(await one.api(), hoursId)).json<Proposal>();
    expect(codeOf(await confirm(await twin.api(), id))).to.equal('proposed-by-yourself');
    await inTenant(tenant.id, () =>
      MembershipModel.updateOne({ _id: volunteer.membershipId } as never, {
        $set: {
          grants: [
            {
              role: 'reviewer',
              unitId: new Types.ObjectId(tenant.rootUnitId),
              grantedBy: null,
              grantedAt: new Date(0),
            },
          ],
        },
      }),
    );
    const owner = await volunteer.api();
    expect(codeOf(await confirm(owner, id))).to.equal('not-your-own');
    expect(codeOf(await owner.post(`/proposals/${id}/refusal`, { reason: 'x' }))).to.equal('not-your-own');
    expect((await storedHours(tenant, hoursId)).state).to.equal('posted');
  });

  it('are not confirmed by a right that came from the first, nor by who gave the first theirs', async () => {
    const { tenant, reviewer, first, hoursId } = await scene();
    const chief = await createMember(tenant, { roles: ['administrator', 'reviewer'] });
    const puppet = await createMember(tenant, { roles: ['reviewer'] });
    await grantedBy(puppet, chief);
    const { id } = (await propose(await chief.api(), hoursId)).json<Proposal>();
    expect(codeOf(await confirm(await puppet.api(), id))).to.equal('granted-by-proposer');
    // By a delegated administrator in between it is the same hand.
    const between = await createMember(tenant, { roles: ['administrator'] });
    await grantedBy(between, chief);
    await grantedBy(puppet, between);
    expect(codeOf(await confirm(await puppet.api(), id))).to.equal('granted-by-proposer');
    expect((await (await chief.api()).post(`/proposals/${id}/withdrawal`)).status).to.equal(200);
    const anew = (await propose(await puppet.api(), hoursId)).json<Proposal>();
    expect(codeOf(await confirm(await chief.api(), anew.id))).to.equal('granted-to-proposer');
    // Whoever has the right from elsewhere may.
    expect((await confirm(first, anew.id)).status).to.equal(200);
    expect(reviewer.name).to.be.a('string');
  });

  it('are declined with a reason, withdrawn, or lapse; then nothing happened, and they may be proposed anew', async () => {
    const { tenant, reviewer, hoursId, first } = await scene();
    const other = await createMember(tenant, { roles: ['reviewer'] });
    const second = await other.api();
    const declined = (await propose(first, hoursId)).json<Proposal>().id;
    expect((await second.post(`/proposals/${declined}/refusal`, { reason: '' })).status).to.equal(422);
    expect((await second.post(`/proposals/${declined}/refusal`, { reason: '没有录错' })).json()).to.include({
      state: 'declined',
      answer: '没有录错',
    });
    expect(codeOf(await confirm(second, declined))).to.equal('wrong-state');
    const withdrawn = (await propose(first, hoursId)).json<Proposal>().id;
    expect(codeOf(await second.post(`/proposals/${withdrawn}/withdrawal`))).to.equal('only-the-proposer');
    expect((await first.post(`/proposals/${withdrawn}/withdrawal`)).status).to.equal(200);
    const lapsed = (await propose(first, hoursId)).json<Proposal>().id;
    await atOffset(169 * HOUR, async () => {
      const [later, again] = [await other.api(), await reviewer.api()];
      expect(codeOf(await confirm(later, lapsed))).to.equal('proposal-lapsed');
      await (await testApp()).sweep('proposals/lapse');
      expect((await again.get(`/proposals/${lapsed}`)).json()).to.include({ state: 'lapsed' });
      expect((await storedHours(tenant, hoursId)).state).to.equal('posted');
      const anew = (await propose(again, hoursId)).json<Proposal>().id;
      expect((await confirm(later, anew)).status).to.equal(200);
    });
    const past = (await second.get('/proposals?show=past')).json<{ data: Proposal[] }>().data;
    expect(past.map(({ state }) => state)).to.deep.equal(['confirmed', 'lapsed', 'withdrawn', 'declined']);
  });

  it('ask the organisation above where nobody else here could confirm', async () => {
    const department = await createTenant({ kind: 'department' });
    const { tenant, first, hoursId } = await scene(department);
    // Nobody above has the right either.
    expect(codeOf(await propose(first, hoursId))).to.equal('nobody-to-confirm');
    const above = await createMember(department, { roles: ['reviewer'] });
    const part = await createMember(department, {
      roles: ['reviewer'],
      unitId: await createUnit(department),
    });
    const proposal = (await propose(first, hoursId)).json<Proposal>();
    expect(proposal).to.include({ state: 'open', handedUp: true, personName: '欧阳明月' });
    const api = await above.api();
    const [listed] = (await api.get('/proposals?show=below')).json<{ data: Proposal[] }>().data;
    expect(listed?.id).to.equal(proposal.id);
    // No more of the name than anybody may know.
    expect(listed?.personName).to.not.include('明月');
    expect((await (await part.api()).get(`/proposals/${proposal.id}`)).status).to.equal(404);
    const stranger = await createMember(await createTenant(), { roles: ['reviewer'] });
    expect((await confirm(await stranger.api(), proposal.id)).status).to.equal(404);
    expect((await (await above.page()).get(`/proposals/${proposal.id}`)).text).to.include('录错了');
    const done = await confirm(api, proposal.id);
    expect(done.status, done.text).to.equal(200);
    expect((await storedHours(tenant, hoursId)).state).to.equal('reversed');
    const [entry] = await inTenant(tenant.id, () => AuditModel.find({ action: 'proposals/confirm' }).lean());
    expect(String(entry?.accountId)).to.equal(above.accountId);
    expect(await broken.found()).to.deep.equal([]);
  });

  it('are missing for strangers and for who has no such right', async () => {
    const { tenant, first, volunteer, hoursId } = await scene();
    await createMember(tenant, { roles: ['reviewer'] });
    const { id } = (await propose(first, hoursId)).json<Proposal>();
    const coordinator = await createMember(tenant, { roles: ['coordinator'] });
    const elsewhere = await createMember(tenant, { roles: ['reviewer'], unitId: await createUnit(tenant) });
    const foreign = await createMember(await createTenant(), { roles: ['reviewer'] });
    for (const member of [coordinator, elsewhere, foreign]) {
      const api = await member.api();
      expect((await api.get(`/proposals/${id}`)).status).to.equal(404);
      expect((await confirm(api, id)).status).to.equal(404);
      expect((await api.get('/proposals')).json<{ data: object[] }>().data).to.deep.equal([]);
    }
    expect((await (await volunteer.api()).get(`/proposals/${id}`)).status).to.equal(403);
  });

  it('of whom nobody knows who they are, are not proposed at all', async () => {
    const { tenant, hoursId } = await scene();
    const unknown = await createMember(tenant, { roles: ['reviewer'], person: { identity: 'none' } });
    expect(codeOf(await propose(await unknown.api(), hoursId))).to.equal('identity-needed');
  });

  it('end in one legal state whatever races: confirmations, refusals and withdrawals at once', async () => {
    const { tenant, volunteer, first } = await scene();
    const seconds = await Promise.all(
      [1, 2].map(async () => (await createMember(tenant, { roles: ['reviewer'] })).api()),
    );
    for (const hoursAgo of [40, 60, 80]) {
      const hoursId = await createServed(tenant, volunteer, { hoursAgo });
      const desk = await (await createMember(tenant, { roles: ['coordinator'] })).api();
      await desk.post(`/hours/${hoursId}/approve`);
      const { id } = (await propose(first, hoursId)).json<Proposal>();
      const answers = await Promise.all([
        ...seconds.flatMap((agent) => [
          confirm(agent, id),
          agent.post(`/proposals/${id}/refusal`, { reason: 'x' }),
        ]),
        first.post(`/proposals/${id}/withdrawal`),
      ]);
      expect(answers.filter(({ status }) => status === 200)).to.have.length(1);
      const { state } = (await first.get(`/proposals/${id}`)).json<Proposal>();
      expect((await storedHours(tenant, hoursId)).state).to.equal(
        state === 'confirmed' ? 'reversed' : 'posted',
      );
    }
    expect(await broken.found()).to.deep.equal([]);
  });
});
