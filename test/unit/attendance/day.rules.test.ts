import { expect } from 'chai';
import fc from 'fast-check';
import { presenceOf, PRESENCES, sumHeads } from '../../../server/features/attendance/day.rules.ts';
import { SEATED_STATES } from '../../../server/features/assignments/assignment.model.ts';

describe('how people stand to a shift of the day', () => {
  const startsAt = new Date('2026-11-27T01:00:00Z');
  const at = (ms: number) => ({ startsAt, now: new Date(startsAt.getTime() + ms) });

  it('is expected until the shift begins and late from that instant on', () => {
    for (const state of ['accepted', 'confirmed'])
      expect([-1, 0, 1, 3_600_000].map((ms) => presenceOf(state, at(ms)))).to.deep.equal([
        'expected',
        'late',
        'late',
        'late',
      ]);
  });

  it('is what was noted, whenever one looks', () => {
    const said = ['checked_in', 'checked_out', 'no_show', 'excused'].map((state) => [
      presenceOf(state, at(-1)),
      presenceOf(state, at(1)),
    ]);
    expect(said).to.deep.equal([
      ['here', 'here'],
      ['left', 'left'],
      ['not-come', 'not-come'],
      ['excused', 'excused'],
    ]);
  });

  it('is said for every state of a seat, and for no other', () => {
    for (const state of SEATED_STATES) expect(PRESENCES).to.include(presenceOf(state, at(0)));
    for (const state of ['offered', 'waitlisted', 'declined', 'replaced'])
      expect(() => presenceOf(state, at(0)), state).to.throw();
  });

  it('adds up: nobody is lost between shifts', () => {
    const heads = fc.record(
      Object.fromEntries(PRESENCES.map((presence) => [presence, fc.nat(500)])) as Record<
        (typeof PRESENCES)[number],
        fc.Arbitrary<number>
      >,
    );
    const all = (one: object): number => Object.values(one).reduce((sum: number, n) => sum + Number(n), 0);
    fc.assert(
      fc.property(fc.array(heads), (parts) => {
        expect(all(sumHeads(parts))).to.equal(parts.reduce((sum, part) => sum + all(part), 0));
      }),
    );
  });
});
