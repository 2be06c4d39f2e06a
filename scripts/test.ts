import { existsSync, globSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { TestServer } from '../test/support/mongod.ts';
import { patienceMs } from '../test/support/patience.ts';
import { closingLine, countsOf, resultLines, summaryLines } from '../test/support/results.ts';
import type { TestResult } from '../test/support/results.ts';
import { runFiles } from '../test/support/run-files.ts';
import type { FileOutcome, FileRun } from '../test/support/run-files.ts';

const HELP = `npm test [-- FOLDER|FILE …] [--grep TEXT] [--workers N]

Runs the suite, or the specs of folders under test/ (unit, feature/hours) and single files.
The last line is "N passed, N failed".`;

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PROGRESS_MS = 10_000;

/**
 * The first process begins with what mostly waits, for time-outs and restarts, the others from the end with what mostly
 * computes: so no core is idle, and the short files in the middle are left for last.
 */
const FIRST = ['faults', 'embedded', 'scripts'];
const LAST = ['feature', 'browser'];
/** What computes gets a process for each core of the smallest machine; one more waits beside them, where there is something to wait for. */
const COMPUTING = 2;
const WITHOUT_DATABASE = /^test\/(unit|architecture)\//;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    grep: { type: 'string' },
    workers: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** Milliseconds that this machine's processors have been busy, and had, since it was started. */
function processorTime(): { busy: number; all: number } {
  const times = cpus().map(({ times: { user, nice, sys, irq, idle } }) => [user + nice + sys + irq, idle]);
  const busy = times.reduce((sum, [worked = 0]) => sum + worked, 0);
  return { busy, all: times.reduce((sum, [, idled = 0]) => sum + idled, busy) };
}

const folderOf = (file: string): string => relative(ROOT, file).split('/')[1] ?? '';

function workersFor(files: readonly string[]): number {
  const usual = COMPUTING + (files.some((file) => FIRST.includes(folderOf(file))) ? 1 : 0);
  return Math.max(1, Math.min(Number(values.workers) || usual, files.length));
}

/** Every spec named by the arguments, what mostly waits before what mostly computes. */
function specs(names: readonly string[]): string[] {
  const found = (names.length === 0 ? ['test'] : names).flatMap((name) => {
    const path = [resolve(ROOT, 'test', name), resolve(name)].find((candidate) => existsSync(candidate));
    if (!path) throw new Error(`There is no ${name}, neither here nor under test/.`);
    return statSync(path).isDirectory() ? globSync(`${path}/**/*.test.ts`) : [path];
  });
  const rank = (file: string): number => {
    const folder = folderOf(file);
    if (LAST.includes(folder)) return FIRST.length + 1 + LAST.indexOf(folder);
    return FIRST.includes(folder) ? FIRST.indexOf(folder) : FIRST.length;
  };
  return [...new Set(found)].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function printFile(outcome: FileOutcome): void {
  const counts = closingLine(countsOf(outcome.results));
  const computing = outcome.processorMs === null ? '' : `, computing ${seconds(outcome.processorMs)}`;
  print(`\n${relative(ROOT, outcome.file)} (${counts}, ${seconds(outcome.ms)}${computing})`);
  let path: readonly string[] = [];
  for (const result of outcome.results) {
    for (const line of resultLines(result, path)) print(line);
    path = result.path;
  }
}

/** Ends in order on a signal; whatever this process leaves behind when killed, its watchdog ends. */
function onInterrupt(run: FileRun): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(name, () => {
        run.abort();
        resolve(name);
      });
    }
  });
}

async function main(): Promise<number> {
  const files = specs(positionals);
  const startedAt = performance.now();
  const before = processorTime();
  const needsDatabase = files.some((file) => !WITHOUT_DATABASE.test(relative(ROOT, file)));
  // Loaded where it is needed: unit tests would wait for the whole database driver.
  const server: TestServer | null = needsDatabase
    ? await (await import('../test/support/mongod.ts')).startTestServer(print)
    : null;
  const results: TestResult[] = [];
  let lastPrintAt = performance.now();
  const run = runFiles(files, {
    workers: workersFor(files),
    grep: values.grep ?? null,
    env: { ...process.env, ...(server ? { LINLI_TEST_MONGODB_URI: server.uri } : {}) },
    silenceMs: patienceMs(process.env),
    onFile(outcome) {
      results.push(...outcome.results);
      printFile(outcome);
      lastPrintAt = performance.now();
    },
  });
  const progress = setInterval(() => {
    if (performance.now() - lastPrintAt < PROGRESS_MS) return;
    for (const { file, ms } of run.running())
      print(`  running ${relative(ROOT, file)} … ${Math.round(ms / 1000)} s`);
  }, PROGRESS_MS);
  const interrupted = await Promise.race([run.done.then(() => null), onInterrupt(run)]);
  clearInterval(progress);
  await server?.stop();
  for (const line of summaryLines(results)) print(line);
  const counts = countsOf(results);
  const tookSeconds = Math.round((performance.now() - startedAt) / 1000);
  const { busy, all } = processorTime();
  // What it could gain from more at once, and what only from doing less.
  const share = Math.round((100 * (busy - before.busy)) / Math.max(1, all - before.all));
  print(`\n${files.length} files in ${tookSeconds} s; the processors were busy for ${share} % of it`);
  if (interrupted) print(`Interrupted by ${interrupted}: not all tests were run.`);
  print(closingLine(counts));
  return counts.failed === 0 && counts.passed > 0 && !interrupted ? 0 : 1;
}

if (values.help) {
  print(HELP);
  process.exit(0);
}
try {
  process.exit(await main());
} catch (err) {
  const known = err instanceof Error && err.name === 'StartProblem';
  process.stderr.write(`${known ? err.message : ((err as Error).stack ?? String(err))}\n`);
  print(closingLine({ passed: 0, failed: 0, skipped: 0 }));
  process.exit(1);
}
