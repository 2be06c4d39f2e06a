import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { externalLifecycle } from '../../core/states.ts';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { stateFields } from '../../db/transition.ts';
import type { StateRow } from '../../db/transition.ts';

/**
 * How far a posted record of service is entered in the national system. Beside the record and the ledger, which are not
 * changed by it: one row a record, made in the transaction that posts it.
 */
export interface ExternalRecordRow extends TenantRow, StateRow {
  hoursId: Types.ObjectId;
  personId: Types.ObjectId;
  personName: string;
  unitId: Types.ObjectId;
  /** Local date of the service. */
  date: string;
  activity: string;
  /** Whole minutes. */
  minutes: number;
  /** What the national system calls it; null until it answered. */
  externalId: string | null;
  /** Why it refused, in its words. */
  reason: string;
  /** The file it stands in: the proposal that two agreed to. */
  exportId: Types.ObjectId | null;
  createdAt: Date;
}

const externalSchema = new Schema({
  ...tenantFields,
  ...stateFields(externalLifecycle.states),
  hoursId: { type: Schema.Types.ObjectId, required: true },
  personId: { type: Schema.Types.ObjectId, required: true },
  personName: { type: String, required: true },
  unitId: { type: Schema.Types.ObjectId, required: true },
  date: { type: String, required: true },
  activity: { type: String, required: true },
  minutes: { type: Number, required: true },
  externalId: { type: String, default: null },
  reason: { type: String, default: '' },
  exportId: { type: Schema.Types.ObjectId, default: null },
  createdAt: { type: Date, required: true },
});
// One entry a record, however often it is told.
externalSchema.index({ tenantId: 1, hoursId: 1 }, { unique: true });
// The national system calls no two records the same.
externalSchema.index(
  { tenantId: 1, externalId: 1 },
  { unique: true, partialFilterExpression: { externalId: { $type: 'string' } } },
);
// The list of what is not entered yet, oldest service first; of one unit, too.
externalSchema.index({ tenantId: 1, state: 1, date: 1, _id: 1 });
externalSchema.index({ tenantId: 1, unitId: 1, state: 1, date: 1, _id: 1 });
externalSchema.index({ tenantId: 1, exportId: 1, date: 1, _id: 1 });

export const ExternalRecordModel = tenantModel<ExternalRecordRow>('ExternalRecord', externalSchema);
