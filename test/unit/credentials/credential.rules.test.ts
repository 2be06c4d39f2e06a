import { expect } from 'chai';
import fc from 'fast-check';
import { addDays } from '../../../server/core/time.ts';
import { causedBy, lapseReason, readLapse } from '../../../server/features/assignments/lapse.rules.ts';
import { PLATFORM_NEEDS, PLATFORM_TYPES } from '../../../server/features/credentials/credential.catalogue.ts';
import {
  claimFaults,
  coveredLevels,
  dueOnOf,
  expiringFrom,
  givenSkills,
  mirrored,
  nextState,
  REGISTER_STATES,
  validToOf,
  whyNotDecide,
  whyNotRenew,
} from '../../../server/features/credentials/credential.rules.ts';
import { credentialLifecycle } from '../../../server/core/states.ts';
import { DEFAULT_NEEDS } from '../../../server/features/tenants/index.ts';

const worker = PLATFORM_TYPES.get('social-worker')!;
const check = PLATFORM_TYPES.get('background-check')!;
const standing = { state: 'valid', validTo: '2027-03-14', windowMonths: 3, renewed: false };

describe('the catalogue of certificates', () => {
  it('gives a new tenant what service for children needs', () => {
    expect(PLATFORM_NEEDS).to.deep.equal(DEFAULT_NEEDS);
  });

  it('names a level of its own for every skill that a level gives', () => {
    for (const type of PLATFORM_TYPES.values())
      for (const { from } of type.gives)
        if (from !== '') expect(type.levels.map(({ code }) => code)).to.include(from);
  });
});

