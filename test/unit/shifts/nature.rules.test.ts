import { expect } from 'chai';
import {
  givesHours,
  natureFaults,
  natureIsFixed,
  natureOf,
  NATURES,
} from '../../../server/features/shifts/nature.rules.ts';

describe('the nature of an activity', () => {
  it('gives hours for volunteer service only, which a shift of before it was asked was', () => {
    expect(NATURES.filter((nature) => givesHours({ nature }))).to.deep.equal(['volunteer']);
    expect(givesHours({})).to.equal(true);
    expect(natureOf({})).to.equal('volunteer');
    expect(natureOf({ nature: 'duty_time' })).to.equal('duty_time');
  });

  it('lets nothing else be entered by hand, and no form be left without an answer', () => {
    const code = (said: Parameters<typeof natureFaults>[0]) => natureFaults(said).map((fault) => fault.code);
    expect([undefined, 'volunteer' as const].flatMap(code)).to.deep.equal([]);
    expect(code(null)).to.deep.equal(['required']);
    for (const said of ['paid', 'compulsory', 'duty_time'] as const)
      expect(natureFaults(said)).to.deep.equal([{ path: 'nature', code: 'not-volunteer-service' }]);
  });

  it('stays once somebody has come', () => {
    expect(natureIsFixed('volunteer', 'paid', true)).to.equal(true);
    expect(natureIsFixed('paid', 'volunteer', true)).to.equal(true);
    expect(natureIsFixed('volunteer', 'paid', false)).to.equal(false);
    expect(natureIsFixed('paid', 'paid', true)).to.equal(false);
  });
});
