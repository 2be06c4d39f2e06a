import { z } from 'zod';
import { id, localDate, pageOf, paging, prose } from '../../http/schema.ts';
import { planLifecycle } from '../../core/states.ts';
import { PAIR_STATES } from './plan.model.ts';

export const planParams = z.strictObject({ id });
export const lineParams = z.strictObject({ id, positionId: id });
export const handle = z.string().regex(/^[A-Za-z0-9_-]{22}$/, 'not-a-choice');
export const planFilter = z.strictObject(paging);
export const watching = z.strictObject({ watch: z.boolean().default(false) });
export const lineFilter = z.strictObject({ ...paging, unitId: id.optional() });

export const newPlan = z.strictObject({
  unitId: id.optional(),
  below: z.boolean().default(false),
  from: localDate.optional(),
  to: localDate.optional(),
  perWeek: z.number().int().min(1).max(7).default(1),
  fill: z.enum(['required', 'maximum']).default('required'),
  certifiedFrom: z.number().int().min(0).max(50).default(0),
  seconds: z.number().int().min(1).max(60).default(20),
});

const outcome = z.object({
  filled: z.number(),
  served: z.number(),
  full: z.number(),
  meanMetres: z.number().nullable(),
  giniThousandths: z.number(),
  people: z.number(),
});

const comparison = z.object({
  positions: z.number(),
  slots: z.number(),
  before: outcome,
  after: outcome,
  worse: z.number(),
  units: z.array(
    z.object({
      unitId: z.string(),
      tenantId: z.string(),
      name: z.string(),
      slots: z.number(),
      before: z.number(),
      after: z.number(),
    }),
  ),
});

const place = z.object({ positionId: z.string(), title: z.string(), startsAt: z.string() });

export const planView = z.object({
  id: z.string(),
  version: z.number(),
  state: z.enum(planLifecycle.states as [string, ...string[]]),
  unitId: z.string(),
  below: z.boolean(),
  tenants: z.number(),
  settings: z.object({
    from: z.string(),
    to: z.string(),
    perWeek: z.number(),
    fill: z.string(),
    certifiedFrom: z.number(),
    seconds: z.number(),
  }),
  progress: z.object({ phase: z.string(), done: z.number(), total: z.number() }).nullable(),
  failure: z.string().nullable(),
  inputs: z
    .object({
      version: z.string(),
      positions: z.number(),
      slots: z.number(),
      people: z.number(),
      at: z.string(),
    })
    .nullable(),
  weights: z.object({ version: z.string() }).nullable(),
  /** Whole numbers as text where they may pass 2^53. */
  proof: z
    .object({
      status: z.string(),
      kind: z.string(),
      objective: z.string(),
      bound: z.string(),
      gap: z.string(),
      solveMs: z.number(),
      options: z.number(),
      /** Pairs that the rules allow; null on plans made before they were counted. */
      fitting: z.number().nullable(),
    })
    .nullable(),
  comparison: comparison.nullable(),
  revision: z.number(),
  moved: z.number(),
  /** The first of what the last mending moved: from null is anew, to null not any more. */
  moves: z.array(
    z.object({
      name: z.string().nullable(),
      membershipId: z.string().nullable(),
      from: place.nullable(),
      to: place.nullable(),
    }),
  ),
  pins: z.number(),
  wishes: z.number(),
  waves: z.array(
    z.object({
      n: z.number(),
      at: z.string(),
      offered: z.number(),
      refused: z.number(),
      reason: z.string(),
      endedAt: z.string().nullable(),
    }),
  ),
  createdAt: z.string(),
  finishedAt: z.string().nullable(),
});
export const planPage = pageOf(planView.omit({ comparison: true, moves: true }));

const finding = z.object({
  code: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
});
export const part = z.object({
  rule: z.string(),
  points: z.number(),
  most: z.number(),
  finding: finding.nullable(),
});

/** A part that a reader can reckon again: points = ⌊most × of ÷ from + ½⌋. */
const reckonedPart = part.extend({
  share: z.object({ of: z.number(), from: z.number() }),
  /** What the share is reckoned from. */
  inputs: z.array(finding),
});

