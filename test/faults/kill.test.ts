import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { Types } from 'mongoose';
import { MongoClient } from 'mongodb';
import { Unavailable } from '../../server/core/errors.ts';
import { OutboxModel } from '../../server/db/outbox.ts';
import { inTransaction } from '../../server/db/transaction.ts';
import { AssignmentModel } from '../../server/features/assignments/assignment.model.ts';
import { HoursModel } from '../../server/features/hours/hours.model.ts';
import { LedgerEntryModel } from '../../server/features/hours/ledger.model.ts';
import type { Tenant } from '../../server/features/tenants/index.ts';
import { toAppError } from '../../server/http/error-handler.ts';
import { createServed } from '../factories/hours.ts';
import { asOperator, createMember, createTenant, inTenant } from '../factories/people.ts';
import type { Member } from '../factories/people.ts';
import { createPosition, createShift } from '../factories/requests.ts';
import type { ApiAgent, Answer } from '../support/agent.ts';
import { freshTestApp, stopTestApp, testApp } from '../support/app.ts';
import { startCommand } from '../support/command.ts';
import type { Command } from '../support/command.ts';
import { testServerUri } from '../support/mongod.ts';
import { environment, expectVerified } from '../support/processes.ts';

/** How many processes are killed; three hundred for the whole proof. */
const ROUNDS = Number(process.env['LINLI_FAULT_ROUNDS'] ?? 4);
const PEOPLE = 8;
const MINUTE = 60_000;
/** Hundreds of rounds meet every hiccup of the machine: a process that starts slowly, a request that waits, is no failure. */
const PATIENCE = (ROUNDS > 20 ? 10 : 3) * MINUTE;

/** One thing that somebody asked for, until it was settled. */
interface Asked {
  readonly agent: ApiAgent;
  readonly path: string;
  readonly body: unknown;
  readonly key: string;
  readonly answer: Answer;
  /** Connections that broke before an answer came. */
  readonly cut: number;
}

/** How long the tests' server lets a transaction live, in seconds, and how long while processes are killed. */
const LIFETIME = 8;
const SHORT_LIFETIME = 3;

const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Web processes are killed without warning while people sign up, come and go, and have hours confirmed. Whoever got no
 * answer asks again with the same key, as browsers and programs do (F-2, F-3).
 */
