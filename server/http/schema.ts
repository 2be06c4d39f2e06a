import { z } from 'zod';

/** Schema parts that many routes share. Ids are opaque texts; a malformed one names nothing. */
export const id = z.string().regex(/^[0-9a-f]{24}$/, 'invalid-id');
export const idParams = z.strictObject({ id });
export const slugParams = z.strictObject({ tenantSlug: z.string().max(60) });

/** Characters that people cannot see and programs trip over (S-46): controls except line breaks, bidi and zero-width marks. */
const INVISIBLE =
  /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u200B\u200E\u200F\u202A-\u202E\u2060-\u2069\uFEFF\uFFFE\uFFFF]|\p{Cs}/u;

/** The same text with a sign in place of each character that nobody sees, so that it can be shown as what it was. */
export const visible = (text: string): string => text.replace(new RegExp(INVISIBLE, 'gu'), '\uFFFD');

/** One line of text. */
export const line = (max: number): z.ZodString =>
  z
    .string()
    .trim()
    .max(max)
    .refine((text) => !INVISIBLE.test(text) && !text.includes('\n'), 'invisible-characters');
/** One line that must not be empty. */
export const requiredLine = (max: number): z.ZodString => line(max).min(1);
/** Several lines of text. */
export const prose = (max: number): z.ZodString =>
  z
    .string()
    .trim()
    .max(max)
    .refine((text) => !INVISIBLE.test(text), 'invisible-characters');

/** Nobody means a date beyond these; the day after the last that can be written would be none (F-32). */
const inReach = (text: string): boolean => text >= '1900' && text < '3000';
export const localDate = z.iso.date().refine(inReach, 'date-out-of-reach');
export const instant = z.iso.datetime({ offset: true }).refine(inReach, 'date-out-of-reach');

/** Rows of a page that nobody asked otherwise for. */
export const DEFAULT_LIMIT = 25;
/** `limit` and `cursor` of every list. */
export const paging = {
  limit: z.coerce.number().int().min(1).max(100).default(DEFAULT_LIMIT),
  cursor: z.string().max(1_000).optional(),
};

/** A page of a list (interfaces.md). */
export const pageOf = <T extends z.ZodType>(
  item: T,
): z.ZodObject<{ data: z.ZodArray<T>; nextCursor: z.ZodNullable<z.ZodString> }> =>
  z.object({ data: z.array(item), nextCursor: z.string().nullable() });

export const empty = z.object({});
export const latitude = z.number().min(-90).max(90);
export const longitude = z.number().min(-180).max(180);
