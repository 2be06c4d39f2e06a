import { expect } from 'chai';
import fc from 'fast-check';
import { choose, independentSets } from '../../../server/features/credits/choice.rules.ts';
import type { Candidate, Limits } from '../../../server/features/credits/choice.rules.ts';
import { evaluate } from '../../../server/features/credits/credit.rules.ts';
import type { CreditEntry, Programme } from '../../../server/features/credits/credit.types.ts';
import { programmeSchema } from '../../../server/features/credits/programme.schema.ts';
import { addDays } from '../../../server/core/time.ts';
import { counts, entry, hours, programme } from './samples.ts';

const ACTIVITIES = ['a', 'b', 'c', 'd'];
const MODES = ['m', 'n', null];
const CATEGORIES = ['ethics', 'law', null];

const limits = fc
  .record({
    caps: fc.array(fc.tuple(fc.constantFrom(...ACTIVITIES), fc.integer({ min: 0, max: 5 })), {
      maxLength: 2,
    }),
    modes: fc.array(fc.tuple(fc.constantFrom('m', 'n'), fc.integer({ min: 0, max: 5 })), { maxLength: 2 }),
    once: fc.subarray(ACTIVITIES),
    pairs: fc.array(fc.tuple(fc.constantFrom(...ACTIVITIES), fc.constantFrom(...ACTIVITIES)), {
      maxLength: 3,
    }),
    least: fc.option(fc.integer({ min: 1, max: 6 }), { nil: null }),
  })
  .map(({ caps, modes, once, pairs, least }): Limits => {
    const excludes = new Map<string, Set<string>>();
    for (const [a, b] of pairs.filter(([one, other]) => one !== other)) {
      excludes.set(a, (excludes.get(a) ?? new Set()).add(b));
      excludes.set(b, (excludes.get(b) ?? new Set()).add(a));
    }
    return {
      capByActivity: new Map(caps),
      maxByMode: new Map(modes),
      once: new Set(once),
      excludes,
      minByCategory: new Map(least === null ? [] : [['ethics', least]]),
    };
  });

const candidates = fc
  .array(
    fc.record({
      activity: fc.constantFrom(...ACTIVITIES),
      mode: fc.constantFrom(...MODES),
      category: fc.constantFrom(...CATEGORIES),
      minutes: fc.integer({ min: 1, max: 4 }),
    }),
    { maxLength: 6 },
  )
  .map((list): Candidate[] => list.map((one, at) => ({ ...one, id: `e${at}` })));

const isAllowed = (list: readonly Candidate[], minutes: readonly number[], rule: Limits): boolean => {
  const counting = list.filter((_, at) => (minutes[at] ?? 0) > 0);
  const sum = (of: (one: Candidate) => boolean): number =>
    list.reduce((total, one, at) => (of(one) ? total + (minutes[at] ?? 0) : total), 0);
  return (
    counting.every((a) => counting.every((b) => !rule.excludes.get(a.activity)?.has(b.activity))) &&
    [...rule.once].every((name) => counting.filter(({ activity }) => activity === name).length <= 1) &&
    [...rule.capByActivity].every(([name, cap]) => sum(({ activity }) => activity === name) <= cap) &&
    [...rule.maxByMode].every(([name, cap]) => sum(({ mode }) => mode === name) <= cap)
  );
};

/** Everything that could be counted, minute by minute: no cleverness shared with the rules. */
function bruteForce(list: readonly Candidate[], rule: Limits): { total: number; ethics: number } {
  let best = { total: 0, ethics: 0 };
  const least = rule.minByCategory.get('ethics') ?? 0;
  const go = (minutes: number[]): void => {
    const one = list[minutes.length];
    if (one) {
      for (let count = 0; count <= one.minutes; count += 1) go([...minutes, count]);
      return;
    }
    if (!isAllowed(list, minutes, rule)) return;
    const total = minutes.reduce((sum, count) => sum + count, 0);
    const counted = minutes.reduce(
      (sum, count, at) => (list[at]?.category === 'ethics' ? sum + count : sum),
      0,
    );
    const ethics = Math.min(least, counted);
    if (total > best.total || (total === best.total && ethics > best.ethics)) best = { total, ethics };
  };
  go([]);
  return best;
}

