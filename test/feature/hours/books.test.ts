import { expect } from 'chai';
import { Types } from 'mongoose';
import { acrossTenants } from '../../../server/core/context.ts';
import { canonicalJson } from '../../../server/core/canonical-json.ts';
import { database } from '../../../server/db/connect.ts';
import { up as addBalances } from '../../../server/db/migrations/20261126-2150-running-balances.ts';
import { inTransaction } from '../../../server/db/transaction.ts';
import {
  LedgerClosingModel,
  LedgerComparisonModel,
  LedgerStatementModel,
} from '../../../server/features/hours/ledger.closing.model.ts';
import { compareBalances } from '../../../server/features/hours/index.ts';
import type { HoursRow } from '../../../server/features/hours/hours.model.ts';
import { CLOSED_MONTHS, LedgerEntryModel } from '../../../server/features/hours/ledger.model.ts';
import { personAccount } from '../../../server/features/hours/ledger.rules.ts';
import { applyAllToLedger, factsOfRecord, postingOf } from '../../../server/features/hours/ledger.service.ts';
import type { LedgerChange } from '../../../server/features/hours/ledger.service.ts';
import { entryHash, entryText } from '../../../server/features/hours/ledger.text.rules.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { runChecks } from '../../../server/verify/index.ts';
import { createServed, storedHours } from '../../factories/hours.ts';
import { asOperator, createMember, createTenant, createUnit, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { byTwo } from '../../factories/proposals.ts';
import { as } from '../../support/actor.ts';
import { atOffset, testApp } from '../../support/app.ts';

const ZONE = 'Asia/Shanghai';
const DAY_MS = 86_400_000;

/** As many commands as this in the random history; more on demand. */
const COMMANDS = Number(process.env['LINLI_HISTORY'] ?? 10_000);

/** Numbers that are the same in every run. */
function chance(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * below);
  };
}

/** A record as the ledger needs it. */
function record(
  personId: Types.ObjectId,
  shiftId: Types.ObjectId | null,
  minutes: number,
  startsAt = new Date(Date.now() - 3 * DAY_MS),
): HoursRow {
  return {
    _id: new Types.ObjectId(),
    personId,
    shiftId,
    activity: { startsAt },
    servedFrom: startsAt,
    servedTo: new Date(startsAt.getTime() + minutes * 60_000),
    recordedMinutes: minutes,
    policyVersion: 'test',
  } as unknown as HoursRow;
}

const posting = (row: HoursRow): LedgerChange => ({
  command: postingOf(row),
  facts: factsOfRecord(row, ZONE),
});
const reversal = (row: HoursRow): LedgerChange => ({
  command: { kind: 'reverse', recordId: String(row._id) },
  facts: factsOfRecord(row, ZONE),
  reason: '更正',
});
const moving = (row: HoursRow, what: string, from: string, to: string): LedgerChange => ({
  command: {
    kind: 'move',
    cause: 'transfer',
    what,
    recordId: String(row._id),
    from,
    to,
    minutes: row.recordedMinutes,
  },
  facts: factsOfRecord(row, ZONE),
});
/** As hours leave with a transfer or a merge, and as they arrive. */
const leaving = (row: HoursRow): LedgerChange =>
  moving(row, 'transfer-out', personAccount(String(row.personId)), `transfer:${String(row._id)}`);
const arriving = (row: HoursRow, to: Types.ObjectId): LedgerChange =>
  moving(row, 'transfer-in', `transfer:${String(row._id)}`, personAccount(String(to)));
/** The 15th of the month so many months ago. */
const monthsAgo = (months: number): Date => {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, months === 0 ? 1 : 15, 4));
};

