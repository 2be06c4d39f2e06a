import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { Types } from 'mongoose';
import { acrossTenants } from '../../server/core/context.ts';
import { AccountModel } from '../../server/features/accounts/account.model.ts';
import { AssignmentModel } from '../../server/features/assignments/assignment.model.ts';
import { CertificateModel } from '../../server/features/certificates/certificate.model.ts';
import { CredentialModel } from '../../server/features/credentials/credential.model.ts';
import { LedgerEntryModel } from '../../server/features/hours/ledger.model.ts';
import { MembershipModel } from '../../server/features/memberships/membership.model.ts';
import { PersonModel } from '../../server/features/people/person.model.ts';
import { TemplateModel } from '../../server/features/shifts/template.model.ts';
import { TenantModel } from '../../server/features/tenants/tenant.model.ts';
import type { Tenant } from '../../server/features/tenants/index.ts';
import { createServed } from '../factories/hours.ts';
import {
  asOperator,
  createMember,
  createPerson,
  createTenant,
  inTenant,
  PASSWORD,
} from '../factories/people.ts';
import type { Member } from '../factories/people.ts';
import { createPosition, createShift } from '../factories/requests.ts';
import { ApiAgent } from '../support/agent.ts';
import type { Answer } from '../support/agent.ts';
import { freshTestApp, stopTestApp, testApp } from '../support/app.ts';
import { startCommand } from '../support/command.ts';
import { environment, expectVerified } from '../support/processes.ts';
import { inDays } from '../support/days.ts';

const TIMES = 20;

/** What people call the same thing exists once, however many make it at the same moment (F-12). */
describe('twenty who make the same thing at once', function () {
  this.timeout(120_000);
  let tenant: Tenant;
  let member: Member;
  let desk: Member;
  let own: ApiAgent;
  let office: ApiAgent;

  before(async () => {
    await freshTestApp();
    tenant = await createTenant();
    member = await createMember(tenant);
    desk = await createMember(tenant, { roles: ['coordinator'] });
    own = await member.api();
    office = await desk.api();
  });
  after(async () => {
    try {
      await expectVerified();
    } finally {
      await stopTestApp();
    }
  });

  /** Each asks again while told to come again; everybody ends with an answer that is no fault. */
  async function crowd(ask: () => Promise<Answer>): Promise<Answer[]> {
    return Promise.all(
      Array.from({ length: TIMES }, async () => {
        for (;;) {
          const answer = await ask();
          if (answer.status !== 503) {
            expect(answer.status, answer.text).to.be.within(200, 499);
            return answer;
          }
          await new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 500));
        }
      }),
    );
  }
  const made = (answers: readonly Answer[]): Answer[] => answers.filter(({ status }) => status < 300);

  it('make one account of an address', async () => {
    const email = `same-${Date.now()}@example.org`;
    const answers = await crowd(() =>
      new ApiAgent().post('/register', { name: '同一人', email, password: PASSWORD, terms: true }),
    );
    // Nobody learns which of them was the first (S-16).
    expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([202]));
    expect(await AccountModel.countDocuments({ emailKey: email })).to.equal(1);
    expect(await PersonModel.countDocuments({ name: '同一人' })).to.equal(1);
  });

  it('make one membership of a person', async () => {
    const elsewhere = await createTenant();
    await crowd(() => own.post(`/t/${elsewhere.slug}/memberships`, {}));
    expect(await inTenant(elsewhere.id, () => MembershipModel.countDocuments({}))).to.equal(1);
  });

  it('have one place on a shift', async () => {
    const positionId = await createPosition(tenant);
    const answers = await crowd(() => own.post(`/positions/${positionId}/assignments`));
    expect(made(answers)).to.have.length(1);
    const rows = await inTenant(tenant.id, () =>
      AssignmentModel.countDocuments({ positionId: new Types.ObjectId(positionId) }),
    );
    expect(rows).to.equal(1);
  });

  it('register one certificate of a number', async () => {
    const claim = {
      level: 'assistant',
      number: 'SAME-1',
      issuer: '发证机关',
      issuedOn: '2025-01-10',
      validFrom: '2025-02-01',
    };
    const answers = await crowd(() => own.post('/credentials', claim));
    expect(made(answers)).to.have.length(1);
    expect(await inTenant(tenant.id, () => CredentialModel.countDocuments({ number: 'SAME-1' }))).to.equal(1);
  });

  it('post hours once, and get one certificate of a period', async () => {
    const hoursId = await createServed(tenant, member);
    const approvals = await crowd(() => office.post(`/hours/${hoursId}/approve`));
    expect(made(approvals)).to.have.length(1);
    const entries = await inTenant(tenant.id, () =>
      LedgerEntryModel.countDocuments({ hoursId: new Types.ObjectId(hoursId) }),
    );
    expect(entries).to.equal(2);
    const period = { from: inDays(-30), to: inDays(0) };
    const issued = made(await crowd(() => own.post('/certificates', period)));
    expect(new Set(issued.map((answer) => answer.json()['number']))).to.have.property('size', 1);
    expect(await inTenant(tenant.id, () => CertificateModel.countDocuments({}))).to.equal(1);
  });

  it('keep one template of a name', async () => {
    const shiftId = await createShift(tenant);
    await createPosition(tenant, { shiftId });
    const answers = await crowd(() => office.post(`/shifts/${shiftId}/templates`, { name: '同名' }));
    expect(made(answers)).to.have.length(1);
    expect(await inTenant(tenant.id, () => TemplateModel.countDocuments({}))).to.equal(1);
  });

  it('found one organisation of a name', async () => {
    const { tenants } = (await testApp()).composed.services;
    const slug = `same-${Date.now()}`;
    const outcomes = await Promise.allSettled(
      Array.from({ length: TIMES }, () =>
        asOperator(() =>
          tenants.create({
            slug,
            name: { 'zh-CN': '同名', en: 'Same' },
            kind: 'organisation',
            serviceCounties: ['330122'],
          }),
        ),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
    expect(
      await asOperator(() => acrossTenants('test', () => TenantModel.countDocuments({ slug }))),
    ).to.equal(1);
  });
});

