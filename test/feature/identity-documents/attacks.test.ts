import { expect } from 'chai';
import { MembershipModel } from '../../../server/features/memberships/membership.model.ts';
import { createServed, storedHours } from '../../factories/hours.ts';
import { asOperator, createMember, createTenant, documentNumber, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import type { ApiAgent } from '../../support/agent.ts';
import { testApp } from '../../support/app.ts';
import { checkCharacter } from '../../../server/features/identity-documents/identity-document.rules.ts';

const NOBODY = { person: { identity: 'none', birthDate: null } } as const;
const stating = (api: ApiAgent, number: string, type?: string): ReturnType<ApiAgent['post']> =>
  api.post('/me/identity', { number, ...(type ? { type } : {}) });
const joinedLongAgo = (...members: Member[]): Promise<unknown> =>
  Promise.all(
    members.map(({ tenant, membershipId }) =>
      inTenant(tenant.id, () =>
        MembershipModel.updateOne(
          { _id: membershipId },
          { $set: { createdAt: new Date(Date.now() - 60 * 86_400_000) } },
        ),
      ),
    ),
  );
const numberOf = (day: string, serial: string, area = '110101'): string => {
  const digits = `${area}${day}${serial}`;
  return `${digits}${checkCharacter(digits)}`;
};

/** What somebody types who wants to be somebody else, or two people. */
describe('identity documents under attack', function () {
  this.timeout(120_000);

  it('take a number whatever way it is typed, and none whose digits do not agree', async () => {
    const tenant = await createTenant();
    const api = await (await createMember(tenant, NOBODY)).api();
    const good = '11010519491231002X';
    const full = [...good].map((one) => String.fromCharCode(one.charCodeAt(0) + 0xfee0)).join('');
    for (const typed of [
      good,
      good.toLowerCase(),
      full,
      ` ${good.slice(0, 6)} ${good.slice(6)} `,
      '110105-19491231-002x',
    ])
      expect((await stating(api, typed)).status, typed).to.equal(200);
    const wrong = [
      // Each other last character, two neighbours exchanged, a day and a month that are none, a province that is none.
      ...[...'0123456789'].map((last) => `${good.slice(0, 17)}${last}`),
      '110105194912310O2X',
      '11010519491213002X',
      numberOf('19490231', '002'),
      numberOf('20230229', '002'),
      numberOf('19491331', '002'),
      numberOf('21990101', '002'),
      numberOf('19491231', '002', '990105'),
      // The fifteen digits of before 1999 are no valid document since 2013.
      '110105491231002',
      '',
      '0'.repeat(18),
      '1'.repeat(17),
      `${good}1`,
      '٠١٢٣٤٥٦٧٨٩٠١٢٣٤٥٦٧',
    ];
    for (const typed of wrong) expect((await stating(api, typed)).status, typed).to.equal(422);
    // What was stated stays, and is shown masked to its person only.
    const own = await api.get('/me/identity');
    expect(own.text).not.to.include('19491231').and.not.to.include('110105194');
  });

  it('keep two accounts one human when one of them has stated the other’s number and then another one', async () => {
    const tenant = await createTenant();
    const seller = await createMember(tenant, { roles: ['coordinator', 'reviewer'], ...NOBODY });
    const buyer = await createMember(tenant, NOBODY);
    await joinedLongAgo(seller, buyer);
    const [desk, own] = [await seller.api(), await buyer.api()];
    const number = documentNumber();
    const { identityDocuments } = (await testApp()).composed.services;
    await asOperator(() =>
      identityDocuments.verifyAsOperator(seller.personId, { type: 'resident-id', number }),
    );
    expect((await stating(own, number)).status).to.equal(200);
    const first = await createServed(tenant, buyer, { hoursAgo: 30 });
    await desk.post(`/hours/${first}/approve`);
    expect((await storedHours(tenant, first)).state).not.to.equal('posted');
    // The number was a slip, they say.
    expect((await stating(own, documentNumber())).status).to.equal(200);
    const later = await createServed(tenant, buyer, { hoursAgo: 10 });
    for (const id of [first, later]) {
      await desk.post(`/hours/${id}/approve`);
      await desk.post('/hours/approvals', { ids: [id] });
      await desk.post(`/hours/${id}/review`, { verdict: 'approved', reason: '我看见了' });
      expect((await storedHours(tenant, id)).state, id).not.to.equal('posted');
    }
    expect((await own.post('/certificates', { scope: 'all' })).status).to.equal(422);
    // Somebody who is in no hand of theirs has seen that it is another human: then it is.
    const officer = await createMember(tenant, { roles: ['officer'] });
    const seen = documentNumber();
    expect((await stating(own, seen)).status).to.equal(200);
    expect(
      (await (await officer.api()).post(`/memberships/${buyer.membershipId}/identity`, { number: seen }))
        .status,
    ).to.equal(200);
    const known = await createServed(tenant, buyer, { hoursAgo: 50 });
    expect((await desk.post(`/hours/${known}/approve`)).json()).to.include({ state: 'posted' });
  });

  it('keep somebody one human who holds a pass twice, once as it was issued again', async () => {
    const tenant = await createTenant();
    const seller = await createMember(tenant, { roles: ['coordinator'], ...NOBODY });
    const buyer = await createMember(tenant, NOBODY);
    const [desk, own] = [await seller.api(), await buyer.api()];
    expect((await stating(desk, 'H12345678', 'hk-macao-pass')).status).to.equal(200);
    expect((await stating(own, 'h1234567802', 'hk-macao-pass')).status).to.equal(200);
    const id = await createServed(tenant, buyer, {
      seenBy: await createMember(tenant, { roles: ['coordinator'] }),
    });
    expect((await desk.post(`/hours/${id}/approve`)).json()).to.include({ code: 'not-your-own' });
  });

  it('let nobody answer a claim about what they confirmed, by an account whose number they changed since', async () => {
    const tenant = await createTenant();
    const volunteer = await createMember(tenant);
    const leader = await createMember(tenant, { roles: ['coordinator', 'reviewer'] });
    const other = await createMember(tenant, { roles: ['coordinator', 'reviewer'], ...NOBODY });
    await joinedLongAgo(leader, other);
    const [own, desk, second] = [await volunteer.api(), await leader.api(), await other.api()];
    const id = await createServed(tenant, volunteer, { hoursAgo: 30 });
    expect((await desk.post(`/hours/${id}/approve`)).json()).to.include({ state: 'posted' });
    // Both accounts were known as one human once.
    const number = documentNumber();
    expect((await stating(desk, number)).status).to.equal(200);
    expect((await stating(second, number)).status).to.equal(200);
    expect((await stating(second, documentNumber())).status).to.equal(200);
    const claim = await own.post(`/hours/${id}/claims`, { wrong: 'not-served', text: '那天我没有去' });
    expect(claim.status, claim.text).to.equal(201);
    const path = `/hours/claims/${claim.json<{ id: string }>().id}/answer`;
    expect((await second.post(path, { verdict: 'refused', reason: '没错' })).status).to.equal(403);
  });

  it('tell nobody whether a number is known: not by an answer, nor to whoever may see documents', async () => {
    const tenant = await createTenant();
    const [first, second] = [await createMember(tenant, NOBODY), await createMember(tenant, NOBODY)];
    const number = documentNumber();
    const answers: unknown[] = [];
    for (const member of [first, second]) {
      const { statedAt: _at, ...rest } = (await stating(await member.api(), number)).json<{
        statedAt: string;
      }>();
      answers.push(rest);
    }
    expect(answers[0]).to.deep.equal(answers[1]);
    for (const role of ['coordinator', 'officer', 'reviewer', 'auditor', 'administrator'] as const) {
      const reader = await (await createMember(tenant, { roles: [role] })).api();
      for (const path of [
        `/memberships/${first.membershipId}`,
        `/memberships/${first.membershipId}/identity`,
        `/people/${first.personId}`,
        `/audit?limit=100`,
      ])
        expect((await reader.get(path)).text, `${role} ${path}`)
          .not.to.include(number)
          .and.not.to.include(number.slice(6, 14));
    }
  });
});
