import { expect } from 'chai';
import { Types } from 'mongoose';
import sharp from 'sharp';
import { born } from '../../../server/db/transition.ts';
import { OutboxModel } from '../../../server/db/outbox.ts';
import { AwardModel } from '../../../server/features/awards/award.model.ts';
import { MembershipModel } from '../../../server/features/memberships/membership.model.ts';
import { RecognitionModel } from '../../../server/features/recognition/recognition.model.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import {
  asOperator,
  createMember,
  createTenant,
  createTwice,
  createUnit,
  documentNumber,
  inTenant,
} from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { byTwo } from '../../factories/proposals.ts';
import type { Answer, ApiAgent } from '../../support/agent.ts';
import { testApp } from '../../support/app.ts';
import { watchViolations } from '../../support/violations.ts';

interface Award {
  id: string;
  state: string;
  awardedBy: string;
  check: string | null;
  answer: string;
}
const other = (changes: object = {}): object => ({
  origin: 'other',
  name: '社区之星',
  awardedOn: '2026-03-05',
  awardedBy: '桐君街道',
  ...changes,
});
const county = (changes: object = {}): object =>
  other({ origin: 'government', level: 'county', awardedBy: '桐庐县人民政府', ...changes });
const own = (changes: object = {}): object => other({ origin: 'own', awardedBy: '', ...changes });

const done = (answer: Answer, status = 200): Award => {
  expect(answer.status, answer.text).to.equal(status);
  return answer.json<Award>();
};
const faults = (answer: Answer): string[] =>
  (answer.json<{ errors?: { path: string; code: string }[] }>().errors ?? []).map(
    ({ path, code }) => `${path}: ${code}`,
  );
const codeOf = (answer: Answer): string => `${answer.status} ${answer.json<{ code: string }>().code}`;

async function picture(agent: ApiAgent, id: string): Promise<string> {
  const bytes = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#fff' } })
    .png()
    .toBuffer();
  const body = new FormData();
  body.append('file', new Blob([bytes as Uint8Array<ArrayBuffer>]), 'scan.png');
  const { url } = await testApp();
  const answer = await fetch(`${url}/api/v1/awards/${id}/evidence`, {
    method: 'POST',
    headers: { authorization: `Bearer ${agent.token}` },
    body,
  });
  const text = await answer.text();
  expect(answer.status, text).to.equal(201);
  return (JSON.parse(text) as { id: string }).id;
}

