import { expect } from 'chai';
import { unzipSync, zipSync } from 'fflate';
import { readCsvLines } from '../../../server/core/csv.ts';
import { loadOrCreateSigningKeys } from '../../../server/core/keys.ts';
import { AuditModel } from '../../../server/db/audit.ts';
import {
  InspectionModel,
  InspectionPieceModel,
} from '../../../server/features/inspections/inspection.model.ts';
import { verifyInspection } from '../../../server/features/inspections/inspection.offline.ts';
import type { InspectionStatement } from '../../../server/features/inspections/inspection.types.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { createServed } from '../../factories/hours.ts';
import { createMember, createTenant, createUnit, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { byTwo } from '../../factories/proposals.ts';
import type { Answer, ApiAgent } from '../../support/agent.ts';
import { atOffset, testApp } from '../../support/app.ts';
import { watchViolations } from '../../support/violations.ts';

const DAY = 86_400_000;
const dayOf = (at: number): string => new Date(at + 8 * 3_600_000).toISOString().slice(0, 10);
const WISH = {
  from: dayOf(Date.now() - 60 * DAY),
  to: dayOf(Date.now()),
  authority: '县委社会工作部',
  reference: '社检〔2026〕3号',
  reason: '抽查时长记录',
};

interface Export {
  readonly id: string;
  readonly state: string;
  readonly bytes: number | null;
  readonly done: number;
  readonly total: number;
  readonly taken: number;
  readonly mayTake: boolean;
  readonly rows: Record<string, number>;
  readonly sums: Record<string, number>;
}

interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

describe('material for authorities', function () {
  this.timeout(180_000);
  const broken = watchViolations(/^(inspections|proposals)\//);
  before(() => broken.note());
  const codeOf = (answer: Answer): unknown => answer.json()['code'];

  /** Service that was confirmed, taken back, held and certified; two who may export it. */
  async function scene() {
    const tenant = await createTenant();
    const desk = await createMember(tenant, {
      roles: ['coordinator', 'reviewer'],
      person: { name: '组织者甲' },
    });
    const api = await desk.api();
    const volunteer = await createMember(tenant, { person: { name: '=志愿者', phone: '13800000001' } });
    const other = await createMember(tenant);
    await createMember(tenant, { person: { name: '从未服务' } });
    const [kept, reversed] = [
      await createServed(tenant, volunteer, { title: '+江岸\n清洁', hoursAgo: 50 }),
      await createServed(tenant, other, { hoursAgo: 30 }),
    ];
    for (const id of [kept, reversed]) expect((await api.post(`/hours/${id}/approve`)).status).to.equal(200);
    expect((await byTwo(tenant, api, `/hours/${reversed}/reversal`, { reason: '录错了' })).status).to.equal(
      200,
    );
    const own = await volunteer.api();
    const issued = await own.post('/certificates', { from: WISH.from, to: WISH.to });
    expect(issued.status, issued.text).to.equal(201);
    expect((await own.post(`/hours/${kept}/claims`, { wrong: 'not-served', text: '没去' })).status).to.equal(
      201,
    );
    const first = await createMember(tenant, { roles: ['officer'], person: { name: '甲提议' } });
    const second = await createMember(tenant, { roles: ['auditor'], person: { name: '乙确认' } });
    return {
      tenant,
      volunteer,
      kept,
      reversed,
      first,
      second,
      asker: await first.api(),
      agreer: await second.api(),
    };
  }

  async function agreed(asker: ApiAgent, agreer: ApiAgent): Promise<string> {
    const answer = await byTwo(agreer, asker, '/inspections', WISH);
    expect(answer.status, answer.text).to.equal(200);
    const list = (await asker.get('/inspections')).json<{ data: Export[] }>();
    return list.data[0]?.id ?? '';
  }
  async function made(tenant: Tenant, id: string): Promise<void> {
    const { inspections } = (await testApp()).composed.services;
    await inTenant(tenant.id, () => inspections.workFor(id, 30_000));
  }
  async function take(agent: ApiAgent, id: string): Promise<{ status: number; bytes: Buffer }> {
    const { url } = await testApp();
    const answer = await fetch(`${url}/api/v1/inspections/${id}/files`, {
      method: 'POST',
      headers: { authorization: `Bearer ${agent.token}`, 'content-type': 'application/json' },
      body: '{}',
    });
    return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) };
  }
  const trusted = async () => (await testApp()).composed.services.certificates.keys.trusted;
  const trailOf = (tenant: Tenant): Promise<string[]> =>
    inTenant(tenant.id, async () =>
      (
        await AuditModel.find({ action: /^inspections\// } as never)
          .sort({ at: 1, _id: 1 })
          .lean()
      ).map(({ action }) => action),
    );

  it('tells the two who agreed, once, when it can be taken and when it could not be made', async () => {
    const { tenant, first, second, asker, agreer } = await scene();
    const { inspections } = (await testApp()).composed.services;
    const mailsTo = async ({ email }: Member): Promise<Mail[]> => {
      await (await testApp()).sweep('messages/deliver');
      const all = (await (
        await fetch(`${(await testApp()).url}/dev/mailbox.json?limit=1000`)
      ).json()) as Mail[];
      return all.filter(({ to, subject }) => to.includes(email) && subject.includes('检查材料'));
    };
    const id = await agreed(asker, agreer);
    await made(tenant, id);
    await made(tenant, id);
    for (const one of [first, second]) {
      const [mail, ...more] = await mailsTo(one);
      expect(more).to.deep.equal([]);
      expect(mail?.subject).to.equal('县委社会工作部 所需检查材料可以下载');
      expect(mail?.text).to.include('社检〔2026〕3号').and.to.include(`/inspections/${id}`);
      // Of whom it holds what, a mail says nothing.
      expect(mail?.text).to.not.include('志愿者').and.to.not.include('江岸');
    }
    const next = await agreed(asker, agreer);
    await inTenant(tenant.id, () => inspections.giveUp(next));
    await inTenant(tenant.id, () => inspections.giveUp(next));
    for (const one of [first, second]) {
      const failed = (await mailsTo(one)).filter(({ subject }) => subject.endsWith('未能生成'));
      expect(failed).to.have.length(1);
      expect(failed[0]?.text).to.include(`/inspections/${next}`).and.to.include('请重新提议');
    }
  });

  it('is made when two agreed, proves itself, and is gone when its time is over', async () => {
    const { tenant, volunteer, kept, reversed, first, second, asker, agreer } = await scene();
    const proposed = await asker.post('/inspections', WISH);
    expect(proposed.status, proposed.text).to.equal(201);
    const { id: proposalId, title } = proposed.json<{ id: string; title: string }>();
    expect(title).to.include('社检〔2026〕3号').and.include('县委社会工作部');
    expect(codeOf(await asker.post('/inspections', WISH))).to.equal('proposed-already');
    expect(codeOf(await asker.post(`/proposals/${proposalId}/confirmation`))).to.equal(
      'proposed-by-yourself',
    );
    expect((await asker.get('/inspections')).json<{ data: unknown[] }>().data).to.deep.equal([]);
    expect((await agreer.post(`/proposals/${proposalId}/confirmation`)).status).to.equal(200);
    const id = (await asker.get('/inspections')).json<{ data: Export[] }>().data[0]?.id ?? '';
    expect((await take(asker, id)).status).to.equal(409);
    // Only one is made at a time.
    const third = await (await createMember(tenant, { roles: ['auditor'] })).api();
    expect(codeOf(await byTwo(agreer, third, '/inspections', WISH))).to.equal('inspection-running');
    await made(tenant, id);
    const done = (await asker.get(`/inspections/${id}`)).json<Export>();
    expect(done).to.include({ state: 'ready', mayTake: true, taken: 0 });
    expect(done.sums).to.include({
      people: 2,
      records: 2,
      postedMinutes: 121,
      reversedMinutes: 121,
      claims: 1,
      certificates: 1,
      entries: 6,
    });
    expect(done.rows['two-persons']).to.be.greaterThan(1);

    const { status, bytes } = await take(agreer, id);
    expect(status).to.equal(200);
    expect(bytes.length).to.equal(done.bytes);
    expect(verifyInspection(bytes, await trusted())).to.deep.include({ valid: true });
    const files = unzipSync(bytes);
    const table = (name: string) => readCsvLines(Buffer.from(files[`${name}.csv`] ?? []).toString('utf8'));
    const person = table('people').find((row) => row['person'] === volunteer.personId);
    expect(person).to.include({ name: '=志愿者', phone: '13800000001' });
    expect(JSON.stringify(table('people'))).to.not.include('从未服务');
    expect(Buffer.from(files['people.csv'] ?? []).toString()).to.include("'=志愿者");
    const record = table('records').find((row) => row['record'] === kept);
    expect(record).to.include({
      activity: '+江岸\n清洁',
      minutes: '121',
      state: 'posted',
      approvedBy: '组织者甲',
      late: 'no',
    });
    expect(table('records').find((row) => row['record'] === reversed)).to.include({ state: 'reversed' });
    expect(
      table('steps')
        .filter((row) => row['record'] === reversed)
        .map((row) => row['to']),
    ).to.include('reversed');
    expect(table('certificates')).to.have.length(1);
    expect(table('claims')[0]).to.include({ record: kept, state: 'claimed', text: '没去' });
    const summary = Buffer.from(files['summary.html'] ?? []).toString();
    expect(summary)
      .to.include('社检〔2026〕3号')
      .and.include('甲提议')
      .and.include('乙确认')
      .and.not.include('志愿者</');
    const { statement } = JSON.parse(Buffer.from(files['manifest.json'] ?? []).toString()) as {
      statement: InspectionStatement;
    };
    expect(statement.demand).to.deep.equal({
      authority: WISH.authority,
      reference: WISH.reference,
      reason: WISH.reason,
    });
    expect([statement.askedBy.name, statement.agreedBy.name]).to.deep.equal([first.name, second.name]);

    // Whoever may see that it exists may not take it.
    expect((await third.get(`/inspections/${id}`)).json<Export>().mayTake).to.equal(false);
    expect((await take(third, id)).status).to.equal(403);
    expect(await trailOf(tenant)).to.deep.equal([
      'inspections/begin',
      'inspections/finish',
      'inspections/export',
    ]);
    for (const [language, word] of [
      ['zh-CN', '检查材料'],
      ['en', 'Material for authorities'],
    ])
      for (const path of ['/inspections', `/inspections/${id}`])
        expect((await (await second.page()).get(`${path}?lang=${language}`)).text, path)
          .to.include(word)
          .and.include('社检〔2026〕3号');

    await atOffset(15 * DAY, async () => {
      const { sweep } = await testApp();
      const again = await second.api();
      expect((await take(again, id)).status).to.equal(409);
      await sweep('inspections/expire');
      await sweep('inspections/expire');
      expect((await again.get(`/inspections/${id}`)).json<Export>().state).to.equal('expired');
    });
    expect(await inTenant(tenant.id, () => InspectionPieceModel.countDocuments({}))).to.equal(0);
    expect((await trailOf(tenant)).at(-1)).to.equal('inspections/expire');
    expect(await broken.found()).to.deep.equal([]);
  });

  it('names what was changed in it, whatever it was', async () => {
    const { tenant, asker, agreer } = await scene();
    const id = await agreed(asker, agreer);
    await made(tenant, id);
    const { bytes } = await take(asker, id);
    const files = unzipSync(bytes);
    const keys = await trusted();
    const faultOf = (changed: Record<string, Uint8Array>): string => {
      const verdict = verifyInspection(zipSync(changed), keys);
      return verdict.valid ? 'valid' : `${verdict.reason} ${verdict.where}`;
    };
    expect(faultOf(files)).to.equal('valid');
    for (const name of Object.keys(files)) {
      const content = Buffer.from(files[name] ?? []);
      content[content.length - 4] = (content[content.length - 4] ?? 0) ^ 1;
      const fault = faultOf({ ...files, [name]: content });
      expect(fault, name).to.match(name === 'manifest.json' ? /signature|canonical|signed/ : /^file-changed/);
    }
    const { 'held.csv': _held, ...fewer } = files;
    expect(faultOf(fewer)).to.equal('file-missing held.csv');
    expect(faultOf({ ...files, 'more.csv': Buffer.from('x') })).to.equal('file-added more.csv');
    const stranger = loadOrCreateSigningKeys(`/tmp/inspection-keys-${process.pid}`);
    const verdict = verifyInspection(bytes, stranger.trusted);
    expect(verdict).to.deep.include({ valid: false, reason: 'unknown-key' });
  });

  it('goes on where a killed worker stopped, and two workers at once make one', async () => {
    const { tenant, asker, agreer } = await scene();
    const people: Member[] = [];
    for (let n = 0; n < 60; n += 1) people.push(await createMember(tenant));
    for (const [at, one] of people.slice(50, 54).entries())
      await createServed(tenant, one, { hoursAgo: 100 + at * 3 });
    const id = await agreed(asker, agreer);
    const { inspections } = (await testApp()).composed.services;
    // A turn of no time at all is one step.
    await inTenant(tenant.id, () => inspections.workFor(id, 0.000_1));
    const half = (await asker.get(`/inspections/${id}`)).json<Export>();
    expect(half.state).to.equal('running');
    expect(half.done).to.be.within(1, half.total - 1);
    const turns = await Promise.allSettled([made(tenant, id), made(tenant, id), made(tenant, id)]);
    expect(turns.some(({ status }) => status === 'fulfilled')).to.equal(true);
    await made(tenant, id);
    const done = (await asker.get(`/inspections/${id}`)).json<Export>();
    expect(done).to.include({ state: 'ready', done: done.total });
    expect(done.sums['records']).to.equal(6);
    const row = await inTenant(tenant.id, () => InspectionModel.findById(id).lean());
    expect(row?.history.map(({ to }) => to)).to.deep.equal(['running', 'ready']);
    const stored = await inTenant(tenant.id, () => InspectionPieceModel.distinct('file', {}));
    expect(stored).to.deep.equal([row?.archive?.file]);
    expect(verifyInspection((await take(asker, id)).bytes, await trusted())).to.deep.include({ valid: true });
    expect(await broken.found()).to.deep.equal([]);
  });

  it('is nobody’s who has part of the organisation, or another one, and is asked for in full', async () => {
    const { tenant, asker, agreer } = await scene();
    const id = await agreed(asker, agreer);
    const team = await createUnit(tenant);
    const partial = await (await createMember(tenant, { roles: ['auditor'], unitId: team })).api();
    for (const answer of [
      await partial.get('/inspections'),
      await partial.get(`/inspections/${id}`),
      await partial.post('/inspections', WISH),
    ])
      expect(codeOf(answer)).to.equal('inspection-needs-whole');
    const elsewhere = await (await createMember(await createTenant(), { roles: ['auditor'] })).api();
    for (const path of [`/inspections/${id}`, '/inspections/65f000000000000000000001'])
      expect((await elsewhere.get(path)).status).to.equal(404);
    const desk = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    expect((await desk.post('/inspections', WISH)).status).to.equal(403);
    const faults = async (wish: object): Promise<unknown> =>
      (await asker.post('/inspections', wish)).json<{ errors: { path: string; code: string }[] }>().errors;
    expect(await faults({ ...WISH, from: WISH.to, to: WISH.from })).to.deep.equal([
      { path: 'to', code: 'period-reversed' },
    ]);
    expect(await faults({ ...WISH, from: '2015-01-01' })).to.deep.equal([
      { path: 'to', code: 'period-too-long' },
    ]);
    expect(await faults({ ...WISH, authority: ' ', reference: '' })).to.have.length(2);
    await made(tenant, id);
  });
});
