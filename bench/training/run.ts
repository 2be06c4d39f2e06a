import { planGreedily } from '../../server/features/training-plans/planner/greedy.ts';
import {
  EXACT_LIMITS,
  planTraining,
  USUAL_LIMITS,
} from '../../server/features/training-plans/planner/planner.ts';
import type { Plan, Problem } from '../../server/features/training-plans/planner/planner.types.ts';
import { URGENT_WEIGHT } from '../../server/features/training-plans/planner/urgency.rules.ts';
import { closedBy, faultsOf } from '../../server/features/training-plans/planner/worth.ts';
import { bruteForce } from './brute.ts';
import { county } from './county.ts';
import { small } from './small.ts';

/**
 * The training planner beside the plan that is made session by session, on counties that are generated from seeds, and beside
 * everything there is on small instances. Urgent gap-hours: missing hours that are closed, each as often as it is urgent
 * (late or due in two months 8, in four 4, in eight 2, later 1); that is the planner's objective. Beside them the hours that
 * are due within four months, unweighted. The last line is a verdict.
 */
const HELP = `node bench/training/run.ts [--seeds N] [--small N] [--people N] [--sessions N]`;
const GATE = 1.1;

const args = process.argv.slice(2);
if (args.includes('--help')) {
  console.log(HELP);
  process.exit(0);
}
const numberOf = (name: string, usual: number): number => {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? usual : Number(args[at + 1]);
};

function hoursOf(problem: Problem, plan: Plan): { weighted: number; urgent: number; all: number } {
  const closed = closedBy(problem, plan.invited);
  const sum = (of: (weight: number) => number): number =>
    problem.needs.reduce((total, { weight }, at) => total + (of(weight) * (closed[at] ?? 0)) / 60, 0);
  return {
    weighted: sum((weight) => weight),
    urgent: sum((weight) => (weight >= URGENT_WEIGHT ? 1 : 0)),
    all: sum(() => 1),
  };
}

const round = (value: number): string => String(Math.round(value));
const cells = (...values: (string | number)[]): void =>
  console.log(values.map((value, at) => String(value).padEnd(at === 0 ? 24 : 12)).join(''));

let held = true;
let ours = 0;
let theirs = 0;
let dueOurs = 0;
let dueTheirs = 0;
const shares: number[] = [];
const seeds = numberOf('seeds', 3);
for (let seed = 1; seed <= seeds; seed += 1) {
  const problem = county({
    people: numberOf('people', 500),
    candidates: numberOf('sessions', 60),
    seed,
    budgetShare: 0.8,
  });
  console.log(
    `\ncounty ${seed}: ${problem.people} people, ${problem.needs.length} needs, ${problem.options.length} options`,
  );
  cells('', 'sessions', 'invited', 'urgent h', 'due soon h', 'all h', 'cost', 'ms');
  const line = (name: string, plan: Plan, ms: number): { weighted: number; urgent: number } => {
    const { weighted, urgent, all } = hoursOf(problem, plan);
    const cost = plan.held.reduce((sum, one) => sum + (problem.candidates[one]?.cost ?? 0), 0) / 100;
    cells(
      name,
      plan.held.length,
      plan.invited.length,
      round(weighted),
      round(urgent),
      round(all),
      round(cost),
      ms,
    );
    const faults = faultsOf(problem, plan);
    if (faults.length > 0) {
      console.log(`  ${faults.slice(0, 3).join('; ')}`);
      held = false;
    }
    return { weighted, urgent };
  };
  let began = performance.now();
  const since = (): number => {
    const ms = Math.round(performance.now() - began);
    began = performance.now();
    return ms;
  };
  const greedy = line('greedy', planGreedily(problem, 'most'), since());
  line('greedy for money', planGreedily(problem, 'most-for-money'), since());
  const plan = await planTraining(problem, USUAL_LIMITS);
  const own = line('planner', plan, since());
  console.log(
    `  proven: no plan is worth ${((100 * plan.bound) / plan.worth - 100).toFixed(2)} % more; urgent gap-hours ${((100 * own.weighted) / greedy.weighted - 100).toFixed(1)} % more than greedy, hours due soon ${((100 * own.urgent) / greedy.urgent - 100).toFixed(1)} %`,
  );
  shares.push(own.weighted / greedy.weighted);
  ours += own.weighted;
  theirs += greedy.weighted;
  dueOurs += own.urgent;
  dueTheirs += greedy.urgent;
}

const tries = numberOf('small', 60);
let equal = 0;
for (let seed = 1; seed <= tries; seed += 1) {
  const problem = small(seed);
  const plan = await planTraining(problem, EXACT_LIMITS);
  const best = bruteForce(problem);
  if (plan.worth === best && faultsOf(problem, plan).length === 0 && plan.optimal) equal += 1;
  else
    console.log(
      `small ${seed}: planner ${plan.worth}, everything tried ${best} ${faultsOf(problem, plan).join('; ')}`,
    );
}
console.log(`\nsmall instances: ${equal} of ${tries} equal to everything tried`);
const more = ours / theirs;
console.log(
  `urgent gap-hours over ${seeds} counties: ${((more - 1) * 100).toFixed(1)} % more than greedy; hours due within four months ${((dueOurs / dueTheirs - 1) * 100).toFixed(1)} %`,
);
const share = (value: number): string => ((value - 1) * 100).toFixed(1);
console.log(
  `county by county: ${share(Math.min(...shares))} to ${share(Math.max(...shares))} %, ${shares.filter((one) => one >= GATE).length} of ${shares.length} at least ${share(GATE)} %`,
);
held &&= equal === tries && more >= GATE;
console.log(held ? 'verdict: holds' : 'verdict: does not hold');
process.exitCode = held ? 0 : 1;
