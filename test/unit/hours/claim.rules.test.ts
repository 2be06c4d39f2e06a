import { expect } from 'chai';
import {
  claimFaults,
  correctedGrade,
  isWithinEvidence,
  whyNotAnswer,
} from '../../../server/features/hours/claim.rules.ts';
import type { ClaimFacts, ServedTime } from '../../../server/features/hours/claim.rules.ts';

const at = (clock: string): Date => new Date(`2026-11-20T${clock}:00Z`);
const time = (from: string, to: string, breakMinutes = 0): ServedTime => ({
  from: at(from),
  to: at(to),
  breakMinutes,
});
const facts = (overrides: Partial<ClaimFacts> = {}): ClaimFacts => ({
  wrong: 'minutes',
  claimed: time('09:00', '11:00'),
  named: false,
  recorded: time('09:00', '10:00'),
  now: at('20:00'),
  since: at('00:00'),
  until: null,
  others: [],
  withoutHours: [],
  ...overrides,
});
const codes = (overrides: Partial<ClaimFacts>): string[] =>
  claimFaults(facts(overrides)).map(({ path, code }) => `${path}: ${code}`);

describe('a claim that hours are wrong', () => {
  it('may say that nothing was served, or what else was', () => {
    expect(codes({})).to.deep.equal([]);
    expect(codes({ wrong: 'not-served', claimed: null })).to.deep.equal([]);
    expect(codes({ recorded: null, wrong: 'missing', named: true })).to.deep.equal([]);
  });

  it('says something else than what is recorded', () => {
    const same = { claimed: time('09:00', '10:00') };
    expect(codes(same)).to.deep.equal(['startTime: claim-changes-nothing']);
    expect(codes({ claimed: time('09:00', '10:00', 15) })).to.deep.equal([]);
    // The same time of another activity is something else.
    expect(codes({ ...same, wrong: 'shift', named: true })).to.deep.equal([]);
    expect(codes({ wrong: 'shift' })).to.deep.equal(['name: required']);
  });

  it('is about time that can have been served, here, and gives hours', () => {
    expect(codes({ claimed: time('11:00', '11:00') })).to.deep.equal(['endTime: ends-before-start']);
    expect(codes({ claimed: time('09:00', '21:00') })).to.deep.equal(['date: in-the-future']);
    expect(codes({ since: at('10:00') })).to.deep.equal(['date: before-membership']);
    expect(codes({ until: at('09:00') })).to.deep.equal(['date: after-membership']);
    expect(codes({ until: at('09:01') })).to.deep.equal([]);
    expect(codes({ others: [time('10:30', '12:00')] })).to.deep.equal(['startTime: overlaps-recorded']);
    expect(codes({ others: [time('11:00', '12:00')] })).to.deep.equal([]);
    expect(codes({ withoutHours: [time('10:30', '12:00')] })).to.deep.equal([
      'startTime: shift-without-hours',
    ]);
    expect(codes({ claimed: time('09:00', '11:00', 120) })).to.deep.equal(['breakMinutes: break-too-long']);
    expect(codes({ claimed: time('09:00', '11:00', 119) })).to.deep.equal([]);
  });

  it('is answered by nobody whom it is about, nor by who had a part in it', () => {
    expect(whyNotAnswer({ isSubject: true, hadPart: true })).to.equal('not-your-own');
    expect(whyNotAnswer({ isSubject: false, hadPart: true })).to.equal('claim-needs-another');
    expect(whyNotAnswer({ isSubject: false, hadPart: false })).to.equal(null);
  });

  it('rests on the evidence of the record as far as that goes', () => {
    const before = { grade: 'device', attended: time('09:00', '11:00'), breakMinutes: 10 } as const;
    expect(isWithinEvidence(time('09:00', '11:00', 10), before, true)).to.equal(true);
    expect(isWithinEvidence(time('09:30', '10:00', 10), before, true)).to.equal(true);
    expect(isWithinEvidence(time('09:00', '11:00', 9), before, true)).to.equal(false);
    expect(isWithinEvidence(time('08:59', '11:00', 10), before, true)).to.equal(false);
    expect(isWithinEvidence(time('09:00', '11:01', 10), before, true)).to.equal(false);
    expect(isWithinEvidence(time('09:00', '11:00', 10), before, false)).to.equal(false);
    expect(isWithinEvidence(time('09:00', '11:00', 10), { ...before, attended: null }, true)).to.equal(false);
  });

  it('makes no record that is better evidenced than before, and none loses the mark of a back-entry', () => {
    expect(correctedGrade(true, 'device', null)).to.equal('device');
    expect(correctedGrade(true, 'device', 'guardian')).to.equal('device');
    expect(correctedGrade(false, 'device', null)).to.equal('self');
    expect(correctedGrade(false, null, null)).to.equal('self');
    expect(correctedGrade(false, 'device', 'person')).to.equal('back-entry');
    expect(correctedGrade(true, 'back-entry', null)).to.equal('back-entry');
    expect(correctedGrade(false, 'back-entry', null)).to.equal('back-entry');
  });
});
