import { expect } from 'chai';
import { Types } from 'mongoose';
import { TenantModel } from '../../../server/features/tenants/tenant.model.ts';
import { createServed } from '../../factories/hours.ts';
import { asOperator, createMember, createTenant, documentNumber } from '../../factories/people.ts';
import { byTwo } from '../../factories/proposals.ts';
import type { Answer, ApiAgent } from '../../support/agent.ts';
import { watchViolations } from '../../support/violations.ts';

const NOBODY = { person: { identity: 'none', birthDate: null } } as const;
interface Standing {
  savedMinutes: number;
  owedMinutes: number;
  account: { number: string };
}
const standing = async (api: ApiAgent): Promise<Standing> => (await api.get('/time-bank')).json<Standing>();
const total = async (api: ApiAgent): Promise<number> =>
  (await api.get('/hours')).json<{ totalMinutes: number }>().totalMinutes;
const idOf = (answer: Answer): string => {
  expect(answer.status, answer.text).to.be.within(200, 201);
  return answer.json<{ id: string }>().id;
};
const errorsOf = (answer: Answer): unknown => answer.json<{ errors?: object[] }>().errors;

/** What somebody tries who saves time under two names, or spends what they never gave. */
describe('the time bank under attack', function () {
  this.timeout(120_000);
  const broken = watchViolations(/^(hours|time-bank)\//);
  before(() => broken.note());
  afterEach(async () => expect(await broken.found()).to.deep.equal([]));

  async function scene() {
    const tenant = await createTenant();
    await asOperator(() =>
      TenantModel.updateOne(
        { _id: new Types.ObjectId(tenant.id) },
        { $set: { 'settings.timeBank': true, 'settings.bankRedeemFromAge': 0 } },
      ),
    );
    const desk = await (await createMember(tenant, { roles: ['coordinator', 'reviewer'] })).api();
    const [giver, taker] = [await createMember(tenant, NOBODY), await createMember(tenant, NOBODY)];
    const [own, other] = [await giver.api(), await taker.api()];
    for (const api of [own, other]) idOf(await api.post('/time-bank/account'));
    const hoursId = await createServed(tenant, giver, { hoursAgo: 30, seenBy: await witness() });
    expect((await desk.post(`/hours/${hoursId}/approve`)).json()).to.include({ state: 'posted' });
    async function witness() {
      return createMember(tenant, { roles: ['coordinator'] });
    }
    const { number } = (await standing(other)).account;
    const kinshipId = idOf(await own.post('/time-bank/relatives', { number, relation: 'parent' }));
    return { tenant, desk, own, other, hoursId, kinshipId };
  }
  const confirmed = async (desk: ApiAgent, kinshipId: string): Promise<Answer> =>
    desk.post(`/time-bank/relatives/${kinshipId}/decision`, { verdict: 'confirmed', reason: '已查看户口簿' });

  it('gives nothing to another account of the same human, also where that came out later or was denied since', async () => {
    const { desk, own, other, kinshipId } = await scene();
    expect((await confirmed(desk, kinshipId)).status).to.equal(200);
    const gift = { kinshipId, hours: 0, minutes: 30 };
    expect((await own.post('/time-bank/gifts', gift)).status).to.equal(201);
    const number = documentNumber();
    for (const api of [own, other]) expect((await api.post('/me/identity', { number })).status).to.equal(200);
    const refused = [{ path: 'kinshipId', code: 'same-human' }];
    expect(errorsOf(await own.post('/time-bank/gifts', gift))).to.deep.equal(refused);
    expect((await other.post('/me/identity', { number: documentNumber() })).status).to.equal(200);
    expect(errorsOf(await own.post('/time-bank/gifts', gift))).to.deep.equal(refused);
    expect((await standing(other)).savedMinutes).to.equal(30);
  });

  it('has nobody confirmed as their own relative', async () => {
    const { desk, own, other, kinshipId } = await scene();
    const number = documentNumber();
    for (const api of [own, other]) expect((await api.post('/me/identity', { number })).status).to.equal(200);
    expect((await confirmed(desk, kinshipId)).json()).to.include({ code: 'same-human' });
  });

  it('owes what was given away of hours that are taken back, and changes no hour by spending', async () => {
    const { tenant, desk, own, other, hoursId, kinshipId } = await scene();
    expect((await confirmed(desk, kinshipId)).status).to.equal(200);
    const hours = await total(own);
    const { savedMinutes } = await standing(own);
    expect(savedMinutes).to.equal(hours);
    const body = { kinshipId, hours: 1, minutes: 30 };
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_none, at) =>
        at % 2 === 0
          ? own.post('/time-bank/gifts', body)
          : own.post('/time-bank/donations', { hours: 1, minutes: 30 }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201).length).to.equal(1);
    expect(await standing(own)).to.include({ savedMinutes: savedMinutes - 90, owedMinutes: 0 });
    expect(await total(own)).to.equal(hours);
    expect(await total(other)).to.equal(0);
    const reversed = await byTwo(tenant, desk, `/hours/${hoursId}/reversal`, { reason: '签到表上没有' });
    expect(reversed.status, reversed.text).to.equal(200);
    expect(await standing(own)).to.include({ savedMinutes: 0, owedMinutes: 90 });
    for (const [path, more] of [
      ['/time-bank/gifts', body],
      ['/time-bank/donations', { hours: 0, minutes: 1 }],
      ['/time-bank/redemptions', { what: '陪同就医', hours: 1 }],
    ] as const)
      expect((await own.post(path, more)).status, path).to.equal(422);
    expect(await total(own)).to.equal(0);
  });

  it('refuses minutes that are none: below zero, broken, none at all, more than there are', async () => {
    const { desk, own, kinshipId } = await scene();
    expect((await confirmed(desk, kinshipId)).status).to.equal(200);
    for (const minutes of [-30, 0, 0.5, 1e9, '30; 1', null])
      for (const [path, more] of [
        ['/time-bank/gifts', { kinshipId, hours: 0 }],
        ['/time-bank/donations', { hours: 0 }],
      ] as const)
        expect(
          (await own.post(path, { ...more, minutes })).status,
          `${path} ${String(minutes)}`,
        ).to.be.within(400, 422);
    expect((await own.post('/time-bank/donations', { hours: -1, minutes: 90 })).status).to.equal(422);
  });
});
