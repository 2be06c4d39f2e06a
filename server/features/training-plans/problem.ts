import type { LatLng } from '../../core/geo.ts';
import { addDays, weekdayOf } from '../../core/time.ts';
import { isFree } from '../matching/index.ts';
import { isTrained, missingCourses, RENEW_DAYS } from '../training/index.ts';
import { likeliest, teachersOf } from './candidate.rules.ts';
import type { CourseFact, Spot } from './candidate.rules.ts';
import { wayOf } from './ground.ts';
import type { Learner } from './ground.ts';
import type { CourseService } from './needs.rules.ts';
import type { Candidate, Need, Option, Problem } from './planner/planner.types.ts';
import type { PlanSettings } from './training-plan.types.ts';

/** Spots that the planner weighs against each other. */
const MOST_CANDIDATES = 120;
const MINUTE = 60_000;

export interface Instructor {
  readonly personId: string;
  readonly name: string;
  readonly busy: readonly { readonly startsAt: Date; readonly endsAt: Date }[];
}

export interface ProblemInput {
  readonly settings: PlanSettings;
  readonly courses: readonly CourseFact[];
  readonly learners: readonly Learner[];
  readonly spots: readonly Spot[];
  /** Indexes of spots that are held whatever they are worth. */
  readonly pinned: ReadonlySet<number>;
  readonly rooms: readonly (LatLng | null)[];
  readonly instructors: readonly Instructor[];
}

/** The problem in numbers, and what its numbers stand for. */
export interface MadeProblem {
  readonly problem: Problem;
  /** Of each candidate: its spot, and its teacher or -1. */
  readonly spots: readonly number[];
  readonly teachers: readonly number[];
  /** Of each option: what the person's programme counts, whether stated free times hold it, and the way. */
  readonly options: readonly Omit<Coming, 'learner' | 'closes'>[];
  /** Of each need: which of its person's it is. */
  readonly needs: readonly { readonly learner: number; readonly need: number }[];
}

interface Coming {
  readonly learner: number;
  readonly closes: CourseService['closes'];
  readonly counts: number;
  readonly statedFree: boolean;
  readonly metres: number | null;
}

/** Whether and what for somebody could come to a spot; null where anything stands against it. */
export function comingTo(
  learner: Learner,
  spot: Spot,
  course: CourseFact,
  room: LatLng | null,
): Omit<Coming, 'learner'> | null {
  const serves = learner.serves[spot.course];
  if (!serves) return null;
  const closes = serves.closes.filter(
    ({ need }) => learner.needs[need]?.code === 'course' || spot.date <= learner.creditUntil,
  );
  if (closes.length === 0 || learner.ahead.some(({ courseId }) => courseId === course.id)) return null;
  const statedFree = learner.availability.length > 0;
  if (
    statedFree &&
    !isFree(
      {
        weekday: weekdayOf(spot.date),
        startMinute: spot.startMinute,
        lengthMinutes: spot.lengthMinutes,
      },
      learner,
    )
  )
    return null;
  const metres = wayOf(learner.home, room);
  if (metres !== null && metres > learner.reachMetres) return null;
  if (learner.busy.some((other) => other.startsAt < spot.endsAt && spot.startsAt < other.endsAt)) return null;
  if (missingCourses(course.prerequisites, learner.trained, spot.date).length > 0) return null;
  const again = addDays(spot.date, RENEW_DAYS);
  if (isTrained(learner.trained, course.id, spot.date) && isTrained(learner.trained, course.id, again))
    return null;
  return { closes, counts: serves.counts, statedFree, metres };
}

/** What a spot would close by itself: its seats go to those for whom it closes most. */
function worthAlone(coming: readonly Coming[], learners: readonly Learner[], seats: number): number {
  return coming
    .map(({ learner, closes }) =>
      closes.reduce((sum, { need, minutes }) => {
        const own = learners[learner]?.needs[need];
        return sum + (own ? own.weight * Math.min(own.minutes, minutes) : 0);
      }, 0),
    )
    .sort((a, b) => b - a)
    .slice(0, seats)
    .reduce((sum, worth) => sum + worth, 0);
}

/** The problem over the likeliest spots. */
export function problemOf(input: ProblemInput): MadeProblem {
  const { settings, courses, learners, spots, pinned, rooms, instructors } = input;
  const coming = spots.map((spot): Coming[] =>
    learners.flatMap((learner, at) => {
      const found = comingTo(learner, spot, courses[spot.course] as CourseFact, rooms[spot.room] ?? null);
      return found ? [{ learner: at, ...found }] : [];
    }),
  );
  const worth = spots.map((spot, at) =>
    worthAlone(coming[at] ?? [], learners, settings.rooms[spot.room]?.seats ?? 0),
  );
  const likely = likeliest(spots, worth, MOST_CANDIDATES, pinned);
  const taught = teachersOf(
    likely.map((at) => spots[at] as Spot),
    courses,
    instructors,
  );
  // Where somebody is to teach and nobody can, nothing is held.
  const kept = likely
    .map((spot, at) => ({ spot, teacher: taught[at] ?? -1 }))
    .filter(({ spot, teacher }) => instructors.length === 0 || teacher >= 0 || pinned.has(spot));
  const origin = Math.min(...kept.map(({ spot }) => spots[spot]?.startsAt.getTime() ?? 0));
  const candidates = kept.map(({ spot, teacher }): Candidate => {
    const at = spots[spot] as Spot;
    return {
      start: Math.round((at.startsAt.getTime() - origin) / MINUTE),
      end: Math.round((at.endsAt.getTime() - origin) / MINUTE),
      course: at.course,
      // One room holds one session at a time, a room on the net as well: two of those are two lines of the form.
      room: at.room,
      instructor: teacher,
      seats: settings.rooms[at.room]?.seats ?? 0,
      cost: at.costCents,
    };
  });
  const needs: Need[] = [];
  const names: { learner: number; need: number }[] = [];
  const places = learners.map(({ needs: own, reach }, person) =>
    own.map((need, at) => {
      names.push({ learner: person, need: at });
      const minutes = Math.min(need.minutes, reach[at] ?? need.minutes);
      return needs.push({ person, minutes, weight: need.weight }) - 1;
    }),
  );
  const shared: number[] = [];
  const sharedOf = learners.map((learner) => learner.rooms.map((minutes) => shared.push(minutes) - 1));
  const options: Option[] = [];
  const facts: MadeProblem['options'][number][] = [];
  kept.forEach(({ spot, teacher }, candidate) => {
    for (const { learner, closes, ...fact } of coming[spot] ?? []) {
      if (teacher >= 0 && instructors[teacher]?.personId === learners[learner]?.personId) continue;
      options.push({
        person: learner,
        candidate,
        serves: closes.map(({ need, minutes, room }) => ({
          need: places[learner]?.[need] ?? -1,
          minutes,
          room: sharedOf[learner]?.[room] ?? -1,
        })),
      });
      facts.push(fact);
    }
  });
  const problem: Problem = {
    people: learners.length,
    needs,
    candidates,
    options,
    rooms: shared,
    budget: settings.budgetCents,
    mostEach: settings.mostEach,
    fixed: kept.flatMap(({ spot }, at) => (pinned.has(spot) ? [at] : [])),
  };
  return {
    problem,
    spots: kept.map(({ spot }) => spot),
    teachers: kept.map(({ teacher }) => teacher),
    options: facts,
    needs: names,
  };
}
