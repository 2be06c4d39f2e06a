import { expect } from 'chai';
import fc from 'fast-check';
import { CycleError, evaluate } from '../../../server/features/credits/credit.rules.ts';
import { versionsSchema } from '../../../server/features/credits/programme.schema.ts';
import { addDays } from '../../../server/core/time.ts';
import { entry, evaluated, hours, preset, programme } from './samples.ts';

const cycleOf = (registeredOn: string, on: string): Record<string, string> =>
  evaluated('cn-intermediate', registeredOn, [], on).cycle;

describe('the cycle of a registration', () => {
  const table: [string, string, string, string, string, string][] = [
    // registered, on, start, end, window from, to
    ['2024-03-15', '2024-03-15', '2024-03-15', '2027-03-14', '2026-12-15', '2027-03-14'],
    ['2024-02-29', '2026-01-01', '2024-02-29', '2027-02-27', '2026-11-28', '2027-02-27'],
    ['2024-02-29', '2028-01-01', '2027-02-28', '2030-02-27', '2029-11-28', '2030-02-27'],
    ['2024-02-29', '2037-01-01', '2036-02-29', '2039-02-27', '2038-11-28', '2039-02-27'],
    ['2023-05-31', '2024-01-01', '2023-05-31', '2026-05-30', '2026-02-28', '2026-05-30'],
    ['2023-08-31', '2024-01-01', '2023-08-31', '2026-08-30', '2026-05-31', '2026-08-30'],
    ['2024-01-01', '2024-01-01', '2024-01-01', '2026-12-31', '2026-10-01', '2026-12-31'],
    ['2021-03-01', '2024-02-01', '2021-03-01', '2024-02-29', '2023-12-01', '2024-02-29'],
  ];
  for (const [registeredOn, on, start, end, windowStart, windowEnd] of table) {
    it(`of ${registeredOn} is ${start} to ${end} on ${on}`, () =>
      expect(cycleOf(registeredOn, on)).to.deep.equal({ start, end, windowStart, windowEnd }));
  }

  it('stays the one looked at, as late, for as long as its window was; then the next one is', () => {
    expect(cycleOf('2024-03-15', '2027-06-14')).to.include({ end: '2027-03-14' });
    expect(cycleOf('2024-03-15', '2027-06-15')).to.include({ start: '2027-03-15', end: '2030-03-14' });
  });

  it('can be named by its first day', () => {
    const named = (startsOn: string): unknown =>
      evaluated('cn-intermediate', '2024-03-15', [], '2027-03-15', { startsOn }).cycle.start;
    expect(named('2027-03-15')).to.equal('2027-03-15');
    expect(named('2024-03-15')).to.equal('2024-03-15');
    expect(() => named('2027-03-16'))
      .to.throw(CycleError)
      .with.property('code', 'no-such-cycle');
  });

  it('needs a registration', () =>
    expect(() => evaluated('cn-intermediate', null, [], '2026-01-01'))
      .to.throw(CycleError)
      .with.property('code', 'registration-missing'));

  it('follows the one before without a gap, from any day', () =>
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12_000 }), fc.integer({ min: 1, max: 60 }), (day, months) => {
        const registeredOn = addDays('1996-01-01', day);
        const one = programme({ cycle: { kind: 'fromRegistration', months, windowMonthsBefore: 0 } });
        const first = evaluate(one, { registeredOn }, [], registeredOn).cycle;
        const second = evaluate(one, { registeredOn }, [], addDays(first.end, 1)).cycle;
        expect(second.start).to.equal(addDays(first.end, 1));
        expect(first.windowStart >= first.start && first.windowEnd === first.end).to.equal(true);
      }),
      { numRuns: 200 },
    ));
});