describe('web processes killed in the middle of it', function () {
  this.timeout(PATIENCE + ROUNDS * 15_000);
  const living: { command: Command; url: string }[] = [];
  const asked: Asked[] = [];
  let tenant: Tenant;
  let over = false;

  before(async () => {
    await freshTestApp();
    // What a killed process left open is given up sooner than in real life, or this would take minutes.
    await setLifetime(SHORT_LIFETIME);
    tenant = await createTenant();
    living.push(await start(), await start());
  });
  after(async () => {
    for (const { command } of living) command.child.kill('SIGTERM');
    for (const { command } of living) await command.ended;
    await setLifetime(LIFETIME);
    await stopTestApp();
  });

  async function start(): Promise<{ command: Command; url: string }> {
    const command = startCommand(['scripts/start-web.ts'], await environment());
    await command.says('Linli web is ready at ', PATIENCE);
    return { command, url: /ready at (\S+)/.exec(command.stdout())?.[1] ?? '' };
  }

  /**
   * What the test puts there by itself asks again, like any client: where the machine is busy, the short lifetime ends
   * transactions of those who live, too, and whoever asked over HTTP is told to come again. All of it is one transaction,
   * so that nothing is left of what was given up.
   */
  async function arranged<T>(work: () => Promise<T>): Promise<T> {
    const until = performance.now() + PATIENCE;
    for (;;)
      try {
        return await asOperator(() => inTransaction(work));
      } catch (err) {
        if (!(toAppError(err) instanceof Unavailable) || performance.now() > until) throw err;
        await wait(300);
      }
  }

  /** Asks until there is an answer that settles it, of whichever process lives. */
  async function settle(agent: ApiAgent, path: string, body: unknown = {}): Promise<Answer> {
    const key = randomUUID();
    let cut = 0;
    const until = performance.now() + PATIENCE;
    while (performance.now() < until) {
      const to = living[Math.floor(Math.random() * living.length)];
      const answer = await agent
        .at(to?.url ?? '')
        .post(path, body, { 'idempotency-key': key })
        .catch(() => null);
      if (answer === null) {
        cut += 1;
        await wait(50);
      } else if ([429, 503].includes(answer.status))
        await wait(Number(answer.headers.get('retry-after')) * 300);
      else if (answer.status === 409 && answer.json()['code'] === 'request-in-flight') await wait(300);
      else {
        asked.push({ agent, path, body, key, answer, cut });
        return answer;
      }
    }
    throw new Error(`${path} was never settled`);
  }

  async function must(agent: ApiAgent, path: string, body: unknown = {}): Promise<Record<string, unknown>> {
    const answer = await settle(agent, path, body);
    // A fault that nobody expected is told of in the log of whoever answered alone.
    const logs =
      answer.status < 500 ? '' : living.map(({ command }) => command.stdout().slice(-20_000)).join('');
    expect(answer.status, `${path}: ${answer.text}\n${logs}`).to.be.oneOf([200, 201]);
    return answer.json();
  }

  /** A position of a new shift. @returns its id */
  const createPlaceAt = (times: { startsAt: Date; endsAt?: Date }): Promise<string> =>
    arranged(async () => createPosition(tenant, { shiftId: await createShift(tenant, times) }));

  /** Signs up and calls off; signs up, comes and goes; has hours confirmed and taken back: over and over. */
  async function live(member: Member, desk: Member, second: ApiAgent, at: number): Promise<void> {
    const own = await arranged(() => member.api());
    const deskAgent = await arranged(() => desk.api());
    for (let day = 1; !over; day += 1) {
      const startsAt = new Date(Date.now() + (day * 86_400 + at * 60) * 1_000);
      const later = await createPlaceAt({ startsAt });
      const { id } = await must(own, `/positions/${later}/assignments`, { note: `day ${day}` });
      await must(own, `/assignments/${String(id)}/cancel`, { reason: '有事' });

      const soon = new Date(Date.now() + 5 * MINUTE);
      const endsAt = new Date(soon.getTime() + 30 * MINUTE);
      if (day === 1) {
        const positionId = await createPlaceAt({ startsAt: soon, endsAt });
        const { id: placeId } = await must(own, `/positions/${positionId}/assignments`);
        await must(deskAgent, `/assignments/${String(placeId)}/attendance`, { mark: 'check-in' });
        await must(deskAgent, `/assignments/${String(placeId)}/attendance`, { mark: 'check-out' });
      }

      const hoursId = await arranged(() => createServed(tenant, member, { hoursAgo: 4 * day + 3 }));
      await must(deskAgent, `/hours/${hoursId}/approve`);
      if (day % 2 === 0) {
        const { id: proposalId } = await must(deskAgent, `/hours/${hoursId}/reversal`, { reason: '录错了' });
        await must(second, `/proposals/${String(proposalId)}/confirmation`);
      }
    }
  }

  it('leave nothing half done, and whoever asks again gets the one answer', async () => {
    const lives: Promise<void>[] = [];
    const second = await (await createMember(tenant, { roles: ['reviewer'] })).api();
    for (let at = 0; at < PEOPLE; at += 1) {
      const member = await arranged(() => createMember(tenant));
      const desk = await arranged(() => createMember(tenant, { roles: ['coordinator', 'reviewer'] }));
      lives.push(live(member, desk, second, at));
    }
    const failed = Promise.race(lives).then(() => undefined);
    for (let round = 0; round < ROUNDS; round += 1) {
      await Promise.race([failed, wait(30 + Math.random() * 700)]);
      const victim = living.splice(round % 2, 1)[0];
      victim?.command.child.kill('SIGKILL');
      expect(await victim?.command.ended).to.equal('SIGKILL');
      living.push(await start());
    }
    over = true;
    await Promise.all(lives);

    const cut = asked.filter((one) => one.cut > 0);
    if (process.env['LINLI_SHOW'])
      process.stderr.write(
        `${ROUNDS} kills, ${asked.length} requests settled, ${cut.length} of them cut off before\n`,
      );
    expect(cut.length, 'requests that a kill cut off').to.be.above(0);
    await setLifetime(LIFETIME);
    await everyAnswerAgain();
    await nothingTwice();
    await workWaiting();
    await expectVerified();
  });

  /** Hundreds of kills take longer than the hour in which a jobs process would have sent and looked; none runs here. */
  async function workWaiting(): Promise<void> {
    if (ROUNDS <= 20) return;
    const { sweep } = await testApp();
    for (const name of ['messages/deliver', 'saved-searches/hear']) await sweep(name);
  }

  /** The same key says the same once more, word for word, and does nothing. */
  async function everyAnswerAgain(): Promise<void> {
    const again = asked.filter((one, at) => one.cut > 0 || at % 4 === 0);
    // Whoever asks for hundreds of answers once more is told to wait in between; meanwhile the others ask.
    const byAgent = Map.groupBy(again, ({ agent }) => agent);
    await Promise.all(
      [...byAgent.values()].map(async (own) => {
        for (const one of own) await sameAgain(one);
      }),
    );
  }

  async function sameAgain({ agent, path, body, key, answer }: Asked): Promise<void> {
    const ask = (): Promise<Answer> =>
      agent.at(living[0]?.url ?? '').post(path, body, { 'idempotency-key': key });
    let replay = await ask();
    while ([429, 503].includes(replay.status)) {
      await wait(Number(replay.headers.get('retry-after')) * 300);
      replay = await ask();
    }
    expect([replay.status, replay.json()], path).to.deep.equal([answer.status, answer.json()]);
    expect(replay.headers.get('idempotent-replayed')).to.equal('true');
  }

  async function nothingTwice(): Promise<void> {
    const ids = asked
      .filter(({ path }) => path.startsWith('/positions/'))
      .map(({ answer }) => String(answer.json()['id']));
    expect(new Set(ids)).to.have.property('size', ids.length);
    const reversed = asked
      .filter(({ path }) => path.endsWith('/reversal'))
      .map(({ path }) => path.split('/')[2]);
    const approved = asked
      .filter(({ path }) => path.endsWith('/approve'))
      .map(({ path }) => path.split('/')[2]);
    await inTenant(tenant.id, async () => {
      // Factories made the served ones; everything else was asked for.
      const served = (await HoursModel.find({}).lean()).map((row) => String(row.assignmentId));
      const rows = await AssignmentModel.find({}).select({ _id: 1, history: 1, state: 1 }).lean();
      const own = rows.filter(({ _id }) => ids.includes(String(_id)));
      expect(own).to.have.length(ids.length);
      expect(
        rows.filter(({ _id }) => !ids.includes(String(_id)) && !served.includes(String(_id))),
      ).to.deep.equal([]);
      for (const { state, history } of own)
        expect(history.map(({ to }) => to)).to.deep.equal(
          state === 'checked_out' ? ['accepted', 'checked_in', 'checked_out'] : ['accepted', state],
        );
      for (const id of approved)
        expect(await LedgerEntryModel.countDocuments({ hoursId: new Types.ObjectId(id) }), id).to.equal(
          reversed.includes(id) ? 4 : 2,
        );
      const messages = await OutboxModel.find({}).select({ dedupeKey: 1 }).lean();
      expect(new Set(messages.map(({ dedupeKey }) => dedupeKey))).to.have.property('size', messages.length);
    });
  }
});

async function setLifetime(seconds: number): Promise<void> {
  const client = await new MongoClient(await testServerUri()).connect();
  try {
    await client.db('admin').command({ setParameter: 1, transactionLifetimeLimitSeconds: seconds });
  } finally {
    await client.close();
  }
}
