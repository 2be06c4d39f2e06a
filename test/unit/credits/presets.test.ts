import { expect } from 'chai';
import { counts, entry, evaluated, hours, preset } from './samples.ts';
import type { CreditEntry } from '../../../server/features/credits/credit.types.ts';

/** Worked example B of the domain rules. */
const B: readonly CreditEntry[] = [
  hours(24, { id: 'training', date: '2024-06-10' }),
  entry({ id: 'online', date: '2025-03-01', minutes: 40 * 45, mode: 'online' }),
  hours(6, { id: 'seminar', date: '2025-05-20', evidence: [] }),
  hours(20, { id: 'first course', activity: 'course', date: '2026-01-10', evidence: ['passedTranscript'] }),
  hours(12, { id: 'second course', activity: 'course', date: '2026-01-20', evidence: ['passedTranscript'] }),
  hours(8, { id: 'too early', date: '2024-02-20' }),
];
const DEGREE = entry({ id: 'msw', activity: 'degree', date: '2026-11-30', minutes: null, evidence: [] });
const REGISTERED = '2024-03-15';

describe('credit hours of a 社工师 (worked example B)', () => {
  it('are 86 of 90: blocked, four hours missing', () => {
    const result = evaluated('cn-intermediate', REGISTERED, B, '2026-12-15');
    expect(result).to.deep.include({
      totalMinutes: 5160,
      requiredMinutes: 5400,
      missingMinutes: 240,
      eligibleFrom: null,
      canApplyOn: false,
      shortfalls: [{ code: 'total', minutes: 240 }],
      cycle: { start: '2024-03-15', end: '2027-03-14', windowStart: '2026-12-15', windowEnd: '2027-03-14' },
    });
    expect(counts(result)).to.deep.equal([
      ['counted', 1440],
      ['counted', 1800],
      ['evidence-missing', 0],
      ['counted', 1200],
      ['counted', 720],
      ['before-cycle', 0],
    ]);
  });

  it('are 144 with the degree instead of its courses, from the first day of the window', () => {
    const result = evaluated('cn-intermediate', REGISTERED, [...B, DEGREE], '2026-12-15');
    expect(result).to.include({ totalMinutes: 144 * 60, missingMinutes: 0, eligibleFrom: '2026-12-15' });
    expect(counts(result).slice(3)).to.deep.equal([
      ['excluded-by-other', 0],
      ['excluded-by-other', 0],
      ['before-cycle', 0],
      ['counted', 5400],
    ]);
  });

  const days: [string, boolean][] = [
    ['2026-12-14', false],
    ['2026-12-15', true],
    ['2027-03-14', true],
    ['2027-03-15', false],
  ];
  for (const [on, can] of days) {
    it(`${can ? 'allow' : 'refuse'} an application on ${on}, whatever cycle would follow`, () => {
      const result = evaluated('cn-intermediate', REGISTERED, [...B, DEGREE], on);
      expect(result).to.include({ canApplyOn: can, eligibleFrom: '2026-12-15', totalMinutes: 8640 });
      expect(result.cycle.end).to.equal('2027-03-14');
    });
  }

  it('suffice for an 助理', () => {
    const result = evaluated('cn-assistant', REGISTERED, B, '2026-12-15');
    expect(result).to.include({
      totalMinutes: 5160,
      requiredMinutes: 4320,
      missingMinutes: 0,
      canApplyOn: true,
    });
  });

  it('ask of a 高级 what they ask of a 社工师', () => {
    expect(evaluated('cn-senior', REGISTERED, B, '2026-12-15')).to.include({ missingMinutes: 240 });
  });
});

