import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { planLifecycle } from '../../core/states.ts';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { stateFields } from '../../db/transition.ts';
import type { StateRow } from '../../db/transition.ts';
import type { Comparison, PlanPart, PlanSettings, SideWish } from './plan.types.ts';

/** How far a run is; `done` of `total` in the phase's own things. */
export interface PlanProgress {
  phase: string;
  done: number;
  total: number;
  at: Date;
}

/** A pair that people decided themselves: it must be in the plan, or must never be. */
export interface PlanPin {
  positionId: Types.ObjectId;
  personId: Types.ObjectId;
  verdict: 'must' | 'never';
  by: Types.ObjectId | null;
  at: Date;
}

/** What proves how good the plan is; whole numbers beyond 2^53 as text. */
export interface PlanProof {
  status: 'optimal' | 'feasible';
  /**
   * Of what the bound is: integers added up by the checker, a block of the integer programme, the plan without side wishes, or
   * the plan as if nobody's places clashed.
   */
  kind: 'dual' | 'block' | 'relaxed' | 'clash';
  objective: string;
  bound: string;
  gap: string;
  /** What the stored numbers prove: the bound, but for a plan with wishes, where it is that without them. */
  dualBound: string;
  /** What pairs that are no options could bring at most beside them; 0 where the proof is over all that the rules allow. */
  beyond?: string;
  solveMs: number;
  options: number;
  /** Pairs that the rules allow; missing on plans made before they were counted. */
  fitting?: number;
  checkedAt: Date;
}

/** One wave of offers. */
export interface PlanWave {
  n: number;
  at: Date;
  by: Types.ObjectId | null;
  /** Only shifts that start before this. */
  before: Date | null;
  reason: string;
  note: string;
  /** Units that fared worse than by first come, first served when it was sent. */
  worse: number;
  offered: number;
  refused: number;
  endedAt: Date | null;
}

/** Somebody whom the last mending proposes elsewhere; `from` null: anew, `to` null: not any more. Ids as text: threads pass it on. */
export interface PlanMove {
  personId: string;
  from: PlanPlace | null;
  to: PlanPlace | null;
}
export interface PlanPlace {
  positionId: string;
  title: string;
  startsAt: Date;
}

/** How far the background is with sending or withdrawing: the place of the next line. */
export interface PlanTask {
  kind: 'send' | 'withdraw';
  next: number;
  reason: string;
}

/** A run over all open positions and willing people of a scope: a proposal with its proof, never an assignment. */
export interface PlanRow extends TenantRow, StateRow {
  /** The unit whose positions are planned, with everything below it. */
  unitId: Types.ObjectId;
  /** Whether the tenants below this department take part. */
  below: boolean;
  settings: PlanSettings;
  pins: PlanPin[];
  wishes: SideWish[];
  progress: PlanProgress | null;
  cancelWanted: boolean;
  /** Which working of the run wrote the lines that count: a worker that was given up writes under an older number. */
  attempt: number;
  /** Numbers given to workings so far: each gets its own. */
  drawn: number;
  /** How often the proposal was mended since it was made. */
  revision: number;
  tenants: number;
  inputs: { version: string; positions: number; slots: number; people: number; at: Date } | null;
  weights: { version: string } | null;
  proof: PlanProof | null;
  comparison: Comparison | null;
  /** Proposals that moved at the last mending. */
  moved: number;
  /** The first of what moved then, soonest first. */
  moves?: PlanMove[];
  /** Whether what changes is followed, when it was last looked at (null: somebody asks for a look), and how things stood then. */
  follow: boolean;
  lookAt: Date | null;
  mark: string;
  waves: PlanWave[];
  task: PlanTask | null;
  /** When background work is next due; null when there is none. */
  dueAt: Date | null;
  failure: string | null;
  createdBy: Types.ObjectId | null;
  createdAt: Date;
  finishedAt: Date | null;
}

const mixed = { type: Schema.Types.Mixed } as const;
const embedded = { _id: false, strict: 'throw' } as const;

