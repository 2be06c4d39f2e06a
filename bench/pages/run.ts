import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PageAgent } from '../../test/support/agent.ts';
import { CallWatch } from '../../test/support/calls.ts';
import { childOf, startCommand } from '../../test/support/command.ts';
import type { Command } from '../../test/support/command.ts';
import { measureInTurns } from './load.ts';
import type { Asked, Measured, Server } from './load.ts';
import { makePlaces, TENANT } from './place.ts';
import type { BenchPlace, Size } from './place.ts';
import { elementsOf, shareSaid } from './same.ts';

const HELP = `node bench/pages/run.ts [--requests N] [--only NAME] [--places FOLDER]

The main pages of Linli at two sizes (1,000 shifts and 10,000 people; 10,000 and 100,000), and at the larger one beside
naive pages of the same content (bench/pages/naive.ts), all in this run on the same data: requests per second at 10
connections, times, CPU of the server process per request, bytes, database calls. "said" is the share of the words of
our page that the naive page says too, "built" the share of our elements that it has: the comparison is of equal pages or
fails. Ratios are of this run; machines differ, and so do their busy hours. With --places the two places stay in the folder
and are used again (filling them takes minutes). What every visitor sees the same comes from memory for three seconds, and is
measured so; "made anew" are the same pages for a visitor who has a session, for whom nothing is kept: their gain over the
naive page is told, and no gate. Last line: a verdict, exit 0 only when every gate is met.`;

const SIZES: readonly Size[] = [
  { name: 'small', shifts: 1_000, people: 10_000 },
  { name: 'large', shifts: 10_000, people: 100_000 },
];

/** Check 5 of the product's issue 5. */
const GATES = { calls: 8, growth: 1.3, milliseconds: 50, bytes: 100_000, naive: 2, said: 0.9 };

interface Page {
  readonly name: string;
  readonly role: string;
  readonly path: string;
  readonly naive: string;
  /** Shown to say what a page costs that is else kept: no gain over the naive one is asked of it. */
  readonly anew?: boolean;
}

const pagesOf = (shiftId: string, openId: string): readonly Page[] => [
  { name: 'public list', role: 'visitor', path: `/t/${TENANT}/opportunities`, naive: '/opportunities' },
  {
    name: 'one opportunity',
    role: 'visitor',
    path: `/t/${TENANT}/opportunities/${openId}`,
    naive: `/opportunities/${openId}`,
  },
  {
    name: 'list made anew',
    role: 'guest',
    path: `/t/${TENANT}/opportunities`,
    naive: '/opportunities',
    anew: true,
  },
  {
    name: 'one made anew',
    role: 'guest',
    path: `/t/${TENANT}/opportunities/${openId}`,
    naive: `/opportunities/${openId}`,
    anew: true,
  },
  { name: 'own home', role: 'volunteer', path: '/', naive: '/' },
  { name: 'what suits me', role: 'volunteer', path: '/opportunities', naive: '/mine' },
  { name: 'desk home', role: 'coordinator', path: '/', naive: '/' },
  { name: 'shifts', role: 'coordinator', path: '/shifts', naive: '/shifts' },
  { name: 'requests', role: 'coordinator', path: '/requests', naive: '/requests' },
  { name: 'one shift', role: 'coordinator', path: `/shifts/${shiftId}`, naive: `/shifts/${shiftId}` },
  {
    name: 'day board',
    role: 'coordinator',
    path: `/shifts/${shiftId}/attendance`,
    naive: `/shifts/${shiftId}/board`,
  },
  { name: 'members', role: 'coordinator', path: '/memberships', naive: '/members' },
  { name: 'member search', role: 'coordinator', path: '/memberships?q=wang', naive: '/members?q=wang' },
  { name: 'hours to confirm', role: 'coordinator', path: '/hours/queue', naive: '/hours/queue' },
  { name: 'audit trail', role: 'auditor', path: '/audit', naive: '/audit' },
];

interface SignIn {
  readonly role: string;
  readonly email: string;
  readonly password: string;
}

interface Ground {
  readonly place: BenchPlace;
  readonly linli: Server;
  readonly naive: Server;
  readonly cookies: Map<string, { linli: string; naive: string }>;
  readonly pages: readonly Page[];
  readonly watch: CallWatch;
  readonly commands: readonly Command[];
}

