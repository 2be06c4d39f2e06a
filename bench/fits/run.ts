import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { FitSettings } from '../../server/features/matching/index.ts';
import { bytesOf, ColumnBuilder } from '../../server/features/matching/search/columns.ts';
import type { Columns } from '../../server/features/matching/search/columns.ts';
import { entryOfSources } from '../../server/features/matching/search/entry.ts';
import { search } from '../../server/features/matching/search/query.ts';
import type { SearchQuery } from '../../server/features/matching/search/query.ts';
import { City, MONDAY } from './city.ts';
import { measureOverHttp } from './http.ts';
import { fullScan } from './scan.ts';

const HELP = `node bench/fits/run.ts [--people N | --million] [--queries N] [--seed S] [--no-http] [--folder DIR]

Who fits, among the people of a generated city: the search in memory beside a full scan of the same typed arrays in one
run (the same best people with the same scores, to the last), bytes a person, and over HTTP from a real web process on a
real database, without and with a plan standing (ranked by score less its prices), with the memory of that process. --folder keeps the filled place for the next run. Last line: a verdict, exit 0 only when every gate is met.`;

const { values } = parseArgs({
  options: {
    people: { type: 'string', default: '100000' },
    million: { type: 'boolean', default: false },
    queries: { type: 'string', default: '400' },
    seed: { type: 'string', default: '1' },
    'no-http': { type: 'boolean', default: false },
    folder: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const people = values.million ? 1_000_000 : Number(values.people);
const seed = Number(values.seed);
const K = 20;
/** Queries for the compiler, before any is measured. */
const WARM_UP = 100;

const lines: { gate: string; measured: string; ok: boolean }[] = [];
const judge = (gate: string, measured: string, ok: boolean): void => void lines.push({ gate, measured, ok });
const quantile = (numbers: readonly number[], share: number): number => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
};
const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} ms`;

function layOut(): Columns {
  const city = new City(people, seed);
  const builder = new ColumnBuilder(people);
  for (let n = 0; n < people; n++) builder.add(entryOfSources(city.person(), { zone: 'Asia/Shanghai' }));
  const began = performance.now();
  const columns = builder.build();
  console.log(`${people} people laid out in ${ms(performance.now() - began)}`);
  return columns;
}

function settingsFor(reachMetres: number): FitSettings {
  return {
    now: new Date(MONDAY - 7 * 86_400_000),
    version: 0,
    weights: {},
    off: [],
    minAge: 14,
    dailyCapMinutes: 600,
    weeklyCapMinutes: 2_400,
    restMinutes: 480,
    reachMetres,
  };
}

function inMemory(): void {
  const columns = layOut();
  const city = new City(people, seed + 1_000);
  const epoch = { columns, sparse: new Map(), excluded: [], overlay: new Map(), gone: new Set<number>() };
  const tenant = { id: '0'.repeat(24), zone: 'Asia/Shanghai', serviceCounties: ['330122'] };
  const [quick, whole]: [number[], number[]] = [[], []];
  let [agreed, found, eligible] = [0, 0, 0];
  const total = Number(values.queries);
  for (let n = -WARM_UP; n < total; n++) {
    const { facts, reachMetres } = city.position();
    const query: SearchQuery = {
      facts,
      settings: settingsFor(reachMetres),
      tenant,
      k: K,
      others: 0,
      served: [],
    };
    const one = performance.now();
    const answer = search(epoch, query);
    const two = performance.now();
    const scanned = fullScan(columns, query);
    const three = performance.now();
    // The first are for the compiler.
    if (n < 0) continue;
    quick.push(two - one);
    whole.push(three - two);
    eligible += answer.eligible;
    const idOf = (row: number): string =>
      Buffer.from(columns.ids.subarray(row * 12, row * 12 + 12)).toString('hex');
    const expected = scanned
      .map(({ row, score }) => `${String(10_000 - score).padStart(5, '0')} ${idOf(row)}`)
      .sort()
      .slice(0, K);
    const own = answer.best.map(
      ({ personId, score }) => `${String(10_000 - score).padStart(5, '0')} ${personId}`,
    );
    found += expected.length;
    agreed += expected.filter((line) => own.includes(line)).length;
  }
  const ratio = quantile(whole, 0.95) / quantile(quick, 0.95);
  console.log(`mean ${(eligible / total).toFixed(0)} people fit a position`);
  judge('recall of the full scan = 100 %', `${agreed} of ${found}`, agreed === found);
  judge(
    'p95 <= 1/5 of a full scan',
    `search p50 ${ms(quantile(quick, 0.5))}, p95 ${ms(quantile(quick, 0.95))}; scan p50 ${ms(quantile(whole, 0.5))}, p95 ${ms(quantile(whole, 0.95))}: 1/${ratio.toFixed(1)}`,
    ratio >= 5,
  );
  const perMillion = bytesOf(columns) / people;
  // A small city has a pattern of free times for nearly everybody; a large one shares them.
  if (people < 1_000_000) console.log(`columns take ${perMillion.toFixed(1)} bytes a person`);
  else judge('columns <= 80 MB per million', `${perMillion.toFixed(1)} MB`, perMillion <= 80);
}

async function overHttp(): Promise<void> {
  if (values.folder) mkdirSync(values.folder, { recursive: true });
  const folder = realpathSync(values.folder ?? mkdtempSync(join(tmpdir(), 'linli-fits-')));
  try {
    const { pages, planned, rss, memory, first } = await measureOverHttp(folder, people, seed, 200);
    console.log(
      `right after the start: ${first.looked} people looked at in ${ms(first.ms)}, everybody after ${ms(first.allAfterMs)}`,
    );
    judge(
      'over HTTP p95 <= 50 ms',
      `p50 ${ms(quantile(pages, 0.5))}, p95 ${ms(quantile(pages, 0.95))}, ${memory} of ${pages.length} from memory`,
      quantile(pages, 0.95) <= 50 && memory === pages.length,
    );
    judge(
      'the same with a plan standing <= 50 ms',
      `p50 ${ms(quantile(planned.pages, 0.5))}, p95 ${ms(quantile(planned.pages, 0.95))}, ${planned.told} of ${planned.pages.length} by its prices`,
      quantile(planned.pages, 0.95) <= 50 && planned.told === planned.pages.length,
    );
    const most = 400 + (80 * people) / 1e6;
    judge(
      `web process <= ${most.toFixed(0)} MB resident, always`,
      `${rss.end.toFixed(0)} MB at the end, ${rss.most.toFixed(0)} MB at most`,
      rss.most <= most,
    );
  } finally {
    if (!values.folder) rmSync(folder, { recursive: true, force: true });
  }
}

if (values.help) console.log(HELP);
else {
  inMemory();
  if (!values['no-http']) await overHttp();
  for (const { gate, measured, ok } of lines) console.log(`${ok ? 'pass' : 'FAIL'}  ${gate}: ${measured}`);
  const failed = lines.filter(({ ok }) => !ok).length;
  console.log(
    failed === 0
      ? `verdict: all ${lines.length} gates met`
      : `verdict: ${failed} of ${lines.length} gates missed`,
  );
  process.exitCode = failed === 0 ? 0 : 1;
}
