import type { Candidate, Problem } from '../../server/features/training-plans/planner/planner.types.ts';
import { clash, excludes, INVITATION_COST } from '../../server/features/training-plans/planner/worth.ts';

/**
 * The best worth by trying everything: every set of sessions that fits, and for each every way of seating people, person by
 * person over the seats that are left. Knows nothing of how the planner works; for a dozen sessions.
 */
export function bruteForce(problem: Problem): number {
  const { candidates } = problem;
  let best = 0;
  const go = (at: number, held: number[], cost: number): void => {
    if (at === candidates.length) {
      best = Math.max(best, seat(problem, held));
      return;
    }
    go(at + 1, held, cost);
    const one = candidates[at] as Candidate;
    if (
      cost + one.cost <= problem.budget &&
      !held.some((other) => clash(one, candidates[other] as Candidate))
    )
      go(at + 1, [...held, at], cost + one.cost);
  };
  go(0, [], 0);
  return best;
}

/** The best worth of these sessions: every bundle of every person, remembered by the seats that are left. */
function seat(problem: Problem, held: readonly number[]): number {
  const { candidates, needs, options } = problem;
  const places = held.map((one) => candidates[one]?.seats ?? 0);
  const bundles: { seats: number[]; worth: number }[][] = Array.from(
    { length: problem.people },
    (_unused, person) => {
      const own = options.filter((option) => option.person === person && held.includes(option.candidate));
      const found: { seats: number[]; worth: number }[] = [];
      for (let mask = 0; mask < 1 << own.length; mask += 1) {
        const chosen = own.filter((_option, bit) => mask & (1 << bit));
        if (chosen.length > problem.mostEach) continue;
        const bad = chosen.some((a, at) =>
          chosen
            .slice(at + 1)
            .some((b) =>
              excludes(candidates[a.candidate] as Candidate, candidates[b.candidate] as Candidate),
            ),
        );
        if (bad) continue;
        const closed = new Map<number, number>();
        const rooms = new Map<number, { need: number; minutes: number }>();
        const add = (need: number, minutes: number): unknown =>
          closed.set(need, (closed.get(need) ?? 0) + minutes);
        for (const { serves } of chosen)
          for (const { need, minutes, room } of serves)
            if (room < 0) add(need, minutes);
            else rooms.set(room, { need, minutes: (rooms.get(room)?.minutes ?? 0) + minutes });
        for (const [room, { need, minutes }] of rooms) add(need, Math.min(minutes, problem.rooms[room] ?? 0));
        let worth = -INVITATION_COST * chosen.length;
        for (const [need, minutes] of closed)
          worth += (needs[need]?.weight ?? 0) * Math.min(minutes, needs[need]?.minutes ?? 0);
        found.push({ seats: chosen.map((option) => held.indexOf(option.candidate)), worth });
      }
      return found;
    },
  );
  const known = new Map<string, number>();
  const go = (person: number, left: readonly number[]): number => {
    if (person === problem.people) return 0;
    const key = `${person}:${left.join()}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    let best = 0;
    for (const { seats, worth } of bundles[person] ?? []) {
      const after = [...left];
      for (const at of seats) after[at] = (after[at] ?? 0) - 1;
      if (after.every((seatsLeft) => seatsLeft >= 0)) best = Math.max(best, worth + go(person + 1, after));
    }
    known.set(key, best);
    return best;
  };
  return go(0, places);
}
