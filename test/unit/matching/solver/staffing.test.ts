import { expect } from 'chai';
import { solveStaffing } from '../../../../server/features/matching/solver/staffing.ts';
import type { Staffing } from '../../../../server/features/matching/solver/staffing.ts';
import { drawsOf } from './small.ts';

const KINDS = ['bonus', 'nested', 'certified', 'all'] as const;

/** Two or three people with a week of two days each, two or three positions. */
function drawStaffing(seed: number, kind: (typeof KINDS)[number]): Staffing {
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
function worth({ positions, caps, options }: Staffing, used: (i: number) => boolean): number | null {
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

function bruteForce(staffing: Staffing): number {
  let best = 0;
  for (let set = 0; set < 1 << staffing.options.length; set++) {
    best = Math.max(best, worth(staffing, (i) => ((set >> i) & 1) === 1) ?? 0);
  }
  return best;
}

describe('staffing with all that is a flow', () => {
  for (const kind of KINDS) {
    it(`agrees with brute force on 250 small plans: ${kind}`, () => {
      for (let seed = 1; seed <= 250; seed++) {
        const staffing = drawStaffing(seed, kind);
        const { used, objective, bound } = solveStaffing(staffing);
        expect(Number(objective), `seed ${seed}`).to.equal(bruteForce(staffing));
        expect(bound).to.equal(objective);
        expect(worth(staffing, (i) => used[i] === 1)).to.equal(Number(objective));
      }
    });
  }

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
    expect(solveStaffing({ positions, caps, options }).objective).to.equal(255n);
  });

  it('refuses a bonus that rises and caps that go in circles', () => {
    const position = { slots: 2, certified: 0, bonus: [1, 2] };
    expect(() => solveStaffing({ positions: [position], caps: [], options: [] })).to.throw(RangeError);
    const caps = [
      { most: 1, inside: 1 },
      { most: 1, inside: 0 },
    ];
    expect(() => solveStaffing({ positions: [], caps, options: [] })).to.throw(Error, 'circle');
  });
});
