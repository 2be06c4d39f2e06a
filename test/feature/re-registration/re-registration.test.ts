import { expect } from 'chai';
import { OutboxModel } from '../../../server/db/outbox.ts';
import { addDays, addMonths } from '../../../server/core/time.ts';
import { createMember, createTenant, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import type { ApiAgent } from '../../support/agent.ts';
import { atOffset, testApp } from '../../support/app.ts';
import { inDays } from '../../support/days.ts';

interface Own {
  readonly cycle: { end: string; windowStart: string };
  readonly missingMinutes: number;
  readonly totalMinutes: number;
  readonly checklist: { code: string; done: boolean }[];
  readonly reminders: { days: number; on: string }[];
  readonly forecast: { missingMinutes: number } | null;
  readonly ready: boolean;
}
const DAY_MS = 86_400_000;

describe('re-registration', function () {
  this.timeout(60_000);
  let tenant: Tenant;
  let officer: ApiAgent;
  let reviewer: ApiAgent;
  let n = 0;

  before(async () => {
    tenant = await createTenant();
    officer = await (await createMember(tenant, { roles: ['officer'] })).api();
    reviewer = await (await createMember(tenant, { roles: ['reviewer'] })).api();
  });

  /** A social worker whose registration ends in so many days. */
  async function worker(
    days: number,
    kind: 'volunteer' | 'social-worker' = 'volunteer',
  ): Promise<{ member: Member; own: ApiAgent; credentialId: string }> {
    const member = await createMember(tenant, { kind });
    const own = await member.api();
    const validFrom = addMonths(inDays(days + 1), -36);
    const made = await own.post('/credentials', {
      level: 'intermediate',
      number: `SW${(n += 1)}`,
      issuedOn: validFrom,
      validFrom,
    });
    const credentialId = made.json<{ id: string }>().id;
    await officer.post(`/credentials/${credentialId}/review`, { verdict: 'first_pass' });
    expect(
      (await reviewer.post(`/credentials/${credentialId}/review`, { verdict: 'valid' })).status,
    ).to.equal(200);
    return { member, own, credentialId };
  }
  async function credit(own: ApiAgent, hours: number, date = inDays(-100)): Promise<void> {
    const made = await own.post('/credits', {
      title: `培训${(n += 1)}`,
      activity: 'training',
      dimension: 'ability',
      category: 'professional',
      date,
      hours,
      evidence: ['passCertificate'],
    });
    expect(
      (
        await officer.post(`/credits/${made.json<{ id: string }>().id}/review`, {
          verdict: 'posted',
          evidence: ['passCertificate'],
        })
      ).status,
    ).to.equal(200);
  }
  const mine = async (own: ApiAgent): Promise<Own> => (await own.get('/re-registration')).json<Own>();

  it('stands on the home page of a social worker, not on that of others', async () => {
    const homeOf = async (member: Member): Promise<string> =>
      (await (await member.page()).get('/?lang=en')).text;
    const { member } = await worker(120, 'social-worker');
    expect(await homeOf(member))
      .to.include('Registered until')
      .and.include('href="/re-registration"');
    const bare = await createMember(tenant, { kind: 'social-worker' });
    expect(await homeOf(bare)).to.not.include('Registered until');
    expect(await homeOf((await worker(130)).member)).to.not.include('Registered until');
  });

  it('tells the window, what is missing and where the pace leads', async () => {
    const { own, member } = await worker(400);
    await credit(own, 40);
    const one = await mine(own);
    expect(one).to.include({ totalMinutes: 2_400, missingMinutes: 3_000, ready: false });
    expect(one.cycle).to.include({ end: inDays(400), windowStart: addMonths(inDays(401), -3) });
    expect(one.checklist.filter(({ done }) => !done).map(({ code }) => code)).to.deep.equal([
      'window',
      'hours',
      'evidence',
      'certificate',
    ]);
    expect(one.forecast?.missingMinutes).to.be.greaterThan(0);
    expect(one.reminders).to.deep.equal(
      [180, 90, 30, 7].map((days) => ({ days, on: addDays(inDays(400), -days) })),
    );
    const page = await (await member.page()).get('/re-registration?lang=en');
    expect(page.text).to.match(/At this pace you miss/);
    const nobody = await (await createMember(tenant)).api();
    expect((await nobody.get('/re-registration')).json()).to.include({ registration: null });
    expect((await nobody.get('/re-registration/package')).status).to.equal(404);
  });

  it('hands out the application as a PDF and as the same data', async () => {
    const { own, member } = await worker(30);
    await credit(own, 90);
    const data = (await own.get('/re-registration/package')).json<{
      totalMinutes: number;
      entries: { countedMinutes: number }[];
      name: string;
    }>();
    expect(data).to.include({ totalMinutes: 5_400, name: member.name });
    expect(data.entries.map(({ countedMinutes }) => countedMinutes)).to.deep.equal([5_400]);
    const page = await member.page();
    const pdf = await page.get('/re-registration/package.pdf');
    expect(pdf.headers.get('content-type')).to.equal('application/pdf');
    expect(pdf.text.startsWith('%PDF-1.7')).to.equal(true);
    expect((await page.get('/re-registration/package.json')).headers.get('content-disposition')).to.include(
      '.json',
    );
  });

  it('reminds 180, 90, 30 and 7 days before the end, each once over the whole cycle', async () => {
    const { credentialId } = await worker(200);
    const { sweep } = await testApp();
    for (const day of [0, 19, 20, 21, 60, 109, 110, 111, 169, 170, 171, 192, 193, 194, 199, 200, 201, 230])
      await atOffset(day * DAY_MS, async () => {
        await Promise.all([sweep('re-registration/remind'), sweep('re-registration/remind')]);
      });
    const sent = await inTenant(tenant.id, async () =>
      OutboxModel.find({ kind: 're-registration/due', dedupeKey: new RegExp(credentialId) } as never)
        .sort({ createdAt: 1 })
        .lean(),
    );
    expect(sent.map(({ data }) => data['days'])).to.deep.equal([180, 90, 30, 7]);
  });

  it('says nothing more once a renewal was handed in', async () => {
    const { own, credentialId } = await worker(40);
    const made = await own.post(`/credentials/${credentialId}/renewal`, {
      level: 'intermediate',
      number: `SW${(n += 1)}`,
      issuedOn: inDays(0),
      validFrom: inDays(41),
    });
    expect(made.status, made.text).to.equal(201);
    await atOffset(11 * DAY_MS, async () => (await testApp()).sweep('re-registration/remind'));
    const sent = await inTenant(tenant.id, () =>
      OutboxModel.countDocuments({
        kind: 're-registration/due',
        dedupeKey: new RegExp(credentialId),
      } as never),
    );
    expect(sent).to.equal(0);
  });

  it('evaluates everybody in one job with progress; who looks after them sees who lacks hours', async () => {
    const started = await officer.post('/re-registration/runs');
    expect(started.status, started.text).to.equal(201);
    expect((await officer.post('/re-registration/runs')).json()['code']).to.equal('already-running');
    expect((await (await createMember(tenant)).api()).token).to.be.a('string');
    await Promise.all([
      (await testApp()).sweep('re-registration/evaluate'),
      (await testApp()).sweep('re-registration/evaluate'),
    ]);
    const list = (await officer.get('/re-registration/overview?limit=100')).json<{
      run: { state: string; done: number; total: number; behind: number };
      data: { missingMinutes: number; personName: string; canApply: boolean }[];
    }>();
    expect(list.run.state).to.equal('done');
    expect(list.run.done).to.equal(list.run.total).and.to.be.greaterThan(2);
    expect(list.data.some(({ missingMinutes }) => missingMinutes === 3_000)).to.equal(true);
    expect(list.data.some(({ canApply }) => canApply)).to.equal(true);
    const behind = (await officer.get('/re-registration/overview?behind=true&limit=100')).json<typeof list>()
      .data;
    expect(behind.every(({ missingMinutes }) => missingMinutes > 0)).to.equal(true);
    const volunteer = await (await createMember(tenant)).api();
    expect((await volunteer.get('/re-registration/overview')).status).to.equal(403);
    const page = await (await createMember(tenant, { roles: ['officer'] })).page();
    expect((await page.get('/re-registration/overview')).status).to.equal(200);
  });

  it('says of everybody what each one’s own page says, also where a raised level is reckoned by days', async () => {
    const place = await createTenant();
    const admin = await (await createMember(place, { roles: ['officer'] })).api();
    const other = await (await createMember(place, { roles: ['reviewer'] })).api();
    const rules = {
      programme: 'cn-intermediate',
      cycle: { kind: 'fromRegistration', months: 36, windowMonthsBefore: 3 },
      requirement: { total: 90 },
      conversions: [{ activity: 'training', rule: 'actual', needs: ['passCertificate'] }],
      levelChange: 'prorated',
      openCycles: 'newRules',
      remindDaysBefore: [60, 5],
      effective: [inDays(0), null],
    };
    const published = await other.post('/programmes', { rules: JSON.stringify(rules) });
    expect(published.status, published.text).to.equal(201);
    const own = await (await createMember(place)).api();
    for (const [level, validFrom] of [
      ['assistant', addMonths(inDays(0), -20)],
      ['intermediate', addMonths(inDays(0), -5)],
    ]) {
      const made = await own.post('/credentials', {
        level,
        number: `SW${(n += 1)}`,
        issuedOn: validFrom,
        validFrom,
      });
      const path = `/credentials/${made.json<{ id: string }>().id}/review`;
      await admin.post(path, { verdict: 'first_pass' });
      expect((await other.post(path, { verdict: 'valid' })).status).to.equal(200);
    }
    await admin.post('/re-registration/runs');
    await (await testApp()).sweep('re-registration/evaluate');
    const rows = (await admin.get('/re-registration/overview?limit=100')).json<{
      data: { level: string; requiredMinutes: number }[];
    }>().data;
    const [one] = (await own.get('/credits')).json<{ programmes: { requiredMinutes: number }[] }>()
      .programmes;
    expect(one?.requiredMinutes).to.be.within(72 * 60 + 1, 90 * 60 - 1);
    expect(rows.find(({ level }) => level === 'intermediate')?.requiredMinutes).to.equal(
      one?.requiredMinutes,
    );
    // The rules that govern the cycle say on which days its holder is reminded.
    expect((await mine(own)).reminders.map(({ days }) => days)).to.deep.equal([60, 5]);
  });
});
