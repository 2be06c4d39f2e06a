import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { Types } from 'mongoose';
import { up } from '../../server/db/migrations/20261127-0730-places-of-stopped-members.ts';
import { AssignmentModel } from '../../server/features/assignments/assignment.model.ts';
import { MembershipModel } from '../../server/features/memberships/membership.model.ts';
import { PersonModel } from '../../server/features/people/person.model.ts';
import { EnrolmentModel } from '../../server/features/training/enrolment.model.ts';
import { createMember, createPerson, createTenant, createTwice, inTenant } from '../factories/people.ts';
import type { Member } from '../factories/people.ts';
import { byTwo } from '../factories/proposals.ts';
import { createPosition, createShift } from '../factories/requests.ts';
import { createSession } from '../factories/training.ts';
import { freshTestApp, stopTestApp, testApp } from '../support/app.ts';
import { expectVerified } from '../support/processes.ts';

const consent = (purpose: 'terms' | 'asked-by-others') => ({
  purpose,
  version: '2026-11',
  givenAt: new Date(0),
  withdrawnAt: null,
  how: 'self' as const,
  recordedBy: null,
});

/** A release that freed nothing when a membership stopped left places behind; so did one that asked on without a consent. */
describe('places of members who stopped before that freed them', function () {
  this.timeout(120_000);
  before(async () => {
    await freshTestApp();
  });
  after(stopTestApp);

  /** As the earlier release left it: the membership has stopped, and nobody heard of it. */
  const stop = async ({ tenant, membershipId }: Member, to: 'ended' | 'suspended'): Promise<void> => {
    await inTenant(tenant.id, () =>
      MembershipModel.updateOne({ _id: new Types.ObjectId(membershipId) }, {
        $set: { state: to },
        $push: { history: { at: new Date(), from: 'approved', to, actor: 'test', accountId: null } },
      } as never),
    );
  };

  it('are freed by the service after the migration, those in line come up, and what the rules allow stays', async () => {
    const tenant = await createTenant();
    const coordinator = await createMember(tenant, { roles: ['coordinator'] });
    const positionId = await createPosition(tenant, { maximum: 1 });
    const [left, next, away, stays] = [
      await createMember(tenant),
      await createMember(tenant),
      await createMember(tenant),
      await createMember(tenant),
    ];
    const place = async (member: Member, at = positionId): Promise<string> =>
      (await (await member.api()).post(`/positions/${at}/assignments`)).json<{ id: string }>().id;
    const other = await createPosition(tenant, { shiftId: await createShift(tenant), maximum: 5 });
    const rows = [await place(left), await place(next), await place(away, other), await place(stays, other)];
    const { sessionId } = await createSession(tenant);
    const seat = async (member: Member): Promise<string> =>
      (await (await member.api()).post(`/sessions/${sessionId}/enrolments`)).json<{ id: string }>().id;
    const seats = [await seat(left), await seat(away), await seat(stays)];
    const willing = await createPerson({ consents: [consent('terms'), consent('asked-by-others')] });
    const unwilling = await createPerson({ consents: [consent('terms'), consent('asked-by-others')] });
    const desk = await coordinator.api();
    const asked = (await desk.get(`/positions/${other}/candidates?limit=100`))
      .json<{ data: { handle: string; name: string | null }[] }>()
      .data.filter(({ name }) => name === null);
    await desk.post(`/positions/${other}/offers`, { handles: asked.map(({ handle }) => handle) });
    await stop(left, 'ended');
    await stop(away, 'suspended');
    await PersonModel.updateOne(
      { _id: unwilling.personId, 'consents.purpose': 'asked-by-others' },
      { $set: { 'consents.$.withdrawnAt': new Date() } },
    );

    const { sweep, migrateUri } = await testApp();
    const client = await new MongoClient(migrateUri).connect();
    try {
      // Twice: it may be run again.
      await up(client.db());
      await up(client.db());
    } finally {
      await client.close();
    }
    await sweep('memberships/release');
    await sweep('offers/expire');
    const stateOf = (ids: readonly string[]): Promise<string[]> =>
      inTenant(tenant.id, () =>
        Promise.all(ids.map(async (id) => (await AssignmentModel.findById(id).lean())?.state ?? '')),
      );
    expect(await stateOf(rows)).to.deep.equal(['replaced', 'offered', 'replaced', 'accepted']);
    const outside = await inTenant(tenant.id, async () =>
      AssignmentModel.find({ positionId: other, membershipId: null }).lean(),
    );
    expect(new Map(outside.map(({ personId, state }) => [String(personId), state]))).to.deep.equal(
      new Map([
        [willing.personId, 'offered'],
        [unwilling.personId, 'expired'],
      ]),
    );
    const trained = await inTenant(tenant.id, () =>
      Promise.all(seats.map(async (id) => (await EnrolmentModel.findById(id).lean())?.state)),
    );
    expect(trained).to.deep.equal(['cancelled', 'enrolled', 'enrolled']);
    await expectVerified();
  });

  it('are none where a record is given up for another of the same human: it is not while a seat in training is ahead', async () => {
    const tenant = await createTenant();
    const reviewer = await (await createMember(tenant, { roles: ['reviewer'] })).api();
    const [kept, given] = await createTwice(tenant);
    const { sessionId } = await createSession(tenant);
    const own = await given.api();
    const { id } = (await own.post(`/sessions/${sessionId}/enrolments`)).json<{ id: string }>();
    const pair = { from: given.membershipId, into: kept.membershipId, reason: '同一人' };
    expect((await reviewer.post('/duplicates', pair)).json()).to.include({ code: 'still-signed-up' });
    expect((await own.post(`/enrolments/${id}/cancellation`, { reason: '' })).status).to.equal(200);
    expect((await byTwo(tenant, reviewer, '/duplicates', pair)).status).to.equal(200);
    await expectVerified();
  });

  it('take nobody’s last right to give roles with them: such a record is not given up either', async () => {
    const tenant = await createTenant();
    const reviewer = await (await createMember(tenant, { roles: ['reviewer'] })).api();
    const [kept, given] = await createTwice(tenant, ['administrator']);
    const own = await given.api();
    const taken = await own.post(
      `/memberships/${kept.membershipId}/grants/revocation`,
      { role: 'administrator', unitId: tenant.rootUnitId },
      { 'if-match': '"v1"' },
    );
    expect(taken.status, taken.text).to.be.below(300);
    const pair = { from: given.membershipId, into: kept.membershipId, reason: '同一人' };
    expect((await byTwo(tenant, reviewer, '/duplicates', pair)).json()).to.include({
      code: 'last-administrator',
    });
    const back = { from: kept.membershipId, into: given.membershipId, reason: '同一人' };
    expect((await byTwo(tenant, reviewer, '/duplicates', back)).status).to.equal(200);
    await expectVerified();
  });
});