describe('a change of level inside a cycle', () => {
  const old = hours(40, { date: '2025-01-10' });
  const changedFrom = { registeredOn: '2024-03-15', total: 72 };

  it('begins a cycle of its own by default: nothing is carried over or divided', () => {
    const result = evaluated('cn-intermediate', '2025-09-15', [old], '2026-01-01', { changedFrom });
    expect(result.cycle.start).to.equal('2025-09-15');
    expect(result).to.include({ totalMinutes: 0, requiredMinutes: 5400 });
  });

  it('keeps the old cycle and its entries where the programme says so', () => {
    const [cn] = preset('cn-intermediate');
    const keeping = { ...cn!, levelChange: 'keepCycle' as const };
    const result = evaluate(keeping, { registeredOn: '2025-09-15', changedFrom }, [old], '2026-01-01');
    expect(result.cycle).to.include({ start: '2024-03-15', end: '2027-03-14' });
    expect(result).to.include({ totalMinutes: 2400, requiredMinutes: 5400 });
  });

  it('owes by the days under each level where the programme says so', () => {
    const [cn] = preset('cn-intermediate');
    const dividing = { ...cn!, levelChange: 'prorated' as const };
    // 549 of 1,095 days at 72 hours, 546 at 90.
    const { requiredMinutes } = evaluate(
      dividing,
      { registeredOn: '2025-09-15', changedFrom },
      [old],
      '2026-01-01',
    );
    expect(requiredMinutes).to.equal(Math.ceil((4320 * 549 + 5400 * 546) / 1095));
  });

  it('cannot come before the registration that it changes', () =>
    expect(() => evaluated('cn-intermediate', '2024-03-15', [], '2026-01-01', { changedFrom }))
      .to.throw(CycleError)
      .with.property('code', 'change-before-registration'));
});

describe('a change of rules', () => {
  const first = programme({ effective: ['2020-01-01', '2025-06-30'] });
  const next = (more: object): ReturnType<typeof versionsSchema.parse> =>
    versionsSchema.parse([
      first,
      { ...first, requirement: { total: 20 }, effective: ['2025-07-01', null], ...more },
    ]);
  const required = (versions: ReturnType<typeof next>, registeredOn: string, on: string): number =>
    evaluate(versions, { registeredOn, startsOn: registeredOn }, [], on).requiredMinutes / 60;

  it('leaves an open cycle under the rules it began under', () => {
    expect(required(next({}), '2025-01-01', '2025-12-31')).to.equal(10);
    expect(required(next({}), '2025-06-30', '2025-12-31')).to.equal(10);
    expect(required(next({}), '2025-07-01', '2025-12-31')).to.equal(20);
  });

  it('takes open cycles over from its first day where the new version says so', () => {
    const versions = next({ openCycles: 'newRules' });
    expect(required(versions, '2025-01-01', '2025-06-30')).to.equal(10);
    expect(required(versions, '2025-01-01', '2025-07-01')).to.equal(20);
  });

  it('never reaches a cycle that has closed', () => {
    for (const openCycles of ['oldRules', 'newRules']) {
      const versions = next({ openCycles });
      expect(required(versions, '2024-01-01', '2026-05-01')).to.equal(10);
      expect(required(versions, '2024-07-01', '2026-05-01')).to.equal(10);
    }
  });

  it('that is published late reaches back to no cycle that had closed by then', () => {
    const versions = next({ openCycles: 'newRules', publishedOn: '2026-03-01' });
    expect(required(versions, '2025-01-01', '2026-05-01')).to.equal(10);
    expect(required(versions, '2025-07-01', '2026-02-28')).to.equal(10);
    expect(required(versions, '2025-07-01', '2026-03-01')).to.equal(20);
  });

  it('changes nothing of a closed cycle, whatever versions come after its end', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2_000 }),
        fc.integer({ min: 1, max: 900 }),
        fc.constantFrom('oldRules', 'newRules'),
        fc.array(fc.integer({ min: 0, max: 800 }), { maxLength: 6 }),
        (registered, later, openCycles, days) => {
          const registeredOn = addDays('2020-01-01', registered);
          const cycle = { registeredOn, startsOn: registeredOn };
          const entries = days.map((offset) => entry({ date: addDays(registeredOn, offset - 100) }));
          const alone = programme({ effective: ['2020-01-01', null] });
          const { end } = evaluate(alone, cycle, [], registeredOn).cycle;
          const from = addDays(end, later);
          const versions = versionsSchema.parse([
            { ...alone, effective: ['2020-01-01', addDays(from, -1)] },
            programme({
              requirement: { total: 99 },
              conversions: [{ activity: 'training', rule: 'fixed', value: 7 }],
              cycle: { kind: 'fromRegistration', months: 5 },
              effective: [from, null],
              openCycles: openCycles as 'newRules',
            }),
          ]);
          const on = addDays(from, 400);
          expect(evaluate(versions, cycle, entries, on)).to.deep.equal(evaluate(alone, cycle, entries, on));
        },
      ),
      { numRuns: 200 },
    ));

  it('that ends a programme leaves nothing to evaluate afterwards', () => {
    const ended = programme({ effective: ['2020-01-01', '2024-12-31'] });
    const by = (registeredOn: string): unknown => evaluate(ended, { registeredOn }, [], registeredOn);
    expect(by('2024-12-31')).to.include({ requiredMinutes: 600 });
    expect(() => by('2025-01-01'))
      .to.throw(CycleError)
      .with.property('code', 'not-in-force');
    expect(() => by('2018-12-31'))
      .to.throw(CycleError)
      .with.property('code', 'not-in-force');
    // A cycle that was under way when the programme began is held to it.
    expect(by('2019-06-01')).to.include({ requiredMinutes: 600 });
  });
});

