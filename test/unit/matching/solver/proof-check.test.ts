import { expect } from 'chai';
import {
  checkAssignment,
  checkBMatching,
  checkCut,
} from '../../../../server/features/matching/solver/proof-check.ts';

/** Two requests, three volunteers; the best is 9 + 7 = 16, volunteer 0 costs 3. */
const GIVEN = {
  row: Int32Array.of(0, 0, 1, 1),
  col: Int32Array.of(0, 1, 0, 2),
  weight: Int32Array.of(9, 5, 10, 7),
  demand: Int32Array.of(1, 1),
  capacity: Int32Array.of(1, 1, 1),
};
const FLOW = Uint8Array.of(1, 0, 0, 1);
const PROOF = {
  surplus: Float64Array.of(6, 7),
  price: Float64Array.of(3, 0, 0),
  objective: 16n,
  bound: 16n,
};

describe('the checker of proofs', () => {
  it('takes a proof that holds and names what is wrong with every falsified one', () => {
    expect(checkBMatching(GIVEN, FLOW, PROOF)).to.equal(null);
    const f = Float64Array.of;
    const wrong: [string, Uint8Array, Partial<typeof PROOF>][] = [
      ['the objective is 16', FLOW, { objective: 17n }],
      ['the bound is 16', FLOW, { bound: 15n }],
      ['the bound is 17', FLOW, { surplus: f.call(Float64Array, 6, 8) }],
      ['the bound is 17', FLOW, { price: f.call(Float64Array, 3, 0, 1) }],
      ['no whole number from 0', FLOW, { price: f.call(Float64Array, 3.5, 0, 0) }],
      ['no whole number from 0', FLOW, { surplus: f.call(Float64Array, 6, -1) }],
      ['no whole number from 0', FLOW, { price: f.call(Float64Array, NaN, 0, 0) }],
      ['wrong length', FLOW, { price: f.call(Float64Array, 3, 0) }],
      ['wrong length', Uint8Array.of(1, 0, 0), {}],
      ['row 0 uses more', Uint8Array.of(1, 1, 0, 1), { objective: 21n }],
      ['column 0 is used beyond', Uint8Array.of(1, 0, 1, 0), { objective: 19n }],
      ['edge 0 is used more than once', Uint8Array.of(2, 0, 0, 1), {}],
      ['the objective is 9', Uint8Array.of(1, 0, 0, 0), {}],
    ];
    for (const [fault, flow, change] of wrong) {
      expect(checkBMatching(GIVEN, flow, { ...PROOF, ...change }), fault).to.include(fault);
    }
  });

  it('refuses falsified assignments', () => {
    const given = {
      nodes: 4,
      isLeft: Uint8Array.of(0, 1, 1, 0, 0),
      left: Int32Array.of(1, 1, 2, 2),
      right: Int32Array.of(3, 4, 3, 4),
      value: Int32Array.of(1, 5, 2, 8),
    };
    const flow = Uint8Array.of(0, 1, 1, 0);
    const price = Float64Array.of(5, 6, 4, 0);
    const claim = { objective: 7n, bound: 7n };
    expect(checkAssignment(given, flow, price, claim)).to.equal(null);
    expect(checkAssignment(given, Uint8Array.of(1, 0, 0, 1), price, claim)).to.include('the objective is 9');
    expect(checkAssignment(given, Uint8Array.of(0, 1, 0, 1), price, claim)).to.include('node 3 is paired 0');
    expect(checkAssignment(given, Uint8Array.of(0, 1, 1, 2), price, claim)).to.include('more than once');
    expect(checkAssignment(given, flow, Float64Array.of(6, 6, 4, 0), claim)).to.include('the bound is');
    expect(checkAssignment(given, flow, Float64Array.of(5.5, 6, 4, 0), claim)).to.include('whole number');
    expect(checkAssignment(given, flow, price, { ...claim, bound: 6n })).to.include('the bound is 7');
  });

  it('refuses falsified cuts', () => {
    const given = {
      nodes: 6,
      isLeft: Uint8Array.of(0, 1, 1, 1, 0, 0, 0),
      left: Int32Array.of(1, 2, 3, 3),
      right: Int32Array.of(4, 4, 5, 6),
      value: Int32Array.of(1, 1, 1, 1),
    };
    expect(checkCut(given, [1, 2, 4])).to.equal(null);
    expect(checkCut(given, [1, 4])).to.include('enough');
    expect(checkCut(given, [1, 2])).to.include('neighbour');
    expect(checkCut(given, [1, 2, 1, 4])).to.include('twice');
    expect(checkCut(given, [])).to.include('equal');
  });
});
