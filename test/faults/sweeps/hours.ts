import { expect } from 'chai';
import { Types } from 'mongoose';
import { AppraisalModel } from '../../../server/features/appraisals/appraisal.model.ts';
import { HoursClaimModel } from '../../../server/features/hours/claim.model.ts';
import { HoursModel } from '../../../server/features/hours/hours.model.ts';
import {
  LedgerComparisonModel,
  LedgerStatementModel,
} from '../../../server/features/hours/ledger.closing.model.ts';
import { TenantModel } from '../../../server/features/tenants/tenant.model.ts';
import { createServed, repeatPosted } from '../../factories/hours.ts';
import {
  asOperator,
  createMember,
  createMembership,
  createTenant,
  inTenant,
  memberOf,
} from '../../factories/people.ts';
import { as } from '../../support/actor.ts';
import { testApp } from '../../support/app.ts';
import { HOUR, told } from './arranged.ts';
import type { Arrange } from './arranged.ts';

/** Hours, and what is counted, drawn and said of them. */
export const hours: Readonly<Record<string, Arrange>> = {
  async 'hours/compare-balances'(tenant) {
    const desk = await createMember(tenant, { roles: ['coordinator'] });
    const id = await createServed(tenant, await createMember(tenant));
    const { hours } = (await testApp()).composed.services;
    await as(desk, (actor) => hours.approve(actor, id));
    // Half an hour into the hours in which balances are compared.
    const night = new Date();
    night.setUTCHours(18, 30, 0, 0);
    return {
      at: night.getTime() - Date.now(),
      rows: 1,
      effect: () =>
        inTenant(tenant.id, async () =>
          (await LedgerComparisonModel.find({}).lean()).map(({ accounts, broken }) => [accounts, broken]),
        ),
      expected: [[2, []]],
    };
  },

  async 'annual-reports/draw'(tenant) {
    const officer = await createMember(tenant, { roles: ['officer'] });
    const { annualReports } = (await testApp()).composed.services;
    const year = new Date().getUTCFullYear() - 1;
    await as(officer, (actor) => annualReports.begin(actor, year));
    return {
      at: 0,
      rows: 1,
      effect: () =>
        inTenant(tenant.id, async () =>
          (await annualReports.list()).map(({ state, version, figures }) => [
            state,
            version,
            figures?.records,
          ]),
        ),
      expected: [['drawn', 2, 0]],
    };
  },

  async 'hours/draw-statements'(tenant) {
    const officer = await createMember(tenant, { roles: ['officer'] });
    const desk = await createMember(tenant, { roles: ['coordinator'] });
    const id = await createServed(tenant, await createMember(tenant), { hoursAgo: 24 * 45 });
    const { hours, closings } = (await testApp()).composed.services;
    await as(desk, (actor) => hours.approve(actor, id));
    const through = new Date(Date.now() + 8 * HOUR);
    through.setUTCDate(0);
    await as(officer, (actor) => closings.close(actor, through.toISOString().slice(0, 7)));
    return {
      at: HOUR,
      rows: 1,
      effect: () =>
        inTenant(tenant.id, async () =>
          (await LedgerStatementModel.find({}).lean()).map(({ closing, entries }) => [closing, entries]),
        ),
      expected: [[1, 2]],
    };
  },

  async 'appraisals/remind'(tenant) {
    const volunteer = await createMember(tenant);
    await createMember(tenant, { roles: ['coordinator'] });
    await createMember(tenant, { roles: ['coordinator'] });
    await createServed(tenant, volunteer);
    return {
      at: 16 * 24 * HOUR,
      rows: 1,
      effect: async () => [
        await told(tenant, 'appraisals/due'),
        await inTenant(tenant.id, () =>
          AppraisalModel.countDocuments({ remindAt: { $type: 'date' } } as never),
        ),
      ],
      // Past the last day: nobody is reminded again.
      expected: [2, 0],
    };
  },

  async 'hours/remind-of-claims'(tenant) {
    const volunteer = await createMember(tenant);
    const desk = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    // Who confirmed them is not reminded, the other one is.
    await createMember(tenant, { roles: ['coordinator'] });
    const id = await createServed(tenant, volunteer);
    expect((await desk.post(`/hours/${id}/approve`)).status).to.equal(200);
    const claim = await (
      await volunteer.api()
    ).post(`/hours/${id}/claims`, { wrong: 'not-served', text: 'x' });
    expect(claim.status, claim.text).to.equal(201);
    return {
      // On the last day: what was left of it is reminded of no more.
      at: Date.parse(`${claim.json<{ dueOn: string }>().dueOn}T12:00:00+08:00`) - Date.now(),
      rows: 1,
      effect: async () => [
        await told(tenant, 'hours/claim-due'),
        await inTenant(tenant.id, () =>
          HoursClaimModel.countDocuments({ remindAt: { $type: 'date' } } as never),
        ),
      ],
      expected: [1, 0],
    };
  },

  async 'hours/remind'(tenant) {
    const volunteer = await createMember(tenant);
    await createMember(tenant, { roles: ['coordinator'] });
    await createMember(tenant, { roles: ['coordinator'] });
    await createServed(tenant, volunteer);
    return {
      at: 16 * 24 * HOUR,
      rows: 1,
      effect: async () => [
        await told(tenant, 'hours/due'),
        await inTenant(tenant.id, () => HoursModel.countDocuments({ remindAt: { $ne: null } } as never)),
      ],
      // Past the last day: nobody is reminded again.
      expected: [2, 0],
    };
  },

  async 'hours/move'(tenant) {
    const old = await createTenant();
    const member = await createMember(old);
    const here = memberOf(tenant, member, await createMembership(tenant, member));
    const [from, to] = [
      await (await createMember(old, { roles: ['coordinator', 'reviewer'] })).api(),
      await (await createMember(tenant, { roles: ['coordinator', 'reviewer'] })).api(),
    ];
    const hoursId = await createServed(old, member);
    expect((await from.post(`/hours/${hoursId}/approve`)).status).to.equal(200);
    await repeatPosted(old, hoursId, 109);
    const { transfers } = (await testApp()).composed.services;
    await as(member, (actor) => transfers.ask(actor, tenant.id));
    for (const desk of [from, to]) {
      const [asked] = (await desk.get('/hours/transfers/desk')).json<{ data: { id: string }[] }>().data;
      const decision = { verdict: 'yes', reason: 'x' };
      expect((await desk.post(`/hours/transfers/${asked?.id}/decision`, decision)).status).to.equal(200);
    }
    return {
      at: 0,
      rows: 1,
      effect: () =>
        inTenant(tenant.id, async () => [
          (await as(here, (actor) => transfers.own(actor))).map(({ state }) => state),
          await HoursModel.countDocuments({ personId: new Types.ObjectId(member.personId) } as never),
        ]),
      expected: [['done'], 110],
    };
  },

  async 'time-bank/expire'(tenant) {
    await asOperator(() =>
      TenantModel.updateOne(
        { _id: tenant.id },
        { $set: { 'settings.timeBank': true, 'settings.bankExpiryMonths': 1 } },
      ),
    );
    const member = await createMember(tenant);
    const desk = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const { bank } = (await testApp()).composed.services;
    await as(member, (actor) => bank.openAccount(actor));
    const hoursId = await createServed(tenant, member);
    expect((await desk.post(`/hours/${hoursId}/approve`)).status).to.equal(200);
    return {
      at: 40 * 24 * HOUR,
      rows: 1,
      effect: () =>
        inTenant(tenant.id, async () => [
          (await bank.standingOf(member.personId)).savedMinutes,
          (await bank.movements(member.personId, 9, undefined)).data.length,
        ]),
      expected: [0, 2],
    };
  },
};
