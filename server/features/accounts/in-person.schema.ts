import { z } from 'zod';
import { isDate } from '../../core/time.ts';
import { id, line, requiredLine } from '../../http/schema.ts';
import { MEMBERSHIP_KINDS } from '../memberships/index.ts';

const given = z.boolean().default(false);

/** What a coordinator takes down in the person's presence; the service checks what depends on another field. */
export const inPersonRegistration = z.strictObject({
  name: line(60),
  phone: line(30).default(''),
  phoneSeen: given,
  email: line(254).default(''),
  birthDate: z
    .string()
    .refine((text) => text === '' || isDate(text), 'not-a-date')
    .default(''),
  kind: z.enum(MEMBERSHIP_KINDS).default('volunteer'),
  unitId: id.optional(),
  consentHow: z.enum(['spoken', 'signed']),
  consent: given,
});
export type InPersonBody = z.output<typeof inPersonRegistration>;

export const registeredInPerson = z.object({
  membershipId: z.string(),
  personId: z.string(),
  /** How the person comes to a password: by a link in the mail, or by the sheet. */
  start: z.enum(['mail', 'sheet']),
});

export const startSheet = z.object({
  membershipId: z.string(),
  name: z.string(),
  phone: z.string(),
  /** False for people with an address, a role or another organisation: they help themselves. */
  allowed: z.boolean(),
  /** Null when none is open: make one. */
  link: z.string().nullable(),
  expiresAt: z.string().nullable(),
  started: z.boolean(),
});

export const phoneBody = z.strictObject({
  phone: requiredLine(30),
  phoneSeen: given.refine((seen) => seen, 'phone-not-seen'),
});
export const provenPhone = z.object({ phone: z.string(), verifiedAt: z.string() });
