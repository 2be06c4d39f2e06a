import { z } from 'zod';
import { id, latitude, line, longitude, pageOf, paging, prose, requiredLine } from '../../http/schema.ts';
import { isServiceArea } from '../skills/index.ts';

export const place = z.strictObject({
  label: requiredLine(80),
  address: line(160).default(''),
  latitude: latitude.optional(),
  longitude: longitude.optional(),
});

/** What a posting states. */
export const requestInput = z.strictObject({
  title: requiredLine(80),
  description: prose(4_000).default(''),
  category: z.string().refine(isServiceArea, 'not-a-choice'),
  unitId: id,
  place,
  conditions: prose(1_000).default(''),
  risks: prose(1_000).default(''),
  support: prose(1_000).default(''),
  contactName: line(60).default(''),
  contactPhone: line(30).default(''),
});

export const requestFilter = z.strictObject({
  ...paging,
  state: z.string().max(30).optional(),
  unitId: id.optional(),
});

export const requestView = z.object({
  id: z.string(),
  version: z.number(),
  state: z.string(),
  title: z.string(),
  description: z.string(),
  category: z.string(),
  unitId: z.string(),
  unitName: z.string(),
  place: z.object({
    label: z.string(),
    address: z.string(),
    latitude: z.number().nullable(),
    longitude: z.number().nullable(),
  }),
  conditions: z.string(),
  risks: z.string(),
  support: z.string(),
  contactName: z.string(),
  contactPhone: z.string(),
  createdAt: z.string(),
  assumed: z.array(z.string()),
});
export type RequestView = z.infer<typeof requestView>;
export const requestPage = pageOf(requestView);
export const screening = z.strictObject({
  verdict: z.enum(['accepted', 'rejected']),
  reason: prose(500).default(''),
});
/** What a resident writes who asks for help, without an account. */
export const helpRequest = z.strictObject({
  title: requiredLine(80),
  description: prose(2_000).default(''),
  place: requiredLine(120),
  contactName: requiredLine(60),
  contactPhone: requiredLine(30),
});
