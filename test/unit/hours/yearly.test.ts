import { expect } from 'chai';
import fc from 'fast-check';
import { asksYearly, yearlyStanding, yearsToAsk } from '../../../server/features/hours/yearly.rules.ts';

describe('what a volunteer gives in a year', () => {
  const asked = { yearlyHours: 20, yearlyActivities: 1 };

  it('is asked for only where the organisation asks', () => {
    expect(asksYearly({ yearlyHours: 0, yearlyActivities: 0 })).to.equal(false);
    expect(
      yearlyStanding(2026, { yearlyHours: 0, yearlyActivities: 0 }, { minutes: 0, activities: 0 }),
    ).to.equal(null);
    expect(asksYearly({ yearlyHours: 0, yearlyActivities: 1 })).to.equal(true);
  });

  for (const [minutes, activities, missingMinutes, missingActivities, met] of [
    [0, 0, 1_200, 1, false],
    [1_199, 1, 1, 0, false],
    [1_200, 1, 0, 0, true],
    [1_200, 0, 0, 1, false],
    [5_000, 7, 0, 0, true],
    // A reversal in a later year can leave less than nothing in this one.
    [-30, 1, 1_230, 0, false],
  ] as const)
    it(`counts ${minutes} minutes of ${activities} activities`, () => {
      expect(yearlyStanding(2026, asked, { minutes, activities })).to.deep.equal({
        year: 2026,
        minutes,
        neededMinutes: 1_200,
        missingMinutes,
        activities: Math.min(activities, 1),
        neededActivities: 1,
        missingActivities,
        met,
      });
    });

  it('never gets further away by serving more', () => {
    const given = fc.record({ minutes: fc.nat(10_000), activities: fc.nat(20) });
    fc.assert(
      fc.property(given, fc.nat(500), fc.nat(3), (before, minutes, activities) => {
        const after = { minutes: before.minutes + minutes, activities: before.activities + activities };
        const [first, then] = [before, after].map((one) => yearlyStanding(2026, asked, one));
        expect(then?.missingMinutes).to.be.at.most(first?.missingMinutes ?? 0);
        if (first?.met) expect(then?.met).to.equal(true);
      }),
    );
  });

  it('is told of this year and of the one before', () => {
    expect(yearsToAsk('2026-01-01')).to.deep.equal([2026, 2025]);
  });
});
