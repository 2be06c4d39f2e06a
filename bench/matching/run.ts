import { parseArgs } from 'node:util';
import { CLASSES, classNamed, drawCity } from './city.ts';
import { churn, isInstalled, loopDelay, newRequests, quality, sideBySide } from './measure.ts';
import type { ChildVerdict, Quality, Referee } from './measure.ts';

const HELP = `node bench/matching/run.ts [--seeds 1,2,…] [--gates G1,G4,…] [--classes S,M,…]

Draws cities, solves them exactly, and holds the result against first come first served, global greedy, HiGHS and OR-Tools
(\`npm ci\` in bench/matching brings the last two; without them their gates are skipped). Gates G1-G7, G9, G10.
--seeds    cities to draw (default 1 to 10; the adversarial class takes the first half)
--gates    only these
--classes  only these in G1, G4 and G5: ${CLASSES.map(({ name }) => name).join(', ')}
The last line is the verdict.`;

interface Line {
  readonly gate: string;
  readonly target: string;
  readonly measured: string;
  readonly ok: boolean | null;
}

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1,2,3,4,5,6,7,8,9,10' },
    gates: { type: 'string', default: 'G1,G2,G3,G4,G5,G6,G7,G9,G10' },
    classes: { type: 'string', default: 'S,M-loose,M,M-tight,M-scarce,adversarial' },
    help: { type: 'boolean', default: false },
  },
});
const seeds = values.seeds.split(',').map(Number);
const firstSeed = seeds[0] ?? 1;
const classes = values.classes.split(',').map(classNamed);
const wanted = new Set(values.gates.split(','));

const lines: Line[] = [];
function judge(gate: string, target: string, measured: string, ok: boolean | null): void {
  lines.push({ gate, target, measured, ok });
  console.log(`  ${gate} ${target}: ${measured} ${ok === null ? 'skipped' : ok ? 'pass' : 'FAIL'}`);
}

function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}
const median = (numbers: readonly number[]): number =>
  (quantile(numbers, 0.5) + quantile(numbers, 0.499)) / 2;

const TARGETS: Record<string, { value: number; points: number }> = {
  M: { value: 1.03, points: 3 },
  'M-tight': { value: 1.07, points: 6 },
  'M-scarce': { value: 1.14, points: 7 },
};

/** G1, G4 and G5: exact on every seed, and better than today by so much. */
function judgeQuality(): void {
  const slow = ['adversarial'];
  for (const of of classes) {
    const chosen = slow.includes(of.name) ? seeds.slice(0, Math.ceil(seeds.length / 2)) : seeds;
    const all = chosen.map((seed) => {
      const one = quality(of, seed);
      console.log(`  ${of.name} seed ${seed}: ${one.ms.toFixed(0)} ms, ${describe(one)}`);
      return one;
    });
    const proved = all.filter((one) => one.proved).length;
    judge(
      'G1',
      `${of.name}: gap 0 on every seed`,
      `${proved} of ${all.length}, median ${median(all.map(({ ms }) => ms)).toFixed(0)} ms`,
      proved === all.length,
    );
    const target = TARGETS[of.name];
    if (!target) continue;
    const ratio = median(all.map(({ optimum, fcfs }) => optimum / fcfs.value));
    const points = median(all.map(({ filled, fcfs, slots }) => (100 * (filled - fcfs.filled)) / slots));
    judge(
      'G4',
      `${of.name}: value against first come >= ${target.value}`,
      ratio.toFixed(3),
      ratio >= target.value,
    );
    judge(
      'G5',
      `${of.name}: filled slots against first come >= +${target.points}`,
      `+${points.toFixed(1)}`,
      points >= target.points,
    );
  }
}

const describe = ({ optimum, fcfs, greedy, filled, slots }: Quality): string =>
  `first come ${(fcfs.value / optimum).toFixed(3)}, greedy ${(greedy.value / optimum).toFixed(3)} of the optimum, ` +
  `filled ${((100 * fcfs.filled) / slots).toFixed(1)} -> ${((100 * filled) / slots).toFixed(1)} %`;