describe('cn-intermediate', () => {
  const course = (count: number): CreditEntry =>
    hours(count, { activity: 'course', evidence: ['passedTranscript'], date: '2026-01-10' });

  const besides: [string, CreditEntry[], number][] = [
    ['a degree beside 32 hours of courses', [DEGREE, course(32)], 90],
    ['a degree beside 90 hours of courses', [DEGREE, course(90)], 90],
    ['a degree beside 120 hours of courses', [DEGREE, course(60), course(60)], 120],
    ['two degrees', [DEGREE, { ...DEGREE, id: 'second' }], 90],
    ['courses alone', [course(32)], 32],
    ['courses without a transcript', [{ ...course(32), evidence: ['passCertificate'] }], 0],
    ['a degree beside trainings', [DEGREE, hours(10)], 100],
  ];
  for (const [name, entries, total] of besides) {
    it(`counts ${total} hours for ${name}`, () =>
      expect(evaluated('cn-intermediate', REGISTERED, entries, '2026-12-15').totalMinutes).to.equal(
        total * 60,
      ));
  }

  const edges: [string, string][] = [
    ['2024-03-14', 'before-cycle'],
    ['2024-03-15', 'counted'],
    ['2027-03-14', 'counted'],
    ['2027-03-15', 'after-cycle'],
  ];
  for (const [date, reason] of edges) {
    it(`says ${reason} of an entry of ${date}`, () =>
      expect(
        counts(evaluated('cn-intermediate', REGISTERED, [entry({ date })], '2027-03-15'))[0]?.[0],
      ).to.equal(reason));
  }

  it('does not count what is yet to come, and counts it on its day', () => {
    const entries = [entry({ date: '2025-06-10' })];
    expect(counts(evaluated('cn-intermediate', REGISTERED, entries, '2025-06-09'))).to.deep.equal([
      ['not-yet', 0],
    ]);
    expect(counts(evaluated('cn-intermediate', REGISTERED, entries, '2025-06-10'))).to.deep.equal([
      ['counted', 60],
    ]);
  });

  it('cuts each entry down to half hours', () => {
    const entries = [29, 30, 59, 89, 90].map((minutes) => entry({ minutes }));
    expect(counts(evaluated('cn-intermediate', REGISTERED, entries, '2026-12-15'))).to.deep.equal([
      ['rounded-to-nothing', 0],
      ['counted', 30],
      ['counted', 30],
      ['counted', 60],
      ['counted', 90],
    ]);
  });

  it('becomes eligible on the day of the entry that completes the hours within the window', () => {
    const entries = [
      hours(86, { date: '2025-01-01' }),
      hours(3.5, { date: '2026-12-20' }),
      hours(0.5, { date: '2027-01-10' }),
    ];
    expect(evaluated('cn-intermediate', REGISTERED, entries, '2027-01-09')).to.include({
      eligibleFrom: null,
    });
    expect(evaluated('cn-intermediate', REGISTERED, entries, '2027-01-10')).to.include({
      eligibleFrom: '2027-01-10',
      canApplyOn: true,
    });
  });

  it('knows before the window when it opens', () =>
    expect(evaluated('cn-intermediate', REGISTERED, [hours(90)], '2025-06-10')).to.include({
      eligibleFrom: '2026-12-15',
      canApplyOn: false,
    }));

  it('looks at the first cycle on a day before the registration', () => {
    const result = evaluated(
      'cn-intermediate',
      REGISTERED,
      [hours(90, { date: '2024-01-01' })],
      '2024-01-02',
    );
    expect(result.cycle.start).to.equal(REGISTERED);
    expect(result).to.include({ totalMinutes: 0, canApplyOn: false });
  });
});

describe('cn-professional-annual', () => {
  const of = (category: string | null, count: number, date = '2026-05-01'): CreditEntry =>
    hours(count, { category, date });
  const years: [string, CreditEntry[], boolean][] = [
    ['60 professional and 30 public', [of('professional', 60), of('public', 30)], true],
    ['59.5 professional and 30.5 public', [of('professional', 59.5), of('public', 30.5)], false],
    ['59.5 professional and 90 public', [of('professional', 59.5), of('public', 90)], false],
    ['60 professional and 29.5 public', [of('professional', 60), of('public', 29.5)], false],
    ['90 professional', [of('professional', 90)], true],
    ['90 of no category', [of(null, 90)], false],
    [
      '60 professional and 120 public: more of the other takes nothing away',
      [of('professional', 60), of('public', 120)],
      true,
    ],
  ];
  for (const [name, entries, met] of years) {
    it(`${met ? 'is met' : 'is not met'} by ${name}`, () =>
      expect(
        evaluated('cn-professional-annual', null, entries, '2026-12-31').shortfalls.length === 0,
      ).to.equal(met));
  }

  it('takes each calendar year by itself, from its first day to its last', () => {
    const dates = ['2025-12-31', '2026-01-01', '2026-12-31', '2027-01-01'];
    const result = evaluated(
      'cn-professional-annual',
      '2026-06-01',
      dates.map((date) => of(null, 1, date)),
      '2026-12-31',
    );
    expect(result.cycle).to.include({ start: '2026-01-01', end: '2026-12-31' });
    expect(counts(result).map(([reason]) => reason)).to.deep.equal([
      'before-cycle',
      'counted',
      'counted',
      'after-cycle',
    ]);
  });

  it('says what of the professional subjects is missing', () => {
    const { shortfalls, missingMinutes } = evaluated(
      'cn-professional-annual',
      null,
      [of('professional', 40), of('public', 60)],
      '2026-12-31',
    );
    expect(missingMinutes).to.equal(0);
    expect(shortfalls).to.deep.equal([{ code: 'category', category: 'professional', minutes: 1200 }]);
  });
});

