import { expect } from 'chai';
import fc from 'fast-check';
import { checkBMatching } from '../../../../server/features/matching/solver/proof-check.ts';
import { solveMarket } from '../../../../server/features/matching/solver/solve-market.ts';
import type { Solution } from '../../../../server/features/matching/solver/solve-market.ts';
import { bruteForce, drawSmall, drawsOf, listOf, marketOf } from './small.ts';
import type { Small } from './small.ts';

const LIMITS = { rows: 4, cols: 4, demand: 3, capacity: 2, least: -3, weights: 12 };

function flowOf(small: Small, solution: Solution): Uint8Array {
  const { origin } = marketOf(small);
  const flow = new Uint8Array(origin.length);
  solution.taken.forEach((taken, e) => (flow[origin[e]!] = taken));
  return flow;
}

const faultOf = (small: Small, solution: Solution): string | null =>
  checkBMatching(listOf(small), flowOf(small, solution), solution);

describe('the b-matching solver', () => {
  it('agrees with brute force on 1,000 small markets, and its proofs hold', () => {
    for (let seed = 1; seed <= 1_000; seed++) {
      const small = drawSmall(seed, { ...LIMITS, weights: seed % 3 === 0 ? 4 : 3_000 });
      const solution = solveMarket(marketOf(small));
      expect(Number(solution.objective), `seed ${seed}`).to.equal(bruteForce(small));
      expect(solution.status).to.equal('optimal');
      expect(faultOf(small, solution), `seed ${seed}`).to.equal(null);
    }
  });

  it('proves markets of hundreds, tight and with many ties', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const below = drawsOf(seed);
      const small: Small = {
        weights: Array.from({ length: 40 }, () =>
          Array.from({ length: 60 }, () =>
            below(3) === 0 ? 1_000 * (1 + below(3)) + below(seed % 2 ? 5 : 900) : null,
          ),
        ),
        demand: Array.from({ length: 40 }, () => 1 + below(5)),
        capacity: Array.from({ length: 60 }, () => 1 + below(3)),
      };
      const solution = solveMarket(marketOf(small));
      expect(solution.status).to.equal('optimal');
      expect(faultOf(small, solution)).to.equal(null);
    }
  });

  it('proves markets of few rows with many slots each', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const below = drawsOf(seed);
      const small: Small = {
        weights: Array.from({ length: 1 + below(8) }, () =>
          Array.from({ length: 150 }, () => (below(4) === 0 ? null : below(seed % 2 ? 6 : 5_000) - 1)),
        ),
        demand: [120, 60, 25, 13, 200, 45, 150, 90],
        capacity: Array.from({ length: 150 }, () => below(4)),
      };
      const market = { ...small, demand: small.demand.slice(0, small.weights.length) };
      const solution = solveMarket(marketOf(market));
      expect(solution.status).to.equal('optimal');
      expect(faultOf(market, solution), `seed ${seed}`).to.equal(null);
    }
  });

  it('starts from any prices and ends with the same objective', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const small = drawSmall(seed, LIMITS);
      const market = marketOf(small);
      const below = drawsOf(seed);
      const prices = Float64Array.from({ length: market.cols }, () => below(14));
      const warm = solveMarket(market, { prices });
      expect(warm.objective).to.equal(solveMarket(market).objective);
      expect(faultOf(small, warm)).to.equal(null);
    }
  });

  it('mends very many over-full columns at once, wherever prices begin', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const below = drawsOf(seed);
      const [rows, cols] = [60 + below(60), 90 + below(120)];
      const spread = [3, 60, 900][seed % 3] ?? 1;
      const small: Small = {
        weights: Array.from({ length: rows }, () =>
          Array.from({ length: cols }, () => (below(4) === 0 ? 20 * (1 + below(2)) + below(spread) : null)),
        ),
        demand: Array.from({ length: rows }, () => below(4)),
        capacity: Array.from({ length: cols }, () => (below(9) === 0 ? 2 : 1) - (below(30) === 0 ? 1 : 0)),
      };
      const market = marketOf(small);
      const cold = solveMarket(market);
      expect(faultOf(small, cold), `seed ${seed}`).to.equal(null);
      for (const price of [0, 25]) {
        const prices = new Float64Array(cols).map(() => below(price + 1));
        const warm = solveMarket(market, { prices });
        expect(warm.objective, `seed ${seed} from ${price}`).to.equal(cold.objective);
        expect(faultOf(small, warm), `seed ${seed} from ${price}`).to.equal(null);
      }
    }
  });

  it('is exact where slots, capacities and weights are near 2^31', () => {
    const most = 2 ** 31 - 1;
    const small: Small = {
      weights: [
        [most, most - 1, -most],
        [most - 5, null, most],
      ],
      demand: [most, 1],
      capacity: [1, most, 0],
    };
    const solution = solveMarket(marketOf(small));
    expect(solution.objective).to.equal(BigInt(most) + BigInt(most - 1));
    expect(faultOf(small, solution)).to.equal(null);
  });

  it('gives a feasible plan and a true bound when time runs out', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const small = drawSmall(seed, LIMITS);
      let left = seed % 4;
      const solution = solveMarket(marketOf(small), { budget: { isOver: () => left-- <= 0 } });
      const best = BigInt(bruteForce(small));
      expect(solution.objective <= best && best <= solution.bound, `seed ${seed}`).to.equal(true);
      expect(faultOf(small, solution)).to.equal(null);
    }
  });

  it('repeats itself to the edge', () => {
    const market = marketOf(drawSmall(7, { ...LIMITS, rows: 30, cols: 30, weights: 2, least: 5 }));
    expect(solveMarket(market).taken).to.deep.equal(solveMarket(market).taken);
  });
});

