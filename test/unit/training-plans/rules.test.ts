import { expect } from 'chai';
import {
  keyOf,
  lengthOf,
  likeliest,
  spotsOf,
  teachersOf,
  thinned,
  windowsOn,
} from '../../../server/features/training-plans/candidate.rules.ts';
import type { CourseFact } from '../../../server/features/training-plans/candidate.rules.ts';
import { outcomeOf, reasonsOf, sumsOf } from '../../../server/features/training-plans/outcome.rules.ts';
import type { NeedFact, PlanSettings } from '../../../server/features/training-plans/training-plan.types.ts';

const ZONE = 'Asia/Shanghai';
const NONE = new Map<string, 'off' | 'work'>();
const course = (id: string, minutes: number): CourseFact => ({
  id,
  title: id,
  minutes,
  category: '',
  mode: '',
  passMark: null,
  tracks: ['professional'],
  prerequisites: [],
  teachers: [],
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
    const spots = spotsOf({ courses, settings: settings(), special: NONE, zone: ZONE, now });
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
    expect(spotsOf({ courses, settings: settings(), special: NONE, zone: ZONE, now: later })).to.have.length(
      1,
    );
    expect(keyOf(spots[0]!, courses)).to.deep.equal({
      courseId: 'short',
      startsAt: '2026-11-27T10:30:00.000Z',
      room: 0,
    });
    expect(thinned([0, 1, 2, 3, 4, 5], 3)).to.deep.equal([0, 2, 4]);
  });

  it('keeps to the calendar: nothing on a holiday unless that is wanted, and weekends that are worked are weekdays', () => {
    // National Day of 2026: 1 to 7 October off, Saturday the 10th worked for it.
    const special = new Map<string, 'off' | 'work'>([
      ['2026-10-01', 'off'],
      ['2026-10-03', 'off'],
      ['2026-10-10', 'work'],
    ]);
    const windows = ['weekday-evening', 'saturday-day'] as const;
    const on = (date: string, onHolidays = false) =>
      windowsOn(date, settings({ windows, onHolidays }), special);
    expect(on('2026-10-01')).to.deep.equal([]);
    expect(on('2026-10-03')).to.deep.equal([]);
    expect(on('2026-10-08')).to.deep.equal(['weekday-evening']);
    expect(on('2026-10-10')).to.deep.equal(['weekday-evening']);
    expect(on('2026-10-17')).to.deep.equal(['saturday-day']);
    expect([on('2026-10-01', true), on('2026-10-03', true)]).to.deep.equal([
      ['weekday-evening'],
      ['saturday-day'],
    ]);
    const spots = spotsOf({
      courses: [course('a', 120)],
      settings: settings({ from: '2026-10-01', to: '2026-10-10', windows }),
      special,
      zone: ZONE,
      now: new Date('2026-09-01T00:00:00Z'),
    });
    // The 4th is a Sunday; 5, 6 and 7 October are off in the nation's calendar, which is not given here.
    expect(spots.map(({ date }) => date)).to.deep.equal(
      ['02', '05', '06', '07', '08', '09', '10'].map((day) => `2026-10-${day}`),
    );
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
      special: NONE,
      zone: ZONE,
      now,
    });
    expect(likeliest(spots, [1, 3, 2], 10, new Set())).to.deep.equal([1, 2]);
    expect(likeliest(spots, [0, 3, 2], 1, new Set([0]))).to.deep.equal([0]);
    expect(likeliest(spots, [0, 0, 0], 10, new Set())).to.deep.equal([]);
    const busy = [{ startsAt: spots[0]!.startsAt, endsAt: spots[0]!.endsAt }];
    const teacher = (personId: string, when: typeof busy = []) => ({ personId, busy: when });
    const open = [course('a', 60)];
    const all = [teacher('p', busy), teacher('q'), teacher('r')];
    expect(teachersOf(spots, open, all)).to.deep.equal([1, 2, 1]);
    expect(teachersOf(spots, open, [teacher('p', busy)])).to.deep.equal([-1, -1, -1]);
    // Only whom the officer named for the course, and whoever may teach least goes first.
    const named = [{ ...course('a', 60), teachers: ['r', 'x'] }];
    expect(teachersOf(spots, named, all)).to.deep.equal([2, 2, 2]);
    expect(
      teachersOf(spots.slice(0, 1), [course('a', 60), ...named], [teacher('q'), teacher('r')]),
    ).to.deep.equal([0]);
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

  it('adds up what shares a room, and pieces where a programme asks for those', () => {
    const before = sumsOf([need()], 1);
    const room = { key: '0', minutes: 60 };
    const invitation = (closes: number, own: object = {}) => ({
      costCents: 0,
      invitations: [{ personId: 'p', minutes: closes, needs: [{ ...need(), closes, ...own }] }],
    });
    expect(outcomeOf(before, [invitation(60, { room }), invitation(60, { room })]).closed.all).to.equal(60);
    expect(outcomeOf(before, [invitation(60, { room }), invitation(45)]).closed.all).to.equal(105);
    const piece = need({ code: 'pieces', minutes: 120, pieces: 2 });
    expect(reasonsOf({ needs: [piece], minutes: 0, statedFree: false, metres: null })).to.deep.equal([
      { code: 'lacks-pieces', params: { what: '', minutes: 120, dueOn: '2026-12-31', pieces: 2 } },
    ]);
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
