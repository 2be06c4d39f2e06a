import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import type { Locale } from '../../core/locale.ts';
import { localTextField } from '../../db/fields.ts';
import type { LocalText } from '../../db/fields.ts';
import { globalModel } from '../../db/registry.ts';
import type { StoredRow } from '../../db/registry.ts';

export const TENANT_KINDS = ['department', 'organisation'] as const;
export type TenantKind = (typeof TENANT_KINDS)[number];

/** Differences between tenants are data, never code. Minutes and years are whole numbers. */
export interface TenantSettings {
  /** */
  minAge: number;
  /** First and final review of a matter by two people. */
  reviewersDiffer: boolean;
  /** Minutes of service a person may take on in one day. */
  dailyCapMinutes: number;
  /** Recorded minutes are cut down to a multiple of this. */
  roundToMinutes: number;
  /** Less than so many recorded minutes count nothing; 0 counts every minute. */
  minimumMinutes: number;
  /** Staying longer than planned counts at most so long. */
  lateGraceMinutes: number;
  /** Most recorded minutes of a person and day; 0 for no limit. */
  recordedCapMinutes: number;
  /** How long an offer stays open. */
  offerMinutes: number;
  /** Check-in opens this long before a shift starts. */
  checkInEarlyMinutes: number;
  /** Back-entries of hours that one person may confirm in a month. */
  backEntryQuota: number;
  /** A claim that hours are wrong or missing is answered within so many working days. */
  claimDays: number;
  /** Hours that a volunteer is asked to give in a year; 0 asks for none. */
  yearlyHours: number;
  /** Activities that they are asked to take part in in a year; 0 asks for none. */
  yearlyActivities: number;
  /** Hours for which a proposal that needs a second person waits, and what they agreed to may be taken. */
  proposalHours: number;
  /** Days for which the archive of an inspection export can be taken. */
  inspectionDays: number;
  /** Whether members may keep a time bank (R-8.1 … ); everything below only matters when they may. */
  timeBank: boolean;
  /** Most hours that somebody may have saved; 0 for no limit. What is earned beyond goes to the pool. */
  bankCapHours: number;
  /** Months after which saved time expires; 0 for never. */
  bankExpiryMonths: number;
  /** From which age saved time may be redeemed; 0 for any. */
  bankRedeemFromAge: number;
  /** Whether saved time may be given to direct relatives. */
  bankGifts: boolean;
  /** Whether service for a team is the team's: then all of it goes to the pool. */
  bankTeams: boolean;
  /** Service areas that earn; empty for all. */
  bankAreas: string[];
}

/** How the tenant weighs people and positions; bounds and meaning belong to the rules of matching. */
export interface TenantMatching {
  /** 0 as shipped; every change counts it up and is kept. */
  readonly version: number;
  /** Points by rule; rules that are not named have their own. */
  readonly weights: Readonly<Record<string, number>>;
  /** Rules that are switched off. */
  readonly off: readonly string[];
  readonly weeklyCapMinutes: number;
  readonly restMinutes: number;
  readonly reachMetres: number;
}

export const DEFAULT_MATCHING: TenantMatching = {
  version: 0,
  weights: {},
  off: [],
  weeklyCapMinutes: 2_400,
  restMinutes: 480,
  reachMetres: 30_000,
};
/** A service area and the type of certificate that it needs. */
export interface CredentialNeed {
  area: string;
  type: string;
  /** Names of a type that does not come with Linli. */
  name?: LocalText | null;
}
/** What a new tenant asks for: service for children needs a background check. */
export const DEFAULT_NEEDS: readonly CredentialNeed[] = [{ area: 'children', type: 'background-check' }];

export interface TenantRow extends StoredRow {
  slug: string;
  name: LocalText;
  kind: TenantKind;
  parentId: Types.ObjectId | null;
  rootUnitId: Types.ObjectId;
  zone: string;
  locale: Locale;
  colour: string | null;
  /** Division codes of the counties this tenant serves, e.g. `330122`. */
  serviceCounties: string[];
  settings: TenantSettings;
  /** Null as shipped. */
  matching: TenantMatching | null;
  /** Certificates without which nobody gives a kind of service here; kept in step by the catalogue. */
  credentialNeeds: CredentialNeed[];
  /** How often somebody lost the right to give roles: what two such changes at the same moment both write. */
  rightsTaken?: number;
  active: boolean;
  version: number;
  createdAt: Date;
}

