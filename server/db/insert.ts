import { requireTenantId } from '../core/context.ts';
import { allModels } from './registry.ts';
import { canonicalId } from './tenancy-guard.ts';

/** Rows a bulk insert sends at once. */
const BATCH = 1_000;

/**
 * Inserts many rows of a model by its name: for seeds, which make rows of every feature at once and must not go through
 * each feature's front door one by one. Scoped models get the context's tenant; schemas are enforced as everywhere.
 * @returns how many rows were inserted
 */
export async function insertRows(modelName: string, rows: readonly object[]): Promise<number> {
  const entry = allModels().find(({ name }) => name === modelName);
  if (!entry) throw new Error(`No model ${modelName}`);
  const model = entry.model as unknown as { insertMany(rows: object[], options: object): Promise<unknown[]> };
  const tenant = entry.scope === 'tenant' ? { tenantId: canonicalId(requireTenantId()) } : {};
  for (let at = 0; at < rows.length; at += BATCH) {
    const batch = rows.slice(at, at + BATCH).map((row) => ({ ...row, ...tenant }));
    await model.insertMany(batch, { ordered: true, throwOnValidationError: true, lean: false });
  }
  return rows.length;
}
