import { expect } from 'chai';
import { createMember, createPerson, createTenant, PASSWORD } from '../../factories/people.ts';
import { createOpening, createPosition } from '../../factories/requests.ts';
import { ApiAgent, PageAgent } from '../../support/agent.ts';
import { inDays } from '../../support/days.ts';

const DAY = 86_400_000;
const at = (days: number): Date => new Date(Date.now() + days * DAY);
const point = (longitude: number, latitude: number) => ({
  label: '某处',
  address: '',
  point: { type: 'Point' as const, coordinates: [longitude, latitude] as [number, number] },
});
interface List {
  data: { id: string; title: string; distanceMetres: number | null; missing: number }[];
  nextCursor: string | null;
}
const anonymous = new ApiAgent();
const listOf = async (slug: string, query = ''): Promise<List> => {
  const answer = await anonymous.get(`/t/${slug}/opportunities${query}`);
  expect(answer.status, answer.text).to.equal(200);
  return answer.json<List>();
};
const titles = (list: List): string[] => list.data.map(({ title }) => title);

describe('GET /t/:tenantSlug/opportunities', () => {
  it('shows everybody what is published and has not begun, of this place only', async () => {
    const [tenant, foreign] = [await createTenant(), await createTenant()];
    await createOpening(tenant, { request: { title: '后天的' }, shift: { startsAt: at(2) } });
    await createOpening(tenant, { request: { title: '明天的' }, shift: { startsAt: at(1) } });
    await createOpening(tenant, { request: { title: '草稿' }, shift: { state: 'draft' } });
    await createOpening(tenant, { request: { title: '开始了' }, shift: { startsAt: at(-0.1) } });
    await createOpening(foreign, { request: { title: '别家的' } });
    expect(titles(await listOf(tenant.slug))).to.deep.equal(['明天的', '后天的']);
    const agent = new PageAgent();
    for (const locale of ['zh-CN', 'en']) {
      const page = await agent.get(`/t/${tenant.slug}/opportunities?lang=${locale}`);
      expect(page.status, page.text.slice(0, 500)).to.equal(200);
      expect(page.text).to.include('明天的').and.not.include('草稿').and.not.include('别家的');
    }
    expect((await anonymous.get('/t/no-such-place/opportunities')).status).to.equal(404);
  });

  it('is found at the short address of the place, which people tell each other', async () => {
    const { slug } = await createTenant();
    const visitor = new PageAgent();
    const short = await visitor.get(`/t/${slug}`);
    expect([short.status, short.location]).to.deep.equal([303, `/t/${slug}/opportunities`]);
    expect((await visitor.get('/t/nowhere-at-all')).status).to.equal(404);
  });

  it('filters by day, skill and service area, and pages by key', async () => {
    const tenant = await createTenant();
    const early = await createOpening(tenant, {
      request: { title: '早', category: 'health' },
      shift: { startsAt: at(1) },
    });
    await createPosition(tenant, { shiftId: early.shiftId, skills: [{ code: 'first-aid', minLevel: 1 }] });
    await createOpening(tenant, {
      request: { title: '晚', category: 'elderly' },
      shift: { startsAt: at(9) },
    });
    expect(titles(await listOf(tenant.slug, '?skill=first-aid'))).to.deep.equal(['早']);
    expect(titles(await listOf(tenant.slug, '?category=elderly'))).to.deep.equal(['晚']);
    expect(titles(await listOf(tenant.slug, `?from=${inDays(5)}`))).to.deep.equal(['晚']);
    expect(titles(await listOf(tenant.slug, `?to=${inDays(5)}`))).to.deep.equal(['早']);
    const first = await listOf(tenant.slug, '?limit=1');
    expect(titles(await listOf(tenant.slug, `?limit=1&cursor=${first.nextCursor}`))).to.deep.equal(['晚']);
    const wrong = await anonymous.get(`/t/${tenant.slug}/opportunities?skill=flying`);
    expect(wrong.status).to.equal(422);
    const page = await new PageAgent().get(`/t/${tenant.slug}/opportunities?from=someday`);
    expect(page.status).to.equal(422);
    expect(page.text).to.include('id="f-from-error"');
  });

  it('sorts by distance from a point, within the radius, page by page', async () => {
    const tenant = await createTenant();
    const places: [string, number][] = [
      ['远', 119.78],
      ['近', 119.7],
      ['中', 119.72],
      ['太远', 121.5],
    ];
    for (const [title, longitude] of places)
      await createOpening(tenant, { request: { title, place: point(longitude, 29.79) } });
    await createOpening(tenant, { request: { title: '无处', place: { label: '线上', address: '' } } });
    const query = '?latitude=29.79&longitude=119.69&radiusKm=20';
    const near = await listOf(tenant.slug, query);
    expect(titles(near)).to.deep.equal(['近', '中', '远']);
    expect(near.data[0]?.distanceMetres).to.be.within(900, 1_050);
    const pages: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: List = await listOf(tenant.slug, `${query}&limit=1${cursor && `&cursor=${cursor}`}`);
      pages.push(...titles(page));
      cursor = page.nextCursor;
    }
    expect(pages).to.deep.equal(['近', '中', '远']);
    const half = await anonymous.get(`/t/${tenant.slug}/opportunities?latitude=29.79`);
    expect(half.status).to.equal(422);
  });
});

