import { expect } from 'chai';
import { Types } from 'mongoose';
import { AssignmentModel } from '../../../server/features/assignments/assignment.model.ts';
import { OfferModel } from '../../../server/features/offers/offer.model.ts';
import { PersonDayModel } from '../../../server/features/people/person.model.ts';
import { PositionModel } from '../../../server/features/shifts/shift.model.ts';
import { createMember, createMembership, createTenant, inTenant, memberOf } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { createPosition, createShift } from '../../factories/requests.ts';
import { as } from '../../support/actor.ts';
import { atOffset, testApp } from '../../support/app.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';

const signUp = async (member: Member, positionId: string): Promise<string> => {
  const { composed } = await testApp();
  // Past the queue of the door, so that the database decides; who is told to come again does so, as a browser would.
  for (;;)
    try {
      return (await as(member, (actor) => composed.services.assignments.signUp(actor, positionId, ''))).state;
    } catch (err) {
      const { status, code } = err as { status?: unknown; code?: unknown };
      if (status !== 503) return String(code);
    }
};
const members = (tenant: Tenant, count: number): Promise<Member[]> =>
  Promise.all(Array.from({ length: count }, () => createMember(tenant)));
const statesOf = (
  tenant: Tenant,
  positionId: string,
): Promise<{ state: string; waitSeq: number | null; personId: Types.ObjectId }[]> =>
  inTenant(tenant.id, async () =>
    AssignmentModel.find({ positionId: new Types.ObjectId(positionId) })
      .sort({ waitSeq: 1 })
      .lean(),
  );
const positionOf = (tenant: Tenant, positionId: string) =>
  inTenant(tenant.id, async () => PositionModel.findById(positionId).lean());

describe('signing up', function () {
  this.timeout(120_000);

  it('lets exactly as many in as there are places, the others wait in order, and counters equal counts', async () => {
    const tenant = await createTenant();
    const shiftId = await createShift(tenant);
    const positionId = await createPosition(tenant, { shiftId, required: 1, maximum: 6 });
    const crowd = await members(tenant, 24);
    const outcomes = await Promise.all(crowd.map((member) => signUp(member, positionId)));
    expect(
      outcomes.filter((state) => state === 'accepted'),
      outcomes.join(),
    ).to.have.length(6);
    expect(
      outcomes.filter((state) => state === 'waitlisted'),
      outcomes.join(),
    ).to.have.length(18);
    const rows = await statesOf(tenant, positionId);
    expect((await positionOf(tenant, positionId))?.taken).to.equal(6);
    const line = rows.filter(({ state }) => state === 'waitlisted').map(({ waitSeq }) => waitSeq);
    expect(new Set(line).size).to.equal(18);
  });

  it('never books one person twice at the same time, whatever the tenants', async () => {
    const [one, other] = [await createTenant(), await createTenant()];
    const member = await createMember(one);
    const second = memberOf(other, member, await createMembership(other, member));
    const startsAt = new Date(Date.now() + 5 * 86_400_000);
    const span = (minutes: number) => ({
      startsAt: new Date(startsAt.getTime() + minutes * 60_000),
      endsAt: new Date(startsAt.getTime() + (minutes + 120) * 60_000),
    });
    const here = await createPosition(one, { shiftId: await createShift(one, span(0)) });
    const there = await createPosition(other, { shiftId: await createShift(other, span(60)) });
    const outcomes = await Promise.all([signUp(member, here), signUp(second, there)]);
    expect(
      outcomes.filter((state) => state === 'accepted'),
      outcomes.join(),
    ).to.have.length(1);
    expect(outcomes).to.include('assignment-refused');
    const days = await PersonDayModel.find({ personId: new Types.ObjectId(member.personId) }).lean();
    expect(
      new Set(days.flatMap((day) => day.bookings.map((booking) => String(booking.assignmentId)))).size,
    ).to.equal(1);
  });

  it('may start the minute another shift ends', async () => {
    const tenant = await createTenant();
    const member = await createMember(tenant);
    const startsAt = new Date(Math.ceil(Date.now() / 86_400_000 + 5) * 86_400_000 + 3_600_000);
    const at = (minutes: number): Date => new Date(startsAt.getTime() + minutes * 60_000);
    const first = await createPosition(tenant, {
      shiftId: await createShift(tenant, { startsAt: at(0), endsAt: at(120) }),
    });
    const next = await createPosition(tenant, {
      shiftId: await createShift(tenant, { startsAt: at(120), endsAt: at(180) }),
    });
    const clash = await createPosition(tenant, {
      shiftId: await createShift(tenant, { startsAt: at(119), endsAt: at(180) }),
    });
    expect(await signUp(member, first)).to.equal('accepted');
    expect(await signUp(member, clash)).to.equal('assignment-refused');
    expect(await signUp(member, next)).to.equal('accepted');
  });
});

describe('a place that becomes free', function () {
  this.timeout(120_000);

  const full = async () => {
    const tenant = await createTenant();
    const positionId = await createPosition(tenant, {
      shiftId: await createShift(tenant),
      required: 1,
      maximum: 1,
    });
    const [holder, first, second] = (await members(tenant, 3)) as [Member, Member, Member];
    for (const member of [holder, first, second]) await signUp(member, positionId);
    return { tenant, positionId, holder, first, second };
  };
  const own = (member: Member, positionId: string) =>
    inTenant(member.tenant.id, async () =>
      AssignmentModel.findOne({
        positionId: new Types.ObjectId(positionId),
        personId: new Types.ObjectId(member.personId),
      })
        .sort({ _id: -1 })
        .lean(),
    );

  it('goes to the first in line, exactly once, and is kept for them', async () => {
    const { composed } = await testApp();
    const { tenant, positionId, holder, first, second } = await full();
    const held = await own(holder, positionId);
    const cancels = await Promise.allSettled(
      Array.from({ length: 5 }, () =>
        as(holder, (actor) => composed.services.assignments.cancel(actor, String(held?._id), '')),
      ),
    );
    expect(cancels.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
    expect((await own(first, positionId))?.state).to.equal('offered');
    expect((await own(second, positionId))?.state).to.equal('waitlisted');
    expect((await positionOf(tenant, positionId))?.taken).to.equal(1);
    expect(
      await inTenant(tenant.id, async () =>
        OfferModel.countDocuments({ subjectId: new Types.ObjectId(positionId), state: 'open' }),
      ),
    ).to.equal(1);
    const stranger = await createMember(tenant);
    expect(await signUp(stranger, positionId)).to.equal('waitlisted');
    const accepted = await as(first, async (actor) =>
      composed.services.assignments.accept(actor, String((await own(first, positionId))?._id)),
    );
    expect(accepted.state).to.equal('accepted');
    expect((await positionOf(tenant, positionId))?.taken).to.equal(1);
  });

  it('passes on when the offer runs out, and when it is declined', async () => {
    const { composed, sweep } = await testApp();
    const { positionId, holder, first, second } = await full();
    await as(holder, async (actor) =>
      composed.services.assignments.cancel(actor, String((await own(holder, positionId))?._id), ''),
    );
    await atOffset(25 * 3_600_000, () => sweep('offers/expire'));
    expect((await own(first, positionId))?.state).to.equal('expired');
    expect((await own(second, positionId))?.state).to.equal('offered');
    await as(second, async (actor) =>
      composed.services.assignments.decline(actor, String((await own(second, positionId))?._id), ''),
    );
    expect((await positionOf(holder.tenant, positionId))?.taken).to.equal(0);
  });
});
