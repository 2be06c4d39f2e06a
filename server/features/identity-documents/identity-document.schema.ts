import { z } from 'zod';
import { requiredLine } from '../../http/schema.ts';
import { DOCUMENT_TYPES, IDENTITY_LEVELS } from './identity-document.rules.ts';

/** A number as it is typed; the longest has 18 positions, people put blanks between. */
export const statedNumber = z.strictObject({
  type: z.enum(DOCUMENT_TYPES).default('resident-id'),
  number: requiredLine(40),
});

export const identityView = z.object({
  level: z.enum(IDENTITY_LEVELS),
  type: z.enum(DOCUMENT_TYPES).nullable(),
  maskedNumber: z.string().nullable(),
  otherBirthDate: z.boolean(),
  statedAt: z.string().nullable(),
  verifiedAt: z.string().nullable(),
});

export const memberIdentityView = z.object({
  membershipId: z.string(),
  name: z.string(),
  level: z.enum(IDENTITY_LEVELS),
});
