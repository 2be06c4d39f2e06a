import { expect } from 'chai';
import { checkStaffing } from '../../../server/features/matching/solver/staffing-check.ts';
import { solveStaffing } from '../../../server/features/matching/solver/solve-staffing.ts';
import { staffingOf } from '../../../server/features/matching/solver/staffing.ts';
import { draftStaffing, mondayOf, replayFirstCome } from '../../../server/features/plans/plan.draft.ts';
import { keepForLater } from '../../../server/features/plans/plan.keep.ts';
import { chooseBest } from '../../../server/features/plans/plan.look.ts';
import { PairList } from '../../../server/features/plans/plan.pairs.ts';
import { Calendar, Room } from '../../../server/features/plans/plan.room.ts';
import {
  certifiedOf,
  compare,
  giniThousandths,
  openSlots,
  slotValues,
} from '../../../server/features/plans/plan.rules.ts';
import type { PlanSettings } from '../../../server/features/plans/plan.types.ts';

const settings: PlanSettings = {
  from: '2026-11-02',
  to: '2026-11-22',
  perWeek: 1,
  fill: 'required',
  certifiedFrom: 0,
  seconds: 20,
};

describe('plan rules', () => {
  it('value the first person at a position before all, what is required before what is not', () => {
    expect(slotValues({ required: 2, taken: 0 }, 3)).to.deep.equal([3_000, 2_000, 500]);
    expect(slotValues({ required: 2, taken: 1 }, 2)).to.deep.equal([2_000, 500]);
    expect(slotValues({ required: 2, taken: 1 }, 0)).to.deep.equal([]);
  });

  it('fill what is missing, less what is offered already', () => {
    const position = { required: 3, maximum: 5, taken: 1 };
    expect(openSlots(position, 0, 'required')).to.equal(2);
    expect(openSlots(position, 0, 'maximum')).to.equal(4);
    expect(openSlots(position, 3, 'required')).to.equal(0);
    expect(certifiedOf(4, { ...settings, certifiedFrom: 4 })).to.equal(1);
    expect(certifiedOf(3, { ...settings, certifiedFrom: 4 })).to.equal(0);
    expect(certifiedOf(9, settings)).to.equal(0);
  });

  it('know how unequal minutes are', () => {
    expect(giniThousandths([])).to.equal(0);
    expect(giniThousandths([60, 60, 60])).to.equal(0);
    expect(giniThousandths([0, 0, 0, 240])).to.equal(750);
    expect(giniThousandths([60, 120, 180])).to.equal(222);
  });

  it('compare unit by unit, and name those that fare worse', () => {
    const placed = ['a', 'a', 'b'].map((unitId) => ({ unitId, tenantId: 't', slots: 2, minutes: 60 }));
    const pair = (position: number, person: number, metres: number | null = 100) => ({
      position,
      person,
      metres,
    });
    const found = compare(
      placed,
      [pair(0, 1), pair(0, 2), pair(2, 3)],
      [pair(2, 1), pair(2, 2), pair(0, 3, null)],
    );
    expect(found.worse).to.equal(1);
    expect(found.units).to.deep.equal([
      { unitId: 'a', tenantId: 't', slots: 4, before: 2, after: 1 },
      { unitId: 'b', tenantId: 't', slots: 2, before: 1, after: 2 },
    ]);
    expect(found.after).to.deep.equal({
      filled: 3,
      served: 2,
      full: 1,
      meanMetres: 100,
      giniThousandths: 0,
      people: 3,
    });
  });

  it('begin weeks on Mondays', () => {
    expect(['2026-11-01', '2026-11-02', '2026-11-08', '2026-11-09'].map(mondayOf)).to.deep.equal([
      '2026-10-26',
      '2026-11-02',
      '2026-11-02',
      '2026-11-09',
    ]);
  });
});

