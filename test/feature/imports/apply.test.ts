import { expect } from 'chai';
import { parse } from 'csv-parse/sync';
import { asOperator, createMember, createTenant, createUnit, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { testApp } from '../../support/app.ts';
import { ImportLineModel, ImportModel } from '../../../server/features/imports/import.model.ts';
import { parseApart } from '../../../server/features/imports/import.parser.ts';
import { RequestModel } from '../../../server/features/requests/request.model.ts';
import type { RequestRow } from '../../../server/features/requests/request.model.ts';
import { PositionModel, ShiftModel } from '../../../server/features/shifts/shift.model.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import type { MappingChoice } from '../../../server/features/imports/index.ts';
import { Invalid } from '../../../server/core/errors.ts';
import { requireContext } from '../../../server/core/context.ts';
import { nycFile, nycRow } from './samples.ts';

const day = (offset: number): string => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);

/** Checks a file as an operator does, and starts it. */
async function started(tenant: Tenant, file: string, mapping: MappingChoice = {}): Promise<string> {
  const { imports } = (await testApp()).composed.services;
  return inTenant(tenant.id, async () => {
    const { actor } = requireContext();
    const bytes = Buffer.from(file, 'utf8');
    const checked = await imports.check(actor, { kind: 'opportunities', fileName: 'a.csv', bytes, mapping });
    await imports.start(actor, checked.id, checked.version);
    return checked.id;
  });
}

async function applied(tenant: Tenant, file: string, mapping: MappingChoice = {}): Promise<object> {
  const id = await started(tenant, file, mapping);
  await (await testApp()).sweep('imports/apply');
  return countsOf(tenant, id);
}

const countsOf = (tenant: Tenant, id: string): Promise<Record<string, number>> =>
  inTenant(tenant.id, async () => {
    const row = await ImportModel.findById(id).lean();
    if (row?.state !== 'done') throw new Error(`The import is ${row?.state}`);
    return { ...row.counts };
  });

const requestsOf = (tenant: Tenant): Promise<RequestRow[]> =>
  inTenant(tenant.id, async () => RequestModel.find({}).sort({ 'source.id': 1 }).lean());