describe('carrying over', () => {
  const carrying = programme({ carryOver: { allowed: true, max: 4 } });
  const of = (spent: readonly [string, number][], on: string, one = carrying): unknown =>
    evaluate(
      one,
      { registeredOn: '2020-01-01' },
      spent.map(([date, count]) => hours(count, { date })),
      on,
    );

  it('brings the surplus of the cycle before, up to the maximum', () => {
    expect(of([['2020-05-01', 12]], '2021-06-01')).to.include({ carriedMinutes: 120, totalMinutes: 120 });
    expect(of([['2020-05-01', 30]], '2021-06-01')).to.include({ carriedMinutes: 240, missingMinutes: 360 });
    expect(of([['2020-05-01', 9]], '2021-06-01')).to.include({ carriedMinutes: 0 });
  });

  it('uses what was carried first, and carries nothing twice', () => {
    expect(
      of(
        [
          ['2020-05-01', 14],
          ['2021-05-01', 8],
        ],
        '2022-06-01',
      ),
    ).to.include({ carriedMinutes: 120 });
    expect(
      of(
        [
          ['2020-05-01', 14],
          ['2021-05-01', 0.5],
        ],
        '2022-06-01',
      ),
    ).to.include({ carriedMinutes: 0 });
  });

  it('brings nothing by default', () =>
    expect(of([['2020-05-01', 30]], '2021-06-01', programme())).to.include({
      carriedMinutes: 0,
      totalMinutes: 0,
    }));

  it('counts months before a first registration only where the programme says so', () => {
    const early: [string, number][] = [['2019-12-01', 3]];
    expect(of(early, '2020-06-01')).to.include({ totalMinutes: 0 });
    const lenient = programme({ carryOver: { allowed: false, monthsBeforeRegistration: 1 } });
    expect(of(early, '2020-06-01', lenient)).to.include({ totalMinutes: 180 });
    expect(of([['2019-11-30', 3]], '2020-06-01', lenient)).to.include({ totalMinutes: 0 });
  });

  it('works by calendar year too', () => {
    const yearly = programme({ cycle: { kind: 'calendarYear' }, carryOver: { allowed: true, max: 4 } });
    expect(of([['2020-12-31', 12]], '2021-01-01', yearly)).to.include({
      carriedMinutes: 120,
      totalMinutes: 120,
    });
  });
});
