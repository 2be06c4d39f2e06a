import { expect } from 'chai';
import { staffingOf } from '../../../server/features/matching/solver/staffing.ts';
import { draftStaffing, mondayOf, replayFirstCome } from '../../../server/features/plans/plan.draft.ts';
import type { DraftPair } from '../../../server/features/plans/plan.draft.ts';
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
  const positions = days.map((day) => ({ slots: 1, required: 1, taken: 0, day, week: mondayOf(day) }));
  const pairs = days.map((_day, position): DraftPair => ({
    position,
    person: 0,
    score: 100 + position,
    certified: false,
    metres: null,
  }));
  const draft = (perWeek: number, engaged: readonly string[] = [], pinned: readonly number[] = []) =>
    draftStaffing({
      positions,
      pairs,
      engaged: () => new Set(engaged),
      pinned: pinned.map((position) => ({ position, person: 0 })),
      settings: { ...settings, perWeek },
    }).staffing;
  const caps = ({ most, inside, cap }: ReturnType<typeof draft>): string[] =>
    [...cap].map(
      (c) => `${c}:${most[c]}${(inside[c] ?? -1) < 0 ? '' : ` in ${inside[c]}:${most[inside[c] ?? 0]}`}`,
    );

  it('asks nobody twice on a day, nor more often in a week than was said', () => {
    expect(caps(draft(1))).to.deep.equal(['0:1', '0:1', '0:1', '1:1']);
    expect(caps(draft(2))).to.deep.equal(['0:1', '1:1', '1:1', '2:1']);
    const threeDays = draftStaffing({
      positions: ['2026-11-02', '2026-11-03', '2026-11-04'].map((day) => ({
        slots: 1,
        required: 1,
        taken: 0,
        day,
        week: mondayOf(day),
      })),
      pairs: pairs.slice(0, 3),
      engaged: () => undefined,
      pinned: [],
      settings: { ...settings, perWeek: 2 },
    }).staffing;
    expect(caps(threeDays)).to.deep.equal(['1:1 in 0:2', '2:1 in 0:2', '3:1 in 0:2']);
  });

  it('leaves room for what people have promised, were asked, or somebody decided', () => {
    expect(caps(draft(1, ['2026-11-05']))).to.deep.equal(['0:0', '0:0', '0:0', '1:1']);
    expect(caps(draft(2, ['2026-11-03']))).to.deep.equal(['0:1', '1:0', '1:0', '2:1']);
    const pinned = draft(1, [], [3]);
    expect(caps(pinned)).to.deep.equal(['0:1', '0:1', '0:1', '1:0']);
    expect([...pinned.slots]).to.deep.equal([1, 1, 1, 0]);
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
