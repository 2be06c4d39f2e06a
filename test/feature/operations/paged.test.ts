import { expect } from 'chai';
import { Types } from 'mongoose';
import { born } from '../../../server/db/transition.ts';
import { inTransaction } from '../../../server/db/transaction.ts';
import { AssignmentModel } from '../../../server/features/assignments/assignment.model.ts';
import { TemplateModel } from '../../../server/features/shifts/template.model.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { createMember, createTenant, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { createOpening } from '../../factories/requests.ts';
import type { ApiAgent } from '../../support/agent.ts';

interface Row {
  readonly id: string;
  readonly name?: string;
  readonly handle?: string;
}
type Answered = { readonly nextCursor: string | null } & Record<string, unknown>;
const HOUR = 3_600_000;
const numbered = (n: number): string => String(n).padStart(2, '0');

/** All rows of a list, page by page, as a program reads it. */
async function read(api: ApiAgent, path: string, rows: string, limit: number): Promise<Row[][]> {
  const pages: Row[][] = [];
  let cursor: string | null = null;
  do {
    const from: string = cursor === null ? '' : `&cursor=${cursor}`;
    const answer = await api.get(`${path}${path.includes('?') ? '&' : '?'}limit=${limit}${from}`);
    expect(answer.status, answer.text).to.equal(200);
    const page = answer.json<Answered>();
    pages.push(page[rows] as Row[]);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return pages;
}
const nextOf = (html: string): string =>
  (/href="([^"]+)" rel="next"/.exec(html)?.[1] ?? '').replaceAll('&amp;', '&').replaceAll('&#x3D;', '=');

