import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { addMonths, localDate, startOfDay } from '../../../server/core/time.ts';
import { HoursModel } from '../../../server/features/hours/hours.model.ts';
import { LedgerStatementModel } from '../../../server/features/hours/ledger.closing.model.ts';
import { CLOSED_MONTHS, LedgerEntryModel } from '../../../server/features/hours/ledger.model.ts';
import { personAccount } from '../../../server/features/hours/ledger.rules.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { createServed } from '../../factories/hours.ts';
import { createMember, createMembership, createTenant, inTenant, memberOf } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { createSecond } from '../../factories/proposals.ts';
import { createPosition, createShift } from '../../factories/requests.ts';
import { atOffset, testApp } from '../../support/app.ts';
import type { ApiAgent } from '../../support/agent.ts';
import { watchViolations } from '../../support/violations.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ZONE = 'Asia/Shanghai';
const thisMonth = (): string => localDate(new Date(), ZONE).slice(0, 7);
const lastMonth = (): string => addMonths(`${thisMonth()}-01`, -1).slice(0, 7);

/** What is posted, taken back and carried away at the very moment in which its month closes, and after it. */
describe('closed months under attack', function () {
  this.timeout(180_000);
  const broken = watchViolations(/^(hours|certificates)\//);
  before(() => broken.note());
  afterEach(async () => expect(await broken.found()).to.deep.equal([]));

  async function scene(): Promise<{ tenant: Tenant; volunteer: Member; desk: ApiAgent; officer: ApiAgent }> {
    const tenant = await createTenant();
    const volunteer = await createMember(tenant);
    const desk = await (await createMember(tenant, { roles: ['coordinator', 'reviewer'] })).api();
    return {
      tenant,
      volunteer,
      desk,
      officer: await (await createMember(tenant, { roles: ['officer'] })).api(),
    };
  }
  /** Services of the month before last, a day apart. */
  async function served(tenant: Tenant, volunteer: Member, count: number): Promise<string[]> {
    const ids: string[] = [];
    const first = startOfDay(addMonths(`${thisMonth()}-03`, -1), ZONE);
    for (let at = 0; at < count; at += 1) {
      const startsAt = new Date(+first + at * 24 * HOUR + 2 * HOUR);
      ids.push(await createServed(tenant, volunteer, { startsAt, endsAt: new Date(+startsAt + HOUR) }));
    }
    return ids;
  }
  const close = (officer: ApiAgent, through = lastMonth()) => officer.post('/ledger/periods', { through });
  const entriesOf = (tenant: Tenant) =>
    inTenant(tenant.id, () => LedgerEntryModel.find({ account: { $ne: CLOSED_MONTHS } }).lean());
  /** What statements say, drawn when nothing of before can still commit. */
  async function statements(tenant: Tenant) {
    await atOffset(130_000, async () => (await testApp()).sweep('hours/draw-statements'));
    return inTenant(tenant.id, () => LedgerStatementModel.find({}).sort({ closing: 1 }).lean());
  }

  it('lose no posting and get none afterwards, when hours are confirmed while their month closes', async () => {
    const { tenant, volunteer, desk, officer } = await scene();
    const second = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const ids = await served(tenant, volunteer, 10);
    expect((await desk.post(`/hours/${ids[0]}/approve`)).status).to.equal(200);
    const asked = ids
      .slice(1)
      .flatMap((id, at) => [
        (at % 2 === 0 ? desk : second).post(`/hours/${id}/approve`),
        ...(at % 4 === 2 ? [close(officer)] : []),
        ...(at % 5 === 0 ? [second.post(`/hours/${id}/approve`)] : []),
      ]);
    const answers = await Promise.all(asked);
    // All of it is one person's time: on a slow machine somebody is asked to try again.
    for (const { status, text } of answers) expect(status, text).to.be.oneOf([200, 201, 409, 422, 503]);
    expect(answers.filter(({ status }) => status === 201).length).to.be.at.most(1);
    for (const id of ids) await desk.post(`/hours/${id}/approve`);
    await close(officer);
    const states = await inTenant(tenant.id, () => HoursModel.find({}).select({ state: 1 }).lean());
    expect(new Set(states.map(({ state }) => state))).to.deep.equal(new Set(['posted']));
    const drawn = await statements(tenant);
    expect(drawn).to.have.length(1);
    const entries = await entriesOf(tenant);
    const own = entries.filter(({ account }) => account === personAccount(volunteer.personId));
    expect(own).to.have.length(ids.length);
    const inTime = own.filter(({ period }) => period === lastMonth());
    expect(own.filter(({ period }) => period === thisMonth())).to.have.length(ids.length - inTime.length);
    const [month] = drawn[0]?.months ?? [];
    expect(month).to.deep.include({
      entries: 2 * inTime.length,
      minutes: inTime.reduce((sum, { minutes }) => sum + minutes, 0),
      lateEntries: 0,
    });
    // What counts later is certified by the day it was given all the same.
    const days = { from: `${lastMonth()}-01`, to: `${lastMonth()}-28` };
    const certificate = await (await volunteer.api()).post('/certificates', { ...days, locale: 'zh-CN' });
    expect(certificate.status, certificate.text).to.equal(201);
    expect(certificate.json<{ totalMinutes: number }>().totalMinutes).to.equal(
      own.reduce((sum, { minutes }) => sum + minutes, 0),
    );
  });

  it('stay what they were when hours are taken back and carried away while both organisations close', async () => {
    const old = await scene();
    const next = await scene();
    const arrived = memberOf(next.tenant, old.volunteer, await createMembership(next.tenant, old.volunteer));
    const ids = await served(old.tenant, old.volunteer, 8);
    for (const id of ids) expect((await old.desk.post(`/hours/${id}/approve`)).status).to.equal(200);
    const [kept] = await served(next.tenant, await createMember(next.tenant), 1);
    expect((await next.desk.post(`/hours/${kept}/approve`)).status).to.equal(200);
    const second = await createSecond(old.tenant);
    const reversals = await Promise.all(
      ids.slice(0, 3).map(async (id) => {
        const proposal = await old.desk.post(`/hours/${id}/reversal`, { reason: '重复登记' });
        expect(proposal.status, proposal.text).to.equal(201);
        return proposal.json<{ id: string }>().id;
      }),
    );
    const yes = { verdict: 'yes', reason: '已核对' };
    const asked = await (await old.volunteer.api()).post('/hours/transfers', { tenantId: next.tenant.id });
    expect(asked.status, asked.text).to.equal(201);
    expect(
      (await old.desk.post(`/hours/transfers/${asked.json<{ id: string }>().id}/decision`, yes)).status,
    ).to.equal(200);
    const [offered] = (await next.desk.get('/hours/transfers/desk')).json<{ data: { id: string }[] }>().data;
    const [took, ...others] = await Promise.all([
      next.desk.post(`/hours/transfers/${offered?.id}/decision`, yes),
      close(old.officer),
      close(next.officer),
      ...reversals.map((id) => second.post(`/proposals/${id}/confirmation`)),
    ]);
    expect(took?.status, took?.text).to.equal(200);
    for (const { status, text } of others) expect(status, text).to.be.within(200, 201);
    await (await testApp()).sweep('hours/move');
    for (const { tenant } of [old, next]) expect(await statements(tenant)).to.have.length(1);
    const sum = async (tenant: Tenant, member: Member): Promise<number> =>
      (await entriesOf(tenant))
        .filter(({ account }) => account === personAccount(member.personId))
        .reduce((total, { minutes }) => total + minutes, 0);
    expect(await sum(old.tenant, old.volunteer)).to.equal(0);
    const each = (await entriesOf(old.tenant)).find(({ minutes }) => minutes > 0)?.minutes ?? 0;
    expect(await sum(next.tenant, arrived)).to.equal(5 * each);
  });

  it('count what was kept on a phone and arrives when the month is closed in the next one', async () => {
    const { tenant, volunteer, desk, officer } = await scene();
    // Something of this month, so that there is a month to close.
    const early = await createServed(tenant, volunteer, { hoursAgo: 6 });
    expect((await desk.post(`/hours/${early}/approve`)).status).to.equal(200);
    // Not one that ends before anybody could sign up.
    const closing = localDate(new Date(Date.now() + 48 * HOUR), ZONE).slice(0, 7);
    const midnight = startOfDay(addMonths(`${closing}-01`, 1), ZONE);
    const startsAt = new Date(+midnight - 2 * HOUR);
    const endsAt = new Date(+midnight - 30 * MINUTE);
    const shiftId = await createShift(tenant, { startsAt, endsAt });
    const positionId = await createPosition(tenant, { shiftId });
    expect((await (await volunteer.api()).post(`/positions/${positionId}/assignments`)).status).to.equal(201);
    const at = <T>(instant: Date, work: () => Promise<T>): Promise<T> =>
      atOffset(+instant - Date.now(), work);
    const coordinator = await createMember(tenant, { roles: ['coordinator'] });
    const codeAt = (instant: Date): Promise<string> =>
      at(instant, async () =>
        String((await (await coordinator.api()).get(`/shifts/${shiftId}/attendance`)).json()['code']),
      );
    const [coming, going] = [await codeAt(startsAt), await codeAt(endsAt)];
    const closer = await createMember(tenant, { roles: ['officer'] });
    expect((await close(officer, closing)).status).to.equal(422);
    await at(new Date(+midnight + 20 * MINUTE), async () => {
      const closed = await close(await closer.api(), closing);
      expect(closed.status, closed.text).to.equal(201);
      const api = await volunteer.api();
      for (const [code, did] of [
        [coming, 'checked-in'],
        [going, 'checked-out'],
      ] as const) {
        const answer = await api.post(
          '/check-ins',
          { code, kept: true },
          { 'idempotency-key': randomUUID() },
        );
        expect(answer.json(), answer.text).to.include({ did });
      }
      const [record] = (await api.get('/hours')).json<{ data: { id: string; recordedMinutes: number }[] }>()
        .data;
      expect(record?.recordedMinutes).to.be.within(88, 90);
      const posted = await (await coordinator.api()).post(`/hours/${record?.id}/approve`);
      expect(posted.json(), posted.text).to.include({ state: 'posted' });
    });
    const late = (await entriesOf(tenant)).filter(({ serviceDate }) => serviceDate > `${closing}-27`);
    for (const { period, serviceDate } of late.filter(({ serviceFrom }) => +serviceFrom >= +startsAt))
      expect([period, serviceDate.slice(0, 7)]).to.deep.equal([
        addMonths(`${closing}-01`, 1).slice(0, 7),
        closing,
      ]);
    expect(late.filter(({ serviceFrom }) => +serviceFrom >= +startsAt)).to.have.length(2);
  });
});
