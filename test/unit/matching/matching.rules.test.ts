import { expect } from 'chai';
import fc from 'fast-check';
import {
  fit,
  funnel,
  HARD_RULES,
  rank,
  refusals,
  RULES,
  SOFT_RULES,
} from '../../../server/features/matching/matching.rules.ts';
import type {
  FitSettings,
  PersonFacts,
  PositionFacts,
} from '../../../server/features/matching/matching.types.ts';

const at = (hour: number): Date => new Date(Date.UTC(2026, 10, 25, hour));
const settings: FitSettings = { now: at(0), minAge: 14, dailyCapMinutes: 600 };
const position: PositionFacts = {
  startsAt: at(1),
  endsAt: at(3),
  startDate: '2026-11-25',
  endDate: '2026-11-25',
  weekday: 3,
  startMinute: 540,
  lengthMinutes: 120,
  shiftState: 'published',
  point: { latitude: 29.8, longitude: 119.69 },
  bodilyRisk: false,
  skills: [{ code: 'first-aid', minLevel: 2 }],
  credentials: [{ type: 'social-worker', level: 'intermediate' }],
  languages: ['en'],
  minAge: 18,
  maxAge: 60,
};
const person: PersonFacts = {
  personId: 'a',
  standing: 'member',
  birthDate: '1990-01-01',
  guardianConsent: false,
  languages: ['zh', 'en'],
  skills: [{ code: 'first-aid', level: 2, verified: true }],
  credentials: [
    {
      type: 'social-worker',
      level: 'senior',
      validFrom: '2025-01-01',
      validTo: '2027-12-31',
      state: 'valid',
    },
  ],
  availability: [{ weekday: 3, startMinute: 480, endMinute: 720 }],
  home: { latitude: 29.81, longitude: 119.69 },
  booked: [],
  bookedMinutesThatDay: 0,
  recentMinutes: 0,
};

/** One person for each hard rule who fails that rule and no other. */
const FAILING: Record<
  string,
  { person?: Partial<PersonFacts>; position?: Partial<PositionFacts>; code: string }
> = {
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
          validFrom: '2025-01-01',
          validTo: '2026-11-24',
          state: 'valid',
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
  'daily-cap': { person: { bookedMinutesThatDay: 500 }, code: 'too-much-that-day' },
};

describe('the rules of fitting', () => {
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
        settings,
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

  it('weigh a thousand points in all, each rule under a name of its own', () => {
    expect(SOFT_RULES.reduce((sum, rule) => sum + rule.weight, 0)).to.equal(1_000);
    expect(new Set(RULES.map((rule) => rule.name)).size).to.equal(RULES.length);
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
      refusals({ ...open, bodilyRisk: true }, { ...young, guardianConsent: true }, settings)[0]?.code,
    ).to.equal('minors-not-at-risk');
  });

  it('count the funnel down and never up', () => {
    const fits = Object.values(FAILING).map((one) =>
      fit({ ...position, ...one.position }, { ...person, ...one.person }, settings),
    );
    const steps = funnel([...fits, fit(position, person, settings)]).map(({ remaining }) => remaining);
    expect(steps.at(-1)).to.equal(1);
    steps.slice(1).forEach((remaining, index) => expect(remaining).to.be.at.most(steps[index]!));
  });
});
