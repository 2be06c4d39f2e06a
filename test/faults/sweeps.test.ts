import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { Types } from 'mongoose';
import { allSweeps } from '../../jobs/registry.ts';
import { drainSweep, runSweep } from '../../jobs/sweep.ts';
import type { DueRow, Sweep } from '../../jobs/sweep.ts';
import { acrossTenants, asTenant, requireContext, runInContext } from '../../server/core/context.ts';
import { now } from '../../server/core/clock.ts';
import { AuditModel, UnsealedModel } from '../../server/db/audit.ts';
import { database } from '../../server/db/connect.ts';
import { OutboxModel } from '../../server/db/outbox.ts';
import { born, transition } from '../../server/db/transition.ts';
import { inTransaction } from '../../server/db/transaction.ts';
import { AssignmentModel } from '../../server/features/assignments/assignment.model.ts';
import { SealModel } from '../../server/features/audit/seal.model.ts';
import { CertificateBatchModel } from '../../server/features/certificates/certificate.batch.model.ts';
import { CertificateModel } from '../../server/features/certificates/certificate.model.ts';
import { CredentialModel } from '../../server/features/credentials/credential.model.ts';
import { dueOnOf } from '../../server/features/credentials/index.ts';
import { AppraisalModel } from '../../server/features/appraisals/appraisal.model.ts';
import { HoursClaimModel } from '../../server/features/hours/claim.model.ts';
import { HoursModel } from '../../server/features/hours/hours.model.ts';
import {
  LedgerComparisonModel,
  LedgerStatementModel,
} from '../../server/features/hours/ledger.closing.model.ts';
import { InspectionModel, InspectionPieceModel } from '../../server/features/inspections/inspection.model.ts';
import { MembershipModel } from '../../server/features/memberships/membership.model.ts';
import { membershipLifecycle } from '../../server/core/states.ts';
import { OfferModel } from '../../server/features/offers/offer.model.ts';
import { ProposalModel } from '../../server/features/proposals/proposal.model.ts';
import { RecognitionModel } from '../../server/features/recognition/recognition.model.ts';
import { PlanLineModel, PlanModel } from '../../server/features/plans/plan.model.ts';
import { RequestModel } from '../../server/features/requests/request.model.ts';
import {
  SavedSearchModel,
  SearchHitModel,
  SearchNewsModel,
} from '../../server/features/saved-searches/saved-search.model.ts';
import { ShiftModel } from '../../server/features/shifts/shift.model.ts';
import { EvaluationRunModel } from '../../server/features/re-registration/watch.model.ts';
import { PoolMemberModel } from '../../server/features/talent-pools/pool.model.ts';
import type { Tenant } from '../../server/features/tenants/index.ts';
import { TenantModel } from '../../server/features/tenants/tenant.model.ts';
import { createServed, repeatPosted } from '../factories/hours.ts';
import { byTwo } from '../factories/proposals.ts';
import {
  asOperator,
  createMember,
  createMembership,
  createTenant,
  inTenant,
  memberOf,
} from '../factories/people.ts';
import type { Member } from '../factories/people.ts';
import { EnrolmentModel } from '../../server/features/training/enrolment.model.ts';
import { createCourse, createSession } from '../factories/training.ts';
import { createTrainingPlan } from '../factories/training-plans.ts';
import { TrainingPlanModel } from '../../server/features/training-plans/training-plan.model.ts';
import { createOpening, createPosition, createShift } from '../factories/requests.ts';
import { createSearch } from '../factories/searches.ts';
import { nycFile, nycRow } from '../feature/imports/samples.ts';
import { addMonths } from '../../server/core/time.ts';
import { as } from '../support/actor.ts';
import type { ApiAgent } from '../support/agent.ts';
import { atOffset, freshTestApp, stopTestApp, testApp } from '../support/app.ts';
import { inDays } from '../support/days.ts';
import { expectVerified } from '../support/processes.ts';

