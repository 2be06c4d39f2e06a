import { expect } from 'chai';
import fc from 'fast-check';
import {
  fit,
  forOthers,
  funnel,
  HARD_RULES,
  rank,
  refusals,
  RULES,
  SOFT_RULES,
} from '../../../server/features/matching/matching.rules.ts';
import { smallestChanges } from '../../../server/features/matching/change.rules.ts';
import type { Change } from '../../../server/features/matching/change.rules.ts';
import type {
  FitSettings,
  PersonFacts,
  PositionFacts,
} from '../../../server/features/matching/matching.types.ts';
import { createI18n } from '../../../server/i18n/index.ts';
import { at, person, position, settings } from './facts.ts';

/** One person for each hard rule who fails that rule and no other. */
interface Case {
  person?: Partial<PersonFacts>;
  position?: Partial<PositionFacts>;
  settings?: Partial<FitSettings>;
}
const FAILING: Record<string, Case & { code: string }> = {
  'shift-open': { position: { shiftState: 'locked' }, code: 'shift-not-open' },
  standing: { person: { standing: 'stranger' }, code: 'not-a-member' },
  age: { person: { birthDate: '2010-11-26' }, code: 'too-young' },
  skills: { person: { skills: [{ code: 'first-aid', level: 1, verified: false }] }, code: 'skill-too-low' },
  credentials: {
    person: {
      credentials: [
        {
          type: 'social-worker',
          level: 'senior',
          covers: ['assistant', 'intermediate', 'senior'],
          validFrom: '2025-01-01',
          validTo: '2026-11-24',
          state: 'valid',
          renewalUnderWay: false,
        },
      ],
    },
    code: 'credential-not-valid-then',
  },
  languages: { person: { languages: ['zh'] }, code: 'language-missing' },
  availability: {
    person: { availability: [{ weekday: 3, startMinute: 480, endMinute: 600 }] },
    code: 'not-available',
  },
  overlap: { person: { booked: [{ startsAt: at(2), endsAt: at(4) }] }, code: 'overlapping-shift' },
  'daily-cap': { person: { bookedMinutesThatDay: 481 }, code: 'too-much-that-day' },
  'weekly-cap': { person: { bookedMinutesThatWeek: 2_281 }, code: 'too-much-that-week' },
  // Seven hours and fifty minutes are the longest stretch in the day before the end.
  rest: {
    person: {
      booked: [
        { startsAt: at(-21), endsAt: new Date(at(-13).getTime() + 600_000) },
        { startsAt: at(-6), endsAt: new Date(at(-1).getTime() + 600_000) },
      ],
    },
    position: {},
    settings: { restMinutes: 480 },
    code: 'too-little-rest',
  },
  consent: { person: { standing: 'unasked' }, code: 'consent-missing' },
  exclusion: { person: { excluded: true }, code: 'excluded' },
  insured: { position: { bodilyRisk: true }, code: 'not-insured' },
  'service-area': { person: { radiusMetres: 1_000 }, code: 'too-far' },
  trainings: { person: { trained: [] }, code: 'training-missing' },
  pools: { person: { pools: [{ poolId: 'p1', validTo: '2026-11-24' }] }, code: 'pool-missing' },
};

/** What each soft rule gives, as a part of its weight. */
const SHARES: Record<string, (Case & { of: number; from: number })[]> = {
  'skill-level': [
    { of: 5, from: 6 },
    { person: { skills: [{ code: 'first-aid', level: 2, verified: false }] }, of: 2, from: 6 },
    { position: { skills: [] }, of: 1, from: 2 },
  ],
  distance: [
    { of: 18_888, from: 20_000 },
    { person: { home: null }, of: 1, from: 4 },
    // Of people from elsewhere only a band is known, and judged.
    { person: { banded: true }, of: 17_000, from: 20_000 },
    { person: { home: { latitude: 31, longitude: 119.69 } }, of: 0, from: 20_000 },
  ],
  'free-then': [
    { of: 1, from: 1 },
    { person: { availability: [] }, of: 3, from: 10 },
  ],
  preference: [
    { of: 1, from: 2 },
    { person: { interests: ['elderly'] }, of: 1, from: 1 },
    { person: { interests: ['sport'] }, of: 1, from: 5 },
  ],
  reliability: [
    { of: 9, from: 10 },
    { person: { record: { ...person.record, kept: 3, missed: 1 } }, of: 12, from: 14 },
  ],
  continuity: [
    { of: 0, from: 3 },
    { person: { record: { ...person.record, served: new Map([['r1', 2]]) } }, of: 2, from: 3 },
    { person: { record: { ...person.record, served: new Map([['r1', 9]]) } }, of: 3, from: 3 },
  ],
  load: [
    { of: 1_200, from: 1_200 },
    { person: { recentMinutes: 700 }, of: 500, from: 1_200 },
    { person: { recentMinutes: 5_000 }, of: 0, from: 1_200 },
  ],
  idle: [
    { of: 56, from: 56 },
    { person: { record: { ...person.record, lastOn: '2026-11-15' } }, of: 10, from: 56 },
  ],
  'first-slot': [
    { of: 1, from: 2 },
    { position: { taken: 0 }, of: 1, from: 1 },
    { position: { taken: 3 }, of: 0, from: 1 },
  ],
  mix: [
    { of: 0, from: 1 },
    { person: { track: 'semi-professional' }, of: 1, from: 1 },
    { person: { track: 'certified' }, of: 0, from: 1 },
    {
      person: { track: 'certified' },
      position: { team: { certified: 0, semiProfessional: 2 } },
      of: 1,
      from: 1,
    },
  ],
};

