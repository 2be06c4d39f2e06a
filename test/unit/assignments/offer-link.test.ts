import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  LINK_PATTERN,
  readOfferLink,
  signOfferLink,
} from '../../../server/features/assignments/offer-link.ts';

const KEY = randomBytes(32);
const id = fc.string({ minLength: 24, maxLength: 24, unit: fc.constantFrom(...'0123456789abcdef') });

describe('the link of an offer', () => {
  it('says which offer it stands for, and nothing once a character was changed or another key made it', () => {
    fc.assert(
      fc.property(id, id, fc.integer({ min: 0, max: 63 }), (tenantId, offerId, at) => {
        const token = signOfferLink(KEY, { tenantId, offerId });
        expect(token).to.match(LINK_PATTERN);
        expect(readOfferLink(KEY, token)).to.deep.equal({ tenantId, offerId });
        expect(readOfferLink(randomBytes(32), token)).to.equal(null);
        const other = token[at] === 'A' ? 'B' : 'A';
        expect(readOfferLink(KEY, token.slice(0, at) + other + token.slice(at + 1))).to.equal(null);
      }),
      { numRuns: 50 },
    );
  });

  it('is nothing when it is no token at all', () => {
    for (const token of ['', 'x', 'A'.repeat(63), 'A'.repeat(65), '!'.repeat(64), 'A'.repeat(64)])
      expect(readOfferLink(KEY, token)).to.equal(null);
  });
});
