import { expect } from 'chai';
import type { Answer } from '../../support/agent.ts';
import { testApp } from '../../support/app.ts';
import type { Member } from '../../factories/people.ts';
import { createMember, createTenant, createUnit } from '../../factories/people.ts';
import { nycFile, nycRow } from './samples.ts';

interface Checked {
  id: string;
  version: number;
  state: string;
  counts: Record<string, number>;
}

/** Sends a file to the API door as a program does. */
async function uploadToApi(
  member: Member,
  bytes: Uint8Array | string,
  fields: Record<string, string> = {},
  name = 'sample.csv',
): Promise<{ status: number; json: Record<string, unknown> }> {
  const { url } = await testApp();
  const body = new FormData();
  for (const [key, value] of Object.entries(fields)) body.append(key, value);
  body.append('file', new Blob([bytes as never], { type: 'text/csv' }), name);
  const { token } = await member.api();
  const response = await fetch(`${url}/api/v1/imports`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token ?? ''}` },
    body,
  });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

const idOf = (answer: Answer): string => (answer.location ?? '').split('/').pop() ?? '';
const codeOf = (json: Record<string, unknown>): unknown => JSON.stringify(json);

describe('POST /imports', () => {
  it('reads a file on both doors and changes nothing else', async () => {
    const tenant = await createTenant();
    const coordinator = await createMember(tenant, { roles: ['coordinator'] });
    const file = nycFile([nycRow(), nycRow({ title: '' }), nycRow({ category_desc: 'Knitting' })]);
    const page = await coordinator.page();
    await page.get('/imports/new');
    const answer = await page.upload(
      '/imports',
      { kind: 'opportunities', unitId: tenant.rootUnitId },
      { name: 'a.csv', bytes: file },
    );
    expect(answer.status, answer.text.slice(0, 400)).to.equal(303);
    const shown = await page.get(`/imports/${idOf(answer)}`);
    expect(shown.status, shown.text).to.equal(200);
    expect(shown.text).to.include('Read to neighbours');
    const api = await uploadToApi(coordinator, file);
    expect(api.status, JSON.stringify(api.json)).to.equal(201);
    const checked = api.json as unknown as Checked;
    expect(checked.state).to.equal('checked');
    expect(checked.counts).to.deep.equal({ read: 3, created: 2, updated: 0, unchanged: 0, rejected: 1 });
    const detail = (await (await coordinator.api()).get(`/imports/${checked.id}`)).json<{
      notices: { field: string; code: string; count: number }[];
      troubled: { line: number; problems: { field: string; code: string }[] }[];
    }>();
    expect(detail.notices).to.deep.include({ field: 'category', code: 'category-unknown', count: 1 });
    expect(detail.notices).to.deep.include({ field: 'startTime', code: 'assumed', count: 2 });
    expect(detail.troubled.map(({ line }) => line)).to.deep.equal([3]);
    const requests = await (await coordinator.api()).get('/requests');
    if (requests.status === 200) expect(requests.json<{ data: unknown[] }>().data).to.deep.equal([]);
  });

  it('gives the same import for the same file while it is only checked', async () => {
    const coordinator = await createMember(await createTenant(), { roles: ['coordinator'] });
    const file = nycFile([nycRow()]);
    const first = await uploadToApi(coordinator, file);
    const second = await uploadToApi(coordinator, file);
    expect(second.json['id']).to.equal(first.json['id']);
  });

  it('says what is wrong with a file that is no table, beside the field', async () => {
    const coordinator = await createMember(await createTenant(), { roles: ['coordinator'] });
    const bad: [string, Uint8Array | string][] = [
      ['file-not-text', new Uint8Array([1, 2, 0, 3, 0, 44, 10, 5, 0, 44, 7])],
      ['file-is-workbook', new Uint8Array([0x50, 0x4b, 0x03, 0x04, 1, 2, 3, 4, 44])],
      ['file-encoding', new Uint8Array(Buffer.from('title,place\ncaf\xe9,x\n', 'latin1'))],
      ['file-one-column', 'just some words\nand more\n'],
      ['file-no-rows', 'title,place\n'],
      ['file-row-too-long', `title,place\n"${'x'.repeat(150_000)}",y\n`],
      ['file-field-too-long', `title,place\n${'x'.repeat(30_000)},y\n`],
      ['column-title-missing', 'a,b\n1,2\n'],
    ];
    for (const [code, bytes] of bad) {
      const answer = await uploadToApi(coordinator, bytes);
      expect(answer.status, `${code}: ${JSON.stringify(answer.json)}`).to.equal(422);
      expect(codeOf(answer.json), code).to.include(code);
    }
    expect((await uploadToApi(coordinator, '')).json).to.satisfy((json: object) =>
      JSON.stringify(json).includes('file-needed'),
    );
    const page = await coordinator.page();
    await page.get('/imports/new');
    const shown = await page.upload(
      '/imports',
      { kind: 'opportunities' },
      { name: 'x.csv', bytes: 'just words\n' },
    );
    expect(shown.status).to.equal(422);
    expect(shown.text).to.include('f-file-error');
    expect((await uploadToApi(coordinator, nycFile([nycRow()]))).status).to.equal(201);
  });

  it('refuses a file above the limit without reading it', async () => {
    const coordinator = await createMember(await createTenant(), { roles: ['coordinator'] });
    const answer = await uploadToApi(coordinator, `title,place\n${'x,y\n'.repeat(1_500_000)}`);
    expect(answer.status).to.equal(413);
  });

  it('is for coordinators, and only for units within their reach', async () => {
    const tenant = await createTenant();
    const unit = await createUnit(tenant);
    const beside = await createUnit(tenant);
    const coordinator = await createMember(tenant, { roles: ['coordinator'], unitId: unit });
    const file = nycFile([nycRow()]);
    for (const roles of [['volunteer'], ['auditor'], ['administrator']] as const) {
      const other = await createMember(tenant, { roles });
      expect((await uploadToApi(other, file)).status, roles[0]).to.equal(403);
    }
    expect((await uploadToApi(coordinator, file, { unitId: beside })).status).to.equal(404);
    const made = await uploadToApi(coordinator, file, { unitId: unit });
    expect(made.status).to.equal(201);
    expect((await uploadToApi(coordinator, file)).json['unitId']).to.equal(unit);
  });
});

describe('GET /imports', () => {
  it('shows imports to coordinators and auditors of the unit, and to nobody else', async () => {
    const tenant = await createTenant();
    const unit = await createUnit(tenant);
    const beside = await createUnit(tenant);
    const coordinator = await createMember(tenant, { roles: ['coordinator'], unitId: unit });
    const neighbour = await createMember(tenant, { roles: ['coordinator'], unitId: beside });
    const auditor = await createMember(tenant, { roles: ['auditor'] });
    const foreign = await createMember(await createTenant(), { roles: ['coordinator'] });
    const made = await uploadToApi(coordinator, nycFile([nycRow()]));
    const id = String(made.json['id']);
    const listed = async (member: Member): Promise<string[]> =>
      (await (await member.api()).get('/imports'))
        .json<{ data: { id: string }[] }>()
        .data.map((one) => one.id);
    expect(await listed(coordinator)).to.deep.equal([id]);
    expect(await listed(auditor)).to.deep.equal([id]);
    expect(await listed(neighbour)).to.deep.equal([]);
    const unlike = (text: string): string => text.replaceAll(/"(requestId|instance)":"[^"]*"/g, '');
    const missing = await (await foreign.api()).get('/imports/aaaaaaaaaaaaaaaaaaaaaaaa');
    for (const path of [`/imports/${id}`, '/imports/nonsense', `/imports/${id}/report.csv`]) {
      const answer = await (await foreign.api()).get(path);
      expect(answer.status, path).to.equal(404);
      expect(unlike(answer.text)).to.equal(unlike(missing.text));
      expect((await (await neighbour.api()).get(path)).status).to.equal(404);
    }
    expect(
      (await (await auditor.api()).post(`/imports/${id}/start`, {}, { 'if-match': '"v1"' })).status,
    ).to.equal(403);
  });

  it('renders every page in both languages', async () => {
    const coordinator = await createMember(await createTenant(), { roles: ['coordinator'] });
    const page = await coordinator.page();
    const made = await uploadToApi(coordinator, nycFile([nycRow(), nycRow({ vol_requests: 'many' })]));
    for (const path of ['/imports', '/imports/new', `/imports/${String(made.json['id'])}`]) {
      const zh = await page.get(`${path}?lang=zh-CN`);
      const en = await page.get(`${path}?lang=en`);
      expect([zh.status, en.status], path).to.deep.equal([200, 200]);
      expect(zh.text).to.include('导入');
      expect(en.text).to.include('mport');
    }
  });
});