describe('the draft of a plan', () => {
  const days = ['2026-11-02', '2026-11-03', '2026-11-03', '2026-11-09'];
  const draftOf = (
    dates: readonly string[],
    perWeek: number,
    engaged: readonly string[] = [],
    pinned: readonly number[] = [],
  ) => {
    const asked = dates.map((day) => ({ slots: 1, required: 1, taken: 0, day, week: mondayOf(day) }));
    const calendar = new Calendar(asked);
    const room = new Room(calendar, perWeek, new Map([[0, new Set(engaged)]]));
    for (const position of pinned) room.engage(0, dates[position] ?? '');
    const pairs = new PairList(dates.length);
    dates.forEach((_day, position) =>
      pairs.add({ position, person: 0, score: 100 + position, certified: false, metres: null }),
    );
    return draftStaffing({
      positions: asked,
      pairs,
      calendar,
      room,
      pinned: pinned.map((position) => ({ position, person: 0, certified: false })),
      settings: { ...settings, perWeek },
    });
  };
  const draft = (perWeek: number, engaged: readonly string[] = [], pinned: readonly number[] = []) =>
    draftOf(days, perWeek, engaged, pinned).staffing;
  const caps = ({ most, inside, cap }: ReturnType<typeof draft>): string[] =>
    [...cap].map(
      (c) => `${c}:${most[c]}${(inside[c] ?? -1) < 0 ? '' : ` in ${inside[c]}:${most[inside[c] ?? 0]}`}`,
    );

  it('asks nobody twice on a day, nor more often in a week than was said', () => {
    expect(caps(draft(1))).to.deep.equal(['0:1', '0:1', '0:1', '1:1']);
    expect(caps(draft(2))).to.deep.equal(['0:1', '1:1', '1:1', '2:1']);
    const threeDays = draftOf(['2026-11-02', '2026-11-03', '2026-11-04'], 2).staffing;
    expect(caps(threeDays)).to.deep.equal(['1:1 in 0:2', '2:1 in 0:2', '3:1 in 0:2']);
  });

  it('leaves room for what people have promised, were asked, or somebody decided', () => {
    expect(caps(draft(1, ['2026-11-05']))).to.deep.equal(['0:0', '0:0', '0:0', '1:1']);
    expect(caps(draft(2, ['2026-11-03']))).to.deep.equal(['0:1', '1:0', '1:0', '2:1']);
    const pinned = draft(1, [], [3]);
    expect(caps(pinned)).to.deep.equal(['0:1', '0:1', '0:1', '1:0']);
    expect([...pinned.slots]).to.deep.equal([1, 1, 1, 0]);
  });

  it('asks for certified people by all open places, whatever people decided of them', () => {
    const asked = [{ slots: 4, required: 4, taken: 0, day: days[0] ?? '', week: mondayOf(days[0] ?? '') }];
    const calendar = new Calendar(asked);
    const certifiedWith = (pinned: readonly boolean[]): number[] => [
      ...draftStaffing({
        positions: asked,
        pairs: new PairList(1),
        calendar,
        room: new Room(calendar, 1, new Map()),
        pinned: pinned.map((certified, person) => ({ position: 0, person, certified })),
        settings: { ...settings, certifiedFrom: 4 },
      }).staffing.certified,
    ];
    expect(certifiedWith([])).to.deep.equal([1]);
    expect(certifiedWith([false, false])).to.deep.equal([1]);
    expect(certifiedWith([false, true])).to.deep.equal([0]);
    expect(certifiedWith([false, false, false, false])).to.deep.equal([0]);
  });

  it('knows what somebody costs at a position by the prices of their day and week, option there or not', () => {
    const { caps: own, staffing } = draftOf(['2026-11-02', '2026-11-03', '2026-11-04'], 2);
    expect([...staffing.inside]).to.deep.equal([-1, 0, 0, 0]);
    const price = Float64Array.of(5, 70, 0, 900);
    expect([0, 1, 2].map((position) => own.paid(price, 0, position))).to.deep.equal([75, 5, 905]);
    expect(own.paid(price, 1, 0)).to.equal(0);
    expect([own.innermost(0, 1), own.innermost(1, 1)]).to.deep.equal([2, -1]);
  });

  it('takes the best so many, and knows the best of those left out', () => {
    const chosen = (most: number): [number[], number] => {
      const found: number[] = [];
      const left = chooseBest({ size: 5, worth: Int32Array.of(3, 9, 3, 1, 3, 99) }, most, (i) =>
        found.push(i),
      );
      return [found, left];
    };
    expect(chosen(5)).to.deep.equal([[0, 1, 2, 3, 4], -1]);
    expect(chosen(4)).to.deep.equal([[0, 1, 2, 4], 1]);
    expect(chosen(2)).to.deep.equal([[0, 1], 3]);
    expect(chosen(1)).to.deep.equal([[1], 3]);
    expect(chosen(0)).to.deep.equal([[], 9]);
  });

  it('keeps fewer options for later that prove the same', () => {
    const [positionCount, personCount] = [6, 120];
    const pairs = new PairList(positionCount);
    const asked = Array.from({ length: positionCount }, (_, r) => ({
      slots: 1 + (r % 3),
      required: 2,
      taken: 0,
      day: `2026-11-0${2 + (r % 4)}`,
      week: '2026-11-02',
    }));
    for (let r = 0; r < positionCount; r++)
      for (let v = 0; v < personCount; v++)
        pairs.add({
          position: r,
          person: v,
          score: (r * 131 + v * v * 17) % 900,
          certified: v % 11 === 0,
          metres: v,
        });
    for (const [perWeek, certifiedFrom] of [
      [1, 0],
      [2, 0],
      [2, 2],
    ] as const) {
      const calendar = new Calendar(asked);
      const room = new Room(calendar, perWeek, new Map());
      const how = { ...settings, perWeek, certifiedFrom };
      const { staffing } = draftStaffing({
        positions: asked,
        pairs,
        calendar,
        room,
        pinned: [],
        settings: how,
      });
      const solved = solveStaffing(staffing);
      const kept = keepForLater({ ...solved, staffing }, pairs);
      expect(kept.used.length).to.be.below(staffing.position.length / 2);
      expect(checkStaffing(kept.staffing, { ...kept, ...solved, used: kept.used })).to.equal(null);
      kept.personOf.forEach((v, k) => {
        expect(kept.metres[k]).to.equal(v);
        expect(kept.staffing.weight[k]).to.equal(((kept.staffing.position[k] ?? 0) * 131 + v * v * 17) % 900);
      });
    }
  });

  it('replays first come, first served within the same caps', () => {
    const staffing = staffingOf(
      [0, 1].map(() => ({ slots: 1, certified: 0, bonus: [] })),
      [
        { most: 1, inside: -1 },
        { most: 1, inside: -1 },
      ],
      [
        { position: 0, cap: 0, weight: 5, certified: false },
        { position: 0, cap: 1, weight: 9, certified: false },
        { position: 1, cap: 1, weight: 8, certified: false },
      ],
    );
    expect(replayFirstCome(staffing, [0, 1])).to.deep.equal([1]);
    expect(replayFirstCome(staffing, [1, 0])).to.deep.equal([2, 0]);
  });
});
