import { expect } from 'chai';
import {
  objectionUntil,
  overlaps,
  USUAL,
  whyNotEligible,
} from '../../../server/features/recognition/recognition.rules.ts';
import type { Facts, Scheme } from '../../../server/features/recognition/recognition.rules.ts';

const scheme = (changes: Partial<Scheme> = {}): Scheme => ({
  code: 'star-2',
  kind: 'star',
  level: 2,
  minutes: 18_000,
  months: 6,
  effectiveFrom: '2026-01-01',
  effectiveTo: '2026-12-31',
  ...changes,
});
const facts = (changes: Partial<Facts> = {}): Facts => ({
  today: '2026-06-30',
  minutes: 18_000,
  memberSince: '2025-12-30',
  birthDate: '2000-01-01',
  stars: [1],
  held: ['star-1'],
  ...changes,
});

describe('who may have a star or medal', () => {
  const cases: [string, Partial<Scheme>, Partial<Facts>, string[]][] = [
    ['nothing stands against it', {}, {}, []],
    ['a minute is missing', {}, { minutes: 17_999 }, ['not-enough-hours']],
    ['the star before is missing (R-2.10)', {}, { stars: [] }, ['star-before']],
    ['the first star asks for none before', { level: 1 }, { stars: [] }, []],
    ['a member for a day too short (R-2.9)', {}, { memberSince: '2026-01-01' }, ['member-too-short']],
    ['it began tomorrow', { effectiveFrom: '2026-07-01' }, {}, ['not-in-force']],
    ['its last day is today', { effectiveTo: '2026-06-30' }, {}, []],
    ['it ended yesterday', { effectiveTo: '2026-06-29' }, {}, ['not-in-force']],
    ['it is held already', {}, { held: ['star-2'] }, ['held-already']],
    ['a medal for children, for an adult', { kind: 'children' }, {}, ['for-children']],
    ['the day before the eighteenth birthday', { kind: 'children' }, { birthDate: '2008-07-01' }, []],
    ['the eighteenth birthday', { kind: 'children' }, { birthDate: '2008-06-30' }, ['for-children']],
    ['a medal for children, age unknown', { kind: 'children' }, { birthDate: null }, ['for-children']],
    ['a medal for teams, for a person', { kind: 'team' }, {}, ['for-teams']],
  ];
  for (const [name, ofScheme, ofFacts, expected] of cases)
    it(name, () => expect(whyNotEligible(scheme(ofScheme), facts(ofFacts))).to.deep.equal(expected));

  it('is a team only for what is for teams', () => {
    const team = facts({ memberSince: null, birthDate: null, held: [] });
    expect(whyNotEligible(scheme({ kind: 'team' }), team, true)).to.deep.equal([]);
    expect(whyNotEligible(scheme({ kind: 'medal' }), team, true)).to.deep.equal(['for-teams']);
  });

  it('stands on the notice for seven days at least', () => {
    expect(objectionUntil('2026-02-25', 3)).to.equal('2026-03-04');
    expect(objectionUntil('2026-02-25', 10)).to.equal('2026-03-07');
  });

  it('goes by one set of rules a day', () => {
    const until = (effectiveFrom: string, effectiveTo: string | null) => ({ effectiveFrom, effectiveTo });
    expect(overlaps(until('2026-01-01', '2026-06-30'), until('2026-07-01', null))).to.equal(false);
    expect(overlaps(until('2026-01-01', '2026-07-01'), until('2026-07-01', null))).to.equal(true);
    expect(overlaps(until('2026-01-01', null), until('2020-01-01', '2020-12-31'))).to.equal(false);
  });

  it('begins with the usual thresholds (R-2.7)', () => {
    const hours = USUAL.filter(({ kind }) => kind === 'star').map(({ minutes }) => minutes / 60);
    expect(hours).to.deep.equal([100, 300, 600, 1_000, 1_500]);
  });
});
