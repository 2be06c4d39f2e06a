import { expect } from 'chai';
import { OutboxModel } from '../../../server/db/outbox.ts';
import { AssignmentModel } from '../../../server/features/assignments/assignment.model.ts';
import { addMonths } from '../../../server/core/time.ts';
import { createMember, createTenant, createUnit, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { createPosition } from '../../factories/requests.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import type { ApiAgent } from '../../support/agent.ts';
import { atOffset, testApp } from '../../support/app.ts';
import { inDays } from '../../support/days.ts';

interface Shown {
  readonly id: string;
  readonly state: string;
  readonly validTo: string | null;
  readonly reason: string | null;
  readonly judgement: {
    passed: boolean;
    findings: { kind: string; passed: boolean; fact: Record<string, unknown> }[];
  };
  readonly decisions: {
    step: string;
    passed: boolean;
    findings: { kind: string; fact: Record<string, unknown> }[];
  }[];
}
interface List {
  readonly data: (Shown & { personName: string })[];
}

describe('talent pools', function () {
  this.timeout(60_000);
  let tenant: Tenant;
  let officer: ApiAgent;
  let reviewer: ApiAgent;
  let second: ApiAgent;
  let poolId: string;
  let unitId: string;

  const definition = {
    nameZh: '矛盾调解员',
    nameEn: 'Dispute mediators',
    proposes: true,
    open: true,
    validMonths: 12,
    rules: [
      { kind: 'credential', type: 'mediator' },
      { kind: 'age', min: 18 },
    ],
  };
  before(async () => {
    tenant = await createTenant({ kind: 'department' });
    unitId = await createUnit(tenant, { name: '桐君街道' });
    const api = async (roles: Parameters<typeof createMember>[1]): Promise<ApiAgent> =>
      (await createMember(tenant, roles)).api();
    officer = await api({ roles: ['officer'] });
    reviewer = await api({ roles: ['reviewer'] });
    second = await api({ roles: ['reviewer'] });
    const made = await officer.post('/talent-pools', definition);
    expect(made.status, made.text).to.equal(201);
    poolId = made.json<Shown>().id;
  });

  let n = 0;
  /** A member whose card ends in so many days. */
  async function mediator(days = 600): Promise<{ member: Member; own: ApiAgent; credentialId: string }> {
    const member = await createMember(tenant, { unitId });
    const own = await member.api();
    const validFrom = addMonths(inDays(days + 1), -36);
    const made = await own.post('/credentials', {
      type: 'mediator',
      number: `P${(n += 1)}`,
      issuedOn: validFrom,
      validFrom,
    });
    const credentialId = made.json<Shown>().id;
    await officer.post(`/credentials/${credentialId}/review`, { verdict: 'first_pass' });
    await reviewer.post(`/credentials/${credentialId}/review`, { verdict: 'valid' });
    return { member, own, credentialId };
  }
  const shown = async (api: ApiAgent, id: string): Promise<Shown> =>
    (await api.get(`/pool-memberships/${id}`)).json<Shown>();
  async function certified(own: ApiAgent): Promise<string> {
    const applied = await own.post(`/talent-pools/${poolId}/applications`);
    expect(applied.status, applied.text).to.equal(201);
    const { id } = applied.json<Shown>();
    for (const [api, verdict] of [
      [officer, 'first_pass'],
      [reviewer, 'certified'],
    ] as const) {
      const answer = await api.post(`/pool-memberships/${id}/review`, { verdict });
      expect(answer.status, answer.text).to.equal(200);
    }
    return id;
  }

  it('are applied to by who passes, certified by two people, and keep which rule passed on which fact', async () => {
    const outsider = await (await createMember(tenant)).api();
    expect((await outsider.post(`/talent-pools/${poolId}/applications`)).json()['code']).to.equal(
      'rules-not-met',
    );
    const { own, credentialId } = await mediator(200);
    const id = (await own.post(`/talent-pools/${poolId}/applications`)).json<Shown>().id;
    expect((await own.post(`/talent-pools/${poolId}/applications`)).json()['code']).to.equal(
      'already-in-pool',
    );
    const path = `/pool-memberships/${id}/review`;
    expect((await own.post(path, { verdict: 'first_pass' })).status).to.equal(403);
    expect((await reviewer.post(path, { verdict: 'certified' })).status).to.be.oneOf([403, 409]);
    expect((await officer.post(path, { verdict: 'first_pass' })).status).to.equal(200);
    expect((await officer.post(path, { verdict: 'certified' })).status).to.equal(403);
    expect((await reviewer.post(path, { verdict: 'certified' })).status).to.equal(200);
    const one = await shown(own, id);
    // Never longer than the card that it rests on.
    expect(one).to.include({ state: 'certified', validTo: inDays(200) });
    expect(one.decisions.map(({ step, passed }) => [step, passed])).to.deep.equal([
      ['applied', true],
      ['first_pass', true],
      ['certified', true],
    ]);
    expect(one.decisions[2]?.findings).to.deep.equal([
      {
        kind: 'credential',
        passed: true,
        fact: { credential: 'mediator', credentialId, until: inDays(200) },
      },
      { kind: 'age', passed: true, fact: { years: 36 } },
    ]);
    const pool = (await officer.get(`/talent-pools/${poolId}`)).json<{
      states: object;
      coverage: object[];
    }>();
    expect(pool.states).to.deep.include({ certified: 1 });
    const stranger = await (
      await createMember(await createTenant(), { roles: ['officer', 'reviewer'] })
    ).api();
    for (const path of [`/pool-memberships/${id}`, `/talent-pools/${poolId}`])
      expect((await stranger.get(path)).status).to.equal(404);
    expect((await outsider.get(`/pool-memberships/${id}`)).status).to.equal(404);
  });

  it('propose whoever passes, once; the person says yes or goes', async () => {
    const [one, other] = [await mediator(), await mediator()];
    await (await testApp()).sweep('talent-pools/propose');
    const rows = async (state: string): Promise<List['data']> =>
      (await officer.get(`/talent-pools/${poolId}/members?state=${state}&limit=100`)).json<List>().data;
    const proposed = (await rows('proposed')).filter(({ personName }) =>
      [one.member.name, other.member.name].includes(personName),
    );
    expect(proposed).to.have.length(2);
    const mine = (await one.own.get('/qualifications')).json<List>().data[0];
    expect(mine?.state).to.equal('proposed');
    expect((await one.own.post(`/talent-pools/${poolId}/applications`)).json()).to.include({
      id: mine?.id,
      state: 'applied',
    });
    const theirs = (await other.own.get('/qualifications')).json<List>().data[0];
    expect(
      (await other.own.post(`/pool-memberships/${theirs?.id}/exit`, { reason: '没有时间' })).json(),
    ).to.include({ state: 'left', reason: '没有时间' });
    await atOffset(2 * 86_400_000, async () => (await testApp()).sweep('talent-pools/propose'));
    expect(
      (await rows('proposed')).filter(({ personName }) => personName === other.member.name),
    ).to.deep.equal([]);
  });

  it('are refused with a reason, contested once, and answered by somebody new', async () => {
    const { own } = await mediator();
    const id = (await own.post(`/talent-pools/${poolId}/applications`)).json<Shown>().id;
    const path = `/pool-memberships/${id}`;
    await officer.post(`${path}/review`, { verdict: 'first_pass' });
    expect((await reviewer.post(`${path}/review`, { verdict: 'refused' })).status).to.equal(422);
    await reviewer.post(`${path}/review`, { verdict: 'refused', reason: '经验不足' });
    expect((await own.post(`${path}/appeal`, { reason: '有十年经验' })).json()).to.include({
      state: 'appealed',
    });
    expect((await reviewer.post(`${path}/review`, { verdict: 'certified' })).json()['code']).to.equal(
      'appeal-needs-another',
    );
    expect((await second.get('/talent-pools/reviews')).text).to.include(id);
    expect((await second.post(`${path}/review`, { verdict: 'certified' })).json()).to.include({
      state: 'certified',
    });
  });

  it('are what a place may ask for; a card that is taken back suspends the certification and re-offers the place', async () => {
    const { own, credentialId, member } = await mediator();
    const next = await mediator();
    const coordinator = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const positionId = await createPosition(tenant, { maximum: 1 });
    const { version } = (await coordinator.get(`/positions/${positionId}`)).json<{ version: number }>();
    const edited = await coordinator.send(
      'PATCH',
      `/positions/${positionId}`,
      { pools: [poolId] },
      { 'if-match': `"v${version}"` },
    );
    expect(edited.status, edited.text).to.equal(200);
    expect((await own.post(`/positions/${positionId}/assignments`)).text).to.include('pool-missing');
    const [id] = [await certified(own), await certified(next.own)];
    const seat = (await own.post(`/positions/${positionId}/assignments`)).json<{ id: string }>().id;
    expect(
      (await reviewer.post(`/credentials/${credentialId}/standing`, { to: 'revoked', reason: '证书无效' }))
        .status,
    ).to.equal(200);
    expect(await shown(own, id)).to.include({ state: 'suspended', reason: 'rule-no-longer-passes' });
    await (await testApp()).sweep('assignments/reoffer');
    const rows = await inTenant(tenant.id, async () =>
      AssignmentModel.find({ positionId }).sort({ _id: 1 }).lean(),
    );
    expect(rows.map(({ state, personId }) => [state, String(personId)])).to.deep.include.members([
      ['replaced', member.personId],
      ['offered', next.member.personId],
    ]);
    expect(
      (await reviewer.post(`/pool-memberships/${id}/standing`, { to: 'certified', reason: 'x' })).json()[
        'code'
      ],
    ).to.equal('rules-not-met');
    expect((await own.get(`/assignments/${seat}`)).json()).to.include({ state: 'replaced' });
  });

  it('end with their time, and are renewed by two officers before', async () => {
    const { own } = await mediator(20);
    const id = await certified(own);
    await (await testApp()).sweep('talent-pools/expire');
    expect((await shown(own, id)).state).to.equal('expiring');
    const path = `/pool-memberships/${id}/renewal`;
    expect((await own.post(path)).status).to.equal(403);
    expect((await officer.post(path)).json()).to.include({ state: 'expiring' });
    expect((await officer.post(path)).status).to.equal(403);
    expect((await reviewer.post(path)).json()).to.include({ state: 'certified' });
    await atOffset(21 * 86_400_000, async () => {
      for (let times = 0; times < 3; times += 1) await (await testApp()).sweep('talent-pools/expire');
    });
    expect((await shown(own, id)).state).to.equal('lapsed');
    const told = await inTenant(tenant.id, async () =>
      OutboxModel.find({ kind: 'talent-pools/moved', subjectId: id }).sort({ _id: 1 }).lean(),
    );
    expect(told.map(({ data }) => data['state'])).to.deep.equal([
      'certified',
      'expiring',
      'certified',
      'lapsed',
    ]);
  });

  it('are shown to neighbouring organisations only as long as the person agrees', async () => {
    const { own, member } = await mediator();
    const id = await certified(own);
    const near = await (await createMember(await createTenant(), { roles: ['officer'] })).api();
    const far = await (
      await createMember(await createTenant({ serviceCounties: ['330100'] }), { roles: ['officer'] })
    ).api();
    const named = async (api: ApiAgent): Promise<boolean> =>
      (await api.get('/talent-pools/shared?limit=100')).text.includes(`"${member.name}"`);
    expect(await named(near)).to.equal(false);
    expect((await officer.post(`/pool-memberships/${id}/sharing`, { shared: true })).status).to.equal(403);
    await own.post(`/pool-memberships/${id}/sharing`, { shared: true });
    expect([await named(near), await named(far)]).to.deep.equal([true, false]);
    await own.post(`/pool-memberships/${id}/sharing`, { shared: false });
    expect(await named(near)).to.equal(false);
  });

  it('are defined by rules that this place has, and show in pages', async () => {
    for (const rules of [
      [{ kind: 'credential', type: 'no-such' }],
      [{ kind: 'check', type: 'mediator' }],
      [{ kind: 'area', units: ['f'.repeat(24)] }],
    ]) {
      const answer = await officer.post('/talent-pools', { ...definition, rules });
      expect(answer.status, JSON.stringify(rules)).to.equal(422);
    }
    expect((await reviewer.post('/talent-pools', definition)).status).to.equal(403);
    const page = await (await createMember(tenant, { roles: ['officer', 'reviewer'] })).page();
    for (const path of [
      '/talent-pools',
      `/talent-pools/${poolId}`,
      `/talent-pools/${poolId}/members`,
      `/talent-pools/${poolId}/edit`,
      '/talent-pools/new',
      '/talent-pools/reviews',
      '/talent-pools/shared',
      '/qualifications',
    ])
      expect((await page.get(path)).status, path).to.equal(200);
    const [some] = (await officer.get(`/talent-pools/${poolId}/members?state=certified`)).json<List>().data;
    const shownPage = await page.get(`/pool-memberships/${some?.id}?lang=en`);
    expect(shownPage.text).to.include('Which rule passed on which fact').and.include('mediator card');
  });
});