const planSchema = new Schema({
  ...tenantFields,
  ...stateFields(planLifecycle.states),
  unitId: { type: Schema.Types.ObjectId, required: true },
  below: { type: Boolean, required: true, default: false },
  settings: { ...mixed, required: true },
  pins: {
    type: [
      new Schema(
        {
          positionId: { type: Schema.Types.ObjectId, required: true },
          personId: { type: Schema.Types.ObjectId, required: true },
          verdict: { type: String, enum: ['must', 'never'], required: true },
          by: { type: Schema.Types.ObjectId, default: null },
          at: { type: Date, required: true },
        },
        embedded,
      ),
    ],
    default: [],
  },
  wishes: { type: [Schema.Types.Mixed], default: [] },
  progress: { ...mixed, default: null },
  cancelWanted: { type: Boolean, default: false },
  attempt: { type: Number, default: 0 },
  drawn: { type: Number, default: 0 },
  revision: { type: Number, default: 0 },
  tenants: { type: Number, default: 0 },
  inputs: { ...mixed, default: null },
  weights: { ...mixed, default: null },
  proof: { ...mixed, default: null },
  comparison: { ...mixed, default: null },
  moved: { type: Number, default: 0 },
  moves: { type: [Schema.Types.Mixed], default: [] },
  follow: { type: Boolean, default: true },
  lookAt: { type: Date, default: null },
  mark: { type: String, default: '' },
  waves: { type: [Schema.Types.Mixed], default: [] },
  task: { ...mixed, default: null },
  dueAt: { type: Date, default: null },
  failure: { type: String, default: null },
  createdBy: { type: Schema.Types.ObjectId, default: null },
  createdAt: { type: Date, required: true },
  finishedAt: { type: Date, default: null },
});
planSchema.index({ tenantId: 1, createdAt: -1, _id: -1 });
planSchema.index({ tenantId: 1, unitId: 1, createdAt: -1, _id: -1 });
// One run per tenant at a time: the database, not the service, wins the race.
planSchema.index(
  { tenantId: 1 },
  { unique: true, partialFilterExpression: { state: { $in: ['queued', 'running'] } } },
);
// Sweeps look across tenants for what is due.
planSchema.index({ state: 1, dueAt: 1 }, { partialFilterExpression: { dueAt: { $type: 'date' } } });

export const PlanModel = tenantModel<PlanRow>('Plan', planSchema);

export const PAIR_STATES = ['proposed', 'offered', 'refused', 'left'] as const;

/** Somebody proposed for a position, with why. */
export interface PlanPair {
  personId: Types.ObjectId;
  score: number;
  /** What the pair is worth to the plan beside the slot it fills. */
  weight: number;
  /** What the plan gives up by having the person here rather than elsewhere. */
  price: number;
  certified: boolean;
  distanceMetres: number | null;
  parts: PlanPart[];
  pinned: boolean;
  /** New here since the plan was last mended. */
  moved: boolean;
  state: (typeof PAIR_STATES)[number];
  wave: number | null;
  assignmentId: Types.ObjectId | null;
  refusal: string | null;
}

/** One position of a plan and who is proposed for it. */
export interface PlanLineRow extends TenantRow {
  planId: Types.ObjectId;
  attempt: number;
  /** Place among the plan's positions: those of the soonest shift first. */
  place: number;
  ownerTenantId: Types.ObjectId;
  unitId: Types.ObjectId;
  shiftId: Types.ObjectId;
  positionId: Types.ObjectId;
  seriesId: Types.ObjectId | null;
  title: string;
  name: string;
  startsAt: Date;
  endsAt: Date;
  slots: number;
  /** What one more slot would bring. */
  surplus: number;
  /** How many first come, first served would have found. */
  before: number;
  pairs: PlanPair[];
}

const lineSchema = new Schema({
  ...tenantFields,
  planId: { type: Schema.Types.ObjectId, required: true },
  attempt: { type: Number, required: true },
  place: { type: Number, required: true },
  ownerTenantId: { type: Schema.Types.ObjectId, required: true },
  unitId: { type: Schema.Types.ObjectId, required: true },
  shiftId: { type: Schema.Types.ObjectId, required: true },
  positionId: { type: Schema.Types.ObjectId, required: true },
  seriesId: { type: Schema.Types.ObjectId, default: null },
  title: { type: String, required: true },
  name: { type: String, required: true },
  startsAt: { type: Date, required: true },
  endsAt: { type: Date, required: true },
  slots: { type: Number, required: true },
  surplus: { type: Number, required: true },
  before: { type: Number, required: true },
  pairs: { type: [Schema.Types.Mixed], default: [] },
});
lineSchema.index({ tenantId: 1, planId: 1, attempt: 1, place: 1 });
lineSchema.index({ tenantId: 1, planId: 1, attempt: 1, unitId: 1, place: 1 });
lineSchema.index({ tenantId: 1, planId: 1, positionId: 1 });
// Why somebody was offered a place, asked by themselves, whoever planned it.
lineSchema.index(
  { 'pairs.assignmentId': 1 },
  { partialFilterExpression: { 'pairs.assignmentId': { $type: 'objectId' } } },
);

export const PlanLineModel = tenantModel<PlanLineRow>('PlanLine', lineSchema);

/** The arrays a plan was solved on, in pieces: from them any pair is explained and the plan goes on. */
export interface PlanArrayRow extends TenantRow {
  planId: Types.ObjectId;
  attempt: number;
  name: string;
  piece: number;
  bytes: Buffer;
}

const arraySchema = new Schema({
  ...tenantFields,
  planId: { type: Schema.Types.ObjectId, required: true },
  attempt: { type: Number, required: true },
  name: { type: String, required: true },
  piece: { type: Number, required: true },
  bytes: { type: Buffer, required: true },
});
arraySchema.index({ tenantId: 1, planId: 1, attempt: 1, name: 1, piece: 1 }, { unique: true });

export const PlanArrayModel = tenantModel<PlanArrayRow>('PlanArray', arraySchema);
