import { Schema } from 'mongoose';
import type { Aggregate, Document, Model, Query } from 'mongoose';
import { currentContext } from '../core/context.ts';
import type { Context } from '../core/context.ts';
import { canonicalId, confines, refuseUnconfinedPipeline, refuseTenantChange } from './tenancy-guard.ts';

/**
 * Tenancy fails closed (S-6), twice over. The plugin below adds the tenant to everything Mongoose offers a hook for;
 * `guardCollection` then checks every call that reaches the collection, whichever way it took (hooks switched off,
 * bulk writes, `Model.collection`), and refuses what is not confined to the context's tenant. MongoDB has no row-level
 * security, so this second wall stands where one would.
 */

/** Spread into each scoped schema: inferred types see the field, which a plugin alone could not give them. */
export const tenantFields = {
  tenantId: { type: Schema.Types.ObjectId, required: true, immutable: true },
} as const;

/** Thrown for programming mistakes; never shown to users as anything but a 500. */
export class TenancyError extends Error {
  override name = 'TenancyError';
}

function scope(): Context {
  const context = currentContext();
  if (!context) throw new TenancyError('A scoped model was used outside any context');
  if (!context.tenantId && !context.crossTenant)
    throw new TenancyError('A scoped model was used without a tenant');
  return context;
}

const QUERY_OPERATIONS = [
  'countDocuments',
  'deleteMany',
  'deleteOne',
  'distinct',
  'find',
  'findOne',
  'findOneAndDelete',
  'findOneAndUpdate',
  'updateMany',
  'updateOne',
] as const;

const REFUSED_OPERATIONS = ['estimatedDocumentCount', 'replaceOne', 'findOneAndReplace'] as const;

/** Adds the tenant to every query and new document of the schema. Pair with `tenantFields` and `guardCollection`. */
export function tenantScoped(schema: Schema): void {
  schema.pre([...QUERY_OPERATIONS], function (this: Query<unknown, unknown>) {
    const { tenantId } = scope();
    // `$and`, so that a tenantId in the caller's own filter narrows and never overrides.
    // An id, not its text: cursors cast their filter before the hooks run.
    if (tenantId) void this.and([{ tenantId: canonicalId(tenantId) }]);
  });
  schema.pre([...REFUSED_OPERATIONS] as unknown as 'replaceOne', function () {
    throw new TenancyError(
      'This operation cannot be confined to a tenant; use the builders of db/builders.ts',
    );
  });
  schema.pre('aggregate', function (this: Aggregate<unknown>) {
    const { tenantId } = scope();
    if (!tenantId) return;
    const first = this.pipeline()[0] as { $geoNear?: { query?: object } } | undefined;
    if (first?.$geoNear) {
      first.$geoNear.query = { $and: [{ tenantId: canonicalId(tenantId) }, first.$geoNear.query ?? {}] };
    } else {
      this.pipeline().unshift({ $match: { tenantId: canonicalId(tenantId) } });
    }
  });
  schema.pre('validate', function (this: Document) {
    if (this.isNew) stamp(this);
  });
  schema.pre('save', function (this: Document) {
    if (this.isNew) stamp(this);
    else confineSave(this);
  });
  schema.pre('deleteOne', { document: true, query: false }, function (this: Document) {
    confineSave(this);
  });
  schema.pre('insertMany', function (this: unknown, documents: unknown) {
    const { tenantId } = scope();
    if (!tenantId) return;
    for (const document of Array.isArray(documents) ? documents : [documents]) {
      (document as { tenantId?: unknown }).tenantId = canonicalId(tenantId);
    }
  });
}

function stamp(document: Document): void {
  const { tenantId } = scope();
  // A tenant the caller wrote is overwritten, not compared: input never chooses a tenant (S-5).
  if (tenantId) document.set('tenantId', tenantId);
}

/** `save()` and `deleteOne()` of a loaded document filter by `_id` alone unless told otherwise. */
function confineSave(document: Document): void {
  const { tenantId } = scope();
  if (!tenantId) return;
  const own = String(document.get('tenantId'));
  if (own !== tenantId) throw new TenancyError('A document of another tenant cannot be saved here');
  const target = document as Document & { $where?: Record<string, unknown> };
  target.$where = { ...target.$where, tenantId: canonicalId(tenantId) };
}

type Call = (...args: unknown[]) => unknown;

const FILTER_FIRST = [
  'find',
  'findOne',
  'countDocuments',
  'updateOne',
  'updateMany',
  'deleteOne',
  'deleteMany',
  'findOneAndUpdate',
  'findOneAndDelete',
] as const;
const FORBIDDEN = [
  'estimatedDocumentCount',
  'count',
  'drop',
  'rename',
  'watch',
  'initializeOrderedBulkOp',
  'initializeUnorderedBulkOp',
  'insert',
  'update',
  'remove',
  'mapReduce',
] as const;

/** Wraps the collection of a scoped model so that no call leaves the context's tenant. */
export function guardCollection(model: Model<never>): void {
  const collection = model.collection as unknown as Record<string, Call>;
  const wrap = (name: string, check: (tenantId: string, args: unknown[]) => void): void => {
    const original = collection[name];
    if (typeof original !== 'function') return;
    collection[name] = function (this: unknown, ...args: unknown[]): unknown {
      const { tenantId } = scope();
      if (tenantId) check(tenantId, args);
      return original.apply(this, args);
    };
  };
  const name = model.modelName;
  const confined = (tenantId: string, filter: unknown, operation: string): void => {
    if (!confines(filter, tenantId))
      throw new TenancyError(`${name}.${operation} is not confined to the tenant`);
  };
  for (const operation of FILTER_FIRST) {
    wrap(operation, (tenantId, args) => {
      confined(tenantId, args[0], operation);
      if (operation.startsWith('update') || operation === 'findOneAndUpdate')
        refuseTenantChange(args[1], tenantId);
    });
  }
  wrap('distinct', (tenantId, args) => confined(tenantId, args[1], 'distinct'));
  wrap('insertOne', (tenantId, args) => confined(tenantId, args[0], 'insertOne'));
  wrap('insertMany', (tenantId, args) => {
    for (const document of args[0] as unknown[]) confined(tenantId, document, 'insertMany');
  });
  wrap('replaceOne', refuse(`${name}.replaceOne`));
  wrap('findOneAndReplace', refuse(`${name}.findOneAndReplace`));
  wrap('aggregate', (tenantId, args) => refuseUnconfinedPipeline(args[0], tenantId, name));
  wrap('bulkWrite', (tenantId, args) => {
    for (const operation of args[0] as Record<string, Record<string, unknown>>[])
      checkBulk(tenantId, operation, name);
  });
  for (const operation of FORBIDDEN) wrap(operation, refuse(`${name}.${operation}`));
}

function refuse(what: string): () => never {
  return () => {
    throw new TenancyError(`${what} cannot be confined to a tenant`);
  };
}

function checkBulk(tenantId: string, operation: Record<string, Record<string, unknown>>, name: string): void {
  for (const [kind, body] of Object.entries(operation)) {
    if (kind === 'replaceOne') throw new TenancyError(`${name}.bulkWrite replaceOne is refused`);
    const target = kind === 'insertOne' ? body['document'] : body['filter'];
    if (!confines(target, tenantId))
      throw new TenancyError(`${name}.bulkWrite ${kind} is not confined to the tenant`);
    if (body['update'] !== undefined) refuseTenantChange(body['update'], tenantId);
  }
}
