import { expect } from 'chai';
import {
  addDays,
  addMonths,
  ageOn,
  localDate,
  localMinutes,
  minutesBetween,
  startOfDay,
  wallClock,
  wallToInstant,
} from '../../../server/core/time.ts';
import { nearOnes, overlap } from '../../../server/features/assignments/near.rules.ts';
import {
  acceptedSteps,
  codeStep,
  whyNotCheckIn,
  whyNotCheckOut,
} from '../../../server/features/attendance/attendance.rules.ts';
import { periodDays, periodRefusals } from '../../../server/features/certificates/certificate.rules.ts';
import { expiringFrom, nextState, validToOf } from '../../../server/features/credentials/credential.rules.ts';
import { logFaults, recordedMinutes } from '../../../server/features/hours/hours.rules.ts';
import { answerBy } from '../../../server/features/offers/offer.rules.ts';
import { comesOfAge, isMinor } from '../../../server/features/people/age.rules.ts';
import { repeatedDates } from '../../../server/features/shifts/series.rules.ts';
import { spanIssues } from '../../../server/features/shifts/shift.rules.ts';
import { formatTimeSpan } from '../../../server/i18n/format.ts';
import { startCommand } from '../../support/command.ts';

const HOUR = 60;
const MINUTE_MS = 60_000;
const at = (date: string, minutes: number, zone: string): Date => wallToInstant({ date, minutes, zone });
const iso = (date: string, minutes: number, zone: string): string => at(date, minutes, zone).toISOString();
const later = (instant: Date, milliseconds: number): Date => new Date(instant.getTime() + milliseconds);

/** Clocks that change, in golden cases (F-31). */
describe('the night of a clock change', () => {
  /** From 22:00 to 06:00 of the next day, in hours as they pass. */
  const NIGHTS: readonly (readonly [zone: string, date: string, hours: number])[] = [
    ['Asia/Shanghai', '2026-10-24', 8],
    ['Europe/Berlin', '2026-03-28', 7],
    ['Europe/Berlin', '2026-10-24', 9],
    ['Europe/London', '2026-03-28', 7],
    ['Europe/London', '2026-10-24', 9],
    ['America/New_York', '2026-03-07', 7],
    ['America/New_York', '2026-10-31', 9],
    ['America/Havana', '2026-03-07', 7],
    ['America/Havana', '2026-10-31', 9],
    ['Australia/Lord_Howe', '2026-04-04', 8.5],
    ['Australia/Lord_Howe', '2026-10-03', 7.5],
    ['Asia/Kolkata', '2026-03-28', 8],
    // China itself once had summer time: old records are read with it.
    ['Asia/Shanghai', '1988-04-16', 7],
  ];
  for (const [zone, date, hours] of NIGHTS)
    it(`is as long as it was: ${zone} ${date} has ${hours} h`, () => {
      const [from, to] = [at(date, 22 * HOUR, zone), at(addDays(date, 1), 6 * HOUR, zone)];
      expect(minutesBetween(from, to)).to.equal(hours * 60);
      const recorded = recordedMinutes({
        plannedFrom: from.getTime(),
        plannedTo: to.getTime(),
        attendedFrom: from.getTime(),
        attendedTo: to.getTime(),
        breakMinutes: 30,
        roundToMinutes: 1,
        lateGraceMinutes: 15,
        countedBefore: null,
        countedAfter: null,
      });
      expect(recorded.minutes).to.equal(hours * 60 - 30);
      expect(spanIssues({ startsAt: from, endsAt: to, breakMinutes: 0 })).to.deep.equal([]);
      expect(formatTimeSpan(from, to, { locale: 'en', zone }))
        .to.include('22:00')
        .and.include('06:00');
    });
});

