import { expect } from 'chai';
import { parse } from 'csv-parse/sync';
import { createMember, createTenant, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { testApp } from '../../support/app.ts';
import type { ApiAgent, Answer } from '../../support/agent.ts';
import { ImportLineModel } from '../../../server/features/imports/import.model.ts';
import { RequestModel } from '../../../server/features/requests/request.model.ts';
import { bring } from './bring.ts';
import type { Made } from './bring.ts';
import { nycFile, nycRow } from './samples.ts';

interface Row {
  line: number;
  version: number;
  expected: string;
  outcome: string;
  title: string;
  people: number | null;
  problems: { field: string; code: string; value: string }[];
  changes: { field: string; before: string; after: string }[];
  fixes: Record<string, string>;
  original: Record<string, string>;
}

const match = (version: number): Record<string, string> => ({ 'if-match': `"v${version}"` });
const show = async (api: ApiAgent, id: string): Promise<Made> =>
  (await api.get(`/imports/${id}`)).json<Made>();
const rows = async (api: ApiAgent, id: string, query = ''): Promise<Row[]> => {
  const answer = await api.get(`/imports/${id}/rows${query}`);
  expect(answer.status, answer.text).to.equal(200);
  return answer.json<{ data: Row[] }>().data;
};
const row = async (api: ApiAgent, id: string, line: number): Promise<Row> =>
  (await api.get(`/imports/${id}/rows/${line}`)).json<Row>();

async function apply(api: ApiAgent, id: string): Promise<void> {
  const { version } = await show(api, id);
  const started = await api.post(`/imports/${id}/start`, {}, match(version));
  expect(started.status, started.text).to.equal(202);
  await (await testApp()).sweep('imports/apply');
}

const coordinatorOf = async (): Promise<{ member: Member; api: ApiAgent; tenantId: string }> => {
  const tenant = await createTenant();
  const member = await createMember(tenant, { roles: ['coordinator'] });
  return { member, api: await member.api(), tenantId: tenant.id };
};

describe('what a file would change', function () {
  this.timeout(60_000);
  it('is shown row by row, before and after, and nothing is written', async () => {
    const { member, api, tenantId } = await coordinatorOf();
    const [same, other, more] = [nycRow(), nycRow({ vol_requests: '3' }), nycRow()];
    const from = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10);
    await apply(api, (await bring(member, nycFile([same, other]), { from })).id);
    const changed = { ...other, title: 'Cook together', vol_requests: '9' };
    const made = await bring(member, nycFile([same, changed, more, nycRow({ title: '' })]), { from });
    expect(made.counts).to.include({ read: 4, created: 1, updated: 1, unchanged: 1, rejected: 1 });
    const [updated] = await rows(api, made.id, '?show=updated');
    expect(updated?.changes).to.deep.equal([
      { field: 'title', before: other.title, after: 'Cook together' },
      { field: 'people', before: '3', after: '9' },
    ]);
    expect((await rows(api, made.id, '?show=rejected')).map(({ line }) => line)).to.deep.equal([5]);
    expect((await rows(api, made.id, '?show=unchanged')).map(({ line }) => line)).to.deep.equal([2]);
    expect((await rows(api, made.id, '?fault=title.required')).map(({ line }) => line)).to.deep.equal([5]);
    expect(await rows(api, made.id, '?show=assumed&fault=startTime.assumed')).to.have.length(3);
    expect((await api.get(`/imports/${made.id}/rows?show=nonsense`)).status).to.equal(422);
    const first = await api.get(`/imports/${made.id}/rows?limit=3`);
    const { nextCursor } = first.json<{ nextCursor: string }>();
    expect((await rows(api, made.id, `?limit=3&cursor=${nextCursor}`)).map(({ line }) => line)).to.deep.equal(
      [5],
    );
    await inTenant(tenantId, async () => {
      expect(await RequestModel.countDocuments({})).to.equal(2);
      expect(await RequestModel.countDocuments({ title: 'Cook together' })).to.equal(0);
    });
    const page = await (await member.page()).get(`/imports/${made.id}/rows?show=updated&lang=en`);
    expect(page.status, page.text).to.equal(200);
    expect(page.text).to.include(`<del>${other.title}</del>`).and.to.include('<ins>Cook together</ins>');
  });

  it('comes as a table that no spreadsheet runs', async () => {
    const { member, api } = await coordinatorOf();
    const evil = nycRow({ title: '+1 +1', org_title: '@sum' });
    const made = await bring(member, nycFile([nycRow(), evil, nycRow({ title: '' })]));
    const answer = await api.get(`/imports/${made.id}/report.csv?show=all&lang=en`);
    const records = parse<Record<string, string>>(answer.text, { bom: true, columns: true });
    expect(records.map((record) => record['Outcome'])).to.deep.equal(['New', 'New', 'Rejected']);
    for (const record of records)
      for (const cell of Object.values(record)) expect(cell).not.to.match(/^[=+\-@\t\r\0＝＋－＠]/);
  });
});

