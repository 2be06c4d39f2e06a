import mongoose, { Types } from 'mongoose';
import type { AnyBulkWriteOperation, ClientSession, Model, PipelineStage } from 'mongoose';
import { requireTenantId } from '../core/context.ts';
import { database } from './connect.ts';
import { boundCommand, OPERATION_MS } from './patience.ts';
import { FIRST_BATCH, readWhole, rowsOf } from './whole-reads.ts';
import type { Batch } from './whole-reads.ts';
import { allModels } from './registry.ts';
import { canonicalId } from './tenancy-guard.ts';
import { currentSession } from './transaction.ts';

/**
 * The only reviewed ways to operations that a query hook cannot confine by itself. Everything here adds the context's
 * tenant; the collection guard checks it once more.
 */

/**
 * An aggregation whose first stage (and each `$lookup` and `$unionWith` pipeline, however deep) is confined to the tenant. Past
 * Mongoose, which would only hand it on: values are matched as they are. Joins the current transaction.
 */
export async function tenantAggregate<T>(
  model: Model<never>,
  pipeline: readonly PipelineStage[],
  options: { batchSize?: number } = {},
): Promise<T[]> {
  const tenantId = canonicalId(requireTenantId());
  const confined = confineStart(
    pipeline.map((stage) => confineLookup(stage, tenantId)),
    tenantId,
  );
  const session = currentSession();
  const whole = { pipeline: confined, cursor: { batchSize: options.batchSize ?? FIRST_BATCH } };
  const all = session
    ? rowsOf<T>(await inCommand(model, session, { verb: 'aggregate', reads: true, ...whole }))
    : await readWhole<T>(model.collection.name, 'aggregate', whole);
  if (all) return all;
  const cursor = driverOf(model).aggregate(confined, { ...inSession(), ...options });
  return (await cursor.toArray()) as T[];
}

/** What is to be counted: rows of a model that match, and pass these stages, no further than to which number. */
export interface Counting {
  readonly model: unknown;
  readonly match: object;
  readonly stages?: readonly PipelineStage[];
  readonly most: number;
}

/** How many there are of each, in their order; all of the context's tenant, in one read. */
export async function countEach(countings: readonly Counting[]): Promise<number[]> {
  const [first, ...others] = countings.map(({ model, match, stages = [], most }, at) => ({
    model: model as Model<never>,
    pipeline: [
      { $match: match },
      ...stages,
      { $limit: most },
      { $group: { _id: { $literal: at }, count: { $sum: 1 } } },
    ] as PipelineStage[],
  }));
  if (!first) return [];
  const rows = await tenantAggregate<{ _id: number; count: number }>(first.model, [
    ...first.pipeline,
    ...others.map(
      ({ model, pipeline }) => ({ $unionWith: { coll: model.collection.name, pipeline } }) as PipelineStage,
    ),
  ]);
  const counts = new Map(rows.map(({ _id, count }) => [_id, count]));
  return countings.map((_unused, at) => counts.get(at) ?? 0);
}

/** The tenant first; a search around a point has to be the first stage itself. */
function confineStart(pipeline: readonly PipelineStage[], tenantId: unknown): object[] {
  const [first, ...others] = pipeline;
  if (!first || !('$geoNear' in first)) return [{ $match: { tenantId } }, ...pipeline];
  const query = { $and: [{ tenantId }, first.$geoNear.query ?? {}] };
  return [{ $geoNear: { ...first.$geoNear, query } }, ...others];
}

/** Confines what a stage reads of another collection, and what that reads in turn. */
function confineLookup(stage: PipelineStage, tenantId: unknown): PipelineStage {
  const within = (pipeline: readonly unknown[] | undefined): unknown[] => [
    { $match: { tenantId } },
    ...(pipeline ?? []).map((inner) => confineLookup(inner as PipelineStage, tenantId)),
  ];
  if ('$unionWith' in stage) {
    const union = stage.$unionWith as { coll: string; pipeline?: unknown[] };
    return { $unionWith: { ...union, pipeline: within(union.pipeline) } } as PipelineStage;
  }
  if (!('$lookup' in stage)) return stage;
  const lookup = stage.$lookup as { pipeline?: unknown[] };
  return { $lookup: { ...stage.$lookup, pipeline: within(lookup.pipeline) } } as PipelineStage;
}

