import { expect } from 'chai';
import {
  keyOf,
  lengthOf,
  likeliest,
  spotsOf,
  teachersOf,
  thinned,
} from '../../../server/features/training-plans/candidate.rules.ts';
import type { CourseFact } from '../../../server/features/training-plans/candidate.rules.ts';
import { outcomeOf, reasonsOf, sumsOf } from '../../../server/features/training-plans/outcome.rules.ts';
import type { NeedFact, PlanSettings } from '../../../server/features/training-plans/training-plan.types.ts';

const ZONE = 'Asia/Shanghai';
const course = (id: string, minutes: number): CourseFact => ({
  id,
  title: id,
  minutes,
  category: '',
  mode: '',
  passMark: null,
  tracks: ['professional'],
  prerequisites: [],
});
const settings = (change: Partial<PlanSettings> = {}): PlanSettings => ({
  from: '2026-11-27',
  to: '2026-11-29',
  budgetCents: 100_000,
  hourCents: 20_000,
  mostEach: 2,
  windows: ['weekday-evening', 'saturday-day', 'sunday-afternoon'],
  courseIds: [],
  instructorIds: [],
  rooms: [{ label: '甲', address: '', unitId: null, seats: 10, costCents: 5_000 }],
  poolId: null,
  ...change,
});
const need = (change: Partial<NeedFact> = {}): NeedFact => ({
  code: 'total',
  what: '',
  minutes: 120,
  weight: 8,
  dueOn: '2026-12-31',
  ...change,
});

describe('a training plan', () => {
  it('looks at every window of every day that a course fits into, in the place’s own time', () => {
    const courses = [course('short', 180), course('long', 420)];
    const now = new Date('2026-11-26T00:00:00Z');
    const spots = spotsOf({ courses, settings: settings(), zone: ZONE, now });
    expect(
      spots.map((one) => `${courses[one.course]?.id} ${one.startsAt.toISOString()} ${one.costCents}`),
    ).to.deep.equal([
      // Friday evening, the whole Saturday (with a break for the long one), Sunday afternoon.
      'short 2026-11-27T10:30:00.000Z 65000',
      'short 2026-11-28T01:00:00.000Z 65000',
      'long 2026-11-28T01:00:00.000Z 165000',
      'short 2026-11-29T06:00:00.000Z 65000',
    ]);
    expect([lengthOf(300), lengthOf(301)]).to.deep.equal([300, 361]);
    // What has begun is over.
    const later = new Date('2026-11-28T01:00:00Z');
    expect(spotsOf({ courses, settings: settings(), zone: ZONE, now: later })).to.have.length(1);
    expect(keyOf(spots[0]!, courses)).to.deep.equal({
      courseId: 'short',
      startsAt: '2026-11-27T10:30:00.000Z',
      room: 0,
    });
    expect(thinned([0, 1, 2, 3, 4, 5], 3)).to.deep.equal([0, 2, 4]);
  });

  it('keeps the likeliest spots, some of each course and time, and whatever is pinned', () => {
    const now = new Date('2026-11-26T00:00:00Z');
    const rooms = ['甲', '乙', '丙'].map((label) => ({
      label,
      address: '',
      unitId: null,
      seats: 10,
      costCents: 0,
    }));
    const spots = spotsOf({
      courses: [course('a', 60)],
      settings: settings({ windows: ['saturday-day'], rooms }),
      zone: ZONE,
      now,
    });
    expect(likeliest(spots, [1, 3, 2], 10, new Set())).to.deep.equal([1, 2]);
    expect(likeliest(spots, [0, 3, 2], 1, new Set([0]))).to.deep.equal([0]);
    expect(likeliest(spots, [0, 0, 0], 10, new Set())).to.deep.equal([]);
    const busy = [{ startsAt: spots[0]!.startsAt, endsAt: spots[0]!.endsAt }];
    expect(teachersOf(spots, [{ busy }, { busy: [] }, { busy: [] }])).to.deep.equal([1, 2, 1]);
    expect(teachersOf(spots, [{ busy }])).to.deep.equal([-1, -1, -1]);
  });

  it('adds up what it closes: of each need never more than is missing, whatever is left out', () => {
    const before = sumsOf([need(), need({ weight: 1, minutes: 60 })], 2);
    expect(before).to.deep.equal({ weighted: 1_020, urgent: 120, all: 180, people: 2 });
    const invitation = (personId: string, minutes: number, needs = [need()]) => ({
      personId,
      minutes,
      needs,
    });
    const both = [
      {
        costCents: 100,
        invitations: [invitation('p', 90), invitation('q', 60, [need({ weight: 1, minutes: 60 })])],
      },
      { costCents: 50, invitations: [invitation('p', 90)] },
    ];
    expect(outcomeOf(before, both)).to.deep.include({
      closed: { weighted: 1_020, urgent: 120, all: 180, people: 2 },
      sessions: 2,
      invitations: 3,
      costCents: 150,
    });
    expect(outcomeOf(before, both.slice(1)).closed).to.deep.equal({
      weighted: 720,
      urgent: 90,
      all: 90,
      people: 1,
    });
  });

  it('tells everybody why: what is missing by when, what it counts, and why then and there', () => {
    const facts = { needs: [need(), need({ code: 'category', what: 'ethics' })], minutes: 90 };
    expect(reasonsOf({ ...facts, statedFree: true, metres: 800 }).map(({ code }) => code)).to.deep.equal([
      'lacks-total',
      'lacks-category',
      'counts',
      'free-then',
      'near',
    ]);
    expect(reasonsOf({ ...facts, statedFree: false, metres: null }).at(-1)).to.deep.equal({
      code: 'counts',
      params: { minutes: 90 },
    });
  });
});
