import { readFileSync } from 'node:fs';
import Mocha from 'mocha';
import './root-hooks.ts';
import { failureOf, onEachResult } from './reporter.ts';
import type { TestResult } from './results.ts';

/**
 * One of the processes of `npm test`: runs the spec files it is sent, one after the other, and tells every result as it
 * comes. It ends as soon as its parent is gone.
 */
export type ToWorker = { file: string; grep: string | null };
export type FromWorker =
  | { kind: 'result'; result: TestResult }
  /** With the processor time that the file took of this process, its threads included and what it started not, in milliseconds. */
  | { kind: 'done'; processorMs: number };

/** The settings of .mocharc.json that also hold here, so that a spec behaves the same when run by itself. */
interface MochaSettings {
  timeout: number;
}
const settings = JSON.parse(
  readFileSync(new URL('../../.mocharc.json', import.meta.url), 'utf8'),
) as MochaSettings;

class Silent {}

function tell(message: FromWorker): void {
  process.send?.(message);
}

async function runFile({ file, grep }: ToWorker): Promise<void> {
  const mocha = new Mocha({
    timeout: settings.timeout,
    forbidOnly: Boolean(process.env['CI']),
    reporter: Silent as never,
    ...(grep === null ? {} : { grep }),
  });
  mocha.addFile(file);
  try {
    await mocha.loadFilesAsync();
  } catch (err) {
    tellFault('the file loads', err);
    return;
  }
  if (mocha.suite.total() === 0) {
    tellFault('the file holds a test', new Error('It holds none.'));
    return;
  }
  await new Promise<void>((resolve) => {
    const runner = mocha.run(() => resolve());
    onEachResult(runner, (result) => tell({ kind: 'result', result }));
  });
}

function tellFault(title: string, err: unknown): void {
  tell({ kind: 'result', result: { path: [], title, state: 'failed', ms: 0, failure: failureOf(err) } });
}

process.on('disconnect', () => process.exit(1));
process.on('message', (message: ToWorker) => {
  const before = process.cpuUsage();
  void runFile(message)
    .catch((err: unknown) => tellFault('the file runs', err))
    .finally(() => {
      const { user, system } = process.cpuUsage(before);
      tell({ kind: 'done', processorMs: Math.round((user + system) / 1000) });
    });
});
