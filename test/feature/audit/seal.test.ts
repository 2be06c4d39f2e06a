import { expect } from 'chai';
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient, ObjectId } from 'mongodb';
import type { Db } from 'mongodb';
import { runSweep } from '../../../jobs/sweep.ts';
import { sealAudit } from '../../../jobs/audit/seal.sweep.ts';
import { acrossTenants } from '../../../server/core/context.ts';
import { recordAudit } from '../../../server/db/audit.ts';
import type { AuditAction } from '../../../server/db/audit-verbs.ts';
import { APPEND_ONLY } from '../../../server/db/append-only.ts';
import { inTransaction } from '../../../server/db/transaction.ts';
import { createAnchorFile } from '../../../server/features/audit/index.ts';
import { runChecks } from '../../../server/verify/index.ts';
import { asOperator, createMember, createTenant, inTenant } from '../../factories/people.ts';
import { atOffset, freshTestApp, stopTestApp, testApp } from '../../support/app.ts';
import { testDatabase } from '../../support/mongod.ts';

const write = (tenantId: string, action: AuditAction = 'shifts/publish'): Promise<void> =>
  inTenant(tenantId, () =>
    inTransaction(() =>
      recordAudit({ action, subjectType: 'Shift', subjectId: new ObjectId().toHexString() }),
    ),
  );

/** What `verify` says of the trail, as a whole database has it. */
async function faults(isAlone = false): Promise<readonly string[]> {
  const { composed } = await testApp();
  const { auditInvariants } = await import('../../../server/features/audit/index.ts');
  const checks = isAlone
    ? auditInvariants({ anchors: createAnchorFile(anchorFolder), isRunning: () => false })
    : composed.invariants.filter(({ name }) => name.startsWith('audit/'));
  const { checks: results } = await asOperator(() => acrossTenants('test', () => runChecks(checks)));
  return results.flatMap(({ samples }) => samples);
}
let folder = '';
const anchorFolder = (): string => folder;

