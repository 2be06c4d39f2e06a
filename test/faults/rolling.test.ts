import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { Types } from 'mongoose';
import { OutboxModel } from '../../server/db/outbox.ts';
import { AssignmentModel } from '../../server/features/assignments/assignment.model.ts';
import { LedgerEntryModel } from '../../server/features/hours/ledger.model.ts';
import type { Tenant } from '../../server/features/tenants/index.ts';
import { createServed } from '../factories/hours.ts';
import { createMember, createTenant, inTenant, PASSWORD } from '../factories/people.ts';
import type { Member } from '../factories/people.ts';
import { createPosition, createShift } from '../factories/requests.ts';
import { PageAgent } from '../support/agent.ts';
import type { Answer, ApiAgent } from '../support/agent.ts';
import { freshTestApp, stopTestApp } from '../support/app.ts';
import { startFleet } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { startMailSink } from '../support/mail-sink.ts';
import type { MailSink } from '../support/mail-sink.ts';
import { database } from '../../server/db/connect.ts';
import { expectVerified } from '../support/processes.ts';
import { startReplicaSet } from '../support/replica-set.ts';
import type { TestReplicaSet } from '../support/replica-set.ts';
import { eventually } from '../support/temporary.ts';

/** How long traffic goes on; ten minutes, and a process every twenty seconds, for the whole proof. */
const MINUTES = Number(process.env['LINLI_SOAK_MINUTES'] ?? 0.4);
const EVERY_MS = MINUTES >= 5 ? 20_000 : 6_000;
const PEOPLE = 6;
const MINUTE = 60_000;

const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Work of the test itself on the database, which is away for a moment like everybody's. */
async function again<T>(work: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (err) {
      if (attempt === 20) throw err;
      await wait(500);
    }
  }
}

/**
 * Processes are replaced one after the other while people come and go, and the database changes its primary: nobody sees
 * more than "come again in a moment" (F-1, F-6, F-24).
 */
