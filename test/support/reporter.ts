import Mocha from 'mocha';
import { closingLine, countsOf, resultLines, summaryLines } from './results.ts';
import type { Failure, TestResult } from './results.ts';

const { Base } = Mocha.reporters;
const { EVENT_RUN_END, EVENT_TEST_FAIL, EVENT_TEST_PASS, EVENT_TEST_PENDING } = Mocha.Runner.constants;

interface Thrown {
  message?: string;
  stack?: string;
  showDiff?: boolean;
  actual?: unknown;
  expected?: unknown;
  cause?: unknown;
}

/** Tells each test of a runner, once, as plain data. */
export function onEachResult(runner: Mocha.Runner, tell: (result: TestResult) => void): void {
  const of = (test: Mocha.Runnable, state: TestResult['state'], err?: unknown): TestResult => ({
    path: test.titlePath().slice(0, -1),
    title: test.title,
    state,
    ms: Math.round(test.duration ?? 0),
    failure: state === 'failed' ? failureOf(err) : null,
  });
  runner.on(EVENT_TEST_PASS, (test) => tell(of(test, 'passed')));
  runner.on(EVENT_TEST_PENDING, (test) => tell(of(test, 'skipped')));
  runner.on(EVENT_TEST_FAIL, (test, err) => tell(of(test, 'failed', err)));
}

/** What a thrown value says to a reader: its message, the difference if there is one, our part of the stack. */
export function failureOf(thrown: unknown): Failure {
  if (typeof thrown !== 'object' || thrown === null) {
    return { message: `thrown: ${String(thrown)}`, diff: null, stack: '' };
  }
  const { message = '', stack = '', cause } = thrown as Thrown;
  const frames = stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !/node_modules\/mocha\/|\(?node:internal/.test(line))
    .map((line) => line.trim());
  const because =
    cause === undefined ? '' : `\ncaused by: ${cause instanceof Error ? cause.message : String(cause)}`;
  return {
    message: `${message || String(thrown)}${because}`,
    diff: diffOf(thrown),
    stack: frames.join('\n'),
  };
}

function diffOf(thrown: Thrown): string | null {
  const { showDiff, actual, expected } = thrown;
  if (showDiff === false || expected === undefined || actual === expected) return null;
  if (Object.prototype.toString.call(actual) !== Object.prototype.toString.call(expected)) return null;
  const text = (value: unknown): string => (typeof value === 'string' ? value : Mocha.utils.stringify(value));
  const lines = Base.generateDiff(text(actual), text(expected)).split('\n');
  return lines
    .filter((line) => line.trim() !== '')
    .map((line) => line.replace(/^ {6}/, ''))
    .join('\n');
}

/** The reporter of a spec that a developer runs directly with mocha; `npm test` prints the same lines. */
export class LinliReporter {
  constructor(runner: Mocha.Runner) {
    const results: TestResult[] = [];
    let path: readonly string[] = [];
    const print = (lines: string[]): void => {
      for (const line of lines) process.stdout.write(`${line}\n`);
    };
    onEachResult(runner, (result) => {
      results.push(result);
      print(resultLines(result, path));
      path = result.path;
    });
    runner.once(EVENT_RUN_END, () => {
      print([...summaryLines(results), '', closingLine(countsOf(results))]);
    });
  }
}

// mocha loads a reporter with require() and expects the class itself.
export { LinliReporter as 'module.exports' };
