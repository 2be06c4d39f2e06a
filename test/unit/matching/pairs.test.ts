import { expect } from 'chai';
import fc from 'fast-check';
import { distanceMetres } from '../../../server/core/geo.ts';
import { fit, personFacts } from '../../../server/features/matching/index.ts';
import { HARD_RULES } from '../../../server/features/matching/hard.rules.ts';
import { pointsOf, weightOf } from '../../../server/features/matching/matching.rules.ts';
import { SOFT_RULES } from '../../../server/features/matching/soft.rules.ts';
import { Asked } from '../../../server/features/matching/pairs/asked.ts';
import { cellOf, cellsWithin, keyOf } from '../../../server/features/matching/pairs/cells.ts';
import { hardColumn } from '../../../server/features/matching/pairs/hard.columns.ts';
import { PairSearch } from '../../../server/features/matching/pairs/pair.search.ts';
import { softColumn } from '../../../server/features/matching/pairs/soft.columns.ts';
import { people, places, poolOf, RUNS, tenant, weighing } from './anybody.ts';

describe('pairs among columns', () => {
  for (const rule of HARD_RULES)
    it(`keep out whom the rule ${rule.name} keeps out`, () => {
      fc.assert(
        fc.property(people, places, weighing, (sources, asked, how) => {
          const pool = poolOf(sources);
          for (const facts of asked) {
            const column = hardColumn(rule.name, new Asked(pool, facts, how));
            const left = Int32Array.from({ length: pool.size }, (_, row) => row);
            const size = typeof column === 'function' ? column(left, pool.size) : column ? 0 : pool.size;
            const expected = [...Array(pool.size).keys()].filter((row) => {
              const person = personFacts(sources[pool.who[row] ?? 0]!, facts, tenant);
              return rule.judge(facts, person, how).length === 0;
            });
            expect([...left.subarray(0, size)]).to.deep.equal(expected);
          }
        }),
        { numRuns: RUNS },
      );
    });

  for (const rule of SOFT_RULES)
    it(`give the points that the rule ${rule.name} gives`, () => {
      fc.assert(
        fc.property(people, places, weighing, (sources, asked, how) => {
          const pool = poolOf(sources);
          const rows = Int32Array.from({ length: pool.size }, (_, row) => row);
          for (const facts of asked) {
            const column = softColumn(rule.name, new Asked(pool, facts, how));
            const points = new Int32Array(pool.size).fill(typeof column === 'number' ? column : 0);
            if (typeof column === 'function') column(rows, pool.size, points);
            const expected = [...rows].map((row) => {
              const person = personFacts(sources[pool.who[row] ?? 0]!, facts, tenant);
              const weight = weightOf(rule, how);
              return weight > 0 ? pointsOf(weight, rule.judge(facts, person, how)) : 0;
            });
            expect([...points]).to.deep.equal(expected);
          }
        }),
        { numRuns: RUNS },
      );
    });

  it('find everybody who fits, each once, with score and distance, whatever is switched off', () => {
    fc.assert(
      fc.property(people, places, weighing, (sources, asked, how) => {
        const pool = poolOf(sources);
        for (const facts of asked) {
          const search = new PairSearch(pool, facts, how);
          const [rows, scores] = [new Int32Array(pool.size), new Int32Array(pool.size)];
          const size = search.find(rows);
          search.score(rows, size, scores);
          const found = Array.from(rows.subarray(0, size), (row, i): [number, number, number | null] => {
            const metres = search.metres(row);
            return [pool.who[row] ?? -1, scores[i] ?? -1, metres < 0 ? null : metres];
          });
          const expected = sources.flatMap((one, number) => {
            const own = fit(facts, personFacts(one, facts, tenant), how);
            return own.eligible ? [[number, own.score, own.distanceMetres]] : [];
          });
          expect(found.sort((a, b) => a[0] - b[0])).to.deep.equal(expected);
        }
      }),
      { numRuns: 2 * RUNS },
    );
  });

  it('look into every cell within reach', () => {
    const degrees = fc.record({
      latitude: fc.double({ min: -90, max: 90, noNaN: true }),
      longitude: fc.double({ min: -180, max: 180, noNaN: true }),
    });
    const near = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(degrees, near, near, fc.integer({ min: 0, max: 150_000 }), (from, up, along, metres) => {
        const latitude = Math.min(90, Math.max(-90, from.latitude + up));
        const longitude =
          ((((from.longitude + along / Math.cos((from.latitude * Math.PI) / 180) + 180) % 360) + 360) % 360) -
          180;
        if (distanceMetres(from, { latitude, longitude }) > metres) return;
        const key = keyOf(...cellOf(latitude, longitude));
        expect(cellsWithin(from, metres).some(([first, last]) => key >= first && key <= last)).to.equal(true);
      }),
      { numRuns: 20 * RUNS },
    );
  });
});
