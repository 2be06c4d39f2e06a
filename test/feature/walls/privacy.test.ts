import { expect } from 'chai';
import { Types } from 'mongoose';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { RequestModel } from '../../../server/features/requests/request.model.ts';
import { RecognitionModel } from '../../../server/features/recognition/recognition.model.ts';
import { publishRoutes } from '../../../server/http/router.ts';
import { findableToFit } from '../../../server/features/people/index.ts';
import {
  asOperator,
  createMember,
  createPerson,
  createTenant,
  inTenant,
  PASSWORD,
} from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { createServed } from '../../factories/hours.ts';
import { createOpening } from '../../factories/requests.ts';
import { createSession } from '../../factories/training.ts';
import { AnnualReportModel } from '../../../server/features/annual-reports/annual-report.model.ts';
import { CertificateModel } from '../../../server/features/certificates/certificate.model.ts';
import { ShiftModel } from '../../../server/features/shifts/shift.model.ts';
import { database } from '../../../server/db/connect.ts';
import { pathAt } from './addresses.ts';
import { createPlace } from './place.ts';
import type { Place } from './place.ts';
import { ApiAgent, PageAgent } from '../../support/agent.ts';
import { testApp } from '../../support/app.ts';

const year = new Date().getUTCFullYear();
const consent = (purpose: string): object => ({
  purpose,
  version: '2026-11',
  givenAt: new Date(0),
  withdrawnAt: null,
  how: 'self',
  recordedBy: null,
});

/** Everything that anybody may read of a tenant: pages and API, the shift named where one is. */
async function everythingPublic(tenant: Tenant, ids: Readonly<Record<string, string>>): Promise<string> {
  const { composed } = await testApp();
  const [page, api] = [new PageAgent(), new ApiAgent()];
  let heard = '';
  let read = 0;
  for (const { door, method, path, access } of publishRoutes(composed.routes)) {
    if (method !== 'GET' || access !== 'public' || path.startsWith('/dev/') || /:(token|code)/.test(path))
      continue;
    const concrete = path
      .replace(':tenantSlug', tenant.slug)
      .replace(/:id|:shiftId/, ids['shiftId'] ?? '')
      .replace(':positionId', ids['positionId'] ?? '');
    const answer = await (door === 'api' ? api.get(concrete.replace('/api/v1', '')) : page.get(concrete));
    if (answer.status === 200) read += 1;
    heard += answer.text;
  }
  // A walk that reads nothing proves nothing.
  expect(read).to.be.greaterThan(8);
  expect(heard).to.include(tenant.name['zh-CN']);
  return heard;
}

/**
 * A walk over every page and file that is only read, as somebody to whom neither a minor nor a home is to be told. What other
 * organisations read of these rows the matrix asks.
 */
async function everythingReadBy(
  { page, api }: { page: PageAgent; api: ApiAgent },
  place: Place,
  ids: Readonly<Record<string, string>>,
): Promise<{ name: string; text: string }[]> {
  const { composed } = await testApp();
  const heard: { name: string; text: string }[] = [];
  for (const { door, method, path, name, access } of publishRoutes(composed.routes)) {
    if (method !== 'GET' || path.startsWith('/dev/') || (access !== 'public' && !api.token)) continue;
    const concrete = (pathAt(path, ids) ?? path)
      .replace(':tenantSlug', place.tenant.slug)
      .replace(/:(\w+)/g, (_whole, kind: string) => ids[kind] ?? 'nothing');
    const { status, text } = await (door === 'api'
      ? api.get(concrete.replace('/api/v1', ''))
      : page.get(concrete));
    if (status < 300) heard.push({ name: `${door} ${name}`, text });
    if (status >= 500) throw new Error(`${door} ${name}: ${status}`);
    if (status === 429) throw new Error(`${door} ${name} was not answered`);
    if (heard.length % 20 === 0) await database().collection('rate_limits').deleteMany({});
  }
  return heard;
}

