import { expect } from 'chai';
import { allSweeps } from '../../jobs/registry.ts';
import { drainSweep } from '../../jobs/sweep.ts';
import type { Sweep } from '../../jobs/sweep.ts';
import { compose } from '../../server/compose.ts';
import { loadConfig } from '../../server/config.ts';
import { requireContext } from '../../server/core/context.ts';
import { OutboxModel } from '../../server/db/outbox.ts';
import type { OutboxRow } from '../../server/db/outbox.ts';
import { inTransaction } from '../../server/db/transaction.ts';
import { AssignmentModel } from '../../server/features/assignments/assignment.model.ts';
import { ImportModel } from '../../server/features/imports/import.model.ts';
import { RequestModel } from '../../server/features/requests/request.model.ts';
import type { Tenant } from '../../server/features/tenants/index.ts';
import { createMember, createTenant, inTenant } from '../factories/people.ts';
import type { Member } from '../factories/people.ts';
import { createPosition } from '../factories/requests.ts';
import { nycFile, nycRow } from '../feature/imports/samples.ts';
import { as } from '../support/actor.ts';
import { atOffset, freshTestApp, stopTestApp, testApp } from '../support/app.ts';
import type { Command } from '../support/command.ts';
import { startCommand } from '../support/command.ts';
import { startMailSink } from '../support/mail-sink.ts';
import type { MailSink } from '../support/mail-sink.ts';
import { environment, expectVerified } from '../support/processes.ts';
import { eventually } from '../support/temporary.ts';