const someMarket = fc
  .record({
    rows: fc.integer({ min: 1, max: 6 }),
    cols: fc.integer({ min: 1, max: 6 }),
  })
  .chain(({ rows, cols }) =>
    fc.record({
      weights: fc.array(
        fc.array(fc.option(fc.integer({ min: -5, max: 40 }), { nil: null }), {
          minLength: cols,
          maxLength: cols,
        }),
        { minLength: rows, maxLength: rows },
      ),
      demand: fc.array(fc.nat(4), { minLength: rows, maxLength: rows }),
      capacity: fc.array(fc.nat(3), { minLength: cols, maxLength: cols }),
    }),
  );

describe('laws of the optimum', () => {
  it('one more volunteer never makes it worse', () => {
    fc.assert(
      fc.property(
        someMarket,
        fc.array(fc.nat(50), { minLength: 6, maxLength: 6 }),
        fc.nat(3),
        (small, added, room) => {
          const more: Small = {
            weights: small.weights.map((row, r) => [...row, added[r]!]),
            demand: small.demand,
            capacity: [...small.capacity, room],
          };
          expect(solveMarket(marketOf(more)).objective >= solveMarket(marketOf(small)).objective).to.equal(
            true,
          );
        },
      ),
    );
  });

  it('other names change nothing', () => {
    fc.assert(
      fc.property(someMarket, fc.infiniteStream(fc.nat()), (small, stream) => {
        const shuffled = (n: number): number[] =>
          Array.from({ length: n }, (_, i) => ({ i, key: stream.next().value as number }))
            .sort((a, b) => a.key - b.key)
            .map(({ i }) => i);
        const [rows, cols] = [shuffled(small.demand.length), shuffled(small.capacity.length)];
        const renamed: Small = {
          weights: rows.map((r) => cols.map((v) => small.weights[r]![v]!)),
          demand: rows.map((r) => small.demand[r]!),
          capacity: cols.map((v) => small.capacity[v]!),
        };
        expect(solveMarket(marketOf(renamed)).objective).to.equal(solveMarket(marketOf(small)).objective);
      }),
    );
  });
});