describe('POST /imports/:id/start', () => {
  it('makes requests in the background, with their sources, and shows it on the page', async () => {
    const tenant = await createTenant();
    const coordinator = await createMember(tenant, { roles: ['coordinator'] });
    const page = await coordinator.page();
    await page.get('/imports/new');
    const row = nycRow({ title: 'Sort \u202Ebooks\u200B  and   games', vol_requests: '12' });
    const uploaded = await page.upload(
      '/imports',
      { kind: 'opportunities', from: day(30) },
      { name: 'a.csv', bytes: nycFile([row]) },
    );
    expect(uploaded.status, uploaded.text.slice(0, 300)).to.equal(303);
    const path = uploaded.location ?? '';
    const shown = await page.get(path);
    const version = /name="_version" value="(\d+)"/.exec(shown.text)?.[1] ?? '';
    expect((await page.post(`${path}/start`, {})).status, 'without the version').to.equal(428);
    expect((await page.post(`${path}/start`, { _version: version })).status).to.equal(303);
    const under = await page.get(path);
    expect(under.text).to.include('hx-trigger="every 2s"').and.to.include('<progress');
    await (await testApp()).sweep('imports/apply');
    const done = await page.get(path);
    expect(done.text).not.to.include('hx-trigger');
    const [request] = await requestsOf(tenant);
    expect(request?.title).to.equal('Sort books and games');
    expect(request?.state).to.equal('accepted');
    expect(request?.history.map(({ to }) => to)).to.deep.equal([
      'draft',
      'submitted',
      'screened',
      'dispatched',
      'accepted',
    ]);
    expect(request?.contactName).to.equal('Sample Readers');
    expect(request?.category).to.equal('education');
    expect(request?.place.point?.coordinates).to.deep.equal([-73.9, 40.7]);
    expect(request?.place.address).to.equal("1 Sample's Row, Exampleville, NY, 10000");
    expect(request?.source?.original['title']).to.equal(row.title);
    expect(request?.source?.original['start_date_date']).to.equal('June 05 2011');
    expect(request?.source?.assumed).to.include.members([
      'date',
      'startTime',
      'hours',
      'recurrence',
      'risks',
    ]);
    await inTenant(tenant.id, async () => {
      const [shift] = await ShiftModel.find({}).lean();
      const [position] = await PositionModel.find({}).lean();
      expect(shift?.state).to.equal('draft');
      expect((shift?.endsAt.getTime() ?? 0) - (shift?.startsAt.getTime() ?? 0)).to.equal(2 * 3_600_000);
      expect(shift?.startsAt.toISOString().slice(11, 16), '09:00 in Shanghai').to.equal('01:00');
      const planned = shift?.startsAt.toISOString().slice(0, 10) ?? '';
      expect(planned >= day(30) && planned < day(44), planned).to.equal(true);
      expect([position?.required, position?.maximum, position?.taken]).to.deep.equal([12, 12, 0]);
    });
  });

  it('keeps passed dates and plans no shift unless told to; a date ahead is planned as it stands', async () => {
    const tenant = await createTenant();
    const ahead = day(40);
    await applied(tenant, nycFile([nycRow(), nycRow({ start_date_date: ahead, end_date_date: '' })]));
    await inTenant(tenant.id, async () => {
      const shifts = await ShiftModel.find({}).lean();
      expect(shifts.map(({ startsAt }) => startsAt.toISOString().slice(0, 10))).to.deep.equal([ahead]);
    });
    const again = await createTenant();
    await applied(again, nycFile([nycRow({ start_date_date: 'June 05 2011' })]), {
      shiftDates: 'next-year-same-weekday',
    });
    await inTenant(again.id, async () => {
      const [shift] = await ShiftModel.find({}).lean();
      // A Sunday then is a Sunday now.
      expect(shift?.startsAt.getUTCDay()).to.equal(0);
      expect(shift!.startsAt.getTime()).to.be.greaterThan(Date.now() - 86_400_000);
    });
  });

  it('changes nothing when the same file comes twice, and only what changed when it did', async () => {
    const tenant = await createTenant();
    const rows = Array.from({ length: 120 }, () => nycRow());
    const from = day(10);
    expect(await applied(tenant, nycFile(rows), { from })).to.include({ created: 120, rejected: 0 });
    const before = await requestsOf(tenant);
    expect(await applied(tenant, nycFile(rows), { from })).to.include({
      created: 0,
      updated: 0,
      unchanged: 120,
    });
    expect(await applied(tenant, nycFile(rows.toReversed()))).to.include({ updated: 0, unchanged: 120 });
    expect(await requestsOf(tenant)).to.deep.equal(before);
    const changed = rows.map((row, at) =>
      at === 7 ? { ...row, summary: 'Something else.', vol_requests: '9' } : row,
    );
    expect(await applied(tenant, nycFile(changed), { from })).to.include({
      created: 0,
      updated: 1,
      unchanged: 119,
    });
    await inTenant(tenant.id, async () => {
      const request = await RequestModel.findOne({ 'source.id': rows[7]?.opportunity_id ?? '' }).lean();
      expect(request?.description).to.equal('Something else.');
      const position = await PositionModel.findOne({ requestId: request!._id }).lean();
      expect(position?.maximum).to.equal(9);
      expect(await ShiftModel.countDocuments({})).to.equal(120);
      expect(await RequestModel.countDocuments({})).to.equal(120);
    });
  });

  it('goes on where it was killed, and two workers at once double nothing', async () => {
    const tenant = await createTenant();
    const { imports } = (await testApp()).composed.services;
    const id = await started(tenant, nycFile(Array.from({ length: 230 }, () => nycRow())), { from: day(5) });
    await inTenant(tenant.id, async () => {
      await imports.applyNext(id);
      expect(await RequestModel.countDocuments({})).to.equal(50);
      expect((await ImportModel.findById(id).lean())?.counts.created).to.equal(50);
      await Promise.all([imports.applyFor(id, 60_000), imports.applyFor(id, 60_000)]);
      expect(await RequestModel.countDocuments({})).to.equal(230);
      expect(await ShiftModel.countDocuments({})).to.equal(230);
      expect(await ImportLineModel.countDocuments({ importId: id as never, outcome: 'created' })).to.equal(
        230,
      );
    });
    expect(await countsOf(tenant, id)).to.include({ read: 230, created: 230, updated: 0, unchanged: 0 });
  });

  it('leaves alone a shift that people have published', async () => {
    const tenant = await createTenant();
    const row = nycRow();
    await applied(tenant, nycFile([row]), { from: day(10) });
    await inTenant(tenant.id, () => ShiftModel.updateMany({}, { $set: { state: 'published' } }).exec());
    const shift = await inTenant(tenant.id, async () => ShiftModel.findOne({}).lean());
    expect(
      await applied(tenant, nycFile([{ ...row, title: 'Another title' }]), { from: day(90) }),
    ).to.include({ updated: 1 });
    expect(await inTenant(tenant.id, async () => ShiftModel.findOne({}).lean())).to.deep.equal(shift);
  });

  it('never touches a request of another unit, nor of another tenant', async () => {
    const tenant = await createTenant();
    const other = await createTenant();
    const unit = await createUnit(tenant);
    const row = nycRow();
    await applied(tenant, nycFile([row]));
    const coordinator = await createMember(tenant, { roles: ['coordinator'], unitId: unit });
    const made = await uploadAs(coordinator, nycFile([{ ...row, title: 'Taken over' }]));
    expect(made.counts).to.include({ updated: 0, rejected: 1 });
    expect(
      (
        await (
          await coordinator.api()
        ).post(`/imports/${made.id}/start`, {}, { 'if-match': `"v${made.version}"` })
      ).status,
    ).to.equal(202);
    await (await testApp()).sweep('imports/apply');
    expect((await requestsOf(tenant))[0]?.title).to.equal(row.title);
    const { problems } = (await inTenant(tenant.id, async () =>
      ImportLineModel.findOne({ importId: made.id as never }).lean(),
    ))!;
    expect(problems.map(({ code }) => code)).to.include('other-unit');
    expect(await applied(other, nycFile([row]))).to.include({ created: 1 });
  });

  it('can be started once', async () => {
    const tenant = await createTenant();
    const coordinator = await createMember(tenant, { roles: ['coordinator'] });
    const { id, version } = await uploadAs(coordinator, nycFile([nycRow()]));
    const api = await coordinator.api();
    const answers = await Promise.all(
      [1, 2].map(() => api.post(`/imports/${id}/start`, {}, { 'if-match': `"v${version}"` })),
    );
    expect(answers.map(({ status }) => status).sort()).to.satisfy(
      ([first, second]: number[]) => first === 202 && (second === 409 || second === 412),
    );
  });
});

