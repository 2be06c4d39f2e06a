import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { Types } from 'mongoose';
import { readCsvLines } from '../../../server/core/csv.ts';
import { AuditModel } from '../../../server/db/audit.ts';
import { up as noteOlder } from '../../../server/db/migrations/20261127-0500-external-records.ts';
import { ExternalRecordModel } from '../../../server/features/external-records/external-record.model.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { createServed } from '../../factories/hours.ts';
import { createMember, createTenant, createUnit, inTenant } from '../../factories/people.ts';
import { byTwo } from '../../factories/proposals.ts';
import type { Answer, ApiAgent } from '../../support/agent.ts';
import { testApp } from '../../support/app.ts';
import { watchViolations } from '../../support/violations.ts';

const DAY = 86_400_000;
const dayOf = (at: number): string => new Date(at + 8 * 3_600_000).toISOString().slice(0, 10);

interface Row {
  readonly hoursId: string;
  readonly state: string;
  readonly externalId: string | null;
  readonly reason: string;
}
interface Page {
  readonly data: Row[];
  readonly nextCursor: string | null;
  readonly counts: Record<string, number>;
}
interface Outcome {
  readonly read: number;
  readonly confirmed: number;
  readonly failed: number;
  readonly withdrawn: number;
  readonly unchanged: number;
  readonly rejected: number;
  readonly faults: { line: number; record: string; code: string }[];
}

