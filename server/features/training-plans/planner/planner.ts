import * as highsModule from 'highs';
import { planGreedily } from './greedy.ts';
import { improve } from './improve.ts';
import { planOf, programOf } from './model.ts';
import type { Plan, Problem, ProvenPlan } from './planner.types.ts';

export interface PlannerLimits {
  /** Rounds of the search that comes first. */
  readonly rounds: number;
  /** Options up to which the whole problem is solved at once, with a proof. */
  readonly wholeOptions: number;
  /** Seconds that one program may take; the best plan until then is used. */
  readonly seconds: number;
  /** Programs over parts, where the whole is too large. */
  readonly parts: number;
  /** How far from the best a plan may be and count as best: 0 for nothing. */
  readonly gap: number;
}

export const USUAL_LIMITS: PlannerLimits = {
  rounds: 150,
  wholeOptions: 16_000,
  seconds: 45,
  parts: 8,
  gap: 0.0005,
};
export const EXACT_LIMITS: PlannerLimits = { ...USUAL_LIMITS, wholeOptions: Infinity, seconds: 120, gap: 0 };

/** From so many options on the last hundredths of a percent would take most of the time: half a percent is near enough. */
const LARGE_OPTIONS = 5_000;
const LARGE_GAP = 0.005;
/** One part is not worth more. */
const PART_SECONDS = 20;
/** Sessions that a program over a part may change beside those that are held. */
const FREE_SESSIONS = 12;

/** What is used of HiGHS; its types describe the other kind of module. */
interface Highs {
  solve(
    program: string,
    options: Record<string, string | number | boolean>,
  ): { readonly Status: string; readonly Columns: Record<string, { readonly Primal?: number }> };
}
const { default: load } = highsModule as unknown as { default: () => Promise<Highs> };
let solver: Promise<Highs> | null = null;
const highs = (): Promise<Highs> => (solver ??= load());

/** What a program says: a plan, and what no plan exceeds; null where it found none in time. */
interface Solved {
  readonly plan: Plan;
  readonly bound: number;
  readonly complete: boolean;
}

async function solveProgram(
  problem: Problem,
  rows: readonly string[],
  limits: Pick<PlannerLimits, 'seconds' | 'gap'>,
): Promise<Solved | null> {
  const text = programOf(problem, rows);
  const said = (await highs()).solve(text, {
    time_limit: limits.seconds,
    mip_rel_gap: limits.gap,
    output_flag: false,
    random_seed: 0,
  });
  const complete = said.Status === 'Optimal';
  if (!complete && said.Status !== 'Time limit reached') return null;
  const plan = planOf(problem, (name) => said.Columns[name]?.Primal ?? 0);
  return { plan, bound: Math.floor(plan.worth * (1 + (complete ? limits.gap : 1)) + 0.5), complete };
}

/** The problem without the sessions that are not among these. */
function within(problem: Problem, sessions: ReadonlySet<number>): { part: Problem; indexes: number[] } {
  const indexes = problem.options.flatMap(({ candidate }, index) => (sessions.has(candidate) ? [index] : []));
  return {
    part: { ...problem, options: indexes.map((index) => problem.options[index]) as Problem['options'] },
    indexes,
  };
}

/**
 * Sessions to hold and people to invite, of the greatest worth that is found: a search around the greedy plans, then exact
 * programs: one over the whole where it is small enough, else (or when that ran out of time) several over parts of it. The same problem and limits give the
 * same plan, unless a program runs out of time.
 * @returns a plan that `faultsOf` finds nothing wrong with, never worth less than the greedy ones
 */
export async function planTraining(
  problem: Problem,
  limits: PlannerLimits = USUAL_LIMITS,
  report: (share: number) => void = () => undefined,
): Promise<ProvenPlan> {
  const greedy = [planGreedily(problem, 'most'), planGreedily(problem, 'most-for-money')];
  let best = improve(problem, better(greedy[0] as Plan, greedy[1] as Plan), limits.rounds, (round) =>
    report((0.2 * round) / limits.rounds),
  );
  const large = problem.options.length > LARGE_OPTIONS;
  if (problem.options.length <= limits.wholeOptions) {
    const gap = large ? Math.max(limits.gap, LARGE_GAP) : limits.gap;
    const solved = await solveProgram(problem, [], { seconds: limits.seconds, gap });
    if (solved) best = better(solved.plan, best);
    // A large one that ran out of time is mended part by part; a small one has had its chance.
    if (solved?.complete || !large) {
      report(1);
      const bound = solved?.complete ? Math.max(best.worth, solved.bound) : boundOf(problem);
      return { ...best, bound, optimal: bound <= best.worth };
    }
  }
  for (let turn = 0; turn < limits.parts; turn += 1) {
    report(0.2 + (0.8 * turn) / limits.parts);
    const { free, fixed } = partOf(problem, best, turn);
    const { part, indexes } = within(problem, new Set([...best.held, ...free]));
    const rows = fixed.map((one) => ` x${one} >= 1`);
    const solved = await solveProgram(part, rows, {
      ...limits,
      seconds: Math.min(limits.seconds, PART_SECONDS),
    });
    if (!solved) continue;
    const invited = solved.plan.invited.map((index) => indexes[index] ?? -1);
    best = better({ ...solved.plan, invited }, best);
  }
  report(1);
  return { ...best, bound: boundOf(problem), optimal: false };
}

const better = (a: Plan, b: Plan): Plan => (a.worth >= b.worth ? a : b);

/** Which sessions a part may add, and which it must keep: first the people alone, then a window that goes round. */
function partOf(problem: Problem, plan: Plan, turn: number): { free: number[]; fixed: number[] } {
  if (turn === 0) return { free: [], fixed: [...plan.held] };
  const held = new Set(plan.held);
  const others = problem.candidates.flatMap((_one, at) => (held.has(at) ? [] : [at]));
  const window = (list: readonly number[], step: number): number[] =>
    list.length === 0
      ? []
      : [
          ...new Set(
            Array.from(
              { length: FREE_SESSIONS },
              (_unused, at) => list[(turn * step + at * 3) % list.length] ?? -1,
            ),
          ),
        ];
  const loose = new Set(window(plan.held, 5));
  return { free: window(others, 7), fixed: plan.held.filter((one) => !loose.has(one)) };
}

/** What no plan exceeds, whatever is held: everybody comes to all that serves them, as far as it closes anything. */
export function boundOf(problem: Problem): number {
  const reach = new Float64Array(problem.needs.length);
  for (const { serves } of problem.options)
    for (const { need, minutes } of serves)
      reach[need] = Math.min(problem.needs[need]?.minutes ?? 0, (reach[need] ?? 0) + minutes);
  return problem.needs.reduce((sum, { weight }, at) => sum + weight * (reach[at] ?? 0), 0);
}
