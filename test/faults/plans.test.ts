import { expect } from 'chai';
import { AssignmentModel } from '../../server/features/assignments/assignment.model.ts';
import { PositionModel } from '../../server/features/shifts/shift.model.ts';
import type { Tenant } from '../../server/features/tenants/index.ts';
import { asOperator, createMember, createMembership, createTenant, inTenant } from '../factories/people.ts';
import type { Member } from '../factories/people.ts';
import { memberOf } from '../factories/people.ts';
import { createPosition, createShift } from '../factories/requests.ts';
import { as } from '../support/actor.ts';
import { freshTestApp, stopTestApp, testApp } from '../support/app.ts';
import { expectVerified } from '../support/processes.ts';
import { acrossTenants } from '../../server/core/context.ts';

const PEOPLE = 12;
const DAY = 86_400_000;

/** Two organisations plan over the same people for the same hours, and everybody answers at once. */
describe('two plans, all acceptances and a drop-out at once', function () {
  this.timeout(120_000);
  before(() => freshTestApp());
  after(async () => {
    try {
      await expectVerified();
    } finally {
      await stopTestApp();
    }
  });

  it('leave no overlap, no over-full position, and no offer to somebody who does not fit', async () => {
    const { composed, sweep } = await testApp();
    const { plans, planSending, assignments } = composed.services;
    const places: Tenant[] = [await createTenant(), await createTenant()];
    const desks = [
      await createMember(places[0] as Tenant, { roles: ['coordinator'] }),
      await createMember(places[1] as Tenant, { roles: ['coordinator'] }),
    ];
    const people: Member[][] = [];
    for (let n = 0; n < PEOPLE; n += 1) {
      const here = await createMember(places[0] as Tenant, {
        person: n % 4 === 3 ? { birthDate: '2015-01-01' } : {},
      });
      const there = await createMembership(places[1] as Tenant, here);
      people.push([here, memberOf(places[1] as Tenant, here, there)]);
    }
    // The same three hours in both places: nobody can be in both.
    for (const place of places)
      for (const days of [2, 3]) {
        const startsAt = new Date(Math.floor(Date.now() / DAY + days) * DAY + 6 * 3_600_000);
        const shiftId = await createShift(place, {
          startsAt,
          endsAt: new Date(startsAt.getTime() + 3 * 3_600_000),
        });
        await createPosition(place, { shiftId, required: 4, maximum: 4 });
      }
    const rows = await Promise.all(
      desks.map((desk) => as(desk, (actor) => plans.start(actor, { perWeek: 2 }))),
    );
    await Promise.all([sweep('plans/solve'), sweep('plans/solve')]);
    await Promise.all(
      desks.map((desk, at) =>
        as(desk, (actor) =>
          planSending.send(actor, String(rows[at]?._id), null, { reason: '急需', note: '' }),
        ),
      ),
    );
    await Promise.all([sweep('plans/send'), sweep('plans/send')]);
    const offered = await asOperator(() =>
      acrossTenants('test: all offers', () => AssignmentModel.find({ state: 'offered' }).lean()),
    );
    expect(offered.length).to.be.above(8);
    const young = new Set(people.filter((_, n) => n % 4 === 3).map(([one]) => one?.personId));
    expect(offered.filter(({ personId }) => young.has(String(personId)))).to.deep.equal([]);
    const answer = async ({ _id, personId, tenantId }: (typeof offered)[number]): Promise<string> => {
      const at = places.findIndex(({ id }) => id === String(tenantId));
      const member = people.find(([one]) => one?.personId === String(personId))?.[at] as Member;
      return as(member, (actor) => assignments.answer(actor, String(_id), 'accept', '')).then(
        () => 'accepted',
        (err: unknown) => (err as { code: string }).code,
      );
    };
    const [first, ...others] = offered;
    const dropOut = async (): Promise<void> => {
      if (!first || (await answer(first)) !== 'accepted') return;
      const at = places.findIndex(({ id }) => id === String(first.tenantId));
      const member = people.find(([one]) => one?.personId === String(first.personId))?.[at] as Member;
      await as(member, (actor) => assignments.cancel(actor, String(first._id), '生病'));
    };
    const looks = desks.map((desk, at) =>
      as(desk, (actor) => plans.lookNow(actor, String(rows[at]?._id))).then(() => sweep('plans/follow')),
    );
    const [answers] = await Promise.all([Promise.all(others.map(answer)), dropOut(), ...looks]);
    expect(answers.filter((one) => one === 'accepted').length).to.be.above(3);
    expect(new Set(answers)).to.satisfy((codes: Set<string>) =>
      [...codes].every((code) => ['accepted', 'assignment-refused', 'position-full'].includes(code)),
    );
    for (const place of places)
      await inTenant(place.id, async () => {
        for (const { taken, maximum } of await PositionModel.find({}).lean())
          expect(taken).to.be.at.most(maximum);
      });
  });
});
