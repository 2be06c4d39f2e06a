import { expect } from 'chai';
import { allChecks, runChecks } from '../../../server/verify/index.ts';
import { acrossTenants } from '../../../server/core/context.ts';
import { database } from '../../../server/db/connect.ts';
import { addDays, addMonths } from '../../../server/core/time.ts';
import { LedgerEntryModel } from '../../../server/features/hours/ledger.model.ts';
import { asOperator, createMember, createTenant, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { byTwo } from '../../factories/proposals.ts';
import type { ApiAgent } from '../../support/agent.ts';
import { testApp } from '../../support/app.ts';

const TODAY = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);

const claim = (change: object = {}): object => ({
  title: '个案工作培训',
  host: '社会工作协会',
  activity: 'training',
  dimension: 'ability',
  category: 'professional',
  date: TODAY,
  hours: 24,
  evidence: ['passCertificate'],
  ...change,
});

interface Credit {
  readonly id: string;
  readonly state: string;
}
interface Own {
  readonly programmes: {
    readonly programme: string;
    readonly totalMinutes: number;
    readonly requiredMinutes: number;
    readonly missingMinutes: number;
    readonly cycle: { readonly start: string; readonly end: string };
    readonly entries: { readonly id: string; readonly countedMinutes: number; readonly reason: string }[];
    readonly eligibleFrom: string | null;
    readonly canApplyOn: boolean;
  }[];
  readonly data: Credit[];
}

interface Place {
  readonly tenantId: string;
  readonly holder: Member;
  readonly own: ApiAgent;
  readonly officer: ApiAgent;
  readonly reviewer: ApiAgent;
}

/** A tenant with an officer, a reviewer, and a 社工师 whose registration runs out in a month. */
async function createPlace(validFrom = addMonths(addDays(TODAY, 30), -36)): Promise<Place> {
  const tenant = await createTenant();
  const holder = await createMember(tenant);
  const own = await holder.api();
  const [officer, reviewer] = await Promise.all(
    (['officer', 'reviewer'] as const).map(async (role) =>
      (await createMember(tenant, { roles: [role] })).api(),
    ),
  );
  if (!officer || !reviewer) throw new Error('nobody');
  const credential = await own.post('/credentials', {
    level: 'intermediate',
    number: `T${holder.personId.slice(-8)}`,
    issuedOn: validFrom,
    validFrom,
  });
  const path = `/credentials/${credential.json<Credit>().id}/review`;
  expect((await officer.post(path, { verdict: 'first_pass' })).status).to.equal(200);
  expect((await reviewer.post(path, { verdict: 'valid' })).status).to.equal(200);
  return { tenantId: tenant.id, holder, own, officer, reviewer };
}

const made = async (own: ApiAgent, change: object = {}): Promise<string> => {
  const answer = await own.post('/credits', claim(change));
  expect(answer.status, answer.text).to.equal(201);
  return answer.json<Credit>().id;
};
const post = async (officer: ApiAgent, id: string, evidence = ['passCertificate']): Promise<void> => {
  const answer = await officer.post(`/credits/${id}/review`, { verdict: 'posted', evidence });
  expect(answer.status, answer.text).to.equal(200);
};
const mine = async (own: ApiAgent): Promise<Own> => (await own.get('/credits')).json<Own>();

