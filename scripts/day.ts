import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig } from '../server/config.ts';
import { Day, Person, StepFailed } from './day/client.ts';
import type { Step } from './day/client.ts';
import { playOpportunities } from './day/opportunities.ts';
import { newVolunteer, playCertificate, playToday, playTomorrow } from './day/play.ts';
import type { Cast } from './day/play.ts';
import { proveOffline } from './day/proof.ts';
import { failWith } from './terminal.ts';

const HELP = `npm run day -- [--json] [--url URL] [--opportunities FILE.csv]

Plays one service day over HTTP against a running Linli with the demo place, as real users: register, confirm by mail,
post, find, offer, accept, decline, wait in line and move up, check in and out, confirm, certificate, verify. Takes two to
three minutes, because the shift of today really begins. --opportunities plays on an imported file instead.
Ends with \`verify\`; exits 1 when a step or an invariant fails.`;

interface SignIn {
  readonly role: string;
  readonly tenant: string;
  readonly email: string;
  readonly password: string;
}

async function castOf(day: Day, dataDir: string): Promise<Cast> {
  const file = join(dataDir, 'first-sign-in.json');
  const signIns = JSON.parse(readFileSync(file, 'utf8')) as SignIn[];
  const enter = async (role: string): Promise<Person> => {
    const found = signIns.find((one) => one.role === role && one.tenant === 'tonglu');
    if (!found) throw new StepFailed(`${file} has no ${role}`);
    const person = new Person(day, role, found.email);
    await day.step('signs in', role, () => person.signIn(found.password, found.tenant));
    return person;
  };
  return {
    coordinator: await enter('coordinator'),
    officer: await enter('officer'),
    reviewer: await enter('reviewer'),
  };
}

async function play(day: Day, dataDir: string, file: string | undefined): Promise<void> {
  const cast = await castOf(day, dataDir);
  const run = String(Date.now() % 100_000);
  const names = ['安', '贝', '蔡'].map((name) => `${name}日行${run}`);
  const people: Person[] = [];
  for (const name of names) people.push(await newVolunteer(day, cast, name));
  const [ann, ben, cai] = people as [Person, Person, Person];
  if (file) await playOpportunities(day, cast, ann, file);
  await playTomorrow(day, cast, [ann, ben, cai]);
  await playToday(day, cast, cai);
  await proveOffline(day, await playCertificate(day, cai));
}

/** The invariants after the day, by the same command an operator uses. */
async function verifyAll(day: Day): Promise<void> {
  await day.step('every invariant holds', 'operator', async () => {
    const result = spawnSync(process.execPath, [join(import.meta.dirname, 'verify.ts')], {
      encoding: 'utf8',
      env: process.env,
    });
    if (result.status !== 0) throw new StepFailed(`${result.stdout}\n${result.stderr}`.slice(-1_500));
  });
}

const line = ({ name, actor, status, ms }: Step): string =>
  `${status === 'ok' ? '✔' : '✖'} ${`${ms}`.padStart(7)} ms  ${actor.padEnd(14)} ${name}${status === 'ok' ? '' : `\n    ${status}`}`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean' },
      url: { type: 'string' },
      opportunities: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const config = loadConfig(process.env);
  const day = new Day((values.url ?? config.publicUrl).replace(/\/+$/, ''), (step) =>
    values.json ? undefined : console.log(line(step)),
  );
  let ok = true;
  try {
    await play(day, config.dataDir, values.opportunities);
    await verifyAll(day);
  } catch (err) {
    if (!(err instanceof StepFailed)) throw err;
    ok = false;
  }
  if (values.json) console.log(JSON.stringify({ ok, steps: day.steps }, null, 2));
  else console.log(ok ? `The day went well: ${day.steps.length} steps.` : 'The day failed.');
  return ok ? 0 : 1;
}

process.exitCode = await main().catch(failWith);
