import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import '../../server/compose.ts';
import '../../server/db/installation.ts';
import { allModels } from '../../server/db/registry.ts';
import { migrate } from '../../server/db/migrate.ts';
import { freshDatabase } from '../support/mongod.ts';

type Index = [Record<string, unknown>, Record<string, unknown>];

const schemaIndexes = (entry: ReturnType<typeof allModels>[number]): Index[] =>
  (entry.model as unknown as { schema: { indexes(): Index[] } }).schema.indexes();
const collectionOf = (entry: ReturnType<typeof allModels>[number]): string =>
  (entry.model as unknown as { collection: { name: string } }).collection.name;

/** Indexes of scoped models that do not start with the tenant, each with its reason. */
const ACROSS_TENANTS: Record<string, string> = {
  'Membership accountId': 'identity: all places of an account in one read',
  'Certificate code': 'public verification starts from the code alone',
  'Appraisal remindAt,_id': 'the sweep looks for what is due in every tenant',
  'HoursClaim remindAt,_id': 'the sweep looks for what is due in every tenant',
  'HoursRecord remindAt,_id': 'the sweep looks for what is due in every tenant',
  'HoursRecord personId,servedFrom': 'a minute of a person counts once, in whatever tenant',
  'OutboxMessage dueAt,_id': 'the sweep looks for what is due in every tenant',
  'Shift startsAt': 'the sweep looks for what is due in every tenant',
  'Shift endsAt': 'the sweep looks for what is due in every tenant',
  'Assignment personId,endsAt': 'own offers and places ahead, in whatever tenant',
  'Assignment endsAt': 'the sweep looks for what is due in every tenant',
  'Membership releaseAt': 'the sweep looks for what is due in every tenant',
  'Assignment reofferAt': 'the sweep looks for what is due in every tenant',
  'Enrolment personId,endsAt': 'seats ahead of a person, in whatever tenant',
  'CalendarFeed tokenHash': 'a feed is known by its secret before its tenant is',
  'TrainingSession remindAt': 'the sweep looks for what is due in every tenant',
  'TrainingSession endsAt': 'the sweep looks for what is due in every tenant',
  'InspectionExport state,_id': 'the sweep looks for unfinished ones of all tenants',
  'InspectionExport expiresAt': 'the sweep looks for what is over in every tenant',
  'Proposal authorityId,createdAt,_id': 'what an organisation above is asked by those below it',
  'Proposal lapsesAt': 'the sweep looks for what is due in every tenant',
  'Offer dueAt': 'the sweep looks for what is due in every tenant',
  'Credential dueOn': 'the sweep looks for what is due in every tenant',
  'TalentPool proposeAt': 'the sweep looks for what is due in every tenant',
  'RegistrationWatch remindOn': 'the sweep looks for what is due in every tenant',
  'EvaluationRun state': 'the sweep looks for what is under way in every tenant',
  'PoolMember dueOn': 'the sweep looks for what is due in every tenant',
  'PoolMember shared,_id': 'certifications that people agreed to show to neighbouring organisations',
  'Kiosk tokenHash': 'a device is known by its secret before its tenant is',
  'Kiosk expiresAt': 'expiry',
  'Import turnAt': 'the sweep looks for what is due in every tenant',
  'Plan state,dueAt': 'the sweep looks for what is due in every tenant',
  'TrainingPlan state,dueAt': 'the sweep looks for what is due in every tenant',
  'PlanLine pairs.assignmentId': 'why one was offered a place, asked by oneself, whoever planned it',
  'SavedSearch lookAt,_id': 'the sweep looks for what is due in every tenant',
  'SearchHit expiresAt': 'expiry',
  'SearchNews at,_id': 'the sweep looks for what is due in every tenant',
  'JoinLink expiresAt': 'expiry',
  'LedgerClosing closedAt': 'the sweep looks for what is due in every tenant',
  'AnnualReport state,_id': 'The sweep looks for those to draw, of all tenants.',
  'CertificateBatch state,_id': 'The sweep looks for unfinished jobs of all tenants.',
  'Recognition dueAt': 'the sweep looks for what is due in every tenant',
  'HoursTransfer createdAt': 'the sweep goes on with what is under way in every tenant',
  'TimeBankAccount expireAt': 'the sweep looks for what is due in every tenant',
  'IdempotencyKey createdAt': 'expiry',
};

describe('models', () => {
  it('belong to a tenant or say why not', () => {
    for (const { name, scope, reason } of allModels())
      if (scope === 'global') expect(reason, name).to.be.a('string').with.length.above(10);
    const global = allModels()
      .filter(({ scope }) => scope === 'global')
      .map(({ name }) => name)
      .sort();
    expect(global).to.deep.equal([
      'Account',
      'AccountToken',
      'AddressTurn',
      'ApiToken',
      'GuardianRequest',
      'IdentityDocument',
      'Installation',
      'Person',
      'PersonDay',
      'Tenant',
      'WorkClaim',
    ]);
  });

  it('refuse unknown fields and unknown filters', () => {
    for (const { name, model } of allModels()) {
      const { options } = (model as unknown as { schema: { options: Record<string, unknown> } }).schema;
      expect(options['strict'], name).to.equal('throw');
      expect(options['strictQuery'], name).to.equal('throw');
      expect(options['autoIndex'], name).to.equal(false);
    }
  });

  it('start every index of a scoped model with its tenant, or are on the list of reasons', () => {
    const wrong = allModels()
      .filter(({ scope }) => scope === 'tenant')
      .flatMap((entry) => schemaIndexes(entry).map(([key]) => `${entry.name} ${Object.keys(key).join(',')}`))
      .filter((label) => !label.split(' ')[1]?.startsWith('tenantId') && !(label in ACROSS_TENANTS));
    expect(wrong).to.deep.equal([]);
  });

  it('have exactly the indexes that the migrations make', async function () {
    this.timeout(60_000);
    const database = await freshDatabase();
    await migrate(database.migrateUri);
    const client = await new MongoClient(database.uri).connect();
    try {
      const db = client.db(database.name);
      for (const entry of allModels()) {
        const made = (await db.collection(collectionOf(entry)).indexes()).filter(
          ({ name }) => name !== '_id_',
        );
        const label = (
          key: object,
          options: { unique?: unknown; partialFilterExpression?: unknown; expireAfterSeconds?: unknown },
        ): string =>
          JSON.stringify([
            key,
            options.unique === true,
            options.partialFilterExpression ?? null,
            options.expireAfterSeconds ?? null,
          ]);
        expect(made.map((index) => label(index.key, index)).sort(), entry.name).to.deep.equal(
          schemaIndexes(entry)
            .map(([key, options]) => label(key, options))
            .sort(),
        );
      }
    } finally {
      await client.close();
      await database.drop();
    }
  });
});
