import { expect } from 'chai';
import {
  isShown,
  leadingRole,
  STEPS,
  STEPS_OF,
  stepsOf,
} from '../../../server/features/first-steps/first-steps.rules.ts';

const nothing = {
  actions: new Set<string>(),
  seen: [],
  profileFilled: false,
  signedUp: false,
  served: false,
};

describe('first steps', () => {
  it('are three to five for each role, each with a way to be ticked', () => {
    for (const role of STEPS_OF) {
      expect(STEPS[role].length, role).to.be.within(3, 5);
      expect(new Set(STEPS[role].map(({ key }) => key)).size, role).to.equal(STEPS[role].length);
      expect(
        stepsOf(role, nothing).some(({ done }) => done),
        role,
      ).to.equal(false);
    }
  });

  it('tick themselves from what was done, not from what was looked at', () => {
    const done = (facts: object): string[] =>
      stepsOf('volunteer', { ...nothing, ...facts })
        .filter((step) => step.done)
        .map(({ key }) => key);
    expect(done({ profileFilled: true })).to.deep.equal(['profile']);
    expect(done({ signedUp: true, served: true })).to.deep.equal(['sign-up', 'serve']);
    expect(done({ actions: new Set(['certificates/issue', 'hours/approve']) })).to.deep.equal([
      'certificate',
    ]);
    expect(stepsOf('auditor', nothing).map(({ look }) => look)).to.deep.equal([true, false, true, true]);
  });

  it('follow the role that others wait for', () => {
    expect(leadingRole(['volunteer', 'auditor', 'coordinator'])).to.equal('coordinator');
    expect(leadingRole(['volunteer'])).to.equal('volunteer');
    expect(leadingRole([])).to.equal('volunteer');
  });

  it('of a social worker are about the certificate, unless a desk waits', () => {
    expect(leadingRole(['volunteer'], 'social-worker')).to.equal('social-worker');
    expect(leadingRole(['volunteer', 'instructor'], 'social-worker')).to.equal('instructor');
    expect(leadingRole(['volunteer'], 'staff')).to.equal('volunteer');
    expect(STEPS['social-worker'].map(({ href }) => href)).to.include.members([
      '/credentials',
      '/re-registration',
    ]);
  });

  it('lead nowhere that is closed to who has only part of the organisation', () => {
    const keys = (holds: boolean): string[] => stepsOf('auditor', nothing, () => holds).map(({ key }) => key);
    expect([keys(true), keys(false)]).to.deep.equal([
      ['trail', 'export', 'verify', 'register'],
      ['verify', 'register'],
    ]);
  });

  it('go by themselves when all is done, and stand or go at their owner’s word', () => {
    const open = stepsOf('volunteer', nothing);
    const all = open.map((step) => ({ ...step, done: true }));
    expect([isShown('auto', open), isShown('auto', all)]).to.deep.equal([true, false]);
    expect([isShown('open', all), isShown('closed', open)]).to.deep.equal([true, false]);
  });
});