const HOUR = 3_600_000;
const POOL = { nameZh: '应急队', nameEn: 'Roster', rules: [], validMonths: 1, windowMonths: 1 };

/** Work for a sweep: when it is due, and what must be so once it was done, however often it was tried. */
interface Arranged {
  /** Milliseconds from now at which the work is due. */
  readonly at: number;
  readonly rows: number;
  effect(): Promise<unknown>;
  readonly expected: unknown;
}
type Arrange = (tenant: Tenant) => Promise<Arranged>;

const signUp = async (member: Member, positionId: string): Promise<string> => {
  const { assignments } = (await testApp()).composed.services;
  return String((await as(member, (actor) => assignments.signUp(actor, positionId, '')))._id);
};
const told = (tenant: Tenant, kind: string): Promise<number> =>
  inTenant(tenant.id, () => OutboxModel.countDocuments({ kind }));
/** The states that each row went through, in the order of the ids. */
const livesOf = async (model: typeof ShiftModel, ids: readonly string[]): Promise<string[]> => {
  const rows = await model
    .find({ _id: { $in: ids.map((id) => new Types.ObjectId(id)) } } as never)
    .sort({ _id: 1 })
    .lean();
  return rows.map(({ history }) => history.map(({ to }) => to).join(' '));
};

/** Three requests from a file, on their way. @returns the import's id */
async function startImport(tenant: Tenant): Promise<string> {
  const { imports } = (await testApp()).composed.services;
  const file = nycFile([nycRow(), nycRow({ title: 'Two' }), nycRow({ title: 'Three' })]);
  return inTenant(tenant.id, async () => {
    const { actor } = requireContext();
    const checked = await imports.check(actor, {
      kind: 'opportunities',
      fileName: 'a.csv',
      bytes: Buffer.from(file),
      mapping: {},
    });
    await imports.start(actor, checked.id, checked.version);
    return checked.id;
  });
}

/** Records of twelve people that an authority asks for, agreed to by two. @returns the export's id */
async function agreedExport(tenant: Tenant): Promise<string> {
  for (let at = 0; at < 12; at += 1)
    await createServed(tenant, await createMember(tenant), { hoursAgo: 5 + 3 * at });
  const first = await (await createMember(tenant, { roles: ['officer'] })).api();
  const today = new Date(Date.now() + 8 * HOUR).toISOString().slice(0, 10);
  const wish = { from: '2024-01-01', to: today, authority: '县委社会工作部', reference: '1', reason: '抽查' };
  const agreed = await byTwo(tenant, first, '/inspections', wish);
  expect(agreed.status, agreed.text).to.equal(200);
  return String((await inTenant(tenant.id, () => InspectionModel.findOne({}).lean()))?._id);
}

/** A medal for an hour of service. @returns the scheme's id */
const medal = async (tenant: Tenant): Promise<string> => {
  const { schemes } = (await testApp()).composed.services;
  const scheme = { code: 'first', kind: 'medal', nameZh: '初心', nameEn: 'First steps', level: 0 } as const;
  const rules = { hours: 1, months: 0, objectionDays: 7, effectiveFrom: '2020-01-01' };
  return inTenant(tenant.id, async () => String((await schemes.add({ ...scheme, ...rules }))._id));
};

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

