import { z } from 'zod';
import { isDate } from '../../core/time.ts';
import { line, requiredLine } from '../../http/schema.ts';

const password = z.string().min(1).max(1_000);
/** Checked further by `emailKey`; here only what keeps it a single text. */
const email = z.string().trim().min(1).max(254);
const locale = z.enum(['zh-CN', 'en']);

export const registration = z.strictObject({
  name: requiredLine(60),
  email,
  password,
  terms: z.boolean().refine((given) => given, 'consent-needed'),
  place: z.string().max(60).optional(),
  /** Code of the join link that led here; `place` names its organisation. */
  link: z.string().max(100).optional(),
  /** Only minors give it here: their guardian is asked before anything is kept. */
  birthDate: z
    .string()
    .refine((text) => text === '' || isDate(text), 'not-a-date')
    .default(''),
  guardianName: line(60).default(''),
  guardianEmail: line(254).default(''),
});
/** `email` holds whatever signs in: an address or a mobile number; the name is older than the numbers. */
export const signIn = z.strictObject({ email, password });
export const linkParams = z.strictObject({ token: z.string().max(100) });
/** What whoever presses the link decides; by machines it may be left out while nobody else registered with the address. */
export const confirmation = z.strictObject({
  name: requiredLine(60).optional(),
  password: password.optional(),
});
export const invitation = z.strictObject({
  name: requiredLine(60),
  password,
  terms: z.boolean().refine((given) => given, 'consent-needed'),
});
export const forgotten = z.strictObject({ email });
export const newPassword = z.strictObject({ password });
/** `agree` is asked of those only whose account a guardian had closed. */
export const resetBody = z.strictObject({ password, agree: z.boolean().default(false) });
/** `current` is the password that holds until now. */
export const passwordChange = z.strictObject({ current: password, password });
/** The password that holds, asked for once more. */
export const proof = z.strictObject({ current: password });
export const emailChange = z.strictObject({ email, current: password });
export const tokenRequest = z.strictObject({
  email,
  password,
  tenant: z.string().max(60).optional(),
  name: line(60).default('API'),
  days: z.number().int().min(1).max(365).default(30),
});
export const ownTokenRequest = z.strictObject({
  name: requiredLine(60),
  days: z.number().int().min(1).max(365).default(30),
});
export const issuedToken = z.object({
  id: z.string(),
  token: z.string(),
  name: z.string(),
  createdAt: z.string(),
  expiresAt: z.string(),
});
export const listedToken = issuedToken.omit({ token: true });
export const localeChoice = z.strictObject({ locale });
export const accountView = z.object({
  /** Null for people who sign in with their mobile number only. */
  email: z.string().nullable(),
  phone: z.string().nullable(),
  name: z.string(),
  locale: locale.nullable(),
  memberships: z.array(
    z.object({
      id: z.string(),
      state: z.string(),
      /** Why only one's own record is open there; null where one may act. */
      over: z.enum(['left', 'closed']).nullable(),
      tenant: z.string(),
      slug: z.string(),
      current: z.boolean(),
    }),
  ),
  tokens: z.array(listedToken),
  sessions: z.array(
    z.object({
      id: z.string(),
      startedAt: z.string(),
      expiresAt: z.string(),
      agent: z.string(),
      current: z.boolean(),
    }),
  ),
});
