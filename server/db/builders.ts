import type { AnyBulkWriteOperation, Model, PipelineStage } from 'mongoose';
import { requireTenantId } from '../core/context.ts';
import { canonicalId } from './tenancy-guard.ts';

/**
 * The only reviewed ways to operations that a query hook cannot confine by itself. Everything here adds the context's
 * tenant; the collection guard checks it once more.
 */

/** An aggregation whose first stage (and each `$lookup` pipeline) is confined to the tenant. */
export async function tenantAggregate<T>(
  model: Model<never>,
  pipeline: readonly PipelineStage[],
): Promise<T[]> {
  const tenantId = canonicalId(requireTenantId());
  const confined = pipeline.map((stage) => confineLookup(stage, tenantId));
  // The plugin's aggregate hook puts the tenant's $match first.
  return model.aggregate<T>(confined as PipelineStage[]).exec();
}

function confineLookup(stage: PipelineStage, tenantId: unknown): PipelineStage {
  if (!('$lookup' in stage)) return stage;
  const lookup = stage.$lookup as { pipeline?: unknown[] };
  return {
    $lookup: { ...stage.$lookup, pipeline: [{ $match: { tenantId } }, ...(lookup.pipeline ?? [])] },
  } as PipelineStage;
}

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
  return { [kind]: { ...body, filter: { $and: [{ tenantId }, body['filter'] ?? {}] } } };
}
