import { z } from 'zod';
import { id, line, pageOf, paging, prose } from '../../http/schema.ts';
import { ROLES } from '../../core/permissions.ts';
import { isSkillCode } from '../skills/index.ts';
import { SEEN_STATES } from './fitting.rules.ts';
import { MEMBERSHIP_KINDS } from './membership.model.ts';

export const membershipView = z.object({
  id: z.string(),
  version: z.number(),
  personId: z.string(),
  personName: z.string(),
  unitId: z.string(),
  unitName: z.string(),
  kind: z.enum(MEMBERSHIP_KINDS),
  state: z.string(),
  motivation: z.string(),
  grants: z.array(
    z.object({ role: z.enum(ROLES), unitId: z.string(), unitName: z.string(), grantedAt: z.string() }),
  ),
  verifiedSkills: z.array(z.object({ code: z.string(), level: z.number() })),
  history: z.array(
    z.object({ at: z.string(), from: z.string().nullable(), to: z.string(), reason: z.string().nullable() }),
  ),
  /** The account whose invitation the person followed. */
  invitedBy: z.string().nullable(),
  createdAt: z.string(),
});
export type MembershipView = z.infer<typeof membershipView>;
export const membershipPage = pageOf(membershipView);
export const filter = z.strictObject({
  ...paging,
  state: z.enum(SEEN_STATES as [string, ...string[]]).optional(),
  kind: z.enum(MEMBERSHIP_KINDS).optional(),
  unitId: id.optional(),
  q: line(60).optional(),
});
export const applyBody = z.strictObject({
  kind: z.enum(MEMBERSHIP_KINDS).default('volunteer'),
  unitId: z.union([z.literal(''), id]).optional(),
  motivation: prose(500).default(''),
  /** Kept for later instead of sent in. */
  draft: z.boolean().default(false),
});
export const reviewBody = z.strictObject({
  verdict: z.enum(['first_review', 'approved', 'rejected', 'needs_correction']),
  reason: prose(500).default(''),
});
export const standingBody = z.strictObject({
  to: z.enum(['suspended', 'approved', 'ended']),
  reason: prose(500).min(1),
});
export const answerBody = z.strictObject({
  to: z.enum(['submitted', 'withdrawn']),
  motivation: prose(500).default(''),
});
/** Why somebody leaves is theirs to say or not. */
export const leaveBody = z.strictObject({ reason: prose(500).default('') });
export const grantBody = z.strictObject({ role: z.enum(ROLES), unitId: id });
export const skillBody = z.strictObject({
  code: z.string().refine(isSkillCode, 'not-a-choice'),
  level: z.number().int().min(1).max(3),
});

export const peopleFilter = z.strictObject({ ...paging, q: line(60).optional(), unitId: id.optional() });
export const personParams = z.strictObject({ personId: id });
/** A member as the organisation may see them; nothing else of the person leaves. */
export const personView = z.object({
  id: z.string(),
  membershipId: z.string(),
  name: z.string(),
  unitId: z.string(),
  unitName: z.string(),
  kind: z.enum(MEMBERSHIP_KINDS),
  /** Null, like the age, for readers who neither ask people nor keep their records. */
  phone: z.string().nullable(),
  age: z.number().nullable(),
  languages: z.array(z.string()),
  skills: z.array(z.object({ code: z.string(), level: z.number(), verified: z.boolean() })),
});
export const personPage = pageOf(personView);

/** Facts of a person that no organisation is shown by any page; a test holds this against `personView`. */
export const NEVER_SEEN = [
  'email',
  'birthDate',
  'home',
  'availability',
  'emergencyContact',
  'consents',
] as const;
export const visibilityView = z.object({
  data: z.array(z.object({ tenant: z.string(), slug: z.string(), sees: personView })),
  never: z.array(z.enum(NEVER_SEEN)),
});
