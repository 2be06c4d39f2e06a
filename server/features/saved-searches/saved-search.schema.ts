import { z } from 'zod';
import { id, latitude, line, longitude, requiredLine } from '../../http/schema.ts';
import { isServiceArea, isSkillCode } from '../skills/index.ts';
import { OFTEN } from './saved-search.rules.ts';

/** Kilometres that a form offers. */
export const RADII_KM = [2, 5, 10, 20, 50] as const;

const clockTime = z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d)?$/, 'not-a-time');

/** `from` and `to` are local clock times, `HH:MM`, empty for any. A point without a distance says nothing and is refused. */
export const savedSearchBody = z
  .strictObject({
    name: requiredLine(60),
    words: line(80).default(''),
    category: z
      .string()
      .refine((code) => code === '' || isServiceArea(code), 'not-a-choice')
      .default(''),
    skills: z.array(z.string().refine(isSkillCode, 'not-a-choice')).max(20).default([]),
    weekdays: z.array(z.number().int().min(1).max(7)).max(7).default([]),
    from: clockTime.default(''),
    to: clockTime.default(''),
    withinKm: z.number().min(1).max(200).nullable().default(null),
    latitude: latitude.nullable().default(null),
    longitude: longitude.nullable().default(null),
    often: z.enum(OFTEN).default('daily'),
  })
  .superRefine((body, context) => {
    const issue = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message });
    if ((body.latitude === null) !== (body.longitude === null)) issue('latitude', 'coordinates-incomplete');
    else if (body.latitude !== null && body.withinKm === null) issue('withinKm', 'required');
    if (body.from !== '' && body.to !== '' && body.to <= body.from) issue('to', 'ends-before-start');
  });
export type SavedSearchBody = z.output<typeof savedSearchBody>;

/** What a form may be filled with: the filter of the list that was left. */
export const newSearchQuery = z.strictObject({
  skill: z.string().max(40).optional(),
  category: z.string().max(40).optional(),
  latitude: z.string().max(20).optional(),
  longitude: z.string().max(20).optional(),
  radiusKm: z.string().max(5).optional(),
});

export const savedSearchView = z.object({
  id: z.string(),
  version: z.number(),
  name: z.string(),
  words: z.string(),
  category: z.string().nullable(),
  skills: z.array(z.string()),
  weekdays: z.array(z.number()),
  from: z.string(),
  to: z.string(),
  withinKm: z.number().nullable(),
  latitude: z.number().nullable(),
  longitude: z.number().nullable(),
  often: z.enum(OFTEN),
  paused: z.boolean(),
  toldAt: z.string().nullable(),
  createdAt: z.string(),
});
export type SavedSearchView = z.infer<typeof savedSearchView>;
export const savedSearchList = z.object({ data: z.array(savedSearchView), nextCursor: z.null() });

/** An open position that the search finds and that suits the person now. */
export const foundPosition = z.object({
  positionId: z.string(),
  shiftId: z.string(),
  title: z.string(),
  position: z.string(),
  place: z.string(),
  startsAt: z.string(),
  endsAt: z.string(),
  open: z.number(),
  score: z.number(),
  distanceMetres: z.number().nullable(),
});
export type FoundPosition = z.infer<typeof foundPosition>;
export const shownSearch = savedSearchView.extend({
  found: z.array(foundPosition),
  /** All that there are; `found` holds the best of them. */
  count: z.number(),
});
export const searchParams = z.strictObject({ id });
export const pausedBody = z.strictObject({ paused: z.boolean() });

/** What the link in a mail stands for. Never a person's name. */
export const stopView = z.object({
  organisation: z.object({ 'zh-CN': z.string(), en: z.string() }),
  /** Searches that still notify. */
  active: z.number(),
});