/** A ledger in a few lines: what happened to each record, sums by account and by month. */
function newModel() {
  const happened = new Set<string>();
  const balances = new Map<string, number>();
  const months = new Map<string, { minutes: number; late: number }>();
  let closed: string | null = null;
  const add = (row: HoursRow, lines: readonly (readonly [string, number])[]): void => {
    const served = factsOfRecord(row, ZONE).serviceDate.slice(0, 7);
    const period = closed !== null && served <= closed ? nextMonth(closed) : served;
    const sums = months.get(period) ?? { minutes: 0, late: 0 };
    months.set(period, sums);
    for (const [account, change] of lines) {
      balances.set(account, (balances.get(account) ?? 0) + change);
      if (!account.startsWith('person:')) continue;
      sums.minutes += change;
      if (period !== served) sums.late += change;
    }
  };
  return {
    balances,
    close: (through: string): void => void (closed = through),
    postings: (): number => happened.size,
    /** Months up to the last closed one in which something was posted. */
    statements: (): [string, number, number][] =>
      [...months]
        .filter(([month]) => closed !== null && month <= closed)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([month, { minutes, late }]) => [month, minutes, late]),
    apply(row: HoursRow, command: LedgerChange['command']): string | null {
      const minutes = row.recordedMinutes;
      const what = command.kind === 'move' ? command.what : command.kind;
      const key = (of: string): string => `${of} ${String(row._id)}`;
      if (command.kind === 'reverse' && !happened.has(key('post'))) return 'not-posted';
      if (happened.has(key(what))) return what === 'reverse' ? 'already-reversed' : 'already-posted';
      if (command.kind !== 'reverse' && minutes <= 0) return 'nothing-to-post';
      happened.add(key(what));
      const own = personAccount(String(row.personId));
      const other = row.shiftId ? `shift:${String(row.shiftId)}` : `activity:${String(row._id)}`;
      const lines: [string, number][] =
        command.kind === 'move'
          ? [
              [command.from, -minutes],
              [command.to, minutes],
            ]
          : command.kind === 'post'
            ? [
                [own, minutes],
                [other, -minutes],
              ]
            : [
                [own, -minutes],
                [other, minutes],
              ];
      add(row, lines);
      return null;
    },
  };
}
const nextMonth = (month: string): string =>
  new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 15)).toISOString().slice(0, 7);

const apply = (tenant: Tenant, changes: readonly LedgerChange[]): Promise<(string | null)[]> =>
  inTenant(tenant.id, () => inTransaction(() => applyAllToLedger(changes)));

/** Checks of hours over the whole database that name something of this tenant. */
async function faults(tenant: Tenant): Promise<string[]> {
  const { composed } = await testApp();
  const checks = composed.invariants.filter(({ name }) =>
    /balances-and-chains|sum-to-zero|months-stay/.test(name),
  );
  const { checks: results } = await asOperator(() => acrossTenants('test', () => runChecks(checks)));
  return results.flatMap(({ samples }) => samples.filter((sample) => sample.includes(tenant.id)));
}

/** An organisation with somebody who serves, who confirms, and who closes months. */
async function scene(): Promise<{ tenant: Tenant; volunteer: Member; desk: Member; officer: Member }> {
  const tenant = await createTenant();
  const volunteer = await createMember(tenant);
  const desk = await createMember(tenant, { roles: ['coordinator', 'reviewer'] });
  return { tenant, volunteer, desk, officer: await createMember(tenant, { roles: ['officer'] }) };
}

