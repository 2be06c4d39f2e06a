import { expect } from 'chai';
import fc from 'fast-check';
import { addDays } from '../../../server/core/time.ts';
import {
  checklist,
  dueReminder,
  forecast,
  nextReminder,
  remindersOf,
} from '../../../server/features/re-registration/re-registration.rules.ts';

const END = '2027-03-14';

describe('reminders of a registration', () => {
  it('are those of the programme, counted back from the last day', () => {
    expect(remindersOf(END)).to.deep.equal([
      { days: 180, on: '2026-09-15' },
      { days: 90, on: '2026-12-14' },
      { days: 30, on: '2027-02-12' },
      { days: 7, on: '2027-03-07' },
    ]);
    expect(remindersOf(END, [1, 60, 60]).map(({ days }) => days)).to.deep.equal([60, 1]);
  });

  it('go out each once over a whole cycle, however seldom somebody looks', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 40 }), (every, late) => {
        const reminders = remindersOf(END);
        const sent: number[] = [];
        let armed = nextReminder(reminders, '2024-03-15')?.on ?? null;
        for (let day = addDays('2026-08-01', late); day <= END; day = addDays(day, every)) {
          if (armed === null || armed > day) continue;
          const due = dueReminder(reminders, armed, day);
          if (due) sent.push(due.days);
          armed = nextReminder(reminders, day)?.on ?? null;
        }
        expect(sent).to.deep.equal([180, 90, 30, 7]);
      }),
    );
  });

  it('that became due together are one: the last', () => {
    const reminders = remindersOf(END);
    expect(dueReminder(reminders, '2026-09-15', '2027-02-20')).to.deep.equal({ days: 30, on: '2027-02-12' });
    expect(nextReminder(reminders, '2027-02-20')?.days).to.equal(7);
    expect(nextReminder(reminders, END)).to.equal(null);
  });
});

describe('the forecast', () => {
  const facts = { start: '2024-03-15', end: END, requiredMinutes: 5_400, totalMinutes: 5_160 };

  it('carries the pace on to the end of the cycle', () => {
    // 1,095 days, of which 365 have passed with 28 h 40: three times that.
    const third = { ...facts, totalMinutes: 1_720 };
    expect(forecast(third, '2025-03-14')).to.deep.equal({
      projectedMinutes: 5_160,
      missingMinutes: 240,
      reachedOn: null,
    });
  });

  it('says when everything is there', () => {
    const seen = forecast({ ...facts, totalMinutes: 2_700 }, '2025-03-14')!;
    expect(seen.missingMinutes).to.equal(0);
    expect(seen.reachedOn).to.equal('2026-03-14');
    expect(forecast({ ...facts, totalMinutes: 5_400 }, '2026-01-01')?.reachedOn).to.equal('2026-01-01');
  });

  it('waits until there is a pace, and ends with the cycle', () => {
    expect(forecast({ ...facts, totalMinutes: 60 }, '2024-04-01')).to.equal(null);
    expect(forecast(facts, addDays(END, 1))).to.equal(null);
    expect(forecast({ ...facts, totalMinutes: 0 }, '2026-01-01')).to.deep.equal({
      projectedMinutes: 0,
      missingMinutes: 5_400,
      reachedOn: null,
    });
  });
});

describe('the checklist', () => {
  const facts = {
    today: '2026-12-20',
    state: 'expiring',
    windowStart: '2026-12-15',
    windowEnd: END,
    missingMinutes: 0,
    shortfalls: 0,
    withoutEvidence: [],
    certificatePictures: 1,
    identified: true,
    age: 36,
  };
  const open = (change: object) =>
    checklist({ ...facts, ...change }).flatMap(({ code, done }) => (done ? [] : [code]));

  it('is done when everything is there, and names each thing that is not', () => {
    expect(open({})).to.deep.equal([]);
    expect(open({ today: '2026-12-14' })).to.deep.equal(['window']);
    expect(open({ today: '2027-03-15' })).to.deep.equal(['window']);
    expect(open({ state: 'suspended' })).to.deep.equal(['registration']);
    expect(open({ shortfalls: 1, missingMinutes: 240 })).to.deep.equal(['hours']);
    expect(
      open({ withoutEvidence: ['x'], certificatePictures: 0, identified: false, age: null }),
    ).to.deep.equal(['evidence', 'certificate', 'identity', 'capacity']);
  });
});
