import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { AssignmentModel } from '../../server/features/assignments/assignment.model.ts';
import { OutboxModel } from '../../server/db/outbox.ts';
import type { Tenant } from '../../server/features/tenants/index.ts';
import { createMember, createTenant, inTenant } from '../factories/people.ts';
import type { Member } from '../factories/people.ts';
import { createPosition, createShift } from '../factories/requests.ts';
import type { Answer } from '../support/agent.ts';
import { freshTestApp, stopTestApp } from '../support/app.ts';
import { startCommand } from '../support/command.ts';
import type { Command } from '../support/command.ts';
import { environment, expectVerified, persist } from '../support/processes.ts';
import { startReplicaSet } from '../support/replica-set.ts';
import type { TestReplicaSet } from '../support/replica-set.ts';
import { eventually } from '../support/temporary.ts';

/** How often the primary, or a web process, is killed; fifty for the whole proof. */
const ROUNDS = Number(process.env['LINLI_FAULT_ROUNDS'] ?? 1);
const WRITERS = 4;
const DAY_MS = 86_400_000;
/** Longest anybody may wait for "not now". */
const BOUND_MS = 5_000;

const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

interface Told {
  readonly status: number;
  readonly retryAfter: number;
  readonly ms: number;
}

/** One write that was acknowledged: what the client may rely on. */
interface Acknowledged {
  readonly id: string;
  state: string;
}

