import { expect } from 'chai';
import { Types } from 'mongoose';
import { inTransaction } from '../../../server/db/transaction.ts';
import { born } from '../../../server/db/transition.ts';
import { CredentialModel } from '../../../server/features/credentials/credential.model.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { createMember, createTenant, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { createOpening } from '../../factories/requests.ts';
import { testApp } from '../../support/app.ts';

interface Plan {
  id: string;
  state: string;
  version: number;
  failure: string | null;
  proof: { status: string; gap: string; objective: string } | null;
  comparison: { slots: number; before: { filled: number }; after: { filled: number } } | null;
}
interface Why {
  eligible: boolean;
  loss: number | null;
  neededAt: { positionId: string } | null;
  score: number;
  parts: {
    rule: string;
    points: number;
    most: number;
    share: { of: number; from: number };
    finding: { code: string; params?: object } | null;
    inputs: object[];
  }[];
  refusals: { code: string }[];
  exchange: { comes: Swap[]; goes: Swap[]; places: number } | null;
}
interface Swap {
  name: string | null;
  positionId: string;
  score: number;
}
interface Line {
  positionId: string;
  slots: number;
  before: number;
  pairs: {
    handle: string;
    name: string | null;
    score: number;
    distanceMetres: number | null;
    state: string;
    assignmentId: string | null;
    parts: { points: number }[];
  }[];
}

