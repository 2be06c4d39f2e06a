import { expect } from 'chai';
import type { HumanFacts } from '../../../server/features/identity-documents/index.ts';
import { whyNotSecond } from '../../../server/features/proposals/proposal.rules.ts';
import type { TwoPersons } from '../../../server/features/proposals/proposal.rules.ts';

const seen = (human: string, by: string | null = null, granters: readonly string[] = []): HumanFacts => ({
  human,
  level: 'verified',
  identified: true,
  verified: true,
  verification: { by, tenantId: null, granters },
});
const stated = (human: string): HumanFacts => ({
  human,
  level: 'stated',
  identified: true,
  verified: false,
  verification: null,
});
const operators = [{ granters: [] }];
const facts = (overrides: Partial<TwoPersons> = {}): TwoPersons => ({
  proposer: seen('a'),
  second: seen('b'),
  concerned: new Set(['v']),
  proposerHolds: operators,
  secondHolds: operators,
  ...overrides,
});

describe('the second of two persons', () => {
  const cases: readonly [string, Partial<TwoPersons>, string | null][] = [
    ['is another human with the same right, from another hand', {}, null],
    ['is not the first by another account', { second: seen('a') }, 'proposed-by-yourself'],
    ['is not whose it is', { second: seen('v') }, 'not-your-own'],
    ['does not confirm what its owner proposed', { proposer: seen('v') }, 'not-your-own'],
    ['holds the right', { secondHolds: [] }, 'not-permitted'],
    ['does not confirm for who holds it no more', { proposerHolds: [] }, 'proposer-lost-right'],
    [
      'said who they are',
      { second: { ...stated('b'), level: 'none', identified: false } },
      'identity-needed',
    ],
    ['was seen: a number is only typed', { second: stated('b') }, 'second-not-verified'],
    ['was not seen by the first', { second: seen('b', 'a') }, 'second-not-verified'],
    ['was not seen in the power of the first', { second: seen('b', 'c', ['a']) }, 'second-not-verified'],
    ['was not seen by whose it is', { second: seen('b', 'v') }, 'second-not-verified'],
    ['confirms for somebody who was seen', { proposer: stated('a') }, 'proposer-not-verified'],
    ['did not see the first themselves', { proposer: seen('a', 'b') }, 'proposer-not-verified'],
    [
      'does not hold it by the hand of the first, however many steps it went',
      { secondHolds: [{ granters: ['c', 'a'] }] },
      'granted-by-proposer',
    ],
    ['did not give it to the first', { proposerHolds: [{ granters: ['b'] }] }, 'granted-to-proposer'],
    [
      'may hold it twice, once by another hand',
      { secondHolds: [{ granters: ['a'] }, { granters: ['c'] }] },
      null,
    ],
  ];
  for (const [says, overrides, expected] of cases)
    it(says, () => expect(whyNotSecond(facts(overrides))).to.equal(expected));
});
