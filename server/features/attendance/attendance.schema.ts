import { z } from 'zod';
import { line, paging } from '../../http/schema.ts';
import { SEATED_STATES } from '../assignments/index.ts';

/** A screenful of people with the buttons that each has. */
export const SHOWN = 50;
export const MARKS = ['check-in', 'check-out', 'no-show', 'excused'] as const;

const anyOrNone = <T extends z.ZodType>(schema: T) =>
  z.union([z.literal('').transform(() => undefined), schema]).optional();
/** The list of a shift's people, narrowed by name and state. */
export const boardFilter = z.strictObject({
  /** A part of the name. */
  q: anyOrNone(line(60)),
  state: anyOrNone(z.enum(SEATED_STATES)),
  ...paging,
  limit: z.coerce.number().int().min(1).max(100).default(SHOWN),
});
export type BoardFilter = z.output<typeof boardFilter>;
