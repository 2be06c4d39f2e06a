import { PIECE_MINUTES } from '../credits/index.ts';
import type { Gap, PersonOutlook, PlannedLearning } from '../credits/index.ts';
import { evidenceOf } from '../training/index.ts';
import type { CourseFact } from './candidate.rules.ts';
import type { NeedFact } from './training-plan.types.ts';

/** What one session of a course is for somebody. */
export interface CourseService {
  /** Minutes that their programme counts of it. */
  readonly counts: number;
  /** Which needs it closes, and by how much; `room` is one of the person's rooms, or -1. */
  readonly closes: readonly { readonly need: number; readonly minutes: number; readonly room: number }[];
}

/** What somebody lacks, in the making. */
export interface Lack {
  /** What the engine says of further learning, kept where sessions count otherwise together than each by itself. */
  outlook: PersonOutlook | null;
  needs: NeedFact[];
  reach: number[];
  rooms: number[];
  serves: (CourseService | null)[];
  creditUntil: string;
}

/** As many sessions as one plan asks anybody to at most, and more minutes than any programme asks for. */
const MOST_TOGETHER = 10;
const NO_END_MINUTES = 1_000_000;

/** A session of a course as it would count for somebody. */
export const plannedOf = (course: CourseFact, date: string, id = 'planned'): PlannedLearning => ({
  id,
  category: course.category || null,
  mode: course.mode || null,
  date,
  minutes: course.minutes,
  evidence: evidenceOf(course.passMark),
});

/** A gap in minutes: a missing piece weighs as an hour. */
export const weighed = ({ minutes, pieces }: Gap): number => minutes + pieces * PIECE_MINUTES;

/**
 * What a programme lacks, and what each course closes of it. Where the programme caps training, several sessions share a room:
 * how much they close together, asked of the engine for more of them than anybody is invited to. Rooms and reach are never less
 * than the engine counts, so nothing good is overlooked; what a plan promises is asked of the engine itself (`promise.rules.ts`).
 */
export function addCredits(
  lack: Lack,
  outlook: PersonOutlook,
  parts: { weight: number; courses: readonly (CourseFact | null)[]; date: string },
): void {
  const { weight, courses, date } = parts;
  const first = lack.needs.length;
  lack.outlook = outlook.capped ? outlook : null;
  lack.creditUntil = outlook.until;
  for (const gap of outlook.shortfalls)
    lack.needs.push({
      code: gap.code,
      what: gap.category,
      minutes: weighed(gap),
      weight,
      dueOn: outlook.until,
      ...(gap.pieces > 0 ? { pieces: gap.pieces } : {}),
    });
  const needOf = ({ code, category }: Gap): number =>
    first + outlook.shortfalls.findIndex((one) => one.code === code && one.category === category);
  const rooms = new Map<string, number>();
  const kinds = new Map<string, PlannedLearning>();
  const together = new Map<string, ReadonlyMap<number, number>>();
  const closedTogether = (planned: PlannedLearning): ReadonlyMap<number, number> => {
    const kind = JSON.stringify([planned.category, planned.mode, planned.evidence]);
    const known = together.get(kind);
    if (known) return known;
    kinds.set(kind, planned);
    const said = outlook.ask({ ...planned, minutes: NO_END_MINUTES }, MOST_TOGETHER);
    const found = new Map((said?.closes ?? []).map((gap) => [needOf(gap), weighed(gap)]));
    together.set(kind, found);
    return found;
  };
  /** The room of a need for one form of learning; all kinds of that form share the widest of theirs. */
  const roomOf = (need: number, planned: PlannedLearning): number => {
    const most = closedTogether(planned).get(need) ?? 0;
    if (most >= (lack.needs[need]?.minutes ?? 0)) return -1;
    const key = `${need} ${planned.mode ?? ''}`;
    const room = rooms.get(key) ?? lack.rooms.push(0) - 1;
    rooms.set(key, room);
    lack.rooms[room] = Math.max(lack.rooms[room] ?? 0, most);
    return room;
  };
  courses.forEach((course, place) => {
    if (!course) return;
    const planned = plannedOf(course, date);
    const said = outlook.ask(planned);
    if (!said || said.closes.length === 0) return;
    const closes = said.closes.map((gap) => ({
      need: needOf(gap),
      minutes: weighed(gap),
      room: outlook.capped ? roomOf(needOf(gap), planned) : -1,
    }));
    lack.serves[place] = { counts: said.countedMinutes, closes };
  });
  const left = kinds.size > 0 ? leftOfAll(outlook, [...kinds.values()]) : new Map<string, number>();
  lack.needs.slice(first).forEach(({ code, what, minutes }, at) => {
    // Forms of learning with room of their own close it together; one cap over all of them does not grow with them.
    const all = minutes - (left.get(`${code} ${what}`) ?? 0);
    lack.reach[first + at] =
      kinds.size === 0
        ? minutes
        : Math.max(all, ...[...together.values()].map((found) => found.get(first + at) ?? 0));
  });
}

/** What would be left of each need if there were no end of every kind of learning on offer. */
function leftOfAll(outlook: PersonOutlook, kinds: readonly PlannedLearning[]): ReadonlyMap<string, number> {
  const more = kinds.flatMap((one, kind) =>
    Array.from({ length: MOST_TOGETHER }, (_unused, turn) => ({
      ...one,
      id: `planned-${kind}-${turn}`,
      minutes: NO_END_MINUTES,
    })),
  );
  return new Map(outlook.having(more).shortfalls.map((gap) => [`${gap.code} ${gap.category}`, weighed(gap)]));
}
