import { expect } from 'chai';
import { LivePlan } from '../../../../server/features/matching/solver/live-plan.ts';
import { bruteForce, drawSmall, drawsOf, marketOf } from './small.ts';
import type { Small } from './small.ts';

const LIMITS = { rows: 4, cols: 4, demand: 3, capacity: 2, least: -3, weights: 30 };

describe('a plan that lives', () => {
  it('stays optimal while requests come', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const small = drawSmall(seed, LIMITS);
      const kept = Math.min(1, small.demand.length);
      const live = new LivePlan(
        marketOf({
          weights: small.weights.slice(0, kept),
          demand: small.demand.slice(0, kept),
          capacity: small.capacity,
        }),
      );
      for (let r = kept; r < small.demand.length; r++) {
        const fits = [...small.capacity.keys()].filter((v) => small.weights[r]![v] !== null);
        const weights = Int32Array.from(fits, (v) => small.weights[r]![v]!);
        expect(live.addRequest(Int32Array.from(fits), weights, small.demand[r]!)).to.equal(r);
      }
      const solution = live.solution();
      expect([solution.status, Number(solution.objective)], `seed ${seed}`).to.deep.equal([
        'optimal',
        bruteForce(small),
      ]);
    }
  });

  it('takes more requests than it had room for', () => {
    const live = new LivePlan(marketOf({ weights: [], demand: [], capacity: [900, 1] }));
    for (let i = 0; i < 800; i++)
      live.addRequest(Int32Array.of(1, 0), Int32Array.of(9 + (i % 7), 5), 1 + (i % 3));
    const { objective, status } = live.solution();
    // The one seat of the second volunteer goes to a request to which it is worth most.
    expect([status, objective]).to.deep.equal(['optimal', BigInt(800 * 5 + 15)]);
  });

  it('stays optimal while slots and capacities change', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const small = drawSmall(seed, LIMITS);
      const below = drawsOf(seed + 1_000);
      const live = new LivePlan(marketOf(small));
      let now: Small = small;
      for (let round = 0; round < 3; round++) {
        now = {
          ...now,
          demand: now.demand.map((d) => (below(2) === 0 ? d : below(5))),
          capacity: now.capacity.map((c) => (below(2) === 0 ? c : below(4))),
        };
        now.demand.forEach((d, r) => live.setDemand(r, d));
        now.capacity.forEach((c, v) => live.setCapacity(v, c));
        expect(live.rebalance()).to.equal(true);
        expect(Number(live.solution().objective), `seed ${seed}`).to.equal(bruteForce(now));
      }
    }
  });

  it('knows what forcing any pair loses, exactly', () => {
    let forced = 0;
    for (let seed = 1; seed <= 250; seed++) {
      const small = drawSmall(seed, LIMITS);
      const live = new LivePlan(marketOf(small));
      const best = bruteForce(small);
      small.weights.forEach((row, r) => {
        row.forEach((weight, v) => {
          const cost = live.costOfForcing(r, v);
          if (weight === null) return expect(cost).to.equal(null);
          if (small.demand[r] === 0 || small.capacity[v] === 0) return expect(cost).to.equal(Infinity);
          // The pair is set: one slot and one unit less, and the rest at its best.
          const rest = bruteForce({
            weights: small.weights.map((other, i) =>
              i === r ? other.map((w, j) => (j === v ? null : w)) : other,
            ),
            demand: small.demand.map((d, i) => (i === r ? d - 1 : d)),
            capacity: small.capacity.map((c, j) => (j === v ? c - 1 : c)),
          });
          forced++;
          return expect(cost, `seed ${seed}, ${r} with ${v}`).to.equal(best - rest - weight);
        });
      });
    }
    expect(forced).to.be.greaterThan(300);
  });
});