describe('the choice among entries', () => {
  it('has the total of the best of everything that is allowed, and of these the most towards a minimum', () =>
    fc.assert(
      fc.property(candidates, limits, (list, rule) => {
        const { total, minutes } = choose(list, rule);
        expect(isAllowed(list, minutes, rule), 'allowed').to.equal(true);
        const counted = list.reduce(
          (sum, one, at) => (one.category === 'ethics' ? sum + (minutes[at] ?? 0) : sum),
          0,
        );
        const ethics = Math.min(rule.minByCategory.get('ethics') ?? 0, counted);
        expect({ total, ethics }).to.deep.equal(bruteForce(list, rule));
      }),
      { numRuns: 400 },
    ));

  it('tries each largest set of activities that exclude none of each other', () => {
    const both = (pairs: string[]): Limits['excludes'] => {
      const map = new Map<string, Set<string>>();
      for (const [a = '', b = ''] of pairs) {
        map.set(a, (map.get(a) ?? new Set()).add(b));
        map.set(b, (map.get(b) ?? new Set()).add(a));
      }
      return map;
    };
    expect(independentSets(['a', 'b', 'c'], both([]))).to.deep.equal([['a', 'b', 'c']]);
    expect(independentSets(['a', 'b', 'c'], both(['ab']))).to.deep.equal([
      ['a', 'c'],
      ['b', 'c'],
    ]);
    expect(independentSets(['a', 'b', 'c'], both(['ab', 'bc']))).to.deep.equal([['a', 'c'], ['b']]);
    const twelve = [...'abcdefghijkl'];
    const triangles = both(['ab', 'bc', 'ac', 'de', 'ef', 'df', 'gh', 'hi', 'gi', 'jk', 'kl', 'jl']);
    expect(independentSets(twelve, triangles)).to.have.length(81);
  });
});

const RULES: readonly Programme[] = [
  programme({
    requirement: { total: 10, minByCategory: { ethics: 2, law: { share: '1/5' } }, maxByMode: { online: 3 } },
    conversions: [
      { activity: 'training', rule: 'actual', capPerCycle: 6 },
      { activity: 'degree', rule: 'fixed', value: 5, oncePerCycle: true, excludes: ['course'] },
      { activity: 'course', rule: 'actualTaught', needs: ['passedTranscript'] },
      { activity: 'paper', rule: 'fixed', value: 2, capPerCycle: 3, excludes: ['talk'] },
      { activity: 'talk', rule: 'perUnit', value: 0.5, oncePerCycle: true },
    ],
    rounding: { to: 0.5, mode: 'floor', at: 'entry' },
  }),
  programme({
    requirement: { total: 10 },
    conversions: [
      { activity: 'training', rule: 'actual' },
      { activity: 'course', rule: 'actual', excludes: ['degree', 'paper'] },
      { activity: 'degree', rule: 'fixed', value: 3 },
      { activity: 'paper', rule: 'fixed', value: 1, oncePerCycle: true },
    ],
    carryOver: { allowed: true, max: 3 },
  }),
];

const someEntries = fc.array(
  fc.record({
    activity: fc.constantFrom('training', 'degree', 'course', 'paper', 'talk', 'walk'),
    category: fc.constantFrom('ethics', 'law', null),
    mode: fc.constantFrom('online', null),
    date: fc.integer({ min: -30, max: 800 }).map((day) => addDays('2024-02-29', day)),
    minutes: fc.integer({ min: 1, max: 400 }),
    quantity: fc.constantFrom(1, 3, null),
    evidence: fc.constantFrom<string[]>([], ['passedTranscript']),
  }),
  { maxLength: 14 },
);
const numbered = (list: readonly Omit<CreditEntry, 'id'>[]): CreditEntry[] =>
  list.map((one, at) => ({ ...one, id: `e${at}` }));

