import { z } from 'zod';
import { sessionLifecycle } from '../../core/states.ts';
import { id, line, localDate, pageOf, paging, prose, requiredLine } from '../../http/schema.ts';
import { attachmentView } from '../attachments/index.ts';
import { CATEGORIES, DIMENSIONS, MODES } from '../credits/index.ts';
import { SESSION_ADMISSIONS, TRACKS } from './training.catalogue.ts';

/** An address that a browser may follow. */
const link = z
  .string()
  .trim()
  .max(300)
  .refine((text) => /^https?:\/\/[^\s<>"']+$/.test(text), 'not-a-url');

const courseShape = {
  title: requiredLine(80),
  content: prose(4_000).default(''),
  dimension: z.enum(DIMENSIONS),
  tracks: z.array(z.enum(TRACKS)).min(1).max(TRACKS.length),
  category: z.enum(['', ...CATEGORIES]).default(''),
  mode: z.enum(['', ...MODES]).default(''),
  /** Length of a whole session in credit minutes. */
  minutes: z.int().min(15).max(10_080),
  passMark: z.int().min(1).max(100).nullable().default(null),
  validMonths: z.int().min(1).max(240).nullable().default(null),
  materials: z
    .array(z.strictObject({ title: requiredLine(80), url: link }))
    .max(12)
    .default([]),
  prerequisites: z.array(id).max(10).default([]),
  /** Who may teach it; every instructor when nobody is named. */
  instructors: z.array(id).max(30).default([]),
};
export const courseBody = z.strictObject(courseShape);
export type CourseInput = z.output<typeof courseBody>;
export const courseStateBody = z.strictObject({ to: z.enum(['open', 'retired']) });

export const courseView = z.object({
  id: z.string(),
  version: z.number(),
  state: z.string(),
  title: z.string(),
  content: z.string(),
  dimension: z.enum(DIMENSIONS),
  tracks: z.array(z.enum(TRACKS)),
  category: z.string(),
  mode: z.string(),
  minutes: z.number(),
  passMark: z.number().nullable(),
  validMonths: z.number().nullable(),
  materials: z.array(z.object({ title: z.string(), url: z.string() })),
  prerequisites: z.array(z.object({ id: z.string(), title: z.string() })),
  /** Who may teach it, for whoever plans; empty for every instructor. */
  instructors: z.array(z.object({ personId: z.string(), name: z.string() })),
});
export type CourseView = z.infer<typeof courseView>;
export const coursePage = pageOf(courseView);
export const courseFilter = z.strictObject({ ...paging });

/** `HH:MM` on the tenant's wall clock. */
const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'not-a-time');
const sessionShape = {
  date: localDate,
  startTime: clock,
  /** Not after the start means: on the next day. */
  endTime: clock,
  unitId: id.optional(),
  host: line(80).default(''),
  place: z.strictObject({ label: requiredLine(80), address: line(120).default('') }),
  onlineUrl: z.union([z.literal(''), link]).default(''),
  capacity: z.int().min(1).max(2_000),
  admission: z.enum(SESSION_ADMISSIONS).default('direct'),
  instructors: z.array(id).max(6).default([]),
  /** Last date on which one may sign up; until the start when left out. */
  enrolUntil: localDate.optional(),
};
export const sessionBody = z.strictObject({
  ...sessionShape,
  /** Weeks between this session and each further one, and how many there are in all. */
  everyWeeks: z.int().min(1).max(26).optional(),
  times: z.int().min(1).max(26).optional(),
});
export const sessionPatch = z.strictObject(sessionShape);
export type SessionInput = z.output<typeof sessionPatch>;
export type NewSession = z.output<typeof sessionBody>;

export const sessionView = z.object({
  id: z.string(),
  version: z.number(),
  state: z.string(),
  courseId: z.string(),
  unitId: z.string(),
  title: z.string(),
  dimension: z.enum(DIMENSIONS),
  tracks: z.array(z.enum(TRACKS)),
  category: z.string(),
  mode: z.string(),
  minutes: z.number(),
  passMark: z.number().nullable(),
  host: z.string(),
  place: z.object({ label: z.string(), address: z.string() }),
  /** Only for whoever has a place, teaches or plans. */
  onlineUrl: z.string().nullable(),
  startsAt: z.string(),
  endsAt: z.string(),
  enrolUntil: z.string(),
  capacity: z.number(),
  taken: z.number(),
  admission: z.enum(SESSION_ADMISSIONS),
  instructors: z.array(z.string()),
  seriesId: z.string().nullable(),
  cancelReason: z.string().nullable(),
});
export type SessionView = z.infer<typeof sessionView>;
export const sessionPage = pageOf(sessionView);
export const sessionFilter = z.strictObject({
  from: localDate.optional(),
  dimension: z.enum(DIMENSIONS).optional(),
  track: z.enum(TRACKS).optional(),
  courseId: id.optional(),
  /** `month`: the page draws a calendar above the list. */
  view: z.enum(['list', 'month']).default('list'),
  /** Without it what members may see; drafts and cancelled ones only for whoever plans. */
  state: z.enum(sessionLifecycle.states as [string, ...string[]]).optional(),
  ...paging,
});
export const reasonBody = z.strictObject({ reason: requiredLine(300) });
export const optionalReason = z.strictObject({ reason: line(300).default('') });

export const refusalView = z.object({ code: z.string(), courses: z.array(z.string()) });
export const enrolmentView = z.object({
  id: z.string(),
  version: z.number(),
  state: z.string(),
  sessionId: z.string(),
  courseId: z.string(),
  personName: z.string(),
  startsAt: z.string(),
  endsAt: z.string(),
  /** 1 is next; null for whoever does not wait. */
  placeInLine: z.number().nullable(),
  answerBy: z.string().nullable(),
  attendedAt: z.string().nullable(),
  score: z.number().nullable(),
  passedOn: z.string().nullable(),
  validTo: z.string().nullable(),
  creditId: z.string().nullable(),
  rating: z.number().nullable(),
  reason: z.string().nullable(),
  /** Why a plan asked the person; empty for whoever came by themselves. */
  why: z.array(
    z.object({ code: z.string(), params: z.record(z.string(), z.union([z.string(), z.number()])) }),
  ),
});
export type EnrolmentView = z.infer<typeof enrolmentView>;
export const ownEnrolment = enrolmentView.extend({
  session: sessionView,
});
export const ownEnrolments = pageOf(ownEnrolment);
export const ownFilter = z.strictObject({ ...paging });
export const sessionDetail = sessionView.extend({
  content: z.string(),
  materials: z.array(z.object({ title: z.string(), url: z.string() })),
  /** What is handed out as pictures and documents; only for whoever is inside. */
  pictures: z.array(attachmentView),
  prerequisites: z.array(z.object({ id: z.string(), title: z.string() })),
  own: enrolmentView.nullable(),
  /** Why the reader cannot sign up; empty when they can. */
  refusals: z.array(refusalView),
  waiting: z.number(),
});
export type SessionDetail = z.infer<typeof sessionDetail>;
/** A scanned code that fills the field on the page. */
export const sessionCode = z.strictObject({ code: line(20).optional() });

export const inviteBody = z.strictObject({
  personIds: z.array(id).max(200).default([]),
  /** Everybody certified in this talent pool, besides. */
  poolId: z.union([z.literal(''), id]).default(''),
  note: line(200).default(''),
});
export const inviteOutcome = z.object({
  data: z.array(
    z.object({ personId: z.string(), enrolmentId: z.string().nullable(), refusal: z.string().nullable() }),
  ),
});
export const codeBody = z.strictObject({ code: line(20).min(1) });
export const markBody = z.strictObject({ mark: z.enum(['present', 'absent']) });
/** With a pass mark the score decides; without one `passed` does. */
export const assessBody = z.strictObject({
  score: z.int().min(0).max(100).nullable().default(null),
  passed: z.boolean().default(false),
});
export const feedbackBody = z.strictObject({
  rating: z.int().min(1).max(5),
  text: prose(500).default(''),
});
export const deskView = z.object({
  session: sessionView,
  code: z.string().nullable(),
  secondsLeft: z.number(),
  people: z.array(enrolmentView.extend({ own: z.boolean() })),
  waiting: z.array(enrolmentView),
  applied: z.array(enrolmentView),
  feedback: z.object({ answers: z.number(), mean: z.number().nullable(), texts: z.array(z.string()) }),
});
