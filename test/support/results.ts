/** What a test run knows of one test, in a form that travels between processes. */
export interface TestResult {
  /** Titles of the describes around it, outermost first. */
  readonly path: readonly string[];
  readonly title: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  readonly ms: number;
  readonly failure: Failure | null;
}

export interface Failure {
  readonly message: string;
  /** Expected against actual, coloured or plain as mocha does it; null when there is nothing to compare. */
  readonly diff: string | null;
  readonly stack: string;
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const SLOW_MS = 200;
const SLOWEST = 10;

const colourful = process.stdout.isTTY && !process.env['NO_COLOR'];
const paint = (code: number, text: string): string => (colourful ? `\u001b[${code}m${text}\u001b[0m` : text);
const green = (text: string): string => paint(32, text);
const red = (text: string): string => paint(31, text);
const grey = (text: string): string => paint(90, text);
const cyan = (text: string): string => paint(36, text);

/** The line that scripts rely on: `N passed, N failed`, and `, N skipped` only when there are any. */
export function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

export function countsOf(results: readonly TestResult[]): Counts {
  const of = (state: TestResult['state']): number =>
    results.filter((result) => result.state === state).length;
  return { passed: of('passed'), failed: of('failed'), skipped: of('skipped') };
}

/** One test as a line, after the describe titles that the line before did not have. */
export function resultLines(result: TestResult, previousPath: readonly string[]): string[] {
  const lines: string[] = [];
  const { path } = result;
  const shared = path.findIndex((title, depth) => previousPath[depth] !== title);
  for (let depth = shared === -1 ? path.length : shared; depth < path.length; depth += 1) {
    lines.push(`${'  '.repeat(depth + 1)}${path[depth]}`);
  }
  const indent = '  '.repeat(path.length + 1);
  const time = result.ms >= SLOW_MS ? grey(` (${result.ms} ms)`) : '';
  const mark = { passed: green('✔'), failed: red('✖'), skipped: cyan('–') }[result.state];
  const title = result.state === 'failed' ? red(result.title) : result.title;
  lines.push(`${indent}${mark} ${title}${time}`);
  return lines;
}

/** All that follows the last test: the slowest, then every failure with its diff. */
export function summaryLines(results: readonly TestResult[]): string[] {
  return [...slowestLines(results), ...failureLines(results)];
}

function slowestLines(results: readonly TestResult[]): string[] {
  const slowest = results
    .filter(({ ms }) => ms >= SLOW_MS)
    .sort((a, b) => b.ms - a.ms)
    .slice(0, SLOWEST);
  if (slowest.length === 0) return [];
  return [
    '',
    'Slowest:',
    ...slowest.map((result) => `  ${String(result.ms).padStart(6)} ms  ${fullTitle(result)}`),
  ];
}

function failureLines(results: readonly TestResult[]): string[] {
  const failed = results.filter(({ state }) => state === 'failed');
  return failed.flatMap((result, index) => {
    const failure = result.failure ?? { message: 'failed', diff: null, stack: '' };
    return [
      '',
      red(`${index + 1}) ${fullTitle(result)}`),
      ...indented(failure.message),
      ...(failure.diff ? indented(failure.diff) : []),
      ...indented(failure.stack).map(grey),
    ];
  });
}

const indented = (text: string): string[] =>
  text === '' ? [] : text.split('\n').map((line) => `     ${line}`);

const fullTitle = (result: TestResult): string => [...result.path, result.title].join(' › ');
