import { z } from 'zod';
import { id, latitude, line, localDate, longitude, pageOf, paging, requiredLine } from '../../http/schema.ts';
import { isLanguageCode, isSkillCode } from '../skills/index.ts';

/** `HH:MM` on the tenant's wall clock. */
const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'not-a-time');

export const shiftInput = z.strictObject({
  requestId: id,
  date: localDate,
  startTime: clock,
  /** Not after the start means: on the next day. */
  endTime: clock,
  breakMinutes: z.number().int().min(0).max(600).default(0),
  leaderName: line(60).default(''),
  riskLevel: z.enum(['none', 'bodily']).default('none'),
  policyNumber: line(60).default(''),
});
export const shiftEdit = shiftInput.omit({ requestId: true });

export const positionInput = z.strictObject({
  name: requiredLine(40),
  skills: z
    .array(
      z.strictObject({
        code: z.string().refine(isSkillCode, 'not-a-choice'),
        minLevel: z.number().int().min(1).max(3).default(1),
      }),
    )
    .max(5)
    .default([]),
  credentialLevel: z.enum(['', 'any', 'assistant', 'intermediate', 'senior']).default(''),
  languages: z.array(z.string().refine(isLanguageCode, 'not-a-choice')).max(5).default([]),
  minAge: z.number().int().min(8).max(100).nullable().default(null),
  maxAge: z.number().int().min(8).max(120).nullable().default(null),
  required: z.number().int().min(1).max(10_000),
  maximum: z.number().int().min(1).max(10_000),
  admission: z.enum(['direct', 'approval']).default('direct'),
});
/** The short way: a request, its first shift and its first position from one form. */
export const reason = z.strictObject({ reason: requiredLine(300) });

export const positionView = z.object({
  id: z.string(),
  version: z.number(),
  shiftId: z.string(),
  name: z.string(),
  skills: z.array(z.object({ code: z.string(), minLevel: z.number() })),
  credentials: z.array(z.object({ type: z.string(), level: z.string() })),
  languages: z.array(z.string()),
  minAge: z.number().nullable(),
  maxAge: z.number().nullable(),
  required: z.number(),
  maximum: z.number(),
  taken: z.number(),
  admission: z.enum(['direct', 'approval']),
});
export type PositionView = z.infer<typeof positionView>;

export const shiftView = z.object({
  id: z.string(),
  version: z.number(),
  state: z.string(),
  requestId: z.string(),
  unitId: z.string(),
  title: z.string(),
  category: z.string(),
  place: z.object({
    label: z.string(),
    address: z.string(),
    latitude: z.number().nullable(),
    longitude: z.number().nullable(),
  }),
  startsAt: z.string(),
  endsAt: z.string(),
  breakMinutes: z.number(),
  leaderName: z.string(),
  riskLevel: z.enum(['none', 'bodily']),
  policyNumber: z.string(),
  positions: z.array(positionView),
  needed: z.number(),
  open: z.number(),
  taken: z.number(),
  maximum: z.number(),
});
export type ShiftView = z.infer<typeof shiftView>;
export const shiftPage = pageOf(shiftView);
export const shiftFilter = z.strictObject({
  ...paging,
  from: localDate.optional(),
  to: localDate.optional(),
  state: z.string().max(20).optional(),
  requestId: id.optional(),
});
export const opportunityFilter = z.strictObject({
  ...paging,
  from: localDate.optional(),
  to: localDate.optional(),
  skill: z.string().max(40).optional(),
  category: z.string().max(40).optional(),
  latitude: z.coerce.number().pipe(latitude).optional(),
  longitude: z.coerce.number().pipe(longitude).optional(),
  radiusKm: z.coerce.number().min(1).max(200).optional(),
});
/** What the public sees: never the policy, never who else is coming. */
export const opportunityView = shiftView
  .omit({ policyNumber: true, version: true })
  .extend({ distanceMetres: z.number().nullable() });
export const opportunityDetail = opportunityView.extend({
  description: z.string(),
  conditions: z.string(),
  risks: z.string(),
  support: z.string(),
  contactName: z.string(),
  tenantName: z.string(),
});
export const opportunityPage = pageOf(opportunityView);