describe('an evaluation', () => {
  const cycle = { registeredOn: '2024-02-29' };
  const days = fc.integer({ min: 0, max: 800 }).map((day) => addDays('2024-02-29', day));

  it('does not depend on the order of the entries', () =>
    fc.assert(
      fc.property(
        fc.constantFrom(...RULES),
        someEntries,
        days,
        fc.infiniteStream(fc.nat()),
        (rules, list, on, order) => {
          const entries = numbered(list);
          const keys = new Map(entries.map(({ id }) => [id, order.next().value ?? 0]));
          const shuffled = entries.toSorted((a, b) => (keys.get(a.id) ?? 0) - (keys.get(b.id) ?? 0));
          const sorted = (given: readonly CreditEntry[]): unknown => {
            const result = evaluate(rules, cycle, given, on);
            return { ...result, entries: result.entries.toSorted((a, b) => (a.id < b.id ? -1 : 1)) };
          };
          expect(sorted(shuffled)).to.deep.equal(sorted(entries));
        },
      ),
      { numRuns: 200 },
    ));

  it('never has a lower total with one entry more', () =>
    fc.assert(
      fc.property(fc.constantFrom(...RULES), someEntries, days, (rules, list, on) => {
        const entries = numbered(list);
        const all = evaluate(rules, cycle, entries, on).totalMinutes;
        for (const left of entries) {
          const without = evaluate(
            rules,
            cycle,
            entries.filter(({ id }) => id !== left.id),
            on,
          );
          expect(without.totalMinutes).to.be.at.most(all);
        }
      }),
      { numRuns: 150 },
    ));

  it('adds up: the total is what the entries count and what was carried, whole and never beyond a cap', () =>
    fc.assert(
      fc.property(fc.constantFrom(...RULES), someEntries, days, (rules, list, on) => {
        const result = evaluate(rules, cycle, numbered(list), on);
        const sum = result.entries.reduce((minutes, one) => minutes + one.countedMinutes, 0);
        expect(result.totalMinutes).to.equal(sum + result.carriedMinutes);
        expect(result.missingMinutes).to.equal(Math.max(0, result.requiredMinutes - result.totalMinutes));
        expect(
          result.entries.every((one) => Number.isSafeInteger(one.countedMinutes) && one.countedMinutes >= 0),
        ).to.equal(true);
        expect(result.canApplyOn && result.eligibleFrom === null).to.equal(false);
        if (rules.requirement.maxByMode['online'] !== undefined)
          expect(result.byMode['online'] ?? 0).to.be.at.most(180);
      }),
      { numRuns: 200 },
    ));

  it('prefers the largest total even where a smaller one would meet a minimum, and says what is missing', () => {
    const rules = programme({
      requirement: { total: 4, minByCategory: { ethics: 1 } },
      conversions: [
        { activity: 'degree', rule: 'fixed', value: 6, excludes: ['course'] },
        { activity: 'course', rule: 'actual' },
      ],
    });
    const ethics = hours(5, { activity: 'course', category: 'ethics', date: '2024-05-01' });
    const degree = entry({ activity: 'degree', minutes: null, date: '2024-05-02' });
    const result = evaluate(rules, cycle, [ethics, degree], '2025-01-01');
    expect(counts(result)).to.deep.equal([
      ['excluded-by-other', 0],
      ['counted', 360],
    ]);
    expect(result.shortfalls).to.deep.equal([{ code: 'category', category: 'ethics', minutes: 60 }]);
    expect(evaluate(rules, cycle, [ethics], '2025-01-01').shortfalls).to.deep.equal([]);
  });

  it('counts part of an entry where a cap ends, and names the cap of the next', () => {
    const rules = programme({
      requirement: { total: 10, maxByMode: { online: 2 } },
      conversions: [
        { activity: 'training', rule: 'actual', capPerCycle: 5 },
        { activity: 'course', rule: 'actual' },
      ],
    });
    const dates = ['2024-04-01', '2024-04-02', '2024-04-03'];
    const trainings = dates.map((date) => hours(3, { date }));
    expect(counts(evaluate(rules, cycle, trainings, '2025-01-01'))).to.deep.equal([
      ['counted', 180],
      ['counted-in-part', 120],
      ['activity-cap-reached', 0],
    ]);
    const online = dates.map((date) => hours(2, { date, activity: 'course', mode: 'online' }));
    expect(counts(evaluate(rules, cycle, online, '2025-01-01')).at(-1)).to.deep.equal([
      'mode-cap-reached',
      0,
    ]);
  });

  it('owes a one-off requirement once, whenever it was met', () => {
    const rules = programme({
      requirement: { total: 0, minPieces: 1, oneOff: [{ category: 'suicide', total: 6 }] },
    });
    const before = hours(6, { category: 'suicide', date: '2020-01-01' });
    const piece = entry({ date: '2024-05-01' });
    expect(evaluate(rules, cycle, [before, piece], '2025-01-01').shortfalls).to.deep.equal([]);
    expect(evaluate(rules, cycle, [piece], '2025-01-01').shortfalls).to.deep.equal([
      { code: 'one-off', category: 'suicide', minutes: 360 },
    ]);
  });

  it('converts by the unit of the programme', () => {
    const lessons = programme({
      unit: '学时',
      unitMinutes: 45,
      rounding: { to: 0.5, mode: 'floor', at: 'entry' },
    });
    const result = evaluate(lessons, cycle, [entry({ minutes: 100, date: '2024-05-01' })], '2025-01-01');
    expect(result).to.include({ totalMinutes: 90, requiredMinutes: 450 });
  });

  it('is the same by the rules read anew', () => {
    for (const rules of RULES)
      expect(programmeSchema.parse(JSON.parse(JSON.stringify(rules)))).to.deep.equal(rules);
  });
});