/** Three members, of which the one that takes writes is killed, steps down, or is left alone. */
describe('a database of three members', function () {
  this.timeout(180_000 + ROUNDS * 60_000);
  let set: TestReplicaSet;
  let tenant: Tenant;
  let jobs: Command;
  const web: { command: Command; url: string }[] = [];
  const log: Acknowledged[] = [];

  before(async () => {
    set = await startReplicaSet();
    await freshTestApp(set.uri);
    tenant = await createTenant();
    jobs = startCommand(['scripts/start-jobs.ts'], await environment());
    await Promise.all([startWeb(), startWeb(), jobs.says('Linli jobs are running')]);
  });
  after(async () => {
    try {
      for (const command of [jobs, ...web.map((one) => one.command)]) {
        command.child.kill('SIGTERM');
        expect(await command.ended, command.stderr()).to.equal(0);
      }
    } finally {
      await stopTestApp();
      await set.stop();
    }
  });

  async function startWeb(): Promise<void> {
    const command = startCommand(['scripts/start-web.ts'], await environment());
    await command.says('Linli web is ready at ');
    web.push({ command, url: /ready at (\S+)/.exec(command.stdout())?.[1] ?? '' });
  }
  const anyUrl = (): string => web[Math.floor(Math.random() * web.length)]?.url ?? '';

  /** Work of the test itself, for which the database is away like for everybody. */
  async function again<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (err) {
        if (attempt === 30) throw err;
        await wait(500);
      }
    }
  }
  /** What the processes logged of a request. */
  const logOf = (answer: Answer): string =>
    web
      .flatMap(({ command }) => `${command.stdout()}\n${command.stderr()}`.split('\n'))
      .filter((line) => line.includes(answer.headers.get('x-request-id') ?? 'none'))
      .join('\n');
  const openPlace = (day: number): Promise<string> =>
    again(async () => {
      const startsAt = new Date(Date.now() + day * DAY_MS);
      return createPosition(tenant, { shiftId: await createShift(tenant, { startsAt }) });
    });

  /** Signs up and calls off, over and over, and writes down whatever was acknowledged. */
  async function write(member: Member, stopped: () => boolean, refused: number[]): Promise<void> {
    const api = await again(() => member.api());
    const settle = async (path: string, body: object): Promise<Record<string, unknown>> => {
      const key = randomUUID();
      for (;;) {
        const answer = await api
          .at(anyUrl())
          .post(path, body, { 'idempotency-key': key })
          .catch(() => null);
        if (answer && answer.status < 300) return answer.json();
        const inFlight = answer?.status === 409 && answer.text.includes('request-in-flight');
        // A killed process breaks connections; a database that is away is said so; everything else is wrong.
        if (answer && !inFlight) {
          if (answer.status !== 503) await wait(300);
          expect(answer.status, `${answer.text}\n${logOf(answer)}`).to.equal(503);
          expect(Number(answer.headers.get('retry-after'))).to.be.above(0);
          refused.push(performance.now());
        }
        await wait(200 + Math.random() * 200);
      }
    };
    for (let day = 2; !stopped(); day += 1) {
      const positionId = await openPlace(day);
      const { id, state } = await settle(`/positions/${positionId}/assignments`, {});
      const entry = { id: String(id), state: String(state) };
      log.push(entry);
      if (day % 2 === 1) continue;
      entry.state = String((await settle(`/assignments/${entry.id}/cancel`, { reason: '有事' }))['state']);
    }
  }

  /** Lets people write while something happens. @returns when somebody was told to come again */
  async function whileWriting(happens: () => Promise<void>): Promise<number[]> {
    let over = false;
    const refused: number[] = [];
    const people = await Promise.all(Array.from({ length: WRITERS }, () => createMember(tenant)));
    const writing = Promise.all(people.map((member) => write(member, () => over, refused)));
    await Promise.race([writing, happens()]);
    over = true;
    await writing;
    return refused;
  }

  /** Everything that was acknowledged is there, in the state that was acknowledged. */
  async function expectNothingLost(): Promise<void> {
    const rows = await inTenant(tenant.id, () =>
      AssignmentModel.find({ _id: { $in: log.map(({ id }) => id) } })
        .select({ state: 1 })
        .lean(),
    );
    const stored = new Map(rows.map(({ _id, state }) => [String(_id), state]));
    for (const { id, state } of log) expect(stored.get(id), id).to.equal(state);
  }

  it('keeps every write that was acknowledged, whichever of them or of our processes is killed', async () => {
    await whileWriting(async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        await wait(500 + Math.random() * 1_500);
        const primary = await set.primary();
        await set.kill(primary);
        await wait(500 + Math.random() * 1_500);
        const [victim] = web.splice(round % 2, 1);
        victim?.command.child.kill('SIGKILL');
        expect(await victim?.command.ended).to.equal('SIGKILL');
        await Promise.all([startWeb(), set.restart(primary)]);
      }
    });
    expect(log.length).to.be.above(ROUNDS);
    if (process.env['LINLI_SHOW'])
      process.stderr.write(`${ROUNDS} rounds, ${log.length} places acknowledged\n`);
    await expectNothingLost();
    await expectVerified();
  });

  it('steps down under load: soon all is well again, jobs go on, and nothing was restarted', async () => {
    const pids = [jobs, ...web.map(({ command }) => command)].map(({ child }) => child.pid);
    const before = await set.primary();
    let steppedDownAt = 0;
    const refused = await whileWriting(async () => {
      await wait(1_000);
      await set.stepDown();
      steppedDownAt = performance.now();
      await wait(6_000);
    });
    expect(await set.primary()).to.not.equal(before);
    const late = refused.map((at) => at - steppedDownAt).filter((ms) => ms > 0);
    if (process.env['LINLI_SHOW'])
      process.stderr.write(
        `step-down: ${refused.length} times 503, the last after ${Math.round(Math.max(0, ...late))} ms\n`,
      );
    expect(Math.max(0, ...late)).to.be.below(15_000);
    const waiting = (): Promise<number> =>
      inTenant(tenant.id, () => OutboxModel.countDocuments({ state: 'waiting' }));
    await eventually('jobs send what was written', async () => (await waiting()) === 0, 150_000);
    expect([jobs, ...web.map(({ command }) => command)].map(({ child }) => child.pid)).to.deep.equal(pids);
    await expectNothingLost();
    await expectVerified();
  });

  it('says within five seconds that it has no majority; processes live, and go on when members return', async () => {
    // As in real life: the lone primary needs seconds until it notices.
    await set.electAfter(5_000);
    const member = await createMember(tenant);
    const url = web[0]?.url ?? '';
    const api = (await member.api()).at(url);
    const positions: string[] = [];
    for (let day = 2; day < 7; day += 1) positions.push(await openPlace(day));
    const path = (at: number): string => `/positions/${positions[at] ?? ''}/assignments`;
    const signUp = (at: number): Promise<Told> =>
      timed(() => api.post(path(at), {}, { 'idempotency-key': `majority-${at}` }));
    const ready = async (): Promise<number> => (await fetch(`${url}/readyz`)).status;

    expect((await signUp(0)).status).to.equal(201);
    const primary = await set.primary();
    const others = [0, 1, 2].filter((index) => index !== primary);
    await Promise.all(others.map((index) => set.kill(index)));
    refusedSoon(await signUp(1), 'a write before the primary has noticed');
    await eventually('not ready', async () => (await ready()) === 503, 30_000);
    const answers = await Promise.all([
      signUp(2),
      signUp(3),
      timed(() => api.get('/skills')),
      timed(() => fetch(`${url}/readyz`)),
    ]);
    for (const told of answers) refusedSoon(told, 'anything without a primary');
    const health = await timed(() => fetch(`${url}/healthz`));
    expect(health.status).to.equal(200);

    await Promise.all(others.map((index) => set.restart(index)));
    await eventually('ready again', async () => (await ready()) === 200, 60_000);
    // Whoever was told to come again does, with the same key: each of them signed up once.
    for (let at = 1; at < 5; at += 1) {
      const { answer } = await persist(api, path(at), {}, `majority-${at}`);
      expect(answer.status, answer.text).to.equal(201);
    }
    const rows = await inTenant(tenant.id, () => AssignmentModel.find({ personId: member.personId }).lean());
    expect(rows.map(({ positionId }) => String(positionId)).sort()).to.deep.equal([...positions].sort());
    for (const { child } of [jobs, ...web.map(({ command }) => command)])
      expect(child.exitCode).to.equal(null);
    await expectVerified();
  });
});

async function timed(work: () => Promise<{ status: number; headers: Headers }>): Promise<Told> {
  const began = performance.now();
  const { status, headers } = await work();
  return {
    status,
    retryAfter: Number(headers.get('retry-after')),
    ms: Math.round(performance.now() - began),
  };
}

function refusedSoon(told: Told, what: string): void {
  expect(told.status, what).to.equal(503);
  expect(told.retryAfter, what).to.be.above(0);
  expect(told.ms, what).to.be.below(BOUND_MS);
}