describe('the books', function () {
  this.timeout(300_000);

  it('hold what a model holds after a long random history of postings, moves, reversals and closings', async () => {
    const { tenant, officer } = await scene();
    const { closings } = (await testApp()).composed.services;
    const pick = chance(20_261_126);
    const people = Array.from({ length: 40 }, () => new Types.ObjectId());
    const shifts = Array.from({ length: 25 }, () => new Types.ObjectId());
    const rows: HoursRow[] = [];
    const model = newModel();
    for (let done = 0; done < COMMANDS;) {
      const changes: LedgerChange[] = [];
      const expected: (string | null)[] = [];
      for (let size = 1 + pick(200); size > 0 && done < COMMANDS; size -= 1, done += 1) {
        const fresh = rows.length === 0 || pick(10) < 5;
        const row = fresh
          ? record(
              people[pick(40)]!,
              pick(5) === 0 ? null : shifts[pick(25)]!,
              pick(30) === 0 ? 0 : 1 + pick(600),
              monthsAgo(pick(8)),
            )
          : rows[pick(rows.length)]!;
        if (fresh) rows.push(row);
        const change = fresh
          ? posting(row)
          : [posting, reversal, leaving, (one: HoursRow) => arriving(one, people[pick(40)]!)][pick(4)]!(row);
        changes.push(change);
        expected.push(model.apply(row, change.command));
      }
      expect(await apply(tenant, changes)).to.deep.equal(expected);
      const closable = pick(12) === 0 ? await as(officer, () => closings.closable()) : [];
      const through = closable[pick(Math.max(1, closable.length))];
      if (through) {
        await as(officer, (actor) => closings.close(actor, through));
        model.close(through);
      }
    }
    const stored = await inTenant(tenant.id, () =>
      LedgerEntryModel.find({ account: { $ne: CLOSED_MONTHS } })
        .sort({ account: 1, seq: 1 })
        .lean(),
    );
    expect(new Map(stored.map(({ account, balance }) => [account, balance]))).to.deep.equal(model.balances);
    expect(stored.reduce((sum, { minutes }) => sum + minutes, 0)).to.equal(0);
    expect(stored).to.have.length(model.postings() * 2);
    // Every month's statement is what had been posted into it, and late is what came after its own month was closed.
    await atOffset(130_000, async () => (await testApp()).sweep('hours/draw-statements'));
    const drawn = await inTenant(tenant.id, () => LedgerStatementModel.find({}).sort({ closing: 1 }).lean());
    expect(drawn.length, 'closings').to.be.above(0);
    expect(
      drawn.flatMap(({ months }) =>
        months.map(({ month, minutes, lateMinutes }) => [month, minutes, lateMinutes]),
      ),
    ).to.deep.equal(model.statements());
    expect(await faults(tenant)).to.deep.equal([]);
    // These lines are of records that nobody has: other checks of the same database would name them for ever.
    await inTenant(tenant.id, async () => {
      await LedgerEntryModel.deleteMany({});
      await LedgerStatementModel.deleteMany({});
      await LedgerClosingModel.deleteMany({});
    });
  });

  it('take nothing twice from producers that come again, at once and in any order', async () => {
    const tenant = await createTenant();
    const person = new Types.ObjectId();
    const shift = new Types.ObjectId();
    const rows = Array.from({ length: 12 }, (_unused, at) => record(person, shift, 10 + at));
    await apply(tenant, rows.map(posting));
    const before = await inTenant(tenant.id, () => LedgerEntryModel.find({}).sort({ _id: 1 }).lean());
    const again = [...rows].reverse();
    const refusals = await Promise.all([
      apply(tenant, again.map(posting)),
      ...rows.map((row) => apply(tenant, [posting(row)])),
    ]);
    expect(new Set(refusals.flat())).to.deep.equal(new Set(['already-posted']));
    expect(await inTenant(tenant.id, () => LedgerEntryModel.find({}).sort({ _id: 1 }).lean())).to.deep.equal(
      before,
    );
    // New ones handed in by several at the same moment count once.
    const fresh = Array.from({ length: 6 }, () => record(person, shift, 30));
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, (_unused, at) =>
        apply(tenant, (at % 2 === 0 ? fresh : [...fresh].reverse()).map(posting)),
      ),
    );
    expect(outcomes.flat().filter((refusal) => refusal === null)).to.have.length(6);
    expect(await faults(tenant)).to.deep.equal([]);
  });

  it('end in one legal state when a hundred approve and reverse the same hours at once', async () => {
    const { hours } = (await testApp()).composed.services;
    const tenant = await createTenant();
    const volunteer = await createMember(tenant);
    const desk = await Promise.all(
      [1, 2, 3, 4].map(() => createMember(tenant, { roles: ['coordinator', 'reviewer'] })),
    );
    const id = await createServed(tenant, volunteer);
    const done = await Promise.all(
      Array.from({ length: 100 }, (_unused, at) =>
        as(desk[at % 4]!, (actor) =>
          at % 2 === 0 ? hours.approve(actor, id) : hours.reverse(actor, id, '更正'),
        ).then(
          () => 'done',
          // A hundred want more connections than there are; over HTTP that is a 503.
          (err: unknown) =>
            (err as Error).name === 'MongoWaitQueueTimeoutError'
              ? 503
              : ((err as { status?: number }).status ?? err),
        ),
      ),
    );
    expect(done.filter((one) => ![403, 409, 503, 'done'].includes(one as never))).to.deep.equal([]);
    const { state, recordedMinutes } = await storedHours(tenant, id);
    expect(['posted', 'reversed']).to.include(state);
    const newest = await inTenant(tenant.id, () =>
      LedgerEntryModel.findOne({ account: personAccount(volunteer.personId) })
        .sort({ seq: -1 })
        .lean(),
    );
    expect(newest?.balance).to.equal(state === 'posted' ? recordedMinutes : 0);
    expect(newest?.seq).to.equal(state === 'posted' ? 1 : 2);
    expect(await faults(tenant)).to.deep.equal([]);
  });

  it('hash what RFC 8785 makes of an entry', async () => {
    const tenant = await createTenant();
    await apply(tenant, [posting(record(new Types.ObjectId(), null, 45))]);
    const [entry] = await inTenant(tenant.id, () => LedgerEntryModel.find({}).lean());
    if (!entry) throw new Error('Nothing posted');
    expect(entryText(entry)).to.equal(canonicalJson(JSON.parse(entryText(entry))));
    const { period: _period, ...older } = entry;
    expect(entryHash(older)).to.not.equal(entry.hash);
  });

  it('have their balances compared every night: what was done by hand is left and named', async () => {
    const tenant = await createTenant();
    const [one, other, third] = [new Types.ObjectId(), new Types.ObjectId(), new Types.ObjectId()];
    const rows = [
      record(one, null, 60),
      record(one, null, 5),
      record(other, null, 90),
      record(third, null, 7),
    ];
    await apply(tenant, rows.map(posting));
    expect(await inTenant(tenant.id, compareBalances)).to.deep.equal({ broken: [] });
    const [own, theirs] = [personAccount(String(one)), personAccount(String(other))];
    await inTenant(tenant.id, async () => {
      await LedgerEntryModel.updateOne({ account: own, seq: 2 }, { $set: { balance: 600 } });
      await LedgerEntryModel.deleteOne({ account: theirs });
      // What was the second is the only one now.
      await LedgerEntryModel.updateOne({ account: personAccount(String(third)) }, { $set: { seq: 2 } });
    });
    const broken = [own, personAccount(String(third))].sort();
    expect(await inTenant(tenant.id, compareBalances)).to.deep.equal({ broken });
    await inTenant(tenant.id, async () => {
      expect(await LedgerComparisonModel.findOne({}).lean()).to.deep.include({ accounts: 6, broken });
    });
    const named = (await faults(tenant)).join();
    expect(named).to.include('has a balance of 600 where 65 were posted').and.include('does not follow');
    await inTenant(tenant.id, () => LedgerEntryModel.deleteMany({}));
  });
});