/** Rows that belong beside a row of a global model: where they are, how they point to it, which of them, which fields. */
export interface Beside {
  readonly from: string;
  readonly foreignField: string;
  readonly as: string;
  readonly match: Record<string, unknown>;
  readonly fields: Record<string, 1>;
}

/** One row of a global model with rows beside it, in one read; those of scoped collections are the context's tenant's. */
export async function withRowsBeside<T>(
  model: Model<never>,
  _id: unknown,
  beside: readonly Beside[],
): Promise<T | null> {
  const tenantId = canonicalId(requireTenantId());
  const lookups = beside.map(({ from, foreignField, as, match, fields }) => ({
    $lookup: {
      from,
      localField: '_id',
      foreignField,
      as,
      pipeline: [{ $match: isScoped(from) ? { $and: [{ tenantId }, match] } : match }, { $project: fields }],
    },
  }));
  const [row] = await model.aggregate<T>([{ $match: { _id } }, ...lookups] as PipelineStage[]).exec();
  return row ?? null;
}

/** @throws Error for a collection of no model: nothing is known of its tenants */
function isScoped(collection: string): boolean {
  const entry = allModels().find(({ model }) => collectionOf(model) === collection);
  if (!entry) throw new Error(`No model keeps ${collection}`);
  return entry.scope === 'tenant';
}
const collectionOf = (model: unknown): string => (model as { collection: { name: string } }).collection.name;

/** A bulk write in which every operation carries the tenant. Inserts and updates only. */
export async function tenantBulkWrite<Row>(
  model: Model<Row>,
  operations: readonly AnyBulkWriteOperation[],
  options: { ordered?: boolean } = {},
): Promise<{ inserted: number; modified: number; upserted: number }> {
  const tenantId = canonicalId(requireTenantId());
  const confined = operations.map((operation) =>
    confineOperation(operation as Record<string, Record<string, unknown>>, tenantId),
  );
  const result = await model.bulkWrite(confined as never, { ordered: options.ordered ?? true });
  return { inserted: result.insertedCount, modified: result.modifiedCount, upserted: result.upsertedCount };
}

function confineOperation(operation: Record<string, Record<string, unknown>>, tenantId: unknown): unknown {
  const [kind, body] = Object.entries(operation)[0] ?? [];
  if (!kind || !body) throw new Error('Empty bulk operation');
  if (kind === 'insertOne') return { insertOne: { document: { ...(body['document'] as object), tenantId } } };
  return {
    [kind]: { ...body, filter: confineFilter((body['filter'] as object | undefined) ?? {}, tenantId) },
  };
}

/** Flat, which the planner of the database likes better than `$and`; a tenant that the filter names itself narrows. */
const confineFilter = (filter: object, tenantId: unknown): object =>
  'tenantId' in filter ? { $and: [{ tenantId }, filter] } : { ...filter, tenantId };

type Rows = readonly object[];
/** The driver's collection behind a model; the collection guard stands before it and looks at every call. */
interface Driver {
  find(filter: object, options: object): { toArray(): Promise<unknown[]> };
  aggregate(pipeline: Rows, options: object): { toArray(): Promise<unknown[]> };
  insertMany(rows: Rows, options: object): Promise<{ insertedCount: number }>;
}
const driverOf = (model: Model<never>): Driver => model.collection as unknown as Driver;
const inSession = (): object => {
  const session = currentSession();
  return session ? { session } : {};
};

/**
 * One command of the current transaction on the model's collection, past the driver's cursors and bulk operations, which cost
 * a short transaction more than its command does. Bounded like every other operation.
 */
