import type {
  Candidate,
  Need,
  Option,
  Problem,
} from '../../server/features/training-plans/planner/planner.types.ts';
import { urgencyOf } from '../../server/features/training-plans/planner/urgency.rules.ts';

/** Repeatable numbers between 0 and 1. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface CountySize {
  readonly people: number;
  readonly candidates: number;
  readonly seed: number;
  /** Part of all candidates' cost that there is money for. */
  readonly budgetShare: number;
}

const TOWNS = 14;
const COURSES = 18;
const INSTRUCTORS = 6;
const DAY = 1_440;
const WEEKS = 5;
/** Parts of a week in which people can learn: an evening, and half days and whole days of a weekend. */
const PARTS = [
  { days: [0, 1, 2, 3, 4], from: 18.5, minutes: 150 },
  { days: [5], from: 9, minutes: 180 },
  { days: [5], from: 14, minutes: 180 },
  { days: [5], from: 9, minutes: 480 },
  { days: [6], from: 9, minutes: 180 },
  { days: [6], from: 14, minutes: 180 },
  { days: [6], from: 9, minutes: 480 },
] as const;

interface Person {
  readonly town: number;
  readonly reach: number;
  readonly professional: boolean;
  /** Evenings and the halves of Saturday and Sunday: of each half of the people can. */
  readonly free: ReadonlySet<string>;
}

/** Distance of two towns along a valley, in kilometres. */
const far = (a: number, b: number): number => Math.abs(a - b) * 6;
/** Which halves of which days a part of the week takes. */
const halves = (part: number): string[] =>
  [['evening'], ['sat-am'], ['sat-pm'], ['sat-am', 'sat-pm'], ['sun-am'], ['sun-pm'], ['sun-am', 'sun-pm']][
    part
  ] ?? [];

/**
 * A county that plans five weeks: social workers who lack hours by different days, cadres and volunteers who lack courses of
 * their curriculum, rooms in towns, few instructors who each teach some courses, and money for a part of what could be held.
 * Whole days on the one weekend when everybody is free stand against half days of others: what is best is not what is largest.
 */
export function county({ people, candidates: wanted, seed, budgetShare }: CountySize): Problem {
  const random = chance(seed);
  const pick = (most: number): number => Math.floor(random() * most);
  const persons = Array.from({ length: people }, (): Person => {
    const free = new Set<string>();
    for (const half of ['evening', 'sat-am', 'sat-pm', 'sun-am', 'sun-pm'])
      if (random() < 0.5) free.add(half);
    return {
      // A third of a county lives in its seat.
      town: random() < 0.35 ? 0 : pick(TOWNS),
      reach: [6, 12, 24, 60][pick(4)] ?? 12,
      professional: random() < 0.4,
      free,
    };
  });
  const needs: Need[] = [];
  const served: ((course: number) => number[])[] = [];
  persons.forEach(({ professional }, person) => {
    // Most of what is missing is due later; some is late already.
    const weight = urgencyOf(Math.floor(random() ** 1.5 * 720) - 20);
    const add = (minutes: number): number => needs.push({ person, minutes, weight }) - 1;
    if (professional) {
      const total = add(60 * (2 + pick(24)));
      const category = random() < 0.35 ? add(60 * (1 + pick(10))) : -1;
      // A third of the courses are on ethics or law, which some still owe.
      served.push((course) => (category >= 0 && course % 3 === 0 ? [total, category] : [total]));
    } else {
      const own = new Map<number, number>();
      for (let turn = 0; turn < 1 + pick(3); turn += 1) {
        const course = pick(COURSES);
        if (!own.has(course)) own.set(course, add(180));
      }
      served.push((course) => (own.has(course) ? [own.get(course) ?? -1] : []));
    }
  });
  const towns: number[] = [];
  const parts: number[] = [];
  const counts: number[] = [];
  const candidates = Array.from({ length: wanted }, (): Candidate => {
    const town = random() < 0.35 ? 0 : pick(TOWNS);
    const room = town * 2 + pick(2);
    const part = pick(PARTS.length);
    const { days, from, minutes } = PARTS[part] ?? PARTS[0];
    const day = pick(WEEKS) * 7 + (days[pick(days.length)] ?? 0);
    const instructor = pick(INSTRUCTORS);
    towns.push(town);
    parts.push(part);
    counts.push(minutes === 480 ? 420 : minutes);
    const seats = [16, 24, 36, 60][room % 4] ?? 24;
    return {
      start: day * DAY + from * 60,
      end: day * DAY + from * 60 + minutes,
      // Each instructor teaches a few of the courses.
      course: (instructor * 3 + pick(6)) % COURSES,
      room,
      instructor,
      seats,
      // By the hour, by the seat, and the way there.
      cost: 100 * (minutes * 4 + seats * 10 + 300 + pick(900)),
    };
  });
  const options: Option[] = [];
  persons.forEach(({ town, reach, free }, person) =>
    candidates.forEach(({ course }, candidate) => {
      if (far(town, towns[candidate] ?? 0) > reach) return;
      if (!halves(parts[candidate] ?? 0).every((half) => free.has(half))) return;
      const own = served[person]?.(course) ?? [];
      const minutes = counts[candidate] ?? 0;
      if (own.length > 0)
        options.push({ person, candidate, serves: own.map((need) => ({ need, minutes, room: -1 })) });
    }),
  );
  const all = candidates.reduce((sum, { cost }) => sum + cost, 0);
  // Nobody is asked to give up more than two of five weekends.
  return {
    people,
    needs,
    candidates,
    options,
    rooms: [],
    budget: Math.round(all * budgetShare),
    mostEach: 2,
  };
}