/** Mail follows what was done: never without it, never lost, twice at most where the sender was killed (F-21, F-17). */
describe('mail and jobs that are cut off', function () {
  this.timeout(180_000);
  let sink: MailSink;
  let tenant: Tenant;

  before(async () => {
    await freshTestApp();
    sink = await startMailSink();
    tenant = await createTenant();
  });
  beforeEach(() => (sink.onMessage = () => null));
  after(async () => {
    try {
      await expectVerified();
    } finally {
      await sink.stop();
      await stopTestApp();
    }
  });

  const outbox = (): Promise<OutboxRow[]> =>
    inTenant(tenant.id, async () => OutboxModel.find({}).sort({ _id: 1 }).lean());
  const waiting = async (): Promise<number> =>
    (await outbox()).filter(({ state }) => state === 'waiting').length;

  /** People who sign up and are to be told so. */
  async function crowd(count: number): Promise<Member[]> {
    const positionId = await createPosition(tenant, { maximum: count });
    const { assignments } = (await testApp()).composed.services;
    const people: Member[] = [];
    for (let made = 0; made < count; made += 1) {
      const member = await createMember(tenant);
      await as(member, (actor) => inTransaction(() => assignments.signUp(actor, positionId, '')));
      people.push(member);
    }
    return people;
  }

  /** A process of jobs that sends to the sink; `later` shifts its clock past the leases of one that was killed. */
  async function startJobs(later = false): Promise<Command> {
    const jobs = startCommand(['scripts/start-jobs.ts'], {
      ...(await environment()),
      SMTP_URL: sink.url,
      ...(later ? { LINLI_CLOCK_OFFSET: 'PT3M' } : {}),
    });
    await jobs.says('Linli jobs are running');
    return jobs;
  }

  const countsOf = (people: readonly Member[]): number[] =>
    people.map(({ email }) => sink.received.filter(({ to }) => to === email).length);

  it('sends nothing for what was undone', async () => {
    const positionId = await createPosition(tenant);
    const member = await createMember(tenant);
    const { assignments } = (await testApp()).composed.services;
    const undone = await as(member, (actor) =>
      inTransaction(async () => {
        await assignments.signUp(actor, positionId, '');
        expect(await OutboxModel.countDocuments({})).to.equal(1);
        throw new Error('undone');
      }),
    ).catch((err: unknown) => (err as Error).message);
    expect(undone).to.equal('undone');
    expect(await outbox()).to.deep.equal([]);
    expect(await inTenant(tenant.id, () => AssignmentModel.countDocuments({}))).to.equal(0);
  });

  it('is tried again when the server says later, and given up when it says never', async () => {
    const [later, never, fine] = (await crowd(3)) as [Member, Member, Member];
    const { dataDir, url } = await testApp();
    const config = loadConfig({ NODE_ENV: 'test', LINLI_DATA: dataDir, SMTP_URL: sink.url });
    const sending = compose(config, { publicUrl: url });
    const deliver = allSweeps(sending.services).find(({ name }) => name === 'messages/deliver') as Sweep;
    const asked: string[] = [];
    sink.onMessage = ({ to }) => {
      asked.push(to);
      if (to === never.email) return 550;
      return to === later.email && asked.filter((one) => one === to).length < 3 ? 451 : null;
    };
    const times = (one: Member): number => asked.filter((to) => to === one.email).length;
    await drainSweep(deliver);
    expect([times(later), times(never), times(fine)]).to.deep.equal([1, 1, 1]);
    // It waits longer after each failure: nothing at once, a second time after seconds, a third after more of them.
    await drainSweep(deliver);
    expect(times(later)).to.equal(1);
    await atOffset(7_000, () => drainSweep(deliver));
    expect(times(later)).to.equal(2);
    await atOffset(60_000, () => drainSweep(deliver));
    await atOffset(600_000, () => drainSweep(deliver));
    expect([times(later), times(never), times(fine)]).to.deep.equal([3, 1, 1]);
    expect((await outbox()).map(({ state }) => state)).to.deep.equal(['sent', 'dead', 'sent']);
    expect(countsOf([later, never, fine])).to.deep.equal([1, 0, 1]);
    sending.channels.email.close();
  });

  it('comes once, or twice under one Message-ID, when its sender is killed between sending and noting it', async () => {
    const people = await crowd(4);
    const rows = (await outbox()).filter(({ state }) => state === 'waiting');
    const struck = new Set<string>();
    let jobs: Command;
    for (let round = 0; round < 2; round += 1) {
      let victim: Command | null = null;
      sink.onMessage = async ({ to }) => {
        if (victim === null || struck.has(to) || struck.size > round) return null;
        struck.add(to);
        // The message is here; whoever sent it will never know. A little later every other time: it may just know.
        if (round % 2 === 1) setTimeout(() => victim?.child.kill('SIGKILL'), 2);
        else {
          victim.child.kill('SIGKILL');
          await victim.ended;
        }
        return null;
      };
      jobs = startCommand(['scripts/start-jobs.ts'], {
        ...(await environment()),
        SMTP_URL: sink.url,
        LINLI_CLOCK_OFFSET: `PT${3 * (round + 1)}M`,
      });
      victim = jobs;
      expect(await jobs.ended).to.equal('SIGKILL');
    }
    sink.onMessage = () => null;
    jobs = startCommand(['scripts/start-jobs.ts'], {
      ...(await environment()),
      SMTP_URL: sink.url,
      LINLI_CLOCK_OFFSET: 'PT30M',
    });
    await eventually('everything was sent', async () => (await waiting()) === 0, 60_000);
    jobs.child.kill('SIGTERM');
    expect(await jobs.ended).to.equal(0);
    expect(struck).to.have.property('size', 2);
    people.forEach(({ email }, at) => {
      const own = sink.received.filter(({ to }) => to === email);
      expect(own.length, email).to.be.within(1, struck.has(email) ? 2 : 1);
      expect(new Set(own.map(({ messageId }) => messageId))).to.have.property('size', 1);
      expect(own[0]?.messageId).to.include(rows[at]?.messageId ?? 'none');
    });
    // Of those that were struck before they could know, some really came twice: that is what the number is for.
    expect(countsOf(people).filter((count) => count === 2).length).to.be.at.least(1);
  });

  it('is neither lost nor doubled when jobs are asked to stop in the middle of it', async () => {
    const people = await crowd(24);
    sink.onMessage = async () => {
      await new Promise((resolve) => setTimeout(resolve, 40));
      return null;
    };
    const before = sink.received.length;
    const jobs = await startJobs();
    await eventually('some were sent', () => sink.received.length > before + 3, 30_000);
    jobs.child.kill('SIGTERM');
    expect(await jobs.ended, jobs.stderr()).to.equal(0);
    const left = await waiting();
    expect(left).to.be.above(0);
    expect(countsOf(people).filter((count) => count === 0)).to.have.length(left);
    const again = await startJobs();
    await eventually('the rest was sent', async () => (await waiting()) === 0, 60_000);
    again.child.kill('SIGTERM');
    expect(await again.ended).to.equal(0);
    expect(countsOf(people)).to.deep.equal(people.map(() => 1));
  });

  it('leaves an import that goes on where it was when jobs are asked to stop in the middle of it', async () => {
    const rows = Array.from({ length: 300 }, (_unused, at) => nycRow({ title: `Sorting books ${at}` }));
    const { imports } = (await testApp()).composed.services;
    const id = await inTenant(tenant.id, async () => {
      const { actor } = requireContext();
      const checked = await imports.check(actor, {
        kind: 'opportunities',
        fileName: 'a.csv',
        bytes: Buffer.from(nycFile(rows)),
        mapping: {},
      });
      await imports.start(actor, checked.id, checked.version);
      return checked.id;
    });
    const made = (): Promise<number> =>
      inTenant(tenant.id, () => RequestModel.countDocuments({ source: { $ne: null } }));
    const stateOf = (): Promise<string> =>
      inTenant(tenant.id, async () => (await ImportModel.findById(id).lean())?.state ?? '');
    const jobs = await startJobs();
    await eventually('some rows were applied', async () => (await made()) > 10, 60_000);
    jobs.child.kill('SIGTERM');
    expect(await jobs.ended, jobs.stderr()).to.equal(0);
    const again = await startJobs(true);
    await eventually('the import is done', async () => (await stateOf()) === 'done', 60_000);
    again.child.kill('SIGTERM');
    expect(await again.ended).to.equal(0);
    expect(await made()).to.equal(300);
  });
});
