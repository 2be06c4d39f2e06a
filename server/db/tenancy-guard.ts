import { Types } from 'mongoose';

/** Pure checks behind `guardCollection`: does this filter, document or pipeline stay inside one tenant? */

export const canonicalId = (id: string): Types.ObjectId => new Types.ObjectId(id);

class Unconfined extends Error {
  override name = 'TenancyError';
}

type Bag = Record<string, unknown>;
const isBag = (value: unknown): value is Bag =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isTenant(value: unknown, tenantId: string): boolean {
  if (value instanceof Types.ObjectId || typeof value === 'string') return String(value) === tenantId;
  if (isBag(value) && Object.keys(value).length === 1 && '$eq' in value)
    return isTenant(value['$eq'], tenantId);
  return false;
}

/** True when the filter or document names exactly this tenant at its top, or in one branch of a top-level `$and`. */
export function confines(filter: unknown, tenantId: string): boolean {
  if (!isBag(filter)) return false;
  if (isTenant(filter['tenantId'], tenantId)) return true;
  const branches = filter['$and'];
  return Array.isArray(branches) && branches.some((branch) => confines(branch, tenantId));
}

/** @throws when an update could set, unset or rename the tenant, or is a pipeline (whose effect cannot be read off). */
export function refuseTenantChange(update: unknown, tenantId: string): void {
  if (Array.isArray(update)) throw new Unconfined('Update pipelines are refused on scoped models');
  if (!isBag(update)) return;
  for (const [operator, changes] of Object.entries(update)) {
    if (!operator.startsWith('$')) throw new Unconfined('Replacement updates are refused on scoped models');
    if (!isBag(changes)) continue;
    for (const [path, value] of Object.entries(changes)) {
      const touches = path === 'tenantId' || (operator === '$rename' && value === 'tenantId');
      if (!touches) continue;
      if ((operator === '$setOnInsert' || operator === '$set') && isTenant(value, tenantId)) continue;
      throw new Unconfined('An update cannot change the tenant');
    }
  }
}

const LOOKUPS = ['$lookup', '$unionWith', '$graphLookup'];
const WRITES = ['$out', '$merge'];

/** @throws unless the pipeline starts inside the tenant and every stage that reads another collection stays there. */
export function refuseUnconfinedPipeline(pipeline: unknown, tenantId: string, name: string): void {
  if (!Array.isArray(pipeline)) throw new Unconfined(`${name}.aggregate needs a pipeline`);
  const first: unknown = pipeline[0];
  const match = isBag(first)
    ? (first['$match'] ?? (isBag(first['$geoNear']) ? first['$geoNear']['query'] : null))
    : null;
  if (!confines(match, tenantId)) throw new Unconfined(`${name}.aggregate is not confined to the tenant`);
  for (const stage of pipeline as unknown[]) refuseUnconfinedStage(stage, tenantId, name);
}

function refuseUnconfinedStage(stage: unknown, tenantId: string, name: string): void {
  if (!isBag(stage)) return;
  for (const [operator, body] of Object.entries(stage)) {
    if (WRITES.includes(operator))
      throw new Unconfined(`${name}.aggregate ${operator} goes through tenantMerge`);
    if (LOOKUPS.includes(operator)) {
      const inner =
        isBag(body) && Array.isArray(body['pipeline']) ? (body['pipeline'][0] as Bag | undefined) : undefined;
      if (!confines(inner?.['$match'], tenantId))
        throw new Unconfined(`${name}.aggregate ${operator} leaves the tenant`);
      // What is looked up may look further.
      for (const further of (body as { pipeline: unknown[] }).pipeline)
        refuseUnconfinedStage(further, tenantId, name);
    }
    if (operator === '$facet' && isBag(body)) {
      for (const inner of Object.values(body)) {
        for (const innerStage of inner as unknown[]) refuseUnconfinedStage(innerStage, tenantId, name);
      }
    }
  }
}
