import type { Candidate, Need, Plan, Problem } from './planner.types.ts';

/** What one invitation costs in worth: less than the smallest gain, so that nobody is asked to come for nothing. */
export const INVITATION_COST = 1;

export const overlaps = (a: Candidate, b: Candidate): boolean => a.start < b.end && b.start < a.end;

/** Whether two sessions cannot both be held: one room or one instructor at one time. */
export const clash = (a: Candidate, b: Candidate): boolean =>
  overlaps(a, b) &&
  ((a.room >= 0 && a.room === b.room) || (a.instructor >= 0 && a.instructor === b.instructor));

/** Whether one person cannot come to both: at one time, or the same course twice. */
export const excludes = (a: Candidate, b: Candidate): boolean => overlaps(a, b) || a.course === b.course;

/** Minutes that these invitations close of each need: never more than are missing, or than their rooms let through. */
export function closedBy(problem: Problem, invited: readonly number[]): Float64Array {
  const closed = new Float64Array(problem.needs.length);
  const left = Float64Array.from(problem.rooms);
  for (const index of invited)
    for (const { need, minutes, room } of problem.options[index]?.serves ?? []) {
      const counted = room < 0 ? minutes : Math.min(minutes, left[room] ?? 0);
      if (room >= 0) left[room] = (left[room] ?? 0) - counted;
      closed[need] = Math.min(problem.needs[need]?.minutes ?? 0, (closed[need] ?? 0) + counted);
    }
  return closed;
}

/** The stated objective: missing minutes that are closed, each times the weight of its need, less one for each invitation. */
export function worthOf(problem: Problem, invited: readonly number[]): number {
  const closed = closedBy(problem, invited);
  const gained = problem.needs.reduce((sum, need: Need, at) => sum + need.weight * (closed[at] ?? 0), 0);
  return gained - INVITATION_COST * invited.length;
}

/** Everything that is wrong with a plan; empty when it can be carried out as it is. */
export function faultsOf(problem: Problem, plan: Plan): string[] {
  const { candidates, options } = problem;
  const faults: string[] = [];
  const held = [...plan.held];
  held.forEach((a, at) =>
    held.slice(at + 1).forEach((b) => {
      if (a === b || clash(candidates[a] as Candidate, candidates[b] as Candidate))
        faults.push(`${a} clashes with ${b}`);
    }),
  );
  const cost = held.reduce((sum, one) => sum + (candidates[one]?.cost ?? 0), 0);
  if (cost > problem.budget) faults.push(`costs ${cost} of ${problem.budget}`);
  const seats = new Map<number, number>();
  const ofPerson = new Map<number, number[]>();
  for (const index of plan.invited) {
    const option = options[index];
    if (!option || !held.includes(option.candidate)) {
      faults.push(`option ${index} is not held`);
      continue;
    }
    seats.set(option.candidate, (seats.get(option.candidate) ?? 0) + 1);
    ofPerson.set(option.person, [...(ofPerson.get(option.person) ?? []), option.candidate]);
  }
  for (const [one, count] of seats)
    if (count > (candidates[one]?.seats ?? 0)) faults.push(`${one} seats ${count}`);
  for (const [person, own] of ofPerson) {
    if (own.length > problem.mostEach) faults.push(`person ${person} is invited ${own.length} times`);
    own.forEach((a, at) =>
      own.slice(at + 1).forEach((b) => {
        if (excludes(candidates[a] as Candidate, candidates[b] as Candidate))
          faults.push(`person ${person} cannot come to ${a} and ${b}`);
      }),
    );
  }
  if (plan.worth !== worthOf(problem, plan.invited)) faults.push('the worth is not what it says');
  return faults;
}
