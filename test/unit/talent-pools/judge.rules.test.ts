import { expect } from 'chai';
import fc from 'fast-check';
import { judge, restsUntil } from '../../../server/features/talent-pools/judge.rules.ts';
import type { PoolFacts } from '../../../server/features/talent-pools/judge.rules.ts';
import { dueOnOf, nextState } from '../../../server/features/talent-pools/member.time.rules.ts';
import { poolRules } from '../../../server/features/talent-pools/pool.rules.ts';
import { formValues, readPool } from '../../../server/features/talent-pools/pool.view.ts';
import { poolBody } from '../../../server/features/talent-pools/pool.schema.ts';

const TODAY = '2026-11-26';
const UNIT = '0123456789abcdef01234567';
const facts: PoolFacts = {
  birthDate: '1990-11-26',
  kind: 'social-worker',
  units: ['0123456789abcdef01234568', UNIT],
  skills: [{ code: 'dispute-mediation', level: 3, seen: 2 }],
  credentials: [
    { id: 'a', type: 'mediator', level: '', covers: [], validFrom: '2024-01-01', validTo: '2026-12-31' },
    { id: 'b', type: 'mediator', level: '', covers: [], validFrom: '2024-01-01', validTo: '2027-06-30' },
    {
      id: 'c',
      type: 'social-worker',
      level: 'intermediate',
      covers: ['assistant', 'intermediate'],
      validFrom: '2024-03-15',
      validTo: '2027-03-14',
    },
  ],
  served: [
    { on: '2026-11-01', minutes: 600 },
    { on: '2024-01-01', minutes: 6_000 },
  ],
  credits: [{ on: '2026-06-10', minutes: 480, dimension: 'law' }],
  trained: ['fire-safety'],
};
/** Each kind of rule: one that these facts pass on this fact, and one that they fail. */
const CASES: Record<string, { passes: object; fact: object; fails: object }> = {
  credential: {
    passes: { type: 'social-worker', level: 'assistant' },
    fact: {
      credential: 'social-worker',
      credentialId: 'c',
      credentialLevel: 'intermediate',
      until: '2027-03-14',
    },
    fails: { type: 'social-worker', level: 'senior' },
  },
  check: {
    passes: { type: 'mediator' },
    fact: { credential: 'mediator', credentialId: 'b', until: '2027-06-30' },
    fails: {},
  },
  skill: {
    passes: { skill: 'dispute-mediation', level: 3 },
    fact: { skill: 'dispute-mediation', level: 3 },
    fails: { skill: 'dispute-mediation', level: 3, verified: true },
  },
  hours: {
    passes: { minutes: 600, months: 12 },
    fact: { minutes: 600, of: 600 },
    fails: { minutes: 601, months: 12 },
  },
  credits: {
    passes: { minutes: 480, dimension: 'law' },
    fact: { minutes: 480, of: 480 },
    fails: { minutes: 480, dimension: 'values' },
  },
  age: { passes: { min: 36 }, fact: { years: 36 }, fails: { min: 37 } },
  area: { passes: { units: [UNIT] }, fact: { unit: UNIT }, fails: { units: ['f'.repeat(24)] } },
  membership: {
    passes: { kinds: ['social-worker'] },
    fact: { membership: 'social-worker' },
    fails: { kinds: ['staff'] },
  },
  training: {
    passes: { code: 'fire-safety' },
    fact: { training: 'fire-safety' },
    fails: { code: 'first-aid' },
  },
};
const rule = (kind: string, more: object) => poolRules.parse([{ kind, ...more }]);

