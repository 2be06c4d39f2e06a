import { expect } from 'chai';
import { nearOnes } from '../../../server/features/assignments/near.rules.ts';
import type { Stretch } from '../../../server/features/assignments/near.rules.ts';

const at = (hour: number, minute = 0): Date => new Date(Date.UTC(2026, 11, 1, hour, minute));
const HERE = { latitude: 29.79, longitude: 119.69 };
/** About eleven kilometres north. */
const FAR = { latitude: 29.89, longitude: 119.69 };
const place = (from: Date, to: Date, point: Stretch['point'] = HERE): Stretch => ({
  title: 't',
  startsAt: from,
  endsAt: to,
  point,
});
const shift = place(at(9), at(11));
const codes = (...others: Stretch[]): string[] => nearOnes(shift, others).map(({ code }) => code);

describe('places close to a shift', () => {
  it('are warned of with less than half an hour in between, before and after', () => {
    expect(codes(place(at(7), at(8, 31)), place(at(11, 29), at(12)))).to.deep.equal([
      'little-time-between',
      'little-time-between',
    ]);
    expect(codes(place(at(7), at(8, 30)), place(at(11, 30), at(12)))).to.deep.equal([]);
    expect(codes(place(at(11), at(12)))).to.deep.equal(['little-time-between']);
  });

  it('are warned of when the way between is longer than the time', () => {
    const [near] = nearOnes(shift, [place(at(7), at(8, 20), FAR)]);
    expect(near).to.include({ code: 'far-apart', gapMinutes: 40 });
    expect(near?.metres).to.be.within(11_000, 11_300);
    expect(codes(place(at(7), at(8), FAR))).to.deep.equal([]);
  });

  it('know nothing of ways to unknown places, and leave overlaps to the rule that refuses them', () => {
    expect(codes(place(at(7), at(8, 20), null))).to.deep.equal([]);
    expect(codes(place(at(10), at(12), FAR))).to.deep.equal([]);
  });
});