describe('a time that clocks skip or show twice', () => {
  const TIMES: readonly (readonly [
    zone: string,
    date: string,
    time: number,
    how: string,
    instant: string,
  ])[] = [
    ['Europe/Berlin', '2026-03-29', 119, 'once', '2026-03-29T00:59:00.000Z'],
    ['Europe/Berlin', '2026-03-29', 120, 'skipped', '2026-03-29T01:00:00.000Z'],
    ['Europe/Berlin', '2026-03-29', 150, 'skipped', '2026-03-29T01:30:00.000Z'],
    ['Europe/Berlin', '2026-03-29', 180, 'once', '2026-03-29T01:00:00.000Z'],
    ['Europe/Berlin', '2026-10-25', 119, 'once', '2026-10-24T23:59:00.000Z'],
    ['Europe/Berlin', '2026-10-25', 150, 'twice', '2026-10-25T00:30:00.000Z'],
    ['Europe/Berlin', '2026-10-25', 180, 'once', '2026-10-25T02:00:00.000Z'],
    // Half an hour only.
    ['Australia/Lord_Howe', '2026-10-04', 135, 'skipped', '2026-10-03T15:45:00.000Z'],
    ['Australia/Lord_Howe', '2026-04-05', 105, 'twice', '2026-04-04T14:45:00.000Z'],
    // The day begins at one o'clock, and half a year later with two midnights.
    ['America/Havana', '2026-03-08', 0, 'skipped', '2026-03-08T05:00:00.000Z'],
    ['America/Havana', '2026-11-01', 0, 'twice', '2026-11-01T04:00:00.000Z'],
    ['Asia/Shanghai', '2026-03-29', 150, 'once', '2026-03-28T18:30:00.000Z'],
  ];
  for (const [zone, date, time, how, instant] of TIMES)
    it(`means one instant: ${zone} ${date} minute ${time} (${how})`, () => {
      expect(iso(date, time, zone)).to.equal(instant);
      expect(wallClock({ date, minutes: time, zone })).to.equal(how);
    });

  it('does not move the day: it begins at its first instant, and the one before belongs to yesterday', () => {
    for (const [date, zone] of [
      ['2026-03-08', 'America/Havana'],
      ['2026-11-01', 'America/Havana'],
      ['2026-03-29', 'Europe/Berlin'],
      ['2026-10-25', 'Europe/Berlin'],
      ['2026-11-26', 'Asia/Shanghai'],
      ['2026-11-26', 'America/Los_Angeles'],
    ] as const) {
      const first = startOfDay(date, zone);
      expect(localDate(first, zone), `${zone} ${date}`).to.equal(date);
      expect(localDate(later(first, -1), zone), `${zone} before ${date}`).to.equal(addDays(date, -1));
    }
  });
});

describe('a shift that is repeated', () => {
  it('keeps its time on the wall through summer and winter, in every zone', () => {
    const rule = { everyWeeks: 1, weekdays: [7], until: null, times: 60, except: [] };
    for (const zone of ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Shanghai', 'UTC']) {
      const dates = ['2026-03-01', ...repeatedDates('2026-03-01', rule)];
      expect(dates).to.have.length(60);
      const starts = dates.map((date) => at(date, 9 * HOUR, zone));
      expect(new Set(starts.map((start) => localMinutes(start, zone)))).to.deep.equal(new Set([9 * HOUR]));
      expect(starts.map((start) => localDate(start, zone))).to.deep.equal(dates);
      const steps = new Set(starts.slice(1).map((start, n) => minutesBetween(starts[n] as Date, start)));
      const week = 7 * 24 * 60;
      const half = zone === 'Australia/Lord_Howe' ? 30 : 60;
      expect([...steps].sort((a, b) => a - b)).to.deep.equal(
        ['Asia/Shanghai', 'UTC'].includes(zone) ? [week] : [week - half, week, week + half],
      );
    }
  });
});

describe('dates without a time', () => {
  it('are the same whatever the zone of the machine, west of Greenwich too', async function () {
    this.timeout(60_000);
    const zones = ['UTC', 'America/Los_Angeles', 'Pacific/Kiritimati', 'Asia/Shanghai', 'America/Havana'];
    const printed = await Promise.all(
      zones.map(async (TZ) => {
        const child = startCommand(['test/support/dates-in-zone.ts'], { TZ });
        expect(await child.ended, child.stderr()).to.equal(0);
        return child.stdout();
      }),
    );
    expect(JSON.parse(printed[0] ?? '')).to.have.length(6);
    for (const [n, text] of printed.entries()) expect(text, zones[n] ?? '').to.equal(printed[0]);
  });

  it('keep to the ends of months and to leap years', () => {
    const MONTHS: readonly (readonly [date: string, months: number, then: string])[] = [
      ['2026-01-31', 1, '2026-02-28'],
      ['2024-01-31', 1, '2024-02-29'],
      ['2026-03-31', -1, '2026-02-28'],
      ['2026-08-31', 6, '2027-02-28'],
      ['2026-10-31', 1, '2026-11-30'],
      ['2026-12-31', 1, '2027-01-31'],
      ['2024-02-29', 12, '2025-02-28'],
      ['2024-02-29', 48, '2028-02-29'],
      ['2099-12-31', 2, '2100-02-28'],
      ['2026-11-30', 3, '2027-02-28'],
    ];
    for (const [date, months, then] of MONTHS)
      expect(addMonths(date, months), `${date} + ${months}`).to.equal(then);
    expect(addDays('2024-02-28', 1)).to.equal('2024-02-29');
    expect(addDays('2026-02-28', 1)).to.equal('2026-03-01');
    expect(addDays('2100-02-28', 1)).to.equal('2100-03-01');
    expect(addDays('2026-12-31', 1)).to.equal('2027-01-01');
  });
});