describe('the rules of fitting', () => {
  for (const { name } of RULES)
    it(`is named and explained in both languages: ${name}`, () => {
      const i18n = createI18n({ strict: true });
      for (const locale of ['zh-CN', 'en'] as const)
        for (const key of [`matching.rule.${name}`, `matching.explain.${name}`])
          expect(i18n.has(locale, key), `${locale} ${key}`).to.equal(true);
    });

  it('let through who fits', () => {
    expect(refusals(position, person, settings)).to.deep.equal([]);
  });

  for (const { name } of HARD_RULES) {
    it(`refuse by “${name}” alone, and say why`, () => {
      const failing = FAILING[name];
      expect(failing, `a case for ${name}`).to.not.equal(undefined);
      const found = refusals(
        { ...position, ...failing!.position },
        { ...person, ...failing!.person },
        { ...settings, ...failing!.settings },
      );
      expect(found.map(({ rule, code }) => [rule, code])).to.deep.equal([[name, failing!.code]]);
    });
  }

  for (const rule of SOFT_RULES) {
    it(`give at most ${rule.weight} points by “${rule.name}”`, () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 0, max: 5_000 }),
          fc.option(
            fc.record({
              latitude: fc.double({ min: -80, max: 80, noNaN: true }),
              longitude: fc.double({ min: -180, max: 180, noNaN: true }),
            }),
          ),
          (recentMinutes, home) => {
            const part = fit(position, { ...person, recentMinutes, home }, settings).parts.find(
              (one) => one.rule === rule.name,
            );
            expect(part?.points).to.be.within(0, rule.weight);
          },
        ),
      );
    });
  }

  for (const rule of SOFT_RULES)
    it(`give by “${rule.name}” what pencil and paper give`, () => {
      expect(SHARES[rule.name], `cases for ${rule.name}`).to.not.equal(undefined);
      for (const one of SHARES[rule.name] ?? []) {
        const part = fit({ ...position, ...one.position }, { ...person, ...one.person }, settings).parts.find(
          ({ rule: name }) => name === rule.name,
        );
        expect([part?.of, part?.from]).to.deep.equal([one.of, one.from]);
        expect(part?.points).to.equal(Math.floor((rule.weight * one.of) / one.from + 0.5));
      }
    });

  it('sum to the score, whatever a tenant weighs; what is off gives nothing and keeps nobody out', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom(...SOFT_RULES.map(({ name }) => name)),
          fc.integer({ min: 0, max: 1_000 }),
        ),
        fc.subarray(SOFT_RULES.map(({ name }) => name)),
        (weights, off) => {
          const { score, parts } = fit(position, person, { ...settings, weights, off });
          expect(parts.reduce((sum, { points }) => sum + points, 0)).to.equal(score);
          expect(parts.some(({ rule }) => off.includes(rule))).to.equal(false);
          for (const { rule, most } of parts) if (rule in weights) expect(most).to.equal(weights[rule]);
        },
      ),
    );
    const far = { ...person, radiusMetres: 1 };
    expect(refusals(position, far, settings)[0]?.code).to.equal('too-far');
    expect(refusals(position, far, { ...settings, off: ['service-area'] })).to.deep.equal([]);
  });

  it('never let a tenant switch off what law asks for', () => {
    const fixed = HARD_RULES.filter((rule) => rule.fixed).map(({ name }) => name);
    expect(fixed).to.include.members(['age', 'credentials', 'trainings', 'insured', 'overlap', 'consent']);
    for (const name of fixed) {
      const failing = FAILING[name]!;
      const found = refusals(
        { ...position, ...failing.position },
        { ...person, ...failing.person },
        { ...settings, ...failing.settings, off: RULES.map((rule) => rule.name) },
      );
      expect(found.map(({ rule }) => rule)).to.include(name);
    }
  });

  it('tell others nothing of other organisations or of exclusions', () => {
    for (const code of [
      'overlapping-shift',
      'too-much-that-day',
      'too-much-that-week',
      'too-little-rest',
      'excluded',
    ])
      expect(forOthers({ code, params: { minutes: 1 } })).to.deep.equal({ code: 'not-available' });
  });

  it('weigh a thousand points in all, each rule under a name of its own', () => {
    expect(SOFT_RULES.reduce((sum, rule) => sum + rule.weight, 0)).to.equal(1_000);
    expect(new Set(RULES.map((rule) => rule.name)).size).to.equal(RULES.length);
  });

  it('never call skills fitting that somebody lacks or has at too low a level', () => {
    const skillLevel = SOFT_RULES.find(({ name }) => name === 'skill-level');
    const says = (skills: PersonFacts['skills']): string | undefined =>
      skillLevel?.judge(position, { ...person, skills }, settings).finding?.code;
    expect(says(person.skills)).to.equal('skill-strong');
    expect(says([{ code: 'first-aid', level: 2, verified: false }])).to.equal('skill-fits');
    expect(says([{ code: 'first-aid', level: 1, verified: true }])).to.equal(undefined);
    expect(says([])).to.equal(undefined);
  });

  it('never count a further skill against anybody', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('driving', 'tutoring', 'cooking'),
        fc.integer({ min: 1, max: 3 }),
        (code, level) => {
          const before = fit(position, person, settings);
          const after = fit(
            position,
            { ...person, skills: [...person.skills, { code, level, verified: false }] },
            settings,
          );
          expect(after.score).to.be.at.least(before.score);
          expect(after.refusals.length).to.be.at.most(before.refusals.length);
        },
      ),
    );
  });

  it('rank the same whatever the order they are asked in', () => {
    const candidates = [0, 1_000, 2_000, 2_000, 0].map((recentMinutes, index) => ({
      id: `p${index}`,
      fit: fit(position, { ...person, recentMinutes }, settings),
    }));
    const expected = rank(candidates).map(({ id }) => id);
    fc.assert(
      fc.property(fc.shuffledSubarray(candidates, { minLength: 5 }), (shuffled) => {
        expect(rank(shuffled).map(({ id }) => id)).to.deep.equal(expected);
      }),
    );
  });

  it('let a shift start the minute another ends, and not a minute earlier', () => {
    const booked = (minute: number): PersonFacts => ({
      ...person,
      booked: [{ startsAt: at(-1), endsAt: new Date(at(1).getTime() + minute * 60_000) }],
    });
    expect(refusals(position, booked(0), settings)).to.deep.equal([]);
    expect(refusals(position, booked(1), settings)[0]?.code).to.equal('overlapping-shift');
  });

  it('keep minors out of bodily risk, and ask a guardian’s consent of them', () => {
    const young = { ...person, birthDate: '2010-01-01' };
    const open = { ...position, minAge: null };
    expect(refusals(open, young, settings)[0]?.code).to.equal('guardian-consent-missing');
    expect(refusals(open, { ...young, guardianConsent: true }, settings)).to.deep.equal([]);
    expect(
      refusals({ ...open, bodilyRisk: true, insured: true }, { ...young, guardianConsent: true }, settings)[0]
        ?.code,
    ).to.equal('minors-not-at-risk');
  });

  it('count the funnel down and never up', () => {
    const fits = Object.values(FAILING).map((one) =>
      fit({ ...position, ...one.position }, { ...person, ...one.person }, { ...settings, ...one.settings }),
    );
    const steps = funnel([...fits, fit(position, person, settings)]).map(({ remaining }) => remaining);
    expect(steps.at(-1)).to.equal(1);
    steps.slice(1).forEach((remaining, index) => expect(remaining).to.be.at.most(steps[index]!));
  });
});

