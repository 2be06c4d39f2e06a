import { expect } from 'chai';
import fc from 'fast-check';
import { acrossTenants } from '../../../server/core/context.ts';
import { Unavailable } from '../../../server/core/errors.ts';
import { HoursModel } from '../../../server/features/hours/hours.model.ts';
import { LedgerEntryModel } from '../../../server/features/hours/ledger.model.ts';
import { personAccount } from '../../../server/features/hours/ledger.rules.ts';
import { balancesOf } from '../../../server/features/hours/ledger.service.ts';
import { entryHash } from '../../../server/features/hours/ledger.text.rules.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { runChecks } from '../../../server/verify/index.ts';
import { createServed, storedHours } from '../../factories/hours.ts';
import { asOperator, createMember, createTenant, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { as } from '../../support/actor.ts';
import { testApp } from '../../support/app.ts';

type Act = 'approve' | 'reject' | 'reverse' | 'appeal';
const ACTS: readonly Act[] = ['approve', 'reject', 'reverse', 'appeal'];

interface Cast {
  readonly tenant: Tenant;
  readonly volunteer: Member;
  readonly desk: readonly Member[];
}

async function cast(): Promise<Cast> {
  const tenant = await createTenant();
  const volunteer = await createMember(tenant);
  const desk = [1, 2].map(() => createMember(tenant, { roles: ['coordinator', 'reviewer'] }));
  return { tenant, volunteer, desk: await Promise.all(desk) };
}

/** Does it; true when it was done, false when it was refused as it should be. */
async function attempt({ volunteer, desk }: Cast, act: Act, id: string, who = 0): Promise<boolean> {
  const { hours } = (await testApp()).composed.services;
  const member = act === 'appeal' ? volunteer : desk[who % desk.length]!;
  const done = as(member, (actor): Promise<unknown> => {
    if (act === 'approve') return hours.approve(actor, id);
    return hours[act](actor, id, '理由');
  });
  return done.then(
    () => true,
    (err: unknown) => {
      const { status } = err as { status?: number };
      if (status !== 409 && status !== 403) throw err;
      return false;
    },
  );
}

/** Every rule of the ledger, over one tenant. */
async function expectSound(tenant: Tenant): Promise<void> {
  await inTenant(tenant.id, async () => {
    const entries = await LedgerEntryModel.find({}).lean();
    const sums = new Map<string, number>();
    for (const { postingId, minutes } of entries) sums.set(postingId, (sums.get(postingId) ?? 0) + minutes);
    expect([...sums.values()].filter((sum) => sum !== 0)).to.deep.equal([]);
    expect(new Set(entries.map(({ sourceKey, account }) => `${sourceKey} ${account}`)).size).to.equal(
      entries.length,
    );
    for (const account of Map.groupBy(entries, (entry) => entry.account).values()) {
      const own = account.sort((a, b) => a.seq - b.seq);
      expect(own.map(({ seq }) => seq)).to.deep.equal(own.map((_entry, index) => index + 1));
      own.forEach((entry, index) => {
        expect(entry.balance).to.equal((own[index - 1]?.balance ?? 0) + entry.minutes);
        expect(entry.previousHash).to.equal(own[index - 1]?.hash ?? '');
        expect(entryHash(entry)).to.equal(entry.hash);
      });
    }
    for (const record of await HoursModel.find({}).lean()) {
      const own = entries.filter(
        ({ hoursId, account }) => String(hoursId) === String(record._id) && account.startsWith('person:'),
      );
      const net = own.reduce((sum, { minutes }) => sum + minutes, 0);
      expect(net).to.equal(record.state === 'posted' ? record.recordedMinutes : 0);
      expect(own).to.have.length({ posted: 1, reversed: 2 }[record.state] ?? 0);
    }
  });
}

/** What may follow which state, and who may not do it twice: the model that histories are compared with. */
const MODEL: Record<string, Partial<Record<Act, string>>> = {
  submitted: { approve: 'posted', reject: 'rejected' },
  rejected: { appeal: 'appealed' },
  appealed: { approve: 'posted', reject: 'rejected' },
  posted: { reverse: 'reversed' },
  reversed: {},
};

describe('the ledger under histories', function () {
  this.timeout(180_000);

  it('does what the model says, whatever is asked of it in whatever order', async () => {
    const command = fc.record({
      act: fc.constantFrom(...ACTS),
      record: fc.integer({ min: 0, max: 2 }),
      who: fc.integer({ min: 0, max: 1 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 25 }), async (history) => {
        const people = await cast();
        const ids = [];
        for (const hoursAgo of [5, 9, 13])
          ids.push(await createServed(people.tenant, people.volunteer, { hoursAgo }));
        const model = ids.map(() => ({ state: 'submitted', rejecter: -1 }));
        for (const { act, record, who } of history) {
          const known = model[record]!;
          const next = MODEL[known.state]?.[act];
          const barred = known.state === 'appealed' && act !== 'appeal' && known.rejecter === who;
          const allowed = next !== undefined && !barred;
          expect(await attempt(people, act, ids[record]!, who), `${act} of ${known.state}`).to.equal(allowed);
          if (allowed) model[record] = { state: next, rejecter: act === 'reject' ? who : known.rejecter };
        }
        for (const [at, id] of ids.entries())
          expect((await storedHours(people.tenant, id)).state).to.equal(model[at]!.state);
        await expectSound(people.tenant);
        const posted = model.filter(({ state }) => state === 'posted').length;
        const balance = await inTenant(people.tenant.id, () =>
          balancesOf([personAccount(people.volunteer.personId)]),
        );
        expect([...balance.values()][0] ?? 0).to.equal(posted * 121);
      }),
      { numRuns: 12 },
    );
  });

  it('ends in one legal state when any two things are done to a record at once', async () => {
    const people = await cast();
    const reached: Record<string, readonly Act[]> = {
      submitted: [],
      posted: ['approve'],
      rejected: ['reject'],
      appealed: ['reject', 'appeal'],
    };
    let hoursAgo = 4;
    for (const [state, before] of Object.entries(reached)) {
      for (const [index, one] of ACTS.entries()) {
        for (const other of ACTS.slice(index)) {
          const id = await createServed(people.tenant, people.volunteer, { hoursAgo: (hoursAgo += 3) });
          for (const act of before) await attempt(people, act, id, 0);
          const done = await Promise.all([attempt(people, one, id, 1), attempt(people, other, id, 1)]);
          const after = (await storedHours(people.tenant, id)).state;
          const possible = new Set([state]);
          for (const [a, b] of [
            [one, other],
            [other, one],
          ] as const) {
            const then = MODEL[state]?.[a];
            if (then === undefined) continue;
            possible.add(then);
            const last = MODEL[then]?.[b];
            if (last !== undefined) possible.add(last);
          }
          expect([...possible], `${one} and ${other} of ${state}`).to.include(after);
          expect(done.some(Boolean)).to.equal(after !== state || done.every(Boolean));
        }
      }
    }
    await expectSound(people.tenant);
  });

  it('keeps one order when many records of one person are posted at once', async () => {
    const people = await cast();
    const ids: string[] = [];
    for (let at = 0; at < 12; at += 1)
      ids.push(await createServed(people.tenant, people.volunteer, { hoursAgo: 5 + at * 3 }));
    // Whoever is told on a slow machine that others were in the way asks again, as programs do.
    const insist = async (id: string, at: number): Promise<boolean> =>
      attempt(people, 'approve', id, at).catch((err: unknown) => {
        if (err instanceof Unavailable) return insist(id, at);
        throw err;
      });
    const done = await Promise.all(ids.map(insist));
    expect(done.every(Boolean)).to.equal(true);
    await expectSound(people.tenant);
  });

  it('is checked by the invariants, which name what was changed by hand', async () => {
    const { composed } = await testApp();
    const people = await cast();
    const id = await createServed(people.tenant, people.volunteer);
    await attempt(people, 'approve', id);
    const account = personAccount(people.volunteer.personId);
    const found = async (): Promise<string[]> => {
      const checks = composed.invariants.filter(({ name }) => name.startsWith('hours/'));
      const results = await asOperator(() => acrossTenants('test', () => runChecks(checks)));
      return results.checks
        .filter(({ samples }) => samples.some((sample) => sample.includes(id) || sample.includes(account)))
        .map(({ name }) => name);
    };
    const tamper = (set: object): Promise<unknown> =>
      inTenant(people.tenant.id, () => HoursModel.updateOne({ _id: id }, { $set: set }));
    expect(await found()).to.deep.equal([]);
    const record = await storedHours(people.tenant, id);
    await tamper({ recordedMinutes: 500 });
    expect(await found()).to.deep.equal(['hours/ledger-follows-records', 'hours/minutes-follow-evidence']);
    await tamper({ recordedMinutes: record.recordedMinutes, confirmedByPersonId: record.personId });
    expect(await found()).to.deep.equal(['hours/own-will-and-overlap']);
    await tamper({ confirmedByPersonId: record.confirmedByPersonId });
    await inTenant(people.tenant.id, () =>
      LedgerEntryModel.updateOne({ account }, { $set: { minutes: 122 } }),
    );
    expect(await found()).to.include.members(['hours/postings-sum-to-zero', 'hours/balances-and-chains']);
    await inTenant(people.tenant.id, () =>
      LedgerEntryModel.updateOne({ account }, { $set: { minutes: 121 } }),
    );
    expect(await found()).to.deep.equal([]);
  });
});
