import { expect } from 'chai';
import { whyNotSpeak } from '../../../server/features/memberships/authority.rules.ts';

describe('a matter of somebody', () => {
  it('is decided on by none but who is apart from it, and what comes first is said first', () => {
    const apart = { isSubject: false, may: true, hadPart: false, holdsApart: true };
    expect(whyNotSpeak(apart)).to.equal(null);
    expect(whyNotSpeak({ ...apart, isSubject: true, may: false, hadPart: true })).to.equal('not-your-own');
    expect(whyNotSpeak({ ...apart, may: false, hadPart: true })).to.equal('not-permitted');
    expect(whyNotSpeak({ ...apart, hadPart: true, holdsApart: false })).to.equal('spoke-before');
    expect(whyNotSpeak({ ...apart, holdsApart: false })).to.equal('granted-by-subject');
  });
});
