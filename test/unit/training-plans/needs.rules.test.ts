import { expect } from 'chai';
import { personOutlook } from '../../../server/features/credits/outlook.rules.ts';
import type { CreditEntry } from '../../../server/features/credits/credit.types.ts';
import type { CourseFact } from '../../../server/features/training-plans/candidate.rules.ts';
import { addCredits } from '../../../server/features/training-plans/needs.rules.ts';
import type { Lack } from '../../../server/features/training-plans/needs.rules.ts';
import { hours, preset, programme } from '../credits/samples.ts';
import type { Programme } from '../../../server/features/credits/credit.types.ts';

const course = (minutes: number, change: Partial<CourseFact> = {}): CourseFact => ({
  id: 'c',
  title: 'c',
  minutes,
  category: '',
  mode: '',
  passMark: 60,
  tracks: ['professional'],
  prerequisites: [],
  teachers: [],
  ...change,
});

/** What a programme lacks on a day, and what each course is for it. */
function lackOf(
  versions: readonly Programme[],
  registeredOn: string | null,
  entries: readonly CreditEntry[],
  courses: readonly CourseFact[],
  on = '2025-07-01',
): Lack {
  const lack: Lack = {
    outlook: null,
    needs: [],
    reach: [],
    rooms: [],
    serves: courses.map(() => null),
    creditUntil: '',
  };
  const outlook = personOutlook(versions, { registeredOn }, entries, [], on);
  addCredits(lack, outlook, { weight: 4, courses, date: on });
  return lack;
}

describe('what a training plan reads from a programme', () => {
  it('takes what is missing as it is where nothing is capped', () => {
    const lack = lackOf(preset('cn-assistant'), '2025-01-01', [hours(70)], [course(240)]);
    expect(lack.needs.map(({ code, minutes }) => [code, minutes])).to.deep.equal([['total', 120]]);
    expect(lack.serves).to.deep.equal([{ counts: 240, closes: [{ need: 0, minutes: 120, room: -1 }] }]);
    expect([lack.reach, lack.rooms]).to.deep.equal([[120], []]);
    // Without a certificate it counts nothing, so it serves nobody.
    expect(
      lackOf(preset('cn-assistant'), '2025-01-01', [], [course(240, { passMark: null })]).serves,
    ).to.deep.equal([null]);
  });

  it('lets sessions of a capped form share what is left of it: 15 hours of study by oneself in Minnesota', () => {
    const own = (minutes: number, change: object = {}) =>
      course(minutes, { mode: 'independentStudy', ...change });
    const entries = [hours(10, { mode: 'independentStudy' }), hours(5, { category: 'ethics' })];
    const courses = [own(240), own(600), own(240, { category: 'law' }), course(240)];
    const lack = lackOf(preset('us-mn'), '2025-01-01', entries, courses);
    expect(lack.needs.map(({ code, minutes }) => [code, minutes])).to.deep.equal([['total', 25 * 60]]);
    // Five hours of the fifteen are left, whatever the course is about; the last one is not by oneself.
    expect(lack.rooms).to.deep.equal([300]);
    expect(lack.serves.map((one) => one?.closes[0])).to.deep.equal([
      { need: 0, minutes: 240, room: 0 },
      { need: 0, minutes: 300, room: 0 },
      { need: 0, minutes: 240, room: 0 },
      { need: 0, minutes: 240, room: -1 },
    ]);
    expect(lack.reach).to.deep.equal([25 * 60]);
    // Where nothing else is offered, no more than that can be closed at all.
    expect(lackOf(preset('us-mn'), '2025-01-01', entries, courses.slice(0, 3)).reach).to.deep.equal([300]);
  });

  it('knows a cap on training itself, and what counts a fixed amount each time', () => {
    const capped = programme({ conversions: [{ activity: 'training', rule: 'actual', capPerCycle: 6 }] });
    const lack = lackOf([capped], '2025-01-01', [], [course(240), course(240, { mode: 'online' })]);
    expect([lack.needs[0]?.minutes, lack.reach, lack.rooms]).to.deep.equal([600, [360], [360, 360]]);
    const fixed = programme({
      conversions: [{ activity: 'training', rule: 'fixed', value: 3 }],
      requirement: { total: 10, maxByMode: { online: 20 } },
    });
    expect(lackOf([fixed], '2025-01-01', [], [course(60)]).serves[0]?.closes).to.deep.equal([
      { need: 0, minutes: 180, room: -1 },
    ]);
  });

  it('counts England’s shortfalls in pieces: one session is one piece, however long, and no peer’s reflection', () => {
    const lack = lackOf(preset('uk-england'), null, [], [course(60), course(600)]);
    expect(lack.needs.map(({ code, minutes, pieces }) => [code, minutes, pieces])).to.deep.equal([
      ['pieces', 120, 2],
      ['piece-condition', 60, 1],
    ]);
    expect(lack.serves.map((one) => one?.closes)).to.deep.equal([
      [{ need: 0, minutes: 60, room: -1 }],
      [{ need: 0, minutes: 60, room: -1 }],
    ]);
    const one = lackOf(preset('uk-england'), null, [hours(1)], [course(60)]);
    expect(one.needs[0]).to.include({ code: 'pieces', pieces: 1 });
  });
});
