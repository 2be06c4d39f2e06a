import { z } from 'zod';
import { id, localDate } from '../../http/schema.ts';

/** A copy of a shift as it would be, with what stands against it. */
export const copyView = z.object({
  /** The shift that is copied. */
  shiftId: z.string(),
  title: z.string(),
  date: z.string(),
  /** Null when a change of the clocks leaves it no time that night. */
  startsAt: z.string().nullable(),
  endsAt: z.string().nullable(),
  /** How often the zone's clocks show its start that day; `skipped` starts later by the gap, `twice` means the first. */
  clock: z.enum(['once', 'skipped', 'twice']),
  /** Why it is not made; null when it is. */
  obstacle: z.enum(['past', 'exists', 'impossible', 'left-out']).nullable(),
  clashes: z.array(
    z.object({
      kind: z.enum(['same-request', 'leader']),
      shiftId: z.string(),
      title: z.string(),
      startsAt: z.string(),
      endsAt: z.string(),
    }),
  ),
});
export type CopyView = z.infer<typeof copyView>;
export const copiesPreview = z.object({ count: z.number(), copies: z.array(copyView) });
export const copiesMade = z.object({
  count: z.number(),
  shiftIds: z.array(z.string()),
  /** What was not made, and why. */
  left: z.array(copyView),
});

const rule = {
  everyWeeks: z.number().int().min(1).max(26).optional(),
  /** 1 (Monday) to 7; that of the shift itself when left out. */
  weekdays: z.array(z.number().int().min(1).max(7)).max(7).optional(),
  until: localDate.optional(),
  /** Shifts in all, this one included. */
  times: z.number().int().min(2).max(500).optional(),
};
const except = z.array(localDate).max(500).optional();
export const repetitionQuery = z.strictObject({ ...rule, except });
export const repetitionBody = z.strictObject({ ...rule, except, publish: z.boolean().optional() });
export type RepetitionInput = z.output<typeof repetitionBody>;
export const seriesMade = copiesMade.extend({ seriesId: z.string() });
/** What the series of a shift looks like. */
export const seriesView = z.object({
  id: z.string(),
  everyWeeks: z.number(),
  weekdays: z.array(z.number()),
  until: z.string().nullable(),
  times: z.number().nullable(),
  /** Shifts of it that are still to come, this one not counted. */
  following: z.number(),
});
export type SeriesView = z.infer<typeof seriesView>;

const day = {
  /** All shifts of this request, or of this unit and those below it. Exactly one of the two. */
  requestId: id.optional(),
  unitId: id.optional(),
  from: localDate,
  to: localDate,
};
export const dayCopyQuery = z.strictObject({ ...day, from: localDate.optional(), to: localDate.optional() });
export const dayCopyBody = z.strictObject({
  ...day,
  /** Ids of shifts that are left out. */
  except: z.array(id).max(200).optional(),
  publish: z.boolean().optional(),
});
export type DayCopyInput = z.output<typeof dayCopyBody>;
