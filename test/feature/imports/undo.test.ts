import { expect } from 'chai';
import { createMember, createTenant, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import type { ApiAgent } from '../../support/agent.ts';
import { testApp } from '../../support/app.ts';
import { Unavailable } from '../../../server/core/errors.ts';
import { AuditModel } from '../../../server/db/audit.ts';
import { RequestModel } from '../../../server/features/requests/request.model.ts';
import type { RequestRow } from '../../../server/features/requests/request.model.ts';
import { PositionModel, ShiftModel } from '../../../server/features/shifts/shift.model.ts';
import { bring } from './bring.ts';
import { nycFile, nycRow } from './samples.ts';

const from = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10);
const match = (version: number): Record<string, string> => ({ 'if-match': `"v${version}"` });

interface Shown {
  state: string;
  version: number;
  undo: { total: number; removed: number; restored: number; left: number } | null;
}

async function place(): Promise<{ tenantId: string; member: Member; api: ApiAgent }> {
  const tenant = await createTenant();
  const member = await createMember(tenant, { roles: ['coordinator'] });
  return { tenantId: tenant.id, member, api: await member.api() };
}
const show = async (api: ApiAgent, id: string): Promise<Shown> =>
  (await api.get(`/imports/${id}`)).json<Shown>();

async function applied(member: Member, file: string): Promise<string> {
  const api = await member.api();
  const { id, version } = await bring(member, file, { from });
  expect((await api.post(`/imports/${id}/start`, {}, match(version))).status).to.equal(202);
  await (await testApp()).sweep('imports/apply');
  return id;
}
async function undo(api: ApiAgent, id: string): Promise<Shown> {
  const answer = await api.post(`/imports/${id}/undo`, {}, match((await show(api, id)).version));
  expect(answer.status, answer.text).to.equal(202);
  await (await testApp()).sweep('imports/undo');
  return show(api, id);
}
const all = (tenantId: string): Promise<object[]> =>
  inTenant(tenantId, async () => {
    // Versions and histories tell what happened; what is there is the rest.
    const plain = (rows: object[]): object[] =>
      rows.map((row) => ({ ...row, version: 0, history: [] as never[] }));
    return [
      ...plain(await RequestModel.find({}).sort({ _id: 1 }).lean()),
      ...plain(await ShiftModel.find({}).sort({ _id: 1 }).lean()),
      ...plain(await PositionModel.find({}).sort({ _id: 1 }).lean()),
    ];
  });
const requestOf = (tenantId: string, sourceId: string): Promise<RequestRow> =>
  inTenant(
    tenantId,
    async () => (await RequestModel.findOne({ 'source.id': sourceId }).lean()) as RequestRow,
  );

