import { acrossTenants } from '../../server/core/context.ts';
import { runChecks } from '../../server/verify/index.ts';
import { asOperator } from '../factories/people.ts';
import { testApp } from './app.ts';

export interface ViolationWatch {
  /** From now on, what is broken already is somebody else's. */
  note(): Promise<void>;
  /** Names and samples of the checks that find more than was noted. */
  found(): Promise<string[]>;
}

/** What `verify` finds of some features; what other files broke by hand in the same database stays theirs. */
export function watchViolations(names: RegExp): ViolationWatch {
  const foreign = new Map<string, number>();
  const run = async () => {
    const checks = (await testApp()).composed.invariants.filter(({ name }) => names.test(name));
    return (await asOperator(() => acrossTenants('test', () => runChecks(checks)))).checks;
  };
  return {
    async note() {
      for (const { name, violations } of await run()) foreign.set(name, violations);
    },
    async found() {
      return (await run())
        .filter(({ name, violations }) => violations > (foreign.get(name) ?? 0))
        .flatMap(({ name, samples }) => samples.map((sample) => `${name} ${sample}`));
    },
  };
}
