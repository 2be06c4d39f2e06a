import { z } from 'zod';
import { LOCALES } from '../../core/locale.ts';
import { id, line, localDate, pageOf, paging, prose } from '../../http/schema.ts';

export const SCOPES = ['period', 'all', 'activity'] as const;
const STANDINGS = ['valid', 'changed-since', 'revoked'] as const;

export const certificateView = z.object({
  id: z.string(),
  number: z.string(),
  code: z.string(),
  verifyUrl: z.string(),
  locale: z.enum(LOCALES),
  /** Of which activity; null for everything in the period. */
  activity: z.string().nullable(),
  periodFrom: z.string(),
  periodTo: z.string(),
  totalMinutes: z.number(),
  issuedAt: z.string(),
  revoked: z.boolean(),
});
export type CertificateView = z.infer<typeof certificateView>;
export const certificatePage = pageOf(certificateView);

/** One certificate for its holder or the desk: who holds it and what of it stands today. */
export const certificateDetail = certificateView.extend({
  holder: z.string(),
  /** How the holder is called in the record that theirs became; null where it is still theirs. */
  holderNow: z.string().nullable(),
  state: z.enum(STANDINGS),
  minutesNow: z.number(),
  revokedAt: z.string().nullable(),
  revocationReason: z.string().nullable(),
});
/** What the desk sees in a list. */
export const issuedPage = pageOf(
  certificateView.extend({ holder: z.string(), holderNow: z.string().nullable() }),
);

export const issueBody = z.strictObject({
  scope: z.enum(SCOPES).default('period'),
  /** Of a period. */
  from: localDate.optional(),
  to: localDate.optional(),
  /** Any record of the activity. */
  hoursId: z.union([id, z.literal('')]).optional(),
  locale: z.enum(LOCALES).default('zh-CN'),
});
export const issuedFilter = z.strictObject({ ...paging, number: line(60).optional() });
export const revocation = z.strictObject({ reason: prose(300).min(1) });

/** What anybody may learn by a code (S-57); the same answer for every code that is not ours. */
export const finding = z.object({
  found: z.boolean(),
  certificate: z
    .object({
      number: z.string(),
      maskedName: z.string(),
      tenantName: z.string(),
      periodFrom: z.string(),
      periodTo: z.string(),
      totalMinutes: z.number(),
      issuedAt: z.string(),
      state: z.enum(STANDINGS),
      minutesNow: z.number(),
      revokedAt: z.string().nullable(),
    })
    .nullable(),
});
