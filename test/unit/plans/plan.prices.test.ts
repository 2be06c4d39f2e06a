import { expect } from 'chai';
import { draftStaffing, mondayOf } from '../../../server/features/plans/plan.draft.ts';
import { PairList } from '../../../server/features/plans/plan.pairs.ts';
import { pricedOf } from '../../../server/features/plans/plan.priced.ts';
import { dayPrices } from '../../../server/features/plans/plan.prices.ts';
import { Calendar, Room } from '../../../server/features/plans/plan.room.ts';
import { idAt, packIds } from '../../../server/features/plans/plan.store.ts';
import { solveStaffing } from '../../../server/features/matching/solver/solve-staffing.ts';

const id = (n: number): string => n.toString(16).padStart(24, '0');
// Descending, so that nothing is in order by chance.
const PEOPLE = [id(9), id(7), id(5)];
const POSITIONS = [id(101), id(102), id(103)];
const DAYS = ['2026-11-23', '2026-11-24', '2026-12-01'];

/** Three people, three positions of one place each: two in one week, one in the next. */
function planned(perWeek: number, scores: readonly (readonly number[])[]) {
  const positions = DAYS.map((day) => ({ slots: 1, required: 1, taken: 0, day, week: mondayOf(day) }));
  const calendar = new Calendar(positions);
  const pairs = new PairList(positions.length);
  scores.forEach((own, person) =>
    own.forEach((score, position) => {
      if (score > 0) pairs.add({ position, person, score, certified: false, metres: null });
    }),
  );
  const draft = draftStaffing({
    positions,
    pairs,
    calendar,
    room: new Room(calendar, perWeek, new Map()),
    pinned: [],
    settings: { from: DAYS[0]!, to: DAYS[2]!, perWeek, fill: 'required', certifiedFrom: 0, seconds: 1 },
  });
  const run = solveStaffing(draft.staffing) as never;
  return pricedOf({ draft, run, pairs }, { personIds: packIds(PEOPLE), positionIds: packIds(POSITIONS) });
}

const shown = (found: ReturnType<typeof dayPrices>): [string, number, string][] =>
  Array.from(found?.price ?? [], (price, i) => [
    idAt(found?.ids ?? new Uint8Array(), i),
    price,
    idAt(found?.at ?? new Uint8Array(), i),
  ]);

describe('prices of a plan', () => {
  it('say of a day what the plan gives up by losing somebody, and where it has them', () => {
    // The first alone can take the second position; the first position has the second person besides.
    const priced = planned(1, [
      [600, 500, 0],
      [400, 0, 0],
      [0, 0, 300],
    ]);
    // Once a week: whoever is needed on Tuesday is needed on Monday, and on every other day of that week.
    const [, price] = shown(dayPrices('k', priced, '2026-11-23')).find(([who]) => who === PEOPLE[0]) ?? [];
    expect(price).to.be.above(0);
    for (const date of ['2026-11-23', '2026-11-24', '2026-11-29'])
      expect(shown(dayPrices('k', priced, date)), date).to.deep.include([PEOPLE[0], price, POSITIONS[1]]);
    const next = dayPrices('k', priced, '2026-12-01');
    expect(shown(next)).to.not.deep.include([PEOPLE[0], price, POSITIONS[1]]);
    expect(shown(dayPrices('k', priced, '2026-12-09'))).to.deep.equal([]);
    expect(dayPrices('k', null, '2026-11-23')).to.equal(null);
  });

  it('add what the day costs to what the week does, each person once and in the order of ids', () => {
    const on = Int32Array.from([-20261123, -20261123, 20261123, 20261123]);
    const found = dayPrices(
      'k',
      {
        on,
        ids: packIds([id(5), id(9), id(5), id(7)]),
        at: packIds([id(101), id(102), id(104), id(103)]),
        price: Int32Array.from([10, 20, 3, 4]),
      },
      '2026-11-23',
    );
    expect(shown(found)).to.deep.equal([
      [id(5), 13, id(104)],
      [id(7), 4, id(103)],
      [id(9), 20, id(102)],
    ]);
  });
});
