import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { Types } from 'mongoose';
import { localDate } from '../../server/core/time.ts';
import { mongoClient } from '../../server/db/connect.ts';
import { OutboxModel } from '../../server/db/outbox.ts';
import { AssignmentModel } from '../../server/features/assignments/assignment.model.ts';
import { LedgerEntryModel } from '../../server/features/hours/ledger.model.ts';
import { PositionModel } from '../../server/features/shifts/shift.model.ts';
import { MembershipModel } from '../../server/features/memberships/membership.model.ts';
import type { Tenant } from '../../server/features/tenants/index.ts';
import { createServed } from '../factories/hours.ts';
import { createMember, createTenant, inTenant } from '../factories/people.ts';
import type { Member } from '../factories/people.ts';
import { createPosition, createRequest, createShift } from '../factories/requests.ts';
import type { ApiAgent, PageAgent } from '../support/agent.ts';
import { freshTestApp, stopTestApp, testApp } from '../support/app.ts';
import { startMailSink } from '../support/mail-sink.ts';
import type { MailSink } from '../support/mail-sink.ts';
import { expectVerified, persist, startProcesses } from '../support/processes.ts';
import type { Processes } from '../support/processes.ts';
import { startReplicaSet } from '../support/replica-set.ts';
import type { TestReplicaSet } from '../support/replica-set.ts';
import { eventually } from '../support/temporary.ts';

const DAY_MS = 86_400_000;
/** Of the driver's own parts, what gives connections up. */
interface Topology {
  readonly s: { readonly servers: ReadonlyMap<string, { readonly pool: { clear(): void; ready(): void } }> };
}
/** Nobody here is in anybody's way, so waiting shorter than one is told to tells as much. */
const PACE = 0.2;

