import { addDays, wallToInstant, weekdayOf } from '../../core/time.ts';
import { WINDOWS } from './training-plan.types.ts';
import type { PlanSettings, SessionKey, WindowName } from './training-plan.types.ts';

/** Where and when sessions could be held: every course in every window, room by room, thinned to what can be weighed. */

export interface CourseFact {
  readonly id: string;
  readonly title: string;
  readonly minutes: number;
  readonly category: string;
  readonly mode: string;
  readonly passMark: number | null;
  readonly tracks: readonly string[];
  readonly prerequisites: readonly string[];
  /** Who may teach it; empty for every instructor. */
  readonly teachers: readonly string[];
}

export interface Spot {
  readonly course: number;
  readonly room: number;
  readonly date: string;
  readonly startMinute: number;
  readonly lengthMinutes: number;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly costCents: number;
}

const LUNCH_AFTER = 300;
const LUNCH_MINUTES = 60;
/** What a plan looks at in all, before it is weighed who could come. */
export const MOST_SPOTS = 2_400;

/** How long a session of a course takes: a long one has a break that does not count. */
export const lengthOf = (minutes: number): number => minutes + (minutes > LUNCH_AFTER ? LUNCH_MINUTES : 0);

/** One session of a course as it would be held on the day. */
export function spotAt(
  at: { course: number; room: number; date: string; startMinute: number },
  { courses, settings, zone }: { courses: readonly CourseFact[]; settings: PlanSettings; zone: string },
): Spot {
  const { course, room, date, startMinute } = at;
  const lengthMinutes = lengthOf(courses[course]?.minutes ?? 0);
  const startsAt = wallToInstant({ date, minutes: startMinute, zone });
  return {
    ...at,
    lengthMinutes,
    startsAt,
    endsAt: new Date(startsAt.getTime() + lengthMinutes * 60_000),
    costCents: (settings.rooms[room]?.costCents ?? 0) + Math.round((settings.hourCents * lengthMinutes) / 60),
  };
}

/** Days that are not as their weekday says, as the organisation's calendar has them. */
export type SpecialDays = ReadonlyMap<string, 'off' | 'work'>;

/**
 * Parts of the day in which a session may be held. Nothing on an official holiday unless the plan allows it, where its weekday
 * counts; a weekend that is worked for a holiday has the parts of a working day and none of a free one.
 */
export function windowsOn(date: string, settings: PlanSettings, special: SpecialDays): WindowName[] {
  const kind = special.get(date);
  if (kind === 'off' && settings.onHolidays !== true) return [];
  const weekday = weekdayOf(date);
  return settings.windows.filter((name) => {
    const { weekdays, working } = WINDOWS[name];
    return kind === 'work' ? working : (weekdays as readonly number[]).includes(weekday);
  });
}

/** Every day of the stretch, every window of that day, every room, every course that fits, from the day given on. */
export function spotsOf(parts: {
  courses: readonly CourseFact[];
  settings: PlanSettings;
  special: SpecialDays;
  zone: string;
  now: Date;
}): Spot[] {
  const { courses, settings, special, now } = parts;
  const found: Spot[] = [];
  for (let date = settings.from; date <= settings.to; date = addDays(date, 1)) {
    for (const name of windowsOn(date, settings, special)) {
      const window = WINDOWS[name];
      courses.forEach(({ minutes }, course) => {
        if (lengthOf(minutes) > window.longest) return;
        settings.rooms.forEach((_room, room) => {
          const spot = spotAt({ course, room, date, startMinute: window.from }, parts);
          if (spot.startsAt > now) found.push(spot);
        });
      });
    }
  }
  return thinned(found, MOST_SPOTS);
}

/** Evenly fewer: every n-th is kept, so that no week and no course falls out. */
export function thinned<T>(list: readonly T[], most: number): T[] {
  if (list.length <= most) return [...list];
  return Array.from({ length: most }, (_unused, at) => list[Math.floor((at * list.length) / most)] as T);
}

export const keyOf = (spot: Spot, courses: readonly CourseFact[]): SessionKey => ({
  courseId: courses[spot.course]?.id ?? '',
  startsAt: spot.startsAt.toISOString(),
  room: spot.room,
});

/** Per course so many of the likeliest, and so many at one time: what else there is would never be chosen beside them. */
const PER_COURSE = 10;
const AT_ONE_TIME = 2;

/**
 * The likeliest spots: those that would close most by themselves, with room for choice in time. `always` are kept whatever
 * they are worth.
 */
export function likeliest(
  spots: readonly Spot[],
  worth: readonly number[],
  most: number,
  always: ReadonlySet<number>,
): number[] {
  const order = [...spots.keys()]
    .filter((at) => always.has(at) || (worth[at] ?? 0) > 0)
    .sort(
      (a, b) => Number(always.has(b)) - Number(always.has(a)) || (worth[b] ?? 0) - (worth[a] ?? 0) || a - b,
    );
  const ofCourse = new Map<number, number>();
  const atTime = new Map<string, number>();
  const kept: number[] = [];
  for (const at of order) {
    const spot = spots[at] as Spot;
    const time = `${spot.course} ${spot.startsAt.getTime()}`;
    const [own, same] = [ofCourse.get(spot.course) ?? 0, atTime.get(time) ?? 0];
    if (!always.has(at) && (own >= PER_COURSE || same >= AT_ONE_TIME || kept.length >= most)) continue;
    ofCourse.set(spot.course, own + 1);
    atTime.set(time, same + 1);
    kept.push(at);
  }
  return kept.sort((a, b) => a - b);
}

/**
 * Who teaches each spot: whoever may teach the course and is free then, by turns, so that two sessions at one time need not
 * share one; of several those go first who may teach fewest courses. -1 for nobody.
 */
export function teachersOf(
  spots: readonly Spot[],
  courses: readonly Pick<CourseFact, 'teachers'>[],
  instructors: readonly {
    readonly personId: string;
    readonly busy: readonly { startsAt: Date; endsAt: Date }[];
  }[],
): number[] {
  const may = (one: number, course: number): boolean => {
    const teachers = courses[course]?.teachers ?? [];
    return teachers.length === 0 || teachers.includes(instructors[one]?.personId ?? '');
  };
  const breadth = instructors.map((_one, at) => courses.filter((_course, course) => may(at, course)).length);
  const taught = instructors.map(() => 0);
  const given: { at: Spot; by: number }[] = [];
  return spots.map((spot) => {
    const free = [...instructors.keys()].filter(
      (one) =>
        may(one, spot.course) &&
        !instructors[one]?.busy.some((other) => other.startsAt < spot.endsAt && spot.startsAt < other.endsAt),
    );
    const load = (one: number): number =>
      1_000 *
        given.filter(({ at, by }) => by === one && at.startsAt < spot.endsAt && spot.startsAt < at.endsAt)
          .length +
      (taught[one] ?? 0);
    const [chosen = -1] = free.sort(
      (a, b) => load(a) - load(b) || (breadth[a] ?? 0) - (breadth[b] ?? 0) || a - b,
    );
    if (chosen >= 0) {
      taught[chosen] = (taught[chosen] ?? 0) + 1;
      given.push({ at: spot, by: chosen });
    }
    return chosen;
  });
}

export type { WindowName };
