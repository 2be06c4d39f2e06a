import { expect } from 'chai';
import fc from 'fast-check';
import { pairsBeside, PairSearch } from '../../../server/features/matching/index.ts';
import type { FitSettings, PersonSources, PositionFacts } from '../../../server/features/matching/index.ts';
import { pack, unpack } from '../../../server/features/matching/pairs/packed.ts';
import type { PackedPool } from '../../../server/features/matching/pairs/packed.ts';
import type { PoolColumns } from '../../../server/features/matching/pairs/pool.columns.ts';
import { people, places, poolOf, RUNS, someone, somewhere, weighing } from './anybody.ts';
import { settings } from './facts.ts';

const SEED = 20_261_127;

/** Who fits, with scores and metres. */
function found(pool: PoolColumns, facts: PositionFacts, how: FitSettings): number[][] {
  const search = new PairSearch(pool, facts, how);
  const [rows, scores] = [new Int32Array(pool.size), new Int32Array(pool.size)];
  const size = search.find(rows);
  search.score(rows, size, scores);
  return Array.from(rows.subarray(0, size), (row, i) => [row, scores[i] ?? -1, search.metres(row)]);
}

describe('pairs that another thread looks for', () => {
  it('are those of the pool that it was sent, whatever is known of people', () => {
    fc.assert(
      fc.property(people, places, weighing, (sources, asked, how) => {
        const pool = poolOf(sources);
        const sent = unpack(structuredClone(pack(pool)) as PackedPool);
        for (const facts of asked) expect(found(sent, facts, how)).to.deep.equal(found(pool, facts, how));
      }),
      { numRuns: RUNS },
    );
  });

  it('come back from the thread, pool by pool and position by position', async () => {
    const draw = <T>(one: fc.Arbitrary<T>, numRuns: number): T[] => fc.sample(one, { numRuns, seed: SEED });
    const pools = [draw(someone, 300), draw(someone, 80)].map((sources: PersonSources[], at) => ({
      pool: poolOf(sources),
      settings: { ...settings, reachMetres: 20_000 * (at + 1) },
    }));
    const asked = draw(somewhere, 200).map((facts, n) => ({ pool: n % 2, facts }));
    const beside = pairsBeside(pools);
    try {
      const answers = await Promise.all([beside?.find(asked), beside?.find(asked.slice(0, 3))]);
      const [all] = answers;
      expect(all?.start.length).to.equal(asked.length + 1);
      asked.forEach(({ pool, facts }, n) => {
        const own = pools[pool];
        const [from = 0, to = 0] = [all?.start[n], all?.start[n + 1]];
        const there = Array.from({ length: to - from }, (_, i) =>
          [all?.rows, all?.scores, all?.metres].map((array) => array?.[from + i] ?? NaN),
        );
        expect(there).to.deep.equal(own && found(own.pool, facts, own.settings));
      });
      expect(all?.start.at(-1)).to.be.greaterThan(20);
      expect(answers[1]?.start.length).to.equal(4);
    } finally {
      await beside?.close();
    }
  });

  it('are left to who asks once the thread has failed', async () => {
    const [facts] = fc.sample(somewhere, { numRuns: 1, seed: SEED });
    const beside = pairsBeside([{ pool: poolOf(fc.sample(someone, { numRuns: 5, seed: SEED })), settings }]);
    try {
      expect(await beside?.find([{ pool: 7, facts: facts as PositionFacts }])).to.equal(null);
      expect(await beside?.find([{ pool: 0, facts: facts as PositionFacts }])).to.equal(null);
    } finally {
      await beside?.close();
    }
  });
});
