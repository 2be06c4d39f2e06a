import { z } from 'zod';
import { id, line, localDate, pageOf, paging, requiredLine } from '../../http/schema.ts';
import { shiftLifecycle } from '../../core/states.ts';
import { isLanguageCode, isSkillCode } from '../skills/index.ts';
import { NATURES } from './nature.rules.ts';
import { ADMISSIONS, RADIUS_METRES, RISK_LEVELS } from './shift.model.ts';

/** `HH:MM` on the tenant's wall clock. */
export const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'not-a-time');

/** Of a series: only this shift, or this one and those after it. */
export const SCOPES = ['one', 'following'] as const;
export type Scope = (typeof SCOPES)[number];

const shiftShape = {
  date: localDate,
  startTime: clock,
  /** Not after the start means: on the next day. */
  endTime: clock,
  breakMinutes: z.number().int().min(0).max(600).optional(),
  leaderName: line(60).optional(),
  riskLevel: z.enum(RISK_LEVELS).optional(),
  policyNumber: line(60).optional(),
  /** Metres from the place within which a check-in was there; 500 unless said. */
  radiusMetres: z.number().int().min(RADIUS_METRES.min).max(RADIUS_METRES.max).optional(),
  /** Only `volunteer`, which it is unless said, gives volunteer hours. */
  nature: z.enum(NATURES).optional(),
};
export const shiftBody = z.strictObject(shiftShape);
/** The three times change together or not at all. `tellPeople`: whoever has a place is told of a new time. */
export const shiftPatch = z.strictObject({
  ...shiftShape,
  date: shiftShape.date.optional(),
  startTime: clock.optional(),
  endTime: clock.optional(),
  tellPeople: z.boolean().optional(),
  scope: z.enum(SCOPES).optional(),
});
export type ShiftInput = z.output<typeof shiftBody>;
export type ShiftPatch = z.output<typeof shiftPatch>;

const neededSkill = z.strictObject({
  code: z.string().refine(isSkillCode, 'not-a-choice'),
  minLevel: z.number().int().min(1).max(3).default(1),
});
const age = z.number().int().min(8).max(120).nullable().optional();
const places = z.number().int().min(1).max(10_000);
const positionShape = {
  name: requiredLine(40),
  skills: z.array(neededSkill).max(5).optional(),
  /** Empty: none needed. `any` or the lowest level of the social worker's certificate that will do. */
  credentialLevel: z.enum(['', 'any', 'assistant', 'intermediate', 'senior']).optional(),
  /** Further types of the catalogue, any level of each. */
  otherCredentials: z.array(z.string().max(40)).max(5).optional(),
  /** All certificates at once, each with its lowest level; the two above are then left out. */
  credentials: z
    .array(z.strictObject({ type: z.string().max(40), level: z.string().max(40).default('') }))
    .max(5)
    .optional(),
  /** Ids of talent pools: only certified members of one of them have the place. */
  pools: z.array(id).max(5).optional(),
  languages: z.array(z.string().refine(isLanguageCode, 'not-a-choice')).max(5).optional(),
  /** Courses that must be passed before. */
  trainings: z.array(id).max(10).optional(),
  minAge: age,
  maxAge: age,
  required: places,
  /** At least `required`; the same when left out. */
  maximum: places.optional(),
  admission: z.enum(ADMISSIONS).optional(),
};
export const positionBody = z.strictObject(positionShape);
export const positionPatch = z.strictObject(positionShape).partial();
export type PositionInput = z.output<typeof positionBody>;
export type PositionPatch = z.output<typeof positionPatch>;

export const cancelBody = z.strictObject({ reason: requiredLine(300), scope: z.enum(SCOPES).optional() });
export const publishBody = z.strictObject({ scope: z.enum(SCOPES).optional() });

/** Names go along with a type that does not come with Linli. */
export const neededCredential = z.object({
  type: z.string(),
  level: z.string(),
  name: z.object({ 'zh-CN': z.string(), en: z.string() }).nullable().optional(),
});
export const neededPool = z.object({
  id: z.string(),
  name: z.object({ 'zh-CN': z.string(), en: z.string() }),
});
export const positionView = z.object({
  id: z.string(),
  version: z.number(),
  requestId: z.string(),
  shiftId: z.string(),
  name: z.string(),
  skills: z.array(z.object({ code: z.string(), minLevel: z.number() })),
  credentials: z.array(neededCredential),
  pools: z.array(neededPool),
  trainings: z.array(z.object({ courseId: z.string(), title: z.string() })),
  languages: z.array(z.string()),
  minAge: z.number().nullable(),
  maxAge: z.number().nullable(),
  required: z.number(),
  maximum: z.number(),
  taken: z.number(),
  admission: z.enum(ADMISSIONS),
});
export type PositionView = z.infer<typeof positionView>;

export const shiftView = z.object({
  id: z.string(),
  version: z.number(),
  state: z.string(),
  requestId: z.string(),
  unitId: z.string(),
  title: z.string(),
  category: z.string(),
  place: z.object({
    label: z.string(),
    address: z.string(),
    point: z.object({ type: z.literal('Point'), coordinates: z.array(z.number()) }).nullable(),
  }),
  startsAt: z.string(),
  endsAt: z.string(),
  breakMinutes: z.number(),
  leaderName: z.string(),
  riskLevel: z.enum(RISK_LEVELS),
  policyNumber: z.string(),
  radiusMetres: z.number(),
  nature: z.enum(NATURES),
  cancelReason: z.string().nullable(),
  positions: z.array(positionView),
  required: z.number(),
  maximum: z.number(),
  taken: z.number(),
  /** The series it belongs to, if it is repeated. */
  seriesId: z.string().nullable(),
  /** How many more people are needed; places beyond that may still be free. */
  missing: z.number(),
});
export type ShiftView = z.infer<typeof shiftView>;
export const shiftPage = pageOf(shiftView);
export const gapView = z.object({
  code: z.string(),
  on: z.enum(['request', 'shift', 'positions']),
  field: z.string(),
  blocking: z.boolean(),
});

export const shiftFilter = z.strictObject({
  /** First local day; today when left out on the page. */
  from: localDate.optional(),
  to: localDate.optional(),
  state: z.enum(shiftLifecycle.states as [string, ...string[]]).optional(),
  unitId: id.optional(),
  requestId: id.optional(),
  seriesId: id.optional(),
  ...paging,
});

/** How a day looks at a glance. */
export const dayCount = z.object({ date: z.string(), shifts: z.number(), missing: z.number().nullable() });
export type DayCount = z.infer<typeof dayCount>;
export const dayCounts = z.object({ data: z.array(dayCount), nextCursor: z.null() });
export const dayCountQuery = z.strictObject({
  from: localDate,
  days: z.coerce.number().int().min(1).max(31).default(7),
});
