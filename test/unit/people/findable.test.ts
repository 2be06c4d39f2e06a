import { expect } from 'chai';
import { CONSENT_VERSIONS, isFindable } from '../../../server/features/people/fitting.rules.ts';
import type { PersonToFit } from '../../../server/features/people/fitting.rules.ts';

describe('whom an organisation may ask that they are no members of (S-49)', () => {
  const now = new Date('2026-11-26T04:00:00Z');
  const grown = {
    county: '330122',
    birthDate: '2008-11-26',
    consents: [
      {
        purpose: 'asked-by-others',
        version: CONSENT_VERSIONS['asked-by-others'],
        givenAt: now,
        withdrawnAt: null,
      },
    ],
  } as unknown as Pick<PersonToFit, 'county' | 'birthDate' | 'consents'>;
  const may = (one: object): boolean => isFindable({ ...grown, ...one }, ['330122', '330106'], now);

  it('is of age, near, and agreed to it', () => {
    expect(may({})).to.equal(true);
    expect(may({ birthDate: null })).to.equal(true);
    expect(may({ birthDate: '2008-11-27' })).to.equal(false);
    expect(may({ county: '330109' })).to.equal(false);
    expect(may({ county: null })).to.equal(false);
    expect(may({ consents: [] })).to.equal(false);
    expect(may({ consents: [{ ...grown.consents[0], withdrawnAt: now }] })).to.equal(false);
  });
});