/** Uniqueness rests on indexes: a start without one says so, and mends it or does not happen. */
describe('an index that somebody dropped', function () {
  this.timeout(120_000);

  before(() => freshTestApp());
  after(() => stopTestApp());

  async function onDatabase<T>(work: (db: ReturnType<MongoClient['db']>) => Promise<T>): Promise<T> {
    const { MONGODB_URI } = await environment();
    const client = await new MongoClient(MONGODB_URI ?? '').connect();
    try {
      return await work(client.db());
    } finally {
      await client.close();
    }
  }

  it('is reported at the next start, and built again before anybody is served', async () => {
    const { migrateUri } = await testApp();
    const client = await new MongoClient(migrateUri).connect();
    await client.db().collection('accounts').dropIndex('emailKey_1');
    await client.db().collection('shifts').dropIndex('endsAt_1');
    await client.close();
    const web = startCommand(['scripts/start-web.ts'], {
      ...(await environment()),
      MIGRATE_MONGODB_URI: migrateUri,
    });
    await web.says('Linli web is ready at ');
    expect(web.stdout())
      .to.include('Database: the index accounts (emailKey) was missing and has been built again')
      .and.include('the index shifts (endsAt)');
    const url = /ready at (\S+)/.exec(web.stdout())?.[1] ?? '';
    expect((await fetch(`${url}/readyz`)).status).to.equal(200);
    web.child.kill('SIGTERM');
    expect(await web.ended).to.equal(0);
    const names = await onDatabase(async (db) =>
      (await db.collection('accounts').indexes()).map(({ name, unique }) => `${name} ${unique === true}`),
    );
    expect(names).to.include('emailKey_1 true');
  });

  it('that can no longer be built keeps the start from happening, and the rows are left alone', async () => {
    const { migrateUri } = await testApp();
    const [one, other] = [await createPerson(), await createPerson()];
    const client = await new MongoClient(migrateUri).connect();
    await client.db().collection('accounts').dropIndex('emailKey_1');
    await client
      .db()
      .collection('accounts')
      .updateOne({ emailKey: other.email }, { $set: { emailKey: one.email } });
    const web = startCommand(['scripts/start-web.ts'], {
      ...(await environment()),
      MIGRATE_MONGODB_URI: migrateUri,
    });
    expect(await web.ended).to.equal(1);
    expect(web.stderr())
      .to.include('The index accounts (emailKey) is missing and cannot be built')
      .and.include('npm run verify')
      .and.not.include(one.email);
    expect(await client.db().collection('accounts').countDocuments({ emailKey: one.email })).to.equal(2);
    await client.close();
  });

  it('is named by a process that may not build it', async () => {
    const web = startCommand(['scripts/start-web.ts'], await environment());
    expect(await web.ended).to.equal(1);
    expect(web.stderr()).to.include('The index accounts (emailKey) is missing and cannot be built');
  });
});