/** Time and objective against a referee. */
function judgeReferee(gate: string, name: string, referee: Referee, share: number): ChildVerdict | null {
  const target = `${name}: time of ${referee} / ${share}, same objective`;
  if (!isInstalled(referee)) {
    judge(gate, target, 'not installed', null);
    return null;
  }
  const found = sideBySide(drawCity(classNamed(name), firstSeed), ['own', referee]);
  const [own, other] = [found.get('own'), found.get(referee)] as [ChildVerdict, ChildVerdict];
  const ratio = other.ms / own.ms;
  const same = own.objective === other.objective;
  judge(
    gate,
    target,
    `${own.ms.toFixed(0)} ms to ${other.ms.toFixed(0)} ms: 1/${ratio.toFixed(1)}, ${other.rssMb} MB, ${same ? 'agreed' : `${own.objective} to ${other.objective}`}`,
    same && ratio >= share,
  );
  return own;
}

async function main(): Promise<void> {
  if (wanted.has('G1') || wanted.has('G4') || wanted.has('G5')) judgeQuality();
  if (wanted.has('G2')) {
    judgeReferee('G2', 'S', 'highs', 10);
    judgeReferee('G2', '5k', 'highs', 40);
  }
  if (wanted.has('G3')) {
    judgeReferee('G3', 'M', 'or-tools', 8);
    judgeReferee('G3', 'M-scarce', 'or-tools', 1.5);
  }
  if (wanted.has('G6')) {
    const { cold, each } = newRequests(classNamed('M'), firstSeed);
    const p95 = quantile(each, 0.95);
    const shown = [0.5, 0.95, 0.99].map((share) => quantile(each, share).toFixed(2)).join(' / ');
    judge(
      'G6',
      'M: a new request, p95 / cold <= 1/100',
      `${shown} ms p50/p95/p99, cold ${cold.toFixed(0)} ms`,
      p95 <= cold / 100,
    );
  }
  if (wanted.has('G7')) {
    const { cold, warm, moved } = churn(classNamed('M'), firstSeed);
    const share = 100 * moved;
    judge(
      'G7',
      'M: 1 % churn / cold <= 1/2, moved <= 4 %',
      `${warm.toFixed(0)} to ${cold.toFixed(0)} ms, moved ${share.toFixed(1)} %`,
      warm <= cold / 2 && share <= 4,
    );
  }
  if (wanted.has('G9')) {
    const own = sideBySide(drawCity(classNamed('M'), firstSeed), ['own']).get('own');
    judge('G9', 'M: at most 300 MB', `${own?.rssMb ?? NaN} MB`, (own?.rssMb ?? Infinity) <= 300);
  }
  if (wanted.has('G10')) {
    const { p99, most } = await loopDelay(classNamed('M'), firstSeed);
    judge(
      'G10',
      'M: main loop p99 <= 5 ms while solving',
      `${p99.toFixed(1)} ms, most ${most.toFixed(1)} ms`,
      p99 <= 5,
    );
  }
}

function printTable(): void {
  const rows = lines.map(({ gate, target, measured, ok }) => [
    gate,
    target,
    measured,
    ok === null ? 'skipped' : ok ? 'pass' : 'FAIL',
  ]);
  const widths = [0, 1, 2].map((i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  console.log('');
  for (const row of rows) console.log(row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  '));
  const count = (ok: boolean | null): number => lines.filter((line) => line.ok === ok).length;
  console.log(
    `\nmatching: ${count(false) === 0 ? 'PASS' : 'FAIL'} (${count(true)} gates passed, ${count(false)} failed, ${count(null)} skipped)`,
  );
  process.exitCode = count(false) === 0 ? 0 : 1;
}

if (values.help) console.log(HELP);
else {
  await main();
  printTable();
}
