import { expect } from 'chai';
import { stayBehind } from '../../../server/features/hours/merge.rules.ts';

const at = (hour: number): Date => new Date(Date.UTC(2026, 9, 1, hour));
const record = (id: string, from: number, to: number, confirmedBy = 'desk') => ({
  id,
  from: at(from),
  to: at(to),
  confirmedBy,
});
const span = (from: number, to: number) => ({ from: at(from), to: at(to) });

describe('what stays when two records of one human become one', () => {
  const people = new Set(['a', 'b']);

  it('is what the record that is kept counts already, by a minute or as a whole', () => {
    const records = [
      record('before', 8, 10),
      record('over', 9, 11),
      record('after', 12, 14),
      record('in', 10, 11),
    ];
    expect(stayBehind(records, [span(10, 12)], people)).to.deep.equal(['over', 'in']);
    // Half-open: one may begin the minute another ends.
    expect(stayBehind([record('touches', 8, 10)], [span(10, 12), span(6, 8)], people)).to.deep.equal([]);
    expect(stayBehind([record('around', 1, 20)], [span(10, 12)], people)).to.deep.equal(['around']);
    expect(stayBehind(records, [], people)).to.deep.equal([]);
  });

  it('is what the human confirmed by another account', () => {
    const records = [record('own', 8, 10, 'b'), record('other', 8, 10, 'c')];
    expect(stayBehind(records, [], people)).to.deep.equal(['own']);
  });
});
