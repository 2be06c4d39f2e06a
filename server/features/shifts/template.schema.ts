import { z } from 'zod';
import { id, line, localDate, pageOf, paging, requiredLine } from '../../http/schema.ts';
import { RISK_LEVELS } from './shift.model.ts';
import { clock } from './shift.schema.ts';

export const templateBody = z.strictObject({
  name: requiredLine(60),
  /** Of the shift's unit and those below it, or of the whole tenant. */
  for: z.enum(['unit', 'tenant']).default('unit'),
});
export const templatePatch = z.strictObject({ name: requiredLine(60) });
export const templateUse = z.strictObject({
  templateId: id,
  date: localDate,
  /** The template's own when left out. */
  startTime: clock.optional(),
  endTime: clock.optional(),
});
export type TemplateUse = z.output<typeof templateUse>;
export const templateView = z.object({
  id: z.string(),
  version: z.number(),
  unitId: z.string(),
  unitName: z.object({ 'zh-CN': z.string(), en: z.string() }),
  /** Of the whole tenant. */
  forAll: z.boolean(),
  name: z.string(),
  startTime: z.string(),
  endTime: z.string(),
  breakMinutes: z.number(),
  riskLevel: z.enum(RISK_LEVELS),
  positions: z.array(z.object({ name: z.string(), required: z.number(), maximum: z.number() })),
  /** Whether the caller may rename and remove it. */
  changeable: z.boolean(),
});
export type TemplateView = z.infer<typeof templateView>;
export const templateFilter = z.strictObject({
  /** A part of the name. */
  q: line(60)
    .optional()
    .transform((text) => text || undefined),
  ...paging,
});
export type TemplateFilter = z.output<typeof templateFilter>;
export const templateList = pageOf(templateView);
