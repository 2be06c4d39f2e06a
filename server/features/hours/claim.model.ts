import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { hoursClaimLifecycle } from '../../core/states.ts';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { stateFields } from '../../db/transition.ts';
import type { StateRow } from '../../db/transition.ts';
import { CLAIM_WRONGS, SAID_BY } from './claim.rules.ts';
import type { ClaimWrong, SaidBy, ServedTime } from './claim.rules.ts';

/**
 * Somebody says that hours recorded for them are wrong, or that service is missing. The record that a founded claim
 * makes has the claim's own id: its posting can be made once.
 */
export interface HoursClaimRow extends TenantRow, StateRow {
  personId: Types.ObjectId;
  membershipId: Types.ObjectId;
  personName: string;
  unitId: Types.ObjectId;
  wrong: ClaimWrong;
  /** The record as it was first made here, wherever it went since; null where nothing is recorded. */
  hoursId: Types.ObjectId | null;
  /** The place that it is about, or that was the right one; null where nobody scheduled it. */
  assignmentId: Types.ObjectId | null;
  /** What stood when it was claimed. */
  recorded: (ServedTime & { name: string; minutes: number }) | null;
  /** What is said to be right; null where nothing was served. */
  claimed: (ServedTime & { name: string; place: string }) | null;
  /** Why, in the words of who claims. */
  text: string;
  /** In whose name somebody else took it down; null for one's own. */
  saidBy: SaidBy | null;
  claimedByPersonId: Types.ObjectId;
  /** Who confirmed or entered the hours, or took the claim down: somebody else answers. */
  parties: Types.ObjectId[];
  /** Working days within which it is answered, and the last of them. */
  days: number;
  dueOn: string;
  /** It was answered after that day. */
  late: boolean;
  /** When whoever answers is reminded next; null for never. */
  remindAt: Date | null;
  answeredByPersonId: Types.ObjectId | null;
  answeredAt: Date | null;
  /** What was found and why, as the person reads it. */
  answer: string;
  /** What was found to have been served; null where nothing was, or nothing was corrected. */
  found: ServedTime | null;
  createdAt: Date;
}

const served = {
  from: { type: Date, required: true },
  to: { type: Date, required: true },
  breakMinutes: { type: Number, required: true },
};
const part = (fields: object) => ({
  type: new Schema({ ...served, ...fields }, { _id: false, strict: 'throw' }),
  default: null,
});

const claimSchema = new Schema({
  ...tenantFields,
  ...stateFields(hoursClaimLifecycle.states),
  personId: { type: Schema.Types.ObjectId, required: true },
  membershipId: { type: Schema.Types.ObjectId, required: true },
  personName: { type: String, required: true },
  unitId: { type: Schema.Types.ObjectId, required: true },
  wrong: { type: String, enum: [...CLAIM_WRONGS], required: true },
  hoursId: { type: Schema.Types.ObjectId, default: null },
  assignmentId: { type: Schema.Types.ObjectId, default: null },
  recorded: part({ name: { type: String, required: true }, minutes: { type: Number, required: true } }),
  claimed: part({ name: { type: String, required: true }, place: { type: String, default: '' } }),
  text: { type: String, required: true },
  saidBy: { type: String, enum: [...SAID_BY, null], default: null },
  claimedByPersonId: { type: Schema.Types.ObjectId, required: true },
  parties: { type: [Schema.Types.ObjectId], default: [] },
  days: { type: Number, required: true },
  dueOn: { type: String, required: true },
  late: { type: Boolean, default: false },
  remindAt: { type: Date, default: null },
  answeredByPersonId: { type: Schema.Types.ObjectId, default: null },
  answeredAt: { type: Date, default: null },
  answer: { type: String, default: '' },
  found: part({}),
  createdAt: { type: Date, required: true },
});
// One open claim on a record, and on a place that nothing is recorded of.
claimSchema.index(
  { tenantId: 1, hoursId: 1 },
  { unique: true, partialFilterExpression: { state: 'claimed', hoursId: { $type: 'objectId' } } },
);
claimSchema.index(
  { tenantId: 1, assignmentId: 1 },
  { unique: true, partialFilterExpression: { state: 'claimed', assignmentId: { $type: 'objectId' } } },
);
claimSchema.index({ tenantId: 1, hoursId: 1, createdAt: 1 });
claimSchema.index({ tenantId: 1, personId: 1, createdAt: -1, _id: -1 });
claimSchema.index({ tenantId: 1, state: 1, dueOn: 1, _id: 1 });
// What is to be remembered, in whatever tenant.
claimSchema.index({ remindAt: 1, _id: 1 }, { partialFilterExpression: { remindAt: { $type: 'date' } } });

export const HoursClaimModel = tenantModel<HoursClaimRow>('HoursClaim', claimSchema);
