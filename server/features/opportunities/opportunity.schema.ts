import { z } from 'zod';
import { id, localDate, pageOf, paging } from '../../http/schema.ts';
import { NATURES, neededCredential, neededPool } from '../shifts/index.ts';
import { isServiceArea, isSkillCode } from '../skills/index.ts';

/** How far "near" reaches unless told otherwise. */
export const DEFAULT_RADIUS_KM = 10;

export const opportunityParams = z.strictObject({ tenantSlug: z.string().max(60), id });

export const opportunityFilter = z
  .strictObject({
    from: localDate.optional(),
    to: localDate.optional(),
    skill: z.string().refine(isSkillCode, 'not-a-choice').optional(),
    category: z.string().refine(isServiceArea, 'not-a-choice').optional(),
    latitude: z.coerce.number().min(-90).max(90).optional(),
    longitude: z.coerce.number().min(-180).max(180).optional(),
    radiusKm: z.coerce.number().min(1).max(200).default(DEFAULT_RADIUS_KM),
    ...paging,
  })
  .refine((query) => (query.latitude === undefined) === (query.longitude === undefined), {
    path: ['latitude'],
    message: 'coordinates-incomplete',
  });
export type OpportunityFilter = z.output<typeof opportunityFilter>;

const publicPosition = z.object({
  id: z.string(),
  name: z.string(),
  skills: z.array(z.object({ code: z.string(), minLevel: z.number() })),
  credentials: z.array(neededCredential),
  pools: z.array(neededPool),
  languages: z.array(z.string()),
  minAge: z.number().nullable(),
  maxAge: z.number().nullable(),
  admission: z.enum(['direct', 'approval']),
  required: z.number(),
  maximum: z.number(),
  taken: z.number(),
  /** People still needed; more may be welcome beyond them. */
  missing: z.number(),
  /** Places nobody has yet. */
  free: z.number(),
});

/** What everybody may see (S-9): never who else comes, the policy, or how to reach a person. */
export const opportunityView = z.object({
  id: z.string(),
  title: z.string(),
  category: z.string(),
  unitName: z.string(),
  place: z.object({
    label: z.string(),
    address: z.string(),
    point: z.object({ type: z.literal('Point'), coordinates: z.array(z.number()) }).nullable(),
    /** Somebody's home: no address, and a point within about a kilometre; who comes is told the address. */
    atHome: z.boolean(),
  }),
  startsAt: z.string(),
  endsAt: z.string(),
  breakMinutes: z.number(),
  /** Only `volunteer` gives volunteer hours. */
  nature: z.enum(NATURES),
  skillCodes: z.array(z.string()),
  required: z.number(),
  maximum: z.number(),
  taken: z.number(),
  missing: z.number(),
  distanceMetres: z.number().nullable(),
});
export const opportunityPage = pageOf(opportunityView);
export const opportunityDetail = opportunityView.omit({ distanceMetres: true }).extend({
  state: z.string(),
  /** Whether somebody may still ask for a place. */
  open: z.boolean(),
  description: z.string(),
  conditions: z.string(),
  risks: z.string(),
  support: z.string(),
  riskLevel: z.enum(['none', 'bodily']),
  positions: z.array(publicPosition),
});
export type Opportunity = z.infer<typeof opportunityView>;
export type OpportunityDetail = z.infer<typeof opportunityDetail>;
