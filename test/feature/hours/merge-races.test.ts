import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { Types } from 'mongoose';
import { localDate } from '../../../server/core/time.ts';
import { inTransaction } from '../../../server/db/transaction.ts';
import { AssignmentModel } from '../../../server/features/assignments/assignment.model.ts';
import { MembershipModel } from '../../../server/features/memberships/membership.model.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { TenantModel } from '../../../server/features/tenants/tenant.model.ts';
import { createAttended, createServed } from '../../factories/hours.ts';
import { asOperator, createMember, createTenant, documentNumber, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { as } from '../../support/actor.ts';
import { atOffset, testApp } from '../../support/app.ts';
import { testServerUri } from '../../support/mongod.ts';
import { watchViolations } from '../../support/violations.ts';

const DAY = 86_400_000;
interface ServerStatus {
  readonly transactions: { readonly totalAborted: number };
}

describe('two records of one human while something happens to one of them', function () {
  this.timeout(120_000);
  let tenant: Tenant;
  let reviewer: Member;
  let coordinator: Member;
  let operator: MongoClient;
  const broken = watchViolations(/^(hours|time-bank|assignments)\//);

  /** Two records of a human whose document was seen for both. */
  async function twoRecords(): Promise<[Member, Member]> {
    const { identityDocuments } = (await testApp()).composed.services;
    const number = documentNumber();
    const pair: Member[] = [];
    for (let at = 0; at < 2; at++) {
      const member = await createMember(tenant, { person: { birthDate: null, identity: 'none' } });
      await asOperator(() =>
        identityDocuments.verifyAsOperator(member.personId, { type: 'resident-id', number }),
      );
      await inTenant(tenant.id, () =>
        MembershipModel.updateOne(
          { _id: member.membershipId },
          { $set: { createdAt: new Date(Date.now() - 60 * DAY) } },
        ),
      );
      pair.push(member);
    }
    return pair as [Member, Member];
  }
  const merge = async (from: Member, into: Member): Promise<string> => {
    const { merges } = (await testApp()).composed.services;
    const ids = { from: from.membershipId, into: into.membershipId };
    return as(reviewer, (actor) => merges.merge(actor, ids, '同一人')).then(
      ({ state }) => state,
      (err: unknown) => String((err as { code?: unknown }).code),
    );
  };
  /** How many transactions of this server gave way to others. */
  const aborted = async (): Promise<number> =>
    ((await operator.db('admin').command({ serverStatus: 1 })) as ServerStatus).transactions.totalAborted;

  before(async () => {
    await broken.note();
    operator = await MongoClient.connect(await testServerUri());
    tenant = await createTenant();
    reviewer = await createMember(tenant, { roles: ['reviewer'] });
    coordinator = await createMember(tenant, { roles: ['coordinator'] });
  });

  after(() => operator.close());

  it('do not become one while hours are handed in, entered or contested in a transaction that is not over', async () => {
    const { hours } = (await testApp()).composed.services;
    const entry = {
      name: '陪护',
      content: '',
      place: '',
      category: '',
      date: localDate(new Date(Date.now() - 2 * DAY), tenant.zone),
      startTime: '08:00',
      endTime: '09:00',
    };
    const [logger, entered, contester] = [await twoRecords(), await twoRecords(), await twoRecords()];
    const rejected = await createServed(tenant, contester[0], { hoursAgo: 20 });
    await as(coordinator, (actor) => hours.reject(actor, rejected, '未到场'));
    const happenings: [[Member, Member], () => Promise<unknown>][] = [
      [
        entered,
        () =>
          as(coordinator, (actor) =>
            hours.backEnter(actor, { ...entry, membershipId: entered[0].membershipId, reason: 'x' }),
          ),
      ],
      [
        logger,
        () =>
          as(logger[0], (actor) => hours.log(actor, { ...entry, witness: '', unitId: null, submit: true })),
      ],
      [contester, () => as(contester[0], (actor) => hours.appeal(actor, rejected, '我到了'))],
    ];
    for (const [[from, into], happens] of happenings) {
      const [written, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const happening = asOperator(() =>
        inTransaction(async () => {
          await happens();
          written.resolve();
          await over.promise;
        }),
      );
      await Promise.race([written.promise, happening]);
      const before = await aborted();
      let answer: string | null = null;
      const merging = merge(from, into).then((said) => (answer = said));
      // The merge has met the other, or went through although it should not.
      while (answer === null && (await aborted()) === before) await new Promise((go) => setTimeout(go, 5));
      over.resolve();
      await happening;
      expect(await merging).to.equal('hours-under-way');
    }
    expect(await broken.found()).to.deep.equal([]);
  });

  it('do not become one while somebody is still checked in, although the shift is long over', async () => {
    const [from, into] = await twoRecords();
    const id = await createAttended(tenant, from, { hoursAgo: 30 });
    const put = (state: string): Promise<unknown> =>
      inTenant(tenant.id, () =>
        AssignmentModel.updateOne({ _id: new Types.ObjectId(id) } as never, { $set: { state } }),
      );
    await put('checked_in');
    expect(await merge(from, into)).to.equal('hours-under-way');
    await put('checked_out');
    expect(await merge(from, into)).to.equal('done');
  });

  it('keep the days on which saved time came in, over several merges', async () => {
    const settings = (months: number): Promise<unknown> =>
      asOperator(() =>
        TenantModel.updateOne(
          { _id: new Types.ObjectId(tenant.id) },
          { $set: { 'settings.timeBank': true, 'settings.bankExpiryMonths': months } },
        ),
      );
    await settings(12);
    const { bank, hours } = (await testApp()).composed.services;
    const number = documentNumber();
    const { identityDocuments } = (await testApp()).composed.services;
    const members: Member[] = [];
    for (const hoursAgo of [9, 20, 30]) {
      const member = await createMember(tenant, { person: { birthDate: null, identity: 'none' } });
      await asOperator(() =>
        identityDocuments.verifyAsOperator(member.personId, { type: 'resident-id', number }),
      );
      await as(member, (actor) => bank.openAccount(actor));
      const id = await createServed(tenant, member, { hoursAgo });
      // The first one's came half a year later.
      await atOffset(members.length === 0 ? 180 * DAY : 0, () =>
        as(coordinator, (actor) => hours.approve(actor, id)),
      );
      members.push(member);
    }
    const [kept, second, third] = members as [Member, Member, Member];
    const saved = async (): Promise<number> =>
      (await inTenant(tenant.id, () => bank.standingOf(kept.personId))).savedMinutes;
    await atOffset(200 * DAY, async () => {
      expect(await merge(third, second)).to.equal('done');
      expect(await merge(second, kept)).to.equal('done');
    });
    expect(await saved()).to.equal(3 * 121);
    const { sweep } = await testApp();
    await atOffset(300 * DAY, () => sweep('time-bank/expire'));
    expect(await saved()).to.equal(3 * 121);
    await atOffset(400 * DAY, () => sweep('time-bank/expire'));
    expect(await saved()).to.equal(121);
    await atOffset(560 * DAY, () => sweep('time-bank/expire'));
    expect(await saved()).to.equal(0);
    await settings(0);
    expect(await broken.found()).to.deep.equal([]);
  });
});
