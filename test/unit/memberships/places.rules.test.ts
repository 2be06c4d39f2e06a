import { expect } from 'chai';
import { answersAmong } from '../../../server/features/memberships/places.rules.ts';

describe('applications that came to nothing', () => {
  const row = (membershipId: string, tenantId: string, state: string) => ({ membershipId, tenantId, state });

  it('are told while nothing followed them', () => {
    const refused = row('02', 'a', 'rejected');
    expect(answersAmong([row('01', 'a', 'withdrawn'), refused, row('03', 'b', 'withdrawn')])).to.deep.equal([
      refused,
      row('03', 'b', 'withdrawn'),
    ]);
    expect(answersAmong([refused, row('04', 'a', 'submitted')])).to.deep.equal([]);
    expect(answersAmong([row('01', 'a', 'ended'), refused])).to.deep.equal([refused]);
    expect(answersAmong([row('01', 'a', 'rejected'), row('02', 'a', 'approved')])).to.deep.equal([]);
  });
});
