import { expect } from 'chai';
import {
  humanKeys,
  lifelongPart,
  shareNumber,
} from '../../../server/features/identity-documents/identity-document.rules.ts';

const stated = (
  personId: string,
  blind: string,
  former: string[] = [],
  verification: object | null = null,
) => ({
  personId,
  blind,
  former,
  verification,
});
const SEEN = { at: new Date(0) };

describe('who is one human by what was stated', () => {
  it('is who shares a number, now or before', () => {
    const keys = humanKeys([
      stated('a', 'N'),
      stated('b', 'M', ['N']),
      stated('c', 'X', ['M']),
      stated('d', 'Y'),
    ]);
    expect(new Set(['a', 'b', 'c'].map((id) => keys.get(id))).size).to.equal(1);
    expect(keys.get('d')).not.to.equal(keys.get('a'));
  });

  it('is nobody of whom somebody has seen that they are two', () => {
    const [seller, buyer] = [stated('a', 'N', [], SEEN), stated('b', 'M', ['N'], SEEN)];
    expect(shareNumber(seller, buyer)).to.equal(false);
    expect(new Set(humanKeys([seller, buyer]).values()).size).to.equal(2);
    // Typed only, it weighs nothing against what was typed before.
    expect(shareNumber(seller, { ...buyer, verification: null })).to.equal(true);
    expect(humanKeys([seller, { ...buyer, verification: null }]).get('b')).to.equal('N');
  });

  it('makes no two who were seen one, whoever typed both their numbers', () => {
    const keys = humanKeys([stated('c', 'M', ['N']), stated('a', 'N', [], SEEN), stated('d', 'M', [], SEEN)]);
    expect([keys.get('a'), keys.get('d'), keys.get('c')]).to.deep.equal(['N', 'M', 'M']);
  });

  it('is one whatever pass of theirs they hold, the first or one that was issued again', () => {
    expect(lifelongPart('hk-macao-pass', 'H1234567802')).to.equal(lifelongPart('hk-macao-pass', 'H12345678'));
    expect(lifelongPart('taiwan-pass', '1234567801')).to.equal('12345678');
    for (const [type, number] of [
      ['resident-id', '11010519491231002X'],
      ['permanent-residence', 'ABC123456789012'],
    ] as const)
      expect(lifelongPart(type, number)).to.equal(number);
  });

  it('does not depend on the order in which people are looked at', () => {
    const people = [stated('a', 'N'), stated('b', 'M', ['N']), stated('c', 'X', ['M'])];
    for (const order of [people, people.toReversed(), [people[2]!, people[0]!, people[1]!]])
      expect(humanKeys(order).get('c')).to.equal(humanKeys(people).get('c'));
  });
});