describe('what strangers and fellow volunteers learn of people', function () {
  this.timeout(240_000);

  it('where a home is only roughly, until they come (a resident asks for help there)', async () => {
    const tenant = await createTenant();
    const desk = await createMember(tenant, { roles: ['coordinator'] });
    const api = await desk.api();
    const exact = { latitude: 29.79641, longitude: 119.69173 };
    const address = '梧桐弄七号';
    const asked = await api.post('/requests', {
      unitId: tenant.rootUnitId,
      title: '陪诊',
      category: 'elderly',
      place: { label: '桐君街道', address, ...exact, atHome: true },
    });
    expect(asked.status, asked.text).to.equal(201);
    const { id, place } = asked.json<{ id: string; place: object }>();
    expect(place).to.deep.equal({
      label: '桐君街道',
      address,
      point: { type: 'Point', coordinates: [exact.longitude, exact.latitude] },
      atHome: true,
    });
    // A program that says nothing of it makes no home public; whoever takes the tick off says that it is none.
    const patched = await api.patch(
      `/requests/${id}`,
      { place: { label: '桐君街道', address, ...exact } },
      { 'if-match': asked.headers.get('etag') ?? '"v1"' },
    );
    expect(patched.json<{ place: { atHome: boolean } }>().place.atHome, patched.text).to.equal(true);
    const stored = await inTenant(tenant.id, () => RequestModel.findById(id).lean());
    const opening = await createOpening(tenant, { request: { place: stored?.place as never } });
    const told = await everythingPublic(tenant, opening);
    for (const secret of [address, '29.796', '119.691']) expect(told, secret).to.not.include(secret);
    const near = await new ApiAgent().get(
      `/t/${tenant.slug}/opportunities?latitude=29.79641&longitude=119.69173&radiusKm=5`,
    );
    // As far as from the point that everybody is told.
    expect(near.json<{ data: { distanceMetres: number }[] }>().data[0]?.distanceMetres).to.be.above(300);
    const volunteer = await createMember(tenant);
    const own = await volunteer.api();
    const taken = await own.post(`/positions/${opening.positionId}/assignments`, {});
    expect(taken.status, taken.text).to.equal(201);
    const page = await volunteer.page();
    const { id: assignmentId } = taken.json<{ id: string }>();
    expect((await page.get(`/assignments/${assignmentId}`)).text).to.include(address);
    expect((await own.post(`/assignments/${assignmentId}/cancel`, { reason: '' })).status).to.equal(200);
    expect((await page.get(`/assignments/${assignmentId}`)).text).to.not.include(address);
    expect((await (await desk.page()).get(`/requests/${id}`)).text).to.include(address);
    const search = await own.post('/me/saved-searches', { name: '找', words: address });
    expect(search.status, search.text).to.equal(201);
    const found = await own.get(`/me/saved-searches/${search.json<{ id: string }>().id}`);
    expect(found.json<{ count: number }>().count).to.equal(0);
  });

  it('nothing of minors in any public place, at thirteen, fourteen and seventeen; other places do not find them', async () => {
    const tenant = await createTenant();
    const opening = await createOpening(tenant, {
      request: { title: '图书角' },
      position: { maximum: 6, required: 1 },
    });
    const names: string[] = [];
    for (const age of [13, 14, 17, 30]) {
      const name = `欧阳少年${age}`;
      names.push(name);
      const member = await createMember(tenant, {
        person: {
          name,
          birthDate: `${year - age - 1}-12-31`,
          consents: ['terms', 'guardian', 'asked-by-others'].map(consent),
        } as never,
      });
      const joined = await (await member.api()).post(`/positions/${opening.positionId}/assignments`);
      // Whoever is too young for the place is refused there, which is one more reason to appear nowhere.
      expect(joined.status, joined.text).to.be.oneOf([201, 409]);
      await createServed(tenant, member, { title: '往日图书角' });
      const found = await asOperator(() => findableToFit(['330122'], 100_000));
      expect(
        found.some((row) => String(row._id) === member.personId),
        name,
      ).to.equal(age >= 18);
    }
    const heard = await everythingPublic(tenant, opening);
    for (const name of names) expect(heard, name).to.not.include(name);
  });

  it('nothing of a minor, and of a home only roughly where it is, route by route, as nobody and as a fellow', async () => {
    const place = await createPlace('寻常', [], {
      name: '欧阳小雀',
      birthDate: `${year - 16}-01-01`,
      phone: '13800138777',
      homeLabel: '梧桐弄九号',
      home: { type: 'Point', coordinates: [119.687654, 29.787654] },
      consents: ['terms', 'guardian', 'asked-by-others', 'location'].map(consent) as never,
    });
    const { tenant, volunteer } = place;
    const door = { type: 'Point', coordinates: [119.712345, 29.812345] };
    const home = {
      'place.atHome': true,
      'place.address': '梧桐弄七号',
      'place.door': door,
      'place.point': { type: 'Point', coordinates: [119.71, 29.81] },
    };
    await inTenant(tenant.id, async () => {
      await RequestModel.updateMany({}, { $set: home });
      await ShiftModel.updateMany({}, { $set: home });
      // As if they had been published before anybody asked for the age.
      await RecognitionModel.updateMany({}, {
        $set: { state: 'published', showName: true, objectionUntil: `${year + 1}-01-01` },
      } as never);
      await AnnualReportModel.updateMany({}, {
        $set: { state: 'published', publishedAt: new Date() },
      } as never);
    });
    const certificate = await inTenant(tenant.id, async () => CertificateModel.findOne().lean());
    const ids: Record<string, string> = { ...place.ids, code: certificate?.code ?? '', year: '2020' };
    const fellow = await createMember(tenant);
    // Part of the name, and of each number, that no mask and no rounding leaves standing.
    const secrets = [
      '小雀',
      '13800138777',
      '梧桐弄',
      '119.6876',
      '29.7876',
      '119.7123',
      '29.8123',
      `${year - 16}-01-01`,
    ];
    const told: string[] = [];
    for (const [who, agents, least] of [
      ['nobody', { page: new PageAgent(), api: new ApiAgent() }, 25],
      ['a fellow', { page: await fellow.page(), api: await fellow.api() }, 60],
    ] as const) {
      const heard = await everythingReadBy(agents, place, ids);
      // A walk that reads nothing proves nothing.
      expect(heard.length, who).to.be.above(least);
      for (const { name, text } of heard)
        for (const secret of secrets)
          if (text.includes(secret) || text.includes(encodeURIComponent(secret)))
            told.push(`${who}: ${name} told ${secret}`);
    }
    expect(told).to.deep.equal([]);
    // Who comes is told it, or the walk would prove that nobody is.
    const own = await volunteer.page();
    expect((await own.get(`/assignments/${place.ids['assignmentId']}`)).text).to.include('梧桐弄七号');
  });

  it('nothing of a minor in mails to others, and in their calendars', async () => {
    const tenant = await createTenant();
    const [lead, former, officer, fellow, young] = [
      await createMember(tenant, { roles: ['coordinator'] }),
      await createMember(tenant),
      await createMember(tenant, { roles: ['officer'] }),
      await createMember(tenant),
      await createMember(tenant, {
        person: {
          name: '欧阳小雀',
          birthDate: `${year - 16}-01-01`,
          phone: '13800138777',
          consents: ['terms', 'guardian'].map(consent),
        } as never,
      }),
    ];
    const [desk, planner, own, other] = [
      await lead.api(),
      await officer.api(),
      await young.api(),
      await fellow.api(),
    ];
    const opening = await createOpening(tenant, {
      position: { maximum: 1, minAge: null } as never,
      // Whoever planned it has no role by now.
      shift: { createdBy: new Types.ObjectId(former.accountId) } as never,
    });
    const { sessionId } = await createSession(tenant, { capacity: 1 });
    const did = async (answer: Promise<{ status: number; text: string }>): Promise<string> => {
      const { status, text } = await answer;
      expect(status, text).to.be.within(200, 201);
      return text;
    };
    const idOf = (text: string): string => (JSON.parse(text) as { id: string }).id;
    const place = idOf(await did(own.post(`/positions/${opening.positionId}/assignments`)));
    await did(other.post(`/positions/${opening.positionId}/assignments`));
    const seat = idOf(await did(own.post(`/sessions/${sessionId}/enrolments`)));
    await did(other.post(`/sessions/${sessionId}/enrolments`));
    const { url } = JSON.parse(await did(other.post('/calendar-feed'))) as { url: string };
    await did(desk.post(`/shifts/${opening.shiftId}/announcements`, { subject: '集合', text: '东门见' }));
    const { sweep, url: at } = await testApp();
    await sweep('messages/deliver');
    // What comes free goes to the fellow; then all of it is called off.
    await did(own.post(`/assignments/${place}/cancel`, { reason: '' }));
    await did(own.post(`/enrolments/${seat}/cancellation`, { reason: '' }));
    await sweep('messages/deliver');
    const calendar = await (await fetch(url)).text();
    await did(desk.post(`/shifts/${opening.shiftId}/cancellation`, { reason: '下雨' }));
    await did(planner.post(`/sessions/${sessionId}/cancellation`, { reason: '停电' }));
    await sweep('messages/deliver');
    const mails = (await (await fetch(`${at}/dev/mailbox.json`)).json()) as { to: string }[];
    const heardBy = ({ email }: Member): string[] =>
      mails.filter(({ to }) => to.includes(email)).map((mail) => JSON.stringify(mail));
    // A walk that reads nothing proves nothing.
    expect(heardBy(fellow).length).to.be.at.least(4);
    expect(calendar).to.include('BEGIN:VEVENT');
    for (const text of [calendar, ...heardBy(fellow), ...heardBy(former)])
      for (const secret of ['小雀', '13800138777', `${year - 16}-01-01`]) expect(text).to.not.include(secret);
    expect(heardBy(former)).to.deep.equal([]);
  });

  it('tells who asks for a place to whoever runs the shift now, not to who planned it and has no role since', async () => {
    const tenant = await createTenant();
    const [lead, former, person] = [
      await createMember(tenant, { roles: ['coordinator'] }),
      await createMember(tenant),
      await createMember(tenant, { person: { name: '欧阳问路' } }),
    ];
    const { positionId } = await createOpening(tenant, {
      position: { admission: 'approval' } as never,
      shift: { createdBy: new Types.ObjectId(former.accountId) } as never,
    });
    const made = await (await person.api()).post(`/positions/${positionId}/assignments`);
    expect(made.status, made.text).to.equal(201);
    const { sweep, url } = await testApp();
    await sweep('messages/deliver');
    const mails = (await (await fetch(`${url}/dev/mailbox.json`)).json()) as { to: string; text: string }[];
    const told = ({ email }: Member): string[] =>
      mails.filter(({ to }) => to.includes(email)).map(({ text }) => text);
    expect(told(former)).to.deep.equal([]);
    expect(told(lead).join()).to.include('欧阳问路');
  });

  it('no name on the notice of recognition but of grown members who agreed and still do (S-49, R-6.7)', async () => {
    const tenant = await createTenant();
    const admin = await (await createMember(tenant, { roles: ['administrator'] })).api();
    const made = await admin.post('/recognition-schemes', {
      code: 'first',
      kind: 'medal',
      nameZh: '初心奖章',
      nameEn: 'First steps',
      hours: 1,
      effectiveFrom: `${year}-01-01`,
    });
    expect(made.status, made.text).to.equal(201);
    const schemeId = made.json<{ id: string }>().id;
    const [officer, reviewer] = [
      await (await createMember(tenant, { roles: ['officer', 'coordinator'] })).api(),
      await (await createMember(tenant, { roles: ['reviewer'] })).api(),
    ];
    const published = async (name: string, age: number): Promise<{ member: Member; id: string }> => {
      const member = await createMember(tenant, {
        person: {
          name,
          birthDate: `${year - age - 1}-12-31`,
          consents: ['terms', 'guardian'].map(consent),
        } as never,
      });
      const served = await createServed(tenant, member, { title: '往日服务' });
      expect((await officer.post(`/hours/${served}/approve`)).status).to.equal(200);
      const own = await member.api();
      const applied = await own.post('/recognition/applications', { schemeId, showName: true });
      expect(applied.status, applied.text).to.equal(201);
      const { id } = applied.json<{ id: string }>();
      // What was stored when nobody asked for the age counts as little.
      await inTenant(tenant.id, () =>
        RecognitionModel.updateOne({ _id: id } as never, { $set: { showName: true } }),
      );
      for (const [desk, act, body] of [
        [officer, 'review', { verdict: 'reviewed', reason: '属实' }],
        [reviewer, 'publish', {}],
      ] as const) {
        const answer = await desk.post(`/recognition-cases/${id}/${act}`, body);
        expect(answer.status, answer.text).to.equal(200);
      }
      return { member, id };
    };
    const young = await published('欧阳少年星', 16);
    const grown = await published('欧阳成年星', 30);
    const gone = await published('欧阳离开星', 40);
    const fellow = await (await createMember(tenant)).api();
    const heard = async (): Promise<string> => {
      const path = `/t/${tenant.slug}/recognition`;
      const cases = await Promise.all(
        [young, grown, gone].map(({ id }) => fellow.get(`/recognition-cases/${id}`)),
      );
      return [await new ApiAgent().get(path), await new PageAgent().get(path), ...cases]
        .map(({ status, text }) => `${status} ${text}`)
        .join('\n');
    };
    let now = await heard();
    expect(now).to.include('欧阳成年星').and.include('欧阳离开星').and.not.include('欧阳少年星');
    const left = await (await gone.member.api()).post(`/memberships/${gone.member.membershipId}/leaving`, {});
    expect(left.status, left.text).to.equal(200);
    const page = await grown.member.page();
    const shown = await page.get(`/recognition-cases/${grown.id}`);
    expect(shown.text).to.include(`/recognition-cases/${grown.id}/name`);
    const taken = await page.post(`/recognition-cases/${grown.id}/name`, { shown: 'false' });
    expect(taken.location).to.equal(`/recognition-cases/${grown.id}`);
    now = await heard();
    for (const name of ['欧阳成年星', '欧阳离开星', '欧阳少年星']) expect(now, name).to.not.include(name);
    const asks = await (
      await young.member.api()
    ).post(`/recognition-cases/${young.id}/name`, { shown: true });
    expect(asks.json()).to.include({ status: 409, code: 'minor-not-named' });
    expect((await fellow.post(`/recognition-cases/${grown.id}/name`, { shown: true })).status).to.equal(403);
  });

  it('names of a shift to those who run it, and to no fellow of the same shift, on any door', async () => {
    const tenant = await createTenant();
    const opening = await createOpening(tenant, { position: { maximum: 4 } });
    const [one, other] = [
      await createMember(tenant, { person: { name: '欧阳同伴甲' } }),
      await createMember(tenant, { person: { name: '欧阳同伴乙' } }),
    ];
    const idOf = async (member: Member): Promise<string> => {
      const made = await (await member.api()).post(`/positions/${opening.positionId}/assignments`);
      expect(made.status, made.text).to.equal(201);
      return made.json<{ id: string }>().id;
    };
    const [own, foreign] = [await idOf(one), await idOf(other)];
    const [page, api] = [await one.page(), await one.api()];
    for (const path of [
      '/',
      '/assignments',
      `/assignments/${own}`,
      '/opportunities',
      '/check-in',
      `/t/${tenant.slug}/opportunities/${opening.shiftId}`,
    ]) {
      const answer = await page.get(path);
      expect(answer.status, path).to.equal(200);
      expect(answer.text, path).to.not.include('欧阳同伴乙');
    }
    for (const path of [`/assignments/${foreign}`, `/people/${other.personId}`, `/shifts/${opening.shiftId}`])
      expect((await api.get(path)).status, path).to.be.oneOf([403, 404]);
    const coordinator = await createMember(tenant, { roles: ['coordinator'] });
    const day = await (await coordinator.page()).get(`/shifts/${opening.shiftId}/attendance`);
    expect(day.text).to.include('欧阳同伴甲').and.include('欧阳同伴乙');
  });

  it('nothing of what was withdrawn: an application, a place on a shift, a wish to be asked', async () => {
    const tenant = await createTenant();
    const officer = await (await createMember(tenant, { roles: ['officer', 'reviewer'] })).api();
    const person = await createPerson({ name: '欧阳反悔' });
    const page = new PageAgent();
    await page.get('/sign-in');
    await page.post('/sign-in', { email: person.email, password: PASSWORD });
    await page.get(`/t/${tenant.slug}/join`);
    await page.post(`/t/${tenant.slug}/memberships`, { kind: 'volunteer', motivation: '欧阳心里话' });
    const waiting = async (): Promise<string> =>
      (await officer.get('/memberships?state=submitted&limit=100')).text;
    expect(await waiting()).to.include('欧阳心里话');
    const id = /"id":"([0-9a-f]{24})"/.exec(await waiting())?.[1] ?? '';
    await page.get('/account');
    await page.post('/session/membership', { membershipId: id });
    await page.get(`/memberships/${id}`);
    expect((await page.post(`/memberships/${id}/answer`, { to: 'withdrawn' })).status).to.equal(303);
    expect(await waiting()).to.not.include('欧阳反悔');
    // The reason was the person's own; who took the application back took it along.
    const left = await officer.get(`/memberships/${id}`);
    expect(left.json()).to.include({ state: 'withdrawn', motivation: '' });
    expect((await officer.get(`/people/${person.personId}`)).status).to.equal(404);

    const opening = await createOpening(tenant);
    const member = await createMember(tenant, { person: { name: '欧阳退出' } });
    const api = await member.api();
    const made = await api.post(`/positions/${opening.positionId}/assignments`, { note: '欧阳备注' });
    const coordinator = await (await createMember(tenant, { roles: ['coordinator'] })).page();
    expect((await coordinator.get(`/shifts/${opening.shiftId}/attendance`)).text).to.include('欧阳退出');
    const cancelled = await api.post(`/assignments/${made.json<{ id: string }>().id}/cancel`, {
      reason: '有事',
    });
    expect(cancelled.status, cancelled.text).to.equal(200);
    expect((await coordinator.get(`/shifts/${opening.shiftId}/attendance`)).text).to.not.include('欧阳备注');
  });
});