describe('three web and two jobs processes, replaced one after the other', function () {
  this.timeout(240_000 + MINUTES * MINUTE * 2);
  let set: TestReplicaSet;
  let sink: MailSink;
  let fleet: Fleet;
  let tenant: Tenant;
  let over = false;
  /** What was answered, by status; what was not allowed, word for word. */
  const statuses: Record<number, number> = {};
  const wrong: string[] = [];
  /** Instants at which somebody was told to come again. */
  const turnedAway: number[] = [];
  /** What was acknowledged: places with what happened to them, hours that were posted. */
  const places = new Map<string, string[]>();
  const posted: string[] = [];

  before(async () => {
    set = await startReplicaSet();
    await freshTestApp(set.uri);
    sink = await startMailSink();
    tenant = await createTenant();
    fleet = await startFleet({ web: 3, jobs: 2 }, { SMTP_URL: sink.url });
  });
  after(async () => {
    await stopTestApp();
    await sink.stop();
    await set.stop();
  });

  /** Asks until it is settled, as often as it is told to come again. */
  async function settle(what: string, ask: (url: string) => Promise<Answer>): Promise<Answer> {
    for (;;) {
      const answer = await fleet.send(ask);
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
      const inFlight = answer.status === 409 && answer.text.includes('request-in-flight');
      if (answer.status !== 503 && !inFlight) return answer;
      const seconds = Number(answer.headers.get('retry-after'));
      if (answer.status === 503) turnedAway.push(performance.now());
      if (answer.status === 503 && !(seconds > 0)) wrong.push(`${what}: 503 without Retry-After`);
      await wait((seconds > 0 ? seconds : 1) * (200 + Math.random() * 300));
    }
  }
  const expected = (answer: Answer, what: string, ...allowed: number[]): Answer => {
    if (!allowed.includes(answer.status))
      wrong.push(`${what}: ${answer.status} ${answer.text.slice(0, 300)}`);
    return answer;
  };
  async function post(api: ApiAgent, path: string, body: unknown = {}): Promise<Record<string, unknown>> {
    const key = randomUUID();
    const answer = await settle(path, (url) => api.at(url).post(path, body, { 'idempotency-key': key }));
    return expected(answer, path, 200, 201).json();
  }
  const get = async (api: ApiAgent, path: string): Promise<void> =>
    void expected(await settle(path, (url) => api.at(url).get(path)), path, 200);
  const page = async (browser: PageAgent, path: string): Promise<void> =>
    void expected(await settle(path, (url) => browser.goTo(url).get(path)), path, 200);

  async function signIn(member: Member): Promise<PageAgent> {
    const browser = new PageAgent();
    await page(browser, '/sign-in');
    const form = { email: member.email, password: PASSWORD };
    const answer = await settle('sign-in', (url) => browser.goTo(url).post('/sign-in', form));
    expected(answer, 'sign-in', 303);
    return browser;
  }

  /** Somebody new each time: signs in, looks around, comes and goes, calls off something else, has hours confirmed. */
  async function comeAndGo(desk: ApiAgent, round: number): Promise<void> {
    const member = await again(() => createMember(tenant));
    const own = await again(() => member.api());
    const browser = await signIn(member);
    await page(browser, '/opportunities');
    await get(own, '/skills');

    const soon = new Date(Date.now() + 5 * MINUTE);
    const endsAt = new Date(soon.getTime() + 30 * MINUTE);
    const here = await again(async () =>
      createPosition(tenant, { shiftId: await createShift(tenant, { startsAt: soon, endsAt }) }),
    );
    const { id } = await post(own, `/positions/${here}/assignments`);
    places.set(String(id), ['accepted']);
    for (const mark of ['check-in', 'check-out']) {
      await post(desk, `/assignments/${String(id)}/attendance`, { mark });
      places.get(String(id))?.push(mark === 'check-in' ? 'checked_in' : 'checked_out');
    }
    await page(browser, '/account');

    const startsAt = new Date(Date.now() + (2 + (round % 5)) * 86_400_000);
    const there = await again(async () =>
      createPosition(tenant, { shiftId: await createShift(tenant, { startsAt }) }),
    );
    const { id: other } = await post(own, `/positions/${there}/assignments`);
    places.set(String(other), ['accepted']);
    if (round % 2 === 0) {
      await post(own, `/assignments/${String(other)}/cancel`, { reason: '有事' });
      places.get(String(other))?.push('cancelled_by_person');
    }
    // At other hours each time: an attempt that failed may have left served time behind, which counts once only.
    const hours = await again((attempt) => createServed(tenant, member, { hoursAgo: 5 + 4 * attempt }));
    await post(desk, `/hours/${hours}/approve`);
    posted.push(hours);
    await page(browser, '/opportunities');
  }

  async function stream(at: number): Promise<void> {
    const clerk = await again(() => createMember(tenant, { roles: ['coordinator', 'reviewer'] }));
    const desk = await again(() => clerk.api());
    for (let round = at; !over; round += 1) {
      await comeAndGo(desk, round);
      await wait(100 + Math.random() * 200);
    }
  }

  it('show nobody more than a moment’s wait, lose nothing, and mail once', async () => {
    const streams = Array.from({ length: PEOPLE }, (_unused, at) => stream(at));
    const failed = Promise.race(streams).then(() => undefined);
    const until = performance.now() + MINUTES * MINUTE;
    const half = performance.now() + (MINUTES * MINUTE) / 2;
    let steppedDownAt = 0;
    for (let next = performance.now() + EVERY_MS / 2; performance.now() < until; next += EVERY_MS) {
      await Promise.race([failed, wait(Math.max(0, Math.min(next, until) - performance.now()))]);
      if (steppedDownAt === 0 && performance.now() > half) {
        await set.stepDown();
        steppedDownAt = performance.now();
      } else await fleet.replaceOne();
      // All come from one network here: how often one may sign in is another test's business.
      await again(() => database().collection('rate_limits').deleteMany({}));
    }
    over = true;
    await Promise.all(streams);
    const waiting = (): Promise<number> =>
      inTenant(tenant.id, () => OutboxModel.countDocuments({ state: 'waiting' }));
    await eventually('everything was sent', async () => (await waiting()) === 0, 120_000);
    await fleet.stop();
    show(steppedDownAt);

    expect(wrong).to.deep.equal([]);
    expect(fleet.figures.broken).to.deep.equal([]);
    for (const { code, ms } of fleet.figures.replaced) {
      expect(code).to.equal(0);
      expect(ms).to.be.below(20_000);
    }
    // The database had a primary again soon after the one before stepped down.
    const after = turnedAway.filter((at) => at > steppedDownAt).map((at) => at - steppedDownAt);
    expect(Math.max(0, ...after.filter((ms) => ms < EVERY_MS))).to.be.below(15_000);
    await nothingLost();
    await mailedOnce();
    await expectVerified();
  });

  /** Every write that was acknowledged is there, with all that was said of it. */
  async function nothingLost(): Promise<void> {
    await inTenant(tenant.id, async () => {
      const rows = await AssignmentModel.find({ _id: { $in: [...places.keys()] } })
        .select({ history: 1 })
        .lean();
      const lives = new Map(rows.map(({ _id, history }) => [String(_id), history.map(({ to }) => to)]));
      for (const [id, life] of places) expect(lives.get(id), id).to.deep.equal(life);
      for (const id of posted)
        expect(await LedgerEntryModel.countDocuments({ hoursId: new Types.ObjectId(id) }), id).to.equal(2);
    });
  }

  /** No process was killed, so there is no excuse for a second copy. */
  async function mailedOnce(): Promise<void> {
    const rows = await inTenant(tenant.id, async () => OutboxModel.find({}).lean());
    expect(rows.filter(({ state }) => state === 'dead')).to.deep.equal([]);
    const came = new Map<string, number>();
    for (const { messageId } of sink.received) {
      const own = /^<([^@]+)@/.exec(messageId)?.[1] ?? messageId;
      came.set(own, (came.get(own) ?? 0) + 1);
    }
    const sent = rows.filter(({ state }) => state === 'sent');
    expect(sent.length).to.be.above(0);
    expect(sent.filter(({ messageId }) => came.get(messageId) !== 1)).to.deep.equal([]);
    const known = new Set(rows.map(({ messageId }) => messageId));
    expect([...came.keys()].filter((messageId) => !known.has(messageId))).to.deep.equal([]);
  }

  function show(steppedDownAt: number): void {
    if (!process.env['LINLI_SHOW']) return;
    const { refused, broken, replaced } = fleet.figures;
    const gone = turnedAway.map((at) => Math.round((at - steppedDownAt) / 100) / 10);
    process.stderr.write(
      `${JSON.stringify({ statuses, refused, broken: broken.length, wrong: wrong.length, replaced: replaced.length, slowestEnd: Math.max(...replaced.map(({ ms }) => ms)), places: places.size, posted: posted.length, mails: sink.received.length })}\n503 at (seconds from the step-down): ${gone.join(' ')}\n${[...new Set([...broken, ...wrong])].join('\n')}\n`,
    );
  }
});
