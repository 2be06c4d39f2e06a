import { expect } from 'chai';
import { sortEdges } from '../../../../server/features/matching/solver/market.ts';
import { checkAssignment, checkCut } from '../../../../server/features/matching/solver/proof-check.ts';
import { solveAssignment } from '../../../../server/features/matching/solver/solve-assignment.ts';
import { UNLIMITED } from '../../../../server/features/matching/solver/budget.ts';
import { bruteForceAssignment, drawsOf } from './small.ts';

type Costs = (number | null)[][];

/** Left nodes are 1 … n, right nodes n + 1 … */
function solve(costs: Costs, cols = costs.length, budget = UNLIMITED) {
  const arcs = costs.flatMap((row, r) => row.flatMap((cost, v) => (cost === null ? [] : [{ r, v, cost }])));
  const rows = costs.length;
  const list = {
    rows,
    cols,
    row: Int32Array.from(arcs, ({ r }) => r),
    col: Int32Array.from(arcs, ({ v }) => v),
    weight: Int32Array.from(arcs, ({ cost }) => -cost),
  };
  const ones = new Int32Array(Math.max(rows, cols)).fill(1);
  const market = { rows, cols, demand: ones, capacity: ones, ...sortEdges(list) };
  const given = {
    nodes: rows + cols,
    isLeft: Uint8Array.from({ length: rows + cols + 1 }, (_, node) => (node >= 1 && node <= rows ? 1 : 0)),
    left: list.row.map((r) => r + 1),
    right: list.col.map((v) => rows + v + 1),
    value: list.weight.map((w) => -w),
  };
  const solution = solveAssignment(market, budget);
  if (solution.status === 'infeasible') {
    const cut = [...solution.rows.map((r) => r + 1), ...solution.cols.map((v) => rows + v + 1)];
    return { status: solution.status, cost: null, fault: checkCut(given, cut), bound: null };
  }
  const flow = new Uint8Array(arcs.length);
  for (const e of solution.edgeOf) flow[market.origin[e]!] = 1;
  const price = Float64Array.from([...solution.surplus.map((u) => -u), ...solution.price]);
  const claim = { objective: -solution.objective, bound: -solution.bound };
  const fault = checkAssignment(given, flow, price, claim);
  return { status: solution.status, cost: Number(claim.objective), fault, bound: Number(claim.bound) };
}

function drawCosts(seed: number, largest: number, span: number): Costs {
  const below = drawsOf(seed);
  const n = below(largest + 1);
  const gaps = 1 + below(6);
  return Array.from({ length: n }, () =>
    Array.from({ length: n }, () => (below(6) < gaps - 1 ? null : below(span) - Math.floor(span / 3))),
  );
}

describe('the assignment solver', () => {
  it('agrees with brute force on 1,000 small assignments, feasible or not', () => {
    const seen = { optimal: 0, infeasible: 0, feasible: 0 };
    for (let seed = 1; seed <= 1_000; seed++) {
      const costs = drawCosts(seed, 6, [3, 20, 2 ** 31][seed % 3]!);
      const { status, cost, fault } = solve(costs);
      expect(cost, `seed ${seed}`).to.equal(bruteForceAssignment(costs));
      expect(fault, `seed ${seed}`).to.equal(null);
      seen[status]++;
    }
    expect(seen.feasible).to.equal(0);
    expect(Math.min(seen.optimal, seen.infeasible)).to.be.greaterThan(100);
  });

  it('proves hard families of a few hundred nodes: products, two costs, narrow and triangular', () => {
    const below = drawsOf(3);
    const n = 120;
    const families: Record<string, (r: number, v: number) => number | null> = {
      products: (r, v) => (r + 1) * (v + 1),
      twoCosts: () => (below(2) === 0 ? 100 : 100_000_000),
      narrow: () => below(3),
      triangular: (r, v) => (v > r ? null : below(100_000)),
      band: (r, v) => (Math.abs(r - v) > 2 ? null : below(1_000_000)),
      equal: () => 5,
      huge: () => below(2) * (2 ** 31 - 1) * (below(2) === 0 ? 1 : -1),
    };
    for (const [name, cost] of Object.entries(families)) {
      const costs = Array.from({ length: n }, (_, r) => Array.from({ length: n }, (__, v) => cost(r, v)));
      const { status, fault } = solve(costs);
      expect([status, fault], name).to.deep.equal(['optimal', null]);
    }
  });

  it('knows nothing, one by one, and sides that differ', () => {
    expect(solve([])).to.include({ status: 'optimal', cost: 0, fault: null });
    expect(solve([[-4]])).to.include({ status: 'optimal', cost: -4, fault: null });
    expect(solve([[null]])).to.include({ status: 'infeasible', fault: null });
    expect(solve([[1, 2]], 2)).to.include({ status: 'infeasible', fault: null });
  });

  it('gives a whole assignment and a true bound when time runs out', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const costs = drawCosts(seed, 6, 1_000);
      let left = seed % 5;
      const { status, cost, fault, bound } = solve(costs, costs.length, { isOver: () => left-- <= 0 });
      const least = bruteForceAssignment(costs);
      expect(fault).to.equal(null);
      if (least === null) expect(status).to.equal('infeasible');
      else expect(bound! <= least && least <= cost!, `seed ${seed}`).to.equal(true);
    }
  });
});
