import { z } from 'zod';
import { id, line, localDate, pageOf, paging, prose, requiredLine } from '../../http/schema.ts';
import { attachmentView } from '../attachments/index.ts';
import { CATEGORIES, DIMENSIONS, MODES } from './credit.catalogue.ts';

/** A name as programmes write it: `passCertificate`, `core-journal`. */
const name = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N} _-]{0,59}$/u, 'not-an-option');

export const claimBody = z.strictObject({
  title: requiredLine(120),
  host: line(80).default(''),
  activity: name,
  dimension: z.enum(DIMENSIONS),
  category: z.enum(['', ...CATEGORIES]).default(''),
  mode: z.enum(['', ...MODES]).default(''),
  /** Day of completion. */
  date: localDate,
  /** How long it took: whole hours, and minutes beside them. */
  hours: z.int().min(0).max(2_000).default(0),
  extraMinutes: z.int().min(0).max(59).default(0),
  /** Units where the activity is counted by them, such as semester credits. */
  quantity: z.number().positive().max(1_000).nullable().default(null),
  evidence: z.array(name).max(20).default([]),
});
export type ClaimBody = z.output<typeof claimBody>;

export const reviewBody = z.strictObject({
  verdict: z.enum(['posted', 'needs_correction', 'rejected']),
  reason: prose(300).default(''),
  /** With `posted`: the evidence that the reviewer has seen. */
  evidence: z.array(name).max(20).default([]),
});
export const reasonBody = z.strictObject({ reason: prose(300).min(1) });
const gap = z.object({
  code: z.string(),
  category: z.string(),
  minutes: z.number(),
  pieces: z.number(),
});
export const suggestionList = z.object({
  data: z.array(
    z.object({
      programme: z.string(),
      missing: z.array(gap),
      plannedMinutes: z.number(),
      sessions: z.array(
        z.object({
          sessionId: z.string(),
          title: z.string(),
          place: z.string(),
          startsAt: z.string(),
          endsAt: z.string(),
          countedMinutes: z.number(),
          closes: z.array(gap),
        }),
      ),
    }),
  ),
  nextCursor: z.null(),
});
export const deskFilter = z.strictObject({ ...paging });
export const idParams = z.strictObject({ id });

export const creditView = z.object({
  id: z.string(),
  version: z.number(),
  state: z.string(),
  personName: z.string(),
  title: z.string(),
  host: z.string(),
  activity: z.string(),
  dimension: z.enum(DIMENSIONS),
  category: z.string(),
  mode: z.string(),
  date: z.string(),
  minutes: z.number(),
  quantity: z.number().nullable(),
  evidence: z.array(z.string()),
  reason: z.string().nullable(),
});
export type CreditView = z.infer<typeof creditView>;
export const creditPage = pageOf(creditView);
export const creditDetail = creditView.extend({ scans: z.array(attachmentView) });

export const evaluationView = z.object({
  programme: z.string(),
  unit: z.string(),
  unitMinutes: z.number(),
  registeredOn: z.string().nullable(),
  cycle: z.object({
    start: z.string(),
    end: z.string(),
    windowStart: z.string(),
    windowEnd: z.string(),
  }),
  entries: z.array(z.object({ id: z.string(), countedMinutes: z.number(), reason: z.string() })),
  totalMinutes: z.number(),
  carriedMinutes: z.number(),
  requiredMinutes: z.number(),
  missingMinutes: z.number(),
  byCategory: z.record(z.string(), z.number()),
  byMode: z.record(z.string(), z.number()),
  shortfalls: z.array(
    z.object({
      code: z.string(),
      minutes: z.number().optional(),
      category: z.string().optional(),
      pieces: z.number().optional(),
      condition: z.number().optional(),
    }),
  ),
  eligibleFrom: z.string().nullable(),
  canApplyOn: z.boolean(),
});
export type EvaluationView = z.infer<typeof evaluationView>;
/** One's own credit hours on a day: what each programme says, and everything that was claimed. */
export const ownCredits = z.object({
  on: z.string(),
  programmes: z.array(evaluationView),
  data: z.array(creditView),
  /** More than this page holds is evaluated all the same. */
  nextCursor: z.null(),
});

export const programmeView = z.object({
  programme: z.string(),
  /** Every version as rules, oldest first; the last acts now or will. */
  versions: z.array(z.record(z.string(), z.unknown())),
  /** How many of the versions are this organisation's own. */
  own: z.number(),
});
export const programmePage = pageOf(programmeView);
export const programmeParams = z.strictObject({
  name: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'invalid-id'),
});
/** The new version as JSON text, so that one field serves the form and the API. */
export const versionBody = z.strictObject({ rules: z.string().min(2).max(50_000) });