describe('lists that are longer than a screen', function () {
  this.timeout(60_000);
  let tenant: Tenant;
  let coordinator: Member;
  before(async () => {
    tenant = await createTenant();
    coordinator = await createMember(tenant, { roles: ['coordinator'] });
  });

  /** Places of nobody in particular: lists know them by name. */
  const seat = (
    ids: { requestId: string; shiftId: string; positionId: string },
    people: readonly { personName: string; personId?: Types.ObjectId; state?: string; at?: number }[],
  ) =>
    inTenant(tenant.id, () =>
      inTransaction(() =>
        AssignmentModel.create(
          people.map(({ personName, personId, state = 'accepted', at = 72 }, n) => ({
            ...born(state),
            requestId: new Types.ObjectId(ids.requestId),
            shiftId: new Types.ObjectId(ids.shiftId),
            // Whoever is offered several places has each of them once.
            positionId: personId ? new Types.ObjectId() : new Types.ObjectId(ids.positionId),
            unitId: new Types.ObjectId(tenant.rootUnitId),
            personId: personId ?? new Types.ObjectId(),
            membershipId: new Types.ObjectId(),
            personName,
            startsAt: new Date(Date.now() + (at + n) * HOUR),
            endsAt: new Date(Date.now() + (at + n + 1) * HOUR),
            createdAt: new Date(),
          })) as never,
          { ordered: true },
        ),
      ),
    );

  it('the day’s list goes on by name, is narrowed, and marks lead back to where one was', async () => {
    const ids = await createOpening(tenant);
    await seat(
      ids,
      Array.from({ length: 60 }, (_unused, n) => ({
        personName: `甲${numbered(n)}`,
        state: n % 6 === 0 ? 'excused' : 'accepted',
      })),
    );
    const path = `/shifts/${ids.shiftId}/attendance`;
    const api = await coordinator.api();
    const pages = await read(api, path, 'people', 25);
    expect(pages.map(({ length }) => length)).to.deep.equal([25, 25, 10]);
    expect(pages.flat().map(({ name }) => name)).to.deep.equal(
      Array.from({ length: 60 }, (_unused, n) => `甲${numbered(n)}`),
    );
    expect((await read(api, `${path}?q=${encodeURIComponent('甲1')}`, 'people', 50)).flat()).to.have.length(
      10,
    );
    expect((await read(api, `${path}?state=excused`, 'people', 50)).flat()).to.have.length(10);
    expect((await api.get(`${path}?cursor=x`)).status).to.equal(400);
    expect((await api.get(`${path}?state=nonsense`)).status).to.equal(422);

    const page = await coordinator.page();
    const first = await page.get(`${path}?state=accepted&lang=en`);
    expect(first.text).to.include('value="accepted" selected');
    expect(nextOf(first.text), 'fifty are one screen').to.equal('');
    const whole = await page.get(`${path}?lang=en`);
    expect(whole.text).to.include('甲49').and.not.include('甲50');
    const next = nextOf(whole.text);
    const second = await page.get(next);
    expect(second.text).to.include('甲50').and.not.include('甲49');
    const place = new URL(next, 'http://x').searchParams.toString();
    const id = pages[2]?.find(({ name }) => name === '甲55')?.id;
    const marked = await page.post(`/assignments/${id}/attendance`, { mark: 'excused', list: place });
    expect(marked.location).to.equal(next);
    const other = pages[2]?.find(({ name }) => name === '甲56')?.id;
    const strange = await page.post(`/assignments/${other}/attendance`, {
      mark: 'excused',
      list: 'https://elsewhere.example/?x=1',
    });
    expect(strange.location, 'nothing but the list’s own words').to.equal(path);
    const none = await page.get(`${path}?q=nobody&lang=en`);
    expect(none.text).to.include('Nobody of that name or state').and.include(`href="${path}"`);
  });

  it('templates go on by name and are searched', async () => {
    await inTenant(tenant.id, () =>
      inTransaction(() =>
        TemplateModel.create(
          Array.from({ length: 30 }, (_unused, n) => ({
            unitId: new Types.ObjectId(tenant.rootUnitId),
            name: `模板${numbered(n)}`,
            startTime: '09:00',
            endTime: '11:00',
            riskLevel: 'none',
            positions: [],
            createdBy: new Types.ObjectId(),
            createdAt: new Date(),
          })) as never,
          { ordered: true },
        ),
      ),
    );
    const api = await coordinator.api();
    const pages = await read(api, '/shift-templates', 'data', 12);
    expect(pages.map(({ length }) => length)).to.deep.equal([12, 12, 6]);
    const names = pages.flat().map(({ name }) => name);
    expect(names).to.deep.equal([...names].sort());
    expect(new Set(names).size).to.equal(30);
    const page = await coordinator.page();
    const first = await page.get('/shift-templates?lang=en');
    expect(first.text).to.include('模板24').and.not.include('模板25');
    expect((await page.get(nextOf(first.text))).text)
      .to.include('模板25')
      .and.not.include('模板24');
    const found = await page.get(`/shift-templates?q=${encodeURIComponent('模板2')}&lang=en`);
    expect(found.text).to.include('模板20').and.not.include('模板19');
    expect((await page.get('/shift-templates?q=(&lang=en')).text).to.include('No template of that name');
    // Renaming wrongly shows that one again, however far down the list it stands.
    const last = pages.flat().at(-1);
    const version = { _version: '1' };
    const refused = await page.post(`/shift-templates/${last?.id}`, { name: '模板00', ...version });
    expect([refused.status, refused.text.includes('模板29')]).to.deep.equal([422, true]);
  });

  it('what one is asked for goes on by when it is over', async () => {
    const ids = await createOpening(tenant);
    const member = await createMember(tenant);
    const personId = new Types.ObjectId(member.personId);
    await seat(
      ids,
      Array.from({ length: 30 }, () => ({ personName: member.name, personId, state: 'offered' })),
    );
    const api = await member.api();
    const pages = await read(api, '/me/offers', 'data', 12);
    expect(pages.map(({ length }) => length)).to.deep.equal([12, 12, 6]);
    expect(new Set(pages.flat().map(({ id }) => id)).size).to.equal(30);
    const page = await member.page();
    const first = await page.get('/offers?lang=en');
    expect(first.text.match(/\/accept"/g)).to.have.length(25);
    expect((await page.get(nextOf(first.text))).text.match(/\/accept"/g)).to.have.length(5);
    // Rows of no offer, which other files' last look at all there is would find.
    await inTenant(tenant.id, () => AssignmentModel.deleteMany({ personId }));
  });

  it('who fits goes on by the score, and nobody is shown twice', async () => {
    const place = await createTenant({ serviceCounties: ['659004'] });
    const desk = await createMember(place, { roles: ['coordinator'] });
    for (let n = 0; n < 11; n += 1)
      await createMember(place, {
        person: {
          county: '659004',
          home: { type: 'Point', coordinates: [119.69, 29.79 + (n % 4) / 50] },
        } as never,
      });
    const { positionId } = await createOpening(place);
    const path = `/positions/${positionId}/candidates`;
    const api = await desk.api();
    const [all] = await read(api, path, 'data', 100);
    const pages = await read(api, path, 'data', 5);
    expect(pages.map(({ length }) => length)).to.deep.equal([5, 5, (all ?? []).length - 10]);
    expect(pages.flat().map(({ handle }) => handle)).to.deep.equal(all?.map(({ handle }) => handle));
    const { positionId: elsewhere } = await createOpening(place);
    const { nextCursor } = (await api.get(`${path}?limit=5`)).json<Answered>();
    expect((await api.get(`/positions/${elsewhere}/candidates?cursor=${nextCursor}`)).status).to.equal(400);
    const page = await desk.page();
    const first = await page.get(`${path}?limit=5&lang=en`);
    const second = await page.get(nextOf(first.text));
    expect(second.text).to.include('name="handles"').and.include(`href="${path}?limit&#x3D;5"`);
  });
});
