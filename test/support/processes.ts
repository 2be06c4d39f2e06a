import { expect } from 'chai';
import { acrossTenants, runInContext } from '../../server/core/context.ts';
import { database } from '../../server/db/connect.ts';
import { allChecks, runChecks } from '../../server/verify/index.ts';
import type { VerifiedCheck } from '../../server/verify/index.ts';
import { testApp } from './app.ts';
import type { ApiAgent, Answer } from './agent.ts';
import { startCommand } from './command.ts';
import type { Command } from './command.ts';

/** Real web and job processes of a larger set-up, on the database and with the keys of the test's application. */
export interface Processes {
  /** Addresses of the web processes. */
  readonly urls: readonly string[];
  readonly web: readonly Command[];
  readonly jobs: readonly Command[];
  /** Ends them in order, and expects that they do. */
  stop(): Promise<void>;
}

export async function startProcesses(
  count: { web: number; jobs: number },
  more: NodeJS.ProcessEnv = {},
): Promise<Processes> {
  const env = { ...(await environment()), ...more };
  const start = (script: string, wanted: number): Command[] =>
    Array.from({ length: wanted }, () => startCommand([script], env));
  const web = start('scripts/start-web.ts', count.web);
  const jobs = start('scripts/start-jobs.ts', count.jobs);
  await Promise.all([
    ...web.map((one) => one.says('Linli web is ready at ')),
    ...jobs.map((one) => one.says('Linli jobs are running')),
  ]);
  return {
    urls: web.map((one) => /ready at (\S+)/.exec(one.stdout())?.[1] ?? ''),
    web,
    jobs,
    async stop() {
      for (const one of [...web, ...jobs]) one.child.kill('SIGTERM');
      for (const one of [...web, ...jobs]) expect(await one.ended, one.stderr()).to.equal(0);
    },
  };
}

/** What a process of ours needs to run on the test's database. */
export async function environment(): Promise<NodeJS.ProcessEnv> {
  const { mongodbUri, dataDir } = await testApp();
  return { MONGODB_URI: mongodbUri, LINLI_DATA: dataDir, NODE_ENV: 'test', PORT: '0', LOG_LEVEL: 'error' };
}

/**
 * Every check of `npm run verify` on the test's database, from this process: a process of its own for each of them was
 * half a minute of a whole run. What no jobs process was there to seal is sealed first: on a slow machine the first entries of a
 * long test are more than a minute old at its end. @throws with what does not hold
 */
export async function expectVerified(): Promise<void> {
  const { composed, sweep } = await testApp();
  await sweep('audit/seal');
  const actor = { kind: 'operator', command: 'verify' } as const;
  const { ok, checks } = await runInContext(
    { requestId: 'verify', actor, tenantId: null, crossTenant: null },
    () =>
      acrossTenants('verify: every invariant', () => runChecks(allChecks(database(), composed.invariants))),
  );
  expectAllHold(ok, checks, '');
}

/** The same by the command itself, as an operator would. @throws with what does not hold */
export async function expectVerifiedByCommand(env?: NodeJS.ProcessEnv): Promise<void> {
  const verify = startCommand(['scripts/verify.ts', '--json'], env ?? (await environment()));
  const code = await verify.ended;
  const { checks = [] } = JSON.parse(verify.stdout() || '{}') as { checks?: VerifiedCheck[] };
  expectAllHold(code === 0, checks, verify.stderr());
}

function expectAllHold(ok: boolean, checks: readonly VerifiedCheck[], stderr: string): void {
  const broken = checks.filter(({ violations }) => violations > 0);
  expect(ok, `${JSON.stringify(broken, null, 2)}\n${stderr}`).to.equal(true);
  expect(checks.length, 'checks that were made').to.be.above(20);
}

/**
 * Sends what a well-made program sends: the same key again whenever it is told to come back later.
 * @param pace share of the time it was told to wait that it really waits
 * @returns the answer that settled it, and how often it was told to wait
 */
export async function persist(
  agent: ApiAgent,
  path: string,
  body: unknown,
  key: string,
  pace = 1,
): Promise<{ answer: Answer; waits: number }> {
  for (let waits = 0; waits < 40; waits += 1) {
    const answer = await agent.post(path, body, { 'idempotency-key': key });
    // What became of the first try is not known yet, not even to the database.
    const inFlight = answer.status === 409 && answer.text.includes('request-in-flight');
    if (answer.status !== 503 && !inFlight) return { answer, waits };
    if (inFlight) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      continue;
    }
    const seconds = Number(answer.headers.get('retry-after'));
    expect(seconds, 'a 503 says when to come back').to.be.above(0);
    await new Promise((resolve) => setTimeout(resolve, pace * seconds * 1_000 * (0.5 + Math.random())));
  }
  throw new Error(`${path} was not settled`);
}
