import { expect } from 'chai';
import fc from 'fast-check';
import { inputsOf } from '../../../server/features/matching/inputs.rules.ts';
import { SOFT_RULES } from '../../../server/features/matching/soft.rules.ts';
import type {
  Finding,
  PersonFacts,
  PositionFacts,
} from '../../../server/features/matching/matching.types.ts';
import { readMessages } from '../../../server/i18n/index.ts';
import { person, position, settings } from './facts.ts';

/** Shares as a reader reckons them from what the page says and explains, without the rules. */
const BY_HAND: Record<string, (inputs: readonly Finding[], finding: Finding | null) => [number, number]> = {
  'skill-level': (inputs) => {
    if (inputs[0]?.code === 'no-skill') return [1, 2];
    const points = inputs.map(({ code, params }) =>
      code === 'skill-none' ? 0 : Number(params?.['held']) + (code === 'skill-seen' ? 3 : 0),
    );
    return [points.reduce((sum, one) => sum + one, 0), 6 * points.length];
  },
  distance: ([input]) => {
    if (input?.code === 'nowhere') return [1, 4];
    const [away, reach] = [Number(input?.params?.['away']), Number(input?.params?.['reach'])];
    return [Math.max(0, reach - away), reach];
  },
  'free-then': (_inputs, finding) => (finding?.code === 'said-free' ? [1, 1] : [3, 10]),
  preference: ([input]) =>
    input?.code === 'likes-nothing' ? [1, 2] : input?.code === 'likes-this' ? [1, 1] : [1, 5],
  reliability: ([input]) => {
    const [kept, missed] = [Number(input?.params?.['kept']), Number(input?.params?.['missed'])];
    return [kept + 9, kept + missed + 10];
  },
  continuity: ([input]) => [Math.min(3, Number(input?.params?.['times'])), 3],
  load: ([input]) => [Math.max(0, 1_200 - Number(input?.params?.['served'])), 1_200],
  idle: ([input]) => [input?.code === 'never' ? 56 : Math.min(56, Number(input?.params?.['days'])), 56],
  'first-slot': ([input]) => {
    const [taken, required] = [Number(input?.params?.['taken']), Number(input?.params?.['required'])];
    return taken < required ? [1, 1 + taken] : [0, 1];
  },
  mix: ([team, track]) => {
    const [certified, others] = [Number(team?.params?.['certified']), Number(team?.params?.['others'])];
    const completes =
      (track?.code === 'track-certified' && certified === 0 && others > 0) ||
      (track?.code === 'track-semi-professional' && others === 0 && certified > 0);
    return [completes ? 1 : 0, 1];
  },
};

const pair: fc.Arbitrary<[PositionFacts, PersonFacts]> = fc
  .record({
    skilled: fc.boolean(),
    level: fc.integer({ min: 1, max: 3 }),
    verified: fc.boolean(),
    asked: fc.subarray(['first-aid', 'it-help']),
    banded: fc.boolean(),
    latitude: fc.option(fc.double({ min: 29.7, max: 30.2, noNaN: true })),
    interests: fc.subarray(['elderly', 'children']),
    free: fc.boolean(),
    kept: fc.nat(30),
    missed: fc.nat(5),
    lastOn: fc.constantFrom(null, '2026-11-20', '2026-01-01', '2026-12-20'),
    times: fc.nat(5),
    recentMinutes: fc.nat(2_000),
    taken: fc.nat(4),
    required: fc.integer({ min: 1, max: 4 }),
    certified: fc.nat(1),
    semiProfessional: fc.nat(1),
    track: fc.constantFrom('certified' as const, 'semi-professional' as const, null),
  })
  .map((one) => [
    {
      ...position,
      skills: one.asked.map((code) => ({ code, minLevel: 1 })),
      taken: one.taken,
      required: one.required,
      team: { certified: one.certified, semiProfessional: one.semiProfessional },
    },
    {
      ...person,
      banded: one.banded,
      skills: one.skilled ? [{ code: 'first-aid', level: one.level, verified: one.verified }] : [],
      home: one.latitude === null ? null : { latitude: one.latitude, longitude: 119.69 },
      interests: one.interests,
      availability: one.free ? [{ weekday: 3, startMinute: 0, endMinute: 1_440 }] : [],
      record: {
        kept: one.kept,
        missed: one.missed,
        lastOn: one.lastOn,
        served: new Map([[position.requestId, one.times]]),
      },
      recentMinutes: one.recentMinutes,
      track: one.track,
    },
  ]);

describe('what a score is reckoned from', () => {
  it('lets a reader come to every share by hand', () => {
    fc.assert(
      fc.property(pair, ([facts, somebody]) => {
        for (const rule of SOFT_RULES) {
          const { of, from, finding } = rule.judge(facts, somebody, settings);
          const byHand = BY_HAND[rule.name]?.(inputsOf(rule.name, facts, somebody, settings), finding);
          expect(byHand, rule.name).to.deep.equal([of, from]);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('says all of it in both languages', () => {
    const messages = readMessages();
    const worded = Object.keys((messages.en['matching'] as Record<string, object>)['input'] ?? {});
    const said = new Set<string>();
    fc.assert(
      fc.property(pair, ([facts, somebody]) => {
        for (const { name } of SOFT_RULES)
          for (const { code } of inputsOf(name, facts, somebody, settings)) said.add(code);
      }),
      { numRuns: 500 },
    );
    expect(worded.sort()).to.deep.equal([...said].sort());
  });
});