/** For every sweep there is: a new one without an entry fails the test. */
const ARRANGE: Readonly<Record<string, Arrange>> = {
  async 'messages/deliver'(tenant) {
    const positionId = await createPosition(tenant);
    for (let made = 0; made < 3; made += 1) await signUp(await createMember(tenant), positionId);
    return {
      at: 0,
      rows: 3,
      effect: () =>
        inTenant(tenant.id, async () => (await OutboxModel.find({}).lean()).map(({ state }) => state)),
      expected: ['sent', 'sent', 'sent'],
    };
  },

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

  async 'training/remind'(tenant) {
    const startsAt = new Date(Date.now() + 3 * 86_400_000);
    const { sessionId } = await createSession(tenant, {
      startsAt,
      remindAt: new Date(startsAt.getTime() - 86_400_000),
    });
    await (await (await createMember(tenant)).api()).post(`/sessions/${sessionId}/enrolments`);
    return {
      at: 2.5 * 86_400_000,
      rows: 1,
      effect: () =>
        inTenant(tenant.id, async () =>
          (await OutboxModel.find({ 'data.what': 'reminded' }).lean()).map(({ kind }) => kind),
        ),
      expected: ['training/news'],
    };
  },

  async 'training/close'(tenant) {
    const { sessionId } = await createSession(tenant);
    const member = await createMember(tenant);
    const { composed } = await testApp();
    await (await member.api()).post(`/sessions/${sessionId}/enrolments`);
    return {
      at: 30 * 86_400_000,
      rows: 1,
      effect: () =>
        inTenant(tenant.id, async () => [
          (await composed.services.sessions.row(sessionId)).state,
          ...(await EnrolmentModel.find({}).lean()).map(({ state }) => state),
        ]),
      expected: ['closed', 'absent'],
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

  async 'audit/seal'(tenant) {
    await signUp(await createMember(tenant), await createPosition(tenant));
    return {
      at: 0,
      rows: 1,
      // Every entry is sealed once, and the chain has no gap.
      effect: () =>
        inTenant(tenant.id, async () => {
          const seals = await SealModel.find({}).sort({ batch: 1 }).lean();
          const sealed = seals.flatMap(({ entries }) => entries.map(({ id }) => String(id)));
          return [
            seals.map(({ batch }) => batch).every((batch, index) => batch === index + 1),
            sealed.length > 0 && sealed.length === new Set(sealed).size,
            (await AuditModel.countDocuments({})) - sealed.length,
            await UnsealedModel.countDocuments({}),
          ];
        }),
      expected: [true, true, 0, 0],
    };
  },

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

  async 'imports/apply'(tenant) {
    await startImport(tenant);
    return {
      at: 0,
      rows: 1,
      effect: () => inTenant(tenant.id, () => RequestModel.countDocuments({})),
      expected: 3,
    };
  },

  async 'proposals/lapse'(tenant) {
    const [person, coordinator, first] = await Promise.all([
      createMember(tenant),
      createMember(tenant, { roles: ['coordinator'] }),
      createMember(tenant, { roles: ['reviewer'] }),
      createMember(tenant, { roles: ['reviewer'] }),
    ]);
    const hoursId = await createServed(tenant, person);
    expect((await (await coordinator.api()).post(`/hours/${hoursId}/approve`)).status).to.equal(200);
    const proposed = await (await first.api()).post(`/hours/${hoursId}/reversal`, { reason: '录错了' });
    expect(proposed.status, proposed.text).to.equal(201);
    return {
      at: 169 * HOUR,
      rows: 1,
      effect: () =>
        inTenant(tenant.id, async () => {
          const [row] = await ProposalModel.find({}).lean();
          const record = await HoursModel.findById(hoursId).lean();
          return [row?.history.map(({ to }) => to), record?.state, await told(tenant, 'proposals/decided')];
        }),
      expected: [['open', 'lapsed'], 'posted', 1],
    };
  },

  async 'inspections/make'(tenant) {
    await agreedExport(tenant);
    return {
      at: 0,
      rows: 1,
      effect: () =>
        inTenant(tenant.id, async () => {
          const row = await InspectionModel.findOne({}).lean();
          const files = await InspectionPieceModel.distinct('file', {});
          return [
            row?.history.map(({ to }) => to),
            row?.sums.records,
            row?.done === row?.total,
            files.length === 1 && files[0] === row?.archive?.file,
          ];
        }),
      expected: [['running', 'ready'], 12, true, true],
    };
  },

  async 'inspections/expire'(tenant) {
    const id = await agreedExport(tenant);
    const { inspections } = (await testApp()).composed.services;
    await inTenant(tenant.id, () => inspections.workFor(id, 30_000));
    return {
      at: 15 * 24 * HOUR,
      rows: 1,
      effect: () =>
        inTenant(tenant.id, async () => {
          const row = await InspectionModel.findById(id).lean();
          return [row?.history.map(({ to }) => to), await InspectionPieceModel.countDocuments({})];
        }),
      expected: [['running', 'ready', 'expired'], 0],
    };
  },

  async 'certificates/make-batches'(tenant) {
    const desk = await createMember(tenant, { roles: ['coordinator'] });
    const people = await Promise.all(Array.from({ length: 12 }, () => createMember(tenant)));
    const api = await desk.api();
    for (const [at, person] of people.entries()) {
      const hoursId = await createServed(tenant, person, { hoursAgo: 5 + 3 * at });
      expect((await api.post(`/hours/${hoursId}/approve`)).status).to.equal(200);
    }
    expect((await api.post('/certificate-batches', { scope: 'all' })).status).to.equal(201);
    return {
      at: 0,
      rows: 1,
      effect: () =>
        inTenant(tenant.id, async () => {
          const batch = await CertificateBatchModel.findOne({}).lean();
          const certificates = await CertificateModel.find({}).sort({ number: 1 }).lean();
          return [
            batch?.state,
            batch?.issued,
            certificates.length,
            Number(certificates.at(-1)?.number.split('-').at(-1)),
            certificates.every(({ pdf }) => pdf !== null),
          ];
        }),
      expected: ['done', 12, 12, 12, true],
    };
  },

  async 'recognition/find-eligible'(tenant) {
    await medal(tenant);
    const desk = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    for (const hoursAgo of [5, 9]) {
      const hoursId = await createServed(tenant, await createMember(tenant), { hoursAgo });
      expect((await desk.post(`/hours/${hoursId}/approve`)).status).to.equal(200);
    }
    await createMember(tenant);
    return {
      at: 0,
      rows: 1,
      effect: () =>
        inTenant(tenant.id, async () => [
          (await RecognitionModel.find({}).lean()).map(({ state }) => state),
          await told(tenant, 'recognition/changed'),
        ]),
      expected: [['eligible', 'eligible'], 2],
    };
  },

  async 'recognition/settle-notices'(tenant) {
    const schemeId = await medal(tenant);
    const volunteer = await createMember(tenant);
    const officer = await createMember(tenant, { roles: ['officer', 'coordinator'] });
    const reviewer = await createMember(tenant, { roles: ['reviewer'] });
    const hoursId = await createServed(tenant, volunteer);
    expect((await (await officer.api()).post(`/hours/${hoursId}/approve`)).status).to.equal(200);
    const { recognition } = (await testApp()).composed.services;
    const { _id } = await as(volunteer, (actor) => recognition.apply(actor, schemeId, true));
    await as(officer, (actor) => recognition.review(actor, String(_id), 'reviewed', 'x'));
    await as(reviewer, (actor) => recognition.publish(actor, String(_id)));
    return {
      at: 8 * 24 * HOUR + 1_000,
      rows: 1,
      effect: () => inTenant(tenant.id, () => livesOf(RecognitionModel as never, [String(_id)])),
      expected: ['eligible applied reviewed published granted'],
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

  async 'training-plans/solve'(tenant) {
    const officer = await createMember(tenant, { roles: ['officer'] });
    await createCourse(tenant);
    const api = await officer.api();
    await api.post('/training-plans', { rooms: [{ label: '教室', seats: 3 }] });
    return {
      at: 0,
      rows: 1,
      effect: () =>
        inTenant(tenant.id, async () =>
          (await TrainingPlanModel.find({}).lean()).map(({ history }) =>
            history.map(({ to }) => to).join(' '),
          ),
        ),
      expected: ['queued running failed'],
    };
  },

  async 'training-plans/publish'(tenant) {
    const officer = await createMember(tenant, { roles: ['officer'] });
    const member = await createMember(tenant);
    const { trainingPlanId } = await createTrainingPlan(tenant, {
      ...member,
      courseId: await createCourse(tenant),
      title: '课程',
    });
    const seen = { 'if-match': '"v1"' };
    const api = await officer.api();
    expect((await api.post(`/training-plans/${trainingPlanId}/publication`, {}, seen)).status).to.equal(202);
    return {
      at: 0,
      rows: 1,
      effect: async () => [
        await told(tenant, 'training/news'),
        await inTenant(tenant.id, () => EnrolmentModel.countDocuments({ state: 'invited' })),
      ],
      expected: [1, 1],
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

  async 'imports/undo'(tenant) {
    const id = await startImport(tenant);
    const { composed, sweep } = await testApp();
    await sweep('imports/apply');
    await inTenant(tenant.id, async () => {
      const { actor } = requireContext();
      const { version } = await composed.services.imports.show(actor, id, 'en');
      await composed.services.imports.undo(actor, id, version);
    });
    return {
      at: 0,
      rows: 1,
      effect: () => inTenant(tenant.id, () => RequestModel.countDocuments({})),
      expected: 0,
    };
  },
};

/** Every stored row, apart from what is only about work under way. */
async function everything(): Promise<Record<string, string>> {
  const prints: Record<string, string> = {};
  for (const { name } of await database().listCollections({}, { nameOnly: true }).toArray()) {
    if (/^(workclaims|agenda_|rate_limits|sessions|system\.)/.test(name)) continue;
    const rows = await database().collection(name).find({}).sort({ _id: 1 }).toArray();
    prints[name] = createHash('sha256').update(JSON.stringify(rows)).digest('hex');
  }
  return prints;
}

/** Each sweep of the registry, tried by several at once and again afterwards (F-16). */
describe('a sweep that runs twice and in parallel', function () {
  this.timeout(120_000);
  let sweeps: readonly Sweep[];

  before(async () => {
    await freshTestApp();
    sweeps = allSweeps((await testApp()).composed.services);
  });
  after(() => stopTestApp());

  const inSweep = <T>(name: string, work: () => Promise<T>): Promise<T> =>
    runInContext(
      { requestId: 'test', actor: { kind: 'sweep', name }, tenantId: null, crossTenant: null },
      work,
    );
  /** As if the row had been handed out several times: past its lease, or by a second clock. */
  const rush = (sweep: Sweep, rows: readonly DueRow[], times: number): Promise<unknown> =>
    inSweep(sweep.name, () =>
      Promise.allSettled(
        rows.flatMap((row) =>
          Array.from({ length: times }, () => asTenant(row.tenantId, () => sweep.run(row))),
        ),
      ),
    );

  it('is arranged for each there is', () => {
    expect(Object.keys(ARRANGE).sort()).to.deep.equal(sweeps.map(({ name }) => name).sort());
  });

  for (const [name, arrange] of Object.entries(ARRANGE))
    it(`has one effect: ${name}`, async () => {
      const sweep = sweeps.find((one) => one.name === name) as Sweep;
      const tenant = await createTenant();
      const arranged = await arrange(tenant);
      await atOffset(arranged.at, async () => {
        const rows = await inSweep(name, () =>
          acrossTenants('test', () => sweep.due({ now: now(), limit: 500, except: [] })),
        );
        const own = rows.filter(({ tenantId }) => tenantId === tenant.id);
        expect(own).to.have.length(arranged.rows);
        await Promise.all([rush(sweep, own, 3), runSweep(sweep), runSweep(sweep), runSweep(sweep)]);
        await drainSweep(sweep);
        expect(await arranged.effect()).to.deep.equal(arranged.expected);
        const once = await everything();
        await rush(sweep, own, 2);
        await Promise.all([runSweep(sweep), runSweep(sweep)]);
        expect(await everything()).to.deep.equal(once);
      });
    });

  it('leaves everything as it must be', () => expectVerified());
});
