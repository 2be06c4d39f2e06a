import type { Candidate, Plan, Problem } from './planner.types.ts';
import { clash, excludes, INVITATION_COST, worthOf } from './worth.ts';

/** By what the next session is chosen: what it closes at all, or what it closes for its money. */
export type GreedyRule = 'most' | 'most-for-money';

/** Everything a plan in the making needs to know quickly. */
export class Draft {
  readonly problem: Problem;
  readonly held = new Set<number>();
  readonly invited = new Set<number>();
  cost = 0;
  private readonly left: Float64Array;
  private readonly room: Float64Array;
  private readonly ofPerson: number[][];
  private readonly byCandidate: readonly number[][];
  private readonly clashes: readonly number[][];

  constructor(problem: Problem, index?: { byCandidate: readonly number[][]; clashes: readonly number[][] }) {
    this.problem = problem;
    this.left = Float64Array.from(problem.needs, ({ minutes }) => minutes);
    this.room = Float64Array.from(problem.rooms);
    this.ofPerson = Array.from({ length: problem.people }, () => []);
    const made = index ?? indexOf(problem);
    this.byCandidate = made.byCandidate;
    this.clashes = made.clashes;
  }

  /** Whether the session fits beside those that are held. */
  fits(candidate: number): boolean {
    const { cost } = this.problem.candidates[candidate] as Candidate;
    return (
      !this.held.has(candidate) &&
      this.cost + cost <= this.problem.budget &&
      !(this.clashes[candidate] ?? []).some((other) => this.held.has(other))
    );
  }

  /** What inviting gains now; nothing where the person is elsewhere or has enough invitations. */
  gain(option: number): number {
    const { person, candidate, serves } = this.problem.options[option] as Problem['options'][number];
    const own = this.ofPerson[person] as number[];
    if (own.length >= this.problem.mostEach) return 0;
    const one = this.problem.candidates[candidate] as Candidate;
    for (const other of own) if (excludes(one, this.problem.candidates[other] as Candidate)) return 0;
    let sum = -INVITATION_COST;
    for (const { need, minutes, room } of serves)
      sum +=
        (this.problem.needs[need]?.weight ?? 0) *
        Math.min(minutes, this.left[need] ?? 0, room < 0 ? Infinity : (this.room[room] ?? 0));
    return sum;
  }

  /** Whom to invite to the session now, best first, and what that gains. */
  fill(candidate: number): { options: number[]; gain: number } {
    const { seats } = this.problem.candidates[candidate] as Candidate;
    const worth = (this.byCandidate[candidate] ?? [])
      .map((option) => ({ option, gain: this.gain(option) }))
      .filter(({ gain }) => gain > 0)
      .sort((a, b) => b.gain - a.gain || a.option - b.option)
      .slice(0, seats);
    return {
      options: worth.map(({ option }) => option),
      gain: worth.reduce((sum, { gain }) => sum + gain, 0),
    };
  }

  hold(candidate: number): void {
    const { options } = this.fill(candidate);
    const one = this.problem.candidates[candidate] as Candidate;
    this.held.add(candidate);
    this.cost += one.cost;
    for (const option of options) {
      const { person, serves } = this.problem.options[option] as Problem['options'][number];
      this.invited.add(option);
      this.ofPerson[person]?.push(candidate);
      for (const { need, minutes, room } of serves) {
        const counted = room < 0 ? minutes : Math.min(minutes, this.room[room] ?? 0);
        if (room >= 0) this.room[room] = (this.room[room] ?? 0) - counted;
        this.left[need] = Math.max(0, (this.left[need] ?? 0) - counted);
      }
    }
  }

  plan(): Plan {
    const invited = [...this.invited].sort((a, b) => a - b);
    const used = new Set(invited.map((option) => this.problem.options[option]?.candidate));
    // A session to which nobody is asked is not held, unless somebody wants it all the same.
    const fixed = this.problem.fixed ?? [];
    const held = [...this.held].filter((one) => used.has(one) || fixed.includes(one)).sort((a, b) => a - b);
    return { held, invited, worth: worthOf(this.problem, invited) };
  }
}

/** Options of each candidate, and the candidates that each clashes with. */
export function indexOf(problem: Problem): { byCandidate: number[][]; clashes: number[][] } {
  const byCandidate: number[][] = problem.candidates.map(() => []);
  problem.options.forEach(({ candidate }, option) => byCandidate[candidate]?.push(option));
  const clashes = problem.candidates.map((one, at) =>
    problem.candidates.flatMap((other, index) => (index !== at && clash(one, other) ? [index] : [])),
  );
  return { byCandidate, clashes };
}

/** Goes on with a draft as an officer would by hand: always the session that closes most now, until none closes anything. */
export function goOn(draft: Draft, rule: GreedyRule): Draft {
  const { candidates, fixed = [] } = draft.problem;
  for (const one of fixed) if (draft.fits(one)) draft.hold(one);
  for (;;) {
    let best = -1;
    let most = 0;
    for (let one = 0; one < candidates.length; one += 1) {
      if (!draft.fits(one)) continue;
      const { gain } = draft.fill(one);
      const worth = rule === 'most' ? gain : gain / Math.max(1, candidates[one]?.cost ?? 1);
      if (worth > most) [best, most] = [one, worth];
    }
    if (best < 0) return draft;
    draft.hold(best);
  }
}

/** The plan that is made session by session. What the planner is measured against. */
export const planGreedily = (problem: Problem, rule: GreedyRule): Plan =>
  goOn(new Draft(problem), rule).plan();