describe('us-mn', () => {
  const mode = 'independentStudy';
  const on = '2026-02-01';
  const cases: [string, CreditEntry[], number, string[]][] = [
    ['40 hours with 2 of ethics', [hours(38), hours(2, { category: 'ethics' })], 40, []],
    ['40 hours with 1.9 of ethics', [hours(38.1), hours(1.9, { category: 'ethics' })], 40, ['category']],
    ['30 by independent study', [hours(30, { mode }), hours(25), hours(2, { category: 'ethics' })], 42, []],
    [
      'ethics by independent study, counted first',
      [hours(15, { mode }), hours(25), hours(2, { category: 'ethics', mode })],
      40,
      [],
    ],
    ['39 hours', [hours(37), hours(2, { category: 'ethics' })], 39, ['total']],
  ];
  for (const [name, entries, total, codes] of cases) {
    it(`counts ${total} for ${name}`, () => {
      const result = evaluated('us-mn', '2025-01-01', entries, on);
      expect(result.totalMinutes).to.equal(total * 60);
      expect(result.shortfalls.map(({ code }) => code)).to.deep.equal(codes);
    });
  }

  it('takes a semester credit for 15 hours, and none without saying how many', () => {
    const credit = { activity: 'semesterCredit', minutes: null };
    const result = evaluated(
      'us-mn',
      '2025-01-01',
      [entry({ ...credit, quantity: 2 }), entry(credit), entry({ ...credit, quantity: 0.5 })],
      on,
    );
    expect(counts(result)).to.deep.equal([
      ['counted', 1800],
      ['quantity-missing', 0],
      ['counted', 450],
    ]);
  });

  const grace: [string, boolean, string][] = [
    ['2026-12-31', true, '2025-01-01'],
    ['2027-03-31', true, '2025-01-01'],
    ['2027-04-01', false, '2027-01-01'],
  ];
  for (const [day, can, start] of grace) {
    it(`${can ? 'accepts' : 'refuses'} on ${day}: 90 days of variance`, () => {
      const result = evaluated('us-mn', '2025-01-01', [hours(38), hours(2, { category: 'ethics' })], day);
      expect(result.canApplyOn).to.equal(can);
      expect(result.cycle.start).to.equal(start);
    });
  }
});

describe('uk-england', () => {
  const piece = (date: string, evidence: string[] = []): CreditEntry =>
    entry({ activity: 'piece', minutes: null, date, evidence });
  const peer = ['peerReflection'];

  const cases: [string, CreditEntry[], string[]][] = [
    ['two pieces, one with a peer', [piece('2026-02-01'), piece('2026-03-01', peer)], []],
    ['two pieces with peers', [piece('2026-02-01', peer), piece('2026-03-01', peer)], []],
    ['two pieces without', [piece('2026-02-01'), piece('2026-03-01')], ['piece-condition']],
    ['one piece', [piece('2026-02-01', peer)], ['pieces']],
    ['nothing', [], ['pieces', 'piece-condition']],
    [
      'one of the year before',
      [piece('2025-11-30', peer), piece('2026-03-01')],
      ['pieces', 'piece-condition'],
    ],
    ['one of the first day and one of the last', [piece('2025-12-01', peer), piece('2026-11-30')], []],
  ];
  for (const [name, entries, codes] of cases) {
    it(`lacks ${codes.join(' and ') || 'nothing'} after ${name}`, () =>
      expect(
        evaluated('uk-england', null, entries, '2026-11-30').shortfalls.map(({ code }) => code),
      ).to.deep.equal(codes));
  }

  const days: [string, boolean, string][] = [
    ['2026-08-31', false, '2025-12-01'],
    ['2026-09-01', true, '2025-12-01'],
    ['2026-11-30', true, '2025-12-01'],
    ['2026-12-01', false, '2026-12-01'],
  ];
  for (const [on, can, start] of days) {
    it(`${can ? 'opens' : 'is closed'} on ${on}`, () => {
      const result = evaluated(
        'uk-england',
        '2020-05-05',
        [piece('2026-02-01'), piece('2026-03-01', peer)],
        on,
      );
      expect(result.canApplyOn).to.equal(can);
      expect(result.cycle.start).to.equal(start);
    });
  }
});

describe('macao and wales', () => {
  for (const [name, total] of [
    ['macao', 45],
    ['wales', 90],
  ] as const) {
    it(`${name} asks for ${total} hours in three years`, () => {
      const result = evaluated(name, '2024-02-29', [hours(total - 1)], '2027-02-27');
      expect(result).to.include({ requiredMinutes: total * 60, missingMinutes: 60, canApplyOn: false });
      expect(evaluated(name, '2024-02-29', [hours(total)], '2027-02-27').canApplyOn).to.equal(true);
    });
  }
});

describe('every preset', () => {
  it('is one of the eight and states where it comes from', () => {
    const names = [
      'cn-assistant',
      'cn-intermediate',
      'cn-senior',
      'cn-professional-annual',
      'us-mn',
      'uk-england',
      'macao',
      'wales',
    ];
    for (const name of names) expect(preset(name)[0]?.source, name).to.not.equal('');
  });
});