describe('entry in the national system', function () {
  this.timeout(180_000);
  const broken = watchViolations(/^(external-records|proposals|hours)\//);
  before(() => broken.note());
  const codeOf = (answer: Answer): unknown => answer.json()['code'];
  const confirmed = async (desk: ApiAgent, ...ids: string[]): Promise<void> => {
    for (const id of ids) expect((await desk.post(`/hours/${id}/approve`)).status).to.equal(200);
  };
  const listed = async (agent: ApiAgent, query = ''): Promise<Page> =>
    (await agent.get(`/external-records${query}`)).json<Page>();
  async function send(agent: ApiAgent, path: string, body: string | FormData, type?: string) {
    const { url } = await testApp();
    const answer = await fetch(`${url}/api/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${agent.token}`, ...(type ? { 'content-type': type } : {}) },
      body,
    });
    return { status: answer.status, text: await answer.text() };
  }
  async function bring(agent: ApiAgent, lines: readonly string[]): Promise<Outcome> {
    const body = new FormData();
    body.append(
      'file',
      new Blob([['record,externalId,refusedBecause', ...lines].join('\r\n')]),
      'answer.csv',
    );
    const { status, text } = await send(agent, '/external-records/answers', body);
    expect(status, text).to.equal(200);
    return JSON.parse(text) as Outcome;
  }
  async function exported(first: ApiAgent, second: ApiAgent, tenant: Tenant) {
    const wish = {
      from: dayOf(Date.now() - 30 * DAY),
      to: dayOf(Date.now()),
      unitId: tenant.rootUnitId,
      reason: '录入',
    };
    const proposed = await first.post('/external-records/exports', wish);
    expect(proposed.status, proposed.text).to.equal(201);
    const { id } = proposed.json<{ id: string }>();
    expect((await second.post(`/proposals/${id}/confirmation`)).status).to.equal(200);
    const { status, text } = await send(first, `/proposals/${id}/files`, '{}', 'application/json');
    expect(status, text).to.equal(200);
    return readCsvLines(text);
  }
  async function scene() {
    const tenant = await createTenant();
    const volunteer = await createMember(tenant, { person: { name: '=苏晓' } });
    const desk = await (await createMember(tenant, { roles: ['coordinator', 'reviewer'] })).api();
    const ids = [];
    for (const hoursAgo of [200, 100, 50])
      ids.push(await createServed(tenant, volunteer, { hoursAgo, title: `江岸${hoursAgo}` }));
    await confirmed(desk, ...ids);
    const first = await (await createMember(tenant, { roles: ['officer'] })).api();
    const second = await (await createMember(tenant, { roles: ['officer'] })).api();
    return { tenant, volunteer, desk, first, second, ids: ids as [string, string, string] };
  }

  it('is wanted of what is posted, oldest first, and of nothing else', async () => {
    const { tenant, volunteer, desk, first, ids } = await scene();
    await createServed(tenant, volunteer, { hoursAgo: 20 });
    const all = await listed(first);
    expect(all.data.map(({ hoursId, state }) => [hoursId, state])).to.deep.equal(
      ids.map((id) => [id, 'waiting']),
    );
    expect(all.counts).to.deep.equal({ waiting: 3, failed: 0, to_withdraw: 0, exported: 0 });
    const one = await listed(first, '?limit=1');
    expect(
      (await listed(first, `?limit=5&cursor=${one.nextCursor}`)).data.map(({ hoursId }) => hoursId),
    ).to.deep.equal(ids.slice(1));
    expect((await listed(first, `?from=${dayOf(Date.now() - 5 * DAY)}`)).data).to.have.length(2);
    const team = await createUnit(tenant);
    expect((await listed(first, `?unitId=${team}`)).data).to.deep.equal([]);
    const partial = await (await createMember(tenant, { roles: ['coordinator'], unitId: team })).api();
    expect((await listed(partial)).data).to.deep.equal([]);
    const elsewhere = await (await createMember(await createTenant(), { roles: ['officer'] })).api();
    expect((await listed(elsewhere)).data).to.deep.equal([]);
    // What is taken back before it was entered is not wanted any more.
    expect((await byTwo(tenant, desk, `/hours/${ids[0]}/reversal`, { reason: '录错了' })).status).to.equal(
      200,
    );
    expect((await listed(first)).data).to.have.length(2);
    expect((await listed(first, '?state=dropped')).data.map(({ hoursId }) => hoursId)).to.deep.equal([
      ids[0],
    ]);
    expect(await broken.found()).to.deep.equal([]);
  });

  it('goes out in a file that two agreed to, and comes back row by row', async () => {
    const { tenant, volunteer, desk, first, second, ids } = await scene();
    const rows = await exported(first, second, tenant);
    expect(
      rows.map((row) => [row['record'], row['action'], row['name'], row['minutes'], row['activity']]),
    ).to.deep.equal(ids.map((id, at) => [id, 'enter', '=苏晓', '121', `江岸${[200, 100, 50][at]}`]));
    expect((await listed(first, '?state=exported')).data).to.have.length(3);
    const again = await first.post('/external-records/exports', {
      from: '2024-01-01',
      to: dayOf(Date.now()),
      unitId: tenant.rootUnitId,
      reason: 'x',
    });
    expect(again.json<{ errors: object[] }>().errors).to.deep.equal([
      { path: 'from', code: 'nothing-to-enter' },
    ]);
    const stranger = '65f000000000000000000001';
    const outcome = await bring(first, [
      `${ids[0]},N-1,`,
      `${ids[1]},,身份信息不符`,
      `${ids[2]},N-1,`,
      `${ids[0]},N-2,`,
      `${stranger},N-9,`,
      `'=1+1,N-9,`,
      `${ids[2]},,`,
    ]);
    expect(outcome).to.deep.equal({
      read: 7,
      confirmed: 1,
      failed: 1,
      withdrawn: 0,
      unchanged: 0,
      rejected: 5,
      faults: [
        { line: 4, record: ids[2], code: 'external-id-taken' },
        { line: 5, record: ids[0], code: 'record-twice' },
        { line: 6, record: stranger, code: 'record-unknown' },
        { line: 7, record: '=1+1', code: 'record-unknown' },
        { line: 8, record: ids[2], code: 'record-twice' },
      ],
    });
    expect(await bring(first, [`${ids[0]},N-1,`])).to.include({ unchanged: 1, confirmed: 0, rejected: 0 });
    expect(await bring(first, [`${ids[0]},N-7,`])).to.include({ rejected: 1 });
    const [failed] = (await listed(first, '?state=failed')).data;
    expect(failed).to.include({ hoursId: ids[1], reason: '身份信息不符', externalId: null });
    // What was refused goes out again; what was entered and taken back here has to be taken back there.
    expect((await byTwo(tenant, desk, `/hours/${ids[0]}/reversal`, { reason: '录错了' })).status).to.equal(
      200,
    );
    const next = await exported(first, second, tenant);
    expect(next.map((row) => [row['record'], row['action'], row['externalId']])).to.deep.equal([
      [ids[0], 'withdraw', 'N-1'],
      [ids[1], 'enter', ''],
    ]);
    const { status, text } = await send(
      first,
      '/external-records/answers',
      (() => {
        const body = new FormData();
        const csv = `record,action,externalId,refusedBecause\r\n${ids[0]},withdraw,N-1,\r\n${ids[1]},enter,N-2,\r\n`;
        body.append('file', new Blob([csv]), 'answer.csv');
        return body;
      })(),
    );
    expect(status, text).to.equal(200);
    expect(JSON.parse(text)).to.include({ withdrawn: 1, confirmed: 1, rejected: 0 });
    const stored = await inTenant(tenant.id, () => ExternalRecordModel.find({}).sort({ date: 1 }).lean());
    expect(stored.map((row) => row.history.map(({ to }) => to))).to.deep.equal([
      ['waiting', 'exported', 'confirmed', 'to_withdraw', 'withdrawn'],
      ['waiting', 'exported', 'failed', 'exported', 'confirmed'],
      ['waiting', 'exported'],
    ]);
    const trail = await inTenant(tenant.id, () =>
      AuditModel.countDocuments({ action: 'external-records/take' }),
    );
    expect(trail).to.equal(2);
    expect(volunteer.name).to.equal('=苏晓');
    expect(await broken.found()).to.deep.equal([]);
  });

  it('is wanted of what was posted before it was noted, too', async () => {
    const { tenant } = await scene();
    const stored = async () =>
      (await inTenant(tenant.id, () => ExternalRecordModel.find({}).sort({ date: 1 }).lean())).map(
        ({ _id: _row, createdAt: _at, history, ...row }) => ({ ...row, steps: history.map(({ to }) => to) }),
      );
    const before = await stored();
    const [first] = await inTenant(tenant.id, () => ExternalRecordModel.find({}).lean());
    expect(first?.history[0]?.accountId).to.be.instanceOf(Types.ObjectId);
    await inTenant(tenant.id, () => ExternalRecordModel.deleteMany({}));
    const { migrateUri } = await testApp();
    const client = await new MongoClient(migrateUri).connect();
    for (const _again of [1, 2]) await noteOlder(client.db());
    await client.close();
    expect(await stored()).to.deep.equal(before);
    expect(await broken.found()).to.deep.equal([]);
  });

  it('is refused in words for files that are none, and by who has not the right', async () => {
    const { tenant, first } = await scene();
    const fault = async (content: string): Promise<unknown> => {
      const body = new FormData();
      body.append('file', new Blob([content]), 'answer.csv');
      const { text } = await send(first, '/external-records/answers', body);
      return (JSON.parse(text) as { errors?: { code: string }[] }).errors?.[0]?.code;
    };
    expect(await fault('a,b\r\n1,2\r\n')).to.equal('answer-columns');
    expect(await fault('record,externalId,refusedBecause\r\n')).to.equal('answer-empty');
    expect(await fault('record,externalId,refusedBecause\r\n"x')).to.equal('answer-unreadable');
    expect(await fault(`record,externalId,refusedBecause\r\n${'x,y,\r\n'.repeat(5_001)}`)).to.equal(
      'answer-too-long',
    );
    const auditor = await createMember(tenant, { roles: ['auditor'] });
    const api = await auditor.api();
    expect((await listed(api)).data).to.have.length(3);
    expect(codeOf(await api.post('/external-records/exports', {}))).to.equal('not-permitted');
    const page = await auditor.page();
    for (const [language, word] of [
      ['zh-CN', '全国系统录入'],
      ['en', 'Entry in the national system'],
    ])
      expect((await page.get(`/external-records?lang=${language}`)).text).to.include(word);
    const desk = await (await createMember(tenant, { roles: ['officer'] })).page();
    const refused = await desk.post('/external-records/exports', {
      from: '',
      to: '',
      unitId: tenant.rootUnitId,
      reason: '',
    });
    expect(refused.status).to.equal(422);
    expect(refused.text).to.include('id="f-from-error"');
  });
});
