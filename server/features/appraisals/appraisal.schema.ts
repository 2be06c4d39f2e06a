import { z } from 'zod';
import { appraisalLifecycle } from '../../core/states.ts';
import { id, pageOf, paging, prose } from '../../http/schema.ts';
import { COMPLETIONS, FEEDBACKS, QUALITIES } from './appraisal.rules.ts';

const orEmpty = <T extends z.ZodType>(schema: T) => z.union([schema, z.literal('')]).default('');

const completion = orEmpty(z.enum(COMPLETIONS));
const recipient = {
  /** What the recipient said, and in which words. */
  feedback: orEmpty(z.enum(FEEDBACKS)),
  feedbackText: prose(500).default(''),
};
/** People of one shift at once: what is said of all, and where single people differ. */
export const sheetBody = z.strictObject({
  quality: orEmpty(z.enum(QUALITIES)),
  completion,
  ...recipient,
  rows: z
    .array(
      z.strictObject({
        id,
        /** Empty as for all; `later` says nothing of this one yet. */
        quality: orEmpty(z.enum([...QUALITIES, 'later'])),
        completion,
        note: prose(300).default(''),
      }),
    )
    .max(200),
});
export type SheetBody = z.output<typeof sheetBody>;
export const correctBody = z.strictObject({
  quality: z.enum(QUALITIES),
  completion,
  ...recipient,
  note: prose(300).default(''),
  reason: prose(300).min(1),
});
export const contestBody = z.strictObject({ reason: prose(500).min(1) });
export const listQuery = z.strictObject({ ...paging });

export const appraisalView = z.object({
  id: z.string(),
  version: z.number(),
  state: z.enum(appraisalLifecycle.states as [string, ...string[]]),
  personName: z.string(),
  unitId: z.string(),
  shiftId: z.string(),
  assignmentId: z.string(),
  title: z.string(),
  startsAt: z.string(),
  endsAt: z.string(),
  quality: z.enum(QUALITIES).nullable(),
  completion: z.enum(COMPLETIONS).nullable(),
  note: z.string(),
  feedback: z.enum(FEEDBACKS).nullable(),
  feedbackText: z.string(),
  /** The evaluation date. */
  appraisedOn: z.string().nullable(),
  /** By when it is said, or a contest answered; `late` where it was said after its day. */
  dueOn: z.string(),
  late: z.boolean(),
  contest: z.string(),
  answer: z.string(),
});
export type AppraisalView = z.infer<typeof appraisalView>;
export const appraisalPage = pageOf(appraisalView);
/** One shift's people, those of whom nothing is said yet and the others. */
export const sheetView = z.object({
  title: z.string(),
  startsAt: z.string(),
  endsAt: z.string(),
  data: z.array(appraisalView),
  /** Ids of those of whom nothing is said yet, and the reader may. */
  due: z.array(z.string()),
});
export type SheetView = z.infer<typeof sheetView>;
