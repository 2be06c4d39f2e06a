import { expect } from 'chai';
import { AuditModel } from '../../../server/db/audit.ts';
import { OutboxModel } from '../../../server/db/outbox.ts';
import { HoursModel } from '../../../server/features/hours/hours.model.ts';
import { LedgerEntryModel } from '../../../server/features/hours/ledger.model.ts';
import { entryHash } from '../../../server/features/hours/ledger.text.rules.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { createAttended, createServed } from '../../factories/hours.ts';
import type { Served } from '../../factories/hours.ts';
import { createMember, createTenant, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { actorOf, as } from '../../support/actor.ts';
import { testApp } from '../../support/app.ts';

const MINUTE = 60_000;
const NOON = new Date(Math.floor(Date.now() / 86_400_000) * 86_400_000 - 5 * 86_400_000);
const at = (minutes: number): Date => new Date(NOON.getTime() + minutes * MINUTE);

/** One ordinary, one straight after it (its first minutes count already), one nobody could count. */
const SERVED: readonly Served[] = [
  { startsAt: at(0), endsAt: at(120), cameAt: at(-5), leftAt: at(131), title: '一' },
  { startsAt: at(120), endsAt: at(240), cameAt: at(118), leftAt: at(200), left: 'coordinator', title: '二' },
  { startsAt: at(600), endsAt: at(660), cameAt: at(659), leftAt: at(659), title: '三' },
];

interface Place {
  readonly tenant: Tenant;
  readonly member: Member;
  readonly desk: Member;
}

async function place(): Promise<Place> {
  const tenant = await createTenant();
  return {
    tenant,
    member: await createMember(tenant),
    desk: await createMember(tenant, { roles: ['coordinator'] }),
  };
}

/** What is stored of hours in the tenant, without what is another in every database. */
function stored({ tenant, member, desk }: Place) {
  return inTenant(tenant.id, async () => {
    const records = await HoursModel.find({}).sort({ 'activity.startsAt': 1 }).lean();
    const entries = await LedgerEntryModel.find({}).sort({ serviceFrom: 1, minutes: 1 }).lean();
    for (const entry of entries) expect(entryHash(entry)).to.equal(entry.hash);
    const audits = await AuditModel.find({ subjectType: 'HoursRecord' }).lean();
    return {
      records: records.map((row) => ({
        states: row.history.map(({ from, to }) => `${from ?? ''} ${to}`),
        mine: String(row.personId) === member.personId && String(row.membershipId) === member.membershipId,
        confirmed: row.confirmedBy && String(row.confirmedBy) === desk.accountId,
        confirmedPerson: row.confirmedByPersonId && String(row.confirmedByPersonId) === desk.personId,
        posted: row.postedAt !== null,
        activity: {
          ...row.activity,
          place: row.activity.place.replace(/\d+$/, ''),
          leaderName: '',
          unitName: '',
        },
        state: row.state,
        ...{ version: row.version, grade: row.grade, witness: row.witness, notes: row.notes },
        ...{ inputs: row.inputs, minutes: row.recordedMinutes, policy: row.policyVersion },
        ...{ from: row.servedFrom, to: row.servedTo, cameAt: row.attendedFrom, leftAt: row.attendedTo },
      })),
      entries: entries.map((entry) => ({
        by: entry.actor === `account:${desk.accountId}`,
        account: entry.account.split(':')[0],
        ...{ seq: entry.seq, minutes: entry.minutes, cause: entry.cause, day: entry.serviceDate },
        ...{ from: entry.serviceFrom, to: entry.serviceTo, rule: entry.ruleVersion },
      })),
      accounts: [...new Map(entries.map((entry) => [entry.account, entry])).values()]
        .map((row) => `${row.account.split(':')[0] ?? ''} ${row.balance} ${row.seq}`)
        .sort(),
      audits: audits
        .map((row) => `${row.action} ${row.from ?? ''} ${row.to ?? ''} ${row.actor.split(':')[0] ?? ''}`)
        .sort(),
    };
  });
}

describe('hours recorded in bulk', function () {
  this.timeout(60_000);

  it('are what one by one gives, without a message to anybody', async () => {
    const { hours, assignments } = (await testApp()).composed.services;
    const single = await place();
    for (const served of SERVED) await createServed(single.tenant, single.member, served);
    await as(single.desk, async (actor) => {
      const { data } = await hours.queue(actor, 10, undefined);
      await hours.approveMany(
        actor,
        data.map(({ _id }) => String(_id)),
      );
    });
    const bulk = await place();
    const ids: string[] = [];
    for (const served of SERVED) ids.push(await createAttended(bulk.tenant, bulk.member, served));
    const desk = await actorOf(bulk.desk);
    await inTenant(bulk.tenant.id, async () => hours.recordServed(await assignments.rows(ids), desk));
    const given = await stored(bulk);
    expect(given).to.deep.equal(await stored(single));
    expect(given.records.map(({ state, minutes }) => `${state} ${minutes}`)).to.deep.equal([
      'posted 131',
      'posted 69',
      'submitted 0',
    ]);
    const told = await inTenant(bulk.tenant.id, () => OutboxModel.countDocuments({}));
    expect(told).to.equal(0);
  });

  it('are never confirmed by their own person, and never put on top of a ledger', async () => {
    const { hours, assignments } = (await testApp()).composed.services;
    const { tenant, member, desk } = await place();
    const own = await createAttended(tenant, desk, SERVED[0]);
    const other = await createAttended(tenant, member, SERVED[0]);
    const actor = await actorOf(desk);
    const record = (id: string): Promise<unknown> =>
      inTenant(tenant.id, async () => hours.recordServed(await assignments.rows([id]), actor)).then(
        () => 'recorded',
        (err: unknown) => (err as { code?: string }).code ?? (err as Error).message,
      );
    expect(await record(own)).to.equal('not-your-own');
    expect(await inTenant(tenant.id, () => HoursModel.countDocuments({}))).to.equal(0);
    expect(await record(other)).to.equal('recorded');
    expect(await record(own)).to.match(/empty ledger/);
  });
});
