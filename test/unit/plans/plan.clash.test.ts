import { expect } from 'chai';
import { Types } from 'mongoose';
import { clashing } from '../../../server/features/plans/plan.clash.ts';
import { newSomebody } from '../../../server/features/plans/plan.ground.ts';
import type { OpenPosition } from '../../../server/features/plans/plan.ground.ts';
import { Judge } from '../../../server/features/plans/plan.judge.ts';
import type { Planned } from '../../../server/features/plans/plan.outcome.ts';
import { PairList } from '../../../server/features/plans/plan.pairs.ts';
import { position } from '../matching/facts.ts';

const HOUR = 3_600_000;
const MONDAY = Date.UTC(2026, 10, 23);
const tenant = {
  id: '0123456789abcdef01234567',
  zone: 'UTC',
  serviceCounties: [],
  settings: { minAge: 14, dailyCapMinutes: 600 },
  matching: {
    version: 0,
    weights: {},
    off: [],
    weeklyCapMinutes: 1_200,
    restMinutes: 480,
    reachMetres: 20_000,
  },
};

/** A position that asks for nothing but time, from so many hours after the beginning of a week on. */
const asked = (from: number, hours: number): OpenPosition =>
  ({
    tenant: 0,
    position: { _id: new Types.ObjectId() },
    facts: {
      ...position,
      startsAt: new Date(MONDAY + from * HOUR),
      endsAt: new Date(MONDAY + (from + hours) * HOUR),
      startDate: new Date(MONDAY + from * HOUR).toISOString().slice(0, 10),
      lengthMinutes: 60 * hours,
      ...{ skills: [], credentials: [], pools: [], trainings: [], languages: [], minAge: null, maxAge: null },
    },
    claimed: new Set<string>(),
    settled: new Set<string>(),
  }) as unknown as OpenPosition;

/** Those of one person's options, in the order of the positions, that clash. */
function clashesOf(positions: readonly OpenPosition[], scores: readonly number[], pinned = false): number[] {
  const one = newSomebody({
    _id: new Types.ObjectId(),
    county: null,
    birthDate: '1990-01-01',
    availability: [],
    languages: [],
    skills: [],
    consents: [],
  } as never);
  const somebody = { ...one, memberOf: new Map([[0, { state: 'approved', kind: 'volunteer' } as never]]) };
  const members = [{ tenant: tenant as never, unitIds: null }];
  const pairs = new PairList(positions.length);
  const pairAt = (r: number) => ({
    position: r,
    person: 0,
    score: scores[r] ?? 0,
    certified: false,
    metres: null,
  });
  positions.forEach((_one, r) => pairs.add(pairAt(r)));
  return clashing(
    {
      ground: { positions, people: [somebody] },
      input: { members },
      judge: new Judge(members, [new Set<string>()], new Date(MONDAY - HOUR)),
      pairs,
      pinned: pinned ? [pairAt(0)] : [],
    } as unknown as Planned,
    positions.map((_one, r) => r).slice(pinned ? 1 : 0),
  );
}

describe('places of one person in a plan', () => {
  it('may lie on days that follow each other', () => {
    expect(clashesOf([asked(9, 3), asked(33, 3), asked(57, 3)], [500, 600, 700])).to.deep.equal([]);
  });

  it('never overlap across midnight: the better stays', () => {
    expect(clashesOf([asked(22, 4), asked(25, 3)], [500, 600])).to.deep.equal([0]);
    expect(clashesOf([asked(22, 4), asked(25, 3)], [600, 600])).to.deep.equal([1]);
  });

  it('leave the rest that the rules ask for', () => {
    expect(clashesOf([asked(20, 3), asked(30, 8)], [700, 600])).to.deep.equal([1]);
    expect(clashesOf([asked(20, 3), asked(31, 3)], [700, 600])).to.deep.equal([]);
  });

  it('sum up to no more than a week allows', () => {
    const days = [0, 1, 2].map((day) => asked(24 * day + 9, 7));
    expect(clashesOf(days, [500, 600, 700])).to.deep.equal([0]);
  });

  it('give way to what people decided', () => {
    expect(clashesOf([asked(22, 4), asked(25, 3)], [1, 999], true)).to.deep.equal([1]);
  });
});
