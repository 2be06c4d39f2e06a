import { expect } from 'chai';
import { distanceMetres } from '../../../server/core/geo.ts';
import {
  addMonths,
  ageOn,
  isDate,
  localDate,
  localWeekdayAndMinute,
  minutesBetween,
  wallToInstant,
} from '../../../server/core/time.ts';

const iso = (date: string, minutes: number, zone: string): string =>
  wallToInstant({ date, minutes, zone }).toISOString();

describe('wall time', () => {
  it('becomes the instant at which the zone’s clocks show it', () => {
    expect(iso('2026-11-24', 9 * 60 + 30, 'Asia/Shanghai')).to.equal('2026-11-24T01:30:00.000Z');
    expect(iso('2026-11-24', 0, 'America/New_York')).to.equal('2026-11-24T05:00:00.000Z');
    expect(iso('2026-07-01', 0, 'America/New_York')).to.equal('2026-07-01T04:00:00.000Z');
  });

  it('is 9 or 7 hours long, not 8, in the nights of a clock change (F-31)', () => {
    const night = (date: string, next: string): number =>
      minutesBetween(
        wallToInstant({ date, minutes: 22 * 60, zone: 'Europe/Berlin' }),
        wallToInstant({ date: next, minutes: 6 * 60, zone: 'Europe/Berlin' }),
      );
    expect(night('2026-10-24', '2026-10-25')).to.equal(9 * 60);
    expect(night('2026-03-28', '2026-03-29')).to.equal(7 * 60);
    expect(night('2026-11-24', '2026-11-25')).to.equal(8 * 60);
  });

  it('moves forward by the gap where a time is skipped, and means the first where it occurs twice', () => {
    expect(iso('2026-03-29', 2 * 60 + 30, 'Europe/Berlin')).to.equal('2026-03-29T01:30:00.000Z');
    expect(iso('2026-10-25', 2 * 60 + 30, 'Europe/Berlin')).to.equal('2026-10-25T00:30:00.000Z');
  });

  it('may reach past midnight', () => {
    expect(iso('2026-11-24', 25 * 60, 'Asia/Shanghai')).to.equal('2026-11-24T17:00:00.000Z');
  });

  it('reads back: date, weekday and minute in the zone', () => {
    const instant = new Date('2026-11-24T16:30:00Z');
    expect(localDate(instant, 'Asia/Shanghai')).to.equal('2026-11-25');
    expect(localDate(instant, 'America/New_York')).to.equal('2026-11-24');
    expect(localWeekdayAndMinute(instant, 'Asia/Shanghai')).to.deep.equal({ weekday: 3, minute: 30 });
  });
});

describe('dates', () => {
  it('exist or do not', () => {
    expect(['2026-02-28', '2024-02-29'].every(isDate)).to.equal(true);
    expect(['2026-02-29', '2026-13-01', '2026-1-1', '', '2026-02-28T00:00'].some(isDate)).to.equal(false);
  });

  it('turn people older on their day, not a day before (F-32)', () => {
    expect(ageOn('2008-11-24', '2026-11-23')).to.equal(17);
    expect(ageOn('2008-11-24', '2026-11-24')).to.equal(18);
    expect(ageOn('2008-02-29', '2026-02-28')).to.equal(17);
    expect(ageOn('2008-02-29', '2026-03-01')).to.equal(18);
  });

  it('keep to the month’s end', () => {
    expect(addMonths('2026-01-31', 1)).to.equal('2026-02-28');
    expect(addMonths('2024-03-15', 36)).to.equal('2027-03-15');
  });
});

describe('distance', () => {
  it('is right to a metre in a thousand', () => {
    expect(
      distanceMetres({ latitude: 29.8, longitude: 119.69 }, { latitude: 29.8, longitude: 119.69 }),
    ).to.equal(0);
    expect(distanceMetres({ latitude: 0, longitude: 0 }, { latitude: 0, longitude: 1 })).to.be.closeTo(
      111_195,
      20,
    );
  });
});
