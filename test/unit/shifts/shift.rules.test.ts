import { expect } from 'chai';
import fc from 'fast-check';
import {
  coverage,
  lacksPolicy,
  postingGaps,
  skillCodesOf,
  spanIssues,
  sumSeats,
} from '../../../server/features/shifts/shift.rules.ts';
import type { PostingFacts } from '../../../server/features/shifts/shift.rules.ts';

const NOW = new Date('2026-12-01T00:00:00Z');
const complete: PostingFacts = {
  request: {
    id: 'r',
    title: '送餐',
    description: '每天中午',
    placeLabel: '桐君社区',
    hasPoint: true,
    conditions: '无',
    risks: '无',
    support: '饮水',
    contactName: '李明',
    contactPhone: '1',
  },
  shift: { id: 's', startsAt: new Date('2026-12-02T01:00:00Z'), riskLevel: 'none', policyNumber: '' },
  positions: [{ maximum: 2 }],
};
const codes = (facts: PostingFacts): string[] => postingGaps(facts, NOW).map(({ code }) => code);
const request = (change: Partial<PostingFacts['request']>): PostingFacts => ({
  ...complete,
  request: { ...complete.request, ...change },
});
const shift = (change: Partial<PostingFacts['shift']>): PostingFacts => ({
  ...complete,
  shift: { ...complete.shift, ...change },
});

describe('what a posting lacks (R-2.4, R-1.29, R-1.30)', () => {
  it('is nothing when everything is said', () => {
    expect(codes(complete)).to.deep.equal([]);
  });

  const table: [string, PostingFacts][] = [
    ['no-title', request({ title: ' ' })],
    ['no-description', request({ description: '' })],
    ['no-place', request({ placeLabel: '' })],
    ['no-conditions', request({ conditions: '' })],
    ['no-risks', request({ risks: '\n' })],
    ['no-support', request({ support: '' })],
    ['no-contact', request({ contactPhone: '' })],
    ['no-contact', request({ contactName: '' })],
    ['no-positions', { ...complete, positions: [] }],
    ['starts-in-the-past', shift({ startsAt: NOW })],
  ];
  for (const [code, facts] of table)
    it(`is ${code}, which blocks, and only that`, () => {
      expect(postingGaps(facts, NOW)).to.have.length(1);
      expect(postingGaps(facts, NOW)[0]).to.include({ code, blocking: true });
    });

  it('only advises a point on the map, and asks for the policy number of a bodily risk (R-1.33)', () => {
    expect(postingGaps(request({ hasPoint: false }), NOW)[0]).to.include({
      code: 'no-point',
      blocking: false,
    });
    const risky = shift({ riskLevel: 'bodily' });
    expect(postingGaps(risky, NOW)[0]).to.include({ code: 'no-policy-number', blocking: true });
    expect(lacksPolicy(risky.shift)).to.equal(true);
    expect(lacksPolicy({ riskLevel: 'bodily', policyNumber: 'P-1' })).to.equal(false);
  });
});

describe('the times of a shift', () => {
  const span = (minutes: number, breakMinutes = 0): string[] =>
    spanIssues({ startsAt: NOW, endsAt: new Date(NOW.getTime() + minutes * 60_000), breakMinutes }).map(
      ({ code }) => code,
    );
  it('are neither too short, nor too long, nor all break', () => {
    expect(span(14)).to.deep.equal(['shift-too-short']);
    expect(span(15)).to.deep.equal([]);
    expect(span(16 * 60)).to.deep.equal([]);
    expect(span(16 * 60 + 1)).to.deep.equal(['shift-too-long']);
    expect(span(60, 60)).to.deep.equal(['break-too-long']);
    expect(span(60, 59)).to.deep.equal([]);
  });
});

describe('how full a shift is', () => {
  const seats = fc
    .tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 50 }), fc.nat())
    .map(([required, more, some]) => ({
      required,
      maximum: required + more,
      taken: some % (required + more + 1),
    }));

  it('names so many more, covered, or full', () => {
    expect(coverage({ required: 12, maximum: 15, taken: 1 })).to.deep.equal({
      level: 'needs',
      missing: 11,
      free: 14,
    });
    expect(coverage({ required: 2, maximum: 3, taken: 2 }).level).to.equal('covered');
    expect(coverage({ required: 2, maximum: 2, taken: 2 }).level).to.equal('full');
  });

  it('adds up, and never lets one position’s surplus cover another’s need', () => {
    fc.assert(
      fc.property(fc.array(seats, { maxLength: 8 }), (positions) => {
        const sum = sumSeats(positions);
        expect(sum.taken).to.be.at.most(sum.maximum);
        expect(sum.missing).to.be.at.least(Math.max(0, sum.required - sum.taken));
        expect(sum.missing === 0).to.equal(positions.every(({ required, taken }) => taken >= required));
      }),
    );
  });

  it('collects each skill once', () => {
    expect(
      skillCodesOf([{ skills: [{ code: 'a' }, { code: 'b' }] }, { skills: [{ code: 'a' }] }]),
    ).to.deep.equal(['a', 'b']);
  });
});
