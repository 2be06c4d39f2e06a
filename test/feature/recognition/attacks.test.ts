import { expect } from 'chai';
import { Types } from 'mongoose';
import { PersonModel } from '../../../server/features/people/person.model.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { createServed } from '../../factories/hours.ts';
import { asOperator, createMember, createTenant, createUnit } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { byTwo } from '../../factories/proposals.ts';
import type { ApiAgent } from '../../support/agent.ts';
import { atOffset, testApp } from '../../support/app.ts';

const DAY = 86_400_000;
const localDay = (offset: number): string =>
  new Date(Date.now() + 8 * 3_600_000 + offset * DAY).toISOString().slice(0, 10);
interface Case {
  id: string;
  state: string;
  shortSince: string | null;
}
interface Noticed {
  data: { id: string; subjectName: string; kind: string; minutesAt: number | null }[];
}

/** What somebody tries who wants a star that is not theirs, or to be seen above others. */
describe('stars and medals under attack', function () {
  this.timeout(120_000);

  async function scene() {
    const tenant = await createTenant();
    const officer = await (await createMember(tenant, { roles: ['officer', 'coordinator'] })).api();
    const reviewer = await (await createMember(tenant, { roles: ['reviewer', 'officer'] })).api();
    const admin = await (await createMember(tenant, { roles: ['administrator'] })).api();
    return { tenant, officer, reviewer, admin };
  }
  const offer = async (admin: ApiAgent, more: object = {}): Promise<string> => {
    const answer = await admin.post('/recognition-schemes', {
      ...{ code: 'first', kind: 'medal', nameZh: '初心奖章', nameEn: 'First steps', hours: 2 },
      effectiveFrom: '2020-01-01',
      ...more,
    });
    expect(answer.status, answer.text).to.equal(201);
    return answer.json<{ id: string }>().id;
  };
  const gave = async (tenant: Tenant, desk: ApiAgent, member: Member, unitId?: string): Promise<string> => {
    const id = await createServed(tenant, member, { hoursAgo: 30, ...(unitId ? { unitId } : {}) });
    expect((await desk.post(`/hours/${id}/approve`)).json()).to.include({ state: 'posted' });
    return id;
  };
  const apply = (api: ApiAgent, schemeId: string, showName = true) =>
    api.post('/recognition/applications', { schemeId, showName });
  async function granted(id: string, officer: ApiAgent, reviewer: ApiAgent): Promise<void> {
    expect(
      (await officer.post(`/recognition-cases/${id}/review`, { verdict: 'reviewed', reason: 'x' })).status,
    ).to.equal(200);
    expect((await reviewer.post(`/recognition-cases/${id}/publish`, {})).status).to.equal(200);
    await atOffset(9 * DAY, async () => (await testApp()).sweep('recognition/settle-notices'));
  }
  const caseOf = async (api: ApiAgent, id: string): Promise<Case> =>
    (await api.get(`/recognition-cases/${id}`)).json<Case>();
  const notice = async (tenant: Tenant): Promise<Noticed['data']> => {
    const { url } = await testApp();
    const answer = await fetch(`${url}/api/v1/t/${tenant.slug}/recognition`);
    return ((await answer.json()) as Noticed).data;
  };

  it('are one case however often it is applied for at once', async () => {
    const { tenant, officer, admin } = await scene();
    const schemeId = await offer(admin);
    const member = await createMember(tenant);
    await gave(tenant, officer, member);
    const own = await member.api();
    const answers = await Promise.all(Array.from({ length: 12 }, () => apply(own, schemeId)));
    expect(answers.filter(({ status }) => status === 201).length).to.equal(1);
    for (const { status } of answers) expect(status).to.be.oneOf([201, 409]);
    expect((await own.get('/recognition')).json<{ cases: unknown[] }>().cases).to.have.length(1);
  });

  it('say to the desk when the hours they rest on were taken back after they were granted, until there are enough', async () => {
    const { tenant, officer, reviewer, admin } = await scene();
    const schemeId = await offer(admin);
    const member = await createMember(tenant);
    const first = await gave(tenant, officer, member);
    const own = await member.api();
    const { id } = (await apply(own, schemeId)).json<Case>();
    await granted(id, officer, reviewer);
    expect(await caseOf(reviewer, id)).to.include({ state: 'granted', shortSince: null });
    const reversed = await byTwo(tenant, reviewer, `/hours/${first}/reversal`, { reason: '签到表上没有' });
    expect(reversed.status, reversed.text).to.equal(200);
    for (const reader of [reviewer, own]) {
      const seen = await caseOf(reader, id);
      expect(seen.state).to.equal('granted');
      expect(seen.shortSince).to.be.a('string');
    }
    // Nobody else learns of it.
    expect((await notice(tenant)).map((one) => JSON.stringify(one)).join()).not.to.match(/shortSince":"/);
    // The next step asks for hours that are there.
    const star = await offer(admin, { code: 'next', nameZh: '再进一步', nameEn: 'Next' });
    expect((await apply(own, star)).json()).to.include({ code: 'not-enough-hours' });
    await gave(tenant, officer, member);
    expect((await caseOf(reviewer, id)).shortSince).to.equal(null);
  });

  it('say the same of a team’s medal', async () => {
    const { tenant, officer, reviewer, admin } = await scene();
    const schemeId = await offer(admin, { code: 'team-one', kind: 'team' });
    const team = await createUnit(tenant, { name: '春江队' });
    const below = await createUnit(tenant, { name: '春江二队', parentId: team });
    const id = await gave(tenant, officer, await createMember(tenant), below);
    const nominated = await officer.post('/recognition/team-applications', { schemeId, unitId: team });
    expect(nominated.status, nominated.text).to.equal(201);
    const { id: caseId } = nominated.json<Case>();
    await granted(caseId, reviewer, await (await createMember(tenant, { roles: ['reviewer'] })).api());
    expect(await caseOf(reviewer, caseId)).to.include({ state: 'granted', shortSince: null });
    await byTwo(tenant, reviewer, `/hours/${id}/reversal`, { reason: '签到表上没有' });
    expect((await caseOf(reviewer, caseId)).shortSince).to.be.a('string');
  });

  it('are by the rules of the day: not before they begin, not after they ended, one level after the other', async () => {
    const { tenant, officer, admin } = await scene();
    const member = await createMember(tenant);
    await gave(tenant, officer, member);
    const own = await member.api();
    const later = await offer(admin, { code: 'later', effectiveFrom: localDay(1) });
    expect((await apply(own, later)).json()).to.include({ code: 'not-in-force' });
    const over = await offer(admin, { code: 'over' });
    expect(
      (await admin.post(`/recognition-schemes/${over}/end`, { effectiveTo: localDay(-1) })).status,
    ).to.be.oneOf([200, 201]);
    expect((await apply(own, over)).json()).to.include({ code: 'not-in-force' });
    const second = await offer(admin, { code: 'star-2', kind: 'star', level: 2 });
    expect((await apply(own, second)).json()).to.include({ code: 'star-before' });
    const children = await offer(admin, { code: 'red-flower', kind: 'children' });
    expect((await apply(own, children)).json()).to.include({ code: 'for-children' });
    const team = await offer(admin, { code: 'team-two', kind: 'team' });
    expect((await apply(own, team)).json()).to.include({ code: 'for-teams' });
    for (const schemeId of [later, over, second, children])
      expect(
        (await officer.post('/recognition/team-applications', { schemeId, unitId: tenant.rootUnitId }))
          .status,
      ).to.be.oneOf([403, 409]);
  });

  it('name in public nobody who did not agree, took it back, is a child or has left, and rank nobody', async () => {
    const { tenant, officer, reviewer, admin } = await scene();
    const schemeId = await offer(admin);
    const named: { member: Member; id: string; api: ApiAgent }[] = [];
    for (const [name, showName] of [
      ['同意甲', true],
      ['不愿乙', false],
      ['反悔丙', true],
      ['离开丁', true],
      ['少年戊', true],
    ] as const) {
      const member = await createMember(tenant, { person: { name } });
      await gave(tenant, officer, member);
      const api = await member.api();
      const { id } = (await apply(api, schemeId, showName)).json<Case>();
      await granted(id, officer, reviewer);
      named.push({ member, id, api });
    }
    const [, , regrets, leaves, child] = named;
    expect(
      (await regrets!.api.post(`/recognition-cases/${regrets!.id}/name`, { shown: false })).status,
    ).to.equal(200);
    expect(
      (await leaves!.api.post(`/memberships/${leaves!.member.membershipId}/leaving`, {})).status,
    ).to.be.within(200, 204);
    await asOperator(() =>
      PersonModel.updateOne(
        { _id: new Types.ObjectId(child!.member.personId) },
        { $set: { birthDate: localDay(-15 * 365) } },
      ),
    );
    const data = await notice(tenant);
    expect(data.map(({ subjectName }) => subjectName).filter((name) => name !== '')).to.deep.equal([
      '同意甲',
    ]);
    // By when it began, never by how much: and how much is nobody's to read.
    expect(data.map(({ id }) => id)).to.deep.equal(named.map(({ id }) => id).reverse());
    for (const { minutesAt } of data) expect(minutesAt).to.equal(null);
    const { url } = await testApp();
    for (const query of ['?sort=minutes', '?order=-minutesAt', '?limit=1&sort[minutesAt]=-1']) {
      const answer = await fetch(`${url}/api/v1/t/${tenant.slug}/recognition${query}`);
      if (answer.status === 200)
        expect(((await answer.json()) as Noticed).data.map(({ id }) => id)).to.deep.equal(
          data.map(({ id }) => id),
        );
      else expect(answer.status).to.be.oneOf([400, 422]);
    }
    // A fellow volunteer reads no more of a case than the notice has.
    const fellow = await (await createMember(tenant)).api();
    for (const { id } of named) expect((await fellow.get(`/recognition-cases/${id}`)).status).to.equal(404);
  });
});
