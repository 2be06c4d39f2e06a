import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { PageAgent } from '../../test/support/agent.ts';
import { childOf, startCommand } from '../../test/support/command.ts';
import { makePlaces } from '../pages/place.ts';
import { City } from './city.ts';
import { fillCity, openPositions } from './fill.ts';
import { standPlan, takeAwayPlans } from './plan.ts';

const READING_MS = 600_000;
/** Asked about one after the other. */
const POSITIONS = 100;
/** Said above a ranking that counted a plan's prices, in either language. */
const BY_PLAN = /Ranked by the score less|排序按匹配分减去统筹方案/;

export interface OverHttp {
  readonly pages: number[];
  /** How many pages looked at everybody. */
  readonly memory: number;
  /** The same with a plan standing over all these days, by whose prices everybody is ranked; how many pages say so. */
  readonly planned: { readonly pages: number[]; readonly told: number };
  /** The first page right after the start: how long it took and how many it looked at; when everybody was in memory. */
  readonly first: { readonly ms: number; readonly looked: number; readonly allAfterMs: number };
  /** Resident memory of the web process, all its threads included: at the end, and the most it ever was. */
  readonly rss: { readonly end: number; readonly most: number };
}

/** Fills a place with the people of a city, starts a web process on it, and asks who fits, one request at a time. */
export async function measureOverHttp(
  folder: string,
  people: number,
  seed: number,
  requests: number,
): Promise<OverHttp> {
  const [place] = await makePlaces(folder, [{ name: 'fits', shifts: 100, people: 800 }]);
  if (!place) throw new Error('No place');
  const client = await new MongoClient(place.database.uris.migrate).connect();
  try {
    const filled = join(place.dataDir, `city-${people}-${seed}.json`);
    if (!existsSync(filled)) {
      const city = new City(people, seed);
      await fillCity(client.db(), city, people);
      writeFileSync(filled, JSON.stringify(await openPositions(client.db(), city, POSITIONS)));
    }
    const positions = JSON.parse(readFileSync(filled, 'utf8')) as string[];
    await takeAwayPlans(client.db());
    const web = startCommand(['scripts/with-node.mjs', 'scripts/start-web.ts'], {
      MONGODB_URI: place.database.uris.app,
      MIGRATE_MONGODB_URI: place.database.uris.migrate,
      LINLI_DATA: place.dataDir,
      NODE_ENV: 'production',
      LOG_LEVEL: 'warn',
      PORT: '0',
      PUBLIC_URL: 'http://127.0.0.1:0',
    });
    try {
      await web.says('Linli web is ready at ');
      const url = /ready at (\S+)/.exec(web.stdout())?.[1] ?? '';
      return await ask(url, childOf(web.child.pid ?? 0), await signIn(url, place.dataDir), positions, {
        requests,
        people,
        stand: () => standPlan(client.db(), positions),
      });
    } catch (err) {
      console.error(web.stdout().slice(-4_000), web.stderr().slice(-4_000));
      throw err;
    } finally {
      web.child.kill('SIGTERM');
      await web.ended;
    }
  } finally {
    await client.close();
    await place.database.stop();
  }
}

async function signIn(url: string, dataDir: string): Promise<string> {
  const signIns = JSON.parse(readFileSync(join(dataDir, 'first-sign-in.json'), 'utf8')) as {
    role: string;
    email: string;
    password: string;
  }[];
  const one = signIns.find(({ role }) => role === 'coordinator');
  const agent = new PageAgent(url);
  await agent.get('/sign-in');
  const answer = await agent.post('/sign-in', { email: one?.email ?? '', password: one?.password ?? '' });
  if (answer.status !== 303) throw new Error(`Signing in answered ${answer.status}`);
  return agent.cookieHeader();
}

/** Megabytes of 10^6 bytes, as the kernel counts them. */
function residentOf(pid: number): OverHttp['rss'] {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name: string): number =>
    (Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? '0') * 1_024) / 1e6;
  return { end: of('VmRSS'), most: of('VmHWM') };
}

async function ask(
  url: string,
  pid: number,
  cookie: string,
  positions: readonly string[],
  {
    requests,
    people,
    stand,
  }: { readonly requests: number; readonly people: number; readonly stand: () => Promise<void> },
): Promise<OverHttp> {
  const page = async (n: number): Promise<{ ms: number; looked: number; byPlan: boolean }> => {
    const began = performance.now();
    const answer = await fetch(`${url}/positions/${positions[n % positions.length]}/candidates`, {
      headers: { cookie, 'accept-language': 'en' },
    });
    const text = await answer.text();
    const ms = performance.now() - began;
    if (answer.status !== 200) throw new Error(`The page answered ${answer.status}: ${text.slice(0, 300)}`);
    // The reader's own language wins over what the browser asks for.
    const told = /共比对 ([\d,]+) 人|([\d,]+) people looked at/.exec(text);
    if (!told) throw new Error('The page does not say how many people it looked at');
    const looked = Number((told[1] ?? told[2] ?? '0').replaceAll(',', ''));
    return { ms, looked, byPlan: BY_PLAN.test(text) };
  };
  const began = performance.now();
  const first = await page(0);
  while ((await page(0)).looked < people) {
    if (performance.now() > began + READING_MS) throw new Error('The search never had the people in memory');
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const allAfterMs = performance.now() - began;
  for (let n = 0; n < 50; n++) await page(n);
  const pages: number[] = [];
  let memory = 0;
  for (let n = 0; n < requests; n++) {
    const one = await page(n);
    pages.push(one.ms);
    if (one.looked >= people) memory += 1;
  }
  await stand();
  while (!(await page(0)).byPlan) {
    if (performance.now() > began + 2 * READING_MS) throw new Error('No page counted the plan that stands');
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  for (let n = 0; n < 50; n++) await page(n);
  const planned: { pages: number[]; told: number } = { pages: [], told: 0 };
  for (let n = 0; n < requests; n++) {
    const one = await page(n);
    planned.pages.push(one.ms);
    if (one.byPlan && one.looked >= people) planned.told += 1;
  }
  return { pages, memory, planned, first: { ...first, allAfterMs }, rss: residentOf(pid) };
}