/** R-1.11: own awards promptly, a government's on the volunteer's evidence, other bodies' on request after verification. */
describe('awards', function () {
  this.timeout(120_000);
  let tenant: Tenant;
  let volunteer: Member;
  let mine: ApiAgent;
  let coordinator: Member;
  let desk: ApiAgent;
  let officer: ApiAgent;
  const broken = watchViolations(/^awards\//);

  before(async () => {
    await broken.note();
    tenant = await createTenant();
    volunteer = await createMember(tenant, { person: { name: '苏晓' } });
    mine = await volunteer.api();
    coordinator = await createMember(tenant, { roles: ['coordinator'] });
    desk = await coordinator.api();
    officer = await (await createMember(tenant, { roles: ['officer'] })).api();
  });
  afterEach(async () => expect(await broken.found()).to.deep.equal([]));

  const told = (id: string): Promise<number> =>
    inTenant(tenant.id, () => OutboxModel.countDocuments({ kind: 'awards/changed', subjectId: id }));

  it('of the organisation are recorded at once by its desk, under its name, and the person is told', async () => {
    const path = `/memberships/${volunteer.membershipId}/awards`;
    const award = done(await desk.post(path, own()), 201);
    expect(award).to.include({ state: 'recorded', check: 'own-files', awardedBy: tenant.name['zh-CN'] });
    expect(await told(award.id)).to.equal(1);
    const list = (await mine.get('/awards')).json<{ data: Award[] }>().data;
    expect(list.map(({ id }) => id)).to.deep.equal([award.id]);
    // Nor by the person, nor for oneself, nor by who holds no such right.
    expect((await mine.post(path, own())).status).to.equal(403);
    expect(codeOf(await desk.post(`/memberships/${coordinator.membershipId}/awards`, own()))).to.equal(
      '403 not-your-own',
    );
    expect(faults(await officer.post(path, own({ name: '《社区之星》' })))).to.deep.equal([
      'name: award-known-already',
    ]);
  });

  it('of a government are recorded on the evidence of the person, by somebody else', async () => {
    const claimed = done(await mine.post('/awards', county()), 201);
    expect(claimed.state).to.equal('claimed');
    const decide = `/awards/${claimed.id}/decision`;
    const yes = { verdict: 'recorded', check: 'original' };
    expect((await mine.post(decide, yes)).status).to.equal(403);
    expect(faults(await desk.post(decide, yes))).to.deep.equal(['check: award-evidence-needed']);
    const file = await picture(mine, claimed.id);
    expect((await desk.get(`/awards/${claimed.id}/evidence/${file}`)).status).to.equal(200);
    expect(faults(await desk.post(decide, { verdict: 'recorded' }))).to.deep.equal(['check: required']);
    expect(faults(await desk.post(decide, { verdict: 'refused' }))).to.deep.equal(['reason: required']);
    const queues = (await desk.get('/awards/desk')).json<{ data: Award[] }>().data;
    expect(queues.map(({ id }) => id)).to.deep.equal([claimed.id]);
    expect(done(await desk.post(decide, yes))).to.include({ state: 'recorded', check: 'original' });
    expect(await told(claimed.id)).to.equal(1);
    // Decided: the evidence stays as it was seen.
    expect(codeOf(await mine.post(`/awards/${claimed.id}/evidence/${file}/removal`))).to.equal(
      '409 wrong-state',
    );
    expect(codeOf(await desk.post(decide, yes))).to.equal('409 wrong-state');
  });

  it('of other bodies are asked for, at the desk too, and verified by who did not ask', async () => {
    const path = `/memberships/${volunteer.membershipId}/awards`;
    const claimed = done(await desk.post(path, other({ name: '最美邻居' })), 201);
    expect(claimed.state).to.equal('claimed');
    await picture(desk, claimed.id);
    const decide = `/awards/${claimed.id}/decision`;
    expect(codeOf(await desk.post(decide, { verdict: 'recorded', check: 'issuer' }))).to.equal(
      '403 award-needs-another',
    );
    expect((await desk.get('/awards/desk')).json<{ data: Award[] }>().data).to.deep.equal([]);
    expect(faults(await officer.post(decide, { verdict: 'recorded', check: 'own-files' }))).to.deep.equal([
      'check: not-an-option',
    ]);
    done(await officer.post(decide, { verdict: 'refused', reason: '授奖单位查无此奖' }));
    // What was refused may be asked for again.
    const again = done(await mine.post('/awards', other({ name: '最美邻居' })), 201);
    expect(faults(await mine.post('/awards', other({ name: '最美 邻居' })))).to.deep.equal([
      'name: award-known-already',
    ]);
    expect(done(await mine.post(`/awards/${again.id}/withdrawal`)).state).to.equal('withdrawn');
  });

  it('have a name, a day that has come, a unit, and a level where a government gave them', async () => {
    expect(faults(await mine.post('/awards', county({ level: '', awardedOn: '2099-01-01' })))).to.deep.equal([
      'level: required',
      'awardedOn: award-in-future',
    ]);
    expect(faults(await mine.post('/awards', other({ awardedBy: '' })))).to.deep.equal([
      'awardedBy: required',
    ]);
    const page = await volunteer.page();
    await page.get('/awards/new');
    const shown = await page.post('/awards', { origin: 'other', name: '', awardedOn: '', awardedBy: 'x' });
    expect(shown.status).to.equal(422);
  });

  it('that stand are contested by the person, and put right or taken back by other eyes', async () => {
    const path = `/memberships/${volunteer.membershipId}/awards`;
    const award = done(await desk.post(path, own({ name: '季度之星' })), 201);
    expect(codeOf(await officer.post(`/awards/${award.id}/contest`, { reason: 'x' }))).to.equal(
      '403 only-the-person',
    );
    expect(done(await mine.post(`/awards/${award.id}/contest`, { reason: '日期不对' })).state).to.equal(
      'contested',
    );
    const right = { name: '季度之星', awardedOn: '2026-03-15', awardedBy: '', reason: '核对存档，日期有误' };
    // Who recorded it is not who answers.
    expect(codeOf(await desk.post(`/awards/${award.id}/correction`, right))).to.equal(
      '403 award-needs-another',
    );
    expect(codeOf(await desk.post(`/awards/${award.id}/revocation`, { reason: 'x' }))).to.equal(
      '403 award-needs-another',
    );
    const after = done(await officer.post(`/awards/${award.id}/correction`, right));
    expect(after).to.include({
      state: 'recorded',
      awardedOn: '2026-03-15',
      answer: right.reason,
      contest: '',
    });
    // Not onto another one.
    expect(
      faults(
        await officer.post(`/awards/${award.id}/correction`, {
          ...right,
          name: '社区之星',
          awardedOn: '2026-03-05',
        }),
      ),
    ).to.deep.equal(['name: award-known-already']);
    expect(done(await officer.post(`/awards/${award.id}/revocation`, { reason: '授予了他人' }))).to.include({
      state: 'revoked',
      answer: '授予了他人',
    });
    expect(await told(award.id)).to.equal(3);
  });

  it('are recorded once when many ask at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => mine.post('/awards', other({ name: '同一项' }))),
    );
    expect(answers.filter(({ status }) => status === 201)).to.have.length(1);
    const stored = await inTenant(tenant.id, () =>
      AwardModel.countDocuments({ name: '同一项', state: 'claimed' } as never),
    );
    expect(stored).to.equal(1);
  });

  it('are decided on by nobody’s other account, nor by a right from the hand of whose they are', async () => {
    const [one, twin] = await createTwice(tenant, ['officer']);
    const claimed = done(await (await one.api()).post('/awards', other({ name: '双号' })), 201);
    const yes = { verdict: 'recorded', check: 'issuer' };
    expect(codeOf(await (await twin.api()).post(`/awards/${claimed.id}/decision`, yes))).to.equal(
      '403 not-your-own',
    );
    const administrator = await createMember(tenant, { roles: ['administrator'] });
    const helper = await createMember(tenant, { roles: ['coordinator'] });
    await inTenant(tenant.id, () =>
      MembershipModel.updateOne(
        { _id: new Types.ObjectId(helper.membershipId) },
        { $set: { 'grants.0.grantedBy': new Types.ObjectId(administrator.accountId) } },
      ),
    );
    const asked = done(await (await administrator.api()).post('/awards', other({ name: '上级' })), 201);
    expect(codeOf(await (await helper.api()).post(`/awards/${asked.id}/decision`, yes))).to.equal(
      '403 granted-by-subject',
    );
    expect(
      codeOf(await (await helper.api()).post(`/memberships/${administrator.membershipId}/awards`, own())),
    ).to.equal('403 granted-by-subject');
    done(await officer.post(`/awards/${asked.id}/decision`, yes));
  });

  it('show granted stars and medals beside them, which nobody records a second time', async () => {
    const grantedAt = new Date('2026-02-03T04:00:00Z');
    const row = {
      _id: new Types.ObjectId(),
      schemeId: new Types.ObjectId(),
      code: 'star-1',
      kind: 'star',
      level: 1,
      name: { 'zh-CN': '一星志愿者', en: 'One star' },
      minutesNeeded: 0,
      objectionDays: 7,
      personId: new Types.ObjectId(volunteer.personId),
      subjectName: volunteer.name,
      unitId: new Types.ObjectId(tenant.rootUnitId),
      grantedAt,
      createdAt: grantedAt,
    };
    await inTenant(tenant.id, () => RecognitionModel.create([{ ...born('granted'), ...row } as never]));
    try {
      const list = (await mine.get('/awards')).json<{ recognised: object[] }>();
      expect(list.recognised).to.deep.equal([
        {
          id: String(row._id),
          name: '一星志愿者',
          awardedOn: '2026-02-03',
          awardedBy: tenant.name['zh-CN'],
        },
      ]);
      const path = `/memberships/${volunteer.membershipId}/awards`;
      expect((await desk.get(path)).json<{ recognised: object[] }>().recognised).to.have.length(1);
      for (const name of ['一星志愿者', 'one star'])
        expect(faults(await desk.post(path, own({ name, awardedOn: '2026-02-03' })))).to.deep.equal([
          'name: award-known-already',
        ]);
    } finally {
      // It was put there by hand: other files verify the same database.
      await inTenant(tenant.id, () => RecognitionModel.deleteOne({ _id: row._id } as never));
    }
  });

  it('are seen by their person and the desk that reaches them, by nobody else', async () => {
    const unitId = await createUnit(tenant);
    const elsewhere = await createMember(tenant, { roles: ['coordinator'], unitId });
    const award = done(await mine.post('/awards', other({ name: '看得见' })), 201);
    const strangers = [
      await elsewhere.api(),
      await (await createMember(tenant)).api(),
      await (await createMember(await createTenant(), { roles: ['coordinator'] })).api(),
    ];
    for (const agent of strangers) expect((await agent.get(`/awards/${award.id}`)).status).to.equal(404);
    const auditor = await (await createMember(tenant, { roles: ['auditor'] })).api();
    expect((await auditor.get(`/awards/${award.id}`)).status).to.equal(200);
    expect((await auditor.post(`/awards/${award.id}/revocation`, { reason: 'x' })).status).to.equal(403);
    expect((await (await volunteer.page()).get(`/awards/${award.id}`)).status).to.equal(200);
    expect((await (await coordinator.page()).get(`/awards/${award.id}`)).status).to.equal(200);
  });

  it('go along with a human whose two records become one, each once', async () => {
    const nobody = { birthDate: null, identity: 'none' } as const;
    const kept = await createMember(tenant, { person: { name: '林远', ...nobody } });
    const given = await createMember(tenant, { person: { name: '林遠', ...nobody } });
    const number = documentNumber();
    const { identityDocuments } = (await testApp()).composed.services;
    await asOperator(async () => {
      for (const { personId } of [kept, given])
        await identityDocuments.verifyAsOperator(personId, { type: 'resident-id', number });
    });
    for (const { membershipId } of [kept, given])
      done(await desk.post(`/memberships/${membershipId}/awards`, own({ name: '两处都有' })), 201);
    done(await desk.post(`/memberships/${given.membershipId}/awards`, own({ name: '只在旧档' })), 201);
    const reviewer = await (await createMember(tenant, { roles: ['reviewer'] })).api();
    const merged = await byTwo(tenant, reviewer, '/duplicates', {
      from: given.membershipId,
      into: kept.membershipId,
      reason: '同一身份证',
    });
    expect(merged.status, merged.text).to.equal(200);
    const list = (await (await kept.api()).get('/awards')).json<{ data: (Award & { name: string })[] }>()
      .data;
    expect(list.map(({ name, state }) => `${name} ${state}`).sort()).to.deep.equal([
      '两处都有 recorded',
      '两处都有 revoked',
      '只在旧档 recorded',
    ]);
  });
});
