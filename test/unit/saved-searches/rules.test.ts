import { expect } from 'chai';
import {
  asksForSomething,
  clockOf,
  matchesPosition,
  matchesShift,
  minutesOf,
  nextLook,
  wordsOf,
} from '../../../server/features/saved-searches/saved-search.rules.ts';
import type { ShiftWords, Wanted } from '../../../server/features/saved-searches/saved-search.rules.ts';

const NOTHING: Wanted = {
  words: '',
  category: null,
  skills: [],
  weekdays: [],
  fromMinute: null,
  toMinute: null,
  withinMetres: null,
  around: null,
};
const SHIFT: ShiftWords = {
  title: '陪老人说话',
  place: '城南 Community Centre 示例路1号',
  category: 'neighbourhood',
  skillCodes: ['first-aid'],
  weekday: 6,
  startMinute: 9 * 60,
  lengthMinutes: 120,
  point: { latitude: 29.79, longitude: 119.69 },
};
const POSITION = { name: '志愿者', skills: [{ code: 'first-aid' }], fromHome: 1_500 };

describe('what a saved search matches', () => {
  const near = { latitude: 29.8, longitude: 119.69 };
  const cases: [string, Partial<Wanted>, boolean][] = [
    ['nothing asked', {}, true],
    ['its kind of service', { category: 'neighbourhood' }, true],
    ['another kind of service', { category: 'health' }, false],
    ['one of several skills', { skills: ['driving', 'first-aid'] }, true],
    ['another skill', { skills: ['driving'] }, false],
    ['its weekday', { weekdays: [6, 7] }, true],
    ['another weekday', { weekdays: [1] }, false],
    ['a time that holds it to the minute', { fromMinute: 540, toMinute: 660 }, true],
    ['a time that begins a minute later', { fromMinute: 541 }, false],
    ['a time that ends a minute sooner', { toMinute: 659 }, false],
    ['a point near enough', { around: near, withinMetres: 1_200 }, true],
    ['a point too far', { around: near, withinMetres: 1_000 }, false],
    ['words in any order and width', { words: ' ｃｏｍｍｕｎｉｔｙ　老人 ' }, true],
    ['a word of the position', { words: '志愿者' }, true],
    ['a word that stands nowhere', { words: '老人 driving' }, false],
    ['a distance from home', { withinMetres: 1_500 }, true],
    ['a distance from home that is short', { withinMetres: 1_499 }, false],
  ];
  for (const [what, wanted, expected] of cases)
    it(`${expected ? 'finds' : 'leaves out'}: ${what}`, () => {
      const one = { ...NOTHING, ...wanted };
      expect(matchesShift(one, SHIFT) && matchesPosition(one, SHIFT, POSITION)).to.equal(expected);
    });

  it('leaves out what may be near and nobody knows', () => {
    expect(
      matchesShift({ ...NOTHING, around: near, withinMetres: 9_000 }, { ...SHIFT, point: null }),
    ).to.equal(false);
    expect(
      matchesPosition({ ...NOTHING, withinMetres: 9_000 }, SHIFT, { ...POSITION, fromHome: null }),
    ).to.equal(false);
  });

  it('tells a search from a search for nothing', () => {
    expect(asksForSomething(NOTHING)).to.equal(false);
    expect(asksForSomething({ ...NOTHING, words: '  ' })).to.equal(false);
    for (const wanted of [{ words: 'x' }, { weekdays: [1] }, { fromMinute: 0 }, { withinMetres: 1 }])
      expect(asksForSomething({ ...NOTHING, ...wanted })).to.equal(true);
    expect(wordsOf('Ａ  b')).to.deep.equal(['a', 'b']);
  });
});

describe('when a saved search is looked at', () => {
  it('is the next eight in the morning of the place, also across a change of clocks', () => {
    const next = (at: string, zone: string): string => nextLook(new Date(at), zone).toISOString();
    expect(next('2026-11-26T00:00:00Z', 'Asia/Shanghai')).to.equal('2026-11-27T00:00:00.000Z');
    expect(next('2026-11-25T23:59:59Z', 'Asia/Shanghai')).to.equal('2026-11-26T00:00:00.000Z');
    expect(next('2026-03-29T00:30:00Z', 'Europe/Berlin')).to.equal('2026-03-29T06:00:00.000Z');
    expect(next('2026-10-24T20:00:00Z', 'Europe/Berlin')).to.equal('2026-10-25T07:00:00.000Z');
  });

  it('reads and writes clock times', () => {
    expect([minutesOf(''), minutesOf('00:00'), minutesOf('18:05')]).to.deep.equal([null, 0, 1_085]);
    expect([clockOf(null), clockOf(0), clockOf(1_085)]).to.deep.equal(['', '00:00', '18:05']);
  });
});
