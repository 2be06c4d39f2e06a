import { z } from 'zod';
import { trainingPlanLifecycle } from '../../core/states.ts';
import { id, line, localDate, pageOf, paging } from '../../http/schema.ts';
import { WINDOW_NAMES } from './training-plan.types.ts';

const cents = z.int().min(0).max(1_000_000_000);
const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'not-a-time');
export const plannedParams = z.strictObject({ id, plannedId: id });
export const planFilter = z.strictObject(paging);
export const watching = z.strictObject({ watch: z.boolean().default(false) });

const room = z.strictObject({
  /** An empty row of the form is no room. */
  label: line(80).default(''),
  address: line(120).default(''),
  unitId: z.union([z.literal(''), id]).default(''),
  seats: z.int().min(1).max(2_000).nullable().default(null),
  /** Yuan, or whatever the place counts in. */
  cost: z.int().min(0).max(1_000_000).nullable().default(null),
});
export const planBody = z.strictObject({
  unitId: id.optional(),
  from: localDate.optional(),
  to: localDate.optional(),
  /** Whole units of money; what it is spent on: rooms and the instructor's hours. */
  budget: z.int().min(0).max(10_000_000).default(20_000),
  hourFee: z.int().min(0).max(100_000).default(200),
  mostEach: z.int().min(1).max(6).default(2),
  windows: z.array(z.enum(WINDOW_NAMES)).max(WINDOW_NAMES.length).default([]),
  onHolidays: z.boolean().default(false),
  courseIds: z.array(id).max(60).default([]),
  instructorIds: z.array(id).max(30).default([]),
  rooms: z.array(room).max(8).default([]),
  poolId: z.union([z.literal(''), id]).default(''),
});
export type PlanInput = z.output<typeof planBody>;

export const moveBody = z.strictObject({
  date: localDate,
  startTime: clock,
  room: z.int().min(0).max(7),
});
export const pinBody = z.strictObject({ pinned: z.boolean().default(false) });
export const exclusionBody = z.strictObject({ personId: id, excluded: z.boolean().default(true) });

const sums = z.object({ weighted: z.number(), urgent: z.number(), all: z.number(), people: z.number() });
export const planView = z.object({
  id: z.string(),
  version: z.number(),
  state: z.enum(trainingPlanLifecycle.states as [string, ...string[]]),
  unitId: z.string(),
  settings: z.object({
    from: z.string(),
    to: z.string(),
    budgetCents: cents,
    hourCents: cents,
    mostEach: z.number(),
    windows: z.array(z.enum(WINDOW_NAMES)),
    onHolidays: z.boolean(),
    courseIds: z.array(z.string()),
    instructorIds: z.array(z.string()),
    rooms: z.array(
      z.object({
        label: z.string(),
        address: z.string(),
        unitId: z.string().nullable(),
        seats: z.number(),
        costCents: cents,
      }),
    ),
    poolId: z.string().nullable(),
  }),
  progress: z.object({ phase: z.string(), share: z.number() }).nullable(),
  failure: z.string().nullable(),
  inputs: z
    .object({ people: z.number(), needs: z.number(), spots: z.number(), options: z.number() })
    .nullable(),
  proof: z
    .object({ worth: z.number(), bound: z.number(), greedy: z.number(), optimal: z.boolean() })
    .nullable(),
  /** Whole minutes; `weighted` is the objective: each minute as often as it is urgent. */
  outcome: z
    .object({
      before: sums,
      closed: sums,
      sessions: z.number(),
      invitations: z.number(),
      costCents: cents,
    })
    .nullable(),
  pins: z.number(),
  excluded: z.array(z.object({ personId: z.string(), name: z.string() })),
  createdAt: z.string(),
});
export type PlanView = z.infer<typeof planView>;
export const planPage = pageOf(planView);

const reason = z.object({
  code: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
});
export const plannedView = z.object({
  id: z.string(),
  courseId: z.string(),
  title: z.string(),
  startsAt: z.string(),
  endsAt: z.string(),
  room: z.number(),
  place: z.string(),
  instructor: z.string().nullable(),
  seats: z.number(),
  costCents: cents,
  minutes: z.number(),
  pinned: z.boolean(),
  /** How many of those who lack it could come then and there. */
  reach: z.number(),
  worth: z.number(),
  state: z.enum(['proposed', 'published', 'refused']),
  refusal: z.string().nullable(),
  sessionId: z.string().nullable(),
  invitations: z.array(
    z.object({
      personId: z.string(),
      personName: z.string(),
      minutes: z.number(),
      reasons: z.array(reason),
      refusal: z.string().nullable(),
      enrolmentId: z.string().nullable(),
    }),
  ),
});
export type PlannedView = z.infer<typeof plannedView>;
export const plannedList = pageOf(plannedView);
