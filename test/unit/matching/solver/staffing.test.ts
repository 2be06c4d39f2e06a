import { expect } from 'chai';
import { checkStaffing } from '../../../../server/features/matching/solver/staffing-check.ts';
import { forceOptions } from '../../../../server/features/matching/solver/staffing-forcing.ts';
import { loadProgramme } from '../../../../server/features/matching/solver/programme.ts';
import { keeps, solveSided } from '../../../../server/features/matching/solver/sides.ts';
import type { Side } from '../../../../server/features/matching/solver/sides.ts';
import { solveStaffing } from '../../../../server/features/matching/solver/solve-staffing.ts';
import { staffingOf } from '../../../../server/features/matching/solver/staffing.ts';
import type { Cap, Option, Position } from '../../../../server/features/matching/solver/staffing.ts';
import { drawsOf, MANY } from './small.ts';

interface Written {
  readonly positions: readonly Position[];
  readonly caps: readonly Cap[];
  readonly options: readonly Option[];
}
const arraysOf = ({ positions, caps, options }: Written) => staffingOf(positions, caps, options);

const KINDS = ['bonus', 'nested', 'certified', 'all'] as const;

/** Two or three people with a week of two days each, two or three positions. */
function drawStaffing(seed: number, kind: (typeof KINDS)[number]): Written {
  const below = drawsOf(seed);
  const [withBonus, nested, certified] = [
    kind !== 'nested',
    kind !== 'bonus',
    kind === 'certified' || kind === 'all',
  ];
  const people = 2 + below(2);
  const caps = Array.from({ length: people }, (_, v) =>
    nested
      ? [
          { most: below(3), inside: -1 },
          { most: below(3), inside: 3 * v },
          { most: below(3), inside: 3 * v },
        ]
      : [{ most: below(3), inside: -1 }],
  ).flat();
  const positions = Array.from({ length: 2 + below(2) }, () => {
    const slots = below(4);
    const bonus = withBonus ? [below(9), below(9), below(9)].sort((a, b) => b - a).slice(0, below(4)) : [];
    return { slots, certified: certified ? below(slots + 2) : 0, bonus };
  });
  const options = positions.flatMap((_, position) =>
    Array.from({ length: people }, (__, v) => v)
      .filter(() => below(4) > 0)
      .map((v) => ({
        position,
        cap: nested ? 3 * v + 1 + below(2) : v,
        weight: below(14) - 3,
        certified: (v + seed) % 2 === 0,
      })),
  );
  return { positions, caps, options };
}

/** What a choice of options is worth, null where it breaks a rule. */
function worth({ positions, caps, options }: Written, used: (i: number) => boolean): number | null {
  const load = caps.map(() => 0);
  const filled = positions.map(() => 0);
  const open = positions.map(() => 0);
  let sum = 0;
  options.forEach((option, i) => {
    if (!used(i)) return;
    for (let cap = option.cap; cap >= 0; cap = caps[cap]!.inside) load[cap]!++;
    const { bonus } = positions[option.position]!;
    sum += option.weight + (bonus[filled[option.position]!++] ?? bonus.at(-1) ?? 0);
    if (!option.certified) open[option.position]!++;
  });
  if (caps.some(({ most }, i) => load[i]! > most)) return null;
  const broken = positions.some(
    ({ slots, certified }, i) => filled[i]! > slots || open[i]! > Math.max(0, slots - certified),
  );
  return broken ? null : sum;
}

function bruteForce(staffing: Written, forced = -1): number {
  let best = forced < 0 ? 0 : -Infinity;
  for (let set = 0; set < 1 << staffing.options.length; set++) {
    if (forced >= 0 && ((set >> forced) & 1) === 0) continue;
    best = Math.max(best, worth(staffing, (i) => ((set >> i) & 1) === 1) ?? -Infinity);
  }
  return best;
}

/** One to three rules over two or three options each; using nobody always keeps them. */
function drawSides(seed: number, options: number): Side[] {
  const below = drawsOf(seed + 7_000);
  if (options < 3) return [];
  const some = (count: number): number[] => {
    const chosen = new Set<number>();
    while (chosen.size < count) chosen.add(below(options));
    return [...chosen];
  };
  return Array.from({ length: 1 + below(3) }, (): Side => {
    const kind = below(3);
    if (kind === 0) return { options: some(2), factors: [1, -1], least: 0, most: 0 };
    if (kind === 1) return { options: some(3), factors: [1, 1, 1], least: -Infinity, most: 1 };
    return { options: some(1), factors: [1], least: 0, most: 0 };
  });
}

