import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { say } from './terminal.ts';

const HELP = `npm run check

Format, lint, types and architecture tests, one after the other; all run even when one fails.
Exit code 0 only when all passed.`;

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PROGRESS_MS = 10_000;

interface Check {
  readonly name: string;
  /** Script and arguments for this Node, its own options before them. */
  readonly run: readonly string[];
  readonly wayOut: string;
}

/** The linter knows the types of every file at once, which takes more than a script of ours may have. */
const ROOM = '--max-old-space-size=4096';

const CHECKS: readonly Check[] = [
  {
    name: 'Format (prettier)',
    run: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'],
    wayOut: 'npm run format',
  },
  {
    name: 'Lint (eslint)',
    run: [ROOM, 'node_modules/eslint/bin/eslint.js', '--max-warnings=0', '.'],
    wayOut: 'each line names its rule; many can be repaired with: npx eslint --fix FILE',
  },
  {
    name: 'Types (tsc)',
    run: ['node_modules/typescript/bin/tsc', '--noEmit', '-p', '.'],
    wayOut: 'each line names file and position',
  },
  {
    name: 'Architecture tests (mocha)',
    run: ['scripts/test.ts', 'architecture'],
    wayOut: 'npm test -- architecture',
  },
];

function runCheck({ name, run }: Check): Promise<boolean> {
  say(`\n── ${name}`);
  const startedAt = performance.now();
  const seconds = (): string => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
  const child = spawn(process.execPath, [...process.execArgv, ...run], { cwd: ROOT, stdio: 'inherit' });
  const progress = setInterval(() => say(`   … ${seconds()}`), PROGRESS_MS);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      clearInterval(progress);
      say(`   ${code === 0 ? 'passed' : 'FAILED'} in ${seconds()}`);
      resolve(code === 0);
    });
  });
}

async function main(): Promise<void> {
  const failed: Check[] = [];
  for (const check of CHECKS) if (!(await runCheck(check))) failed.push(check);
  say('');
  for (const { name, wayOut } of failed) say(`FAILED: ${name}: ${wayOut}`);
  say(failed.length === 0 ? 'All checks passed.' : `${failed.length} of ${CHECKS.length} checks failed.`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

if (process.argv.includes('--help')) say(HELP);
else await main();
