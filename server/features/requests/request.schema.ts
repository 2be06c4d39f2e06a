import { z } from 'zod';
import { id, latitude, line, longitude, pageOf, paging, prose, requiredLine } from '../../http/schema.ts';
import { requestLifecycle } from '../../core/states.ts';
import { isServiceArea } from '../skills/index.ts';

const category = z.string().min(1).refine(isServiceArea, 'not-a-choice');
const state = z.enum(requestLifecycle.states as [string, ...string[]]);

/** Words for people, and a WGS-84 point for distances: both coordinates or neither. */
const place = z
  .strictObject({
    label: requiredLine(80),
    address: line(160).optional(),
    latitude: latitude.optional(),
    longitude: longitude.optional(),
    /** Somebody's home: everybody reads its name and roughly where it is, no more. */
    atHome: z.boolean().optional(),
  })
  .refine((given) => (given.latitude === undefined) === (given.longitude === undefined), {
    path: ['latitude'],
    message: 'coordinates-incomplete',
  });

const shape = {
  unitId: id,
  title: requiredLine(80),
  description: prose(4_000).optional(),
  category,
  place,
  conditions: prose(1_000).optional(),
  risks: prose(1_000).optional(),
  support: prose(1_000).optional(),
  contactName: line(60).optional(),
  contactPhone: line(30).optional(),
};
export const requestBody = z.strictObject(shape);
/** Whoever edits sends what changes; a form sends everything. */
export const requestPatch = z.strictObject(shape).partial();

export type RequestInput = z.output<typeof requestBody>;
export type RequestPatch = z.output<typeof requestPatch>;

/** What a resident tells without an account. */
export const askBody = z.strictObject({
  title: requiredLine(80),
  description: prose(2_000).optional(),
  category: category.optional(),
  contactName: requiredLine(60),
  contactPhone: z
    .string()
    .trim()
    // Nothing typed is one mistake, not two.
    .min(1, { abort: true })
    .max(30)
    .regex(/^\+?[\d][\d -]{5,24}$/, 'not-a-phone-number'),
  placeLabel: requiredLine(80),
  address: line(160).optional(),
  consent: z.boolean().refine((given) => given, 'consent-needed'),
});
export type AskInput = z.output<typeof askBody>;

export const requestFilter = z.strictObject({
  state: state.optional(),
  unitId: id.optional(),
  q: line(60).optional(),
  ...paging,
});

export const reasonBody = z.strictObject({ reason: requiredLine(300) });
export const screeningBody = z.strictObject({
  verdict: z.enum(['screened', 'rejected']),
  reason: line(300).default(''),
});

const point = z.object({ type: z.literal('Point'), coordinates: z.array(z.number()) });
export const placeView = z.object({
  label: z.string(),
  address: z.string(),
  point: point.nullable(),
  atHome: z.boolean(),
});
export const digestView = z.object({
  shifts: z.number(),
  required: z.number(),
  maximum: z.number(),
  taken: z.number(),
  missing: z.number(),
  nextStartsAt: z.string().nullable(),
});
export const requestView = z.object({
  id: z.string(),
  version: z.number(),
  state: z.string(),
  unitId: z.string(),
  unitName: z.string(),
  title: z.string(),
  description: z.string(),
  category: z.string(),
  place: placeView,
  county: z.string().nullable(),
  conditions: z.string(),
  risks: z.string(),
  support: z.string(),
  contactName: z.string(),
  contactPhone: z.string(),
  createdAt: z.string(),
  source: z.object({ system: z.string(), id: z.string(), assumed: z.array(z.string()) }).nullable(),
  history: z.array(
    z.object({ at: z.string(), from: z.string().nullable(), to: z.string(), reason: z.string().nullable() }),
  ),
});
export const listedRequest = requestView.omit({ history: true }).extend({ places: digestView });
export const requestPage = pageOf(listedRequest);