async function inCommand(
  model: Model<never>,
  session: ClientSession,
  { verb, reads = false, ...body }: { verb: string; reads?: boolean } & Record<string, unknown>,
): Promise<Answer> {
  const { name } = model.collection;
  const answer = (await boundCommand(`${name} ${reads ? 'read' : 'written'}`, (bound) =>
    database().command(
      // The server gives up too: its work would be for nobody.
      { [verb]: name, ...body, ...(reads && bound.signal ? { maxTimeMS: OPERATION_MS } : {}) },
      { session, ...bound },
    ),
  )) as Answer;
  const [fault] = answer.writeErrors ?? [];
  if (fault) throw new mongoose.mongo.MongoServerError({ ...fault, message: fault.errmsg });
  return answer;
}

interface Answer {
  readonly n?: number;
  readonly cursor?: Batch;
  readonly writeErrors?: readonly { readonly code: number; readonly errmsg: string }[];
}

/**
 * Plain rows of the tenant, past Mongoose: for the few paths where casting a filter of our own ids and texts costs more than the
 * answer. Joins the current transaction.
 * @param batchSize more rows than are expected: as many, and the server keeps a cursor open for those that may follow, and all
 * is read a second time
 */
export const tenantFind = <Row>(
  model: Model<Row>,
  filter: object,
  projection: Record<string, 0 | 1> = {},
  batchSize = FIRST_BATCH,
): Promise<Row[]> =>
  plainRows(model, confineFilter(filter, canonicalId(requireTenantId())), projection, batchSize);

/** A piece of a list: which rows, all fields but which, in what order, how many at most. */
export interface Piece<Left extends PropertyKey> {
  readonly filter: object;
  readonly without: Readonly<Record<Left, 0>>;
  readonly sort: Record<string, 1 | -1>;
  readonly limit: number;
}

/** Plain rows of the tenant for one page of a list, past Mongoose as `tenantFind`: what everybody opens all day long. */
export const tenantPiece = <Row, Left extends keyof Row>(
  model: Model<Row>,
  { filter, without, sort, limit }: Piece<Left>,
): Promise<Omit<Row, Left>[]> =>
  plainRows(model, confineFilter(filter, canonicalId(requireTenantId())), without, limit + 1, {
    sort,
    limit,
  });

/** As `tenantFind` of a global model, whose rows are of no tenant. */
export async function globalFind<Row>(
  model: Model<Row>,
  filter: object,
  projection: Record<string, 0 | 1> = {},
  batchSize = FIRST_BATCH,
): Promise<Row[]> {
  if (isScoped(model.collection.name)) throw new Error(`${model.collection.name} is of tenants`);
  return plainRows(model, filter, projection, batchSize);
}

async function plainRows<Row>(
  model: Model<Row>,
  filter: object,
  projection: Record<string, 0 | 1>,
  batchSize: number,
  piece: Partial<Pick<Piece<never>, 'sort' | 'limit'>> = {},
): Promise<Row[]> {
  const session = currentSession();
  const whole = { filter, projection, batchSize, ...piece };
  const all = session
    ? rowsOf<Row>(await inCommand(model as never, session, { verb: 'find', reads: true, ...whole }))
    : await readWhole<Row>(model.collection.name, 'find', whole);
  if (all) return all;
  const found = driverOf(model as never).find(filter, {
    ...inSession(),
    projection,
    batchSize,
    ...piece,
  });
  return (await found.toArray()) as Row[];
}

/**
 * Inserts finished rows past Mongoose: nothing is cast, defaulted or checked, so they must be made of the schema's own types and
 * whole. The tenant and a missing id are added. Joins the current transaction.
 */
export async function tenantInsert<Row>(model: Model<Row>, rows: readonly object[]): Promise<void> {
  if (rows.length === 0) return;
  const tenantId = canonicalId(requireTenantId());
  const documents = rows.map((row) => ({ _id: new Types.ObjectId(), ...row, tenantId }));
  const session = currentSession();
  if (session) await inCommand(model as never, session, { verb: 'insert', documents, ordered: true });
  else await driverOf(model as never).insertMany(documents, { ordered: true });
}
