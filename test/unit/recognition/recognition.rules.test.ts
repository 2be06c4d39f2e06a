import { expect } from 'chai';
import {
  objectionUntil,
  overlaps,
  whyNotEligible,
} from '../../../server/features/recognition/recognition.rules.ts';
import { PRESETS } from '../../../server/features/recognition/recognition.variants.ts';
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
    [
      'a minute of the kind is missing (R-2.9)',
      { areas: ['neighbourhood', 'elderly'], areaMinutes: 7_200 },
      {
        minutesByArea: new Map([
          ['neighbourhood', 7_000],
          ['elderly', 199],
          ['sport', 900],
        ]),
      },
      ['not-enough-of-the-kind'],
    ],
    [
      'hours of both kinds are enough',
      { areas: ['neighbourhood', 'elderly'], areaMinutes: 7_200 },
      {
        minutesByArea: new Map([
          ['neighbourhood', 7_000],
          ['elderly', 200],
        ]),
      },
      [],
    ],
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
    const hours = PRESETS.usual.filter(({ kind }) => kind === 'star').map(({ minutes }) => minutes / 60);
    expect(hours).to.deep.equal([100, 300, 600, 1_000, 1_500]);
    const of = (variant: keyof typeof PRESETS) =>
      PRESETS[variant].map(({ code, minutes, months, areaMinutes = 0 }) => [
        code,
        minutes / 60,
        months,
        areaMinutes / 60,
      ]);
    expect(of('beijing').slice(0, 8)).to.deep.equal([
      ...[100, 200, 500, 800, 1_000].map((least, at) => [`star-${at + 1}`, least, 0, 0]),
      ...[2_000, 3_000, 5_000].map((least) => [`medal-${least}`, least, 0, 0]),
    ]);
    expect(
      of('longgang')
        .slice(0, 4)
        .map(([, , months]) => months),
    ).to.deep.equal([6, 6, 12, 12]);
    expect(of('boluo').filter(([code]) => String(code).startsWith('five'))).to.deep.equal([
      ['five-star-bronze', 2_000, 0, 120],
      ['five-star-silver', 3_000, 0, 150],
      ['five-star-gold', 4_000, 0, 200],
    ]);
  });
});
