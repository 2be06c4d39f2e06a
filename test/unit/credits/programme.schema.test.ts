import { expect } from 'chai';
import { readEvaluation } from '../../../server/features/credits/evaluation.schema.ts';
import { PRESETS } from '../../../server/features/credits/presets/index.ts';

const ENTRY = {
  id: 'a',
  activity: 'training',
  date: '2024-06-10',
  minutes: 1440,
  evidence: ['passCertificate'],
};
const INPUT = {
  programme: 'cn-intermediate',
  cycle: { registeredOn: '2024-03-15' },
  on: '2026-12-15',
  entries: [ENTRY],
};
const PROGRAMME = {
  programme: 'ours',
  cycle: { kind: 'fromRegistration', months: 12 },
  requirement: { total: 10 },
  conversions: [{ activity: 'training', rule: 'actual' }],
};

const faultsOf = (change: object): readonly string[] => {
  const read = readEvaluation({ ...INPUT, ...change });
  return 'faults' in read ? read.faults : [];
};
const withEntry = (change: object): object => ({ entries: [{ ...ENTRY, ...change }] });
const withRules = (change: object): object => ({ programme: { ...PROGRAMME, ...change } });
const converting = (...conversions: object[]): object => withRules({ conversions });

describe('what an evaluation reads', () => {
  it('is taken as it is', () => {
    expect(faultsOf({})).to.deep.equal([]);
    expect(faultsOf(withRules({}))).to.deep.equal([]);
    expect(faultsOf({ entries: [] })).to.deep.equal([]);
    expect(faultsOf({ programme: 'cn-professional-annual', cycle: undefined })).to.deep.equal([]);
    for (const name of PRESETS.keys()) expect(faultsOf({ programme: name }), name).to.deep.equal([]);
    for (const [name, versions] of PRESETS) expect(faultsOf({ programme: versions }), name).to.deep.equal([]);
  });

  const faults: [string, object, string | RegExp][] = [
    [
      'a preset that is not there',
      { programme: 'cn-junior' },
      /^programme: "cn-junior" is no preset; there are cn-assistant, /,
    ],
    ['a name that objects have anyway', { programme: '__proto__' }, /^programme: "__proto__" is no preset/],
    ['no programme', { programme: undefined }, 'programme: is missing'],
    ['no day', { on: undefined }, 'on: is missing'],
    ['no entries', { entries: undefined }, 'entries: is missing'],
    ['a day that the calendar lacks', { on: '2026-02-29' }, /^on: must be a day of the calendar/],
    ['a day with a time', { on: '2026-12-15T00:00:00Z' }, /^on: must be a day of the calendar/],
    ['a registration on no day', { cycle: { registeredOn: '2023-02-30' } }, /^cycle\.registeredOn: must be/],
    ['an entry on no day', withEntry({ date: '2024-04-31' }), /^entries\[0\]\.date: must be/],
    ['negative minutes', withEntry({ minutes: -1 }), 'entries[0].minutes: must not be negative'],
    ['no minutes', withEntry({ minutes: undefined }), 'entries[0].minutes: is missing'],
    ['zero minutes', withEntry({ minutes: 0 }), 'entries[0].minutes: must be more than 0'],
    ['half a minute', withEntry({ minutes: 1.5 }), 'entries[0].minutes: must be a whole number of minutes'],
    ['minutes as text', withEntry({ minutes: '60' }), /^entries\[0\]\.minutes: /],
    [
      'more minutes than a slip of the pen',
      withEntry({ minutes: 1e9 }),
      'entries[0].minutes: must be at most 600000',
    ],
    ['an unknown field', withEntry({ evidnce: [] }), /^entries\[0\]: Unrecognized key: "evidnce"/],
    [
      'one id twice',
      { entries: [ENTRY, { ...ENTRY, minutes: 60 }] },
      'entries[1].id: "a" is entries[0] already',
    ],
    ['an empty id', withEntry({ id: ' ' }), /^entries\[0\]\.id: /],
    ['a programme of another form', { programme: 7 }, /^programme: /],
    [
      'an unknown key of a programme',
      withRules({ requirment: {} }),
      /^programme: Unrecognized key: "requirment"/,
    ],
    [
      'an unknown kind of cycle',
      withRules({ cycle: { kind: 'weekly' } }),
      /^programme\.cycle\.kind: must have the kind/,
    ],
    [
      'a cycle of no months',
      withRules({ cycle: { kind: 'fromRegistration', months: 0 } }),
      /^programme\.cycle\.months: /,
    ],
    [
      'a window longer than its cycle',
      withRules({ cycle: { kind: 'fromRegistration', months: 3, windowMonthsBefore: 4 } }),
      'programme.cycle.windowMonthsBefore: is longer than the cycle',
    ],
    [
      'a year that starts on 29 February',
      withRules({ cycle: { kind: 'calendarYear', startsOn: '02-29' } }),
      /^programme\.cycle\.startsOn: must be a day of every year/,
    ],
    [
      'a requirement of nothing',
      withRules({ requirement: { total: 0 } }),
      'programme.requirement: asks for nothing',
    ],
    ['a negative requirement', withRules({ requirement: { total: -1 } }), /^programme\.requirement\.total: /],
    [
      'a share above one',
      withRules({ requirement: { total: 9, minByCategory: { law: { share: '3/2' } } } }),
      /minByCategory\.law\.share: must be at most 1/,
    ],
    [
      'a share of nothing',
      withRules({ requirement: { total: 0, minPieces: 1, maxByMode: { online: { share: '1/2' } } } }),
      'programme.requirement.maxByMode.online: is a share of nothing',
    ],
    [
      'a fraction of a minute',
      withRules({ requirement: { total: 0.001 } }),
      'programme.requirement.total: 0.001 units are no whole number of minutes',
    ],
    ['no conversions', converting(), /^programme\.conversions: /],
    [
      'an activity converted twice',
      converting({ activity: 'x', rule: 'actual' }, { activity: 'x', rule: 'fixed', value: 1 }),
      'programme.conversions[1].activity: "x" is already converted',
    ],
    [
      'a fixed value that is not there',
      converting({ activity: 'x', rule: 'fixed' }),
      'programme.conversions[0].value: the rule fixed needs a value',
    ],
    [
      'a value that nothing uses',
      converting({ activity: 'x', rule: 'actual', value: 3 }),
      'programme.conversions[0].value: the rule actual has no value',
    ],
    [
      'an exclusion of nobody',
      converting({ activity: 'x', rule: 'actual', excludes: ['y'] }),
      'programme.conversions[0].excludes[0]: "y" is no activity of this programme',
    ],
    [
      'an exclusion of itself',
      converting({ activity: 'x', rule: 'actual', excludes: ['x'] }),
      'programme.conversions[0].excludes[0]: an activity cannot exclude itself',
    ],
    [
      'an unknown rule',
      converting({ activity: 'x', rule: 'double' }),
      /^programme\.conversions\[0\]\.rule: /,
    ],
    [
      'effective dates the wrong way round',
      withRules({ effective: ['2026-01-01', '2025-01-01'] }),
      /^programme\.effective: must not end before it begins/,
    ],
    [
      'versions that overlap',
      { programme: [PROGRAMME, { ...PROGRAMME, effective: ['2025-01-01', null] }] },
      'programme[1].effective: overlaps the version before',
    ],
    [
      'versions of two programmes',
      {
        programme: [
          { ...PROGRAMME, effective: ['2020-01-01', '2024-12-31'] },
          { ...PROGRAMME, programme: 'theirs', effective: ['2025-01-01', null] },
        ],
      },
      'programme[1].programme: is not "ours"',
    ],
  ];
  for (const [name, change, fault] of faults) {
    it(`refuses ${name} in one line`, () => {
      const found = faultsOf(change);
      expect(found).to.have.length(1);
      if (typeof fault === 'string') expect(found[0]).to.equal(fault);
      else expect(found[0]).to.match(fault);
      expect(found[0]).to.not.match(/[\n\r]/);
    });
  }

  it('refuses more activities that exclude, or count once, than can be weighed exactly', () => {
    const many = (count: number, one: (at: number) => object): object =>
      converting(
        ...Array.from({ length: count }, (_, at) => ({ activity: `x${at}`, rule: 'actual', ...one(at) })),
      );
    const [exclusive] = faultsOf(many(13, (at) => (at === 0 ? {} : { excludes: ['x0'] })));
    expect(exclusive).to.equal('programme.conversions: at most 12 activities may exclude');
    const ethics = { requirement: { total: 9, minByCategory: { ethics: 1 }, maxByMode: { online: 1 } } };
    const once = many(6, () => ({ oncePerCycle: true })) as { programme: object };
    expect(faultsOf(once)).to.deep.equal([]);
    expect(faultsOf({ programme: { ...once.programme, ...ethics } })).to.deep.equal([
      'programme.conversions: too many activities count once per cycle',
    ]);
  });

  it('names every fault, not only the first', () =>
    expect(
      faultsOf({ on: 'today', programme: 'x', entries: [{ ...ENTRY, minutes: -1, date: '1' }] }),
    ).to.have.length(4));

  it('refuses what is no object', () => {
    for (const json of [null, 7, 'text', [], [INPUT]])
      expect(readEvaluation(json)).to.have.property('faults').with.length(1);
  });

  it('keeps a fault on one line, whatever names it quotes', () => {
    const [fault] = faultsOf({ programme: 'a\nb\u2028c\u001b[31m' });
    expect(fault).to.match(/^programme: "a b c \[31m" is no preset/);
  });

  it('lets what counts without minutes go without', () => {
    expect(faultsOf(withEntry({ activity: 'degree', minutes: 0 }))).to.deep.equal([]);
    expect(faultsOf(withEntry({ activity: 'degree', minutes: undefined }))).to.deep.equal([]);
    expect(faultsOf({ programme: 'uk-england', ...withEntry({ minutes: 0 }) })).to.deep.equal([]);
    expect(faultsOf(withEntry({ category: null, mode: undefined, evidence: undefined }))).to.deep.equal([]);
  });

  it('reads names with other capitals, hyphens and spaces as the programme spells them', () => {
    const read = readEvaluation({
      ...INPUT,
      programme: 'us-mn',
      ...withEntry({
        activity: 'Semester-credit',
        mode: 'independent study',
        category: 'Ethics',
        quantity: 1,
      }),
    });
    expect('entries' in read && read.entries[0]).to.include({
      activity: 'semesterCredit',
      mode: 'independentStudy',
      category: 'ethics',
    });
  });
});
