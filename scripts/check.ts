import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { say } from './terminal.ts';

const HELP = `npm run check

Format, lint, types and architecture tests, two at a time; all run even when one fails. Each tells what it found
when it has ended. Exit code 0 only when all passed.`;

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PROGRESS_MS = 10_000;
/** Each works on one core only, and a machine of ours has two. */
const AT_ONCE = 2;

interface Check {
  readonly name: string;
  /** Script and arguments for this Node, its own options before them. */
  readonly run: readonly string[];
  readonly wayOut: string;
}

/** The linter knows the types of every file at once, which takes more than a script of ours may have. */
const ROOM = '--max-old-space-size=4096';

/** The longest first, so that the others fit beside it. */
const CHECKS: readonly Check[] = [
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
  {
    name: 'Format (prettier)',
    run: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'],
    wayOut: 'npm run format',
  },
];

/** Runs it to its end and tells what it said in one piece, since another one runs beside it. */
function runCheck({ name, run }: Check): Promise<boolean> {
  const startedAt = performance.now();
  const seconds = (): string => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
  const child = spawn(process.execPath, [...process.execArgv, ...run], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}) },
  });
  const told: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => told.push(piece));
  const progress = setInterval(() => say(`   ${name} … ${seconds()}`), PROGRESS_MS);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearInterval(progress);
      say(`\n── ${name}`);
      process.stdout.write(Buffer.concat(told));
      say(`   ${code === 0 ? 'passed' : 'FAILED'} in ${seconds()}`);
      resolve(code === 0);
    });
  });
}

async function main(): Promise<void> {
  const failed: Check[] = [];
  const queue = [...CHECKS];
  const work = async (): Promise<void> => {
    for (let check = queue.shift(); check; check = queue.shift())
      if (!(await runCheck(check))) failed.push(check);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  say('');
  for (const { name, wayOut } of failed) say(`FAILED: ${name}: ${wayOut}`);
  say(failed.length === 0 ? 'All checks passed.' : `${failed.length} of ${CHECKS.length} checks failed.`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

if (process.argv.includes('--help')) say(HELP);
else await main();
