import { expect } from 'chai';
import {
  browserNameOf,
  deviceNameOf,
  newDeviceMark,
} from '../../../server/features/accounts/device.rules.ts';
import { areTied, mailboxOf } from '../../../server/features/accounts/ties.rules.ts';
import type { AccountTraces } from '../../../server/features/accounts/ties.rules.ts';

const account = (accountId: string, more: Partial<AccountTraces> = {}): AccountTraces => ({
  accountId,
  emailKey: null,
  phones: [],
  browsers: [],
  madeBy: null,
  ...more,
});

describe('what ties two accounts together', () => {
  const a = account('a', { emailKey: 'lin@example.org', phones: ['+8613900000017'], browsers: ['x'] });
  const cases: [string, Partial<AccountTraces>, boolean][] = [
    ['nothing', {}, false],
    ['one mailbox', { emailKey: 'lin+two@example.org' }, true],
    ['a mailbox of the same name elsewhere', { emailKey: 'lin@example.net' }, false],
    ['a number', { phones: ['+8613900000018', '+8613900000017'] }, true],
    ['a browser', { browsers: ['y', 'x'] }, true],
    ['another browser', { browsers: ['y'] }, false],
    ['who made it', { madeBy: 'a' }, true],
    ['somebody else who made it', { madeBy: 'c' }, false],
  ];
  for (const [what, more, tied] of cases)
    it(`is ${tied ? '' : 'not '}${what}`, () => {
      expect(areTied(a, account('b', more))).to.equal(tied);
      expect(areTied(account('b', more), a)).to.equal(tied);
    });

  it('is one mailbox whatever follows the plus sign', () => {
    expect(mailboxOf('lin+a+b@example.org')).to.equal('lin@example.org');
    expect(mailboxOf('+a@example.org')).to.equal('@example.org');
  });
});

describe('a browser', () => {
  const key = Buffer.alloc(32, 7);
  it('keeps its name when another account signs in, and knows each account by itself', () => {
    const first = newDeviceMark(key, 'a@example.org');
    const second = newDeviceMark(key, 'b@example.org', first);
    expect(browserNameOf(second)).to.equal(browserNameOf(first)).and.not.equal(null);
    expect(deviceNameOf(key, 'b@example.org', first)).to.equal(null);
    expect(deviceNameOf(key, 'b@example.org', second)).to.not.equal(
      deviceNameOf(key, 'a@example.org', first),
    );
    expect(browserNameOf(newDeviceMark(key, 'a@example.org'))).to.not.equal(browserNameOf(first));
    for (const none of [null, '', 'x', `${first}x`]) expect(browserNameOf(none)).to.equal(null);
  });
});