describe('GET /t/:tenantSlug/opportunities/:id', () => {
  it('says what, when, where, risks and places left, never who comes or how to reach a person', async () => {
    const tenant = await createTenant();
    const { shiftId, positionId } = await createOpening(tenant, {
      request: { contactName: '不公开的人', contactPhone: '13800000000', risks: '台阶多' },
      shift: { policyNumber: 'SECRET-POLICY' },
      position: { required: 5, maximum: 8, taken: 2, minAge: 18 },
    });
    const answer = await anonymous.get(`/t/${tenant.slug}/opportunities/${shiftId}`);
    expect(answer.status).to.equal(200);
    const shown = answer.json<{ positions: object[]; open: boolean }>();
    expect(shown.open).to.equal(true);
    expect(shown.positions[0]).to.include({ id: positionId, missing: 3, free: 6 });
    const page = await new PageAgent().get(`/t/${tenant.slug}/opportunities/${shiftId}?lang=en`);
    expect(page.status, page.text.slice(0, 500)).to.equal(200);
    for (const text of [answer.text, page.text]) {
      expect(text).to.include('台阶多');
      for (const secret of ['不公开的人', '13800000000', 'SECRET-POLICY'])
        expect(text).to.not.include(secret);
    }
    expect(page.text).to.include('3 more').and.include('From age 18');
  });

  it('offers each reader the next step: sign in, join, wait for review, or sign up', async () => {
    const [tenant, other] = [await createTenant(), await createTenant()];
    const { shiftId, positionId } = await createOpening(tenant);
    const path = `/t/${tenant.slug}/opportunities/${shiftId}`;
    const agent = new PageAgent();
    expect((await agent.get(path)).text)
      .to.include(`${path}/sign-up`)
      .and.not.include('/assignments');
    // The door leads through the sign-in form and back to the task.
    expect((await agent.get(`${path}/sign-up`)).location).to.equal('/sign-in');
    const person = await createPerson();
    await agent.get('/sign-in');
    const signedIn = await agent.post('/sign-in', { email: person.email, password: PASSWORD });
    expect(signedIn.location).to.equal(`${path}/sign-up`);
    expect((await agent.get(`${path}/sign-up`)).location).to.equal(path);
    expect((await agent.get(path)).text).to.include(`/t/${tenant.slug}/join`);
    const stranger = await (await createMember(other)).page();
    expect((await stranger.get(path)).text).to.include(`/t/${tenant.slug}/join`);
    const applicant = await (await createMember(tenant, { state: 'submitted' })).page();
    const waiting = (await applicant.get(path)).text;
    expect(waiting).to.not.include('/join').and.not.include('/assignments');
    const member = await (await createMember(tenant)).page();
    expect((await member.get(path)).text).to.include(`/positions/${positionId}/assignments`);
  });

  it('is missing for drafts, what is over, foreign and malformed ids', async () => {
    const [tenant, foreign] = [await createTenant(), await createTenant()];
    const draft = await createOpening(tenant, { shift: { state: 'draft' } });
    const over = await createOpening(tenant, { shift: { state: 'settled' } });
    const theirs = await createOpening(foreign);
    for (const id of [draft.shiftId, over.shiftId, theirs.shiftId, 'f'.repeat(24), 'x'])
      expect((await anonymous.get(`/t/${tenant.slug}/opportunities/${id}`)).status, id).to.equal(404);
    const cancelled = await createOpening(tenant, { shift: { state: 'cancelled' } });
    const page = await new PageAgent().get(`/t/${tenant.slug}/opportunities/${cancelled.shiftId}`);
    expect(page.status).to.equal(200);
    expect(page.text).to.include('已取消').and.not.include('sign-up');
  });
});
