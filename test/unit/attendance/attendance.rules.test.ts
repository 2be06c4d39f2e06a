import { expect } from 'chai';
import fc from 'fast-check';
import {
  CODE_STEP_SECONDS,
  codeStep,
  instantOf,
  keptSteps,
  orderOfCodes,
  stepEnd,
  stepStart,
} from '../../../server/features/attendance/attendance.rules.ts';

describe('codes that are read at the place', () => {
  const MINUTE = 60_000;
  const startsAt = new Date('2026-11-27T01:00:00Z');
  const endsAt = new Date('2026-11-27T03:00:00Z');
  const step = fc.integer({ min: codeStep(startsAt), max: codeStep(endsAt) });

  it('are of one coming when at most a minute lies between them', () => {
    expect([-2, -1, 0, 1, 2].map((away) => orderOfCodes(100, 100 + away))).to.deep.equal([
      ...['earlier', 'same', 'same', 'same', 'later'],
    ]);
    expect(orderOfCodes(null, 1)).to.equal('later');
  });

  it('stand to each other the same from either side', () => {
    const other = { same: 'same', later: 'earlier', earlier: 'later' } as const;
    fc.assert(
      fc.property(step, step, (a, b) => {
        expect(orderOfCodes(b, a)).to.equal(other[orderOfCodes(a, b)]);
      }),
    );
  });

  it('win no minute, whichever of two kept ones comes first', () => {
    fc.assert(
      fc.property(step, step, (a, b) => {
        const now = new Date(endsAt.getTime() + 30 * MINUTE);
        const [first, last] = [Math.min(a, b), Math.max(a, b)];
        const [came, went] = [instantOf(first, now, false), instantOf(last, now, true)];
        const apart = (last - first) * CODE_STEP_SECONDS * 1000;
        expect(+went - +came).to.be.below(Math.max(1, apart));
      }),
    );
    expect(+stepEnd(5) + 1).to.equal(+stepStart(6));
  });

  it('count from the time of early check-in until two hours after the end, and never from the future', () => {
    const facts = { startsAt, endsAt, earlyMinutes: 30 };
    const at = (minutes: number) =>
      keptSteps({ ...facts, now: new Date(endsAt.getTime() + minutes * MINUTE) });
    expect(at(120)).to.have.length(30 + 120 + 120 + 1);
    expect(at(120.1)).to.deep.equal([]);
    expect(at(-60)[0]).to.equal(codeStep(new Date(endsAt.getTime() - 60 * MINUTE)));
    expect(at(-60).at(-1)).to.equal(codeStep(new Date(startsAt.getTime() - 30 * MINUTE)));
  });
});
