import { expect } from 'chai';
import { acrossTenants } from '../../../server/core/context.ts';
import { RecognitionModel } from '../../../server/features/recognition/recognition.model.ts';
import { runChecks } from '../../../server/verify/index.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { createServed } from '../../factories/hours.ts';
import {
  asOperator,
  createMember,
  createTenant,
  createTwice,
  createUnit,
  inTenant,
} from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { byTwo } from '../../factories/proposals.ts';
import type { ApiAgent } from '../../support/agent.ts';
import { PageAgent } from '../../support/agent.ts';
import { atOffset, testApp } from '../../support/app.ts';

interface Case {
  id: string;
  state: string;
  subjectName: string;
  objectionUntil: string | null;
}
interface Own {
  standings: { scheme: { id: string; code: string }; minutes: number; whyNot: string[] }[];
  cases: Case[];
}
const DAY = 86_400_000;
const today = (): string => new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);

describe('stars and medals', function () {
  this.timeout(120_000);
  let tenant: Tenant;
  let volunteer: Member;
  let own: ApiAgent;
  let officer: Member;
  let reviewer: Member;
  let admin: ApiAgent;
  let hoursId: string;

  before(async () => {
    tenant = await createTenant();
    volunteer = await createMember(tenant, { person: { name: '苏晓' } });
    own = await volunteer.api();
    officer = await createMember(tenant, { roles: ['officer', 'coordinator'] });
    reviewer = await createMember(tenant, { roles: ['reviewer', 'officer'] });
    admin = await (await createMember(tenant, { roles: ['administrator'] })).api();
    hoursId = await createServed(tenant, volunteer);
    expect((await (await officer.api()).post(`/hours/${hoursId}/approve`)).status).to.equal(200);
  });

  const scheme = (changes: object = {}): object => ({
    code: 'first',
    kind: 'medal',
    nameZh: '初心奖章',
    nameEn: 'First steps',
    hours: 2,
    effectiveFrom: '2020-01-01',
    ...changes,
  });
  const act = async (member: Member, id: string, verb: string, body: object = {}) =>
    (await member.api()).post(`/recognition-cases/${id}/${verb}`, body);
  const violations = async (): Promise<string[]> => {
    const checks = (await testApp()).composed.invariants.filter(({ name }) =>
      name.startsWith('recognition/'),
    );
    const { checks: results } = await asOperator(() => acrossTenants('test', () => runChecks(checks)));
    return results.flatMap(({ samples }) => samples);
  };

  it('are what the tenant says, one set of rules at a time', async () => {
    expect((await own.post('/recognition-schemes', scheme())).status).to.equal(403);
    const added = await admin.post('/recognition-schemes', scheme());
    expect(added.status, added.text).to.equal(201);
    const twice = await admin.post('/recognition-schemes', scheme({ effectiveFrom: today() }));
    expect(twice.json<{ errors: object[] }>().errors).to.deep.equal([
      { path: 'code', code: 'scheme-in-force' },
    ]);
    const { id } = added.json<{ id: string }>();
    const yesterday = new Date(Date.now() - DAY).toISOString().slice(0, 10);
    expect((await admin.post(`/recognition-schemes/${id}/end`, { effectiveTo: yesterday })).status).to.equal(
      200,
    );
    expect((await admin.post('/recognition-schemes', scheme({ effectiveFrom: today() }))).status).to.equal(
      201,
    );
    expect((await admin.post('/recognition-schemes/usual')).json()).to.deep.equal({ added: 7 });
    expect((await admin.post('/recognition-schemes/usual')).json()).to.deep.equal({ added: 0 });
    // Of some kinds of service only: the hours so far were of another.
    const half = await admin.post('/recognition-schemes', scheme({ code: 'kind', areaHours: 1 }));
    expect(half.json<{ errors: object[] }>().errors).to.deep.equal([{ path: 'areas', code: 'required' }]);
    const kinds = { code: 'kind', areas: ['heritage'], areaHours: 1 };
    expect((await admin.post('/recognition-schemes', scheme(kinds))).status).to.equal(201);
    expect((await admin.post('/recognition-schemes/usual', { variant: 'boluo' })).json()).to.deep.equal({
      added: 3,
    });
    const { standings } = (await own.get('/recognition')).json<Own>();
    const why = Object.fromEntries(standings.map((one) => [one.scheme.code, one.whyNot]));
    expect(why['first']).to.deep.equal([]);
    expect(why['kind']).to.deep.equal(['not-enough-of-the-kind']);
    expect(why['five-star-bronze']).to.deep.equal(['not-enough-hours', 'not-enough-of-the-kind']);
    expect(why['star-1']).to.deep.equal(['not-enough-hours']);
    expect(why['star-2']).to.deep.equal(['not-enough-hours', 'star-before']);
    expect(why['red-flower']).to.include('for-children');
  });

  it('are applied for, seen by two others, published, and granted when nobody objects', async () => {
    const { sweep } = await testApp();
    await sweep('recognition/find-eligible');
    const { standings, cases } = (await own.get('/recognition')).json<Own>();
    expect(cases.map(({ state }) => state)).to.deep.equal(['eligible']);
    // Who has only come far enough has asked for nothing: nobody else learns of it.
    const desk = await officer.api();
    expect((await desk.get('/recognition-cases')).json<{ data: Case[] }>().data).to.deep.equal([]);
    const schemeOf = (code: string) => standings.find((one) => one.scheme.code === code)?.scheme.id;
    expect((await own.post('/recognition/applications', { schemeId: schemeOf('star-1') })).json()).to.include(
      {
        code: 'not-enough-hours',
      },
    );
    const applied = await own.post('/recognition/applications', { schemeId: schemeOf('first') });
    expect(applied.status, applied.text).to.equal(201);
    const { id } = applied.json<Case>();
    expect(id).to.equal(cases[0]?.id);
    expect((await own.post('/recognition/applications', { schemeId: schemeOf('first') })).status).to.equal(
      409,
    );
    expect((await act(reviewer, id, 'publish')).status).to.equal(409);
    expect((await act(volunteer, id, 'review', { verdict: 'reviewed', reason: 'x' })).status).to.equal(403);
    expect((await act(reviewer, id, 'review', { verdict: 'reviewed', reason: '时长属实' })).status).to.equal(
      200,
    );
    // Not by whoever saw it first.
    expect((await act(reviewer, id, 'publish')).json()).to.include({ code: 'second-person' });
    const second = await createMember(tenant, { roles: ['reviewer'] });
    const published = (await act(second, id, 'publish')).json<Case>();
    expect(published).to.include({ state: 'published' });
    expect(published.objectionUntil).to.equal(
      new Date(Date.parse(`${today()}T00:00:00Z`) + 7 * DAY).toISOString().slice(0, 10),
    );
    // Named on the notice is only who agreed; the page is public.
    const visitor = new PageAgent();
    for (const language of ['zh-CN', 'en']) {
      const notice = await visitor.get(`/t/${tenant.slug}/recognition?lang=${language}`);
      expect(notice.status).to.equal(200);
      expect(notice.text)
        .to.include(language === 'en' ? 'First steps' : '初心奖章')
        .and.not.include('苏晓');
    }
    expect((await act(second, id, 'decide', { verdict: 'granted', reason: 'x' })).json()).to.include({
      code: 'notice-stands',
    });
    expect((await (await second.api()).get(`/recognition-cases/${id}`)).json()).to.nested.include({
      'can.decide': false,
    });
    await sweep('recognition/settle-notices');
    expect((await own.get(`/recognition-cases/${id}`)).json()).to.include({ state: 'published' });
    await atOffset(8 * DAY + 1_000, () => sweep('recognition/settle-notices'));
    expect((await own.get(`/recognition-cases/${id}`)).json()).to.include({
      state: 'granted',
      minutesAt: 121,
    });
    expect(await violations()).to.deep.equal([]);
    await inTenant(tenant.id, () =>
      RecognitionModel.updateOne({ _id: id } as never, { $set: { minutesAt: 9_999 } }),
    );
    expect((await violations()).join()).to.include('states other minutes than the ledger');
    await inTenant(tenant.id, () =>
      RecognitionModel.updateOne({ _id: id } as never, { $set: { minutesAt: 121 } }),
    );
    for (const member of [volunteer, officer, reviewer]) {
      const page = await member.page();
      for (const path of [
        '/recognition',
        `/recognition-cases/${id}`,
        ...(member === volunteer ? [] : ['/recognition-cases', '/recognition-schemes']),
      ])
        for (const language of ['zh-CN', 'en'])
          expect((await page.get(path, { 'accept-language': language })).status, path).to.equal(200);
    }
  });

  it('wait for a decision when somebody objects, and fall when the hours were taken back', async () => {
    const { sweep } = await testApp();
    const other = await createMember(tenant);
    const served = await createServed(tenant, other, { hoursAgo: 30 });
    expect((await (await officer.api()).post(`/hours/${served}/approve`)).status).to.equal(200);
    const otherApi = await other.api();
    const first = (await otherApi.get('/recognition'))
      .json<Own>()
      .standings.find((one) => one.scheme.code === 'first')?.scheme.id;
    const { id } = (
      await otherApi.post('/recognition/applications', { schemeId: first, showName: true })
    ).json<Case>();
    expect((await act(officer, id, 'review', { verdict: 'reviewed', reason: 'x' })).status).to.equal(200);
    expect((await act(reviewer, id, 'publish')).status).to.equal(200);
    expect((await act(other, id, 'object', { reason: 'x' })).json()).to.include({ code: 'not-your-own' });
    expect((await act(volunteer, id, 'object', { reason: '当天没有见到' })).status).to.equal(200);
    expect(
      (await otherApi.get(`/recognition-cases/${id}`)).json<{ objections: [] }>().objections,
    ).to.have.length(0);
    await atOffset(8 * DAY + 1_000, async () => {
      await sweep('recognition/settle-notices');
      const later = await other.api();
      expect((await later.get(`/recognition-cases/${id}`)).json()).to.include({ state: 'published' });
      expect(
        (await byTwo(tenant, await reviewer.api(), `/hours/${served}/reversal`, { reason: '重复' })).status,
      ).to.equal(200);
      const decided = await act(reviewer, id, 'decide', { verdict: 'granted', reason: '已核实' });
      expect(decided.json()).to.include({ state: 'refused' });
    });
    expect(await violations()).to.deep.equal([]);
  });

  it('are neither seen nor decided by another account of the same human (S-10)', async () => {
    const [buyer, other] = await createTwice(tenant, ['officer', 'reviewer']);
    const served = await createServed(tenant, buyer, { hoursAgo: 60 });
    expect((await (await officer.api()).post(`/hours/${served}/approve`)).status).to.equal(200);
    const api = await buyer.api();
    const { standings } = (await api.get('/recognition')).json<Own>();
    const schemeId = standings.find((one) => one.scheme.code === 'first')?.scheme.id;
    const { id } = (await api.post('/recognition/applications', { schemeId })).json<Case>();
    const seen = { verdict: 'reviewed', reason: '时长属实' };
    expect((await act(other, id, 'review', seen)).json()).to.include({ code: 'not-your-own' });
    const [first, again] = await createTwice(tenant, ['officer', 'reviewer']);
    expect((await act(first, id, 'review', seen)).status).to.equal(200);
    expect((await act(other, id, 'publish')).json()).to.include({ code: 'not-your-own' });
    expect((await act(again, id, 'publish')).json()).to.include({ code: 'second-person' });
    expect((await act(reviewer, id, 'publish')).json()).to.include({ state: 'published' });
  });

  it('are for teams, too, by the hours given to them', async () => {
    const team = await createUnit(tenant, { name: '春江队' });
    const teamMedal = (
      await admin.post('/recognition-schemes', scheme({ code: 'team-small', kind: 'team', nameZh: '好队伍' }))
    ).json<{ id: string }>().id;
    const desk = await officer.api();
    const apply = () => desk.post('/recognition/team-applications', { schemeId: teamMedal, unitId: team });
    expect((await apply()).json()).to.include({ code: 'not-enough-hours' });
    const served = await createServed(tenant, await createMember(tenant), { unitId: team, hoursAgo: 50 });
    expect((await desk.post(`/hours/${served}/approve`)).status).to.equal(200);
    const applied = await apply();
    expect(applied.status, applied.text).to.equal(201);
    expect(applied.json()).to.include({ subjectName: '春江队', state: 'applied' });
    expect((await apply()).status).to.equal(409);
    expect(
      (await own.post('/recognition/team-applications', { schemeId: teamMedal, unitId: team })).status,
    ).to.equal(403);
  });
});
