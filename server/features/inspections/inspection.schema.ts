import { z } from 'zod';
import { inspectionLifecycle } from '../../core/states.ts';
import { localDate, pageOf, paging, prose, requiredLine } from '../../http/schema.ts';
import type { InspectionRow } from './inspection.model.ts';
import { TABLE_NAMES } from './inspection.rules.ts';
import { SUMS } from './inspection.types.ts';

export const inspectionBody = z.strictObject({
  from: localDate,
  to: localDate,
  authority: requiredLine(120),
  reference: requiredLine(80),
  reason: prose(300).min(1),
});
export const inspectionFilter = z.strictObject(paging);

const counts = <T extends string>(names: readonly T[]) =>
  z.object(Object.fromEntries(names.map((name) => [name, z.number()])) as Record<T, z.ZodNumber>);

export const inspectionView = z.object({
  id: z.string(),
  state: z.enum(inspectionLifecycle.states as [string, ...string[]]),
  version: z.number(),
  /** Local dates, both inclusive. */
  from: z.string(),
  to: z.string(),
  authority: z.string(),
  reference: z.string(),
  reason: z.string(),
  askedBy: z.string(),
  agreedBy: z.string(),
  createdAt: z.string(),
  finishedAt: z.string().nullable(),
  /** After this the archive is gone. */
  expiresAt: z.string().nullable(),
  /** Members who were read, of how many. */
  done: z.number(),
  total: z.number(),
  /** Of the archive; null while there is none. */
  bytes: z.number().nullable(),
  sha256: z.string().nullable(),
  /** How often it was taken. */
  taken: z.number(),
});
export const inspectionPage = pageOf(inspectionView);
export const inspectionDetail = inspectionView.extend({
  /** Rows of each table. */
  rows: counts(TABLE_NAMES),
  sums: counts(SUMS),
  /** Whether the reader is one of the two who may take it. */
  mayTake: z.boolean(),
});

export const toInspection = (row: InspectionRow): z.input<typeof inspectionView> => ({
  id: String(row._id),
  state: row.state,
  version: row.version,
  from: row.periodFrom,
  to: row.periodTo,
  authority: row.authority,
  reference: row.reference,
  reason: row.reason,
  askedBy: row.requesterName,
  agreedBy: row.confirmerName,
  createdAt: row.createdAt.toISOString(),
  finishedAt: row.finishedAt?.toISOString() ?? null,
  expiresAt: row.expiresAt?.toISOString() ?? null,
  done: row.done,
  total: row.total,
  bytes: row.archive?.bytes ?? null,
  sha256: row.archive?.sha256 ?? null,
  taken: row.taken,
});
