import { expect } from 'chai';
import fc from 'fast-check';
import {
  addWorkingDays,
  isWeekday,
  workingDaysBetween,
} from '../../../server/features/calendars/calendar.rules.ts';
import {
  isKnownYear,
  isNationalWorkingDay,
  nationalDays,
} from '../../../server/features/calendars/calendar.national.ts';

const national = { isWorkingDay: isNationalWorkingDay };
const plain = { isWorkingDay: isWeekday };

describe('working days', () => {
  it('count as in worked example A (R-1.13): across the October holiday of 2026 and its make-up Saturday', () => {
    const ends = '2026-09-28';
    const days = [1, 2, 3, 4, 5, 6, 10].map((count) => addWorkingDays(ends, count, national));
    expect(days).to.deep.equal([
      '2026-09-29',
      '2026-09-30',
      '2026-10-08',
      '2026-10-09',
      '2026-10-10',
      '2026-10-12',
      '2026-10-16',
    ]);
    expect(addWorkingDays(ends, 10, plain)).to.equal('2026-10-12');
  });

  it('know the nation’s days off and make-up days', () => {
    expect(isNationalWorkingDay('2026-02-14'), 'a working Saturday').to.equal(true);
    expect(isNationalWorkingDay('2026-02-17'), 'a Tuesday off').to.equal(false);
    expect(isNationalWorkingDay('2026-11-25')).to.equal(true);
    expect(isNationalWorkingDay('2026-11-28')).to.equal(false);
    expect(isKnownYear(2026)).to.equal(true);
    expect(nationalDays(2026)).to.deep.include({
      date: '2026-10-10',
      kind: 'work',
      name: { 'zh-CN': '国庆节', en: 'National Day' },
    });
    // Until the holidays of a year are announced, Monday to Friday count, and the page says so.
    expect([isKnownYear(2027), nationalDays(2027)]).to.deep.equal([false, []]);
    expect(isNationalWorkingDay('2027-10-01')).to.equal(true);
  });

  it('are counted the same forwards and back', () => {
    const date = fc
      .integer({ min: 0, max: 4_000 })
      .map((days) => new Date(Date.UTC(2020, 0, 1) + days * 86_400_000).toISOString().slice(0, 10));
    fc.assert(
      fc.property(date, fc.integer({ min: 0, max: 60 }), (from, count) => {
        for (const calendar of [national, plain]) {
          const to = addWorkingDays(from, count, calendar);
          expect(workingDaysBetween(from, to, calendar)).to.equal(count);
          if (count > 0) expect(calendar.isWorkingDay(to)).to.equal(true);
        }
      }),
    );
  });

  it('end somewhere, or say that they never would', () => {
    expect(() => addWorkingDays('2026-01-01', 1, { isWorkingDay: () => false })).to.throw(
      'without working days',
    );
    expect(addWorkingDays('2026-01-01', 0, plain)).to.equal('2026-01-01');
  });
});