async function start(place: BenchPlace): Promise<Ground> {
  // As `npm run start:web` does, with the options that Linli gives to Node; the naive pages as a beginner starts them.
  const web = startCommand(['scripts/with-node.mjs', 'scripts/start-web.ts'], {
    MONGODB_URI: place.database.uris.app,
    MIGRATE_MONGODB_URI: place.database.uris.migrate,
    LINLI_DATA: place.dataDir,
    NODE_ENV: 'production',
    LOG_LEVEL: 'info',
    PORT: '0',
    PUBLIC_URL: 'http://127.0.0.1:0',
  });
  // Its sessions are a collection of its own, on which the product's user has no right.
  const beginner = startCommand(['bench/pages/naive.ts'], {
    MONGODB_URI: place.database.uris.migrate,
    NODE_ENV: 'production',
    TENANT,
  });
  await Promise.all([web.says('Linli web is ready at '), beginner.says('Naive pages are ready at ')]);
  const server = (command: Command, pid: number): Server => ({
    url: /ready at (\S+)/.exec(command.stdout())?.[1] ?? '',
    pid,
  });
  const linli = server(web, childOf(web.child.pid ?? 0));
  const naive = server(beginner, beginner.child.pid ?? 0);
  const guest = new PageAgent(linli.url);
  await guest.get('/sign-in');
  const cookies = new Map([
    ['visitor', { linli: '', naive: '' }],
    ['guest', { linli: guest.cookieHeader(), naive: '' }],
  ]);
  const signIns = JSON.parse(readFileSync(join(place.dataDir, 'first-sign-in.json'), 'utf8')) as SignIn[];
  for (const { role, email, password } of signIns) {
    if (cookies.has(role)) continue;
    const agent = new PageAgent(linli.url);
    await agent.get('/sign-in');
    const answer = await agent.post('/sign-in', { email, password });
    if (answer.status !== 303) throw new Error(`Signing in as ${role} answered ${answer.status}`);
    const beside = await fetch(`${naive.url}/as/${email}`);
    if (beside.status !== 200) throw new Error(`The naive pages know nobody: ${beside.status}`);
    const cookie = beside.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    cookies.set(role, { linli: agent.cookieHeader(), naive: cookie });
  }
  const list = await (await fetch(`${linli.url}/t/${TENANT}/opportunities`)).text();
  const openId = /opportunities\/([0-9a-f]{24})/.exec(list)?.[1] ?? '';
  return {
    place,
    linli,
    naive,
    cookies,
    pages: pagesOf(place.shiftId, openId),
    watch: new CallWatch(place.database.uris.migrate),
    commands: [web, beginner],
  };
}

interface Row {
  readonly name: string;
  readonly anew: boolean;
  readonly calls: number;
  readonly naiveCalls: number;
  readonly said: number;
  readonly built: number;
  readonly small: Measured;
  readonly large: Measured;
  readonly naive: Measured;
}

type Counted = Pick<Row, 'calls' | 'naiveCalls' | 'said' | 'built'>;

/** Before any load: what an unfinished burst still asks for would be counted too. */
async function lookAt(ground: Ground, { role, path, naive }: Page): Promise<Counted> {
  const cookie = ground.cookies.get(role) ?? { linli: '', naive: '' };
  const watched = async (url: string, own: string): Promise<{ calls: number; html: string }> => {
    const ask = (): Promise<string> =>
      fetch(url, { headers: { cookie: own } }).then((answer) => answer.text());
    const html = await ask();
    return { calls: (await ground.watch.during(ask)).length, html };
  };
  const ours = await watched(`${ground.linli.url}${path}`, cookie.linli);
  const theirs = await watched(`${ground.naive.url}${naive}`, cookie.naive);
  return {
    calls: ours.calls,
    naiveCalls: theirs.calls,
    said: shareSaid(ours.html, theirs.html),
    built: elementsOf(theirs.html) / elementsOf(ours.html),
  };
}

async function rowOf(
  small: Ground,
  large: Ground,
  at: number,
  amount: number,
  counted: Counted,
): Promise<Row> {
  const [one, other] = [small.pages[at] as Page, large.pages[at] as Page];
  const asked = (ground: Ground, server: 'linli' | 'naive', path: string): Asked => ({
    server: ground[server],
    path,
    cookie: ground.cookies.get(one.role)?.[server] ?? '',
  });
  const [little, much, beside] = await measureInTurns(
    [asked(small, 'linli', one.path), asked(large, 'linli', other.path), asked(large, 'naive', other.naive)],
    amount,
  );
  if (!little || !much || !beside) throw new Error(`${one.name} was not measured`);
  return { name: one.name, anew: one.anew === true, ...counted, small: little, large: much, naive: beside };
}

