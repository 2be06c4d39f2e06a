import { expect } from 'chai';
import { Types } from 'mongoose';
import { acrossTenants } from '../../../server/core/context.ts';
import { inTransaction } from '../../../server/db/transaction.ts';
import { tenantAggregate, tenantBulkWrite, tenantFind, tenantInsert } from '../../../server/db/builders.ts';
import { asRequest } from '../../../server/db/patience.ts';
import { FIRST_BATCH } from '../../../server/db/whole-reads.ts';
import { UnitModel } from '../../../server/features/units/unit.model.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { asOperator, createTenant, createUnit, inTenant } from '../../factories/people.ts';
import { testApp } from '../../support/app.ts';

/** Attacked operation by operation on the real server, inside transactions too (S-6). */
describe('the wall between tenants', () => {
  let own: Tenant;
  let other: Tenant;
  let theirs: string;

  before(async () => {
    await testApp();
    own = await createTenant();
    other = await createTenant();
    await createUnit(own);
    theirs = await createUnit(other, { name: 'canary' });
  });

  const inRequest = <T>(work: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) =>
      asRequest(
        () => undefined,
        () => void work().then(resolve, reject),
      ),
    );
  const untouched = async (): Promise<void> => {
    const rows = await inTenant(other.id, async () => UnitModel.find({ _id: theirs }).lean());
    expect(rows).to.have.length(1);
    expect(rows[0]?.name.en).to.equal('canary');
    expect(String(rows[0]?.tenantId)).to.equal(other.id);
  };
  afterEach(untouched);

  const unit = (tenantId: string): Record<string, unknown> => ({
    tenantId: new Types.ObjectId(tenantId),
    path: [new Types.ObjectId()],
    kind: 'team',
    name: { 'zh-CN': 'x', en: 'x' },
  });

  /** Whatever an operation answers, nothing of the other tenant may be in it. */
  const reads: Record<string, () => PromiseLike<unknown>> = {
    find: () => UnitModel.find({}).lean(),
    'find with their tenantId': () => UnitModel.find({ tenantId: other.id }).lean(),
    'find with $or': () => UnitModel.find({ $or: [{ tenantId: other.id }, {}] } as never).lean(),
    findOne: () => UnitModel.findOne({ 'name.en': 'canary' }).lean(),
    findById: () => UnitModel.findById(theirs).lean(),
    exists: () => UnitModel.exists({ _id: theirs }),
    distinct: () => UnitModel.distinct('name.en'),
    cursor: async () => {
      const rows: unknown[] = [];
      for await (const row of UnitModel.find({}).lean().cursor()) rows.push(row);
      return rows;
    },
    aggregate: () => UnitModel.aggregate([{ $match: {} }]),
    'aggregate with $facet': () => UnitModel.aggregate([{ $facet: { all: [{ $match: {} }] } }]),
    tenantAggregate: () => tenantAggregate(UnitModel as never, [{ $match: {} }]),
    tenantFind: () => tenantFind(UnitModel as never, {}),
    'tenantAggregate with $lookup': () =>
      tenantAggregate(UnitModel as never, [
        { $lookup: { from: 'units', pipeline: [{ $match: {} }], as: 'others' } },
      ]),
    populate: () => UnitModel.find({}).limit(1).lean(),
  };
  for (const [name, read] of Object.entries(reads)) {
    const ways = {
      'outside a transaction': () => read(),
      'inside a transaction': () => inTransaction(async () => read()),
      'in a request': () => inRequest(async () => read()),
    };
    for (const [way, go] of Object.entries(ways)) {
      it(`hides everything from ${name}, ${way}`, async () => {
        const found = await inTenant(own.id, async () => go());
        expect(JSON.stringify(found ?? null)).to.not.include('canary');
        expect(JSON.stringify(found ?? null)).to.not.include(theirs);
      });
    }
  }

  it('gives a request all rows, also more than one answer holds', async () => {
    const large = await createTenant();
    const many = FIRST_BATCH + 7;
    await inTenant(large.id, async () => {
      const root = await UnitModel.findOne({}).lean();
      await tenantInsert(
        UnitModel as never,
        Array.from({ length: many - 1 }, () => ({ ...root, _id: new Types.ObjectId() })),
      );
      const read = [
        () => tenantFind(UnitModel as never, {}, { _id: 1 }),
        () => tenantAggregate(UnitModel as never, [{ $project: { _id: 1 } }]),
      ];
      for (const one of read) expect(await inRequest(one)).to.have.length(many);
      await UnitModel.deleteMany({ _id: { $ne: root?._id } } as never);
    });
  });

  const writes: Record<string, () => PromiseLike<unknown>> = {
    updateOne: () => UnitModel.updateOne({ _id: theirs }, { $set: { kind: 'grid' } }),
    updateMany: () => UnitModel.updateMany({ 'name.en': 'canary' }, { $set: { kind: 'grid' } }),
    findOneAndUpdate: () => UnitModel.findOneAndUpdate({ _id: theirs }, { $set: { kind: 'grid' } }),
    findByIdAndUpdate: () => UnitModel.findByIdAndUpdate(theirs, { $set: { kind: 'grid' } }),
    deleteOne: () => UnitModel.deleteOne({ _id: theirs }),
    deleteMany: () => UnitModel.deleteMany({ 'name.en': 'canary' }),
    findOneAndDelete: () => UnitModel.findOneAndDelete({ _id: theirs }),
    tenantBulkWrite: () =>
      tenantBulkWrite(UnitModel, [{ updateMany: { filter: {}, update: { $set: { version: 9 } } } }]),
  };
  for (const [name, write] of Object.entries(writes)) {
    it(`touches nothing of theirs with ${name}`, async () => {
      await inTenant(own.id, async () => write());
    });
  }

  const refused: Record<string, () => PromiseLike<unknown>> = {
    replaceOne: () => UnitModel.replaceOne({ _id: theirs }, unit(own.id) as never),
    findOneAndReplace: () => UnitModel.findOneAndReplace({ _id: theirs }, unit(own.id) as never),
    estimatedDocumentCount: () => UnitModel.estimatedDocumentCount(),
    bulkWrite: () => UnitModel.bulkWrite([{ deleteMany: { filter: {} } }]),
    'bulkWrite with their tenant': () =>
      UnitModel.bulkWrite([
        {
          updateMany: {
            filter: { tenantId: new Types.ObjectId(other.id) },
            update: { $set: { version: 3 } },
          },
        },
      ] as never),
    'a query without hooks': () => UnitModel.find({}, null, { middleware: false } as never).lean(),
    'an update without hooks': () =>
      UnitModel.updateMany({}, { $set: { version: 7 } }, { middleware: false } as never),
    'the driver’s collection': () => UnitModel.collection.find({}).toArray(),
    'the driver’s deleteMany': () => UnitModel.collection.deleteMany({}),
    'the driver’s insertOne': () => UnitModel.collection.insertOne(unit(other.id)),
    'moving a row to them': () =>
      UnitModel.updateMany({}, { $rename: { notes: 'tenantId' } } as never, { strict: false }),
    'an update pipeline': () =>
      UnitModel.updateMany({}, [{ $set: { tenantId: new Types.ObjectId(other.id) } }], {
        updatePipeline: true,
      } as never),
    $unionWith: () => UnitModel.aggregate([{ $unionWith: 'units' }] as never),
    '$lookup without a tenant': () =>
      UnitModel.aggregate([{ $lookup: { from: 'units', pipeline: [], as: 'all' } }]),
    $merge: () => UnitModel.aggregate([{ $merge: 'units' }] as never),
    $out: () => UnitModel.aggregate([{ $out: 'units2' }]),
  };
  for (const [name, attempt] of Object.entries(refused)) {
    it(`refuses ${name}`, async () => {
      const outcome = await inTenant(own.id, async () => attempt()).then(
        () => 'went through',
        (err: unknown) => (err as Error).name,
      );
      expect(outcome).to.be.oneOf(['TenancyError', 'StrictModeError', 'MongooseError', 'TypeError']);
    });
  }

  it('stamps new rows with the context’s tenant, whatever the caller wrote', async () => {
    await inTenant(own.id, async () => {
      const [created] = await UnitModel.create([unit(other.id) as never]);
      expect(String(created?.tenantId)).to.equal(own.id);
      const [inserted] = await UnitModel.insertMany([unit(other.id) as never]);
      expect(String((inserted as unknown as { tenantId: Types.ObjectId }).tenantId)).to.equal(own.id);
    });
  });

  it('does not save a document that was loaded elsewhere', async () => {
    const loaded = await inTenant(other.id, async () => UnitModel.findById(theirs));
    const outcome = await inTenant(own.id, async () => {
      loaded?.set('kind', 'grid');
      await loaded?.save();
    }).catch((err: unknown) => (err as Error).name);
    expect(outcome).to.equal('TenancyError');
  });

  it('answers nothing without a tenant or a named reason', async () => {
    const outcome = await asOperator(async () => UnitModel.find({}).lean()).catch(
      (err: unknown) => (err as Error).name,
    );
    expect(outcome).to.equal('TenancyError');
    const bare = await Promise.resolve()
      .then(() => UnitModel.find({}).lean())
      .catch((err: unknown) => (err as Error).name);
    expect(bare).to.equal('TenancyError');
  });

  it('opens only for a named reason', async () => {
    const rows = await asOperator(() =>
      acrossTenants('test: look at everything', async () => UnitModel.find({ _id: theirs }).lean()),
    );
    expect(rows).to.have.length(1);
  });
});