/** Commands that fail, or wait, inside the database, while everything else about it is well. */
describe('a database that fails at one point', function () {
  this.timeout(180_000);
  let set: TestReplicaSet;
  let sink: MailSink;
  let processes: Processes;
  let tenant: Tenant;
  let database: string;
  let desk: ApiAgent;
  let deskPages: PageAgent;

  before(async () => {
    set = await startReplicaSet({ members: 1 });
    const app = await freshTestApp(set.uri);
    database = new URL(app.mongodbUri).pathname.slice(1);
    sink = await startMailSink();
    tenant = await createTenant();
    processes = await startProcesses({ web: 2, jobs: 1 }, { SMTP_URL: sink.url });
    const clerk = await createMember(tenant, { roles: ['coordinator', 'reviewer'] });
    desk = (await clerk.api()).at(processes.urls[0] ?? '');
    deskPages = (await clerk.page()).goTo(processes.urls[0] ?? '');
  });
  after(async () => {
    try {
      await processes.stop();
      await expectVerified();
    } finally {
      await stopTestApp();
      await sink.stop();
      await set.stop();
    }
  });

  const url = (at: number): string => processes.urls[at % 2] ?? '';
  async function people(count: number): Promise<{ member: Member; api: ApiAgent }[]> {
    const made: { member: Member; api: ApiAgent }[] = [];
    while (made.length < count) {
      const member = await createMember(tenant);
      made.push({ member, api: (await member.api()).at(url(made.length)) });
    }
    return made;
  }
  const mails = (kind: string): Promise<number> =>
    inTenant(tenant.id, () => OutboxModel.countDocuments({ kind }));
  const places = (positionId: string): Promise<number> =>
    inTenant(tenant.id, () =>
      AssignmentModel.countDocuments({ positionId: new Types.ObjectId(positionId), state: 'accepted' }),
    );

  it('has one effect of every change, when what became of a commit is not known', async () => {
    const commit = { failCommands: ['commitTransaction'] };
    const unsure = {
      'the connection breaks before it': { ...commit, closeConnection: true },
      'it happened, and the member stops': { ...commit, writeConcernError: { code: 91, errmsg: 'stops' } },
      'the primary steps down over it': { ...commit, errorCode: 11602 },
      'no answer for long': { ...commit, blockConnection: true, blockTimeMS: 4_500 },
    };
    const [person] = await people(1);
    for (const [at, data] of Object.values(unsure).entries()) {
      const startsAt = new Date(Date.now() + (10 + at) * DAY_MS);
      const positionId = await createPosition(tenant, { shiftId: await createShift(tenant, { startsAt }) });
      const before = await mails('assignments/accepted');
      const stop = await set.failPoint(data, { times: 'blockConnection' in data ? 1 : 2 });
      const { answer } = await persist(
        person!.api,
        `/positions/${positionId}/assignments`,
        {},
        randomUUID(),
        PACE,
      );
      expect(await stop(), 'the fail point was met').to.be.above(0);
      expect(answer.status, answer.text).to.equal(201);
      expect(await places(positionId)).to.equal(1);
      const position = await inTenant(tenant.id, () => PositionModel.findById(positionId).lean());
      expect(position?.taken).to.equal(1);
      expect(await mails('assignments/accepted')).to.equal(before + 1);
    }
    const hours = await createServed(tenant, person!.member);
    const stop = await set.failPoint(unsure['it happened, and the member stops'], { times: 3 });
    const { answer } = await persist(desk, `/hours/${hours}/approve`, {}, randomUUID(), PACE);
    await stop();
    expect(answer.json()['state']).to.equal('posted');
    const posted = { hoursId: new Types.ObjectId(hours) };
    expect(await inTenant(tenant.id, () => LedgerEntryModel.countDocuments(posted))).to.equal(2);
  });

  it('lets fifty writers of one document finish, or tells them; nothing is written or mailed twice', async () => {
    const positionId = await createPosition(tenant, { maximum: 50 });
    const crowd = await people(50);
    const before = await mails('assignments/accepted');
    const settled = await Promise.all(
      crowd.map(({ api }) => persist(api, `/positions/${positionId}/assignments`, {}, randomUUID(), PACE)),
    );
    expect(settled.map(({ answer }) => answer.status)).to.deep.equal(settled.map(() => 201));
    expect(await places(positionId)).to.equal(50);
    expect(await mails('assignments/accepted')).to.equal(before + 50);

    const hours = await createServed(tenant, crowd[0]!.member);
    const told = await Promise.all(
      crowd.map((_one, at) => persist(desk.at(url(at)), `/hours/${hours}/approve`, {}, randomUUID(), PACE)),
    );
    const statuses = told.map(({ answer }) => answer.status);
    expect(statuses.filter((status) => status < 300)).to.have.length(1);
    expect(statuses.filter((status) => status === 409)).to.have.length(49);
    const posted = { hoursId: new Types.ObjectId(hours) };
    expect(await inTenant(tenant.id, () => LedgerEntryModel.countDocuments(posted))).to.equal(2);
  });

  it('is refused in time where one collection answers in ten seconds only; everything else answers', async () => {
    await createRequest(tenant);
    const stop = await set.failPoint({
      failCommands: ['find', 'aggregate', 'count', 'distinct'],
      namespace: `${database}.requests`,
      blockConnection: true,
      blockTimeMS: 10_000,
    });
    const timed = async (path: string): Promise<{ status: number; ms: number; wait: number }> => {
      const began = performance.now();
      const { status, headers } = await desk.get(path);
      return { status, ms: performance.now() - began, wait: Number(headers.get('retry-after')) };
    };
    const slow = Promise.all(Array.from({ length: 60 }, () => timed('/requests')));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const began = performance.now();
    const others: { status: number; ms: number; at: number }[] = [];
    let over = false;
    void slow.finally(() => (over = true));
    while (!over) {
      others.push({ at: performance.now() - began, ...(await timed('/skills')) });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const told = await slow;
    const late = await timed('/requests');
    await stop();
    if (process.env['LINLI_SHOW'])
      process.stderr.write(
        `slow: ${Math.round(Math.min(...told.map(({ ms }) => ms)))}–${Math.round(Math.max(...told.map(({ ms }) => ms)))} ms; others: ${others.length}, at most ${Math.round(Math.max(...others.map(({ ms }) => ms)))} ms, ${others.filter(({ status }) => status !== 200).length} refused\n`,
      );
    for (const { status, ms, wait } of [...told, late]) {
      expect(status).to.equal(503);
      expect(wait).to.be.above(0);
      expect(ms).to.be.below(9_000);
    }
    // In the first moment nobody can know yet that this is no burst; from then on the slow ones are in nobody's way.
    const later = others.filter(({ at }) => at > 2_000);
    expect(later.length).to.be.above(1);
    expect(later.map(({ status }) => status)).to.deep.equal(later.map(() => 200));
    await eventually(
      'the collection answers again',
      async () => (await desk.get('/requests')).status === 200,
    );
  });

  it('asks once more where the server went away over a read', async () => {
    const shiftId = await createShift(tenant);
    const gone = {
      'it steps down': { errorCode: 11602 },
      'the connection breaks': { closeConnection: true },
    };
    // The server counts how often any of them was met.
    let met = await (await set.failPoint({ failCommands: [] }))();
    for (const [why, data] of Object.entries(gone))
      for (const namespace of [`${database}.shifts`, `${database}.sessions`]) {
        const stop = await set.failPoint({ failCommands: ['aggregate'], namespace, ...data }, { times: 1 });
        const { status } = await deskPages.get(`/shifts/${shiftId}`);
        const before = met;
        met = await stop();
        expect(met - before, `${why}, ${namespace}: the fail point was met`).to.equal(1);
        expect(status, `${why}, ${namespace}`).to.equal(200);
      }
  });

  it('tells whoever changes something to come again, whatever passing trouble the server names', async () => {
    const [person] = await people(1);
    const [reads, inserts, updates] = [
      ['find', 'aggregate'],
      ['insert'],
      ['update', 'findAndModify'],
    ] as const;
    // The plan of a query killed, the connection given up, no room in the cache; data that moves between shards, overload.
    const troubles = [
      [175, reads],
      [279, inserts],
      [365, updates],
      [250, reads],
      [433, inserts],
    ] as const;
    for (const [at, [errorCode, failCommands]] of troubles.entries()) {
      const startsAt = new Date(Date.now() + (20 + at) * DAY_MS);
      const positionId = await createPosition(tenant, { shiftId: await createShift(tenant, { startsAt }) });
      const path = `/positions/${positionId}/assignments`;
      const key = randomUUID();
      const namespace = `${database}.assignments`;
      const stop = await set.failPoint({ failCommands, namespace, errorCode }, { times: 1 });
      const first = await person!.api.post(path, {}, { 'idempotency-key': key });
      await stop();
      expect([201, 503], `${errorCode} ${failCommands.join()}: ${first.text}`).to.include(first.status);
      if (first.status === 503) expect(Number(first.headers.get('retry-after'))).to.be.above(0);
      const { answer } = await persist(person!.api, path, {}, key, PACE);
      expect(answer.status, answer.text).to.equal(201);
      expect(await places(positionId)).to.equal(1);
    }
  });

  it('gives a form back that could not be served, to be sent again and to be done once', async () => {
    const member = await createMember(tenant);
    await inTenant(tenant.id, () =>
      MembershipModel.updateOne(
        { _id: new Types.ObjectId(member.membershipId) },
        { $set: { createdAt: new Date(Date.now() - 10 * DAY_MS) } },
      ),
    );
    const pages = (await member.page()).goTo(url(0));
    const form = {
      name: '帮邻居 <搬家> & "打扫"',
      content: '两趟\n四楼',
      date: localDate(new Date(Date.now() - 2 * DAY_MS), 'Asia/Shanghai'),
      witness: '邻居',
      nature: 'volunteer',
    };
    const failing = {
      'nothing can be written': {
        failCommands: ['insert'],
        namespace: `${database}.hoursrecords`,
        errorCode: 433,
      },
      'nobody knows whether it was': { failCommands: ['commitTransaction'], closeConnection: true },
      'no session can be read': {
        failCommands: ['aggregate'],
        namespace: `${database}.sessions`,
        errorCode: 433,
      },
    };
    for (const [at, [why, data]] of Object.entries(failing).entries()) {
      const written = { ...form, startTime: `${10 + at}:00`, endTime: `${10 + at}:50`, _key: randomUUID() };
      await pages.get('/hours/new');
      const stop = await set.failPoint(data);
      const refused = await pages.post('/hours', written);
      const foreign = await pages.post('/hours', written, { 'sec-fetch-site': 'cross-site' });
      await stop();
      expect(refused.status, why).to.equal(503);
      expect(foreign.text, why).not.to.include(form.witness);
      const kept = keptIn(refused.text);
      expect(kept, why).to.include(written);
      const twice = [await pages.post('/hours', kept), await pages.post('/hours', kept)];
      expect(twice[0]?.location, twice[0]?.text).to.match(/^\/hours\/[0-9a-f]{24}$/);
      expect(twice[1]?.location, twice[1]?.text).to.equal(twice[0]?.location);
    }
    const records = await (await member.api()).at(url(1)).get('/hours');
    expect(records.json<{ data: unknown[] }>().data).to.have.length(3);
  });

  it('tries a change anew whose connection broke after the driver had given it up', async () => {
    const [person] = await people(1);
    const { url: here } = await testApp();
    for (const [collection, day] of [
      // Rows of the trail are written several at once, which the driver words in its own way.
      ['auditentries', 40],
      ['assignments', 41],
    ] as const) {
      const startsAt = new Date(Date.now() + day * DAY_MS);
      const positionId = await createPosition(tenant, { shiftId: await createShift(tenant, { startsAt }) });
      const stop = await set.failPoint(
        {
          failCommands: ['insert'],
          namespace: `${database}.${collection}`,
          ...{ blockConnection: true, blockTimeMS: 600, closeConnection: true },
        },
        { times: 1 },
      );
      const asked = person!.api.at(here).post(`/positions/${positionId}/assignments`, {});
      await new Promise((resolve) => setTimeout(resolve, 300));
      // As it does for every connection to a primary that has gone.
      const { s } = (mongoClient() as unknown as { topology: Topology }).topology;
      for (const { pool } of s.servers.values()) {
        pool.clear();
        pool.ready();
      }
      const answer = await asked;
      await stop();
      expect(answer.status, `${collection}: ${answer.text}`).to.equal(201);
      expect(await places(positionId)).to.equal(1);
    }
  });

  it('does no harm where jobs note what they did', async () => {
    const books = {
      'the alarm clock’s own': `${database}.agenda_jobs`,
      'claims of rows': `${database}.workclaims`,
      'what was sent': `${database}.outboxmessages`,
    };
    await eventually('nothing waits', async () => (await waiting()) === 0, 60_000);
    for (const namespace of Object.values(books)) {
      const sent = sink.received.length;
      const [person] = await people(1);
      const stop = await set.failPoint(
        { failCommands: ['update', 'findAndModify', 'delete'], namespace, errorCode: 8 },
        { times: 4 },
      );
      const positionId = await createPosition(tenant);
      const path = `/positions/${positionId}/assignments`;
      const { answer } = await persist(person!.api, path, {}, randomUUID(), PACE);
      expect(answer.status, answer.text).to.equal(201);
      await eventually('it was sent', async () => (await waiting()) === 0, 60_000);
      expect(await stop(), `${namespace} was met`).to.be.above(0);
      const own = sink.received.slice(sent).filter(({ to }) => to === person!.member.email);
      expect(
        own.map(({ messageId }) => messageId),
        namespace,
      ).to.have.length(1);
    }
    expect(processes.jobs[0]?.child.exitCode).to.equal(null);
  });

  const waiting = (): Promise<number> =>
    inTenant(tenant.id, () => OutboxModel.countDocuments({ state: 'waiting' }));
});

/** Names and values of what a page has hidden in the form that it gives back. */
function keptIn(html: string): Record<string, string> {
  const form = /<form class="error-ways"[\s\S]*?<\/form>/.exec(html)?.[0] ?? '';
  return Object.fromEntries(
    [...form.matchAll(/name="([^"]*)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [
      name,
      ESCAPED.reduce((text, [sign, meant]) => text.replaceAll(sign, meant), value),
    ]),
  );
}
const ESCAPED = [
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&#x3D;', '='],
  ['&amp;', '&'],
] as const;
