import { Types } from 'mongoose';
import { inTransaction } from '../../../server/db/transaction.ts';
import { AssignmentModel } from '../../../server/features/assignments/assignment.model.ts';
import { HoursModel } from '../../../server/features/hours/hours.model.ts';
import { OfferModel } from '../../../server/features/offers/offer.model.ts';
import { PlanLineModel, PlanModel } from '../../../server/features/plans/plan.model.ts';
import {
  SavedSearchModel,
  SearchHitModel,
  SearchNewsModel,
} from '../../../server/features/saved-searches/saved-search.model.ts';
import { ShiftModel } from '../../../server/features/shifts/shift.model.ts';
import type { Member } from '../../factories/people.ts';
import { createMember, inTenant } from '../../factories/people.ts';
import { createOpening, createPosition, createShift } from '../../factories/requests.ts';
import { createSearch } from '../../factories/searches.ts';
import { as } from '../../support/actor.ts';
import { testApp } from '../../support/app.ts';
import { HOUR, signUp, told, livesOf } from './arranged.ts';
import type { Arrange } from './arranged.ts';

/** What is asked, planned, offered and taken, and who looks for it. */
export const service: Readonly<Record<string, Arrange>> = {
  async 'saved-searches/hear'(tenant) {
    const { shiftId } = await createOpening(tenant);
    const { personId } = await createMember(tenant);
    const search = await createSearch(tenant, personId, { often: 'at-once' });
    await inTenant(tenant.id, async () => {
      await SearchNewsModel.create([{ shiftId, at: new Date() } as never]);
    });
    return {
      at: 0,
      rows: 1,
      effect: () =>
        inTenant(tenant.id, async () => [
          await SearchNewsModel.countDocuments({}),
          ((await SavedSearchModel.findById(search).lean())?.lookAt.getTime() ?? 0) < Date.now() + 0.1 * HOUR,
        ]),
      expected: [0, true],
    };
  },

  async 'saved-searches/look'(tenant) {
    const { personId } = await createMember(tenant);
    // Due now: what is looked at in days to come would be looked at next later than anything may be today.
    const lookAt = new Date();
    await createSearch(tenant, personId, { lookAt });
    await createSearch(tenant, personId, { slot: 1, often: 'at-once', lookAt });
    await createOpening(tenant);
    return {
      at: 0,
      rows: 2,
      effect: () =>
        inTenant(tenant.id, async () => [
          (await SearchHitModel.find({}).lean()).map(({ digestId }) => digestId !== null),
          await told(tenant, 'saved-searches/found'),
        ]),
      expected: [[true, true], 1],
    };
  },

  async 'offers/expire'(tenant) {
    const positionId = await createPosition(tenant, { maximum: 1 });
    const people = [await createMember(tenant), await createMember(tenant), await createMember(tenant)];
    const ids: string[] = [];
    for (const member of people) ids.push(await signUp(member, positionId));
    const { assignments } = (await testApp()).composed.services;
    await as(people[0] as Member, (actor) => assignments.cancel(actor, ids[0] ?? '', ''));
    const [offer] = await inTenant(tenant.id, async () => OfferModel.find({ state: 'open' }).lean());
    return {
      at: (offer?.dueAt.getTime() ?? 0) - Date.now() + 1_000,
      rows: 1,
      effect: () =>
        inTenant(tenant.id, async () => [
          await livesOf(AssignmentModel as never, ids),
          (await OfferModel.find({}).sort({ _id: 1 }).lean()).map(({ state }) => state),
          await told(tenant, 'assignments/moved-up'),
        ]),
      expected: [
        ['accepted cancelled_by_person', 'waitlisted offered expired', 'waitlisted offered'],
        ['expired', 'open'],
        2,
      ],
    };
  },

  async 'shifts/start'(tenant) {
    const startsAt = new Date(Date.now() + 2 * HOUR);
    const insured = await createShift(tenant, { startsAt });
    const bare = await createShift(tenant, { startsAt });
    await signUp(await createMember(tenant), await createPosition(tenant, { shiftId: bare }));
    // Known as risky only after somebody had a place: nobody gets one without insurance.
    await inTenant(tenant.id, async () =>
      ShiftModel.updateOne({ _id: bare }, { $set: { riskLevel: 'bodily' } }),
    );
    return {
      at: 2 * HOUR + 1_000,
      rows: 2,
      effect: () =>
        inTenant(tenant.id, async () => [
          await livesOf(ShiftModel, [insured, bare]),
          await told(tenant, 'assignments/cancelled'),
        ]),
      expected: [['published running', 'published cancelled'], 1],
    };
  },

  async 'shifts/end'(tenant) {
    const endsAt = new Date(Date.now() + HOUR);
    const startsAt = new Date(Date.now() - HOUR);
    const ids = [
      await createShift(tenant, { state: 'running', startsAt, endsAt }),
      await createShift(tenant, { state: 'running', startsAt, endsAt }),
    ];
    return {
      at: HOUR + 1_000,
      rows: 2,
      effect: () => inTenant(tenant.id, () => livesOf(ShiftModel, ids)),
      expected: ['running ended', 'running ended'],
    };
  },

  async 'assignments/close'(tenant) {
    const startsAt = new Date(Date.now() + 10 * 60_000);
    const shiftId = await createShift(tenant, { startsAt, endsAt: new Date(startsAt.getTime() + HOUR) });
    const positionId = await createPosition(tenant, { shiftId });
    const desk = await createMember(tenant, { roles: ['coordinator'] });
    const [came, never] = [
      await signUp(await createMember(tenant), positionId),
      await signUp(await createMember(tenant), positionId),
    ];
    const { attendance } = (await testApp()).composed.services;
    await as(desk, (actor) => inTransaction(() => attendance.mark(actor, came, 'check-in', '')));
    return {
      at: 4 * HOUR,
      rows: 2,
      effect: () =>
        inTenant(tenant.id, async () => [
          await livesOf(AssignmentModel as never, [came, never]),
          await HoursModel.countDocuments({}),
        ]),
      expected: [['accepted checked_in checked_out', 'accepted no_show'], 1],
    };
  },

  async 'assignments/reoffer'(tenant) {
    const positionId = await createPosition(tenant, { maximum: 1 });
    const [holder, ...others] = [
      await createMember(tenant),
      await createMember(tenant),
      await createMember(tenant),
    ];
    const row = await signUp(holder as Member, positionId);
    const { assignments } = (await testApp()).composed.services;
    await as(holder as Member, (actor) => assignments.cancel(actor, row, ''));
    const reofferAt = new Date();
    await inTenant(tenant.id, () =>
      AssignmentModel.updateOne({ _id: new Types.ObjectId(row) }, { $set: { reofferAt } }),
    );
    return {
      at: 0,
      rows: 1,
      effect: () =>
        inTenant(tenant.id, async () => [
          (await AssignmentModel.find({ positionId, state: 'offered' }).lean())
            .map(({ personId }) => String(personId))
            .sort(),
          await told(tenant, 'offers/made'),
          await AssignmentModel.countDocuments({ reofferAt: { $type: 'date' } }),
        ]),
      // The one who gave the place up fits as well.
      expected: [[holder, ...others].map((one) => one?.personId ?? '').sort(), 3, 0],
    };
  },

  async 'plans/solve'(tenant) {
    const coordinator = await createMember(tenant, { roles: ['coordinator'] });
    await createMember(tenant);
    await createPosition(tenant);
    const { plans } = (await testApp()).composed.services;
    await as(coordinator, (actor) => plans.start(actor, {}));
    return {
      at: 0,
      rows: 1,
      effect: () =>
        inTenant(tenant.id, async () => [
          (await PlanModel.find({}).lean()).map(({ history }) => history.map(({ to }) => to).join(' ')),
          await PlanLineModel.countDocuments({}),
        ]),
      expected: [['queued running proposed'], 1],
    };
  },

  async 'plans/follow'(tenant) {
    const coordinator = await createMember(tenant, { roles: ['coordinator'] });
    await createMember(tenant);
    await createPosition(tenant);
    const { composed, sweep } = await testApp();
    const { plans } = composed.services;
    const row = await as(coordinator, (actor) => plans.start(actor, {}));
    await sweep('plans/solve');
    await createPosition(tenant);
    await as(coordinator, (actor) => plans.lookNow(actor, String(row._id)));
    return {
      at: 0,
      rows: 1,
      effect: () =>
        inTenant(tenant.id, async () => [
          (await PlanModel.find({}).lean()).map(({ revision }) => revision),
          await PlanLineModel.countDocuments({}),
        ]),
      expected: [[2], 2],
    };
  },

  async 'plans/send'(tenant) {
    const coordinator = await createMember(tenant, { roles: ['coordinator'] });
    await createMember(tenant);
    await createPosition(tenant);
    const { composed, sweep } = await testApp();
    const { plans, planSending } = composed.services;
    const row = await as(coordinator, (actor) => plans.start(actor, {}));
    await sweep('plans/solve');
    await as(coordinator, (actor) =>
      planSending.send(actor, String(row._id), null, { reason: '', note: '' }),
    );
    return {
      at: 0,
      rows: 1,
      effect: () => told(tenant, 'offers/made'),
      expected: 1,
    };
  },
};
