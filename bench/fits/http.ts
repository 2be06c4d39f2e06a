import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient, ObjectId } from 'mongodb';
import type { Db, Document } from 'mongodb';
import { PageAgent } from '../../test/support/agent.ts';
import { startCommand } from '../../test/support/command.ts';
import { makePlaces, TENANT } from '../pages/place.ts';
import { City } from './city.ts';

const BATCH = 5_000;
const REACH_METRES = 10_000;
/** Members that a ranking from the database looks at, at most: more than these were looked at in memory. */
const MOST_FROM_DATABASE = 20_000;
const READING_MS = 600_000;

export interface OverHttp {
  readonly pages: number[];
  /** How many pages were answered from memory. */
  readonly memory: number;
  readonly rssMegabytes: number;
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
    const positions = await fill(client.db(), people, seed);
    const web = startCommand(['scripts/start-web.ts'], {
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
      return await ask(url, web.child.pid ?? 0, await signIn(url, place.dataDir), positions, requests);
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

/** Everybody of the city as members, and a hundred positions that ask for them. */
async function fill(db: Db, people: number, seed: number): Promise<string[]> {
  const tenant = await db.collection('tenants').findOne({ slug: TENANT });
  const tenantId = tenant?._id as ObjectId;
  await db.collection('tenants').updateOne(
    { _id: tenantId },
    {
      $set: {
        matching: {
          version: 1,
          weights: {},
          off: [],
          weeklyCapMinutes: 2_400,
          restMinutes: 480,
          reachMetres: REACH_METRES,
        },
      },
    },
  );
  const like = await db.collection('memberships').findOne({ tenantId, state: 'approved', grants: [] });
  const city = new City(people, seed);
  let made: { people: Document[]; memberships: Document[] } = { people: [], memberships: [] };
  const flush = async (): Promise<void> => {
    for (const [name, rows] of Object.entries(made))
      if (rows.length > 0) await db.collection(name).insertMany(rows, { ordered: false });
    made = { people: [], memberships: [] };
  };
  for (let n = 0; n < people; n++) {
    const { person } = city.person();
    const _id = person._id as unknown as ObjectId;
    made.people.push({
      ...person,
      name: `Person ${n}`,
      zone: 'Asia/Shanghai',
      createdAt: new Date(0),
      version: 1,
    });
    made.memberships.push({
      ...like,
      _id: new ObjectId(`8a${n.toString(16).padStart(22, '0')}`),
      personId: _id,
      accountId: null,
      personName: `Person ${n}`,
      searchKeys: [],
    });
    if (made.people.length === BATCH) await flush();
  }
  await flush();
  return openPositions(db, tenantId, city);
}

async function openPositions(db: Db, tenantId: ObjectId, city: City): Promise<string[]> {
  const shift = await db
    .collection('shifts')
    .findOne({ tenantId, state: 'published', startsAt: { $gt: new Date() } });
  const position = await db.collection('positions').findOne({ tenantId, shiftId: shift?._id });
  const ids: string[] = [];
  for (let n = 0; n < 100; n++) {
    const { facts } = city.position();
    const shiftId = new ObjectId(`da${n.toString(16).padStart(22, '0')}`);
    const positionId = new ObjectId(`ea${n.toString(16).padStart(22, '0')}`);
    const { latitude, longitude } = facts.point ?? { latitude: 0, longitude: 0 };
    await db.collection('shifts').insertOne({
      ...shift,
      _id: shiftId,
      place: { label: 'x', address: '', point: { type: 'Point', coordinates: [longitude, latitude] } },
      category: facts.category,
      startsAt: facts.startsAt,
      endsAt: facts.endsAt,
      seriesId: null,
      seriesDate: null,
    });
    await db.collection('positions').insertOne({
      ...position,
      _id: positionId,
      shiftId,
      skills: facts.skills,
      credentials: [],
      languages: facts.languages.map((code) => code),
      taken: 0,
    });
    ids.push(String(positionId));
  }
  return ids;
}

async function ask(
  url: string,
  pid: number,
  cookie: string,
  positions: readonly string[],
  requests: number,
): Promise<OverHttp> {
  const page = async (n: number): Promise<{ ms: number; memory: boolean }> => {
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
    return { ms, memory: looked > MOST_FROM_DATABASE };
  };
  const until = performance.now() + READING_MS;
  while (!(await page(0)).memory) {
    if (performance.now() > until) throw new Error('The search never had the people in memory');
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
  for (let n = 0; n < 50; n++) await page(n);
  const pages: number[] = [];
  let memory = 0;
  for (let n = 0; n < requests; n++) {
    const one = await page(n);
    pages.push(one.ms);
    if (one.memory) memory += 1;
  }
  const rss = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  return { pages, memory, rssMegabytes: Number(rss) / 1_000 };
}
