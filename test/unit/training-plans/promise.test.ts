import { expect } from 'chai';
import fc from 'fast-check';
import { evaluate } from '../../../server/features/credits/credit.rules.ts';
import type { CreditEntry, Programme } from '../../../server/features/credits/credit.types.ts';
import {
  PIECE_MINUTES,
  personOutlook,
  plannedEntry,
} from '../../../server/features/credits/outlook.rules.ts';
import type { PlannedLearning } from '../../../server/features/credits/outlook.rules.ts';
import type { CourseFact } from '../../../server/features/training-plans/candidate.rules.ts';
import { addCredits } from '../../../server/features/training-plans/needs.rules.ts';
import type { Lack } from '../../../server/features/training-plans/needs.rules.ts';
import { outcomeOf, sumsOf } from '../../../server/features/training-plans/outcome.rules.ts';
import { besideThese, needless, promisesOf } from '../../../server/features/training-plans/promise.rules.ts';
import { entry, hours, preset, programme } from '../credits/samples.ts';

const ON = '2025-07-01';
const END = '2025-12-31';
const learning = (id: string, change: Partial<PlannedLearning> = {}): PlannedLearning => ({
  id,
  category: null,
  mode: null,
  date: '2025-08-01',
  minutes: 240,
  evidence: [],
  ...change,
});
const course = (change: Partial<CourseFact> = {}): CourseFact => ({
  id: 'c',
  title: 'c',
  minutes: 240,
  category: '',
  mode: '',
  passMark: 60,
  tracks: ['professional'],
  prerequisites: [],
  teachers: [],
  ...change,
});

interface Case {
  readonly versions: readonly Programme[];
  readonly entries: readonly CreditEntry[];
  readonly planned: readonly PlannedLearning[];
  readonly sessions: readonly PlannedLearning[];
}
const missing = ({ versions, entries, planned }: Case, more: readonly PlannedLearning[]): number =>
  evaluate(
    versions,
    { registeredOn: '2025-01-01' },
    [...entries, ...planned.map(plannedEntry), ...more.map(plannedEntry)],
    END,
  ).shortfalls.reduce(
    (sum, one) =>
      sum + ('minutes' in one ? one.minutes : 0) + ('pieces' in one ? one.pieces * PIECE_MINUTES : 0),
    0,
  );

function lackOf({ versions, entries, planned }: Case, courses: readonly CourseFact[] = []): Lack {
  const lack: Lack = {
    outlook: null,
    needs: [],
    reach: [],
    rooms: [],
    serves: courses.map(() => null),
    creditUntil: '',
  };
  const outlook = personOutlook(versions, { registeredOn: '2025-01-01' }, entries, planned, ON);
  addCredits(lack, outlook, { weight: 4, courses, date: ON });
  return lack;
}

const word = (...words: (string | null)[]) => fc.constantFrom(...words);
const cap = fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined });
const caps = (names: readonly string[], most: number) =>
  fc.dictionary(fc.constantFrom(...names), fc.integer({ min: 1, max: most }), { maxKeys: 2 });
const conversionsOf = (training: number | undefined, course: number | undefined, clash: boolean) => [
  {
    activity: 'training',
    rule: 'actual' as const,
    ...(training === undefined ? {} : { capPerCycle: training }),
    ...(clash ? { excludes: ['course'] } : {}),
  },
  {
    activity: 'course',
    rule: 'actualTaught' as const,
    ...(course === undefined ? {} : { capPerCycle: course }),
  },
];
const programmes = fc
  .record({
    training: cap,
    course: cap,
    clash: fc.boolean(),
    maxByMode: caps(['online', 'onSite'], 6),
    minByCategory: caps(['ethics', 'law'], 4),
    minPieces: fc.option(fc.integer({ min: 1, max: 3 }), { nil: null }),
  })
  .map(({ training, course: other, clash, ...requirement }) =>
    programme({
      requirement: { total: 10, ...requirement },
      conversions: conversionsOf(training, other, clash),
      rounding: { to: 0.5, mode: 'floor', at: 'entry' },
    }),
  );
const forms = {
  category: word('ethics', 'law', null),
  mode: word('online', 'onSite', null),
  minutes: fc.integer({ min: 20, max: 400 }),
};
const sessionsOf = (prefix: string, maxLength: number) =>
  fc.array(fc.record({ ...forms, day: fc.integer({ min: 1, max: 28 }) }), { maxLength }).map((list) =>
    list
      .map(({ day, ...one }) => learning('', { ...one, date: `2025-08-${String(day).padStart(2, '0')}` }))
      .sort((a, b) => (a.date < b.date ? -1 : 1))
      .map((one, at) => ({ ...one, id: `${prefix}${at}` })),
  );
const cases: fc.Arbitrary<Case> = fc.record({
  versions: programmes.map((one) => [one]),
  entries: fc.array(
    fc.record({ ...forms, activity: fc.constantFrom('training', 'course') }).map((one) => entry(one)),
    { maxLength: 4 },
  ),
  planned: sessionsOf('ahead', 2),
  sessions: sessionsOf('new', 4),
});

