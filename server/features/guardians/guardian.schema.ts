import { z } from 'zod';
import { isDate } from '../../core/time.ts';
import { id, line, requiredLine } from '../../http/schema.ts';
import { attachmentView } from '../attachments/index.ts';
import { inPersonRegistration } from '../accounts/index.ts';

const birthDate = z.string().refine(isDate, 'not-a-date');

/** How the guardian stands to the minor. */
export const RELATIONS = ['mother', 'father', 'grandparent', 'other'] as const;
export type Relation = (typeof RELATIONS)[number];

export const consentBody = z.strictObject({
  relation: z.enum(RELATIONS),
  agree: z
    .boolean()
    .default(false)
    .refine((agreed) => agreed, 'consent-needed'),
});
export const askBody = z.strictObject({
  birthDate,
  guardianName: requiredLine(60),
  guardianEmail: requiredLine(254),
});
export const paperBody = z.strictObject({
  birthDate,
  guardianName: requiredLine(60),
  relation: z.enum(RELATIONS),
});
export const minorBody = z.strictObject({
  ...inPersonRegistration.shape,
  guardianName: line(60).default(''),
  // Asked for by the service, so that everything that is missing is said at once.
  relation: z.enum(RELATIONS).or(z.literal('')).default(''),
});
export type MinorBody = z.output<typeof minorBody>;
export const paperParams = z.strictObject({ id, paperId: id });

/** What a guardian reads before answering. */
export const askedView = z.object({
  minorName: z.string(),
  guardianName: z.string(),
  place: z.string().nullable(),
  /** Below 14: the rules for children apply. */
  child: z.boolean(),
});
export const ownView = z.object({
  needed: z.boolean(),
  /** Known to be 18 or older: nobody has to agree. */
  grown: z.boolean(),
  given: z.boolean(),
  guardianName: z.string().nullable(),
  asked: z.object({ guardianName: z.string(), at: z.string() }).nullable(),
});
export const papersView = z.object({
  personName: z.string(),
  guardianName: z.string().nullable(),
  given: z.boolean(),
  /** Why no paper can be attached; null where one can. */
  refusal: z.enum(['recorded-of-age', 'guardian-by-themselves']).nullable(),
  papers: z.array(attachmentView),
});