/** One day, or one millisecond, before and after (F-32). */
describe('an edge', () => {
  it('of an age is the birthday, and the first of March for whoever was born on 29 February', () => {
    const AGES: readonly (readonly [born: string, day: string, age: number])[] = [
      ['2008-11-26', '2026-11-25', 17],
      ['2008-11-26', '2026-11-26', 18],
      ['2008-11-26', '2026-11-27', 18],
      ['2008-02-29', '2026-02-28', 17],
      ['2008-02-29', '2026-03-01', 18],
      ['2008-02-29', '2028-02-28', 19],
      ['2008-02-29', '2028-02-29', 20],
      ['2008-03-01', '2026-02-28', 17],
      ['2008-12-31', '2026-12-31', 18],
      ['2009-01-01', '2026-12-31', 17],
      ['2026-11-26', '2026-11-26', 0],
    ];
    for (const [born, day, age] of AGES) expect(ageOn(born, day), `${born} on ${day}`).to.equal(age);
  });

  it('of coming of age is the first instant of the day in Shanghai', () => {
    for (const born of ['2008-11-26', '2008-02-29', '2008-03-01', '2008-01-01', '2007-12-31']) {
      const grown = comesOfAge(born);
      const day = (instant: Date): string => localDate(instant, 'Asia/Shanghai');
      expect(isMinor(born, day(later(grown, -1))), `${born} a moment before`).to.equal(true);
      expect(isMinor(born, day(grown)), `${born} then`).to.equal(false);
    }
    expect(comesOfAge('2008-02-29').toISOString()).to.equal('2026-02-28T16:00:00.000Z');
  });

  it('of a certificate’s validity is its last day', () => {
    const threeYears = { validMonths: 36 };
    const of = (state: string) => ({ state, validTo: '2026-11-26', windowMonths: 3, renewed: false });
    expect(validToOf('2023-11-27', threeYears)).to.equal('2026-11-26');
    expect(nextState(of('valid'), '2026-11-26')).to.equal('expiring');
    expect(nextState(of('expiring'), '2026-11-26')).to.equal(null);
    expect(nextState(of('expiring'), '2026-11-27')).to.equal('expired');
    const from = expiringFrom('2026-11-26', 3);
    expect(from).to.equal('2026-08-27');
    expect(nextState(of('valid'), addDays(from, -1))).to.equal(null);
    expect(nextState(of('valid'), from)).to.equal('expiring');
    // 29 February comes back in leap years only; the last day of February stands in for it.
    expect(validToOf('2024-02-29', threeYears)).to.equal('2027-02-27');
    expect(expiringFrom('2027-02-28', 3)).to.equal('2026-12-01');
  });

  it('of a period includes both its days, not the day after today', () => {
    const period = { from: '2026-02-28', to: '2026-03-01' };
    expect(periodDays(period)).to.equal(2);
    expect(periodDays({ from: '2024-02-28', to: '2024-03-01' })).to.equal(3);
    expect(periodDays({ from: '2026-03-01', to: '2026-03-01' })).to.equal(1);
    expect(periodRefusals(period, '2026-03-01')).to.deep.equal([]);
    expect(periodRefusals(period, '2026-02-28')).to.deep.equal(['period-in-future']);
    expect(periodRefusals({ from: '2026-03-02', to: '2026-03-01' }, '2026-03-02')).to.deep.equal([
      'period-reversed',
    ]);
    expect(periodRefusals({ from: '2026-02-29', to: '2026-03-01' }, '2026-03-02')).to.deep.equal([
      'period-malformed',
    ]);
    // Which day an instant belongs to is decided by the tenant's zone, to the millisecond.
    const midnight = startOfDay('2026-03-01', 'Asia/Shanghai');
    expect(localDate(midnight, 'Asia/Shanghai')).to.equal('2026-03-01');
    expect(localDate(later(midnight, -1), 'Asia/Shanghai')).to.equal('2026-02-28');
  });

  it('of checking in and out is kept to the millisecond', () => {
    const startsAt = new Date('2026-11-26T01:00:00Z');
    const endsAt = new Date('2026-11-26T03:00:00Z');
    const checkIn = (now: Date): string | null => whyNotCheckIn({ startsAt, endsAt, now, earlyMinutes: 30 });
    const earliest = later(startsAt, -30 * MINUTE_MS);
    expect(checkIn(later(earliest, -1))).to.equal('check-in-too-early');
    expect(checkIn(earliest)).to.equal(null);
    expect(checkIn(later(endsAt, -1))).to.equal(null);
    expect(checkIn(endsAt)).to.equal('check-in-too-late');
    const latest = later(endsAt, 120 * MINUTE_MS);
    expect(whyNotCheckOut({ endsAt, now: latest })).to.equal(null);
    expect(whyNotCheckOut({ endsAt, now: later(latest, 1) })).to.equal('check-out-too-late');
    const step = codeStep(startsAt);
    expect(codeStep(later(startsAt, MINUTE_MS - 1))).to.equal(step);
    expect(codeStep(later(startsAt, MINUTE_MS))).to.equal(step + 1);
    expect(acceptedSteps(later(startsAt, 2 * MINUTE_MS - 1))).to.include(step);
    expect(acceptedSteps(later(startsAt, 2 * MINUTE_MS))).to.not.include(step);
  });

  it('of an answer to an offer leaves ten minutes at least', () => {
    const startsAt = new Date('2026-11-26T12:00:00Z');
    const lead = later(startsAt, -30 * MINUTE_MS);
    const now = later(lead, -10 * MINUTE_MS);
    expect(answerBy({ now, startsAt, offerMinutes: 60 })).to.deep.equal(lead);
    expect(answerBy({ now: later(now, 1), startsAt, offerMinutes: 60 })).to.equal(null);
    expect(answerBy({ now: later(now, -1), startsAt, offerMinutes: 10 })).to.deep.equal(
      later(now, 10 * MINUTE_MS - 1),
    );
  });

  it('of a minute counts it when it is whole', () => {
    const from = Date.parse('2026-11-26T01:00:00Z');
    const minutes = (milliseconds: number): number =>
      recordedMinutes({
        plannedFrom: from,
        plannedTo: from + 120 * MINUTE_MS,
        attendedFrom: from,
        attendedTo: from + milliseconds,
        breakMinutes: 0,
        roundToMinutes: 1,
        lateGraceMinutes: 15,
        countedBefore: null,
        countedAfter: null,
      }).minutes;
    expect([minutes(MINUTE_MS - 1), minutes(MINUTE_MS), minutes(2 * MINUTE_MS - 1)]).to.deep.equal([0, 1, 1]);
    expect([minutes(135 * MINUTE_MS), minutes(135 * MINUTE_MS + 1), minutes(200 * MINUTE_MS)]).to.deep.equal([
      135, 135, 135,
    ]);
  });

  it('of two stretches may be shared: they overlap from the first common millisecond on', () => {
    const from = new Date('2026-11-26T01:00:00Z');
    const stretch = (start: number, end: number) => ({
      title: 'x',
      startsAt: later(from, start),
      endsAt: later(from, end),
      point: null,
    });
    const own = stretch(0, MINUTE_MS);
    expect(overlap(own, stretch(MINUTE_MS, 2 * MINUTE_MS))).to.equal(false);
    expect(overlap(own, stretch(MINUTE_MS - 1, 2 * MINUTE_MS))).to.equal(true);
    expect(overlap(stretch(MINUTE_MS, 2 * MINUTE_MS), own)).to.equal(false);
    const gap = (minutes: number) =>
      nearOnes(own, [stretch(MINUTE_MS + minutes * MINUTE_MS, 200 * MINUTE_MS)]);
    expect(gap(29).map(({ code }) => code)).to.deep.equal(['little-time-between']);
    expect(gap(30)).to.deep.equal([]);
  });

  it('of what may be logged is now, the membership’s beginning and other service', () => {
    const now = new Date('2026-11-26T12:00:00Z');
    const span = (from: number, to: number) => ({ from: later(now, from), to: later(now, to) });
    const faults = (
      own: { from: Date; to: Date },
      others: readonly { from: Date; to: Date }[] = [],
      memberSince = later(now, -24 * HOUR * MINUTE_MS),
    ): string[] => logFaults(own, { now, memberSince, others, booked: [] }).map(({ code }) => code);
    const hour = HOUR * MINUTE_MS;
    expect(faults(span(-hour, 0))).to.deep.equal([]);
    expect(faults(span(-hour, 1))).to.deep.equal(['in-the-future']);
    expect(faults(span(-hour, 0), [], later(now, -hour))).to.deep.equal([]);
    expect(faults(span(-hour, 0), [], later(now, 1 - hour))).to.deep.equal(['before-membership']);
    expect(faults(span(-hour, 0), [span(-2 * hour, -hour)])).to.deep.equal([]);
    expect(faults(span(-hour, 0), [span(-2 * hour, 1 - hour)])).to.deep.equal(['overlaps-recorded']);
    expect(faults(span(-16 * hour, 0))).to.deep.equal([]);
    expect(faults(span(-16 * hour - MINUTE_MS, 0))).to.deep.equal(['log-too-long']);
    expect(faults(span(-MINUTE_MS + 1, 0))).to.deep.equal(['ends-before-start']);
  });
});
