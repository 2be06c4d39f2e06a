import { expect } from 'chai';
import { createMember, createTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { createOpening, createPosition } from '../../factories/requests.ts';

interface Weights {
  version: number;
  matchingVersion: number;
  rules: { name: string; weight: number | null; on: boolean; fixed: boolean }[];
  versions: { version: number; setBy: string; weights: Record<string, number> }[];
}
interface Ranking {
  data: {
    handle: string;
    membershipId: string;
    score: number;
    parts: { rule: string; points: number; most: number; of: number; from: number }[];
  }[];
  excluded: { membershipId: string; refusals: { code: string }[] }[];
  funnel: { rule: string; remaining: number }[];
}

describe('matching weights', () => {
  let boss: Member;
  let coordinator: Member;

  before(async () => {
    const tenant = await createTenant();
    boss = await createMember(tenant, { roles: ['administrator'] });
    coordinator = await createMember(tenant, { roles: ['coordinator'] });
  });

  it('are an administrator’s, bounded, versioned, and rank from then on', async () => {
    const api = await boss.api();
    const near = await createMember(boss.tenant, {
      person: { home: { type: 'Point', coordinates: [119.69, 29.79] } } as never,
    });
    const keen = await createMember(boss.tenant, {
      person: { home: { type: 'Point', coordinates: [119.69, 29.7] }, interests: ['elderly'] } as never,
    });
    const { positionId, shiftId } = await createOpening(boss.tenant, { request: { category: 'elderly' } });
    const who = await coordinator.api();
    const ranking = async (): Promise<Ranking> =>
      (await who.get(`/positions/${positionId}/candidates`)).json<Ranking>();
    const order = async (): Promise<string[]> =>
      (await ranking()).data
        .map(({ membershipId }) => membershipId)
        .filter((id) => [near.membershipId, keen.membershipId].includes(id));
    expect(await order()).to.deep.equal([near.membershipId, keen.membershipId]);

    const before = (await api.get('/matching/weights')).json<Weights>();
    expect([before.matchingVersion, before.versions]).to.deep.equal([0, []]);
    const seen = { 'if-match': `"v${before.version}"` };
    const set = (body: object, headers: Record<string, string> = seen) =>
      api.send('PATCH', '/matching/weights', body as Record<string, unknown>, headers);
    for (const body of [
      { weights: { preference: 1_001 } },
      { weights: { luck: 1 } },
      { off: ['age'] },
      { restMinutes: 0 },
      { dailyCapMinutes: 1_440 },
    ])
      expect((await set(body)).status, JSON.stringify(body)).to.be.oneOf([400, 422]);
    const answer = await set({ weights: { preference: 1_000, distance: 0 }, off: ['languages'] });
    expect(answer.status, answer.text).to.equal(200);
    const after = answer.json<Weights>();
    expect(after.matchingVersion).to.equal(1);
    expect(after.versions[0]).to.include({ version: 1, setBy: boss.name });
    expect(after.rules.find(({ name }) => name === 'languages')).to.include({ on: false, fixed: false });
    expect((await set({ off: [] })).status).to.equal(412);
    expect(await order()).to.deep.equal([keen.membershipId, near.membershipId]);

    for (const { score, parts } of (await ranking()).data) {
      expect(parts.reduce((sum, { points }) => sum + points, 0)).to.equal(score);
      for (const { points, most, of, from } of parts)
        expect(points).to.equal(Math.floor((most * of) / from + 0.5));
      expect(parts.map(({ rule }) => rule)).to.not.include('distance');
    }
    // One candidate, reckoned on a page of its own.
    const [first] = (await ranking()).data;
    interface Reckoned {
      score: number;
      parts: { points: number; most: number; of: number; from: number }[];
      changes: { code: string }[] | null;
    }
    const { pair } = (
      await who.get(`/positions/${positionId}/candidates/reckoning?handle=${first?.handle}`)
    ).json<{ pair: Reckoned }>();
    expect(pair.score).to.equal(first?.score);
    const shownTo = await (
      await coordinator.page()
    ).get(`/positions/${positionId}/candidates/reckoning?lang=en&handle=${first?.handle}`);
    const number = (n: number): string => n.toLocaleString('en');
    for (const { most, of, from, points } of pair.parts)
      expect(shownTo.text.replaceAll('&#x3D;', '=')).to.include(
        `${number(most)} × ${number(of)} ÷ ${number(from)} = ${number(points)}`,
      );
    expect(
      (await who.get(`/positions/${positionId}/candidates/reckoning?handle=${'A'.repeat(22)}`)).status,
    ).to.equal(404);
    // The person reads the same points, and what would open another.
    const own = await keen.api();
    const mine = (await own.get(`/positions/${positionId}/fit`)).json<Reckoned>();
    expect([mine.score, mine.changes]).to.deep.equal([pair.score, []]);
    const english = await createPosition(boss.tenant, { shiftId, languages: ['en'] });
    const other = (await own.get(`/positions/${english}/fit`)).json<Reckoned>();
    // Switched off above: nobody is kept out by languages here.
    expect(other.changes).to.deep.equal([]);
    const mapped = await (await keen.page()).get('/opportunities?view=map&lang=en');
    expect(mapped.text).to.include('suiting-map').and.include(`/positions/${positionId}/fit`);

    expect((await who.get('/matching/weights')).status).to.equal(403);
    const page = await (await boss.page()).get('/matching/weights?lang=en');
    expect(page.text).to.include('Version 1').and.include('always on');
    const trail = await api.get('/matching/weights');
    expect(trail.json<Weights>().versions).to.have.length(1);
  });

  it('keep the form and what is wrong with it', async () => {
    const page = await boss.page();
    const form = await page.get('/matching/weights');
    const version = /name="_version" value="(\d+)"/.exec(form.text)?.[1] ?? '';
    const wrong = await page.post('/matching/weights', { _version: version, 'weights.distance': '5000' });
    expect(wrong.status).to.equal(422);
    expect(wrong.text).to.include('f-weights-distance-error');
    const saved = await page.post('/matching/weights', { _version: version, 'weights.distance': '400' });
    expect(saved.status).to.equal(303);
  });
});
