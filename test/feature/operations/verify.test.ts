import { expect } from 'chai';
import { MongoClient, ObjectId } from 'mongodb';
import type { Db, Document, Filter } from 'mongodb';
import { acrossTenants } from '../../../server/core/context.ts';
import { database } from '../../../server/db/connect.ts';
import { allChecks, runChecks } from '../../../server/verify/index.ts';
import { asOperator } from '../../factories/people.ts';
import { testApp } from '../../support/app.ts';
import { testDatabase } from '../../support/mongod.ts';
import { createPlace } from '../walls/place.ts';
import type { Place } from '../walls/place.ts';

const TOMORROW = new Date(Date.now() + 86_400_000);

/** What somebody with a shell on the database could do: each in one kind, each to be named by its own check. */
describe('npm run verify', function () {
  this.timeout(120_000);
  let client: MongoClient;
  let db: Db;
  let here: Place;
  let there: Place;

  before(async () => {
    await testApp();
    client = await new MongoClient((await testDatabase()).uri).connect();
    db = client.db();
    here = await createPlace('核对甲');
    there = await createPlace('核对乙');
  });
  after(() => client.close());

  /** Violations by check, or of one; factories leave some, so only what is new counts. */
  async function broken(only?: string): Promise<Map<string, number>> {
    const { composed, sweep } = await testApp();
    // As it would be in the seconds before, or entries of other tests get overdue meanwhile.
    await sweep('audit/seal');
    const all = allChecks(database(), composed.invariants);
    const checks = only === undefined ? all : all.filter(({ name }) => name === only);
    const { checks: results } = await asOperator(() => acrossTenants('test', () => runChecks(checks)));
    return new Map(results.map(({ name, violations }) => [name, violations]));
  }
  const id = (kind: string): ObjectId => new ObjectId(here.ids[kind]);
  const change =
    (name: string, filter: Filter<Document>, update: Document) =>
    async (): Promise<() => Promise<unknown>> => {
      const before = await db.collection(name).findOne(filter);
      if (!before) throw new Error(`Nothing to spoil in ${name}`);
      await db.collection(name).updateOne({ _id: before._id }, update);
      return () => db.collection(name).replaceOne({ _id: before._id }, before);
    };
  const remove = (name: string, filter: Filter<Document>) => async (): Promise<() => Promise<unknown>> => {
    const before = await db.collection(name).findOne(filter);
    if (!before) throw new Error(`Nothing to take out of ${name}`);
    await db.collection(name).deleteOne({ _id: before._id });
    return () => db.collection(name).insertOne(before);
  };
  const add = (name: string, row: Document) => async (): Promise<() => Promise<unknown>> => {
    const planted = { _id: new ObjectId(), tenantId: new ObjectId(here.tenant.id), ...row };
    await db.collection(name).insertOne(planted);
    return () => db.collection(name).deleteOne({ _id: planted._id });
  };

  it('finds every kind of damage that is planted by the check that is meant for it, and nothing once it is mended', async () => {
    const entries = { hoursId: id('hoursId') };
    const plants: readonly (readonly [check: string, plant: () => Promise<() => Promise<unknown>>])[] = [
      [
        'tenants/every-row-has-one',
        change('units', { _id: id('unitId') }, { $set: { tenantId: new ObjectId() } }),
      ],
      [
        'tenants/references',
        change('shifts', { _id: id('shiftId') }, { $set: { unitId: new ObjectId(there.ids['unitId']) } }),
      ],
      [
        'accounts/consent-behind-registration-in-person',
        change(
          'accounts',
          { _id: new ObjectId(here.volunteer.accountId) },
          { $set: { madeIn: new ObjectId() } },
        ),
      ],
      [
        'units/one-tree',
        change('units', { _id: id('unitId') }, { $push: { path: new ObjectId() } as never }),
      ],
      ['shifts/capacity', change('positions', { _id: id('positionId') }, { $inc: { taken: 1 } })],
      [
        'people/no-overlap',
        change('persondays', { 'bookings.assignmentId': id('assignmentId') }, { $set: { bookings: [] } }),
      ],
      [
        'assignments/own-will',
        change(
          'assignments',
          { _id: id('assignmentId') },
          { $set: { 'history.0.accountId': new ObjectId() } },
        ),
      ],
      [
        'assignments/seats-have-members',
        change('assignments', { _id: id('assignmentId') }, { $set: { membershipId: null } }),
      ],
      [
        'memberships/nothing-ahead-after-the-end',
        add('assignments', {
          state: 'waitlisted',
          history: [{ from: null, to: 'waitlisted' }],
          positionId: id('positionId'),
          shiftId: id('shiftId'),
          membershipId: new ObjectId(here.volunteer.membershipId),
          personId: new ObjectId(),
          startsAt: TOMORROW,
          endsAt: TOMORROW,
        }),
      ],
      [
        'memberships/nothing-ahead-after-the-end',
        add('enrolments', {
          state: 'applied',
          history: [{ from: null, to: 'applied' }],
          sessionId: id('sessionId'),
          personId: new ObjectId(),
          startsAt: TOMORROW,
          endsAt: TOMORROW,
        }),
      ],
      ['states/legal-histories', change('requests', { _id: id('requestId') }, { $set: { state: 'closed' } })],
      [
        'background/nothing-stuck',
        change('outboxmessages', { state: 'waiting' }, { $set: { dueAt: new Date(Date.now() - 7_200_000) } }),
      ],
      [
        'annual-reports/published-add-up',
        change(
          'annualreports',
          { _id: id('annualReportId') },
          {
            $set: {
              state: 'published',
              publishedAt: new Date(),
              publishedBy: new ObjectId(),
              edition: 1,
              'figures.records': 9,
            },
          },
        ),
      ],
      ['hours/postings-sum-to-zero', change('ledgerentries', entries, { $inc: { minutes: 1 } })],
      ['hours/balances-and-chains', change('ledgerentries', entries, { $inc: { balance: 1 } })],
      [
        'hours/ledger-follows-records',
        change('hoursrecords', { _id: id('hoursId') }, { $set: { state: 'approved' } }),
      ],
      [
        'hours/own-will-and-overlap',
        change('hoursrecords', { _id: id('hoursId') }, [
          { $set: { confirmedByPersonId: '$personId' } },
        ] as never),
      ],
      [
        'hours/confirmed-by-another-human',
        change('hoursrecords', { _id: id('hoursId') }, [
          { $set: { enteredBy: '$confirmedByPersonId' } },
        ] as never),
      ],
      [
        'hours/minutes-follow-evidence',
        change('hoursrecords', { _id: id('hoursId') }, { $inc: { recordedMinutes: 30 } }),
      ],
      [
        'hours/volunteer-service-only',
        async () => {
          const record = await db.collection('hoursrecords').findOne({ _id: id('hoursId') });
          return change('shifts', { _id: record?.['shiftId'] }, { $set: { nature: 'paid' } })();
        },
      ],
      [
        'hours/claims-answered-by-another',
        change('hoursclaims', { _id: id('hoursClaimId') }, [
          {
            $set: {
              state: 'refused',
              answeredByPersonId: '$personId',
              answeredAt: '$createdAt',
              answer: 'x',
            },
          },
        ] as never),
      ],
      [
        'hours/claims-follow-records',
        change('hoursclaims', { _id: id('hoursClaimId') }, { $set: { state: 'founded' } }),
      ],
      [
        'appraisals/said-by-another',
        change('appraisals', { _id: id('appraisalId') }, [
          { $set: { appraisedByPersonId: '$personId' } },
        ] as never),
      ],
      [
        'awards/verified-by-another',
        change('awards', { _id: id('awardId') }, [
          {
            $set: {
              state: 'recorded',
              check: 'original',
              decidedByPersonId: '$personId',
              decidedAt: '$createdAt',
            },
          },
        ] as never),
      ],
      [
        'certificates/state-the-ledger',
        change('certificates', { _id: id('certificateId') }, { $inc: { totalMinutes: 60 } }),
      ],
      [
        'recognition/granted-by-the-rules',
        change('recognitions', { _id: id('recognitionId') }, { $set: { state: 'granted' } }),
      ],
      [
        'time-bank/follows-its-rows',
        change('timebankredemptions', { _id: id('redemptionId') }, { $set: { state: 'confirmed' } }),
      ],
      [
        'credits/ledger-follows-claims',
        change('credits', { _id: id('creditId') }, { $set: { state: 'posted' } }),
      ],
      [
        'credentials/two-people-verified',
        change('credentials', { _id: id('credentialId') }, { $set: { state: 'valid' } }),
      ],
      [
        'plans/offers-are-of-their-pairs',
        change(
          'planlines',
          { planId: id('planId') },
          { $set: { 'pairs.0.assignmentId': id('assignmentId') } },
        ),
      ],
      ['plans/proofs-hold', change('plans', { _id: id('planId') }, { $set: { 'proof.objective': '3501' } })],
      [
        'plans/reason-where-units-lose',
        change('plans', { _id: id('planId') }, { $set: { waves: [{ n: 1, worse: 1, reason: '' }] } }),
      ],
      [
        'training-plans/can-be-held',
        change('plannedsessions', { planId: id('trainingPlanId') }, { $set: { costCents: 200_000 } }),
      ],
      [
        'training-plans/can-be-held',
        change('trainingplans', { _id: id('trainingPlanId') }, { $set: { 'outcome.closed.all': 181 } }),
      ],
      [
        'training-plans/published-once',
        change('plannedsessions', { planId: id('trainingPlanId') }, { $set: { state: 'published' } }),
      ],
      ['training/capacity', change('trainingsessions', { _id: id('sessionId') }, { $inc: { taken: 1 } })],
      ['training/capacity', change('trainingsessions', { _id: id('sessionId') }, { $set: { capacity: 0 } })],
      [
        'training/credited-once',
        change('enrolments', { _id: id('enrolmentId') }, { $set: { state: 'credited' } }),
      ],
      [
        'training/credited-once',
        change('enrolments', { _id: id('enrolmentId') }, [
          { $set: { assessedByPersonId: '$personId' } },
        ] as never),
      ],
      [
        'people/no-overlap',
        change('persondays', { 'bookings.assignmentId': id('enrolmentId') }, { $set: { bookings: [] } }),
      ],
      [
        'inspections/archives',
        change(
          'inspectionpieces',
          { exportId: id('inspectionId') },
          { $set: { place: 7, content: Buffer.from('x') } },
        ),
      ],
      [
        'external-records/answered',
        change('externalrecords', { hoursId: id('hoursId') }, { $set: { state: 'confirmed' } }),
      ],
      [
        'inspections/archives',
        change('inspectionexports', { _id: id('inspectionId') }, { $set: { state: 'expired' } }),
      ],
      [
        'proposals/two-persons',
        change('proposals', { _id: id('proposalId') }, { $set: { state: 'confirmed' } }),
      ],
      [
        'talent-pools/two-people-certified',
        change('poolmembers', { _id: id('poolMemberId') }, { $set: { state: 'certified' } }),
      ],
      [
        'saved-searches/of-living-people',
        change('savedsearches', { _id: id('searchId') }, { $set: { personId: new ObjectId() } }),
      ],
      [
        'saved-searches/looked-at-in-time',
        change('savedsearches', { _id: id('searchId') }, { $set: { lookAt: new Date(0) } }),
      ],
      ['saved-searches/told-once', add('searchhits', { searchId: new ObjectId(), digestId: null })],
      ['saved-searches/told-once', add('searchhits', { searchId: id('searchId'), digestId: new ObjectId() })],
      ['certificates/numbers-without-gaps', remove('certificates', { _id: id('certificateId') })],
      [
        'audit/sealed-and-unchanged',
        change('auditentries', { subjectId: here.ids['hoursId'] }, { $set: { actor: 'account:nobody' } }),
      ],
      ['audit/sealed-and-unchanged', remove('auditentries', { subjectId: here.ids['hoursId'] })],
      ['attachments/content-and-quota', remove('attachmentcontents', { attachmentId: id('scanId') })],
    ];
    const clean = await broken();
    for (const [check, plant] of plants) {
      const mend = await plant();
      const found = await broken(check);
      await mend();
      expect(found.get(check), `${check} did not see it`).to.be.above(clean.get(check) ?? 0);
    }
    expect(await broken()).to.deep.equal(clean);
  });

  it('finds an offer that nobody waits for', async () => {
    const clean = await broken();
    const _id = new ObjectId();
    await db.collection('offers').insertOne({
      _id,
      tenantId: new ObjectId(here.tenant.id),
      state: 'open',
      assignmentId: id('assignmentId'),
      history: [{ from: null, to: 'open' }],
    });
    const found = await broken();
    await db.collection('offers').deleteOne({ _id });
    expect(found.get('offers/match-assignments')).to.equal((clean.get('offers/match-assignments') ?? 0) + 1);
  });
});
