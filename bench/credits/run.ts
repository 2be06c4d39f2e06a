/**
 * How many people one core evaluates in a minute: a hundred thousand made-up social workers with their entries, each
 * evaluated whole, and how long one person takes; then the job of the product with its reads and results, and one person's page.
 * `node bench/credits/run.ts [PEOPLE] [PEOPLE IN A DATABASE]`
 */
import { evaluate } from '../../server/features/credits/credit.rules.ts';
import type { CreditEntry, Evaluation, Programme } from '../../server/features/credits/credit.types.ts';
import { PRESETS } from '../../server/features/credits/presets/index.ts';
import { addDays } from '../../server/core/time.ts';
import { measureReal } from './reads.ts';

const PEOPLE = Number(process.argv[2] ?? 100_000);
const STORED = Number(process.argv[3] ?? 20_000);
const WANTED_A_MINUTE = 100_000;
const ON = '2026-12-15';

interface Person {
  readonly registeredOn: string;
  readonly entries: readonly CreditEntry[];
}

/** Numbers below n, always the same ones. */
function numbers(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

function person(seed: number): Person {
  const below = numbers(seed);
  const registeredOn = addDays('2023-12-16', below(1_095));
  const entries = Array.from({ length: 8 + below(25) }, (_, at): CreditEntry => {
    const kind = below(10);
    const activity = kind === 0 ? 'degree' : kind < 3 ? 'course' : 'training';
    return {
      id: `e${at}`,
      activity,
      category: ['ethics', 'professional', 'law', null][below(4)] ?? null,
      mode: ['online', 'independentStudy', null][below(3)] ?? null,
      date: addDays('2023-06-01', below(1_280)),
      minutes: 30 + below(600),
      evidence: below(8) === 0 ? [] : ['passCertificate', 'passedTranscript'],
    };
  });
  return { registeredOn, entries };
}

function measure(name: string, versions: readonly Programme[], people: readonly Person[]): number {
  const taken = new Float64Array(people.length);
  let canApply = 0;
  const startedAt = performance.now();
  people.forEach(({ registeredOn, entries }, at) => {
    const began = performance.now();
    const result: Evaluation = evaluate(versions, { registeredOn }, entries, ON);
    if (result.canApplyOn) canApply += 1;
    taken[at] = performance.now() - began;
  });
  const seconds = (performance.now() - startedAt) / 1_000;
  const sorted = taken.toSorted();
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(3);
  const perMinute = Math.round((people.length / seconds) * 60);
  console.log(
    `${name.padEnd(24)} ${String(perMinute).padStart(10)} ${at(0.5).padStart(9)} ${at(0.95).padStart(9)} ${at(0.999).padStart(9)} ${String(canApply).padStart(10)}`,
  );
  return perMinute;
}

const people = Array.from({ length: PEOPLE }, (_, at) => person(at + 1));
const entries = people.reduce((sum, one) => sum + one.entries.length, 0);
console.log(`${PEOPLE} people with ${entries} entries, one core, ${ON}\n`);
console.log(`programme                  people/min    p50 ms    p95 ms  p99.9 ms  may apply`);
const rates = [...PRESETS].map(([name, versions]) => measure(name, versions, people));
const slowest = Math.min(...rates);
const real = await measureReal(STORED);
const passed = slowest >= WANTED_A_MINUTE && real;
console.log(
  `\n${passed ? 'PASSED' : 'FAILED'}: the slowest programme evaluates ${slowest} people a minute; wanted ${WANTED_A_MINUTE}, and as many by the job.`,
);
process.exit(passed ? 0 : 1);
