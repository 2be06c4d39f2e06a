import { z } from 'zod';
import { awardLifecycle } from '../../core/states.ts';
import { line, localDate, pageOf, paging, prose, requiredLine } from '../../http/schema.ts';
import { attachmentView } from '../attachments/index.ts';
import { AWARD_CHECKS, AWARD_ORIGINS, GOVERNMENT_LEVELS } from './award.rules.ts';

const orEmpty = <T extends z.ZodType>(schema: T) => z.union([schema, z.literal('')]).default('');

const facts = {
  /** Of a government's award; empty for others. */
  level: orEmpty(z.enum(GOVERNMENT_LEVELS)),
  name: requiredLine(120),
  awardedOn: localDate,
  /** The awarding unit; left empty, an award of the organisation itself is that of its own name. */
  awardedBy: line(120).default(''),
};
export const claimBody = z.strictObject({
  origin: z.enum(AWARD_ORIGINS),
  ...facts,
  text: prose(500).default(''),
});
export type ClaimBody = z.output<typeof claimBody>;
/** Whose award it is does not change: what was taken for another's is taken back and asked for anew. */
export const correctBody = z.strictObject({ ...facts, reason: prose(300).min(1) });
export const decideBody = z.strictObject({
  verdict: z.enum(['recorded', 'refused']),
  /** How it was verified; for recording it. */
  check: orEmpty(z.enum(AWARD_CHECKS)),
  /** With a no; the person reads it. */
  reason: prose(300).default(''),
});
export const reasonBody = z.strictObject({ reason: prose(300).min(1) });
export const listQuery = z.strictObject({ ...paging });

export const awardView = z.object({
  id: z.string(),
  version: z.number(),
  state: z.enum(awardLifecycle.states as [string, ...string[]]),
  origin: z.enum(AWARD_ORIGINS),
  level: z.enum(GOVERNMENT_LEVELS).nullable(),
  name: z.string(),
  awardedOn: z.string(),
  awardedBy: z.string(),
  personName: z.string(),
  unitId: z.string(),
  text: z.string(),
  check: z.enum(AWARD_CHECKS).nullable(),
  /** What the person was told of it last. */
  answer: z.string(),
  /** What the person says is wrong with it. */
  contest: z.string(),
  decidedAt: z.string().nullable(),
  createdAt: z.string(),
});
export type AwardView = z.infer<typeof awardView>;
export const awardDetail = awardView.extend({ evidence: z.array(attachmentView) });
export const deskPage = pageOf(awardView);
/** Stars and medals that the organisation granted: own awards, read where they are and never copied. */
export const recognisedView = z.object({
  id: z.string(),
  name: z.string(),
  awardedOn: z.string(),
  awardedBy: z.string(),
});
export const awardPage = deskPage.extend({ recognised: z.array(recognisedView) });
