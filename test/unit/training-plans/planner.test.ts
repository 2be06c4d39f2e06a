import { expect } from 'chai';
import { bruteForce } from '../../../bench/training/brute.ts';
import { county } from '../../../bench/training/county.ts';
import { small } from '../../../bench/training/small.ts';
import { planGreedily } from '../../../server/features/training-plans/planner/greedy.ts';
import { improve } from '../../../server/features/training-plans/planner/improve.ts';
import {
  boundOf,
  EXACT_LIMITS,
  planTraining,
  USUAL_LIMITS,
} from '../../../server/features/training-plans/planner/planner.ts';
import type { Problem } from '../../../server/features/training-plans/planner/planner.types.ts';
import { urgencyOf } from '../../../server/features/training-plans/planner/urgency.rules.ts';
import { faultsOf, worthOf } from '../../../server/features/training-plans/planner/worth.ts';

const session = (change: object = {}) => ({
  start: 0,
  end: 60,
  course: 0,
  room: -1,
  instructor: -1,
  seats: 1,
  cost: 100,
  ...change,
});

const option = (person: number, candidate: number, need: number, minutes: number, room = -1) => ({
  person,
  candidate,
  serves: [{ need, minutes, room }],
});

describe('the training planner', function () {
  this.timeout(60_000);

  it('finds what trying everything finds, on small instances', async () => {
    for (let seed = 101; seed <= 112; seed += 1) {
      const problem = small(seed);
      const plan = await planTraining(problem, EXACT_LIMITS);
      expect(faultsOf(problem, plan), String(seed)).to.deep.equal([]);
      expect(plan.worth, String(seed)).to.equal(bruteForce(problem));
      expect(plan.optimal).to.equal(true);
    }
  });

  it('sees past the largest session: two halves are worth more than a whole that blocks both', async () => {
    const person = (weight: number, minutes: number, index: number) => ({ person: index, minutes, weight });
    const problem: Problem = {
      people: 4,
      needs: [person(4, 60, 0), person(4, 60, 1), person(4, 60, 2), person(4, 60, 3)],
      candidates: [
        session({ end: 240, room: 0, seats: 3, course: 0 }),
        session({ end: 120, room: 0, seats: 2, course: 1 }),
        session({ start: 120, end: 240, room: 0, seats: 2, course: 2 }),
      ],
      options: [
        option(0, 0, 0, 60),
        option(1, 0, 1, 60),
        option(2, 0, 2, 60),
        option(0, 1, 0, 60),
        option(1, 1, 1, 60),
        option(2, 2, 2, 60),
        option(3, 2, 3, 60),
      ],
      rooms: [],
      budget: 1_000,
      mostEach: 2,
    };
    expect(planGreedily(problem, 'most').held).to.deep.equal([0]);
    const plan = await planTraining(problem, EXACT_LIMITS);
    expect(plan.held).to.deep.equal([1, 2]);
    expect(plan.worth).to.equal(4 * 60 * 4 - 4);
  });

  it('keeps to seats, rooms, instructors, money and people’s time at a county’s size, and is the same each time', async () => {
    const problem = county({ people: 150, candidates: 40, seed: 5, budgetShare: 0.4 });
    const greedy = planGreedily(problem, 'most');
    const better = improve(problem, greedy, 40);
    expect(better).to.deep.equal(improve(problem, greedy, 40));
    for (const plan of [greedy, planGreedily(problem, 'most-for-money'), better]) {
      expect(faultsOf(problem, plan)).to.deep.equal([]);
      expect(plan.worth).to.be.at.most(boundOf(problem));
    }
    expect(better.worth).to.be.at.least(greedy.worth);
    // In parts, where the whole is too large.
    const parts = await planTraining(problem, {
      ...USUAL_LIMITS,
      rounds: 20,
      wholeOptions: 0,
      parts: 2,
      seconds: 20,
    });
    expect(faultsOf(problem, parts)).to.deep.equal([]);
    expect(parts.worth).to.be.at.least(greedy.worth);
  });

  it('invites nobody who gains nothing, and finds a fault where there is one', () => {
    const problem: Problem = {
      people: 1,
      needs: [{ person: 0, minutes: 30, weight: 1 }],
      candidates: [session(), session({ start: 30, end: 90, course: 1 })],
      options: [option(0, 0, 0, 60), option(0, 1, 0, 60)],
      rooms: [],
      budget: 100,
      mostEach: 1,
    };
    expect(planGreedily(problem, 'most')).to.deep.equal({ held: [0], invited: [0], worth: 29 });
    const both = { held: [0, 1], invited: [0, 1], worth: worthOf(problem, [0, 1]) };
    expect(faultsOf(problem, both)).to.have.length(3);
  });

  it('counts what several sessions share once, as where a programme caps a form of learning', async () => {
    // Two hours of self-study are left; the course in the room gives less, but counts beside them.
    const problem: Problem = {
      people: 1,
      needs: [{ person: 0, minutes: 300, weight: 8 }],
      candidates: [
        session({ course: 0 }),
        session({ start: 60, end: 120, course: 1 }),
        session({ start: 120, end: 180, course: 2 }),
      ],
      options: [option(0, 0, 0, 120, 0), option(0, 1, 0, 120, 0), option(0, 2, 0, 60)],
      rooms: [120],
      budget: 1_000,
      mostEach: 2,
    };
    expect(worthOf(problem, [0, 1])).to.equal(8 * 120 - 2);
    expect(worthOf(problem, [0, 1, 2])).to.equal(8 * 180 - 3);
    const best = { held: [0, 2], worth: 8 * 180 - 2 };
    for (const rule of ['most', 'most-for-money'] as const)
      expect(planGreedily(problem, rule)).to.deep.include(best);
    const plan = await planTraining(problem, EXACT_LIMITS);
    expect([plan.worth, plan.invited.length, plan.optimal]).to.deep.equal([best.worth, 2, true]);
    expect(bruteForce(problem)).to.equal(best.worth);
  });

  it('weighs by the days that are left, in steps', () => {
    for (const [days, weight] of [
      [-400, 8],
      [60, 8],
      [61, 4],
      [120, 4],
      [121, 2],
      [240, 2],
      [241, 1],
    ] as const)
      expect(urgencyOf(days), String(days)).to.equal(weight);
  });

  it('holds what an officer wants held, and counts for each person what their programme counts', async () => {
    const problem: Problem = {
      people: 2,
      needs: [
        { person: 0, minutes: 120, weight: 1 },
        { person: 1, minutes: 120, weight: 8 },
      ],
      // One room at one time: the second session would close more.
      candidates: [
        session({ room: 0 }),
        session({ room: 0, course: 1 }),
        session({ start: 90, end: 150, course: 2 }),
      ],
      options: [
        option(0, 0, 0, 60),
        option(1, 1, 1, 60),
        // A cap leaves the second person half of the third session.
        option(1, 2, 1, 30),
      ],
      rooms: [],
      budget: 300,
      mostEach: 2,
    };
    expect((await planTraining(problem, EXACT_LIMITS)).held).to.deep.equal([1, 2]);
    const fixed = await planTraining({ ...problem, fixed: [0] }, EXACT_LIMITS);
    expect([fixed.held, fixed.worth]).to.deep.equal([[0, 2], 60 - 1 + 240 - 1]);
    const empty = await planTraining(
      { ...problem, options: problem.options.slice(1), fixed: [0] },
      EXACT_LIMITS,
    );
    expect(empty.held).to.deep.equal([0, 2]);
    for (const rule of ['most', 'most-for-money'] as const)
      expect(planGreedily({ ...problem, fixed: [0] }, rule).held).to.deep.equal([0, 2]);
  });
});
