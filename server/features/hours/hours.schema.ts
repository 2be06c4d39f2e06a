import { z } from 'zod';
import { id, line, localDate, pageOf, paging, prose, requiredLine } from '../../http/schema.ts';
import { NATURES } from '../shifts/index.ts';
import { SERVICE_AREAS } from '../skills/index.ts';
import { ANOMALIES } from './anomaly.rules.ts';
import { EVIDENCE_GRADES } from './evidence.rules.ts';
import { STORY_STEPS, STORY_WAYS } from './hours.story.rules.ts';
import { LEDGER_CAUSES } from './ledger.rules.ts';

export const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'not-a-time');

/** Service area of the catalogue; empty when it is not said. */
const category = z
  .union([z.enum(SERVICE_AREAS.map(({ code }) => code) as [string, ...string[]]), z.literal('')])
  .default('');

/** Anything but `volunteer` is refused; left out by a program, it is that. The form asks. */
export const nature = z.enum(NATURES).optional();

export const hoursView = z.object({
  id: z.string(),
  version: z.number(),
  state: z.string(),
  personName: z.string(),
  unitId: z.string(),
  shiftId: z.string().nullable(),
  activity: z.object({
    name: z.string(),
    content: z.string(),
    place: z.string(),
    startsAt: z.string(),
    endsAt: z.string(),
    unitName: z.string(),
    leaderName: z.string(),
  }),
  category: z.string(),
  /** The organisation that recorded it, where somebody took it along from there. */
  recordedBy: z.object({ 'zh-CN': z.string(), en: z.string() }).nullable(),
  attendedFrom: z.string().nullable(),
  attendedTo: z.string().nullable(),
  plannedMinutes: z.number(),
  recordedMinutes: z.number(),
  policyVersion: z.string(),
  notes: z.array(z.string()),
  grade: z.enum(EVIDENCE_GRADES),
  witness: z.string(),
  /** Local day by which it has to be complete, and whether it was completed after it. */
  dueOn: z.string().nullable(),
  late: z.boolean(),
  /** Local day by which a contest is answered. */
  appealDueOn: z.string().nullable(),
  /** Why it was entered afterwards; empty for what was not. */
  entryReason: z.string(),
  /** What made it worth a second look. */
  anomalies: z.array(z.object({ code: z.enum(ANOMALIES), facts: z.record(z.string(), z.number()) })),
  rejectionReason: z.string(),
  postedAt: z.string().nullable(),
});
export type HoursView = z.infer<typeof hoursView>;
/** One step of how a record came about. */
export const storyStep = z.object({
  at: z.string(),
  what: z.enum(STORY_STEPS),
  /** By what means, or on what occasion. */
  way: z.enum(STORY_WAYS).nullable(),
  by: z.object({
    part: z.enum(['self', 'coordinator', 'reviewer', 'organisation', 'system', 'elsewhere']),
    /** Null where the part says it, or the name is not the reader's to know. */
    name: z.string().nullable(),
  }),
  reason: z.string().nullable(),
  /** The instant that counts, where it is another than when it was noted. */
  counted: z.string().nullable(),
  distanceMetres: z.number().nullable(),
  /** Where it went to or came from. */
  organisation: z.object({ 'zh-CN': z.string(), en: z.string() }).nullable(),
});
export type StoryStepView = z.infer<typeof storyStep>;
/** A record with how it came about, oldest step first. */
export const hoursStory = hoursView.extend({ story: z.array(storyStep) });
export type HoursStory = z.infer<typeof hoursStory>;
export const hoursPage = pageOf(hoursView);
/** Where somebody stands to what the organisation asks of a volunteer in a year. */
export const yearlyStanding = z.object({
  year: z.number(),
  minutes: z.number(),
  neededMinutes: z.number(),
  missingMinutes: z.number(),
  activities: z.number(),
  neededActivities: z.number(),
  missingActivities: z.number(),
  met: z.boolean(),
});
const givenHours = hoursPage.extend({
  totalMinutes: z.number(),
  yearMinutes: z.number(),
  waitingMinutes: z.number(),
  months: z.array(z.object({ month: z.string(), minutes: z.number() })),
});
export const memberHours = givenHours.extend({ personName: z.string() });
export const ownHours = givenHours.extend({
  /** Null where nothing is asked for. */
  yearly: yearlyStanding.nullable(),
});
export const logBody = z.strictObject({
  name: requiredLine(80),
  content: prose(500).default(''),
  place: line(120).default(''),
  date: localDate,
  startTime: clock,
  endTime: clock,
  witness: requiredLine(60),
  category,
  /** Where it was done; the member's own unit when left out. */
  unitId: z
    .union([id, z.literal('')])
    .optional()
    .transform((value) => value || null),
  submit: z.boolean().default(true),
  nature,
});
/** Service entered for a member afterwards; the reason says why nothing better is at hand. */
export const backEntryBody = z.strictObject({
  name: requiredLine(80),
  content: prose(500).default(''),
  place: line(120).default(''),
  date: localDate,
  startTime: clock,
  endTime: clock,
  category,
  reason: prose(300).min(10),
  nature,
});
export const reviewBody = z.strictObject({
  verdict: z.enum(['approved', 'rejected']),
  reason: prose(300).min(1),
});
export const reasonNeeded = z.strictObject({ reason: prose(300).min(1) });
export const approvals = z.strictObject({ ids: z.array(id).min(1).max(100) });
export const approvalOutcomes = z.object({
  outcomes: z.array(z.object({ id: z.string(), refusal: z.string().nullable() })),
});
export const hoursFilter = z.strictObject({ ...paging });
/** `personId` of another needs the right to see that member's hours. */
export const entriesFilter = z.strictObject({ ...paging, personId: id.optional() });
export const ledgerEntry = z.object({
  id: z.string(),
  account: z.string(),
  seq: z.number(),
  minutes: z.number(),
  cause: z.enum(LEDGER_CAUSES),
  hoursId: z.string(),
  serviceDate: z.string(),
  postedAt: z.string(),
  reversalOf: z.string().nullable(),
  hash: z.string(),
});
export const ledgerPage = pageOf(ledgerEntry);