export const DEFAULT_SETTINGS: TenantSettings = {
  minAge: 14,
  reviewersDiffer: true,
  dailyCapMinutes: 600,
  roundToMinutes: 1,
  minimumMinutes: 0,
  lateGraceMinutes: 15,
  recordedCapMinutes: 0,
  offerMinutes: 24 * 60,
  checkInEarlyMinutes: 30,
  backEntryQuota: 20,
  claimDays: 10,
  yearlyHours: 0,
  yearlyActivities: 0,
  proposalHours: 168,
  inspectionDays: 14,
  timeBank: false,
  bankCapHours: 0,
  bankExpiryMonths: 0,
  bankRedeemFromAge: 60,
  bankGifts: true,
  bankTeams: false,
  bankAreas: [],
};

const settingsSchema = new Schema(
  {
    minAge: { type: Number, required: true },
    reviewersDiffer: { type: Boolean, required: true },
    dailyCapMinutes: { type: Number, required: true },
    roundToMinutes: { type: Number, required: true },
    minimumMinutes: { type: Number, required: true, default: 0 },
    lateGraceMinutes: { type: Number, required: true, default: 15 },
    recordedCapMinutes: { type: Number, required: true, default: 0 },
    offerMinutes: { type: Number, required: true },
    checkInEarlyMinutes: { type: Number, required: true },
    backEntryQuota: { type: Number, required: true, default: 20 },
    claimDays: { type: Number, required: true, default: 10 },
    yearlyHours: { type: Number, default: 0 },
    yearlyActivities: { type: Number, default: 0 },
    proposalHours: { type: Number, default: 168 },
    inspectionDays: { type: Number, default: 14 },
    timeBank: { type: Boolean, required: true, default: false },
    bankCapHours: { type: Number, required: true, default: 0 },
    bankExpiryMonths: { type: Number, required: true, default: 0 },
    bankRedeemFromAge: { type: Number, required: true, default: 60 },
    bankGifts: { type: Boolean, required: true, default: true },
    bankTeams: { type: Boolean, default: false },
    bankAreas: { type: [String], default: [] },
  },
  { _id: false, strict: 'throw' },
);

const matchingSchema = new Schema(
  {
    version: { type: Number, required: true },
    weights: { type: Schema.Types.Mixed, required: true },
    off: { type: [String], default: [] },
    weeklyCapMinutes: { type: Number, required: true },
    restMinutes: { type: Number, required: true },
    reachMetres: { type: Number, required: true },
  },
  { _id: false, strict: 'throw', minimize: false },
);

const tenantSchema = new Schema({
  slug: { type: String, required: true },
  name: localTextField,
  kind: { type: String, enum: [...TENANT_KINDS], required: true },
  parentId: { type: Schema.Types.ObjectId, default: null },
  rootUnitId: { type: Schema.Types.ObjectId, required: true },
  zone: { type: String, required: true, default: 'Asia/Shanghai' },
  locale: { type: String, enum: ['zh-CN', 'en'], required: true, default: 'zh-CN' },
  colour: { type: String, default: null },
  serviceCounties: { type: [String], default: [] },
  settings: { type: settingsSchema, required: true },
  matching: { type: matchingSchema, default: null },
  rightsTaken: { type: Number, default: 0 },
  credentialNeeds: {
    type: [
      new Schema(
        {
          area: { type: String, required: true },
          type: { type: String, required: true },
          name: { ...localTextField, required: false, default: null },
        },
        { _id: false, strict: 'throw' },
      ),
    ],
    default: [],
  },
  active: { type: Boolean, required: true, default: true },
  version: { type: Number, required: true, default: 1 },
  createdAt: { type: Date, required: true },
});
tenantSchema.index({ slug: 1 }, { unique: true });
tenantSchema.index({ parentId: 1 });

export const TenantModel = globalModel<TenantRow>('Tenant', tenantSchema, 'it is the wall itself');
