import { expect } from 'chai';
import { joinLinkState, mayMail } from '../../../server/features/join-links/join-link.rules.ts';

describe('what a join link is worth', () => {
  const now = new Date('2026-11-26T08:00:00Z');
  const link = { uses: 0, maxUses: 2, expiresAt: new Date(now.getTime() + 1), revokedAt: null };

  it('is open until its last use and its last millisecond', () => {
    expect(joinLinkState(link, now)).to.equal('open');
    expect(joinLinkState({ ...link, uses: 1 }, now)).to.equal('open');
    expect(joinLinkState({ ...link, uses: 2 }, now)).to.equal('spent');
    expect(joinLinkState({ ...link, expiresAt: now }, now)).to.equal('over');
    expect(joinLinkState({ ...link, uses: 2, revokedAt: now }, now)).to.equal('revoked');
  });

  it('mails an address three times an hour and six a day', () => {
    expect([mayMail(0, 0), mayMail(2, 5), mayMail(3, 3), mayMail(0, 6)]).to.deep.equal([
      true,
      true,
      false,
      false,
    ]);
  });
});
