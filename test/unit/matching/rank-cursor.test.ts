import { expect } from 'chai';
import { MOST_RANKED, nextRankCursor, rankCursor } from '../../../server/features/matching/rank-cursor.ts';
import { encodeCursor } from '../../../server/db/pagination.ts';

const one = (id: string, worth: number) => ({ id, handle: `h-${id}`, worth });
const behind = (handle: string): string | null => (handle.startsWith('h-') ? handle.slice(2) : null);
const RANKED = [one('c', 900), one('a', 700), one('b', 700), one('d', 700), one('e', 10)];

/** The pages of a ranking, which may be another one each time it is asked. */
function walk(rankings: readonly (readonly ReturnType<typeof one>[])[], limit: number): string[][] {
  const pages: string[][] = [];
  let cursor: string | null = null;
  for (let at = 0; at === 0 || cursor !== null; at += 1) {
    const after = rankCursor(cursor ?? undefined, behind);
    const left = (rankings[Math.min(at, rankings.length - 1)] ?? []).filter(after.isBeyond);
    const shown = left.slice(0, limit);
    pages.push(shown.map(({ id }) => id));
    cursor = nextRankCursor(shown, left.length, after.seen);
  }
  return pages;
}

describe('a page of a ranking', () => {
  it('begins behind a person, equals by their id', () => {
    expect(walk([RANKED], 2)).to.deep.equal([['c', 'a'], ['b', 'd'], ['e']]);
    expect(walk([RANKED], 5)).to.deep.equal([['c', 'a', 'b', 'd', 'e']]);
    expect(walk([[]], 5)).to.deep.equal([[]]);
  });

  it('shows nobody twice and leaves nobody out when others come or go meanwhile', () => {
    const more = [one('z', 950), ...RANKED];
    const fewer = RANKED.filter(({ id }) => id !== 'a');
    expect(walk([RANKED, more], 2)).to.deep.equal([['c', 'a'], ['b', 'd'], ['e']]);
    expect(walk([RANKED, fewer], 2)).to.deep.equal([['c', 'a'], ['b', 'd'], ['e']]);
  });

  it('goes so deep and no deeper, and takes no cursor that is not its own', () => {
    expect(nextRankCursor([one('a', 1)], 2, MOST_RANKED - 1)).to.be.a('string');
    expect(nextRankCursor([one('a', 1)], 2, MOST_RANKED)).to.equal(null);
    for (const wrong of [
      'x',
      encodeCursor([1, 'h-a']),
      encodeCursor([1, 'somebody', 1]),
      encodeCursor(['1', 'h-a', 1]),
      encodeCursor([1, 'h-a', 0]),
      encodeCursor([1, 'h-a', 1.5]),
      encodeCursor([1, 'h-a', MOST_RANKED + 1]),
    ])
      expect(() => rankCursor(wrong, behind), wrong)
        .to.throw()
        .with.property('code', 'cursor-invalid');
  });
});