describe('a row that is mended on the page', () => {
  it('is judged at once, keeps its cell, and is told beside the field what is still wrong', async () => {
    const { member, api } = await coordinatorOf();
    const made = await bring(member, nycFile([nycRow(), nycRow({ vol_requests: 'as many as come' })]));
    const before = await row(api, made.id, 3);
    const at = `/imports/${made.id}/rows/3/fixes`;
    const wrong = await api.post(at, { fixes: { people: 'some' } }, match(before.version));
    expect(wrong.status).to.equal(422);
    expect(wrong.text).to.include('fixes.people').and.to.include('not-a-number');
    expect((await api.post(at, { fixes: { people: '4' } })).status, 'without a version').to.equal(428);
    const fixed = await api.post(at, { fixes: { people: '4' } }, match(before.version));
    expect(fixed.status, fixed.text).to.equal(200);
    expect(fixed.json<Row>()).to.deep.include({ expected: 'created', people: 4, fixes: { people: '4' } });
    expect(fixed.json<Row>().original['vol_requests']).to.equal('as many as come');
    const stale = await api.post(at, { fixes: { people: '5' } }, match(before.version));
    expect(stale.status, 'two editors').to.equal(412);
    expect((await show(api, made.id)).counts).to.include({ created: 2, rejected: 0 });
    const reset = await api.post(at, { reset: true }, match(fixed.json<Row>().version));
    expect(reset.json<Row>()).to.deep.include({ expected: 'rejected', fixes: {} });
    expect((await show(api, made.id)).counts).to.include({ created: 1, rejected: 1 });
  });

  it('works as a form without scripts: the field with its fault, the list again, the fixed text applied', async () => {
    const { member, api, tenantId } = await coordinatorOf();
    const made = await bring(member, nycFile([nycRow({ title: '' })]));
    const page = await member.page();
    const list = await page.get(`/imports/${made.id}/rows?show=rejected&lang=en`);
    expect(list.text).to.include('id="r2-fixes-title-error"');
    const version = String((await row(api, made.id, 2)).version);
    const form = { _version: version, back: 'show=rejected', fields: ['title'] };
    const at = `/imports/${made.id}/rows/2/fixes`;
    const refused = await page.post(at, { ...form, 'fixes.title': '=cmd|x' });
    expect(refused.status).to.equal(422);
    expect(refused.text).to.include('r2-fixes-title-error').and.to.include('cmd|x');
    const mended: Answer = await page.post(at, { ...form, 'fixes.title': 'Walk the dogs' });
    expect(mended.status, mended.text.slice(0, 500)).to.equal(303);
    expect(mended.location).to.equal(`/imports/${made.id}/rows?show=rejected`);
    expect((await page.post(at, { ...form, 'fixes.title': 'Another' })).status).to.equal(409);
    await apply(api, made.id);
    await inTenant(tenantId, async () => {
      const [request] = await RequestModel.find({}).lean();
      expect(request?.title).to.equal('Walk the dogs');
      expect(request?.source?.original['title']).to.equal('');
    });
  });

  it('can be left out and taken in again, and gives its number to the next row that has it', async () => {
    const { member, api } = await coordinatorOf();
    const one = nycRow();
    const made = await bring(member, nycFile([one, { ...one, title: 'The same again' }]));
    expect((await row(api, made.id, 3)).problems.map(({ code }) => code)).to.include('duplicate-in-file');
    const first = await row(api, made.id, 2);
    const skipped = await api.post(`/imports/${made.id}/rows/2/skip`, { skip: true }, match(first.version));
    expect(skipped.json<Row>().expected).to.equal('skipped');
    expect((await row(api, made.id, 3)).expected).to.equal('created');
    expect(await show(api, made.id)).to.include({ skipped: 1 });
    const again = await api.post(
      `/imports/${made.id}/rows/2/skip`,
      { skip: false },
      match(skipped.json<Row>().version),
    );
    expect(again.json<Row>().expected).to.equal('created');
    expect((await row(api, made.id, 3)).expected).to.equal('rejected');
    expect((await show(api, made.id)).counts).to.include({ created: 1, rejected: 1 });
    const second = await row(api, made.id, 3);
    const fixes = { fixes: { id: 'another-number' } };
    const renamed = await api.post(`/imports/${made.id}/rows/3/fixes`, fixes, match(second.version));
    expect(renamed.json<Row>().expected, renamed.text).to.equal('created');
  });

  it('is mended with all others of the same fault in one go, or left out with them', async () => {
    const { member, api } = await coordinatorOf();
    const many = Array.from({ length: 5 }, () => nycRow({ vol_requests: 'many' }));
    const some = [nycRow({ vol_requests: 'some' }), nycRow({ category_desc: 'Knitting' })];
    const made = await bring(member, nycFile([...many, ...some]));
    const fault = { field: 'people', code: 'not-a-number', value: 'many' };
    const at = `/imports/${made.id}/replacements`;
    const wrong = await api.post(at, { ...fault, to: 'lots' }, match(made.version));
    expect(wrong.status).to.equal(422);
    expect(wrong.text).to.include('"to"');
    const done = await api.post(at, { ...fault, to: '12' }, match(made.version));
    expect(done.status, done.text).to.equal(200);
    expect(done.json()).to.deep.equal({ rows: 5, taken: 5 });
    expect((await api.post(at, { ...fault, to: '12' }, match(made.version))).status).to.equal(412);
    const now = await show(api, made.id);
    expect(now.counts).to.include({ created: 6, rejected: 1 });
    const page = await member.page();
    const shown = await page.get(`/imports/${made.id}/rows?fault=people.not-a-number&lang=en`);
    expect(shown.text).to.include('<q>some</q>').and.not.to.include('<q>many</q>');
    const left = await page.post(at, {
      ...fault,
      value: 'some',
      skip: 'true',
      _version: String(now.version),
      back: 'fault=people.not-a-number',
    });
    expect(left.status, left.text.slice(0, 400)).to.equal(303);
    expect(await show(api, made.id)).to.include({ skipped: 1 });
    const knitting = { field: 'category', code: 'category-unknown', value: 'Knitting', to: 'Education' };
    await api.post(at, knitting, match((await show(api, made.id)).version));
    expect(await rows(api, made.id, '?fault=category.category-unknown')).to.have.length(0);
  });

  it('may be mended after the others were applied, and is applied then', async () => {
    const { member, api, tenantId } = await coordinatorOf();
    const made = await bring(member, nycFile([nycRow(), nycRow({ vol_requests: 'x' })]));
    await apply(api, made.id);
    const applied = await row(api, made.id, 2);
    const refused = await api.post(
      `/imports/${made.id}/rows/2/fixes`,
      { fixes: { title: 'Late' } },
      match(applied.version),
    );
    expect(refused.status, 'what was applied is a request now').to.equal(409);
    const { version } = await row(api, made.id, 3);
    await api.post(`/imports/${made.id}/rows/3/fixes`, { fixes: { people: '2' } }, match(version));
    expect((await show(api, made.id)).counts).to.include({ created: 1, rejected: 0 });
    await apply(api, made.id);
    expect((await show(api, made.id)).counts).to.include({ created: 2, rejected: 0 });
    await inTenant(tenantId, async () => expect(await RequestModel.countDocuments({})).to.equal(2));
  });

  it('keeps what was mended when the columns are read otherwise', async () => {
    const { member, api } = await coordinatorOf();
    const made = await bring(member, nycFile([nycRow({ title: '' }), nycRow()]));
    const { version } = await row(api, made.id, 2);
    await api.post(`/imports/${made.id}/rows/2/fixes`, { fixes: { title: 'Mended' } }, match(version));
    const whole = {
      system: 'other',
      columns: { id: 'opportunity_id', title: 'title', people: 'vol_requests', locality: 'locality' },
      defaults: {},
      dateOrder: 'mdy',
      shiftDates: 'keep',
    };
    const after = await api.post(
      `/imports/${made.id}/mapping`,
      whole,
      match((await show(api, made.id)).version),
    );
    expect(after.status, after.text).to.equal(200);
    expect(await row(api, made.id, 2)).to.deep.include({ title: 'Mended', fixes: { title: 'Mended' } });
  });

  it('is not for who may only look, nor for another tenant', async () => {
    const tenant = await createTenant();
    const member = await createMember(tenant, { roles: ['coordinator'] });
    const auditor = await (await createMember(tenant, { roles: ['auditor'] })).api();
    const foreign = (await coordinatorOf()).api;
    const made = await bring(member, nycFile([nycRow({ title: '' })]));
    expect((await auditor.get(`/imports/${made.id}/rows`)).status).to.equal(200);
    expect((await foreign.get(`/imports/${made.id}/rows`)).status).to.equal(404);
    expect((await foreign.get(`/imports/${made.id}/rows/2`)).status).to.equal(404);
    const body = { fixes: { title: 'x' } };
    const at = `/imports/${made.id}/rows/2/fixes`;
    expect((await auditor.post(at, body, match(1))).status).to.equal(403);
    expect((await foreign.post(at, body, match(1))).status).to.equal(404);
    await inTenant(tenant.id, async () =>
      expect((await ImportLineModel.findOne({ line: 2 }).lean())?.fixes).to.deep.equal({}),
    );
  });
});