describe('the smallest change', () => {
  const changesOf = (own: PersonFacts, place: PositionFacts = position) =>
    smallestChanges(place, fit(place, own, settings));

  /** What somebody does who follows the change to the letter. */
  const DONE: Record<
    string,
    (own: PersonFacts, params: Change['params'], place: PositionFacts) => PersonFacts
  > = {
    'state-birth-date': (own) => ({ ...own, birthDate: '1990-01-01' }),
    'add-skill': (own, { skill, level }) => ({
      ...own,
      skills: [...own.skills, { code: String(skill), level: Number(level), verified: false }],
    }),
    'raise-skill': (own, { skill, level }) => ({
      ...own,
      skills: own.skills.map((one) => (one.code === skill ? { ...one, level: Number(level) } : one)),
    }),
    'add-language': (own, { language }) => ({ ...own, languages: [...own.languages, String(language)] }),
    'go-further': (own, { km }) => ({ ...own, radiusMetres: Number(km) * 1_000 }),
    'add-time': (own, params) => {
      const { weekday = 0, startMinute = 0, endMinute = 0 } = params as Record<string, number>;
      // What the profile takes: a stretch ends after it begins, on the same day.
      expect(endMinute).to.be.within(startMinute + 1, 1_440);
      return { ...own, availability: [...own.availability, { weekday, startMinute, endMinute }] };
    },
    'show-credential': (own, { credential }, place) => hold(own, String(credential), '', place),
    'renew-credential': (own, { credential }, place) => hold(own, String(credential), '', place),
    'show-credential-level': (own, { credential, level }, place) =>
      hold(own, String(credential), String(level), place),
    'take-training': (own) => ({ ...own, trained: ['fire-safety'] }),
    'apply-pool': (own, { pool }) => ({
      ...own,
      pools: [{ poolId: String(pool).split(' ')[0] ?? '', validTo: null }],
    }),
    'ask-guardian': (own) => ({ ...own, guardianConsent: true }),
    agree: (own) => ({ ...own, standing: 'findable' }),
    join: (own) => ({ ...own, standing: 'member' }),
  };
  const hold = (own: PersonFacts, type: string, level: string, place: PositionFacts): PersonFacts => ({
    ...own,
    credentials: [
      {
        type,
        level,
        covers: [],
        validFrom: place.startDate,
        validTo: place.endDate,
        state: 'valid',
        renewalUnderWay: false,
      },
    ],
  });

  const young = { ...position, minAge: null };
  const plain = { ...position, credentials: [{ type: 'social-worker', level: '' }] };
  const [held] = person.credentials;
  const CASES: [string, string[], Partial<PersonFacts>, PositionFacts?][] = [
    ['a skill', ['add-skill'], { skills: [] }],
    ['its level', ['raise-skill'], { skills: [{ code: 'first-aid', level: 1, verified: false }] }],
    ['a language', ['add-language'], { languages: [] }],
    ['the way', ['go-further'], { radiusMetres: 1_000 }],
    ['the time', ['add-time'], { availability: [{ weekday: 1, startMinute: 0, endMinute: 60 }] }],
    [
      'the time past midnight',
      ['add-time', 'add-time'],
      {},
      { ...position, weekday: 7, startMinute: 1_320, lengthMinutes: 240 },
    ],
    [
      'the time until midnight',
      ['add-time'],
      {},
      { ...position, weekday: 7, startMinute: 1_320, lengthMinutes: 120 },
    ],
    ['a certificate', ['show-credential'], { credentials: [] }, plain],
    ['a certificate of a level', ['show-credential-level'], { credentials: [] }],
    [
      'a higher level',
      ['show-credential-level'],
      { credentials: [{ ...held!, level: 'assistant', covers: [] }] },
    ],
    [
      'a later certificate',
      ['renew-credential'],
      { credentials: [{ ...held!, validTo: '2026-11-24' }] },
      plain,
    ],
    ['a course', ['take-training'], { trained: [] }],
    ['a pool', ['apply-pool'], { pools: [] }],
    ['a birth date', ['state-birth-date'], { birthDate: null }],
    ['a guardian', ['ask-guardian'], { birthDate: '2010-01-01' }, young],
    ['consent', ['agree'], { standing: 'unasked' }],
    ['membership', ['join'], { standing: 'stranger' }],
    [
      'several',
      ['add-language', 'go-further', 'take-training'],
      { languages: [], radiusMetres: 1, trained: [] },
    ],
  ];
  for (const [what, codes, lack, place = position] of CASES)
    it(`makes the position fit once it is done, and asks for nothing else: ${what}`, () => {
      const own = { ...person, ...lack };
      const changes = changesOf(own, place) ?? [];
      expect(changes.map(({ code }) => code).sort()).to.deep.equal([...codes].sort());
      const after = changes.reduce((now, { code, params }) => DONE[code]!(now, params, place), own);
      expect(refusals(place, after, settings)).to.deep.equal([]);
    });

  it('is none where nobody can change what stands against it, or nothing does', () => {
    expect(changesOf({ ...person, booked: [{ startsAt: at(2), endsAt: at(4) }] })).to.equal(null);
    expect(changesOf({ ...person, excluded: true })).to.equal(null);
    expect(changesOf({ ...person, birthDate: '2020-01-01' })).to.equal(null);
    expect(changesOf(person)).to.deep.equal([]);
  });
});
