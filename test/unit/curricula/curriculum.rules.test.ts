import { expect } from 'chai';
import {
  isComplete,
  overviewOf,
  progressOf,
  rolesOf,
  versionOn,
} from '../../../server/features/curricula/curriculum.rules.ts';
import type { CurriculumVersion } from '../../../server/features/curricula/curriculum.rules.ts';

const version = (change: Partial<CurriculumVersion> = {}): CurriculumVersion => ({
  role: 'village-cadre',
  number: 1,
  effectiveFrom: '2026-01-01',
  courseIds: ['a', 'b'],
  withinMonths: 6,
  ...change,
});
const fact = (courseId: string, validTo: string | null = null) => ({
  courseId,
  passedOn: '2025-01-01',
  validTo,
});

describe('curricula', () => {
  it('hold from the day they name until the next one begins', () => {
    const versions = [version(), version({ number: 2, effectiveFrom: '2026-07-01' })];
    const numbers = ['2025-12-31', '2026-01-01', '2026-06-30', '2026-07-01'].map(
      (on) => versionOn(versions, on)?.number,
    );
    expect(numbers).to.deep.equal([undefined, 1, 1, 2]);
    // Two of one day: the later number is what counts.
    expect(versionOn([version(), version({ number: 2 })], '2026-02-01')?.number).to.equal(2);
  });

  it('say of each course where somebody stands, to the day', () => {
    const states = (today: string, trained = [fact('a')], enrolled: string[] = [], since = '2026-03-01') =>
      progressOf(version(), { since, trained, enrolled: new Set(enrolled), today }).map(
        ({ state, dueOn }) => `${state} ${dueOn ?? '-'}`,
      );
    expect(states('2026-09-01')).to.deep.equal(['learned -', 'missing 2026-09-01']);
    expect(states('2026-09-02')).to.deep.equal(['learned -', 'late 2026-09-01']);
    expect(states('2026-09-02', [fact('a')], ['b'])).to.deep.equal(['learned -', 'enrolled -']);
    // Whoever was there before the version has the same time from its first day.
    expect(states('2026-03-01', [], [], '2020-01-01')).to.deep.equal([
      'missing 2026-07-01',
      'missing 2026-07-01',
    ]);
    expect(states('2026-03-01', [fact('a', '2026-05-30')])[0]).to.equal('renew 2026-05-30');
    expect(states('2026-03-01', [fact('a', '2026-05-31')])[0]).to.equal('learned -');
    expect(states('2026-03-01', [fact('a', '2026-02-28')])[0]).to.equal('missing 2026-09-01');
  });

  it('know parts by certificate, by membership and by what was said', () => {
    expect(rolesOf({ kind: 'volunteer', level: null, chosen: [] })).to.deep.equal(['volunteer']);
    expect(
      rolesOf({ kind: 'social-worker', level: 'intermediate', chosen: ['owners-committee'] }),
    ).to.deep.equal(['social-worker', 'owners-committee']);
    expect(rolesOf({ kind: 'community-worker', level: null, chosen: ['community-cadre'] })).to.deep.equal([
      'community-cadre',
    ]);
    expect(rolesOf({ kind: 'staff', level: null, chosen: [] })).to.deep.equal([]);
  });

  it('add up people by part and course, whoever they are', () => {
    const people = new Set(['p', 'q', 'r']);
    const trained = new Map([
      ['p', [fact('a'), fact('b')]],
      ['q', [fact('a', '2026-03-02')]],
      ['elsewhere', [fact('a'), fact('b')]],
    ]);
    expect(overviewOf(version(), people, trained, '2026-03-01')).to.deep.equal({
      role: 'village-cadre',
      people: 3,
      complete: 1,
      courses: [
        { courseId: 'a', learned: 2, renew: 1 },
        { courseId: 'b', learned: 1, renew: 0 },
      ],
    });
    expect(overviewOf(version({ courseIds: [] }), people, new Map(), '2026-03-01').complete).to.equal(3);
    expect(isComplete([])).to.equal(true);
  });
});