describe('the rules of a talent pool', () => {
  for (const [kind, { passes, fact, fails }] of Object.entries(CASES))
    it(`say whether “${kind}” passed, and on which fact`, () => {
      const yes = judge(rule(kind, passes), facts, TODAY);
      expect(yes.passed).to.equal(true);
      expect(yes.findings).to.deep.equal([{ kind, passed: true, fact }]);
      expect(judge(rule(kind, fails), facts, TODAY).passed).to.equal(false);
    });

  it('hold together; one of several is enough where the pool says so', () => {
    const both = [...rule('age', { min: 18 }), ...rule('hours', { minutes: 10_000 })];
    expect(judge(both, facts, TODAY).passed).to.equal(false);
    const any = poolRules.parse([{ kind: 'any', of: both }]);
    const judged = judge(any, facts, TODAY);
    expect(judged.passed).to.equal(true);
    expect(judged.findings[0]?.of?.map(({ passed }) => passed)).to.deep.equal([true, false]);
    expect(judge([], facts, TODAY)).to.deep.equal({ passed: true, findings: [] });
  });

  it('end a certification with the first thing that it rests on', () => {
    const until = (rules: object[]) => restsUntil(judge(poolRules.parse(rules), facts, TODAY).findings);
    expect(until([{ kind: 'age', min: 18 }])).to.equal(null);
    expect(
      until([
        { kind: 'credential', type: 'mediator' },
        { kind: 'credential', type: 'social-worker' },
      ]),
    ).to.equal('2027-03-14');
    expect(
      until([
        {
          kind: 'any',
          of: [
            { kind: 'credential', type: 'mediator' },
            { kind: 'credential', type: 'social-worker' },
          ],
        },
      ]),
    ).to.equal('2027-06-30');
    expect(
      until([
        {
          kind: 'any',
          of: [
            { kind: 'credential', type: 'mediator' },
            { kind: 'age', min: 18 },
          ],
        },
      ]),
    ).to.equal(null);
  });

  it('never turn a pass into a fail when somebody has more of everything', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), fc.integer({ min: 0, max: 2_000 }), (minutes, more) => {
        const rules = rule('hours', { minutes, months: 12 });
        const richer = { ...facts, served: [...facts.served, { on: '2026-10-10', minutes: more }] };
        if (judge(rules, facts, TODAY).passed) expect(judge(rules, richer, TODAY).passed).to.equal(true);
      }),
    );
  });

  it('refuse what is no rule', () => {
    for (const bad of [
      { kind: 'shoe-size' },
      { kind: 'hours' },
      { kind: 'hours', minutes: 1.5 },
      { kind: 'any', of: [] },
      { kind: 'age', min: 18, max: 20, mood: 'x' },
    ])
      expect(poolRules.safeParse([bad]).success, JSON.stringify(bad)).to.equal(false);
  });

  it('come back from the form as they were sent, where it can say them', () => {
    const form = {
      nameZh: '甲',
      nameEn: 'A',
      credentialTypes: ['mediator'],
      checks: ['background-check'],
      skills: [
        { skill: 'first-aid', level: 2, seen: true },
        { skill: '', level: 1, seen: false },
      ],
      hours: 20,
      hoursMonths: 12,
      creditHours: 8,
      minAge: 18,
      maxAge: 65,
      units: [UNIT],
      kinds: ['staff'],
    };
    const pool = readPool(poolBody.parse(form));
    const { nameZh: _zh, nameEn: _en, skills: _skills, ...said } = form;
    const view = { ...pool, id: 'x', version: 1, rules: [...pool.rules], name: { ...pool.name } };
    expect(formValues(view)).to.deep.equal({
      ...said,
      'skills.0.skill': 'first-aid',
      'skills.0.level': '2',
      'skills.0.seen': true,
      creditMonths: null,
    });
    // A row without a skill asks for nothing.
    expect(pool.rules.filter(({ kind }) => kind === 'skill')).to.have.length(1);
    expect(formValues({ ...view, rules: rule('training', { code: 'x' }) })).to.equal(null);
  });
});

describe('a certification in a pool', () => {
  it('ages by the calendar', () => {
    const one = { state: 'certified', validTo: '2027-01-31', windowMonths: 1 };
    expect(dueOnOf(one)).to.equal('2027-01-01');
    expect(nextState(one, '2026-12-31')).to.equal(null);
    expect(nextState(one, '2027-01-01')).to.equal('expiring');
    expect(nextState({ ...one, state: 'expiring' }, '2027-02-01')).to.equal('lapsed');
    expect(nextState({ ...one, state: 'suspended' }, '2027-02-01')).to.equal(null);
  });
});