describe('closing months', function () {
  this.timeout(120_000);

  const lastMonth = (): string => {
    const date = new Date(Date.now() + 8 * 3_600_000);
    date.setUTCDate(0);
    return date.toISOString().slice(0, 7);
  };

  it('fixes the figures: later postings count in the first open month, marked as late, and certificates still by service', async () => {
    const { tenant, volunteer, desk, officer } = await scene();
    const hoursAgo = 24 * 45;
    const first = await createServed(tenant, volunteer, { hoursAgo });
    const second = await createServed(tenant, volunteer, { hoursAgo: hoursAgo + 5 });
    const api = await desk.api();
    expect((await api.post(`/hours/${first}/approve`)).status).to.equal(200);
    const officerApi = await officer.api();
    const { closable } = (await officerApi.get('/ledger/periods')).json<{ closable: string[] }>();
    expect(closable.at(-1)).to.equal(lastMonth());
    expect((await officerApi.post('/ledger/periods', { through: '2099-01' })).json()).to.deep.include({
      code: 'invalid',
    });
    const closed = await officerApi.post('/ledger/periods', { through: lastMonth() });
    expect(closed.status, closed.text).to.equal(201);
    expect((await officerApi.post('/ledger/periods', { through: lastMonth() })).status).to.equal(422);
    // Nothing is drawn while a posting that began before could still commit.
    await (await testApp()).sweep('hours/draw-statements');
    expect(await inTenant(tenant.id, () => LedgerStatementModel.countDocuments({}))).to.equal(0);
    await atOffset(130_000, async () => (await testApp()).sweep('hours/draw-statements'));
    const drawn = await inTenant(tenant.id, () => LedgerStatementModel.find({}).lean());
    expect(drawn).to.have.length(1);
    expect(drawn[0]?.months).to.have.length(1);
    expect(drawn[0]?.months[0]).to.deep.include({ entries: 2, minutes: 121, lateMinutes: 0 });

    expect((await api.post(`/hours/${second}/approve`)).status).to.equal(200);
    const taken = await byTwo(tenant, api, `/hours/${first}/reversal`, { reason: '重复' });
    expect(taken.status, taken.text).to.equal(200);
    const late = await inTenant(tenant.id, () =>
      LedgerEntryModel.find({ account: personAccount(volunteer.personId), seq: { $gt: 1 } })
        .sort({ seq: 1 })
        .lean(),
    );
    const open = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 7);
    expect(late.map(({ period, minutes }) => [period, minutes])).to.deep.equal([
      [open, 121],
      [open, -121],
    ]);
    expect(late.every(({ serviceDate }) => serviceDate.slice(0, 7) < open)).to.equal(true);
    expect(await faults(tenant)).to.deep.equal([]);
    const after = await inTenant(tenant.id, () => LedgerStatementModel.find({}).lean());
    expect(after).to.deep.equal(drawn);

    const page = await officer.page();
    for (const [language, word] of [
      ['zh-CN', '账期'],
      ['en', 'Ledger months'],
    ] as const) {
      const shown = await page.get(`/ledger/periods?lang=${language}`);
      expect(shown.status).to.equal(200);
      expect(shown.text).to.include(word).and.include(lastMonth());
    }
    // An entry put into a closed month by hand shows.
    await inTenant(tenant.id, () =>
      LedgerEntryModel.updateOne({ _id: late[0]!._id }, { $set: { period: lastMonth() } }),
    );
    expect((await faults(tenant)).join()).to.include('is not what the ledger holds');
    await inTenant(tenant.id, () =>
      LedgerEntryModel.updateOne({ _id: late[0]!._id }, { $set: { period: open } }),
    );
    // Postings go by the ledger's own entries of closings: they say what the closings say, or `verify` says so.
    const guard = (through: string) =>
      inTenant(tenant.id, () =>
        LedgerEntryModel.updateOne({ account: CLOSED_MONTHS }, { $set: { period: through } }),
      );
    await guard('2001-01');
    expect((await faults(tenant)).join()).to.include('posts as if closed through 2001-01');
    await guard(lastMonth());
    expect(await faults(tenant)).to.deep.equal([]);
    // A ledger of before entries had balances and closings were entries comes to the same.
    const own = { tenantId: new Types.ObjectId(tenant.id) };
    const stored = () =>
      inTenant(tenant.id, async () =>
        (await LedgerEntryModel.find({}).sort({ account: 1, seq: 1 }).lean()).map(
          ({ account, seq, balance, period, serviceDate, actor }) =>
            [account, seq, balance, period, serviceDate, actor].join(' '),
        ),
      );
    const before = await stored();
    const rows = database().collection('ledgerentries');
    await rows.deleteMany({ ...own, account: CLOSED_MONTHS });
    await rows.updateMany(own, { $unset: { balance: 1 } });
    expect((await faults(tenant)).join()).to.include('a balance of undefined');
    for (const _again of [1, 2]) await addBalances(database());
    expect(await stored()).to.deep.equal(before);
    expect(await faults(tenant)).to.deep.equal([]);
  });

  it('is for officers and administrators of the whole organisation; auditors see it', async () => {
    const { tenant, volunteer, desk, officer } = await scene();
    const unitId = await createUnit(tenant);
    const auditor = await createMember(tenant, { roles: ['auditor'] });
    const partial = await createMember(tenant, { roles: ['officer'], unitId });
    const hoursId = await createServed(tenant, volunteer, { hoursAgo: 24 * 45 });
    expect((await (await desk.api()).post(`/hours/${hoursId}/approve`)).status).to.equal(200);
    const through = { through: lastMonth() };
    expect((await (await auditor.api()).get('/ledger/periods')).status).to.equal(200);
    for (const member of [volunteer, desk, auditor, partial])
      expect((await (await member.api()).post('/ledger/periods', through)).status).to.equal(403);
    const done = await Promise.all(
      [1, 2, 3].map(async () => (await (await officer.api()).post('/ledger/periods', through)).status),
    );
    expect(done.filter((status) => status === 201)).to.have.length(1);
  });
});