describe('staffing with all that is a flow', () => {
  for (const kind of KINDS) {
    it(`agrees with brute force on small plans, from scratch and from an earlier one: ${kind}`, () => {
      for (let seed = 1; seed <= MANY; seed++) {
        const written = drawStaffing(seed, kind);
        const staffing = arraysOf(written);
        const plan = solveStaffing(staffing);
        expect(Number(plan.objective), `seed ${seed}`).to.equal(bruteForce(written));
        expect(plan.bound).to.equal(plan.objective);
        expect(worth(written, (i) => plan.used[i] === 1)).to.equal(Number(plan.objective));
        expect(checkStaffing(staffing, plan)).to.equal(null);
        const other = { ...staffing, weight: staffing.weight.map((w, o) => (o === seed % 5 ? w + 3 : w)) };
        const again = solveStaffing(other, { earlier: plan });
        expect(again.objective, `seed ${seed}`).to.equal(solveStaffing(other).objective);
        expect(checkStaffing(other, again)).to.equal(null);
        // Nothing moves where nothing changed.
        expect(solveStaffing(staffing, { earlier: plan }).used).to.deep.equal(plan.used);
      }
    });
  }

  it('knows what forcing each pair would lose, and who would move for it', () => {
    for (let seed = 1; seed <= MANY; seed++) {
      const written = drawStaffing(seed, KINDS[seed % KINDS.length]!);
      const staffing = arraysOf(written);
      const plan = solveStaffing(staffing);
      const all = forceOptions(staffing, plan, [...written.options.keys()]);
      for (const [option, { loss, out, in: come }] of all.entries()) {
        expect(Number(plan.objective) - loss, `seed ${seed}, option ${option}`).to.equal(
          bruteForce(written, option),
        );
        if (loss === Infinity || plan.used[option] === 1) continue;
        const moved = plan.used.slice();
        for (const o of out) moved[o] = 0;
        for (const o of [...come, option]) moved[o] = 1;
        expect(worth(written, (i) => moved[i] === 1)).to.equal(Number(plan.objective) - loss);
      }
    }
  });

  it('refuses every falsified proof', () => {
    for (let seed = 1; seed <= MANY; seed++) {
      const written = drawStaffing(seed, KINDS[seed % KINDS.length]!);
      const staffing = arraysOf(written);
      const plan = solveStaffing(staffing);
      const refused = (claim: object): void => {
        expect(checkStaffing(staffing, { ...plan, ...claim }), `seed ${seed}`).to.be.a('string');
      };
      refused({ objective: plan.objective + 1n, bound: plan.bound + 1n });
      refused({ bound: plan.bound - 1n });
      const [price, open] = [plan.proof.price.slice(), plan.proof.open.slice()];
      price[0] = -1;
      refused({ proof: { ...plan.proof, price } });
      open[0] = 0.5;
      refused({ proof: { ...plan.proof, open } });
      if (plan.used.length === 0) continue;
      const used = plan.used.slice();
      used[seed % used.length] = 2;
      refused({ used });
      used[seed % used.length] = plan.used[seed % used.length] === 1 ? 0 : 1;
      // Another plan is worth something else, unless by chance it is worth as much and keeps every rule.
      const other = worth(written, (i) => used[i] === 1);
      if (other === null || BigInt(other) !== plan.objective) refused({ used });
    }
  });

  it('keeps side rules as well as brute force does: same people, together, apart, never', async () => {
    const programme = await loadProgramme();
    for (let seed = 1; seed <= MANY; seed++) {
      const written = drawStaffing(seed, KINDS[seed % KINDS.length]!);
      const staffing = arraysOf(written);
      const sides = drawSides(seed, written.options.length);
      const plan = solveSided(staffing, sides, programme);
      let best = 0;
      for (let set = 0; set < 1 << written.options.length; set++) {
        const used = Uint8Array.from(written.options, (_, i) => (set >> i) & 1);
        if (sides.every((side) => keeps(side, used)))
          best = Math.max(best, worth(written, (i) => used[i] === 1) ?? -Infinity);
      }
      expect(Number(plan.objective), `seed ${seed}`).to.equal(best);
      expect(plan.status).to.equal('optimal');
      expect(checkStaffing(staffing, plan)).to.equal(null);
      expect(sides.every((side) => keeps(side, plan.used))).to.equal(true);
    }
  });

  it('spreads people over positions where the first slot is worth most', () => {
    const bonus = [100, 10, 10];
    const positions = [0, 1].map(() => ({ slots: 3, certified: 0, bonus }));
    const caps = [0, 1].map(() => ({ most: 1, inside: -1 }));
    const option = (position: number, cap: number, weight: number) => ({
      position,
      cap,
      weight,
      certified: false,
    });
    const options = [option(0, 0, 50), option(0, 1, 50), option(1, 0, 5), option(1, 1, 5)];
    expect(solveStaffing(staffingOf(positions, caps, options)).objective).to.equal(255n);
  });

  it('refuses a bonus that rises and caps that go in circles', () => {
    const position = { slots: 2, certified: 0, bonus: [1, 2] };
    expect(() => solveStaffing(staffingOf([position], [], []))).to.throw(RangeError);
    const caps = [
      { most: 1, inside: 1 },
      { most: 1, inside: 0 },
    ];
    expect(() => solveStaffing(staffingOf([], caps, []))).to.throw(Error, 'circle');
  });
});
