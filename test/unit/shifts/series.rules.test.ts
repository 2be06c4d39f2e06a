import { expect } from 'chai';
import fc from 'fast-check';
import { addDays, wallClock, weekdayOf } from '../../../server/core/time.ts';
import { clashesOf, isThereAlready } from '../../../server/features/shifts/copies.rules.ts';
import type { NeighbourFacts } from '../../../server/features/shifts/copies.rules.ts';
import {
  MOST_REPETITIONS,
  repeatedDates,
  repetitionIssues,
} from '../../../server/features/shifts/series.rules.ts';
import type { Repetition } from '../../../server/features/shifts/series.rules.ts';

/** A Thursday. */
const FIRST = '2026-11-26';
const weekly: Repetition = { everyWeeks: 1, weekdays: [4], until: null, times: 4, except: [] };
const codes = (rule: Repetition): string[] => repetitionIssues(FIRST, rule).map(({ code }) => code);

describe('the dates of a repetition', () => {
  it('count the shift itself as the first, and stop at the number or the last day', () => {
    expect(repeatedDates(FIRST, weekly)).to.deep.equal(['2026-12-03', '2026-12-10', '2026-12-17']);
    const until = { ...weekly, times: null, until: '2026-12-10' };
    expect(repeatedDates(FIRST, until)).to.deep.equal(['2026-12-03', '2026-12-10']);
  });

  it('fall on the chosen weekdays of every other week, weeks beginning on Monday', () => {
    const rule = { ...weekly, everyWeeks: 2, weekdays: [4, 1], times: 5 };
    // The Monday of the first week lies before the shift.
    expect(repeatedDates(FIRST, rule)).to.deep.equal([
      '2026-12-07',
      '2026-12-10',
      '2026-12-21',
      '2026-12-24',
    ]);
  });

  it('leave exceptions out, which use up their place in the count', () => {
    expect(repeatedDates(FIRST, { ...weekly, except: ['2026-12-10'] })).to.deep.equal([
      '2026-12-03',
      '2026-12-17',
    ]);
  });

  it('refuse a rule that does not end, ends twice, ends before it begins, or makes nothing or too much', () => {
    expect(codes({ ...weekly, weekdays: [5] })).to.deep.equal(['own-weekday-missing']);
    expect(codes({ ...weekly, times: null })).to.deep.equal(['repetition-needs-end']);
    expect(codes({ ...weekly, until: '2026-12-31' })).to.deep.equal(['one-end-only']);
    expect(codes({ ...weekly, times: null, until: '2026-11-25' })).to.deep.equal(['until-before-start']);
    expect(codes({ ...weekly, times: null, until: FIRST })).to.deep.equal(['nothing-repeated']);
    expect(codes({ ...weekly, weekdays: [1, 2, 3, 4, 5], times: 400 })).to.deep.equal([
      'too-many-repetitions',
    ]);
    expect(codes({ ...weekly, everyWeeks: 26, times: 20 })).to.deep.equal(['repetition-too-far']);
    expect(codes(weekly)).to.deep.equal([]);
  });

  it('are later than the first, in order, on its weekdays, never more than fit into one making (law)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3_000 }),
        fc.integer({ min: 1, max: 8 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { maxLength: 6 }),
        fc.integer({ min: 2, max: 500 }),
        (offset, everyWeeks, more, times) => {
          const first = addDays('2024-01-01', offset);
          const weekdays = [...new Set([weekdayOf(first), ...more])];
          const dates = repeatedDates(first, { everyWeeks, weekdays, until: null, times, except: [] });
          expect(dates).to.deep.equal([...new Set(dates)].sort());
          expect(dates.every((date) => date > first && weekdays.includes(weekdayOf(date)))).to.equal(true);
          expect(dates.length).to.be.at.most(Math.min(times - 1, MOST_REPETITIONS));
        },
      ),
    );
  });
});

describe('a wall time on the nights of a change', () => {
  it('is skipped, doubled or plain', () => {
    const at = (date: string, minutes: number) => wallClock({ date, minutes, zone: 'America/New_York' });
    expect(at('2027-03-14', 150)).to.equal('skipped');
    expect(at('2027-11-07', 90)).to.equal('twice');
    expect([at('2027-03-14', 60), at('2027-03-14', 180), at('2027-11-07', 540)]).to.deep.equal([
      'once',
      'once',
      'once',
    ]);
  });
});

describe('what stands on the day of a copy', () => {
  const at = (hour: number): Date => new Date(Date.UTC(2026, 11, 1, hour));
  const copy = {
    requestId: 'r',
    leaderPersonId: 'p',
    startsAt: at(1),
    endsAt: at(3),
    positions: ['a', 'b'],
  };
  const other = (change: Partial<NeighbourFacts>): NeighbourFacts => ({
    ...copy,
    id: 's',
    title: 't',
    ...change,
  });

  it('clashes where time and request or leader are shared; half-open', () => {
    const kinds = (change: Partial<NeighbourFacts>) =>
      clashesOf(copy, [other(change)]).map(({ kind }) => kind);
    expect(kinds({ startsAt: at(2), endsAt: at(5) })).to.deep.equal(['same-request']);
    expect(kinds({ requestId: 'q' })).to.deep.equal(['leader']);
    expect(kinds({ startsAt: at(3), endsAt: at(5) })).to.deep.equal([]);
    expect(kinds({ requestId: 'q', leaderPersonId: 'x' })).to.deep.equal([]);
    expect(
      clashesOf({ ...copy, leaderPersonId: null }, [other({ requestId: 'q', leaderPersonId: null })]),
    ).to.deep.equal([]);
  });

  it('is there already only with the same request, times and positions', () => {
    expect(isThereAlready(copy, [other({ positions: ['b', 'a'] })])).to.equal(true);
    expect(isThereAlready(copy, [other({ positions: ['a'] })])).to.equal(false);
    expect(isThereAlready(copy, [other({ endsAt: at(4) })])).to.equal(false);
  });
});
