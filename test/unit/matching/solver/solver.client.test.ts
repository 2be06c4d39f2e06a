import { expect } from 'chai';
import type { Market } from '../../../../server/features/matching/solver/market.ts';
import {
  createSolverClient,
  SolveCancelled,
} from '../../../../server/features/matching/solver/solver.client.ts';
import { solveMarket } from '../../../../server/features/matching/solver/solve-market.ts';
import { drawsOf, marketOf } from './small.ts';

function drawMarket(size: number): Market {
  const below = drawsOf(size);
  return marketOf({
    weights: Array.from({ length: size }, () =>
      Array.from({ length: 2 * size }, () => (below(4) === 0 ? 1_000 + below(4_000) : null)),
    ),
    demand: Array.from({ length: size }, () => 1 + below(3)),
    capacity: Array.from({ length: 2 * size }, () => 1),
  });
}

/** The same arrays on memory that threads share. */
function shared(market: Market): Market {
  const share = (array: Int32Array): Int32Array => {
    const copy = new Int32Array(new SharedArrayBuffer(array.byteLength));
    copy.set(array);
    return copy;
  };
  const { start, col, weight, demand, capacity } = market;
  return {
    rows: market.rows,
    cols: market.cols,
    start: share(start),
    col: share(col),
    weight: share(weight),
    demand: share(demand),
    capacity: share(capacity),
  };
}

describe('the solver in its thread', () => {
  const client = createSolverClient();
  after(() => client.close());

  it('gives the same plan as here, with progress, on shared memory, and again from kept prices', async () => {
    const market = shared(drawMarket(60));
    const phases: string[] = [];
    const run = await client.solve('a', market, { onPhase: (phase) => phases.push(phase) });
    const here = solveMarket(market);
    expect([run.status, run.objective, run.bound]).to.deep.equal(['optimal', here.objective, here.objective]);
    expect(run.taken).to.deep.equal(here.taken);
    expect(phases).to.deep.equal(['auction', 'repair', 'proof']);
    const again = await client.solve('a', market, { prices: run.price });
    expect(again.objective).to.equal(here.objective);
  });

  it('lets tenants take turns, each with one run at a time', async () => {
    const market = shared(drawMarket(20));
    const ended: string[] = [];
    const run = (tenant: string, name: string) => client.solve(tenant, market).then(() => ended.push(name));
    await Promise.all([run('a', 'a1'), run('a', 'a2'), run('a', 'a3'), run('b', 'b1')]);
    expect(ended).to.deep.equal(['a1', 'b1', 'a2', 'a3']);
  });

  it('stops at its time with a bound, and at once when nobody wants it any more', async () => {
    const market = shared(drawMarket(200));
    const late = await client.solve('a', market, { milliseconds: 0 });
    const best = (await client.solve('a', market)).objective;
    expect(late.status).to.equal('feasible');
    expect(late.objective <= best && best <= late.bound).to.equal(true);
    const controller = new AbortController();
    const unwanted = [1, 2].map(() =>
      client.solve('a', market, { signal: controller.signal }).then(
        () => 'done',
        (err: unknown) => err,
      ),
    );
    controller.abort();
    for (const end of unwanted) expect(await end).to.be.instanceOf(SolveCancelled);
    expect((await client.solve('a', market)).objective).to.equal(best);
  });

  it('tells a fault and works on', async () => {
    const broken = { ...drawMarket(5), start: new Int32Array(0) };
    const fault = await client.solve('a', broken as Market).then(
      () => null,
      (err: unknown) => err,
    );
    expect(fault).to.be.instanceOf(Error);
    expect((await client.solve('a', drawMarket(5))).status).to.equal('optimal');
  });
});
