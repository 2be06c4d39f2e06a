import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { kinshipLifecycle, redemptionLifecycle } from '../../core/states.ts';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { stateFields } from '../../db/transition.ts';
import type { StateRow } from '../../db/transition.ts';
import { RELATIONS } from './time-bank.rules.ts';
import type { Relation } from './time-bank.rules.ts';

/** Somebody keeps a time bank here: service confirmed from then on earns. The balance is the ledger's. */
export interface BankAccountRow extends TenantRow {
  personId: Types.ObjectId;
  membershipId: Types.ObjectId;
  unitId: Types.ObjectId;
  personName: string;
  /** Ten digits by which a relative names this account; says nothing of the person. */
  number: string;
  openedAt: Date;
  /** Since when nothing is saved here any more; null while it is open. Whoever opens it again has the same number. */
  closedAt?: Date | null;
  /** When the sweep looks whether something expired; null when nothing can. */
  expireAt: Date | null;
  /** Counted up by all that moves this person's minutes, so that two at once meet. */
  moves: number;
}

const accountSchema = new Schema({
  ...tenantFields,
  personId: { type: Schema.Types.ObjectId, required: true },
  membershipId: { type: Schema.Types.ObjectId, required: true },
  unitId: { type: Schema.Types.ObjectId, required: true },
  personName: { type: String, required: true },
  number: { type: String, required: true },
  openedAt: { type: Date, required: true },
  closedAt: { type: Date, default: null },
  expireAt: { type: Date, default: null },
  moves: { type: Number, required: true, default: 0 },
});
accountSchema.index({ tenantId: 1, personId: 1 }, { unique: true });
accountSchema.index({ tenantId: 1, number: 1 }, { unique: true });
// What may have expired, of all tenants.
accountSchema.index({ expireAt: 1 }, { partialFilterExpression: { expireAt: { $type: 'date' } } });

export const BankAccountModel = tenantModel<BankAccountRow>('TimeBankAccount', accountSchema);

/** Two people say that they are family; a coordinator who has seen it confirms. Holds in both directions. */
export interface KinshipRow extends TenantRow, StateRow {
  /** Who declared it. */
  personId: Types.ObjectId;
  relativeId: Types.ObjectId;
  personName: string;
  relativeName: string;
  /** What the relative is to who declared it. */
  relation: Relation;
  /** Both ids in order, so that a pair is one. */
  pair: string;
  unitId: Types.ObjectId;
  decidedByPersonId: Types.ObjectId | null;
  createdAt: Date;
}

const kinshipSchema = new Schema({
  ...tenantFields,
  ...stateFields(kinshipLifecycle.states),
  personId: { type: Schema.Types.ObjectId, required: true },
  relativeId: { type: Schema.Types.ObjectId, required: true },
  personName: { type: String, required: true },
  relativeName: { type: String, required: true },
  relation: { type: String, enum: [...RELATIONS], required: true },
  pair: { type: String, required: true },
  unitId: { type: Schema.Types.ObjectId, required: true },
  decidedByPersonId: { type: Schema.Types.ObjectId, default: null },
  createdAt: { type: Date, required: true },
});
kinshipSchema.index(
  { tenantId: 1, pair: 1 },
  { unique: true, partialFilterExpression: { state: { $in: ['declared', 'confirmed'] } } },
);
kinshipSchema.index({ tenantId: 1, personId: 1, createdAt: -1 });
kinshipSchema.index({ tenantId: 1, relativeId: 1, createdAt: -1 });
kinshipSchema.index({ tenantId: 1, state: 1, createdAt: 1 });

export const KinshipModel = tenantModel<KinshipRow>('TimeBankKinship', kinshipSchema);

/** Saved time given to a relative, or to the pool. Its minutes are the ledger's. */
export interface BankGiftRow extends TenantRow {
  personId: Types.ObjectId;
  /** Null for a donation to the pool. */
  toPersonId: Types.ObjectId | null;
  kinshipId: Types.ObjectId | null;
  minutes: number;
  note: string;
  createdAt: Date;
}

const giftSchema = new Schema({
  ...tenantFields,
  personId: { type: Schema.Types.ObjectId, required: true },
  toPersonId: { type: Schema.Types.ObjectId, default: null },
  kinshipId: { type: Schema.Types.ObjectId, default: null },
  minutes: { type: Number, required: true },
  note: { type: String, default: '' },
  createdAt: { type: Date, required: true },
});

giftSchema.index({ tenantId: 1, personId: 1, createdAt: -1, _id: -1 });

export const BankGiftModel = tenantModel<BankGiftRow>('TimeBankGift', giftSchema);

/** Service asked for against saved time: one's own, or the pool's for a need that the tenant knows of. */
export interface RedemptionRow extends TenantRow, StateRow {
  /** Null when the pool pays. */
  personId: Types.ObjectId | null;
  personName: string;
  unitId: Types.ObjectId;
  /** The need that the pool pays for; null for one's own. */
  requestId: Types.ObjectId | null;
  /** What is asked for, in the person's words or the request's title. */
  what: string;
  minutes: number;
  settledMinutes: number | null;
  /** The posted record of who gave the service. */
  hoursId: Types.ObjectId | null;
  providerPersonId: Types.ObjectId | null;
  askedByPersonId: Types.ObjectId;
  decidedByPersonId: Types.ObjectId | null;
  settledByPersonId: Types.ObjectId | null;
  createdAt: Date;
}

const redemptionSchema = new Schema({
  ...tenantFields,
  ...stateFields(redemptionLifecycle.states),
  personId: { type: Schema.Types.ObjectId, default: null },
  personName: { type: String, default: '' },
  unitId: { type: Schema.Types.ObjectId, required: true },
  requestId: { type: Schema.Types.ObjectId, default: null },
  what: { type: String, required: true },
  minutes: { type: Number, required: true },
  settledMinutes: { type: Number, default: null },
  hoursId: { type: Schema.Types.ObjectId, default: null },
  providerPersonId: { type: Schema.Types.ObjectId, default: null },
  askedByPersonId: { type: Schema.Types.ObjectId, required: true },
  decidedByPersonId: { type: Schema.Types.ObjectId, default: null },
  settledByPersonId: { type: Schema.Types.ObjectId, default: null },
  createdAt: { type: Date, required: true },
});
redemptionSchema.index({ tenantId: 1, personId: 1, createdAt: -1, _id: -1 });
redemptionSchema.index({ tenantId: 1, createdAt: -1, _id: -1 });
redemptionSchema.index({ tenantId: 1, state: 1, createdAt: -1, _id: -1 });
redemptionSchema.index({ tenantId: 1, hoursId: 1 });

export const RedemptionModel = tenantModel<RedemptionRow>('TimeBankRedemption', redemptionSchema);
