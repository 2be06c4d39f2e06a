import { z } from 'zod';
import { id, line, localDate, pageOf, paging, prose } from '../../http/schema.ts';
import { attachmentView } from '../attachments/index.ts';
import { CLAIM_WRONGS, RECORD_WRONGS, SAID_BY } from './claim.rules.ts';
import { clock, nature } from './hours.schema.ts';

const orEmpty = <T extends z.ZodType>(schema: T) => z.union([schema, z.literal('')]).default('');

const typed = {
  date: orEmpty(localDate),
  startTime: orEmpty(clock),
  endTime: orEmpty(clock),
  /** Minutes of it that were no service. */
  breakMinutes: z.number().int().min(0).max(600).default(0),
};
/** A field that must not be empty, also told when another is wrong. */
const needed = (
  field: string,
  where: (body: Readonly<Record<string, unknown>>) => boolean,
): [
  (body: object) => boolean,
  { path: string[]; error: string; when(payload: z.core.ParsePayload): boolean },
] => [
  (body) => !where(body as Record<string, unknown>) || (body as Record<string, unknown>)[field] !== '',
  {
    path: [field],
    error: 'required',
    when: ({ value, issues }) =>
      typeof value === 'object' && value !== null && issues.every(({ path }) => path?.[0] !== field),
  },
];
const service = {
  ...typed,
  /** A place in a shift that is over and of which nothing is recorded. */
  assignmentId: orEmpty(id),
  name: line(80).default(''),
  place: line(120).default(''),
  text: prose(500).min(1),
  /** In whose name somebody of the organisation takes it down; empty for one's own. */
  saidBy: orEmpty(z.enum(SAID_BY)),
  nature,
};
export const recordClaimBody = z.strictObject({ wrong: z.enum(RECORD_WRONGS), ...service });
/** Of service that is missing the time is needed, and without a place in a shift also its name: all is said at once. */
export const gapClaimBody = z
  .strictObject(service)
  .refine(...needed('date', () => true))
  .refine(...needed('startTime', () => true))
  .refine(...needed('endTime', () => true))
  .refine(...needed('name', ({ assignmentId }) => !assignmentId));
export const answerBody = z.strictObject({
  verdict: z.enum(['founded', 'refused']),
  reason: prose(300).default(''),
  /** What was found, where it is not what was claimed. */
  ...typed,
});
export type TypedClaim = z.output<typeof gapClaimBody>;

const servedTime = {
  from: z.string(),
  to: z.string(),
  breakMinutes: z.number(),
};
export const claimView = z.object({
  id: z.string(),
  version: z.number(),
  state: z.string(),
  wrong: z.enum(CLAIM_WRONGS),
  personName: z.string(),
  unitId: z.string(),
  /** The record as it was first made here; null where nothing is recorded. */
  hoursId: z.string().nullable(),
  assignmentId: z.string().nullable(),
  recorded: z.object({ ...servedTime, name: z.string(), minutes: z.number() }).nullable(),
  claimed: z.object({ ...servedTime, name: z.string(), place: z.string() }).nullable(),
  text: z.string(),
  saidBy: z.enum(SAID_BY).nullable(),
  /** Local day by which it is answered, and whether it was answered after it. */
  dueOn: z.string(),
  late: z.boolean(),
  answer: z.string(),
  found: z.object(servedTime).nullable(),
  answeredAt: z.string().nullable(),
  createdAt: z.string(),
});
export type ClaimView = z.infer<typeof claimView>;
export const claimDetail = claimView.extend({
  /** The record that it is about, and the one that it made, as they are now. */
  recordId: z.string().nullable(),
  correctedId: z.string().nullable(),
  evidence: z.array(attachmentView),
});
export const claimPage = pageOf(claimView);
export const claimFilter = z.strictObject({ ...paging });
export const gapFormQuery = z.strictObject({ assignment: id.optional() });
