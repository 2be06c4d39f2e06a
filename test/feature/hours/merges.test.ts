import { expect } from 'chai';
import { Types } from 'mongoose';
import { OutboxModel } from '../../../server/db/outbox.ts';
import { HoursModel } from '../../../server/features/hours/hours.model.ts';
import { TransferModel } from '../../../server/features/hours/transfer.model.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { TenantModel } from '../../../server/features/tenants/tenant.model.ts';
import { createServed, repeatPosted, storedHours } from '../../factories/hours.ts';
import {
  asOperator,
  createMember,
  createMembership,
  createTenant,
  documentNumber,
  inTenant,
  memberOf,
} from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { byTwo, createSecond } from '../../factories/proposals.ts';
import type { ApiAgent } from '../../support/agent.ts';
import { PageAgent } from '../../support/agent.ts';
import { testApp } from '../../support/app.ts';
import { watchViolations } from '../../support/violations.ts';

describe('two records of one human', function () {
  this.timeout(120_000);
  let tenant: Tenant;
  let kept: Member;
  let given: Member;
  let own: ApiAgent;
  let old: ApiAgent;
  let desk: ApiAgent;
  let reviewer: ApiAgent;
  let twin: Member;
  const number = documentNumber();
  const hours: string[] = [];
  /** By these somebody served the record that is given up. */
  let redeemed = '';
  let certificate = { id: '', number: '', code: '' };

  const broken = watchViolations(/^(hours|certificates|time-bank)\//);
  const total = async (agent: ApiAgent): Promise<number> =>
    (await agent.get('/hours')).json<{ totalMinutes: number }>().totalMinutes;
  const saved = async (agent: ApiAgent): Promise<number> =>
    (await agent.get('/time-bank')).json<{ savedMinutes: number }>().savedMinutes;
  const served = async (member: Member, hoursAgo: number): Promise<string> => {
    const id = await createServed(tenant, member, { hoursAgo });
    const answer = await desk.post(`/hours/${id}/approve`);
    expect(answer.json(), answer.text).to.include({ state: 'posted' });
    return id;
  };
  /** How the last merge of the organisation stands. */
  const lastMerge = async (): Promise<object> => {
    const [row] = await inTenant(tenant.id, () =>
      TransferModel.find({ direction: 'merge' }).sort({ createdAt: -1, _id: -1 }).limit(1).lean(),
    );
    return { state: row?.state, records: row?.records, wanted: row?.wanted };
  };
  const ids = (): object => ({ from: given.membershipId, into: kept.membershipId });
  const seen = (member: Member, number: string): Promise<void> =>
    testApp().then(({ composed }) =>
      asOperator(() =>
        composed.services.identityDocuments.verifyAsOperator(member.personId, {
          type: 'resident-id',
          number,
        }),
      ),
    );

  before(async () => {
    await broken.note();
    tenant = await createTenant();
    await asOperator(() =>
      TenantModel.updateOne(
        { _id: new Types.ObjectId(tenant.id) },
        { $set: { 'settings.timeBank': true, 'settings.bankRedeemFromAge': 0 } },
      ),
    );
    const nobody = { birthDate: null, identity: 'none' } as const;
    kept = await createMember(tenant, { person: { name: '林远', ...nobody } });
    given = await createMember(tenant, { person: { name: '林遠', ...nobody } });
    [own, old] = [await kept.api(), await given.api()];
    desk = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    reviewer = await (await createMember(tenant, { roles: ['reviewer'] })).api();
    for (const agent of [own, old]) await agent.post('/time-bank/account');
    await served(kept, 9);
    // At the same time as the other record's: nobody serves twice at once.
    for (const hoursAgo of [9, 40, 60]) hours.push(await served(given, hoursAgo));
    redeemed = await served(await createMember(tenant), 20);
    const { id } = (await old.post('/time-bank/redemptions', { what: '买菜', hours: 1 })).json<{
      id: string;
    }>();
    const path = `/time-bank/redemptions/${id}`;
    expect((await desk.post(`${path}/decision`, { verdict: 'confirmed', reason: 'x' })).status).to.equal(200);
    expect((await desk.post(`${path}/settlement`, { hoursId: redeemed, hours: 1 })).status).to.equal(200);
  });

  it('are found and made one only where one document was seen for both, and by nobody of themselves', async () => {
    const tried = async (agent: ApiAgent, body: object = ids()): Promise<unknown> =>
      (await agent.post('/duplicates', { ...body, reason: 'x' })).json();
    expect((await reviewer.get('/duplicates')).json()).to.deep.equal({ data: [], nextCursor: null });
    expect(await tried(reviewer)).to.include({ code: 'not-one-human' });
    await seen(kept, number);
    await old.post('/me/identity', { number });
    // Stated alone it proves nothing: anybody may state anybody's number.
    expect(await tried(reviewer)).to.include({ code: 'not-one-human' });
    await seen(given, number);
    const issued = await old.post('/certificates', { scope: 'all' });
    expect(issued.status, issued.text).to.equal(201);
    certificate = issued.json<typeof certificate>();
    const { data } = (await reviewer.get('/duplicates')).json<{
      data: { name: string; minutes: number }[][];
    }>();
    expect(data.map((group) => group.map(({ name, minutes }) => [name, minutes]))).to.deep.equal([
      [
        ['林远', 121],
        ['林遠', 363],
      ],
    ]);
    expect((await desk.post('/duplicates', { ...ids(), reason: 'x' })).status).to.equal(403);
    expect(await tried(reviewer, { from: kept.membershipId, into: kept.membershipId })).to.deep.include({
      errors: [{ path: 'into', code: 'same-record' }],
    });
    twin = await createMember(tenant, {
      person: { birthDate: null, identity: 'none' },
      roles: ['reviewer'],
    });
    await seen(twin, number);
    expect(await tried(await twin.api())).to.include({ code: 'not-your-own' });
    const elsewhere = await (await createMember(await createTenant(), { roles: ['reviewer'] })).api();
    expect((await elsewhere.post('/duplicates', { ...ids(), reason: 'x' })).status).to.equal(404);
    const waiting = await createServed(tenant, given, { hoursAgo: 90 });
    expect(await tried(reviewer)).to.include({ code: 'hours-under-way' });
    expect((await desk.post(`/hours/${waiting}/reject`, { reason: '未到场' })).status).to.equal(200);
  });

  it('become one: hours and saved time go along once, what overlaps stays, nothing is rewritten', async () => {
    const officer = await createMember(tenant, { roles: ['reviewer'] });
    const page = await officer.page();
    const query = new URLSearchParams(ids() as Record<string, string>);
    const shown = await page.get(`/duplicates/new?${String(query)}&lang=zh-CN`);
    expect(shown.text).to.include('合并档案').and.include('2 条记录').and.include('1 条记录不转入');
    expect((await page.get('/duplicates?lang=en')).text)
      .to.include('Registered twice')
      .and.include('林遠');
    const empty = await page.post('/duplicates', { ...ids(), reason: '' });
    expect([empty.status, /aria-invalid="true"/.test(empty.text)]).to.deep.equal([422, true]);
    const answers = await Promise.all(
      [1, 2, 3].map(() => reviewer.post('/duplicates', { ...ids(), reason: '同一身份证' })),
    );
    const proposed = answers.filter(({ status }) => status === 201);
    expect(proposed, answers.map(({ text }) => text).join('\n')).to.have.length(1);
    const waits = await page.get(`/duplicates/new?${String(query)}&lang=zh-CN`);
    expect(waits.text).to.include('同一身份证').and.not.include('name="reason"');
    // Nothing moved yet, and nobody of the two records confirms it.
    expect(await total(own)).to.equal(121);
    const confirmation = `/proposals/${proposed[0]?.json<{ id: string }>().id}/confirmation`;
    expect((await (await twin.api()).post(confirmation)).json()).to.include({ code: 'not-your-own' });
    const second = await createSecond(tenant);
    const confirmed = await Promise.all([1, 2, 3].map(() => second.post(confirmation)));
    expect(
      confirmed.filter(({ status }) => status === 200),
      confirmed.map(({ text }) => text).join('\n'),
    ).to.have.length(1);
    expect(await lastMerge()).to.deep.equal({ state: 'done', records: 2, wanted: 2 });
    expect(await total(own)).to.equal(3 * 121);
    expect(await saved(own)).to.equal(4 * 121 - 60);
    expect(await broken.found()).to.deep.equal([]);
    const mails = await inTenant(tenant.id, () => OutboxModel.find({ kind: 'hours/merged' }).lean());
    expect(mails.map(({ data }) => data['personId']).sort()).to.deep.equal(
      [kept.personId, given.personId].sort(),
    );
    // The record that was given up opens nothing here any more.
    expect((await old.get('/hours')).status).to.equal(401);
  });

  it('leave earlier certificates valid, found by their number, and with the record that is kept', async () => {
    const listed = (await own.get('/certificates')).json<{ data: { number: string }[] }>().data;
    expect(listed.map(({ number }) => number)).to.include(certificate.number);
    expect((await own.get(`/certificates/${certificate.id}/json`)).status).to.equal(200);
    const found = await reviewer.get(`/certificates/issued?number=${certificate.number}`);
    expect(found.json<{ data: object[] }>().data).to.have.length(1);
    expect(found.json<{ data: object[] }>().data[0]).to.include({ holder: '林遠', holderNow: '林远' });
    const standing = async (): Promise<string> =>
      (await new PageAgent().get(`/certificates/verify/${certificate.code}?lang=en`)).text;
    expect(await standing()).to.include('This certificate is genuine and still holds');
    const everything = await own.post('/certificates', { scope: 'all' });
    expect(everything.json()).to.include({ totalMinutes: 3 * 121 });
    // Taken back at the record where it was confirmed, it is gone everywhere, and the earlier paper says so.
    const reversed = await byTwo(tenant, reviewer, `/hours/${hours[1]}/reversal`, { reason: '录错了' });
    expect(reversed.status, reversed.text).to.equal(200);
    expect(await total(own)).to.equal(2 * 121);
    expect(await saved(own)).to.equal(3 * 121 - 60);
    expect(await standing()).not.to.include('still holds');
    expect(await broken.found()).to.deep.equal([]);
  });

  it('give and take what comes and goes later at the record that is kept in the end', async () => {
    const last = await createMember(tenant, {
      person: { name: '林远远', birthDate: null, identity: 'none' },
    });
    const many = await createMember(tenant, { person: { birthDate: null, identity: 'none' } });
    const agent = await last.api();
    await agent.post('/time-bank/account');
    for (const member of [last, many]) await seen(member, number);
    const merged = async (from: Member, into: Member): Promise<object> => {
      const pair = { from: from.membershipId, into: into.membershipId };
      const answer = await byTwo(tenant, reviewer, '/duplicates', { ...pair, reason: '同一人' });
      return answer.status === 200 ? lastMerge() : answer.json<object>();
    };
    // What the pair redeemed before comes back to them, not to the pool.
    await byTwo(tenant, reviewer, `/hours/${redeemed}/reversal`, { reason: '录错了' });
    expect(await saved(own)).to.equal(3 * 121);
    // Hours that were recorded elsewhere say so for ever.
    const far = await createTenant();
    const farDesk = await (await createMember(far, { roles: ['coordinator', 'reviewer'] })).api();
    const there = memberOf(far, kept, await createMembership(far, kept));
    expect(
      (await farDesk.post(`/hours/${await createServed(far, there, { hoursAgo: 15 })}/approve`)).status,
    ).to.equal(200);
    const { id: asked } = (await (await there.api()).post('/hours/transfers', { tenantId: tenant.id })).json<{
      id: string;
    }>();
    const yes = { verdict: 'yes', reason: 'x' };
    expect((await farDesk.post(`/hours/transfers/${asked}/decision`, yes)).status).to.equal(200);
    const [offer] = (await reviewer.get('/hours/transfers/desk')).json<{ data: { id: string }[] }>().data;
    expect((await reviewer.post(`/hours/transfers/${offer?.id}/decision`, yes)).status).to.equal(200);
    // Nobody gives a record up while hours still come to it; what another account of theirs confirmed stays.
    const first = await served(many, 5);
    const postedAt = new Date(Date.now() - 48 * 3_600_000);
    await inTenant(tenant.id, () =>
      HoursModel.updateOne({ _id: first } as never, {
        $set: { confirmedByPersonId: new Types.ObjectId(twin.personId), postedAt },
      }),
    );
    await repeatPosted(tenant, first, 109);
    await inTenant(tenant.id, () =>
      HoursModel.updateMany({ personId: many.personId, _id: { $ne: first } } as never, {
        $set: { confirmedByPersonId: new Types.ObjectId() },
      }),
    );
    expect(await merged(many, kept)).to.deep.equal({ state: 'moving', records: 100, wanted: 109 });
    expect(await merged(kept, last)).to.include({ code: 'transfer-under-way' });
    await (await testApp()).sweep('hours/move');
    expect(await merged(kept, last)).to.include({ state: 'moving', wanted: 112 });
    await (await testApp()).sweep('hours/move');
    // When it was confirmed is not rewritten: quotas count by it.
    const copies = await inTenant(tenant.id, () =>
      HoursModel.find({ personId: last.personId, postedAt } as never).lean(),
    );
    expect(copies).to.have.length(109);
    const { id } = (await agent.post('/certificates', { scope: 'all' })).json<{ id: string }>();
    expect((await agent.get(`/certificates/${id}/json`)).text).to.include(`"origin":"${far.name['zh-CN']}"`);
    // Where it was confirmed it is taken back, from whoever has it now: also what stayed behind.
    expect(await saved(agent)).to.equal(3 * 121);
    for (const one of [hours[0], hours[2]])
      expect((await byTwo(tenant, reviewer, `/hours/${one}/reversal`, { reason: '录错了' })).status).to.equal(
        200,
      );
    expect((await agent.get('/time-bank')).json()).to.include({ savedMinutes: 121, owedMinutes: 0 });
    // A place of the first record of all that is only known now to have been served: two merges later.
    const late = await served(given, 90);
    expect(await storedHours(tenant, late)).to.deep.include({
      personId: new Types.ObjectId(last.personId),
      membershipId: new Types.ObjectId(last.membershipId),
      personName: '林远远',
    });
    expect(await broken.found()).to.deep.equal([]);
  });

  it('are listed a page at a time, each human once', async () => {
    const humans = await Promise.all(
      [1, 2, 3].map(async () => {
        const one = documentNumber();
        const records = [1, 2].map(() =>
          createMember(tenant, { person: { birthDate: null, identity: 'none' } }),
        );
        const members = await Promise.all(records);
        for (const member of members) await seen(member, one);
        return members.map(({ membershipId }) => membershipId).sort();
      }),
    );
    const listed: string[][] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const path = `/duplicates?limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const page: { data: { membershipId: string }[][]; nextCursor: string | null } = (
        await reviewer.get(path)
      ).json();
      listed.push(...page.data.map((group) => group.map(({ membershipId }) => membershipId).sort()));
      expect(page.data).to.have.length(1);
      cursor = page.nextCursor;
    }
    // Besides these the human of the tests before, who has two records left.
    expect(listed).to.have.length(4);
    expect(new Set(listed.map(String))).to.have.property('size', 4);
    expect(new Set(listed.map(String))).to.include.keys(...humans.map(String));
    const forged = Buffer.from(JSON.stringify([new Types.ObjectId().toHexString()])).toString('base64url');
    for (const wrong of ['x', forged])
      expect((await reviewer.get(`/duplicates?cursor=${wrong}`)).json()).to.include({
        code: 'cursor-invalid',
      });
  });
});
