import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { acrossTenants, runInContext } from '../../server/core/context.ts';
import { loadConfig } from '../../server/config.ts';
import { seedPlace } from '../../scripts/place.ts';
import { PageAgent } from '../../test/support/agent.ts';
import { freshTestApp, stopTestApp } from '../../test/support/app.ts';

const HELP = `node bench/plans/run.ts [--volunteers 100000] [--requests 10000] [--again]

One plan of the generated place over HTTP, end to end: asked for, made in the background, proposed and stored; how long that
took, phase by phase, how many progress reports a watcher saw, and how late this process's main loop was meanwhile (web and
sweeps run in it), beside the same watching without a plan. --again mends it once more after a new request. Last line: a verdict.`;

const GATES = { seconds: 15, loopMs: 5 };
const BETWEEN_LOOKS_MS = 200;

interface Plan {
  id: string;
  state: string;
  failure: string | null;
  progress: { phase: string; done: number; total: number } | null;
  inputs: { positions: number; slots: number; people: number } | null;
  proof: { status: string; gap: string; solveMs: number; options: number } | null;
  comparison: { slots: number; worse: number; before: { filled: number }; after: { filled: number } } | null;
  moved: number;
}

const { values } = parseArgs({
  options: {
    volunteers: { type: 'string', default: '100000' },
    requests: { type: 'string', default: '10000' },
    again: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** Watches the plan as its page does, and how late the loop is, until the work has ended. */
async function watching(
  look: () => Promise<Plan | null>,
  work: Promise<unknown>,
): Promise<{ p99: number; most: number; seen: Map<string, number> }> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const seen = new Map<string, number>();
  let over = false;
  void work.finally(() => (over = true));
  delay.enable();
  let began = performance.now();
  while (!over) {
    const plan = await look();
    const now = performance.now();
    const phase = plan?.progress?.phase ?? plan?.state ?? 'idle';
    seen.set(phase, (seen.get(phase) ?? 0) + now - began);
    began = now;
    await sleep(BETWEEN_LOOKS_MS);
  }
  delay.disable();
  await work;
  return { p99: delay.percentile(99) / 1e6, most: delay.max / 1e6, seen };
}

async function main(): Promise<boolean> {
  const app = await freshTestApp();
  const session = {
    config: loadConfig({ NODE_ENV: 'test', LINLI_DATA: app.dataDir, LOG_LEVEL: 'silent' }),
    composed: app.composed,
    services: app.composed.services,
  };
  await runInContext(
    { requestId: 'seed', actor: { kind: 'operator', command: 'seed' }, tenantId: null, crossTenant: null },
    () =>
      acrossTenants('bench: a place of this size', () =>
        seedPlace(session, { people: Number(values.volunteers), requests: Number(values.requests) }),
      ),
  );
  const signIns = JSON.parse(readFileSync(join(app.dataDir, 'first-sign-in.json'), 'utf8')) as {
    role: string;
    tenant: string;
    email: string;
    password: string;
  }[];
  const officer = signIns.find(({ role }) => role === 'officer');
  if (!officer) throw new Error('No officer in the place');
  const answer = await fetch(`${app.url}/api/v1/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: officer.email, password: officer.password, tenant: officer.tenant }),
  });
  const { token } = (await answer.json()) as { token: string };
  const ask = async (method: string, path: string, body?: object): Promise<Plan> => {
    const said = await fetch(`${app.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!said.ok) throw new Error(`${path}: ${said.status} ${await said.text()}`);
    return (await said.json()) as Plan;
  };
  const page = new PageAgent(app.url);
  await page.get('/');
  const quiet = await watching(async () => {
    await fetch(`${app.url}/healthz`);
    return null;
  }, sleep(3_000));
  const startedAt = performance.now();
  const { id } = await ask('POST', '/plans', { below: true });
  const busy = await watching(() => ask('GET', `/plans/${id}`), app.sweep('plans/solve'));
  const seconds = (performance.now() - startedAt) / 1_000;
  const plan = await ask('GET', `/plans/${id}`);
  console.log(JSON.stringify({ ...plan, comparison: { ...plan.comparison, units: undefined } }, null, 1));
  for (const [phase, ms] of busy.seen) console.log(`  ${phase.padEnd(10)} ${(ms / 1_000).toFixed(1)} s`);
  if (values.again) {
    const began = performance.now();
    await ask('POST', `/plans/${id}/look`, {});
    await app.sweep('plans/follow');
    console.log(`  looked again, nothing changed: ${((performance.now() - began) / 1_000).toFixed(1)} s`);
  }
  const lines: [string, string, boolean][] = [
    [
      `proposed and stored within ${GATES.seconds} s`,
      `${seconds.toFixed(1)} s`,
      plan.state === 'proposed' && seconds <= GATES.seconds,
    ],
    ['proved', `${plan.proof?.status}, gap ${plan.proof?.gap}`, plan.proof?.gap === '0'],
    ['progress seen', `${busy.seen.size} phases`, busy.seen.size >= 3],
    [
      `main loop p99 within ${GATES.loopMs} ms`,
      `${busy.p99.toFixed(1)} ms (most ${busy.most.toFixed(0)}); without a plan ${quiet.p99.toFixed(1)} ms`,
      busy.p99 <= Math.max(GATES.loopMs, quiet.p99),
    ],
  ];
  for (const [what, how, ok] of lines) console.log(`${ok ? 'pass' : 'FAIL'}  ${what}: ${how}`);
  return lines.every(([, , ok]) => ok);
}

if (values.help) console.log(HELP);
else {
  const ok = await main();
  await stopTestApp();
  console.log(`plans: ${ok ? 'PASS' : 'FAIL'}`);
  process.exit(ok ? 0 : 1);
}
