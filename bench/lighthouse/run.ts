import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PageAgent } from '../../test/support/agent.ts';
import { browserCommand } from '../../test/support/browser.ts';
import { startCommand } from '../../test/support/command.ts';

const HELP = `node bench/lighthouse/run.ts [--runs N] [--only PART]

Lighthouse (\`npm ci\` in bench/lighthouse brings it) on the public pages and on a volunteer's, of a demo place started for
it: a phone over a slow line, as Lighthouse simulates it. Scores are medians of the runs (default 3; performance depends
on how busy the machine is, accessibility does not). --only takes pages whose address has PART in it.
Gates: accessibility 100, performance 95. The last line is the verdict.`;

const GATES = { accessibility: 100, performance: 95 };
const PUBLIC = [
  '/',
  '/t/tonglu/opportunities',
  '/t/tonglu/opportunities/:id',
  '/t/tonglu/requests/new',
  '/t/tonglu/join',
  '/sign-in',
  '/register',
  '/forgotten',
  '/certificates/verify',
];
const VOLUNTEER = [
  '/',
  '/opportunities',
  '/assignments',
  '/assignments/:id',
  '/hours',
  '/hours/new',
  '/check-in',
  '/offers',
  '/certificates',
  '/credentials',
  '/credits',
  '/profile',
  '/account',
  '/account/consents',
];

interface Scores {
  readonly accessibility: number;
  readonly performance: number;
  /** Audits that cost accessibility points. */
  readonly faults: readonly string[];
}
interface Report {
  readonly lhr: {
    readonly runtimeError?: { readonly message: string };
    readonly categories: Record<string, { score: number | null; auditRefs: { id: string }[] }>;
    readonly audits: Record<string, { score: number | null; title: string; scoreDisplayMode: string }>;
  };
}
type Lighthouse = (url: string, flags: object) => Promise<Report | undefined>;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

async function untilItAnswers(address: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (
      await fetch(address).then(
        () => true,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('Chromium does not answer');
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;

async function volunteerCookie(url: string, dataDir: string): Promise<string> {
  const accounts = JSON.parse(readFileSync(join(dataDir, 'first-sign-in.json'), 'utf8')) as {
    role: string;
    email: string;
    password: string;
  }[];
  const volunteer = accounts.find(({ role }) => role === 'volunteer');
  const agent = new PageAgent(url);
  await agent.get('/sign-in');
  const { email = '', password = '' } = volunteer ?? {};
  const { status } = await agent.post('/sign-in', { email, password });
  if (status !== 303) throw new Error(`Signing in answered ${status}`);
  return agent.cookieHeader();
}

/** Puts a real id in the place of `:id`, the first that the list above it links to. */
async function addressOf(url: string, path: string, cookie: string): Promise<string> {
  if (!path.includes(':id')) return path;
  const list = path.replace('/:id', '');
  const text = await (await fetch(`${url}${list}`, { headers: { cookie } })).text();
  const id = new RegExp(`${list}/([0-9a-f]{24})`).exec(text)?.[1];
  if (!id) throw new Error(`${list} links to nothing`);
  return path.replace(':id', id);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { runs: { type: 'string', default: '3' }, only: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const { default: lighthouse } = (await import('lighthouse' as string).catch(() => {
    throw new Error('Lighthouse is not there: run npm ci in bench/lighthouse first');
  })) as { default: Lighthouse };
  const dataDir = realpathSync(mkdtempSync(join(tmpdir(), 'linli-lighthouse-')));
  const place = startCommand(['scripts/start.ts'], { LINLI_DATA: dataDir, PORT: String(await freePort()) });
  let browser: ChildProcess | null = null;
  try {
    await place.says('Linli is ready at ');
    const url = /ready at (\S+)/.exec(place.stdout())?.[1] ?? '';
    const port = await freePort();
    const { executable, args, env } = await browserCommand();
    const own = [
      '--headless=new',
      `--user-data-dir=${join(dataDir, 'browser')}`,
      `--remote-debugging-port=${port}`,
    ];
    browser = spawn(executable, [...args, ...own, 'about:blank'], { env, stdio: 'ignore' });
    await untilItAnswers(`http://127.0.0.1:${port}/json/version`);
    const cookie = await volunteerCookie(url, dataDir);
    const pages = [
      ...PUBLIC.map((path) => ({ who: 'visitor', path, cookie: '' })),
      ...VOLUNTEER.map((path) => ({ who: 'volunteer', path, cookie })),
    ].filter(({ path }) => path.includes(values.only ?? ''));
    let missed = 0;
    for (const page of pages) {
      const address = await addressOf(url, page.path, page.cookie);
      const headers = page.cookie ? { Cookie: page.cookie } : {};
      await fetch(`${url}${address}`, { headers: { cookie: page.cookie } });
      const runs: Scores[] = [];
      while (runs.length < Number(values.runs))
        runs.push(await examine(lighthouse, `${url}${address}`, port, headers));
      const performance = median(runs.map((run) => run.performance));
      const accessibility = Math.min(...runs.map((run) => run.accessibility));
      const ok = accessibility >= GATES.accessibility && performance >= GATES.performance;
      if (!ok) missed += 1;
      const faults = [...new Set(runs.flatMap((run) => run.faults))].join(', ');
      console.log(
        `${page.who.padEnd(10)} ${page.path.padEnd(30)} accessibility ${accessibility}  performance ${performance}  ${ok ? 'pass' : `FAIL ${faults}`}`,
      );
    }
    console.log(missed === 0 ? `PASS: ${pages.length} pages` : `FAIL: ${missed} of ${pages.length} pages`);
    return missed === 0 ? 0 : 1;
  } finally {
    browser?.kill('SIGKILL');
    place.child.kill('SIGTERM');
    await place.ended;
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function examine(
  lighthouse: Lighthouse,
  address: string,
  port: number,
  extraHeaders: object,
): Promise<Scores> {
  const report = await lighthouse(address, {
    port,
    onlyCategories: ['accessibility', 'performance'],
    extraHeaders,
    disableStorageReset: false,
    logLevel: 'error',
  });
  if (!report) throw new Error(`No report of ${address}`);
  const { categories, audits, runtimeError } = report.lhr;
  if (runtimeError) throw new Error(`${address}: ${runtimeError.message}`);
  const scoreOf = (name: string): number => Math.round((categories[name]?.score ?? 0) * 100);
  const faults = (categories['accessibility']?.auditRefs ?? [])
    .map(({ id }) => audits[id])
    .filter((audit) => audit?.scoreDisplayMode === 'binary' && audit.score === 0)
    .map((audit) => audit?.title ?? '');
  return { accessibility: scoreOf('accessibility'), performance: scoreOf('performance'), faults };
}

process.exitCode = await main();