async function uploadAs(
  member: Member,
  file: string,
): Promise<{ id: string; version: number; counts: Record<string, number> }> {
  const { url } = await testApp();
  const body = new FormData();
  body.append('file', new Blob([file], { type: 'text/csv' }), 'a.csv');
  const headers = { authorization: `Bearer ${(await member.api()).token ?? ''}` };
  const response = await fetch(`${url}/api/v1/imports`, { method: 'POST', headers, body });
  return (await response.json()) as { id: string; version: number; counts: Record<string, number> };
}

describe('POST /imports/:id/mapping', () => {
  const whole = {
    system: 'own-list',
    defaults: { startTime: '10:00', hours: 3, people: 2, place: 'Kitchen' },
    dateOrder: 'dmy',
    shiftDates: 'keep',
  };

  it('reads the rows again by other columns and other defaults', async () => {
    const coordinator = await createMember(await createTenant(), { roles: ['coordinator'] });
    const api = await coordinator.api();
    const made = await uploadAs(
      coordinator,
      `what,title,when\nCook soup,x,${day(20).split('-').reverse().join('/')}\n`,
    );
    const columns = { title: 'what', date: 'when' };
    const version = { 'if-match': `"v${made.version}"` };
    const wrong = await api.post(
      `/imports/${made.id}/mapping`,
      { ...whole, columns: { title: 'nowhere' } },
      version,
    );
    expect(wrong.status).to.equal(422);
    expect(wrong.text).to.include('column-unknown').and.to.include('columns.title');
    const after = await api.post(`/imports/${made.id}/mapping`, { ...whole, columns }, version);
    expect(after.status, after.text).to.equal(200);
    const detail = (await api.get(`/imports/${made.id}`)).json<{ preview: object[]; mapping: object }>();
    expect(detail.preview[0]).to.include({ title: 'Cook soup', people: 2 });
    expect(detail.mapping).to.include({ preset: 'own', system: 'own-list' });
    expect((await api.post(`/imports/${made.id}/mapping`, { ...whole, columns }, version)).status).to.equal(
      412,
    );
  });

  it('works as a form, and shows it again with what is wrong', async () => {
    const coordinator = await createMember(await createTenant(), { roles: ['coordinator'] });
    const made = await uploadAs(coordinator, nycFile([nycRow()]));
    const page = await coordinator.page();
    const shown = await page.get(`/imports/${made.id}`);
    const version = /name="_version" value="(\d+)"/.exec(shown.text)?.[1] ?? '';
    const fields = {
      _version: version,
      system: 'nyc-service',
      'columns.id': 'opportunity_id',
      'columns.title': 'title',
      'columns.date': 'start_date_date',
      'defaults.startTime': '',
      'defaults.hours': '',
      'defaults.place': 'Town hall',
      dateOrder: 'mdy',
      shiftDates: 'next-year-same-weekday',
    };
    const refused = await page.post(`/imports/${made.id}/mapping`, {
      ...fields,
      system: 'Not A Name!',
      from: '2011-01-01',
    });
    expect(refused.status).to.equal(422);
    expect(refused.text).to.include('f-system-error');
    const past = await page.post(`/imports/${made.id}/mapping`, { ...fields, from: '2011-01-01' });
    expect(past.status).to.equal(422);
    expect(past.text).to.include('f-from-error');
    expect((await page.post(`/imports/${made.id}/mapping`, fields)).status).to.equal(303);
    const after = (await (await coordinator.api()).get(`/imports/${made.id}`)).json<{
      mapping: { defaults: object };
    }>();
    expect(after.mapping.defaults).to.include({ startTime: null, hours: null, place: 'Town hall' });
  });
});

