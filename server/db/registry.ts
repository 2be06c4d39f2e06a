import mongoose from 'mongoose';
import type { Model, Schema } from 'mongoose';
import { guardCollection, tenantScoped } from './tenancy.ts';

/**
 * Every model there is, with its scope. Models are only made here, so none can miss the tenant plugin; the short list
 * of global collections carries its reasons (house rule: everything else belongs to a tenant).
 */
export interface RegisteredModel {
  readonly name: string;
  readonly scope: 'tenant' | 'global';
  readonly reason: string | null;
  readonly model: Model<never>;
}

const registered = new Map<string, RegisteredModel>();

const SCHEMA_OPTIONS = {
  strict: 'throw',
  strictQuery: 'throw',
  autoIndex: false,
  autoCreate: false,
  versionKey: false,
  minimize: false,
  id: true,
} as const;

function define<Row>(
  name: string,
  schema: Schema,
  entry: Omit<RegisteredModel, 'model' | 'name'>,
): Model<Row> {
  if (registered.has(name)) throw new Error(`Model ${name} is defined twice`);
  for (const [option, value] of Object.entries(SCHEMA_OPTIONS))
    schema.set(option as 'strict', value as 'throw');
  if (entry.scope === 'tenant') schema.plugin(tenantScoped);
  const model = mongoose.model(name, schema) as unknown as Model<never>;
  if (entry.scope === 'tenant') guardCollection(model);
  registered.set(name, { name, model, ...entry });
  return model as unknown as Model<Row>;
}

/** What every stored row has; rows of scoped models extend `TenantRow`. */
export interface StoredRow {
  readonly _id: mongoose.Types.ObjectId;
}
export interface TenantRow extends StoredRow {
  readonly tenantId: mongoose.Types.ObjectId;
}

/** A model whose rows belong to one tenant. Its schema spreads `tenantFields`. */
export function tenantModel<Row extends TenantRow>(name: string, schema: Schema): Model<Row> {
  if (!schema.path('tenantId')) throw new Error(`Scoped model ${name} lacks tenantFields`);
  return define<Row>(name, schema, { scope: 'tenant', reason: null });
}

/** A platform-wide model; `reason` says why it cannot belong to a tenant. */
export function globalModel<Row>(name: string, schema: Schema, reason: string): Model<Row> {
  return define<Row>(name, schema, { scope: 'global', reason });
}

export const allModels = (): readonly RegisteredModel[] => [...registered.values()];