describe('seals over the audit trail', function () {
  this.timeout(120_000);
  let client: MongoClient;
  let db: Db;
  let tenantId: string;

  before(async () => {
    await freshTestApp();
    const { mongodbUri, dataDir } = await testApp();
    const name = new URL(mongodbUri).pathname.slice(1);
    folder = join(dataDir, 'anchors', name);
    const operator = new URL((await testDatabase()).uri);
    operator.pathname = `/${name}`;
    client = await new MongoClient(operator.href).connect();
    db = client.db();
  });
  after(async () => {
    await client.close();
    await stopTestApp();
  });
  beforeEach(async () => {
    tenantId = (await createTenant()).id;
  });

  const seal = async (): Promise<void> => (await testApp()).sweep('audit/seal');
  const entriesOf = (id: string) =>
    db
      .collection('auditentries')
      .find({ tenantId: new ObjectId(id) })
      .toArray();
  const sealsOf = (id: string) =>
    db
      .collection('auditseals')
      .find({ tenantId: new ObjectId(id) })
      .sort({ batch: 1 })
      .toArray();

  it('give every entry a number in its tenant, once, however late it was committed', async () => {
    let commitLate: () => void = () => undefined;
    const late = new Promise<void>((resolve) => (commitLate = resolve));
    const slow = inTenant(tenantId, () =>
      inTransaction(async () => {
        await recordAudit({ action: 'shifts/start', subjectType: 'Shift', subjectId: 'slow' });
        await late;
      }),
    );
    await write(tenantId);
    await write(tenantId);
    await seal();
    commitLate();
    await slow;
    await seal();
    await seal();
    const seals = await sealsOf(tenantId);
    expect(seals).to.have.length(2);
    const ids = seals.flatMap((row) => (row['entries'] as { id: ObjectId }[]).map(({ id }) => String(id)));
    expect(new Set(ids).size).to.equal(ids.length);
    expect([...ids].sort()).to.deep.equal((await entriesOf(tenantId)).map(({ _id }) => String(_id)).sort());
    expect(seals[1]).to.deep.include({ batch: 2, first: ids.length, previousHash: seals[0]?.['hash'] });
    expect(await faults()).to.deep.equal([]);
  });

  it('are set once by many workers at once', async () => {
    const { composed } = await testApp();
    await Promise.all(Array.from({ length: 30 }, () => write(tenantId)));
    const sweep = sealAudit(composed.services.seals);
    await Promise.all([
      ...Array.from({ length: 6 }, () => runSweep(sweep)),
      // Beside the lease, as a worker whose lease ran out would.
      ...Array.from({ length: 4 }, () =>
        inTenant(tenantId, () => composed.services.seals.seal()).catch(() => 0),
      ),
    ]);
    await seal();
    const ids = (await sealsOf(tenantId)).flatMap((row) => row['entries'] as object[]);
    expect(ids).to.have.length(31);
    expect(await faults()).to.deep.equal([]);
  });

  it('name what was changed, deleted or inserted by hand', async () => {
    for (let at = 0; at < 5; at += 1) await write(tenantId);
    await seal();
    const entries = db.collection('auditentries');
    const [changed, deleted] = await entriesOf(tenantId);
    if (!changed || !deleted) throw new Error('No entries');

    await entries.updateOne({ _id: changed._id }, { $set: { reason: 'nothing to see' } });
    expect(await faults()).to.deep.equal([`audit entry ${String(changed._id)} was changed by hand`]);
    await entries.updateOne({ _id: changed._id }, { $set: { reason: changed['reason'] } });
    expect(await faults()).to.deep.equal([]);

    await entries.deleteOne({ _id: deleted._id });
    expect(await faults()).to.deep.equal([`audit entry ${String(deleted._id)} was deleted by hand`]);
    await entries.insertOne(deleted);

    const inserted = { ...changed, _id: new ObjectId() };
    await entries.insertOne(inserted);
    await seal();
    expect(await faults()).to.deep.equal([`audit entry ${String(inserted._id)} was inserted by hand`]);
    // Nor does it help to hand it in for sealing: the mark needs a key that is not in the database.
    await db
      .collection('unsealedaudits')
      .insertOne({ _id: inserted._id, tenantId: changed['tenantId'], at: new Date(), mac: null } as never);
    await seal();
    expect(await faults()).to.deep.equal([
      `audit entry ${String(inserted._id)} was changed by hand before it was sealed`,
    ]);
    await entries.deleteOne({ _id: inserted._id });
    expect(await faults()).to.deep.equal([`audit entry ${String(inserted._id)} was deleted by hand`]);
  });

  it('name an entry that was changed in the seconds before its seal', async () => {
    const clean = await faults();
    await write(tenantId, 'shifts/end');
    const row = await db.collection('auditentries').findOne({ action: 'shifts/end' });
    await db
      .collection('auditentries')
      .updateOne({ _id: row?._id as never }, { $set: { actor: 'account:0' } });
    await seal();
    expect((await faults()).filter((fault) => !clean.includes(fault))).to.deep.equal([
      `audit entry ${String(row?._id)} was changed by hand before it was sealed`,
    ]);
  });

  it('are compared with what was noted outside the database', async () => {
    const clean = await faults();
    await write(tenantId);
    await seal();
    await write(tenantId);
    await seal();
    const noted = readdirSync(folder)
      .map((file) => readFileSync(join(folder, file), 'utf8'))
      .join('');
    const last = (await sealsOf(tenantId)).at(-1);
    expect(noted).to.include(String(last?.['hash']));
    // The newest seal and its entries, taken out without a trace in the database.
    const ids = (last?.['entries'] as { id: ObjectId }[]).map(({ id }) => id);
    const kept = await db
      .collection('auditentries')
      .find({ _id: { $in: ids } })
      .toArray();
    await db.collection('auditentries').deleteMany({ _id: { $in: ids } });
    await db.collection('auditseals').deleteOne({ _id: last?._id as never });
    const found = (await faults()).filter((fault) => !clean.includes(fault));
    expect(found).to.deep.equal([
      `tenant ${tenantId}: seal 2 is not the one that was noted outside the database`,
    ]);
    await db.collection('auditentries').insertMany(kept);
    await db.collection('auditseals').insertOne(last as never);
    // A line that a power cut left half does not spoil the next.
    const [file = ''] = readdirSync(folder);
    appendFileSync(join(folder, file), '{"tenantId":"5f');
    await write(tenantId);
    await seal();
    expect((await createAnchorFile(anchorFolder).read()).at(-1)).to.deep.include({ tenantId, batch: 3 });
    expect((await faults()).filter((fault) => !clean.includes(fault))).to.deep.equal([]);
  });

  it('must not be over a minute late while Linli runs; while it is stopped nothing can be sealed', async () => {
    const clean = await faults();
    await write(tenantId, 'shifts/lock');
    const row = await db.collection('auditentries').findOne({ action: 'shifts/lock' });
    const isNew = (fault: string): boolean => !clean.includes(fault);
    expect((await faults()).filter(isNew)).to.deep.equal([]);
    await atOffset(61_000, async () => {
      const fault = `audit entry ${String(row?._id)} stayed unsealed for over a minute`;
      expect((await faults()).filter(isNew)).to.include(fault);
      expect((await faults(true)).filter(isNew)).to.deep.equal([]);
      await write(tenantId);
      expect((await faults(true)).filter(isNew)).to.include(fault);
    });
    await seal();
    expect((await faults()).filter(isNew)).to.deep.equal([]);
  });

  it('are shown to the auditor: up to when, and what still waits', async () => {
    const tenant = await createTenant();
    const auditor = await createMember(tenant, { roles: ['auditor'] });
    await write(tenant.id);
    await seal();
    await write(tenant.id);
    const api = await auditor.api();
    const { seal: state } = (await api.get('/audit')).json<{ seal: Record<string, unknown> }>();
    expect(state).to.deep.include({ sequence: 2, waiting: 1 });
    expect(state['sealedAt']).to.be.a('string');
    const page = await auditor.page();
    expect((await page.get('/audit?lang=zh-CN')).text).to.include('已封存至第 2 条');
    expect((await page.get('/audit?lang=en')).text).to.include('Sealed up to entry 2');
  });

  it('can be added by the application and neither changed nor removed', async () => {
    const { freshDatabase } = await import('../../support/mongod.ts');
    const { migrate } = await import('../../../server/db/migrate.ts');
    const database = await freshDatabase();
    await migrate(database.migrateUri);
    const app = await new MongoClient(await database.appUri({ appendOnly: APPEND_ONLY })).connect();
    const codeOf = (work: Promise<unknown>): Promise<unknown> =>
      work.then(
        () => 'allowed',
        (err: unknown) => (err as { codeName?: string }).codeName,
      );
    for (const name of APPEND_ONLY) {
      const rows = app.db().collection<{ x: number }>(name);
      expect(await codeOf(rows.updateOne({}, { $set: { x: 1 } })), name).to.equal('Unauthorized');
      expect(await codeOf(rows.deleteOne({})), name).to.equal('Unauthorized');
      expect(await codeOf(rows.findOneAndUpdate({}, { $set: { x: 1 } })), name).to.equal('Unauthorized');
    }
    await app.close();
    await database.drop();
  });
});