const HEADERS = [
  'page',
  'req/s',
  'p50',
  'p95',
  'alone p50',
  'alone p95',
  'CPU ms',
  'KB',
  'calls',
  '× small',
  'naive req/s',
  'naive CPU',
  'naive KB',
  'naive calls',
  'said',
  'built',
  '× naive',
  'gates',
];

/** Of one request at a time: at ten connections a queue of nine would be measured with it. */
const growthOf = ({ small, large }: Row): number => large.alone50 / small.alone50;
const gainOf = ({ large, naive }: Row): number => naive.cpuMs / large.cpuMs;

function missedBy(row: Row): string[] {
  return [
    ...(row.calls > GATES.calls ? ['calls'] : []),
    ...(growthOf(row) > GATES.growth ? ['growth'] : []),
    ...(row.large.alone95 > GATES.milliseconds ? ['time'] : []),
    ...(row.large.bytes >= GATES.bytes ? ['bytes'] : []),
    ...(gainOf(row) < GATES.naive && !row.anew ? ['naive'] : []),
    ...(Math.min(row.said, row.built) < GATES.said ? ['unlike'] : []),
  ];
}

function cells(row: Row): string[] {
  const { large, naive } = row;
  const ms = (value: number): string => value.toFixed(1);
  return [
    row.name,
    large.perSecond.toFixed(0),
    ms(large.p50),
    ms(large.p95),
    ms(large.alone50),
    ms(large.alone95),
    large.cpuMs.toFixed(2),
    (large.bytes / 1_000).toFixed(1),
    String(row.calls),
    growthOf(row).toFixed(2),
    naive.perSecond.toFixed(0),
    naive.cpuMs.toFixed(2),
    (naive.bytes / 1_000).toFixed(1),
    String(row.naiveCalls),
    row.said.toFixed(3),
    row.built.toFixed(2),
    gainOf(row).toFixed(2),
    missedBy(row).join(' ') || 'pass',
  ];
}

function print(rows: readonly Row[]): void {
  const lines = [HEADERS, ...rows.map(cells)];
  const widths = HEADERS.map((_header, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  for (const line of lines)
    console.log(
      line
        .map((cell, at) => (at === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join('  '),
    );
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      requests: { type: 'string' },
      only: { type: 'string' },
      places: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const amount = Number(values.requests ?? 900);
  const folder = values.places ?? realpathSync(mkdtempSync(join(tmpdir(), 'linli-pages-')));
  const grounds: Ground[] = [];
  let places: BenchPlace[] = [];
  try {
    const began = performance.now();
    places = await makePlaces(folder, SIZES);
    console.error(`Both places are filled after ${((performance.now() - began) / 1_000).toFixed(0)} s`);
    for (const place of places) grounds.push(await start(place));
    const [small, large] = grounds as [Ground, Ground];
    const counted: Counted[] = [];
    for (const page of large.pages) counted.push(await lookAt(large, page));
    const rows: Row[] = [];
    for (const [at, { name }] of small.pages.entries()) {
      if (values.only !== undefined && values.only !== name) continue;
      console.error(`Measuring: ${name}`);
      rows.push(await rowOf(small, large, at, amount, counted[at] as Counted));
    }
    console.log(
      `At ${large.place.shifts} shifts and ${large.place.people} people; "× small" is the time of one request against ${small.place.shifts} and ${small.place.people}.`,
    );
    print(rows);
    const missed = rows.filter((row) => missedBy(row).length > 0);
    console.log(
      missed.length === 0
        ? `PASS: ${rows.length} pages meet every gate`
        : `FAIL: ${missed.map((row) => `${row.name} (${missedBy(row).join(', ')})`).join('; ')}`,
    );
    return missed.length === 0 ? 0 : 1;
  } finally {
    for (const { watch, commands } of grounds) {
      await watch.close();
      for (const { child, ended } of commands) {
        child.kill('SIGTERM');
        await ended;
      }
    }
    for (const { database } of places) await database.stop();
    if (values.places === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
