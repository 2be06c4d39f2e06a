import { z } from 'zod';
import { id, line, localDate, pageOf, paging } from '../../http/schema.ts';
import { isServiceArea } from '../skills/index.ts';
import { IMPORT_KINDS } from './import.model.ts';
import { LIMITS } from './import.row.rules.ts';
import { DATE_ORDERS, IMPORT_FIELDS, SHIFT_DATES } from './import.types.ts';
import type { ImportField } from './import.types.ts';

const columnName = z.string().max(110).optional();
const columns = z.strictObject(
  Object.fromEntries(IMPORT_FIELDS.map((field) => [field, columnName])) as Record<
    ImportField,
    typeof columnName
  >,
);
const assumedLine = line(1_000).nullable().default(null);
const defaults = z.strictObject({
  startTime: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'not-a-time')
    .nullable()
    .default(null),
  hours: z.number().min(0.25).max(24).nullable().default(null),
  people: z.number().int().min(1).max(10_000).nullable().default(null),
  category: z.string().refine(isServiceArea, 'not-a-choice').nullable().default(null),
  place: line(LIMITS.placeLabel).nullable().default(null),
  risks: assumedLine,
  support: assumedLine,
});
const system = z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/, 'not-a-system-name');

/** The whole mapping, as its form sends it: a column left empty is not read, a default left empty is not assumed. */
export const mappingForm = z.strictObject({
  system,
  columns,
  defaults,
  dateOrder: z.enum(DATE_ORDERS),
  shiftDates: z.enum(SHIFT_DATES),
  from: localDate.nullable().default(null),
});
/** Parts of a mapping, from a file of the operator; each part given replaces that part of the guess. */
export const mappingChoice = mappingForm.extend({ from: localDate.nullable() }).partial();

const savedChoice = z.string().regex(/^(auto|none|[0-9a-f]{24})$/, 'not-a-choice');

export const newImport = z.strictObject({
  kind: z.enum(IMPORT_KINDS).default('opportunities'),
  unitId: id.optional(),
  from: localDate.optional(),
  /** A saved mapping by id, `auto` for the one that fits best, `none` for a guess from the header. */
  saved: savedChoice.default('auto'),
});
export const watching = z.strictObject({ watch: z.boolean().default(false) });
export const importFilter = z.strictObject(paging);

const counts = z.object({
  read: z.number(),
  created: z.number(),
  updated: z.number(),
  unchanged: z.number(),
  rejected: z.number(),
});
export const nullableText = z.string().nullable();

export const importView = z.object({
  id: z.string(),
  version: z.number(),
  kind: z.string(),
  state: z.string(),
  fileName: z.string(),
  fileBytes: z.number(),
  encoding: z.string(),
  unitId: z.string(),
  total: z.number(),
  settled: z.number(),
  counts,
  skipped: z.number(),
  waiting: z.number(),
  saved: z.object({ id: z.string(), name: z.string() }).nullable(),
  undo: z
    .object({ total: z.number(), removed: z.number(), restored: z.number(), left: z.number() })
    .nullable(),
  createdAt: z.string(),
  finishedAt: nullableText,
});
export type ImportView = z.output<typeof importView>;
export const importPage = pageOf(importView);

const problemView = z.object({ field: z.string(), code: z.string(), value: z.string() });
export const lineView = z.object({
  line: z.number(),
  sourceId: z.string(),
  title: z.string(),
  organisation: z.string(),
  place: z.string(),
  date: nullableText,
  day: nullableText,
  people: z.number().nullable(),
  outcome: z.string(),
  problems: z.array(problemView),
  assumed: z.array(z.string()),
  excerpt: z.string(),
  requestId: nullableText,
});

export const importDetail = importView.extend({
  unitName: z.string(),
  columns: z.array(z.string()),
  mapping: z.object({
    preset: z.string(),
    system: z.string(),
    columns: z.record(z.string(), z.string().optional()),
    defaults: z.object({
      startTime: nullableText,
      hours: z.number().nullable(),
      people: z.number().nullable(),
      category: nullableText,
      place: nullableText,
      risks: nullableText,
      support: nullableText,
    }),
    dateOrder: z.string(),
    shiftDates: z.string(),
    from: nullableText,
  }),
  notices: z.array(z.object({ field: z.string(), code: z.string(), count: z.number() })),
  preview: z.array(lineView),
  troubled: z.array(lineView),
  mayRun: z.boolean(),
});
export type ImportDetailView = z.output<typeof importDetail>;