describe('credit hours', () => {
  it('count once an officer has posted them, in both programmes that concern a social worker', async () => {
    const { own, officer } = await createPlace();
    const id = await made(own);
    const [before] = (await mine(own)).programmes;
    expect(before).to.include({ programme: 'cn-intermediate', totalMinutes: 0, missingMinutes: 5400 });
    await post(officer, id);
    const { programmes, data } = await mine(own);
    expect(programmes.map(({ programme }) => programme)).to.deep.equal([
      'cn-intermediate',
      'cn-professional-annual',
    ]);
    for (const one of programmes) expect(one).to.include({ totalMinutes: 1440, missingMinutes: 3960 });
    expect(programmes[0]?.entries).to.deep.equal([{ id, countedMinutes: 1440, reason: 'counted' }]);
    expect(data.map(({ state }) => state)).to.deep.equal(['posted']);
  });

  it('allow an application within the window when nothing is missing', async () => {
    const { own, officer } = await createPlace();
    await post(officer, await made(own, { hours: 90, date: addDays(TODAY, -200) }));
    const [one] = (await mine(own)).programmes;
    expect(one).to.include({ canApplyOn: true, missingMinutes: 0 });
    expect(one?.eligibleFrom).to.equal(addMonths(addDays(one?.cycle.end ?? TODAY, 1), -3));
  });

  it('count what the officer has seen of the evidence, not what was stated', async () => {
    const { own, officer } = await createPlace();
    const id = await made(own);
    await post(officer, id, ['attendance']);
    expect((await mine(own)).programmes[0]?.entries).to.deep.equal([
      { id, countedMinutes: 0, reason: 'evidence-missing' },
    ]);
  });

  it('are never decided by whoever claims them', async () => {
    const tenant = await createTenant();
    const own = await (await createMember(tenant, { roles: ['officer', 'reviewer'] })).api();
    const officer = await (await createMember(tenant, { roles: ['officer'] })).api();
    const id = await made(own);
    const review = { verdict: 'posted', evidence: [] };
    const refused = await own.post(`/credits/${id}/review`, review);
    expect([refused.status, refused.json()['code']]).to.deep.equal([403, 'not-your-own']);
    expect((await own.get('/credits/reviews')).json<Own>().data).to.deep.equal([]);
    expect((await officer.get('/credits/reviews')).json<Own>().data.map((one) => one.id)).to.deep.equal([id]);
    await post(officer, id);
    const reversed = await own.post(`/credits/${id}/reversal`, { reason: 'x' });
    expect([reversed.status, reversed.json()['code']]).to.deep.equal([403, 'not-your-own']);
  });

  it('are posted once under any race, in lines that sum to zero, and taken back by a linked reversal only', async () => {
    const { own, officer, reviewer, tenantId, holder } = await createPlace();
    const id = await made(own);
    const answers = await Promise.all(
      Array.from({ length: 4 }, () =>
        officer.post(`/credits/${id}/review`, { verdict: 'posted', evidence: ['passCertificate'] }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).to.have.length(1);
    expect((await reviewer.post(`/credits/${id}/reversal`, { reason: '' })).status).to.equal(422);
    const tenant = await inTenant(tenantId, async () =>
      (await testApp()).composed.services.tenants.get(tenantId),
    );
    const reversed = await byTwo(tenant, reviewer, `/credits/${id}/reversal`, { reason: '重复' });
    expect(reversed.json(), reversed.text).to.include({ state: 'confirmed' });
    expect((await own.get(`/credits/${id}`)).json<Credit>().state).to.equal('reversed');
    expect((await reviewer.post(`/credits/${id}/reversal`, { reason: '重复' })).status).to.equal(409);
    const lines = await inTenant(tenantId, () =>
      LedgerEntryModel.find({}).sort({ postedAt: 1, _id: 1 }).lean(),
    );
    const facts = lines.map(({ account, minutes, cause, hoursId }) => ({ account, minutes, cause, hoursId }));
    const [person, counter] = [`credit:${holder.personId}`, `claim:${id}`];
    expect(facts).to.have.deep.members([
      { account: person, minutes: 1440, cause: 'credit', hoursId: null },
      { account: counter, minutes: -1440, cause: 'credit', hoursId: null },
      { account: person, minutes: -1440, cause: 'reversal', hoursId: null },
      { account: counter, minutes: 1440, cause: 'reversal', hoursId: null },
    ]);
    expect((await mine(own)).programmes[0]).to.include({ totalMinutes: 0 });
    const { composed } = await testApp();
    const { checks } = await asOperator(() =>
      acrossTenants('test: every invariant', () => runChecks(allChecks(database(), composed.invariants))),
    );
    const found = checks.filter(({ name }) => /credits|sum-to-zero|balances-and-chains/.test(name));
    expect(found.map(({ violations }) => violations)).to.deep.equal([0, 0, 0]);
  });

  it('come back for correction with a reason, may be withdrawn, and are claimed once', async () => {
    const { own, officer } = await createPlace();
    const id = await made(own);
    const twice = await own.post('/credits', claim());
    expect(twice.json<{ errors: object[] }>().errors).to.deep.include({
      path: 'title',
      code: 'claimed-already',
    });
    const path = `/credits/${id}`;
    const wordless = await officer.post(`${path}/review`, { verdict: 'needs_correction' });
    expect(wordless.json<{ errors: object[] }>().errors).to.deep.include({
      path: 'reason',
      code: 'required',
    });
    expect((await own.post(`${path}/correction`, claim({ hours: 20 }))).status).to.equal(409);
    await officer.post(`${path}/review`, { verdict: 'needs_correction', reason: '请写明学时' });
    const mended = await own.post(`${path}/correction`, claim({ hours: 20, extraMinutes: 30 }));
    expect(mended.json()).to.include({ state: 'submitted', minutes: 1230 });
    expect((await own.post(`${path}/withdrawal`)).json<Credit>().state).to.equal('withdrawn');
    // The same thing can be claimed again now.
    await made(own);
  });

  it('refuse what cannot be, beside the field', async () => {
    const { own } = await createPlace();
    const faults: [object, string, string][] = [
      [{ date: addDays(TODAY, 2) }, 'date', 'in-the-future'],
      [{ hours: 0 }, 'hours', 'duration-missing'],
      [{ activity: 'sleep' }, 'activity', 'not-an-option'],
      [{ evidence: ['word of honour'] }, 'evidence', 'not-an-option'],
      [{ title: '' }, 'title', 'required'],
    ];
    for (const [change, path, code] of faults) {
      const answer = await own.post('/credits', claim(change));
      expect(answer.status, path).to.equal(422);
      expect(answer.json<{ errors: object[] }>().errors).to.deep.include({ path, code });
    }
    expect((await own.post('/credits', claim())).status).to.equal(201);
  });

  it('are nobody else’s business: foreign officers and colleagues find nothing', async () => {
    const { own, officer, tenantId } = await createPlace();
    const id = await made(own);
    const stranger = await (
      await createMember(await createTenant(), { roles: ['officer', 'reviewer'] })
    ).api();
    const colleague = await (await createMember({ id: tenantId } as never)).api();
    for (const api of [stranger, colleague]) {
      expect((await api.get(`/credits/${id}`)).status).to.equal(404);
      expect((await api.get('/credits')).json<Own>().data).to.deep.equal([]);
    }
    expect((await colleague.get('/credits/reviews')).status).to.equal(403);
    expect((await officer.get(`/credits/${id}`)).status).to.equal(200);
  });

  it('are told to the person when somebody has decided', async () => {
    const { own, officer, holder } = await createPlace();
    const id = await made(own);
    await officer.post(`/credits/${id}/review`, { verdict: 'rejected', reason: '缺少合格证书' });
    const { url, sweep } = await testApp();
    await sweep('messages/deliver');
    const all = (await (await fetch(`${url}/dev/mailbox.json`)).json()) as Record<
      'to' | 'subject' | 'text',
      string
    >[];
    const told = all.find(({ to, subject }) => to.includes(holder.email) && subject.includes('个案工作培训'));
    expect(told?.text).to.include('缺少合格证书');
  });

  it('show on a page without JavaScript, from the form to what counts and why', async () => {
    const { holder, officer } = await createPlace();
    const page = await holder.page();
    await page.get('/credits/new');
    const form = { ...claim(), evidence: ['passCertificate'] };
    const wrong = await page.post('/credits', { ...form, hours: '0' });
    expect(wrong.status).to.equal(422);
    expect(wrong.text).to.include('value="个案工作培训"');
    const sent = await page.post('/credits', { ...form, hours: '24', quantity: '' });
    expect(sent.status).to.equal(303);
    const id = String(sent.location).split('/').at(-1) ?? '';
    await post(officer, id);
    const { text } = await page.get('/credits');
    for (const words of ['社会工作师继续教育', '24 小时／90 小时', '还差 66 小时', '计入 24 小时'])
      expect(text).to.include(words);
  });
});

describe('programmes of a place', () => {
  const version = (change: object): object => ({
    programme: 'cn-intermediate',
    cycle: { kind: 'fromRegistration', months: 36, windowMonthsBefore: 3 },
    requirement: { total: 60 },
    conversions: [{ activity: 'core-journal', rule: 'fixed', value: 60, needs: ['offprint'] }],
    openCycles: 'newRules',
    effective: [TODAY, null],
    ...change,
  });
  const publish = (api: ApiAgent, change: object): ReturnType<ApiAgent['post']> =>
    api.post('/programmes', { rules: JSON.stringify(version(change)) });

  it('begin with those that come with Linli, and take a version of the place’s own', async () => {
    const { own, officer, reviewer } = await createPlace();
    expect((await own.get('/programmes')).json<{ data: unknown[] }>().data).to.have.length(8);
    expect((await publish(officer, {})).status).to.equal(403);
    const answer = await publish(reviewer, {});
    expect(answer.status, answer.text).to.equal(201);
    const { versions } = answer.json<{ versions: { effective: unknown }[] }>();
    expect(versions.map(({ effective }) => effective)).to.deep.equal([
      ['2009-09-07', addDays(TODAY, -1)],
      [TODAY, null],
    ]);
    // It takes over open cycles, and its activities can be claimed.
    const id = await made(own, { activity: 'core-journal', evidence: ['offprint'], hours: 1 });
    await post(officer, id, ['offprint']);
    expect((await mine(own)).programmes[0]).to.include({ totalMinutes: 3600, requiredMinutes: 3600 });
    // Elsewhere nothing changed.
    const other = await createPlace();
    expect((await mine(other.own)).programmes[0]).to.include({ requiredMinutes: 5400 });
  });

  it('never change what has closed: no version begins in the past or before the last one', async () => {
    const { reviewer } = await createPlace();
    const faults: [object, string][] = [
      [{ effective: [addDays(TODAY, -1), null] }, 'rules-in-the-past'],
      [{ requirement: { total: -1 } }, 'rules-faulty'],
      [{ cycle: { kind: 'calendarYear' } }, 'rules-other-cycle'],
    ];
    for (const [change, code] of faults) {
      const answer = await publish(reviewer, change);
      expect(answer.status, code).to.equal(422);
      expect(answer.json<{ errors: { code: string }[] }>().errors[0]?.code).to.equal(code);
    }
    const nonsense = await reviewer.post('/programmes', { rules: '{x' });
    expect(nonsense.json<{ errors: { code: string }[] }>().errors[0]?.code).to.equal('not-json');
    expect((await publish(reviewer, { effective: [addDays(TODAY, 10), null] })).status).to.equal(201);
    const earlier = await publish(reviewer, { effective: [addDays(TODAY, 5), null] });
    expect(earlier.json<{ errors: { code: string }[] }>().errors[0]?.code).to.equal('rules-before-the-last');
  });
});
