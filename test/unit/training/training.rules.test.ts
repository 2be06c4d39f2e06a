import { expect } from 'chai';
import {
  creditMinutes,
  evidenceOf,
  isTrained,
  meanRating,
  missingCourses,
  remindAtOf,
  roleOf,
  signUpRefusals,
  trackOfKind,
  validUntil,
  verdictOf,
  whyNotPresent,
} from '../../../server/features/training/training.rules.ts';
import type { SignUpFacts, TrainedFact } from '../../../server/features/training/training.rules.ts';

const at = (text: string): Date => new Date(`${text}Z`);
const fact = (courseId: string, passedOn: string, validTo: string | null = null): TrainedFact => ({
  courseId,
  passedOn,
  validTo,
});
const facts = (change: Partial<SignUpFacts> = {}): SignUpFacts => ({
  now: at('2026-03-01T00:00:00'),
  state: 'published',
  startsAt: at('2026-03-10T01:00:00'),
  enrolUntil: at('2026-03-10T01:00:00'),
  startDate: '2026-03-10',
  courseId: 'a',
  prerequisites: [],
  trained: [],
  personId: 'p',
  instructorIds: ['i'],
  ...change,
});
const codes = (change: Partial<SignUpFacts>): string[] =>
  signUpRefusals(facts(change)).map(({ code }) => code);

describe('training: who may sign up', () => {
  it('everybody for an announced session ahead', () => expect(codes({})).to.deep.equal([]));

  for (const [change, refusal] of [
    [{ state: 'draft' }, 'session-not-open'],
    [{ state: 'closed' }, 'session-not-open'],
    [{ now: at('2026-03-10T01:00:00') }, 'session-started'],
    [{ enrolUntil: at('2026-02-28T23:59:59') }, 'enrolment-closed'],
    [{ instructorIds: ['i', 'p'] }, 'instructor-of-session'],
    [{ trained: [fact('a', '2026-01-01')] }, 'already-trained'],
    [{ prerequisites: ['b'] }, 'prerequisite-missing'],
    [{ prerequisites: ['b'], trained: [fact('b', '2025-01-01', '2026-03-09')] }, 'prerequisite-missing'],
    [{ prerequisites: ['b'], trained: [fact('b', '2026-03-11')] }, 'prerequisite-missing'],
  ] as const)
    it(`not with ${refusal}: ${JSON.stringify(change)}`, () =>
      expect(codes(change)).to.deep.equal([refusal]));

  it('again in the last ninety days before it stops counting, not before', () => {
    expect(codes({ trained: [fact('a', '2025-06-01', '2026-06-07')] })).to.deep.equal([]);
    expect(codes({ trained: [fact('a', '2025-06-01', '2026-06-08')] })).to.deep.equal(['already-trained']);
  });

  it('names what is to be learned before', () => {
    expect(
      signUpRefusals(facts({ prerequisites: ['b', 'c'], trained: [fact('c', '2026-01-01')] })),
    ).to.deep.equal([{ code: 'prerequisite-missing', courseIds: ['b'] }]);
  });
});

describe('training: what was learned', () => {
  it('counts from its day through its last', () => {
    const trained = [fact('a', '2026-01-02', '2026-01-31')];
    for (const [date, counts] of [
      ['2026-01-01', false],
      ['2026-01-02', true],
      ['2026-01-31', true],
      ['2026-02-01', false],
    ] as const)
      expect(isTrained(trained, 'a', date), date).to.equal(counts);
    expect(missingCourses(['a', 'b'], trained, '2026-01-15')).to.deep.equal(['b']);
  });

  it('lasts so many months, to the day before; for ever without', () => {
    expect(validUntil('2024-02-29', 12)).to.equal('2025-02-27');
    expect(validUntil('2026-01-15', 24)).to.equal('2028-01-14');
    expect(validUntil('2026-01-15', null)).to.equal(null);
  });

  it('is decided by the score where there is a pass mark, by the word where there is none', () => {
    expect(verdictOf(60, 60, false)).to.equal('passed');
    expect(verdictOf(60, 59, true)).to.equal('failed');
    expect(verdictOf(60, null, true)).to.equal('failed');
    expect(verdictOf(null, null, true)).to.equal('passed');
    expect(verdictOf(null, 100, false)).to.equal('failed');
  });

  it('counts never more than the session lasts', () => {
    const session = { startsAt: at('2026-03-10T01:00:00'), endsAt: at('2026-03-10T04:00:00') };
    expect(creditMinutes(360, session)).to.equal(180);
    expect(creditMinutes(120, session)).to.equal(120);
  });

  it('is a pass certificate only where it was assessed (R-4.15)', () => {
    expect(evidenceOf(60)).to.deep.equal(['attendance', 'passCertificate']);
    expect(evidenceOf(null)).to.deep.equal(['attendance']);
  });
});

describe('training: the day and what is said of it', () => {
  it('opens the doors 45 minutes before and closes them at the end', () => {
    const session = { startsAt: at('2026-03-10T01:00:00'), endsAt: at('2026-03-10T04:00:00') };
    expect(whyNotPresent({ ...session, now: at('2026-03-10T00:14:59') })).to.equal('check-in-too-early');
    expect(whyNotPresent({ ...session, now: at('2026-03-10T00:15:00') })).to.equal(null);
    expect(whyNotPresent({ ...session, now: at('2026-03-10T03:59:59') })).to.equal(null);
    expect(whyNotPresent({ ...session, now: at('2026-03-10T04:00:00') })).to.equal('check-in-too-late');
  });

  it('reminds a day before, and not where that has gone by', () => {
    const startsAt = at('2026-03-10T01:00:00');
    expect(remindAtOf(startsAt, at('2026-03-09T00:59:59'))).to.deep.equal(at('2026-03-09T01:00:00'));
    expect(remindAtOf(startsAt, at('2026-03-09T01:00:00'))).to.equal(null);
  });

  it('tells a mean from three answers on, in tenths', () => {
    expect(meanRating([5, 4])).to.equal(null);
    expect(meanRating([5, 4, 4])).to.equal(4.3);
  });

  it('knows the track and, where it can, the part', () => {
    expect(trackOfKind('social-worker')).to.equal('professional');
    for (const kind of ['volunteer', 'community-worker', 'staff'])
      expect(trackOfKind(kind)).to.equal('semi-professional');
    expect(roleOf('social-worker', 'intermediate')).to.equal('social-worker');
    expect(roleOf('volunteer', null)).to.equal('volunteer');
    expect(roleOf('staff', null)).to.equal(null);
  });
});