describe('GET /imports/:id/report.csv', () => {
  it('gives the rejected rows with reasons, and no cell that a spreadsheet would run', async () => {
    const coordinator = await createMember(await createTenant(), { roles: ['coordinator'] });
    const evil = ['=1+1', '+1', '-1', '@x', '\t=1', '＝1', ' =1'];
    const rows = evil.map((org_title) => nycRow({ org_title, vol_requests: 'many' }));
    const made = await uploadAs(coordinator, nycFile([...rows, nycRow()]));
    const answer = await (await coordinator.api()).get(`/imports/${made.id}/report.csv?lang=en`);
    expect(answer.status).to.equal(200);
    expect(answer.headers.get('content-type')).to.equal('text/csv; charset=utf-8');
    expect(answer.headers.get('content-disposition')).to.include('attachment');
    const records = parse<Record<string, string>>(answer.text, { bom: true, columns: true });
    expect(records).to.have.length(evil.length);
    expect(records[0]?.['Reasons']).to.include('People needed').and.to.include('many');
    for (const record of records)
      for (const cell of Object.values(record)) expect(cell).not.to.match(/^[=+\-@\t\r\0＝＋－＠]/);
  });
});

describe('reading a file apart', () => {
  const job = {
    kind: 'file' as const,
    bytes: Buffer.from(nycFile(Array.from({ length: 12_000 }, () => nycRow()))),
    defaults: {
      startTime: null,
      hours: null,
      people: null,
      category: null,
      place: null,
      risks: null,
      support: null,
    },
    mapping: {},
    today: '2026-11-24',
  };

  it('gives up a file that takes too long, and one that needs too much memory', async () => {
    const refusal = async (caps: object): Promise<string> =>
      parseApart(job, caps).then(
        () => 'read',
        (err: unknown) => (err instanceof Invalid ? err.issues[0]?.code : undefined) ?? String(err),
      );
    expect(await refusal({ timeoutMs: 1 })).to.equal('file-too-slow');
    expect(await refusal({ memoryMb: 12 })).to.equal('file-too-heavy');
    // Whoever runs Linli may raise the memory of its processes; the cap of a foreign file stays.
    const options = process.env['NODE_OPTIONS'];
    process.env['NODE_OPTIONS'] = '--max-old-space-size=4096';
    try {
      expect(await refusal({ memoryMb: 12 })).to.equal('file-too-heavy');
    } finally {
      if (options === undefined) delete process.env['NODE_OPTIONS'];
      else process.env['NODE_OPTIONS'] = options;
    }
    expect(await refusal({})).to.equal('read');
  });

  it('is not needed again by the sweep: a started import outlives its file', async () => {
    const tenant = await createTenant();
    await started(tenant, nycFile([nycRow()]));
    await asOperator(async () => (await testApp()).sweep('imports/apply'));
    expect(await requestsOf(tenant)).to.have.length(1);
  });
});