export const pairView = z.object({
  handle: z.string(),
  name: z.string().nullable(),
  membershipId: z.string().nullable(),
  score: z.number(),
  price: z.number(),
  certified: z.boolean(),
  distanceMetres: z.number().nullable(),
  parts: z.array(part),
  pinned: z.boolean(),
  moved: z.boolean(),
  state: z.enum(PAIR_STATES),
  assignmentId: z.string().nullable(),
  refusal: z.string().nullable(),
});

export const lineView = z.object({
  positionId: z.string(),
  shiftId: z.string(),
  tenantId: z.string(),
  unitId: z.string(),
  title: z.string(),
  name: z.string(),
  startsAt: z.string(),
  endsAt: z.string(),
  slots: z.number(),
  before: z.number(),
  surplus: z.number(),
  pairs: z.array(pairView),
});
export const linePage = pageOf(lineView);

export type PlanView = z.output<typeof planView>;
export type LineView = z.output<typeof lineView>;
export type PairView = z.output<typeof pairView>;

export const waveBody = z.strictObject({
  withinDays: z.number().int().min(1).max(60).optional(),
  reason: prose(500).default(''),
  note: prose(500).default(''),
});
export const withdrawBody = z.strictObject({ reason: prose(500).default('') });
export const decideBody = z.strictObject({
  positionId: id,
  handle,
  verdict: z.enum(['must', 'never', 'free']),
});

/** Wishes that are no flow; people by their handles on one position of the plan. */
export const wishBody = z
  .strictObject({
    /** `same`: the same people on the whole series; `none`: no wishes at all any more. */
    kind: z.enum(['same', 'together', 'apart', 'none']),
    positionId: id,
    handles: z.array(handle).max(20).default([]),
  })
  .refine(
    ({ kind, handles }) =>
      !['together', 'apart'].includes(kind) || (handles.length === 2 && handles[0] !== handles[1]),
    { path: ['handles'], message: 'choose-two' },
  );

const exchanged = z.object({
  name: z.string().nullable(),
  positionId: z.string(),
  title: z.string(),
  startsAt: z.string().nullable(),
  score: z.number(),
});

const neededAt = z.object({ positionId: z.string(), title: z.string() }).nullable();

export const positionView = lineView.extend({
  planId: z.string(),
  others: z.array(
    z.object({
      handle: z.string(),
      name: z.string().nullable(),
      membershipId: z.string().nullable(),
      score: z.number(),
      price: z.number(),
      /** What choosing this person here would cost the whole; null where that is not known exactly. */
      loss: z.number().nullable(),
      neededAt,
    }),
  ),
});

/** Whom to ask about: by handle, by the membership of somebody of one's own; without either, the first who is proposed. */
export const whyQuery = z.strictObject({ handle: handle.optional(), membershipId: id.optional() });

export const whyView = z.object({
  handle: z.string(),
  name: z.string().nullable(),
  membershipId: z.string().nullable(),
  inPlan: z.boolean(),
  eligible: z.boolean(),
  score: z.number(),
  plannedScore: z.number().nullable(),
  parts: z.array(reckonedPart),
  refusals: z.array(finding),
  surplus: z.number(),
  price: z.number().nullable(),
  loss: z.number().nullable(),
  neededAt,
  /** What choosing the pair would change: scores that go less those that come less `places` are the loss. */
  exchange: z.object({ comes: z.array(exchanged), goes: z.array(exchanged), places: z.number() }).nullable(),
  verdict: z.enum(['must', 'never']).nullable(),
});
export type WhyView = z.output<typeof whyView>;

export const whyOffered = z.object({
  title: z.string(),
  startsAt: z.string(),
  endsAt: z.string(),
  tenant: z.object({ 'zh-CN': z.string(), en: z.string() }),
  /** Whether a plan proposed it; otherwise somebody chose by hand, and the parts are today's. */
  planned: z.boolean(),
  score: z.number(),
  parts: z.array(part),
  /** By today's facts, so that one can reckon it again. */
  today: z.object({ score: z.number(), parts: z.array(reckonedPart) }).nullable(),
});
export type ReckonedPart = z.output<typeof reckonedPart>;
