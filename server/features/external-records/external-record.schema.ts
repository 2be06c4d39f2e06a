import { z } from 'zod';
import { externalLifecycle } from '../../core/states.ts';
import { id, localDate, pageOf, paging, prose } from '../../http/schema.ts';
import type { ExternalRecordRow } from './external-record.model.ts';

/** What somebody has to do something about, in the order of the tabs; then what is done. */
export const WAITING_STATES = ['waiting', 'failed', 'to_withdraw', 'exported'] as const;

const optional = <T extends z.ZodType>(schema: T) =>
  z.union([z.literal('').transform(() => undefined), schema]).optional();

export const externalFilter = z.strictObject({
  ...paging,
  state: z.enum(externalLifecycle.states as [string, ...string[]]).default('waiting'),
  unitId: optional(id),
  from: optional(localDate),
  to: optional(localDate),
});
export const exportBody = z.strictObject({
  from: localDate,
  to: localDate,
  unitId: id,
  reason: prose(300).min(1),
});

export const externalView = z.object({
  /** The record of hours. */
  hoursId: z.string(),
  personName: z.string(),
  activity: z.string(),
  /** Local date of the service. */
  date: z.string(),
  /** Whole minutes. */
  minutes: z.number(),
  state: z.enum(externalLifecycle.states as [string, ...string[]]),
  version: z.number(),
  /** What the national system calls it; null until it answered. */
  externalId: z.string().nullable(),
  /** Why it was refused there. */
  reason: z.string(),
});
export const externalPage = pageOf(externalView).extend({
  /** How many there are of each, within reach; one more than 999 stands for more. */
  counts: z.object(
    Object.fromEntries(WAITING_STATES.map((state) => [state, z.number()])) as Record<
      (typeof WAITING_STATES)[number],
      z.ZodNumber
    >,
  ),
});
export const answerView = z.object({
  read: z.number(),
  confirmed: z.number(),
  failed: z.number(),
  withdrawn: z.number(),
  /** Rows that say what was known. */
  unchanged: z.number(),
  /** Rows that could not be taken; the first hundred of them are named. */
  rejected: z.number(),
  faults: z.array(z.object({ line: z.number(), record: z.string(), code: z.string() })),
});

export const toExternal = (row: ExternalRecordRow): z.input<typeof externalView> => ({
  hoursId: String(row.hoursId),
  personName: row.personName,
  activity: row.activity,
  date: row.date,
  minutes: row.minutes,
  state: row.state,
  version: row.version,
  externalId: row.externalId,
  reason: row.reason,
});
