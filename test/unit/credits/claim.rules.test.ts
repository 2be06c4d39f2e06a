import { expect } from 'chai';
import { claimFaults, programmesFor, whyNotReview } from '../../../server/features/credits/claim.rules.ts';
import { post } from '../../../server/features/hours/ledger.rules.ts';
import type { LedgerLine } from '../../../server/features/hours/ledger.rules.ts';

describe('programmes that concern a person', () => {
  const registration = (level: string, validFrom: string, validTo: string) => ({ level, validFrom, validTo });

  it('are none without a registration', () => expect(programmesFor([])).to.deep.equal([]));

  it('are that of the newest registration, and the yearly duty beside it', () => {
    const found = programmesFor([
      registration('assistant', '2021-03-15', '2024-03-14'),
      registration('assistant', '2024-03-15', '2027-03-14'),
    ]);
    expect(found.map(({ name }) => name)).to.deep.equal(['cn-assistant', 'cn-professional-annual']);
    expect(found[0]).to.deep.include({ cycle: { registeredOn: '2024-03-15' }, changedFrom: null });
  });

  it('know a level that was raised while the old registration was valid, and no other', () => {
    const raised = (validTo: string): unknown =>
      programmesFor([
        registration('intermediate', '2025-09-15', '2028-09-14'),
        registration('assistant', '2024-03-15', validTo),
      ])[0]?.changedFrom;
    expect(raised('2027-03-14')).to.deep.equal({ name: 'cn-assistant', registeredOn: '2024-03-15' });
    expect(raised('2025-09-15')).to.not.equal(null);
    expect(raised('2025-09-14')).to.equal(null);
  });
});

describe('a claim of credit hours', () => {
  const choices = { activities: ['training'], evidence: ['passCertificate'] };
  const claim = { activity: 'training', date: '2026-01-31', minutes: 60, evidence: ['passCertificate'] };
  const codes = (change: object): string[] =>
    claimFaults({ ...claim, ...change }, choices, '2026-01-31').map(({ path, code }) => `${path} ${code}`);

  it('may be of today and not of tomorrow, of something known, and takes time', () => {
    expect(codes({})).to.deep.equal([]);
    expect(codes({ date: '2026-02-01' })).to.deep.equal(['date in-the-future']);
    expect(codes({ date: '1949-12-31' })).to.deep.equal(['date too-long-ago']);
    expect(codes({ activity: 'sleep', evidence: ['word'], minutes: 0 })).to.deep.equal([
      'activity not-an-option',
      'evidence not-an-option',
      'hours duration-missing',
    ]);
  });

  it('is never decided by its own person', () => {
    expect(whyNotReview({ officerPersonId: 'a', holderPersonId: 'a' })).to.equal('not-your-own');
    expect(whyNotReview({ officerPersonId: 'a', holderPersonId: 'b' })).to.equal(null);
  });

  it('stands in the ledger apart from service hours, once, and is reversed once', () => {
    const command = {
      kind: 'post',
      source: 'credit',
      recordId: 'c',
      personId: 'p',
      counterAccount: 'claim:c',
      minutes: 60,
    } as const;
    const linesOf = (outcome: ReturnType<typeof post>): readonly LedgerLine[] =>
      'lines' in outcome ? outcome.lines : [];
    const posted = linesOf(post([], command));
    expect(posted.map(({ account, minutes, cause }) => [account, minutes, cause])).to.deep.equal([
      ['credit:p', 60, 'credit'],
      ['claim:c', -60, 'credit'],
    ]);
    expect(post(posted, command)).to.deep.equal({ refusal: 'already-posted' });
    // A record of hours with the same id is another cause.
    expect(linesOf(post(posted, { ...command, source: 'hours' }))[0]?.account).to.equal('person:p');
    const reverse = { kind: 'reverse', source: 'credit', recordId: 'c' } as const;
    const taken = linesOf(post(posted, reverse));
    expect(taken.map(({ minutes, reversalOf }) => [minutes, reversalOf])).to.deep.equal([
      [-60, 'credit:c:v1'],
      [60, 'credit:c:v1'],
    ]);
    expect(post([...posted, ...taken], reverse)).to.deep.equal({ refusal: 'already-reversed' });
    expect(post(posted, { kind: 'reverse', recordId: 'c' })).to.deep.equal({ refusal: 'not-posted' });
  });
});