describe('a mapping kept under a name', () => {
  const file = 'Was,Wann,Leute\nSuppe kochen,05.06.2031,4\n';
  const mapping = {
    system: 'village',
    columns: { title: 'Was', date: 'Wann', people: 'Leute' },
    defaults: { place: 'Hall', hours: 3 },
    dateOrder: 'dmy',
    shiftDates: 'keep',
  };
  async function kept(
    member: Member,
    api: ApiAgent,
    name = 'Village list',
  ): Promise<Made & { savedId: string }> {
    const made = await bring(member, file.replace('Was', 'title'));
    const whole = { ...mapping, columns: { ...mapping.columns, title: 'title' } };
    const mapped = await api.post(`/imports/${made.id}/mapping`, whole, match(made.version));
    expect(mapped.status, mapped.text).to.equal(200);
    const saved = await api.post(`/imports/${made.id}/saved-mappings`, { name });
    expect(saved.status, saved.text).to.equal(201);
    return { ...(await show(api, made.id)), savedId: saved.json<{ id: string }>().id };
  }

  it('is proposed for the next file like it, and for no other', async () => {
    const { member, api } = await coordinatorOf();
    const { savedId } = await kept(member, api);
    const next = await bring(member, 'title,Wann,Leute,Notiz\nBrot backen,07.06.2031,2,x\n');
    expect(next.saved).to.deep.equal({ id: savedId, name: 'Village list' });
    const [first] = await rows(api, next.id);
    expect(first).to.include({ title: 'Brot backen', people: 2 });
    expect((await bring(member, nycFile([nycRow()]))).saved).to.equal(null);
    const guessed = await bring(member, 'title,Wann,Leute\nObst ernten,08.06.2031,2\n', { saved: 'none' });
    expect(guessed.saved).to.equal(null);
    const used = await api.post(
      `/imports/${guessed.id}/saved-mapping`,
      { saved: savedId },
      match(guessed.version),
    );
    expect(used.status, used.text).to.equal(200);
    expect(used.json<Made>().saved?.id).to.equal(savedId);
  });

  it('is named once, renamed with its version, removed, and of its tenant alone', async () => {
    const { member, api } = await coordinatorOf();
    const { id, savedId } = await kept(member, api);
    const twice = await api.post(`/imports/${id}/saved-mappings`, { name: 'VILLAGE list' });
    expect(twice.status).to.equal(422);
    expect(twice.text).to.include('name-taken');
    const page = await member.page();
    await page.get('/import-mappings');
    const refused = await page.post(`/imports/${id}/saved-mappings`, { name: '' });
    expect(refused.status).to.equal(422);
    expect(refused.text).to.include('s-name-error');
    expect((await api.patch(`/import-mappings/${savedId}`, { name: 'New' })).status).to.equal(428);
    const renamed = await api.patch(`/import-mappings/${savedId}`, { name: 'New' }, match(1));
    expect(renamed.json()).to.include({ name: 'New', version: 2 });
    expect((await api.patch(`/import-mappings/${savedId}`, { name: 'x' }, match(1))).status).to.equal(412);
    expect((await page.get('/import-mappings')).text).to.include('New');
    const foreign = (await coordinatorOf()).api;
    expect((await foreign.get('/import-mappings')).json()).to.deep.equal({ data: [], nextCursor: null });
    expect((await foreign.post(`/import-mappings/${savedId}/removal`)).status).to.equal(404);
    expect((await api.post(`/import-mappings/${savedId}/removal`)).status).to.equal(200);
    expect((await api.get('/import-mappings')).json<{ data: object[] }>().data).to.have.length(0);
  });
});
