import { Draft, goOn, indexOf } from './greedy.ts';
import type { GreedyRule } from './greedy.ts';
import type { Plan, Problem } from './planner.types.ts';

/** Small, repeatable numbers: a plan must be the same whenever it is made. */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * Makes a plan better by taking some of its sessions out and making it anew around what is left, one of those left out put
 * first where it fits. Keeps the best; the same rounds give the same plan.
 */
export function improve(
  problem: Problem,
  start: Plan,
  rounds: number,
  report: (round: number) => void = () => undefined,
): Plan {
  const random = chance(problem.options.length + 7);
  const index = indexOf(problem);
  let best = start;
  let current = start;
  for (let round = 0; round < rounds; round += 1) {
    report(round);
    const out = 1 + Math.floor(random() * Math.min(4, Math.max(1, current.held.length)));
    const kept = [...current.held];
    for (let turn = 0; turn < out && kept.length > 0; turn += 1)
      kept.splice(Math.floor(random() * kept.length), 1);
    const draft = new Draft(problem, index);
    const first = Math.floor(random() * problem.candidates.length);
    const rule: GreedyRule = random() < 0.5 ? 'most' : 'most-for-money';
    const shuffled = kept.map((one) => ({ one, key: random() })).sort((a, b) => a.key - b.key);
    for (const one of problem.fixed ?? []) draft.hold(one);
    if (draft.fits(first)) draft.hold(first);
    for (const { one } of shuffled) if (draft.fits(one)) draft.hold(one);
    const plan = goOn(draft, rule).plan();
    // A little worse is taken now and then, so that the search does not stay where it is.
    if (plan.worth > current.worth || random() < 0.03) current = plan;
    if (plan.worth > best.worth) best = plan;
  }
  return best;
}