describe('what a training plan promises', () => {
  it('is what the engine says when everything that was promised has been learned, whatever is taken out', () => {
    fc.assert(
      fc.property(cases, fc.nat(15), (one, selection) => {
        const { sessions } = one;
        const outlook = personOutlook(
          one.versions,
          { registeredOn: '2025-01-01' },
          one.entries,
          one.planned,
          ON,
        );
        const { needs } = lackOf(one);
        const before = sumsOf(needs, 1);
        expect(before.all).to.equal(missing(one, []));
        const promises = promisesOf(outlook, needs, sessions).map((promised, at) => ({
          personId: 'p',
          id: sessions[at]?.id ?? '',
          ...promised,
        }));
        const kept = promises.filter((_one, at) => selection & (1 << at));
        const present = new Set(kept.map(({ id }) => id));
        const { closed } = outcomeOf(
          before,
          kept.map((own) => ({ costCents: 0, invitations: [besideThese(own, present)] })),
        );
        const learned = sessions.filter(({ id }) => present.has(id));
        expect(before.all - closed.all).to.equal(missing(one, learned));
        // Without caps each counts by itself: the sum of what each closes alone, never more than is missing.
        if (outlook.capped) return;
        const alone = learned.map((own) => {
          const closes = outlook.ask(own)?.closes ?? [];
          const served = needs.flatMap((need) => {
            const found = closes.find(({ code, category }) => code === need.code && category === need.what);
            return found ? [{ ...need, closes: found.minutes + found.pieces * PIECE_MINUTES }] : [];
          });
          return { costCents: 0, invitations: [{ personId: 'p', minutes: own.minutes, needs: served }] };
        });
        expect(outcomeOf(before, alone).closed.all).to.equal(before.all - missing(one, learned));
      }),
      { numRuns: 300 },
    );
  });

  it('asks nobody to come for nothing, and closes as much without them', () => {
    fc.assert(
      fc.property(cases, (one) => {
        const { sessions, versions, entries, planned } = one;
        const outlook = personOutlook(versions, { registeredOn: '2025-01-01' }, entries, planned, ON);
        const { needs } = lackOf(one);
        const spare = needless(outlook, needs, sessions, new Set());
        const useful = sessions.filter((_one, at) => !spare.has(at));
        expect(missing(one, useful)).to.be.at.most(missing(one, sessions));
        for (const own of useful)
          expect(
            missing(
              one,
              useful.filter((other) => other !== own),
            ),
          ).to.be.above(missing(one, useful));
      }),
      { numRuns: 150 },
    );
    // Two that each fill the cap: the later one says nothing to its person, unless the curriculum wants it.
    const capped = programme({ conversions: [{ activity: 'training', rule: 'actual', capPerCycle: 4 }] });
    const outlook = personOutlook([capped], { registeredOn: '2025-01-01' }, [], [], ON);
    const { needs } = lackOf({ versions: [capped], entries: [], planned: [], sessions: [] });
    const two = [learning('a'), learning('b', { date: '2025-09-01' })];
    expect([...needless(outlook, needs, two, new Set())]).to.deep.equal([1]);
    expect([...needless(outlook, needs, two, new Set([1]))]).to.deep.equal([0]);
  });

  it('may close what all forms of learning with room of their own close together, and one cap over both once', () => {
    const forms = [course({ mode: 'online' }), course({ mode: 'onSite' })];
    const own = programme({ requirement: { total: 10, maxByMode: { online: 3, onSite: 4 } } });
    const reachOf = (one: Programme, entries: readonly CreditEntry[] = []) =>
      lackOf({ versions: [one], entries, planned: [], sessions: [] }, forms);
    expect([reachOf(own).reach, reachOf(own).rooms]).to.deep.equal([[420], [180, 240]]);
    expect(reachOf(own, [hours(2, { mode: 'online' })]).reach).to.deep.equal([300]);
    const one = programme({
      requirement: { total: 10, maxByMode: { online: 3, onSite: 4 } },
      conversions: [{ activity: 'training', rule: 'actual', capPerCycle: 5 }],
    });
    expect([reachOf(one).reach, reachOf(one).rooms]).to.deep.equal([[300], [180, 240]]);
  });

  it('looks at what is planned as learned, and at nothing after the cycle, days of grace or not', () => {
    const [minnesota] = preset('us-mn');
    if (!minnesota) throw new Error('no preset');
    const ahead = learning('ahead', { mode: 'independentStudy', minutes: 900, date: '2026-12-01' });
    const outlook = personOutlook([minnesota], { registeredOn: '2025-01-01' }, [], [ahead], ON);
    // The fifteen hours by oneself are planned for later: what comes earlier adds nothing to them.
    const more = learning('more', { mode: 'independentStudy', date: '2025-08-01' });
    expect(outlook.ask(more)?.closes).to.deep.equal([]);
    expect(outlook.until).to.equal('2026-12-31');
    expect(outlook.ask(learning('on', { date: '2026-12-31' }))?.closes).to.have.length(1);
    expect(outlook.ask(learning('after', { date: '2027-01-01' }))).to.equal(null);
    // A rule that ends inside the cycle counts by the day of the session.
    const until = programme({
      conversions: [{ activity: 'training', rule: 'actual', effective: ['2025-01-01', '2025-08-15'] }],
    });
    const days = ['2025-08-15', '2025-08-16'].map((date) => learning(date, { date }));
    const asked = personOutlook([until], { registeredOn: '2025-01-01' }, [], [], ON);
    const { needs } = lackOf({ versions: [until], entries: [], planned: [], sessions: [] });
    expect(asked.capped).to.equal(true);
    expect(promisesOf(asked, needs, days).map(({ minutes }) => minutes)).to.deep.equal([240, 0]);
  });
});