describe('plans', function () {
  this.timeout(60_000);
  let tenant: Tenant;
  let coordinator: Member;
  const volunteers: Member[] = [];
  const positions: string[] = [];

  before(async () => {
    tenant = await createTenant();
    coordinator = await createMember(tenant, { roles: ['coordinator'] });
    const skills = (code: string | null) => (code ? [{ code, level: 2 }] : []);
    // The handy one is taken first by a position that anybody could fill; a plan keeps them for the other.
    for (const code of ['it-help', null, null])
      volunteers.push(
        await createMember(tenant, {
          person: {
            skills: skills(code) as never,
            home: { type: 'Point', coordinates: [119.69 + volunteers.length / 100, 29.79] } as never,
          },
        }),
      );
    for (const code of [null, 'it-help'])
      positions.push(
        (
          await createOpening(tenant, {
            position: { required: 1, skills: code ? [{ code, minLevel: 1 }] : [] },
          })
        ).positionId,
      );
  });

  const solved = async (input: object = {}): Promise<Plan> => {
    const api = await coordinator.api();
    const started = await api.post('/plans', input);
    expect(started.status, started.text).to.equal(202);
    await (await testApp()).sweep('plans/solve');
    return (await api.get(`/plans/${started.json<Plan>().id}`)).json<Plan>();
  };

  it('proposes the best for all, proved, beside what first come would do, and says why', async () => {
    const plan = await solved();
    expect(plan.state, String(plan.failure)).to.equal('proposed');
    expect(plan.proof).to.include({ status: 'optimal', gap: '0' });
    expect(plan.comparison?.after.filled).to.equal(2);
    expect(plan.comparison?.before.filled).to.equal(1);
    const api = await coordinator.api();
    const lines = (await api.get(`/plans/${plan.id}/positions`)).json<{ data: Line[] }>().data;
    expect(lines.map(({ positionId }) => positionId).sort()).to.deep.equal([...positions].sort());
    for (const line of lines) {
      const [pair] = line.pairs;
      expect(pair?.parts.reduce((sum, { points }) => sum + points, 0)).to.equal(pair?.score);
    }
    const handy = lines.find(({ positionId }) => positionId === positions[1]);
    expect(handy?.pairs[0]?.name).to.equal(volunteers[0]?.name);
    const page = await coordinator.page();
    for (const path of [`/plans/${plan.id}`, `/plans/${plan.id}/positions`, '/plans', '/plans/new'])
      expect((await page.get(path)).status, path).to.equal(200);
  });

  const read = async (path: string): Promise<unknown> => (await (await coordinator.api()).get(path)).json();
  const lineOf = async (id: string, position: number): Promise<Line & { others: Line['pairs'] }> =>
    (await read(`/plans/${id}/positions/${positions[position]}`)) as Line & { others: Line['pairs'] };

  it('says what any pair would cost the whole, and follows what people decide', async () => {
    const plan = await solved();
    const simple = await lineOf(plan.id, 0);
    // The handy one would fit here too, and is needed more at the position that only they can fill.
    const other = simple.others.find(({ name }) => name === volunteers[0]?.name);
    const why = (await read(
      `/plans/${plan.id}/positions/${positions[0]}/why?handle=${other?.handle}`,
    )) as Why;
    expect(why.neededAt?.positionId).to.equal(positions[1]);
    expect(why.loss).to.be.above(1_000);
    expect(why.parts.reduce((sum, { points }) => sum + points, 0)).to.equal(why.score);
    // What the page says is enough to reckon the score and the cost again.
    for (const { points, most, share } of why.parts)
      expect(Math.floor((most * share.of) / share.from + 0.5)).to.equal(points);
    const { comes = [], goes = [], places = 0 } = why.exchange ?? {};
    const scores = (some: Swap[]): number => some.reduce((sum, { score }) => sum + score, 0);
    expect(scores(goes) - scores(comes) - places).to.equal(why.loss);
    expect(comes[0]).to.include({ name: volunteers[0]?.name, positionId: positions[0], score: why.score });
    expect(goes.map(({ positionId }) => positionId).sort()).to.deep.equal([...positions].sort());
    // A position stays open, and its first place was worth 3,000.
    expect(places).to.equal(-3_000);
    // Who fits the first one: whom the plan needs at the other comes last, however well they fit, and it says why.
    interface Ranked {
      data: {
        name: string;
        score: number;
        worth: number;
        needed: { price: number; here: boolean; elsewhere: object };
      }[];
      plan: { id: string; covers: boolean };
    }
    const ranking = (await read(`/positions/${positions[0]}/candidates`)) as Ranked;
    expect(ranking.plan).to.include({ id: plan.id, covers: true });
    const [best, last] = [ranking.data[0], ranking.data.at(-1)];
    expect(last).to.include({ name: volunteers[0]?.name });
    expect(last?.needed).to.include({ here: false });
    expect(last?.needed.price).to.be.above(0);
    expect(last?.worth).to.equal((last?.score ?? 0) - (last?.needed.price ?? 0));
    const { title } = (await lineOf(plan.id, 1)) as unknown as { title: string };
    expect(last?.needed.elsewhere).to.deep.equal({ positionId: positions[1], title });
    // Choosing whom it proposes here takes nobody from it.
    expect(best?.needed).to.deep.equal({ price: 0, here: true, elsewhere: null });
    expect(best?.name).to.equal(simple.pairs[0]?.name);
    const fits = await (await coordinator.page()).get(`/positions/${positions[0]}/candidates?lang=en`);
    const number = new Intl.NumberFormat('en').format(last?.needed.price ?? 0);
    expect(fits.text)
      .to.include(`(+${number})`)
      .and.include('The plan proposes this person here')
      .and.include(`href="/plans/${plan.id}"`);
    const pages = (await read(`/positions/${positions[0]}/candidates?limit=1`)) as { nextCursor: string };
    const second = (await read(
      `/positions/${positions[0]}/candidates?limit=1&cursor=${encodeURIComponent(pages.nextCursor)}`,
    )) as Ranked;
    expect(second.data[0]?.name).to.equal(ranking.data[1]?.name);
    const unfit = (await read(
      `/plans/${plan.id}/positions/${positions[1]}/why?membershipId=${volunteers[1]?.membershipId}`,
    )) as Why;
    expect([unfit.eligible, unfit.refusals[0]?.code]).to.deep.equal([false, 'skill-missing']);
    const page = await coordinator.page();
    const reckoned = await page.get(
      `/positions/${positions[0]}/candidates/reckoning?lang=en&handle=${other?.handle}`,
    );
    expect(reckoned.text)
      .to.include(`Needed more at ${title} (+${number})`)
      .and.include(
        `/plans/${plan.id}/positions/${positions[0]}/why?membershipId`.replaceAll('=', '&#x3D;').slice(0, 40),
      );
    // By name, as a person asks: from the position to the member to the answer.
    const asked = await page.get(
      `/plans/${plan.id}/positions/${positions[1]}/members?q=${encodeURIComponent(volunteers[1]?.name ?? '')}`,
    );
    expect(asked.text).to.match(new RegExp(`/why[^"]*membershipId[^"]*${volunteers[1]?.membershipId}`));
    for (const tail of [
      '',
      `/why?handle=${other?.handle}`,
      `/why?membershipId=${volunteers[1]?.membershipId}`,
    ]) {
      const answer = await page.get(`/plans/${plan.id}/positions/${positions[0]}${tail}`);
      expect(answer.status, answer.text.slice(0, 500)).to.equal(200);
    }
    const api = await coordinator.api();
    const body = { positionId: positions[0], handle: other?.handle, verdict: 'must' };
    const both = await Promise.all(
      [1, 2].map(() => api.post(`/plans/${plan.id}/pairs`, body, { 'if-match': `"v${plan.version}"` })),
    );
    expect(both.map(({ status }) => status).sort()).to.deep.equal([200, 412]);
    const [one, two] = [...(await lineOf(plan.id, 0)).pairs, ...simple.others].map((pair) => pair.handle);
    const wish = { positionId: positions[0], kind: 'apart', handles: [one, two] };
    const wished = await Promise.all(
      [1, 2].map(() => api.post(`/plans/${plan.id}/wishes`, wish, { 'if-match': `"v${plan.version + 1}"` })),
    );
    expect(wished.map(({ status }) => status).sort(), wished[0]?.text).to.deep.equal([200, 412]);
    expect((await api.post(`/plans/${plan.id}/solve`, {})).status).to.equal(202);
    await (await testApp()).sweep('plans/solve');
    const after = (await read(`/plans/${plan.id}`)) as Plan;
    expect(after.state).to.equal('proposed');
    expect((await lineOf(plan.id, 0)).pairs.map(({ name }) => name)).to.deep.equal([volunteers[0]?.name]);
    expect((await lineOf(plan.id, 1)).pairs).to.deep.equal([]);
  });

  it('sends waves through the one mechanism of offers, tells why, and takes back what nobody answered', async () => {
    const plan = await solved();
    const api = await coordinator.api();
    const seen = { 'if-match': `"v${plan.version}"` };
    const both = await Promise.all(
      [1, 2].map(() => api.post(`/plans/${plan.id}/waves`, { note: '请来帮忙' }, seen)),
    );
    expect(both.filter(({ status }) => status === 202)).to.have.length(1);
    await (await testApp()).sweep('plans/send');
    const [first] = (await lineOf(plan.id, 1)).pairs;
    expect(first?.state).to.equal('offered');
    const own = await (volunteers[0] as Member).api();
    const told = (await own.get(`/me/offers/${first?.assignmentId}/why`)).json<{
      planned: boolean;
      score: number;
    }>();
    expect(told).to.include({ planned: true, score: first?.score });
    const foreign = await (
      await (volunteers[1] as Member).api()
    ).get(`/me/offers/${first?.assignmentId}/why`);
    expect(foreign.status).to.equal(404);
    const page = await (volunteers[0] as Member).page();
    expect((await page.get(`/offers/${first?.assignmentId}/why`)).status).to.equal(200);
    expect((await own.post(`/me/offers/${first?.assignmentId}/accept`, {})).status).to.equal(200);
    const sent = (await read(`/plans/${plan.id}`)) as Plan;
    expect(sent.state).to.equal('proposed');
    const back = { 'if-match': `"v${sent.version}"` };
    expect((await api.post(`/plans/${plan.id}/withdrawal`, { reason: '下雨' }, back)).status).to.equal(202);
    await (await testApp()).sweep('plans/send');
    expect(((await read(`/plans/${plan.id}`)) as Plan).state).to.equal('withdrawn');
    const [left] = (await lineOf(plan.id, 0)).pairs;
    const state = async (id: string | null | undefined): Promise<string> =>
      ((await read(`/assignments/${id}`)) as { state: string }).state;
    expect(await state(left?.assignmentId)).to.equal('cancelled_by_org');
    expect(await state(first?.assignmentId)).to.equal('accepted');
  });

  it('follows a new request, a drop-out and a new volunteer from its kept prices, and few move', async () => {
    // A county of its own: nobody of other places is found here.
    const place = await createTenant({ serviceCounties: ['659101'] });
    // Of unknown age: nobody who is planned.
    const desk = await createMember(place, { roles: ['coordinator'], person: { birthDate: null } });
    const people = [await createMember(place), await createMember(place)];
    const open = await createOpening(place);
    const api = await desk.api();
    const { sweep } = await testApp();
    const plan = (await api.post('/plans', {})).json<Plan>();
    await sweep('plans/solve');
    interface Move {
      name: string | null;
      from: { positionId: string } | null;
      to: { positionId: string } | null;
    }
    let moves: (string | null | undefined)[][] = [];
    const look = async (): Promise<{ moved: number; names: (string | null | undefined)[][] }> => {
      expect((await api.post(`/plans/${plan.id}/look`, {})).status).to.equal(202);
      await sweep('plans/follow');
      const lines = (await api.get(`/plans/${plan.id}/positions`)).json<{ data: Line[] }>().data;
      const shown = (await api.get(`/plans/${plan.id}`)).json<{
        moved: number;
        moves: Move[];
        proof?: { status: string };
      }>();
      expect(shown.proof?.status, JSON.stringify(shown)).to.equal('optimal');
      moves = shown.moves.map(({ name, from, to }) => [name, from?.positionId, to?.positionId]);
      return { moved: shown.moved, names: lines.map(({ pairs }) => pairs.map(({ name }) => name)) };
    };
    const first = await look();
    expect(first.moved).to.equal(0);
    const [chosen] = first.names[0] ?? [];
    // A new request: whoever was planned stays, the other comes in.
    const second = await createOpening(place);
    const other = people.find(({ name }) => name !== chosen);
    expect(await look()).to.deep.equal({ moved: 1, names: [[chosen], [other?.name]] });
    expect(moves).to.deep.equal([[other?.name, undefined, second.positionId]]);
    // Whoever looks at the plan sees who moved where.
    const page = (await (await desk.page()).get(`/plans/${plan.id}?lang=en`)).text;
    expect(page).to.include(`${other?.name}: `).and.include('not proposed before');
    // One says no to the offer, and nobody else is there; then somebody new is.
    const seen = (await api.get(`/plans/${plan.id}`)).json<Plan>();
    await api.post(`/plans/${plan.id}/waves`, {}, { 'if-match': `"v${seen.version}"` });
    await sweep('plans/send');
    const lines = (await api.get(`/plans/${plan.id}/positions`)).json<{ data: Line[] }>().data;
    const asked = lines.find(({ positionId }) => positionId === open.positionId)?.pairs[0]?.assignmentId;
    const quitter = people.find(({ name }) => name === chosen) as Member;
    expect((await (await quitter.api()).post(`/me/offers/${asked}/decline`, {})).status).to.equal(200);
    const newcomer = await createMember(place);
    const after = await look();
    expect(after.moved).to.equal(1);
    expect(after.names.flat()).to.include(newcomer.name);
  });

  it('proposes nobody once more for a place that they declined or left', async () => {
    const place = await createTenant({ serviceCounties: ['659104'] });
    const desk = await createMember(place, { roles: ['coordinator'], person: { birthDate: null } });
    const [quitter, decliner] = [await createMember(place), await createMember(place)];
    const left = await createOpening(place, { position: { required: 2 } });
    const other = await createOpening(place, { position: { required: 2 } });
    const api = await desk.api();
    const { sweep } = await testApp();
    const own = await quitter.api();
    const seat = (await own.post(`/positions/${left.positionId}/assignments`, {})).json<{ id: string }>();
    const version = (await own.get(`/assignments/${seat.id}`)).json<{ version: number }>().version;
    expect(
      (await own.post(`/assignments/${seat.id}/cancel`, { reason: 'ill' }, { 'if-match': `"v${version}"` }))
        .status,
    ).to.equal(200);
    const { data: fitting } = (await api.get(`/positions/${left.positionId}/candidates`)).json<{
      data: { handle: string; membershipId: string | null }[];
    }>();
    const handles = fitting
      .filter(({ membershipId }) => membershipId === decliner.membershipId)
      .map(({ handle }) => handle);
    const { outcomes } = (await api.post(`/positions/${left.positionId}/offers`, { handles })).json<{
      outcomes: [{ assignmentId: string }];
    }>();
    const said = await decliner.api();
    expect((await said.post(`/me/offers/${outcomes[0].assignmentId}/decline`, {})).status).to.equal(200);
    const propose = async (): Promise<(string | null)[][]> => {
      const plan = (await api.post('/plans', {})).json<Plan>();
      await sweep('plans/solve');
      const { data } = (await api.get(`/plans/${plan.id}/positions`)).json<{ data: Line[] }>();
      return [left, other].map(
        ({ positionId }) =>
          data
            .find((line) => line.positionId === positionId)
            ?.pairs.map(({ name }) => name)
            .sort() ?? [],
      );
    };
    expect(await propose()).to.deep.equal([[], [quitter.name, decliner.name].sort()]);
  });

  it('follows what people say of themselves', async () => {
    const place = await createTenant({ serviceCounties: ['659103'] });
    const desk = await createMember(place, { roles: ['coordinator'], person: { birthDate: null } });
    const handy = await createMember(place);
    await createOpening(place, {
      position: { required: 1, skills: [{ code: 'smartphone-help', minLevel: 2 }] },
    });
    const api = await desk.api();
    const { sweep } = await testApp();
    const plan = (await api.post('/plans', {})).json<Plan>();
    await sweep('plans/solve');
    const look = async (): Promise<(string | null)[]> => {
      await api.post(`/plans/${plan.id}/look`, {});
      await sweep('plans/follow');
      const { data } = (await api.get(`/plans/${plan.id}/positions`)).json<{ data: Line[] }>();
      return data.flatMap(({ pairs }) => pairs.map(({ name }) => name));
    };
    expect(await look()).to.deep.equal([]);
    const own = await handy.api();
    const { version } = (await own.get('/me/profile')).json<{ version: number }>();
    const skills = [{ code: 'smartphone-help', level: 2 }];
    const edited = await own.send('PATCH', '/me/profile', { skills }, { 'if-match': `"v${version}"` });
    expect(edited.status, edited.text).to.equal(200);
    expect(await look()).to.deep.equal([handy.name]);
  });

  it('lets nobody stand who no longer fits when it is mended', async () => {
    // A county of its own: nobody of other places is found here.
    const place = await createTenant({ serviceCounties: ['659103'] });
    const desk = await createMember(place, { roles: ['coordinator'], person: { birthDate: null } });
    const people = [await createMember(place), await createMember(place)];
    const held = (await inTenant(place.id, () =>
      inTransaction(() =>
        CredentialModel.create(
          people.map((one, n) => ({
            ...born('valid'),
            personId: new Types.ObjectId(one.personId),
            membershipId: new Types.ObjectId(one.membershipId),
            personName: one.name,
            type: 'social-worker',
            level: 'assistant',
            covers: ['assistant'],
            number: `plan-${n}`,
            issuedOn: '2025-01-01',
            validFrom: '2025-01-01',
            createdAt: new Date(),
          })) as never,
          { ordered: true },
        ),
      ),
    )) as unknown as { _id: Types.ObjectId }[];
    await createOpening(place, {
      position: { required: 1, credentials: [{ type: 'social-worker', level: '' }] },
    });
    const api = await desk.api();
    const { sweep } = await testApp();
    const plan = (await api.post('/plans', {})).json<Plan>();
    await sweep('plans/solve');
    const proposed = async (): Promise<(string | null | undefined)[]> =>
      (await api.get(`/plans/${plan.id}/positions`))
        .json<{ data: Line[] }>()
        .data.flatMap(({ pairs }) => pairs.map(({ name }) => name));
    const [chosen] = await proposed();
    const at = people.findIndex(({ name }) => name === chosen);
    await inTenant(place.id, () =>
      inTransaction(() =>
        CredentialModel.updateOne({ _id: held[at]?._id } as never, { $set: { state: 'suspended' } }),
      ),
    );
    expect((await api.post(`/plans/${plan.id}/look`, {})).status).to.equal(202);
    await sweep('plans/follow');
    expect(await proposed()).to.deep.equal([people[1 - at]?.name]);
  });

  it('spans the organisations below a department: each keeps its own people, and the offers are each one’s own', async () => {
    // A county of its own: nobody of other places is found here.
    const serviceCounties = ['659102'];
    const department = await createTenant({ kind: 'department', serviceCounties });
    const [one, two, beside] = [
      await createTenant({ parentSlug: department.slug, serviceCounties }),
      await createTenant({ parentSlug: department.slug, serviceCounties }),
      await createTenant({ serviceCounties }),
    ];
    const officer = await createMember(department, { roles: ['officer'], person: { birthDate: null } });
    const desk = await createMember(one, { roles: ['coordinator'], person: { birthDate: null } });
    const home = { type: 'Point', coordinates: [119.69, 29.81] };
    const near = { person: { home: home as never } };
    const [first, second] = [await createMember(one, near), await createMember(two, near)];
    await createMember(beside);
    const opened = [await createOpening(one), await createOpening(two), await createOpening(beside)];
    const api = await officer.api();
    const { sweep } = await testApp();
    const started = await api.post('/plans', { below: true });
    expect(started.status, started.text).to.equal(202);
    await sweep('plans/solve');
    const plan = (await api.get(`/plans/${started.json<Plan>().id}`)).json<Plan>();
    expect(plan.state, String(plan.failure)).to.equal('proposed');
    expect(plan.proof).to.include({ status: 'optimal', gap: '0' });
    const linesNow = async (): Promise<Line[]> =>
      (await api.get(`/plans/${plan.id}/positions`)).json<{ data: Line[] }>().data;
    const lines = await linesNow();
    expect(lines.map(({ positionId }) => positionId).sort()).to.deep.equal(
      opened
        .slice(0, 2)
        .map(({ positionId }) => positionId)
        .sort(),
    );
    // Members of other organisations are nobody's to name.
    expect(lines.flatMap(({ pairs }) => pairs.map(({ name }) => name))).to.deep.equal([null, null]);
    const page = await officer.page();
    const shown = await page.get(`/plans/${plan.id}/positions`);
    for (const { name } of [first, second]) expect(shown.text).to.not.include(name);
    // Points for metres would tell, over a few shifts, where somebody lives: of others' members a band counts, in points too.
    for (const { positionId, pairs } of lines) {
      const [pair] = pairs;
      const path = `/plans/${plan.id}/positions/${positionId}/why`;
      const why = (await api.get(`${path}?handle=${pair?.handle}`)).json<Why>();
      const distance = why.parts.find(({ rule }) => rule === 'distance');
      expect(distance?.finding).to.deep.equal({ code: 'distance-within', params: { metres: 3_000 } });
      expect(distance?.share).to.deep.equal({ of: 27_000, from: 30_000 });
      expect(pair).to.include({ score: why.score, distanceMetres: 3_000 });
      expect((await page.get(`${path}?handle=${pair?.handle}`)).status).to.equal(200);
    }
    // Who fits is ranked by the plan of the department, too; of others' needs it says no more than that there are some.
    interface Ranked {
      data: { name: string | null; needed: { here: boolean; price: number; elsewhere: object | null } }[];
      plan: { id: string | null; covers: boolean } | null;
    }
    const rankedAt = async (positionId: string | undefined): Promise<Ranked> =>
      (await (await desk.api()).get(`/positions/${positionId}/candidates`)).json<Ranked>();
    const covered = await rankedAt(opened[0]?.positionId);
    expect(covered.plan).to.include({ id: null, covers: true });
    const planned = covered.data.find(({ needed }) => needed.here);
    expect(planned, JSON.stringify(covered)).to.not.equal(undefined);
    const fresh = await createOpening(one);
    const { data, plan: counted } = await rankedAt(fresh.positionId);
    expect(counted).to.include({ id: null, covers: false });
    for (const { needed } of data) {
      expect(needed.here).to.equal(false);
      expect(JSON.stringify(needed)).to.not.include(String(opened[1]?.positionId));
    }
    const sent = await api.post(`/plans/${plan.id}/waves`, {}, { 'if-match': `"v${plan.version}"` });
    expect(sent.status, sent.text).to.equal(202);
    await sweep('plans/send');
    for (const [at, member] of [first, second].entries()) {
      const line = (await linesNow()).find(({ positionId }) => positionId === opened[at]?.positionId);
      const id = line?.pairs[0]?.assignmentId;
      const own = await member.api();
      expect((await own.post(`/me/offers/${id}/accept`, {})).status).to.equal(200);
      const other = await ([second, first][at] as Member).api();
      expect((await other.get(`/me/offers/${id}/why`)).status).to.equal(404);
    }
  });
});
