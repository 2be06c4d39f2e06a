import { expect } from 'chai';
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { distanceMetres } from '../../../server/core/geo.ts';
import {
  addDays,
  addMonths,
  ageOn,
  isDate,
  localDate,
  localWeekdayAndMinute,
  minutesBetween,
  wallToInstant,
  weekdayOf,
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

describe('wall time, beside a calendar library', () => {
  /** Everywhere clocks do something unusual: half hours, changes at midnight, a skipped day, none at all. */
  const ZONES =
    `Asia/Shanghai Europe/Berlin America/New_York America/Sao_Paulo Australia/Lord_Howe Asia/Kathmandu
    Pacific/Apia Africa/Casablanca Asia/Beirut America/St_Johns Africa/Monrovia UTC`.split(/\s+/);

  it('means the first instant that shows it, on every quarter hour around every change of these clocks', () => {
    const QUARTER = 15 * 60_000;
    const HOUR = 4 * QUARTER;
    for (const zone of ZONES) {
      const days = Array.from({ length: 3 * 365 + 1 }, (_unused, day) => Date.UTC(2011, 0, 1 + day));
      const offsets = days.map((at) => DateTime.fromMillis(at, { zone }).offset);
      const changes = days.slice(0, -1).filter((_at, day) => day === 40 || offsets[day] !== offsets[day + 1]);
      for (const change of changes) {
        const first = new Map<string, number>();
        for (let at = change - 30 * HOUR; at < change + 54 * HOUR; at += QUARTER) {
          const shown = DateTime.fromMillis(at, { zone });
          const [date, time] = [shown.toFormat('yyyy-MM-dd'), shown.hour * 60 + shown.minute];
          expect(localDate(new Date(at), zone)).to.equal(date);
          if (!first.has(`${date} ${time}`)) first.set(`${date} ${time}`, at);
        }
        for (const [shown, at] of first) {
          // At the edge of what was looked at, an earlier instant may show the same.
          if (at < change - 26 * HOUR) continue;
          const [date = '', minutes] = shown.split(' ');
          const instant = wallToInstant({ date, minutes: Number(minutes), zone });
          expect(instant.getTime(), `${shown} ${zone}`).to.equal(at);
        }
      }
    }
  });

  it('goes on by months as that does, from any day, also back', () => {
    const date = fc.date({ min: new Date('1900-01-01'), max: new Date('2400-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(date, fc.integer({ min: -1_000, max: 1_000 }), (at, months) => {
        const from = at.toISOString().slice(0, 10);
        const then = DateTime.fromISO(from, { zone: 'utc' }).plus({ months }).toFormat('yyyy-MM-dd');
        expect(addMonths(from, months), `${from} + ${months}`).to.equal(then);
      }),
      { numRuns: 2_000 },
    );
  });

  it('knows dates before 1970, and no zones that there are not', () => {
    expect(wallToInstant({ date: '1938-05-01', minutes: 0, zone: 'Asia/Shanghai' }).toISOString()).to.equal(
      '1938-04-30T16:00:00.000Z',
    );
    expect(localDate(new Date('1938-04-30T16:00:00Z'), 'Asia/Shanghai')).to.equal('1938-05-01');
    expect(() => wallToInstant({ date: '2026-01-01', minutes: 0, zone: 'Mars/Base' })).to.throw(RangeError);
    expect(() => wallToInstant({ date: '2026-02-30', minutes: 0, zone: 'UTC' })).to.throw(RangeError);
  });

  it('counts days and names weekdays across months, years and leap days', () => {
    expect(addDays('2026-12-31', 1)).to.equal('2027-01-01');
    expect(addDays('2024-03-01', -1)).to.equal('2024-02-29');
    expect(weekdayOf('2026-11-29')).to.equal(7);
    expect(weekdayOf('2026-11-30')).to.equal(1);
  });
});