describe('the rules of a certificate', () => {
  it('end it the day before the anniversary, in leap years too', () => {
    expect(validToOf('2024-03-15', worker)).to.equal('2027-03-14');
    expect(validToOf('2024-02-29', worker)).to.equal('2027-02-27');
    expect(validToOf('2026-05-01', check)).to.equal('2027-04-30');
    expect(validToOf('2026-05-01', { validMonths: null })).to.equal(null);
  });

  for (const [today, to] of [
    ['2026-12-14', null],
    ['2026-12-15', 'expiring'],
    ['2027-03-14', 'expiring'],
    ['2027-03-15', 'expired'],
  ] as const)
    it(`make a valid one ${String(to)} on ${today}`, () => {
      expect(nextState(standing, today)).to.equal(to);
    });

  it('leave alone what never ends, is suspended or is over; renew what was renewed', () => {
    expect(nextState({ ...standing, validTo: null }, '2099-01-01')).to.equal(null);
    for (const state of ['suspended', 'revoked', 'renewed', 'expired', 'rejected'])
      expect(nextState({ ...standing, state }, '2099-01-01')).to.equal(null);
    expect(nextState({ ...standing, state: 'expiring', renewed: true }, '2027-03-15')).to.equal('renewed');
  });

  it('are looked at exactly on the day on which time changes something', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('valid', 'expiring'),
        fc.integer({ min: 0, max: 12 }),
        fc.integer({ min: -500, max: 500 }),
        (state, windowMonths, days) => {
          const one = { ...standing, state, windowMonths };
          const due = dueOnOf(one)!;
          expect(nextState(one, due)).to.not.equal(null);
          expect(nextState(one, addDays(due, -1))).to.equal(null);
          const day = addDays(due, days);
          expect(nextState(one, day) !== null).to.equal(day >= due);
        },
      ),
    );
  });

  it('give skills by level, each once at its best', () => {
    expect(coveredLevels(worker, 'intermediate')).to.deep.equal(['assistant', 'intermediate']);
    expect(givenSkills(worker, 'assistant')).to.deep.equal([
      { code: 'casework', level: 1 },
      { code: 'group-work', level: 1 },
    ]);
    expect(givenSkills(worker, 'senior')).to.deep.include({ code: 'casework', level: 3 });
    expect(givenSkills(check, '')).to.deep.equal([]);
  });

  it('say what is wrong with a claim, beside its field', () => {
    const claim = { level: 'assistant', number: 'A1', issuedOn: '2025-01-01', validFrom: '2025-02-01' };
    const faults = (change: object, type = worker, renews: string | null = null) =>
      claimFaults({ ...claim, ...change }, type, '2026-11-26', renews).map(
        ({ path, code }) => `${path} ${code}`,
      );
    expect(faults({})).to.deep.equal([]);
    expect(faults({ level: '' })).to.deep.equal(['level required']);
    expect(faults({ level: 'level-2' })).to.deep.equal(['level not-an-option']);
    expect(faults({ number: '' })).to.deep.equal(['number required']);
    expect(faults({ level: '', number: '' }, check)).to.deep.equal([]);
    expect(faults({ validFrom: '2026-11-27' })).to.deep.equal(['validFrom in-the-future']);
    // A renewal may begin the day after the old one ends, and no later.
    expect(faults({ validFrom: '2026-12-21' }, worker, '2026-12-20')).to.deep.equal([]);
    expect(faults({ validFrom: '2026-12-22' }, worker, '2026-12-20')).to.deep.equal([
      'validFrom in-the-future',
    ]);
  });

  it('let the holder renew within the window, and after the end', () => {
    const row = { state: 'expiring', validTo: '2027-03-14', windowMonths: 3, underWay: false };
    expect(whyNotRenew(row, expiringFrom('2027-03-14', 3))).to.equal(null);
    expect(whyNotRenew({ ...row, state: 'valid' }, '2026-12-14')).to.equal('too-early');
    expect(whyNotRenew({ ...row, state: 'expired' }, '2029-01-01')).to.equal(null);
    expect(whyNotRenew({ ...row, underWay: true }, '2027-01-01')).to.equal('renewal-under-way');
    expect(whyNotRenew({ ...row, validTo: null }, '2027-01-01')).to.equal('never-ends');
    expect(whyNotRenew({ ...row, state: 'suspended' }, '2027-01-01')).to.equal('wrong-state');
  });

  it('let nobody decide on their own or twice', () => {
    const facts = {
      officerPersonId: 'p1',
      officerAccountId: 'a1',
      holderPersonId: 'p2',
      spoken: [],
      appeal: false,
    };
    expect(whyNotDecide(facts)).to.equal(null);
    expect(whyNotDecide({ ...facts, holderPersonId: 'p1' })).to.equal('not-your-own');
    expect(whyNotDecide({ ...facts, spoken: ['a1'] })).to.equal('second-reviewer-needed');
    expect(whyNotDecide({ ...facts, spoken: ['a2', 'a1'], appeal: true })).to.equal('appeal-needs-another');
  });

  it('read in the words of the national system, whatever the state', () => {
    for (const state of credentialLifecycle.states)
      for (const passed of [true, false]) expect(REGISTER_STATES).to.include(mirrored(state, passed));
    expect(mirrored('rejected', false)).to.equal('first-failed');
    expect(mirrored('rejected', true)).to.equal('final-failed');
    expect(mirrored('first_pass', true)).to.equal('first-passed');
  });
});

describe('a lapse', () => {
  const cause = {
    of: 'credential',
    how: 'expired',
    what: 'mediator',
    name: '人民调解员证',
    skills: ['dispute-mediation'],
  } as const;

  it('is stored so that every reader can be told in their language', () => {
    const { skills: _skills, ...read } = cause;
    expect(readLapse(lapseReason(cause))).to.deep.equal(read);
    expect(readLapse('somebody wrote this')).to.equal(null);
    expect(readLapse(null)).to.equal(null);
  });

  it('costs the places that rest on it, and no others', () => {
    const refusals = [
      { code: 'credential-missing', params: { credential: 'mediator' } },
      { code: 'credential-missing', params: { credential: 'nurse' } },
      { code: 'skill-missing', params: { skill: 'dispute-mediation' } },
      { code: 'not-available' },
    ];
    expect(causedBy(refusals, cause).map(({ params }) => params)).to.deep.equal([
      { credential: 'mediator' },
      { skill: 'dispute-mediation' },
    ]);
  });
});
