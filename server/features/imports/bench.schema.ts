import { z } from 'zod';
import { id, pageOf, paging, requiredLine } from '../../http/schema.ts';
import { ROW_FILTERS } from './import.bench.ts';
import { lineView, nullableText } from './import.schema.ts';
import { IMPORT_FIELDS, PROBLEM_CODES, PROBLEM_FIELDS } from './import.types.ts';
import type { ImportField } from './import.types.ts';

/** `field.code` of something that was noticed. */
const FAULTS = new Set(PROBLEM_FIELDS.flatMap((field) => PROBLEM_CODES.map((code) => `${field}.${code}`)));
const fault = z
  .string()
  .max(80)
  .refine((text) => FAULTS.has(text), 'not-a-choice');
export const rowFilter = { show: z.enum(ROW_FILTERS).optional(), fault: fault.optional() };
export const rowQuery = z.strictObject({ ...rowFilter, ...paging });
export const reportQuery = z.strictObject(rowFilter);
export const rowParams = z.strictObject({
  id,
  line: z
    .string()
    .regex(/^[1-9]\d{0,6}$/)
    .transform(Number),
});
/** The list one came from: where a form leads back to. */
const back = z
  .string()
  .max(1_500)
  .regex(/^[\w=&.%-]*$/, 'invalid-value')
  .optional();
export const rowPageQuery = z.strictObject({ back });

/** As long as any cell may be that a person types. */
const text = z.string().max(4_000).optional();
export const fixBody = z.strictObject({
  /** Texts in the place of cells, by field; `row` says that a row with too many or too few cells is right. */
  fixes: z
    .strictObject(
      Object.fromEntries([...IMPORT_FIELDS, 'row' as const].map((field) => [field, text])) as Record<
        ImportField | 'row',
        typeof text
      >,
    )
    .optional(),
  /** Fields that were shown: those without a text in `fixes` are emptied. */
  fields: z
    .array(z.enum([...IMPORT_FIELDS, 'row']))
    .max(30)
    .optional(),
  /** Takes the cells as they came again. */
  reset: z.boolean().default(false),
  back,
});
export const skipBody = z.strictObject({ skip: z.boolean(), back });
export const replaceBody = z.strictObject({
  field: z.enum([...IMPORT_FIELDS, 'row', 'coordinates']),
  code: z.enum(PROBLEM_CODES),
  value: z.string().max(300).default(''),
  to: z.string().max(4_000).default(''),
  /** Leaves the rows out instead. */
  skip: z.boolean().default(false),
  back,
});
export const replaced = z.object({ rows: z.number(), taken: z.number() });

const texts = z.record(z.string(), z.string().optional());
export const rowView = lineView.extend({
  version: z.number(),
  expected: z.string(),
  original: texts,
  fixes: texts,
  skipped: z.boolean(),
  changes: z.array(z.object({ field: z.string(), before: z.string(), after: z.string() })),
  shiftKept: z.boolean(),
  undo: z.object({ outcome: z.string(), reason: nullableText }).nullable(),
});
export type RowView = z.output<typeof rowView>;
export const rowPage = pageOf(rowView);

export const undoPreview = z.object({
  removed: z.number(),
  restored: z.number(),
  left: z.array(
    z.object({ line: z.number(), title: z.string(), requestId: nullableText, reason: z.string() }),
  ),
  beyond: z.number(),
});
export type UndoPreviewView = z.output<typeof undoPreview>;

export const savedName = z.strictObject({ name: requiredLine(60) });
export const savedUse = z.strictObject({ saved: id });
export const savedView = z.object({
  id: z.string(),
  version: z.number(),
  name: z.string(),
  system: z.string(),
  dateOrder: z.string(),
  shiftDates: z.string(),
  columns: z.record(z.string(), z.string().optional()),
  defaults: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  header: z.array(z.string()),
  usedAt: z.string(),
});
export type SavedView = z.output<typeof savedView>;
export const savedList = z.object({ data: z.array(savedView), nextCursor: z.null() });