describe('POST /imports/:id/undo', function () {
  this.timeout(180_000);
  it('takes back what was made and restores what was changed, import after import', async () => {
    const { tenantId, member, api } = await place();
    const list = Array.from({ length: 60 }, () => nycRow());
    const first = await applied(member, nycFile(list));
    const before = await all(tenantId);
    const changed = list.map((row, at) =>
      at < 3 ? { ...row, title: `Other ${at}`, vol_requests: '8' } : row,
    );
    const second = await applied(member, nycFile([...changed, nycRow(), nycRow()]));
    expect(await all(tenantId)).to.have.length(before.length + 6);
    // What a later import has changed is not the earlier one's to take back.
    const early = await undo(api, first);
    expect(early.undo).to.deep.equal({ total: 60, removed: 57, restored: 0, left: 3 });
    const left = (await api.get(`/imports/${first}/rows?show=left`)).json<{
      data: { line: number; undo: { reason: string } }[];
    }>().data;
    expect(left.map(({ undo: one }) => one.reason)).to.deep.equal(Array(3).fill('later-import'));
    const late = await undo(api, second);
    expect(late).to.deep.include({
      state: 'undone',
      undo: { total: 5, removed: 2, restored: 3, left: 0 },
    });
    const standing = new Set(list.slice(0, 3).map((row) => row.opportunity_id));
    const rest = (await all(tenantId)) as Partial<RequestRow>[];
    expect(rest.filter(({ source }) => source).map(({ source }) => source?.id)).to.have.members([
      ...standing,
    ]);
    expect(rest).to.deep.equal(
      before.filter((row) => rest.some((one) => String(one._id) === String((row as RequestRow)._id))),
    );
    // Nothing is in the way any more: once more takes the rest.
    expect((await undo(api, first)).undo).to.deep.equal({ total: 60, removed: 60, restored: 0, left: 0 });
    expect(await all(tenantId)).to.deep.equal([]);
    expect(
      await inTenant(tenantId, async () => AuditModel.countDocuments({ action: 'requests/take-back' })),
    ).to.equal(62);
    const again = await api.post(`/imports/${first}/undo`, {}, match((await show(api, first)).version));
    expect(again.status, 'nothing is left').to.equal(409);
    // The file may be brought again as if it never had been.
    await applied(member, nycFile(list));
    expect(await all(tenantId)).to.have.length(before.length);
  });

  it('leaves what people have touched, and names it with the reason, before and after', async () => {
    const { tenantId, member, api } = await place();
    const list = Array.from({ length: 6 }, () => nycRow());
    const id = await applied(member, nycFile(list));
    const at = (index: number): Promise<RequestRow> => requestOf(tenantId, list[index]?.opportunity_id ?? '');
    const edited = await at(0);
    const patched = await api.patch(
      `/requests/${String(edited._id)}`,
      { title: 'By hand' },
      match(edited.version),
    );
    expect(patched.status, patched.text).to.equal(200);
    const shiftOf = (request: RequestRow) =>
      inTenant(tenantId, async () => (await ShiftModel.findOne({ requestId: request._id }).lean())!);
    const published = await shiftOf(await at(1));
    await inTenant(tenantId, async () =>
      ShiftModel.updateOne({ _id: published._id }, { $set: { state: 'published' } }),
    );
    const signed = await shiftOf(await at(2));
    await inTenant(tenantId, async () =>
      PositionModel.updateOne({ shiftId: signed._id }, { $set: { taken: 1 } }),
    );
    const moved = await shiftOf(await at(3));
    await inTenant(tenantId, async () =>
      ShiftModel.updateOne({ _id: moved._id }, { $set: { leaderName: 'Somebody' } }),
    );
    const more = await api.post(`/requests/${String((await at(4))._id)}/shifts`, {
      date: from,
      startTime: '18:00',
      endTime: '19:00',
    });
    expect(more.status, more.text).to.equal(201);
    const page = await member.page();
    const sure = await page.get(`/imports/${id}/undo?lang=en`);
    expect(sure.status).to.equal(200);
    for (const words of [
      'somebody has edited it',
      'its shift was published',
      'people have signed up',
      'By hand',
    ])
      expect(sure.text).to.include(words);
    const version = /name="_version" value="(\d+)"/.exec(sure.text)?.[1] ?? '';
    expect((await page.post(`/imports/${id}/undo`, { _version: version })).status).to.equal(303);
    expect((await page.get(`/imports/${id}`)).text).to.include('hx-trigger="every 2s"');
    await (await testApp()).sweep('imports/undo');
    expect((await show(api, id)).undo).to.deep.equal({ total: 6, removed: 1, restored: 0, left: 5 });
    const left = (await api.get(`/imports/${id}/rows?show=left`)).json<{
      data: { undo: { reason: string } }[];
    }>();
    expect(left.data.map(({ undo: one }) => one.reason)).to.deep.equal([
      'edited',
      'published',
      'people',
      'shift-edited',
      'more-shifts',
    ]);
    expect((await page.get(`/imports/${id}?lang=en`)).text).to.include('This import was undone');
  });

  it('goes on where it was killed, and two workers at once count nothing twice', async () => {
    const { tenantId, member, api } = await place();
    const id = await applied(member, nycFile(Array.from({ length: 130 }, () => nycRow())));
    await api.post(`/imports/${id}/undo`, {}, match((await show(api, id)).version));
    const { imports } = (await testApp()).composed.services;
    await inTenant(tenantId, async () => {
      await imports.undoNext(id);
      expect(await RequestModel.countDocuments({})).to.equal(105);
      // Rivals on a slow machine are told to come back later, as a sweep does.
      const patient = async (): Promise<void> => {
        await imports.undoFor(id, 60_000).catch((err: unknown) => {
          if (!(err instanceof Unavailable)) throw err;
          return patient();
        });
      };
      await Promise.all([patient(), patient()]);
    });
    expect(await show(api, id)).to.deep.include({
      state: 'undone',
      undo: { total: 130, removed: 130, restored: 0, left: 0 },
    });
    expect(await all(tenantId)).to.deep.equal([]);
  });

  it('is not for an import that is only checked, nor for who may only look, nor for an old version', async () => {
    const tenant = await createTenant();
    const member = await createMember(tenant, { roles: ['coordinator'] });
    const auditor = await (await createMember(tenant, { roles: ['auditor'] })).api();
    const api = await member.api();
    const made = await bring(member, nycFile([nycRow()]));
    expect((await api.post(`/imports/${made.id}/undo`, {}, match(made.version))).status).to.equal(409);
    const nothing = (await api.get(`/imports/${made.id}/undo`)).json();
    expect(nothing).to.deep.equal({ removed: 0, restored: 0, left: [], beyond: 0 });
    const id = await applied(member, nycFile([nycRow()]));
    expect((await auditor.post(`/imports/${id}/undo`, {}, match(1))).status).to.equal(403);
    expect((await api.post(`/imports/${id}/undo`, {}, match(1))).status).to.equal(412);
    expect((await api.post(`/imports/${id}/undo`)).status).to.equal(428);
  });
});
