import { expect } from 'chai';
import { Types } from 'mongoose';
import { OutboxModel } from '../../../server/db/outbox.ts';
import { born, transition } from '../../../server/db/transition.ts';
import { inTransaction } from '../../../server/db/transaction.ts';
import { AssignmentModel } from '../../../server/features/assignments/assignment.model.ts';
import { CredentialModel } from '../../../server/features/credentials/credential.model.ts';
import { dueOnOf } from '../../../server/features/credentials/index.ts';
import { MembershipModel } from '../../../server/features/memberships/membership.model.ts';
import { membershipLifecycle } from '../../../server/core/states.ts';
import { EvaluationRunModel } from '../../../server/features/re-registration/watch.model.ts';
import { PoolMemberModel } from '../../../server/features/talent-pools/pool.model.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { createMember, inTenant } from '../../factories/people.ts';
import { createPosition } from '../../factories/requests.ts';
import { addMonths } from '../../../server/core/time.ts';
import type { ApiAgent } from '../../support/agent.ts';
import { inDays } from '../../support/days.ts';
import { HOUR, signUp, told, livesOf } from './arranged.ts';
import type { Arrange } from './arranged.ts';

const POOL = { nameZh: '应急队', nameEn: 'Roster', rules: [], validMonths: 1, windowMonths: 1 };

/** A social worker whose registration ends in so many days. @returns an officer of the place */
async function createRegistration(tenant: Tenant, days: number): Promise<ApiAgent> {
  const officer = await (await createMember(tenant, { roles: ['officer'] })).api();
  const reviewer = await (await createMember(tenant, { roles: ['reviewer'] })).api();
  const own = await (await createMember(tenant)).api();
  const validFrom = addMonths(inDays(days + 1), -36);
  const claim = { level: 'assistant', number: 'RR1', issuedOn: validFrom, validFrom };
  const { id } = (await own.post('/credentials', claim)).json<{ id: string }>();
  await officer.post(`/credentials/${id}/review`, { verdict: 'first_pass' });
  await reviewer.post(`/credentials/${id}/review`, { verdict: 'valid' });
  return officer;
}

/** Memberships, and what people prove of themselves. */
export const people: Readonly<Record<string, Arrange>> = {
  async 'memberships/release'(tenant) {
    const positionId = await createPosition(tenant, { maximum: 1 });
    const [gone, next] = [await createMember(tenant), await createMember(tenant)];
    const rows = [await signUp(gone, positionId), await signUp(next, positionId)];
    // As one that ended before that freed anything.
    await inTenant(tenant.id, () =>
      inTransaction(async () => {
        await transition(MembershipModel, gone.membershipId, {
          lifecycle: membershipLifecycle,
          from: ['approved'],
          to: 'ended',
          action: 'memberships/change-standing',
        });
        await MembershipModel.updateOne({ _id: gone.membershipId }, { $set: { releaseAt: new Date() } });
      }),
    );
    return {
      at: 0,
      rows: 1,
      effect: async () => [
        await inTenant(tenant.id, () => livesOf(AssignmentModel as never, rows)),
        await told(tenant, 'assignments/moved-up'),
        await inTenant(tenant.id, () => MembershipModel.countDocuments({ releaseAt: { $type: 'date' } })),
      ],
      expected: [['accepted replaced', 'waitlisted offered'], 1, 0],
    };
  },

  async 'credentials/expire'(tenant) {
    const holder = await createMember(tenant);
    const claim = (validTo: string, number: string): Promise<unknown> =>
      inTenant(tenant.id, () =>
        inTransaction(() =>
          CredentialModel.create([
            {
              ...born('valid'),
              personId: new Types.ObjectId(holder.personId),
              membershipId: new Types.ObjectId(holder.membershipId),
              personName: holder.name,
              type: 'social-worker',
              level: 'assistant',
              number,
              issuedOn: '2023-01-01',
              validFrom: '2023-01-01',
              validTo,
              windowMonths: 3,
              dueOn: dueOnOf({ state: 'valid', validTo, windowMonths: 3 }),
              firstReviewerId: new Types.ObjectId(),
              finalReviewerId: new Types.ObjectId(),
              createdAt: new Date(),
            } as never,
          ]),
        ),
      );
    await claim(inDays(30), 'N1');
    await claim(inDays(-1), 'N2');
    return {
      at: 0,
      rows: 2,
      effect: () =>
        inTenant(tenant.id, async () => [
          (await CredentialModel.find({}).sort({ _id: 1 }).lean()).map(({ history }) =>
            history.map(({ to }) => to).join(' '),
          ),
          await OutboxModel.countDocuments({}),
        ]),
      expected: [['valid expiring', 'valid expired'], 2],
    };
  },

  async 're-registration/remind'(tenant) {
    await createRegistration(tenant, 40);
    return {
      at: 11 * 24 * HOUR,
      rows: 1,
      effect: () => told(tenant, 're-registration/due'),
      expected: 1,
    };
  },

  async 're-registration/evaluate'(tenant) {
    const officer = await createRegistration(tenant, 40);
    expect((await officer.post('/re-registration/runs')).status).to.equal(201);
    return {
      at: 0,
      rows: 1,
      effect: () =>
        inTenant(tenant.id, async () =>
          (await EvaluationRunModel.find({}).lean()).map(({ state, done, behind }) => [state, done, behind]),
        ),
      expected: [['done', 1, 1]],
    };
  },

  async 'talent-pools/propose'(tenant) {
    const officer = await createMember(tenant, { roles: ['officer'] });
    await createMember(tenant);
    const made = await (await officer.api()).post('/talent-pools', { ...POOL, proposes: true });
    expect(made.status, made.text).to.equal(201);
    return {
      at: 0,
      rows: 1,
      effect: async () => [
        await inTenant(tenant.id, () => PoolMemberModel.countDocuments({ state: 'proposed' })),
        await told(tenant, 'talent-pools/moved'),
      ],
      expected: [2, 2],
    };
  },

  async 'talent-pools/expire'(tenant) {
    const [officer, reviewer] = [
      await (await createMember(tenant, { roles: ['officer'] })).api(),
      await (await createMember(tenant, { roles: ['reviewer'] })).api(),
    ];
    const own = await (await createMember(tenant)).api();
    const { id } = (await officer.post('/talent-pools', { ...POOL, open: true })).json<{ id: string }>();
    const member = (await own.post(`/talent-pools/${id}/applications`)).json<{ id: string }>().id;
    await officer.post(`/pool-memberships/${member}/review`, { verdict: 'first_pass' });
    await reviewer.post(`/pool-memberships/${member}/review`, { verdict: 'certified' });
    return {
      at: 62 * 24 * HOUR,
      rows: 1,
      effect: () => inTenant(tenant.id, () => livesOf(PoolMemberModel as never, [member])),
      expected: ['applied first_pass certified lapsed'],
    };
  },
};
