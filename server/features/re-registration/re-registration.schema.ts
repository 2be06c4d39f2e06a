import { z } from 'zod';
import { pageOf, paging } from '../../http/schema.ts';

const item = z.object({
  code: z.enum(['registration', 'window', 'hours', 'evidence', 'certificate', 'identity', 'capacity']),
  done: z.boolean(),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
});
const cycle = z.object({
  start: z.string(),
  end: z.string(),
  windowStart: z.string(),
  windowEnd: z.string(),
});
const registration = z.object({
  type: z.string(),
  level: z.string(),
  number: z.string(),
  issuer: z.string(),
  issuedOn: z.string(),
  validFrom: z.string(),
  validTo: z.string().nullable(),
});
export const ownView = z.object({
  on: z.string(),
  registration: registration.nullable(),
  programme: z.string().nullable(),
  cycle: cycle.nullable(),
  totalMinutes: z.number(),
  requiredMinutes: z.number(),
  missingMinutes: z.number(),
  eligibleFrom: z.string().nullable(),
  canApplyOn: z.boolean(),
  checklist: z.array(item),
  forecast: z
    .object({
      projectedMinutes: z.number(),
      missingMinutes: z.number(),
      reachedOn: z.string().nullable(),
    })
    .nullable(),
  reminders: z.array(z.object({ days: z.number(), on: z.string() })),
  ready: z.boolean(),
});
export const packageView = z.object({
  format: z.literal('linli-re-registration/1'),
  preparedOn: z.string(),
  organisation: z.string(),
  name: z.string(),
  registration,
  programme: z.string(),
  source: z.string(),
  cycle,
  totalMinutes: z.number(),
  requiredMinutes: z.number(),
  missingMinutes: z.number(),
  entries: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      host: z.string(),
      activity: z.string(),
      date: z.string(),
      minutes: z.number(),
      countedMinutes: z.number(),
      reason: z.string(),
      evidence: z.array(z.string()),
      pictures: z.boolean(),
    }),
  ),
  checklist: z.array(item),
});
export type PackageView = z.output<typeof packageView>;
export const runView = z.object({
  id: z.string(),
  state: z.enum(['running', 'done']),
  on: z.string(),
  total: z.number(),
  done: z.number(),
  canApply: z.number(),
  behind: z.number(),
  startedAt: z.string(),
  finishedAt: z.string().nullable(),
});
export const overviewFilter = z.strictObject({
  behind: z.enum(['true', 'false']).default('false'),
  ...paging,
});
export const overviewPage = pageOf(
  z.object({
    id: z.string(),
    personName: z.string(),
    membershipId: z.string(),
    level: z.string(),
    validTo: z.string(),
    totalMinutes: z.number().nullable(),
    requiredMinutes: z.number().nullable(),
    missingMinutes: z.number().nullable(),
    canApply: z.boolean(),
    evaluatedOn: z.string().nullable(),
  }),
).extend({ run: runView.nullable() });
